//! A running server with a directory of some size, and the requests that are measured on it.

use std::{
    iter::once,
    slice::from_ref,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hyper::Method;
use rolecall::simulate::{Connection, Target};
use serde_json::{Value, json};

use super::client::{Ask, Measured, ask};
use crate::{
    Outcome,
    server::{Memory, Server},
};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// How many requests are in flight while a directory is filled.
const FILLING: usize = 64;
/// The most members of the large role.
pub(crate) const MEMBERS: usize = 10_000;
/// How many members a chunk of a push has.
const CHUNK: usize = 100;
/// How long writes go on before the server is killed.
const WRITING: Duration = Duration::from_secs(2);
/// How many users a page has.
pub(crate) const PAGE: usize = 100;

/// What is measured, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    LookUp,
    Assign,
    Create,
    Delete,
    Replace,
    Suspend,
    Member,
    PushGroup,
    PageByIndex,
    PageByCursor,
    WholeGroup,
}

impl Phase {
    pub(crate) const ALL: [Self; 11] = [
        Self::LookUp,
        Self::Assign,
        Self::Create,
        Self::Delete,
        Self::Replace,
        Self::Suspend,
        Self::Member,
        Self::PushGroup,
        Self::PageByIndex,
        Self::PageByCursor,
        Self::WholeGroup,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::LookUp => "look-up",
            Self::Assign => "look-up + create",
            Self::Create => "create",
            Self::Delete => "delete",
            Self::Replace => "PUT",
            Self::Suspend => "suspend, reinstate",
            Self::Member => "one member in, out",
            Self::PushGroup => "push of a group",
            Self::PageByIndex => "page by index",
            Self::PageByCursor => "page by cursor",
            Self::WholeGroup => "whole large role",
        }
    }

    /// How many requests one measurement has.
    fn requests(self, in_flight: usize, share: usize) -> usize {
        let usual = match (self, in_flight) {
            (Self::LookUp, _) => return look_ups(in_flight, share),
            (Self::WholeGroup, 1) => 10,
            (Self::WholeGroup, _) => 50,
            (Self::PushGroup, _) | (Self::PageByIndex | Self::PageByCursor, 1) => 100,
            (Self::PageByIndex | Self::PageByCursor, _) | (_, 1) => 500,
            (_, 2..=16) => 3_000,
            _ => 6_000,
        };
        (usual * share / 100).max(in_flight).max(10) & !1
    }
}

/// How many look-ups one measurement has, those of the bare server included: so many that it does not
/// matter on which core the first ones met.
pub(crate) fn look_ups(in_flight: usize, share: usize) -> usize {
    let usual = if in_flight == 1 { 3_000 } else { 40_000 };
    (usual * share / 100).max(in_flight)
}

/// A directory on a running server.
pub(crate) struct Directory {
    pub(crate) server: Server,
    /// More processes over the same directory, which take their turns with it.
    pub(crate) others: Vec<Server>,
    pub(crate) size: usize,
    /// What filling it came to.
    pub(crate) filled: Measured,
    /// The users' ids.
    users: Arc<Vec<String>>,
    /// The id of the large role.
    role: String,
    /// What no earlier name or title had.
    fresh: usize,
    share: usize,
}

impl Directory {
    /// Fills the directory of a server.
    pub(crate) async fn new(server: Server, size: usize, share: usize) -> Outcome<Self> {
        let (filled, users) = create(from_ref(&server.target), FILLING, 0, size).await?;
        let users = Arc::new(users);
        let members = size.min(MEMBERS);
        let (_, role) =
            push_group(from_ref(&server.target), "Everyone", users.clone(), members).await?;
        Ok(Self {
            server,
            others: Vec::new(),
            size,
            filled,
            users,
            role,
            fresh: size,
            share,
        })
    }

    /// The ids of its users.
    pub(crate) fn users(&self) -> Arc<Vec<String>> {
        self.users.clone()
    }

    pub(crate) fn memory(&self) -> Memory {
        self.server.memory()
    }

