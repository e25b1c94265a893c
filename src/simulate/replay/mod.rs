//! Playing a recording again: against a scratch copy of the directory, which shows what would
//! change and is thrown away, or against any SCIM base URL.

mod copy;
mod ids;

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use hyper::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Connection, SimulateError, Target};
use crate::{
    directory::Provider,
    service::{
        exchange::Effect,
        recording::{Recorded, Recording},
    },
};

pub use copy::{Scratch, ScratchError};

/// Where every recorded path begins.
const BASE_PATH: &str = "/scim/v2";

/// The most changes that a report names.
pub const CHANGES: usize = 10_000;

/// What a recording did.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ReplayReport {
    /// By provider.
    pub providers: BTreeMap<Provider, ReplayFigures>,
    /// Each request that changed something, was refused or was left out; the first [`CHANGES`].
    pub changes: Vec<ReplayChange>,
    /// How many more there were.
    pub changes_left_out: u64,
}

/// What the requests of one provider did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReplayFigures {
    /// Requests that were played.
    pub requests: u64,
    /// Requests that could not be played.
    pub skipped: u64,
    /// Users and roles made.
    pub created: u64,
    /// Users and roles changed.
    pub updated: u64,
    /// Users suspended.
    pub suspended: u64,
    /// Users reinstated.
    pub reinstated: u64,
    /// Users and roles deleted.
    pub deleted: u64,
    /// Memberships made.
    pub members_added: u64,
    /// Memberships ended.
    pub members_removed: u64,
    /// Pushes that met a conflict.
    pub conflicts: u64,
    /// Answers of 400 and above, conflicts included.
    pub errors: u64,
}

/// One request that changed something, was refused or was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayChange {
    /// Where it stands in the recording.
    pub place: usize,
    /// Whose it was.
    pub provider: Option<Provider>,
    /// The HTTP method.
    pub method: String,
    /// Path and query as played.
    pub target: String,
    /// What was answered when it was recorded.
    pub recorded_status: u16,
    /// What was answered now; `null` where it was left out.
    pub status: Option<u16>,
    /// What it did, why it was refused, or why it was left out.
    pub summary: String,
}

/// Why a replay ended early.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// There is no copy to play against.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// The server could not be reached.
    #[error(transparent)]
    Connection(#[from] SimulateError),
}

/// Plays a recording against a scratch copy, and tells what that changed in it.
///
/// # Errors
/// The copy cannot be read any more, or does not answer.
pub async fn against_copy(
    recording: &Recording,
    scratch: &Scratch,
) -> Result<ReplayReport, ReplayError> {
    let mut player = Player::default();
    let mut connections = BTreeMap::new();
    for recorded in &recording.requests {
        let Some(provider) = recorded.provider else {
            player.skip(
                recorded,
                "no provider sent it: it came without a live token",
            );
            continue;
        };
        let connection = match connections.entry(provider) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(new) => {
                new.insert(Connection::new(scratch.target(provider).await?))
            }
        };
        let before = scratch.journal_last()?;
        let Some(answer) = player.send(recorded, connection).await? else {
            continue;
        };
        let (effect, summary) = scratch.since(before)?;
        player.note(recorded, &answer, &effect, summary);
    }
    Ok(player.report)
}

/// Plays a recording against a SCIM base URL, for good. `provider`: only the requests of this one.
/// What the answers say is counted; what else the server did, only it knows.
///
/// # Errors
/// The server does not answer.
pub async fn against_url(
    recording: &Recording,
    target: Target,
    provider: Option<Provider>,
) -> Result<ReplayReport, ReplayError> {
    let mut player = Player::default();
    let mut connection = Connection::new(target);
    for recorded in &recording.requests {
        if provider.is_some() && recorded.provider != provider {
            player.skip(recorded, "it is another provider's");
            continue;
        }
        let Some(answer) = player.send(recorded, &mut connection).await? else {
            continue;
        };
        let effect = told_by_answer(recorded, answer.status);
        let summary = if effect.is_change() {
            format!("answered {}", answer.status)
        } else {
            String::new()
        };
        player.note(recorded, &answer, &effect, summary);
    }
    Ok(player.report)
}

