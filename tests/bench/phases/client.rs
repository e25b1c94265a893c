//! The one client of all that is measured: keep-alive connections, each with one request in flight.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use hyper::Method;
use rolecall::simulate::{Answer, Connection, Target};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::Outcome;

/// A request to be made.
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) body: Option<Value>,
}

impl Ask {
    pub(crate) fn get(target: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            target: target.into(),
            body: None,
        }
    }

    pub(crate) fn send(method: Method, target: impl Into<String>, body: Value) -> Self {
        Self {
            method,
            target: target.into(),
            body: Some(body),
        }
    }
}

/// What a phase came to.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub(crate) struct Measured {
    /// How many requests were answered.
    pub(crate) requests: usize,
    /// How many of them were turned away, or failed.
    pub(crate) refused: usize,
    pub(crate) seconds: f64,
    pub(crate) per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

impl Measured {
    fn new(mut times: Vec<f64>, refused: usize, seconds: f64) -> Self {
        times.sort_by(f64::total_cmp);
        let requests = times.len();
        Self {
            requests,
            refused,
            seconds,
            per_second: float(requests) / seconds,
            p50_ms: quantile(&times, 50),
            p99_ms: quantile(&times, 99),
        }
    }
}

/// The value below which so many of 100 lie, of sorted ones.
pub(crate) fn quantile(sorted: &[f64], of_100: usize) -> f64 {
    let rank = (sorted.len() * of_100).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
}

/// The middle one of some values.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    quantile(&values, 50)
}

pub(crate) fn float(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

/// Asks `count` requests, `in_flight` at once, and gives what each answered to `heard`. Where there are
/// several targets, they take turns; of requests that come in pairs each gets as many of either kind.
pub(crate) async fn ask(
    targets: &[Target],
    in_flight: usize,
    count: usize,
    request: impl Fn(usize) -> Ask + Send + Sync + 'static,
    heard: impl Fn(usize, Answer) + Send + Sync + 'static,
) -> Outcome<Measured> {
    let (request, heard) = (Arc::new(request), Arc::new(heard));
    let next = Arc::new(AtomicUsize::new(0));
    let refused = Arc::new(AtomicUsize::new(0));
    let mut running = JoinSet::new();
    let mut workers = Vec::new();
    for _ in 0..in_flight.min(count) {
        let mut connections = Vec::new();
        for target in targets {
            // Connected, and greeted where there is TLS, before the clock starts.
            let mut connection = Connection::new(target.clone());
            connection
                .request(Method::GET, "/ServiceProviderConfig", None)
                .await?;
            connections.push(connection);
        }
        workers.push(connections);
    }
    let start = Instant::now();
    for mut connections in workers {
        let (request, heard) = (request.clone(), heard.clone());
        let (next, refused) = (next.clone(), refused.clone());
        running.spawn(async move {
            let mut times = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return Ok(times);
                }
                let Ask {
                    method,
                    target,
                    body,
                } = request(number);
                let turn = (number + number / connections.len()) % connections.len();
                let connection = &mut connections[turn];
                let start = Instant::now();
                let answer = connection.request(method, &target, body.as_ref()).await?;
                times.push(start.elapsed().as_secs_f64() * 1_000.0);
                if answer.status == 429 || answer.status >= 500 {
                    refused.fetch_add(1, Ordering::Relaxed);
                }
                heard(number, answer);
            }
        });
    }
    let mut times = Vec::new();
    while let Some(worker) = running.join_next().await {
        let worker: Result<Vec<f64>, rolecall::simulate::SimulateError> = worker?;
        times.append(&mut worker?);
    }
    let seconds = start.elapsed().as_secs_f64();
    Ok(Measured::new(
        times,
        refused.load(Ordering::Relaxed),
        seconds,
    ))
}