    /// Measures a phase once.
    pub(crate) async fn measure(&mut self, phase: Phase, in_flight: usize) -> Outcome<Measured> {
        let count = phase.requests(in_flight, self.share);
        let (size, first) = (self.size, self.fresh);
        self.fresh += count;
        let members = size.min(MEMBERS);
        // Spread over the whole directory, so that no page of the file is always the same.
        let spread = move |number: usize| (number + first).wrapping_mul(7_919) % size;
        let (users, role) = (self.users.clone(), self.role.clone());
        let others = self.others.iter().map(|server| &server.target);
        let targets: Vec<Target> = once(&self.server.target).chain(others).cloned().collect();
        let targets = targets.as_slice();
        match phase {
            Phase::LookUp => {
                let request = move |number| Ask::get(look_up(spread(number)));
                ask(targets, in_flight, count, request, |_, _| ()).await
            }
            Phase::Assign => {
                let request = move |number: usize| match number % 2 {
                    0 => Ask::get(look_up(first + number)),
                    _ => Ask::send(Method::POST, "/Users", user(first + number, "")),
                };
                ask(targets, in_flight, count, request, |_, _| ()).await
            }
            Phase::Create => {
                let (measured, ids) = create(targets, in_flight, first, count).await?;
                self.server.spare.extend(ids);
                Ok(measured)
            }
            Phase::Delete => {
                let gone = self.server.spare.len().min(count);
                let spare: Vec<String> = self.server.spare.drain(..gone).collect();
                let request = move |number: usize| Ask {
                    method: Method::DELETE,
                    target: format!("/Users/{}", spare[number]),
                    body: None,
                };
                ask(targets, in_flight, gone, request, |_, _| ()).await
            }
            Phase::Replace => {
                let request = move |number| {
                    let at = spread(number);
                    let title = format!("Engineer {}", first + number);
                    Ask::send(
                        Method::PUT,
                        format!("/Users/{}", users[at]),
                        user(at, &title),
                    )
                };
                ask(targets, in_flight, count, request, |_, _| ()).await
            }
            Phase::Suspend => {
                let request = move |number: usize| {
                    let at = spread(number / 2);
                    let change = json!([{"op": "replace", "value": {"active": number % 2 == 1}}]);
                    Ask::send(
                        Method::PATCH,
                        format!("/Users/{}", users[at]),
                        patch(&change),
                    )
                };
                ask(targets, in_flight, count, request, |_, _| ()).await
            }
            Phase::Member => {
                let request = move |number: usize| {
                    let id = &users[(number / 2 + first) % members];
                    let change = if number.is_multiple_of(2) {
                        json!([{"op": "remove", "path": format!("members[value eq \"{id}\"]")}])
                    } else {
                        json!([{"op": "add", "path": "members", "value": [{"value": id}]}])
                    };
                    Ask::send(Method::PATCH, format!("/Groups/{role}"), patch(&change))
                };
                ask(targets, in_flight, count, request, |_, _| ()).await
            }
            Phase::PushGroup => {
                let name = format!("Role {first}");
                let (measured, id) = push_group(targets, &name, users, members).await?;
                // Else every user had one role more each time, and were larger.
                let mut connection = Connection::new(self.server.target.clone());
                let place = format!("/Groups/{id}");
                connection.request(Method::DELETE, &place, None).await?;
                Ok(measured)
            }
            Phase::PageByIndex => {
                let request = move |number| {
                    let start = spread(number) / PAGE * PAGE + 1;
                    Ask::get(format!("/Users?startIndex={start}&count={PAGE}"))
                };
                ask(targets, in_flight, count, request, |_, _| ()).await
            }
            Phase::PageByCursor => pages_by_cursor(targets, in_flight, count).await,
            Phase::WholeGroup => {
                let request = move |_| Ask::get(format!("/Groups/{role}"));
                ask(targets, in_flight, count, request, |_, _| ()).await
            }
        }
    }

    /// What a look-up and a page answer.
    pub(crate) async fn answers(&self) -> Outcome<[String; 2]> {
        let mut connection = Connection::new(self.server.target.clone());
        let mut answers = [String::new(), String::new()];
        let page = format!("/Users?startIndex=1&count={PAGE}");
        for (answer, target) in answers.iter_mut().zip([look_up(0), page]) {
            let body = connection.request(Method::GET, &target, None).await?.body;
            *answer = body.to_string();
        }
        Ok(answers)
    }

    /// Kills the server in the midst of writes, starts it again, and gives how long it took until it
    /// said that it was ready.
    pub(crate) async fn crash(&mut self) -> Outcome<Duration> {
        let target = self.server.target.clone();
        let first = self.fresh;
        let writes = tokio::spawn(async move {
            // Ends with the server.
            let _ = create(&[target], 16, first, usize::MAX).await;
        });
        tokio::time::sleep(WRITING).await;
        let ready = self.server.crash_and_start()?;
        writes.await?;
        Ok(ready)
    }
}

