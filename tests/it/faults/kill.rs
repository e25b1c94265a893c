//! The real binary under load from several clients, killed or told to stop, and started again.

use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{self, SyncSender},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::wanted;
use crate::cli::program::{Place, Serving};

const CLIENTS: usize = 4;
/// So many servers are killed at the same time, each in a directory of its own.
const LANES: usize = 4;
/// Starting again after a kill takes less than this, on a machine that is busy with other tests, too.
const PROMPTLY: Duration = Duration::from_secs(10);

/// What one client knows of a user that it made.
#[derive(Debug, Default, Clone)]
struct Known {
    /// The id, once the creation was acknowledged.
    id: Option<String>,
    /// The last display name that was acknowledged.
    acknowledged: Option<String>,
    /// One that was sent, and not answered.
    sent: Option<String>,
}

type Users = BTreeMap<String, Known>;

/// What the clients of one round share.
struct Load<'a> {
    address: &'a str,
    token: &'a str,
    ends: AtomicBool,
    answered: AtomicUsize,
    /// After so many answers the server goes; who waits for that is told.
    enough: usize,
    reached: SyncSender<()>,
}

/// One request and its answer; none where the server went away. Whatever it says is SCIM JSON.
pub(crate) fn ask(
    address: &str,
    token: &str,
    (method, target): (&str, &str),
    body: &Value,
) -> Option<(u16, Value)> {
    let body = body.to_string();
    let mut stream = TcpStream::connect(address).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .ok()?;
    write!(
        stream,
        "{method} /scim/v2{target} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/scim+json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len(),
    )
    .ok()?;
    let mut bytes = Vec::new();
    // An answer that was cut off is none.
    stream.read_to_end(&mut bytes).ok()?;
    let answer = String::from_utf8(bytes).expect("an answer in UTF-8");
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.get(9..12)?.parse().expect("a status");
    let head = head.to_lowercase();
    assert!(
        head.contains("content-type: application/scim+json"),
        "{head}"
    );
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.expect("a length").parse().expect("a number");
    if body.len() < length {
        return None;
    }
    Some((status, serde_json::from_str(body).expect("JSON")))
}

impl Load<'_> {
    fn ask(&self, method: &str, target: &str, body: &Value) -> Option<(u16, Value)> {
        let answer = ask(self.address, self.token, (method, target), body)?;
        if self.answered.fetch_add(1, Ordering::Relaxed) + 1 == self.enough {
            let _ = self.reached.send(());
        }
        Some(answer)
    }

    /// Makes users and changes each twice, until the server is gone or it is enough.
    fn push(&self, prefix: &str) -> Users {
        let mut users = Users::new();
        for number in 0.. {
            let name = format!("{prefix}-{number}@x.io");
            let known = users.entry(name.clone()).or_default();
            if self.ends.load(Ordering::Relaxed) || self.push_one(&name, known).is_none() {
                break;
            }
        }
        users
    }

    fn push_one(&self, name: &str, known: &mut Known) -> Option<()> {
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": name, "active": true,
        });
        let (status, body) = self.ask("POST", "/Users", &user)?;
        assert_eq!(status, 201, "{body}");
        let id = body["id"].as_str().expect("an id").to_owned();
        known.id = Some(id.clone());
        for change in 0..2 {
            let display = format!("{name} {change}");
            let patch = json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{"op": "replace", "path": "displayName", "value": display}],
            });
            known.sent = Some(display);
            let (status, body) = self.ask("PATCH", &format!("/Users/{id}"), &patch)?;
            assert_eq!(status, 200, "{body}");
            known.acknowledged = known.sent.take();
        }
        Some(())
    }
}

