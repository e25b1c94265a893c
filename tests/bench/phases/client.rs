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
    pub(crate) seconds: f64,
    pub(crate) per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

impl Measured {
    fn new(mut times: Vec<f64>, seconds: f64) -> Self {
        times.sort_by(f64::total_cmp);
        let requests = times.len();
        Self {
            requests,
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

/// Asks `count` requests, `in_flight` at once, and gives what each answered to `heard`.
pub(crate) async fn ask(
    target: &Target,
    in_flight: usize,
    count: usize,
    request: impl Fn(usize) -> Ask + Send + Sync + 'static,
    heard: impl Fn(usize, Answer) + Send + Sync + 'static,
) -> Outcome<Measured> {
    let (request, heard) = (Arc::new(request), Arc::new(heard));
    let next = Arc::new(AtomicUsize::new(0));
    let mut running = JoinSet::new();
    let mut connections = Vec::new();
    for _ in 0..in_flight.min(count) {
        // Connected, and greeted where there is TLS, before the clock starts.
        let mut connection = Connection::new(target.clone());
        connection
            .request(Method::GET, "/ServiceProviderConfig", None)
            .await?;
        connections.push(connection);
    }
    let start = Instant::now();
    for mut connection in connections {
        let (request, heard, next) = (request.clone(), heard.clone(), next.clone());
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
                let start = Instant::now();
                let answer = connection.request(method, &target, body.as_ref()).await?;
                times.push(start.elapsed().as_secs_f64() * 1_000.0);
                heard(number, answer);
            }
        });
    }
    let mut times = Vec::new();
    while let Some(worker) = running.join_next().await {
        let worker: Result<Vec<f64>, rolecall::simulate::SimulateError> = worker?;
        times.append(&mut worker?);
    }
    Ok(Measured::new(times, start.elapsed().as_secs_f64()))
}