/// Creates users and gives their ids.
async fn create(
    targets: &[Target],
    in_flight: usize,
    first: usize,
    count: usize,
) -> Outcome<(Measured, Vec<String>)> {
    let ids = Arc::new(Mutex::new(Vec::new()));
    let found = ids.clone();
    let request = move |number| Ask::send(Method::POST, "/Users", user(first + number, ""));
    let measured = ask(targets, in_flight, count, request, move |number, answer| {
        let id = answer.body.get("id").and_then(Value::as_str);
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        found.push((number, id.unwrap_or_default().to_owned()));
    })
    .await?;
    let mut ids = std::mem::take(&mut *ids.lock().unwrap_or_else(PoisonError::into_inner));
    ids.sort_unstable();
    Ok((measured, ids.into_iter().map(|(_, id)| id).collect()))
}

/// Creates a group and fills it in chunks; gives its id.
async fn push_group(
    targets: &[Target],
    name: &str,
    users: Arc<Vec<String>>,
    members: usize,
) -> Outcome<(Measured, String)> {
    let target = targets.first().ok_or("no target")?;
    let mut connection = Connection::new(target.clone());
    let body = json!({"schemas": [GROUP], "displayName": name, "members": []});
    let made = connection
        .request(Method::POST, "/Groups", Some(&body))
        .await?;
    let id = made.body.get("id").and_then(Value::as_str);
    let id = id.ok_or("a group without id")?.to_owned();
    let place = format!("/Groups/{id}");
    let request = move |number: usize| {
        let chunk = users.iter().take(members).skip(number * CHUNK).take(CHUNK);
        let chunk: Vec<Value> = chunk.map(|id| json!({"value": id})).collect();
        let change = json!([{"op": "add", "path": "members", "value": chunk}]);
        Ask::send(Method::PATCH, &place, patch(&change))
    };
    let chunks = members.div_ceil(CHUNK);
    let measured = ask(targets, 1, chunks, request, |_, _| ()).await?;
    Ok((measured, id))
}

/// Goes through lists by cursors, each connection through its own.
async fn pages_by_cursor(targets: &[Target], in_flight: usize, count: usize) -> Outcome<Measured> {
    let cursors = Arc::new(Mutex::new(vec![String::new(); in_flight]));
    let heard = cursors.clone();
    let request = move |_| {
        let mut cursors = cursors.lock().unwrap_or_else(PoisonError::into_inner);
        let cursor = cursors.pop().unwrap_or_default();
        Ask::get(format!("/Users?count={PAGE}&cursor={cursor}"))
    };
    ask(targets, in_flight, count, request, move |_, answer| {
        let next = answer.body.get("nextCursor").and_then(Value::as_str);
        let mut cursors = heard.lock().unwrap_or_else(PoisonError::into_inner);
        cursors.push(next.unwrap_or_default().to_owned());
    })
    .await
}

pub(crate) fn look_up(user: usize) -> String {
    format!(
        "/Users?filter=userName%20eq%20%22{}%22&startIndex=1&count=100",
        user_name(user)
    )
}

fn user_name(number: usize) -> String {
    format!("ada.lovelace.{number}@example.com")
}

pub(crate) fn user(number: usize, title: &str) -> Value {
    let name = user_name(number);
    json!({
        "schemas": [USER],
        "userName": name,
        "name": {"givenName": "Ada", "familyName": format!("Lovelace {number}")},
        "emails": [{"primary": true, "value": name, "type": "work"}],
        "displayName": format!("Ada Lovelace {number}"),
        "title": if title.is_empty() { "Engineer" } else { title },
        "locale": "en-US",
        "externalId": format!("00u{number:017}"),
        "groups": [],
        "password": "1mz050nq",
        "active": true
    })
}

pub(crate) fn patch(operations: &Value) -> Value {
    json!({"schemas": [PATCH], "Operations": operations})
}

/// What one thing's rate is of another's, round by round; the median.
pub(crate) fn ratio(rates: &[f64], of: &[f64]) -> f64 {
    let ratios = rates.iter().zip(of).map(|(rate, of)| rate / of);
    super::client::median(ratios.collect())
}