/// Clients push until `end` has taken the server away. Gives what they know.
fn under_load(server: Serving, token: &str, round: usize, end: impl FnOnce(Serving)) -> Users {
    let address = server.address().to_owned();
    let (reached, is_enough) = mpsc::sync_channel(1);
    let load = Load {
        address: &address,
        token,
        ends: AtomicBool::new(false),
        answered: AtomicUsize::new(0),
        // Another moment each time: within a batch, between two, at the first write.
        enough: 5 + round * 17 % 60,
        reached,
    };
    let users = Mutex::new(Users::new());
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (load, users) = (&load, &users);
            scope.spawn(move || {
                let known = load.push(&format!("round{round}-client{client}"));
                let mut users = users.lock().unwrap_or_else(PoisonError::into_inner);
                users.extend(known);
            });
        }
        let _ = is_enough.recv_timeout(Duration::from_secs(60));
        end(server);
        load.ends.store(true, Ordering::Relaxed);
    });
    users.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// What was acknowledged is there. Gives how many users there are.
fn assert_kept(server: &Serving, token: &str, users: &Users) {
    for (name, known) in users {
        let Some(id) = &known.id else { continue };
        let (status, user) = server.request("GET", &format!("/Users/{id}"), token, "");
        assert_eq!(status, 200, "{name} was acknowledged and is gone");
        assert_eq!(user["userName"], *name);
        let display = user["displayName"].as_str().map(str::to_owned);
        assert!(
            display == known.acknowledged || (display.is_some() && display == known.sent),
            "{name}: {display:?} is neither of {known:?}"
        );
    }
}

fn users_in(place: &Place) -> u64 {
    let status = place.json("status");
    let active = status["users"]["active"].as_u64();
    active.expect("a number")
}

/// Kills one server after the other in one directory. Gives the longest time until one was ready again.
fn killed_under_load(kills: usize) -> Duration {
    let place = Place::new();
    let token = place.run("token create --provider okta").stdout;
    let token = token.trim();
    let mut slowest = Duration::ZERO;
    let mut server = place.serve(&[]);
    for round in 0..kills {
        let users = under_load(server, token, round, |server| server.signal("KILL"));
        // What is left is whole before a server mends it.
        place.run("check");
        let started = Instant::now();
        server = place.serve(&[]);
        slowest = slowest.max(started.elapsed());
        assert_kept(&server, token, &users);
    }
    server.stop();
    slowest
}

#[test]
fn what_was_acknowledged_over_http_survives_kills() {
    let kills: usize = wanted("ROLECALL_KILLS", 100);
    let slowest = thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES)
            .map(|lane| {
                let share = kills / LANES + usize::from(lane < kills % LANES);
                scope.spawn(move || killed_under_load(share))
            })
            .collect();
        let ended = lanes
            .into_iter()
            .map(|lane| lane.join().expect("nothing was lost"));
        ended.max().unwrap_or_default()
    });
    assert!(slowest < PROMPTLY, "{slowest:?}");
    println!("{kills} kills under load, nothing lost; ready again after at most {slowest:?}");
}

#[test]
fn a_restart_under_load_answers_what_it_has_done() {
    let restarts: usize = wanted("ROLECALL_RESTARTS", 2);
    let place = Place::new();
    let token = place.run("token create --provider okta").stdout;
    let token = token.trim();
    let mut acknowledged = 0;
    for round in 0..restarts {
        let server = place.serve(&[]);
        let users = under_load(server, token, round, |server| {
            server.stop();
        });
        acknowledged += users.values().filter(|known| known.id.is_some()).count();
        // Every request was either answered or not begun.
        assert_eq!(users_in(&place), acknowledged as u64);
        let server = place.serve(&[]);
        assert_kept(&server, token, &users);
        for known in users.values().filter(|known| known.sent.is_some()) {
            let target = format!("/Users/{}", known.id.as_deref().expect("it was made"));
            let (_, user) = server.request("GET", &target, token, "");
            let display = user["displayName"].as_str();
            assert_eq!(display, known.acknowledged.as_deref(), "{known:?}");
        }
        server.stop();
    }
}
