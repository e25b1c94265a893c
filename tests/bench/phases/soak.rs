//! The same load for a long time: so many requests a second by the clock, whether the server is slow or
//! not, and each one's time counted from when it was due.

use std::{
    slice::from_ref,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use hyper::Method;
use rolecall::simulate::Connection;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{
    client::{Ask, ask, float, quantile},
    directory::{Directory, PAGE, look_up, patch, user},
    options::Soak,
};
use crate::{
    Outcome,
    server::{Face, Server},
    target::Target,
};

/// How many requests may be in flight.
const CONNECTIONS: usize = 48;
/// How many members each of the many roles has at first.
const MEMBERS: usize = 10;
/// What a minute says of itself.
const MINUTE: Duration = Duration::from_secs(60);

/// What a minute, or all of it, came to.
#[derive(Debug, Clone, Default, serde::Serialize)]
struct Minute {
    requests: usize,
    errors: usize,
    p50_ms: f64,
    p99_ms: f64,
    slowest_ms: f64,
    resident_mib: f64,
}

/// What is noted while it runs.
#[derive(Default)]
struct Noted {
    times: Vec<f64>,
    errors: usize,
    first_error: Option<String>,
}

pub(crate) async fn soak(options: &Soak) -> Outcome<()> {
    let directory = Directory::new(Server::start(Face::Tls)?, options.users, 100).await?;
    let roles = Arc::new(roles(&directory, options.roles).await?);
    eprintln!(
        "{} users and {} roles, TLS, {} requests/s for {} s",
        options.users, options.roles, options.rate, options.seconds
    );
    let users = directory.users();
    let noted = Arc::new(Mutex::new(Noted::default()));
    let total = options.rate * options.seconds;
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let mut running = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let mut connection = Connection::new(directory.server.target.clone());
        let (users, roles, noted, next) =
            (users.clone(), roles.clone(), noted.clone(), next.clone());
        let rate = options.rate;
        running.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= total {
                    return;
                }
                let due = start + Duration::from_secs_f64(float(number) / float(rate));
                tokio::time::sleep_until(due.into()).await;
                let Ask {
                    method,
                    target,
                    body,
                } = request(number, &users, &roles);
                let answer = connection.request(method, &target, body.as_ref()).await;
                let time = due.elapsed().as_secs_f64() * 1_000.0;
                let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
                noted.times.push(time);
                if let Err(error) = answer {
                    noted.errors += 1;
                    noted.first_error.get_or_insert(error.to_string());
                }
            }
        });
    }
    let (mut minutes, mut all) = (Vec::new(), Noted::default());
    let mut ends = start;
    while !running.is_empty() {
        ends += MINUTE;
        tokio::select! {
            () = tokio::time::sleep_until(ends.into()) => {}
            () = async { while running.join_next().await.is_some() {} } => {}
        }
        let minute = std::mem::take(&mut *noted.lock().unwrap_or_else(PoisonError::into_inner));
        all.times.extend(&minute.times);
        all.errors += minute.errors;
        all.first_error = all.first_error.or(minute.first_error.clone());
        minutes.push(told(minute, &directory));
    }
    finish(options, &directory, &minutes, all)?;
    directory.server.stop()
}

/// Prints a line about a minute.
fn told(mut noted: Noted, directory: &Directory) -> Minute {
    noted.times.sort_by(f64::total_cmp);
    let minute = Minute {
        requests: noted.times.len(),
        errors: noted.errors,
        p50_ms: quantile(&noted.times, 50),
        p99_ms: quantile(&noted.times, 99),
        slowest_ms: quantile(&noted.times, 100),
        resident_mib: directory.memory().resident,
    };
    eprintln!(
        "  {:>6} requests, {} errors, p50 {:>6.2} ms, p99 {:>6.2} ms, slowest {:>7.2} ms, {:>6.1} MiB",
        minute.requests,
        minute.errors,
        minute.p50_ms,
        minute.p99_ms,
        minute.slowest_ms,
        minute.resident_mib
    );
    minute
}

fn finish(options: &Soak, directory: &Directory, minutes: &[Minute], all: Noted) -> Outcome<()> {
    if let Some(error) = &all.first_error {
        eprintln!("the first error: {error}");
    }
    let errors = all.errors;
    eprintln!("all of it:");
    let whole = told(all, directory);
    // A tenth of the time goes by until caches are as full as they become.
    let full = minutes.get(minutes.len() / 10).cloned().unwrap_or_default();
    let growth = whole.resident_mib / full.resident_mib;
    let targets = [
        Target::at_most("errors", float(errors), 0.0),
        Target::at_most("p99, ms", whole.p99_ms, 25.0),
        Target::at_most("memory at the end over memory a tenth in", growth, 1.1),
        Target::at_most("memory at most, MiB", directory.memory().peak, 400.0),
    ];
    for target in &targets {
        target.print();
    }
    let document = json!({
        "users": options.users,
        "roles": options.roles,
        "rate": options.rate,
        "minutes": minutes,
        "all": whole,
        "targets": targets.iter().map(Target::json).collect::<Vec<_>>(),
    });
    serde_json::to_writer_pretty(std::io::stdout().lock(), &document)?;
    println!();
    Ok(())
}

/// Seven of ten read; three write.
fn request(number: usize, users: &[String], roles: &[String]) -> Ask {
    let at = number.wrapping_mul(7_919) % users.len();
    let role = &roles[number.wrapping_mul(104_729) % roles.len()];
    let id = &users[at];
    match number % 20 {
        0..=8 => Ask::get(look_up(at)),
        9..=11 => Ask::get(format!("/Users/{id}")),
        12 => Ask::get(format!("/Groups/{role}")),
        13 => {
            let start = at / PAGE * PAGE + 1;
            Ask::get(format!("/Users?startIndex={start}&count=20"))
        }
        14..=16 => {
            let title = format!("Engineer {number}");
            Ask::send(Method::PUT, format!("/Users/{id}"), user(at, &title))
        }
        17 => {
            let active = (number / 20).is_multiple_of(2);
            let change = json!([{"op": "replace", "value": {"active": active}}]);
            Ask::send(Method::PATCH, format!("/Users/{id}"), patch(&change))
        }
        _ => {
            let add = json!({"op": "add", "path": "members", "value": [{"value": id}]});
            let other = &users[(at + 20) % users.len()];
            let remove = json!({"op": "remove", "path": format!("members[value eq \"{other}\"]")});
            Ask::send(
                Method::PATCH,
                format!("/Groups/{role}"),
                patch(&json!([remove, add])),
            )
        }
    }
}

/// Makes the roles, and gives their ids.
async fn roles(directory: &Directory, count: usize) -> Outcome<Vec<String>> {
    let users = directory.users();
    let ids = Arc::new(Mutex::new(Vec::new()));
    let found = ids.clone();
    let request = move |number: usize| {
        let first = number * MEMBERS;
        let members = (first..first + MEMBERS).map(|at| json!({"value": users[at % users.len()]}));
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": format!("Team {number}"),
            "members": members.collect::<Vec<Value>>(),
        });
        Ask::send(Method::POST, "/Groups", body)
    };
    ask(
        from_ref(&directory.server.target),
        CONNECTIONS,
        count,
        request,
        move |_, answer| {
            let id = answer.body.get("id").and_then(Value::as_str);
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.push(id.unwrap_or_default().to_owned());
        },
    )
    .await?;
    Ok(std::mem::take(
        &mut *ids.lock().unwrap_or_else(PoisonError::into_inner),
    ))
}