/// What an answer lets one know of its effect.
fn told_by_answer(recorded: &Recorded, status: u16) -> Effect {
    let mut effect = Effect::default();
    let path = recorded.target.split('?').next().unwrap_or_default();
    let is_role = path.contains("/Groups");
    let count = match (recorded.method.as_str(), status) {
        (_, 409) => &mut effect.conflicts,
        ("POST", 201) if is_role => &mut effect.roles_created,
        ("POST", 201) => &mut effect.users_created,
        ("PUT" | "PATCH", 200..=299) if is_role => &mut effect.roles_updated,
        ("PUT" | "PATCH", 200..=299) => &mut effect.users_updated,
        ("DELETE", 200..=299) if is_role => &mut effect.roles_deleted,
        ("DELETE", 200..=299) => &mut effect.users_deleted,
        _ => return effect,
    };
    *count = 1;
    effect
}

/// An answer to a request that was played again.
struct Played {
    target: String,
    status: u16,
    body: Value,
}

/// Sends requests and keeps the report.
#[derive(Default)]
struct Player {
    report: ReplayReport,
    /// Recorded ids of what was made then, with the ids of what was made now.
    ids: HashMap<String, String>,
}

impl Player {
    /// `None` where it cannot be played.
    async fn send(
        &mut self,
        recorded: &Recorded,
        connection: &mut Connection,
    ) -> Result<Option<Played>, SimulateError> {
        let Some(body) = &recorded.body else {
            self.skip(recorded, "only the beginning of its body was recorded");
            return Ok(None);
        };
        let Ok(method) = Method::from_bytes(recorded.method.as_bytes()) else {
            self.skip(recorded, "its method is none");
            return Ok(None);
        };
        let Some((_, rest)) = recorded.target.split_once(BASE_PATH) else {
            self.skip(recorded, "its path does not begin with /scim/v2");
            return Ok(None);
        };
        let target = ids::translated(rest, &self.ids);
        if !target.bytes().all(|byte| byte.is_ascii_graphic()) {
            self.skip(recorded, "its path is none");
            return Ok(None);
        }
        let body = ids::translated(body, &self.ids);
        let body = (!body.is_empty()).then(|| Bytes::from(body));
        let (status, _, bytes) = connection.exchange(&method, &target, body).await?;
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if let (Some(then), Some(now)) = (&recorded.made, body.get("id").and_then(Value::as_str)) {
            self.ids.insert(then.clone(), now.to_owned());
        }
        Ok(Some(Played {
            target,
            status: status.as_u16(),
            body,
        }))
    }

    fn figures(&mut self, recorded: &Recorded) -> &mut ReplayFigures {
        let provider = recorded.provider.unwrap_or(Provider::Generic);
        self.report.providers.entry(provider).or_default()
    }

    fn skip(&mut self, recorded: &Recorded, why: &str) {
        self.figures(recorded).skipped += 1;
        self.change(recorded, &recorded.target, None, format!("left out: {why}"));
    }

    fn note(&mut self, recorded: &Recorded, answer: &Played, effect: &Effect, summary: String) {
        let is_error = answer.status >= 400;
        let figures = self.figures(recorded);
        let sum = |counts: [u32; 2]| counts.into_iter().map(u64::from).sum::<u64>();
        figures.requests += 1;
        figures.created += sum([effect.users_created, effect.roles_created]);
        figures.updated += sum([effect.users_updated, effect.roles_updated]);
        figures.suspended += u64::from(effect.users_suspended);
        figures.reinstated += u64::from(effect.users_reinstated);
        figures.deleted += sum([effect.users_deleted, effect.roles_deleted]);
        figures.members_added += u64::from(effect.members_added);
        figures.members_removed += u64::from(effect.members_removed);
        figures.conflicts += u64::from(effect.conflicts);
        figures.errors += u64::from(is_error);
        let detail = answer.body.get("detail").and_then(Value::as_str);
        let summary = match detail {
            Some(detail) if is_error => detail.to_owned(),
            _ => summary,
        };
        if is_error || !summary.is_empty() {
            self.change(recorded, &answer.target, Some(answer.status), summary);
        }
    }

    fn change(&mut self, recorded: &Recorded, target: &str, status: Option<u16>, summary: String) {
        if self.report.changes.len() >= CHANGES {
            self.report.changes_left_out += 1;
            return;
        }
        self.report.changes.push(ReplayChange {
            place: recorded.place,
            provider: recorded.provider,
            method: recorded.method.clone(),
            target: target.to_owned(),
            recorded_status: recorded.status,
            status,
            summary,
        });
    }
}
