//! One sync in figures.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    directory::{ConflictId, ExchangeId, Hold, HoldState, Provider},
    service::exchange::{Effect, ExchangeLine},
};

/// One sync in figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SyncDigest {
    /// The first exchange's id; names the sync.
    pub id: ExchangeId,
    /// Whose.
    pub provider: Provider,
    /// When the first exchange came.
    pub started: Timestamp,
    /// When the last one came.
    pub last: Timestamp,
    /// Whether the quiet gap has not passed yet.
    pub running: bool,
    /// How many exchanges.
    pub requests: u64,
    /// Reads among them.
    pub lookups: u64,
    /// Writes among them that changed nothing.
    pub unchanged: u64,
    /// What they did.
    pub effect: Effect,
    /// Answers of 400 and above, conflicts and what was held included.
    pub errors: u64,
    /// The median of the answers' times, in microseconds.
    pub p50_micros: u64,
    /// The time that 95 of 100 answers stayed under, in microseconds.
    pub p95_micros: u64,
    /// Requests of which something was held, because the provider suspends too many at once.
    #[serde(default)]
    pub held: u64,
    /// How many users wait for the operator's decision about that now, [`Hold::NAMED`] standing for
    /// that many or more; 0 where nothing is held any more.
    #[serde(default)]
    pub held_waiting: u64,
    /// Errors that neither were conflicts nor were held.
    #[serde(default)]
    pub failed: u64,
    /// Those by status, in the order of their first, at most [`FAILURES`].
    #[serde(default)]
    pub failures: Vec<Failure>,
    /// The first conflicts, each once, at most [`CONFLICTS`].
    #[serde(default)]
    pub conflicts: Vec<SyncConflict>,
    /// The slowest exchanges, slowest first, at most [`SLOWEST`].
    #[serde(default)]
    pub slowest: Vec<SlowExchange>,
    /// Exchanges a second, from the first to the last; 0 for a single one.
    #[serde(default)]
    pub requests_per_second: f64,
    /// How many users the provider managed when the sync began, and those that it has made since,
    /// less those that it has deleted; 0 where that could not be told.
    #[serde(default)]
    pub known_users: u64,
    /// How many users have been looked up or written to, each counted once.
    #[serde(default)]
    pub users_seen: u64,
    /// Whether there were more than could be told apart.
    #[serde(default)]
    pub users_seen_at_least: bool,
}

/// Errors of one status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The status.
    pub status: u16,
    /// How many.
    pub count: u64,
    /// The first one.
    pub first: ExchangeId,
    /// What it meant in words.
    pub summary: String,
}

/// A conflict that a sync opened or repeated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncConflict {
    /// Which.
    pub id: ConflictId,
    /// What the push meant in words.
    pub summary: String,
}

/// An exchange that took long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlowExchange {
    /// Which.
    pub id: ExchangeId,
    /// How long it took, in microseconds.
    pub micros: u64,
    /// The answer's status.
    pub status: u16,
    /// What it meant in words.
    pub summary: String,
}

/// How many statuses a digest tells apart.
pub const FAILURES: usize = 12;
/// How many conflicts a digest names.
pub const CONFLICTS: usize = 20;
/// How many slow exchanges a digest names.
pub const SLOWEST: usize = 5;

/// How far a running sync has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Of 100.
    pub percent: u8,
    /// Of so many users.
    pub of: u64,
    /// Whether it may be further than that.
    pub at_least: bool,
}

impl SyncDigest {
    /// A sync that begins with an exchange, which is not counted yet.
    pub fn begun(provider: Provider, id: ExchangeId, at: Timestamp) -> Self {
        Self {
            id,
            provider,
            started: at,
            last: at,
            running: true,
            requests: 0,
            lookups: 0,
            unchanged: 0,
            effect: Effect::default(),
            errors: 0,
            p50_micros: 0,
            p95_micros: 0,
            held: 0,
            held_waiting: 0,
            failed: 0,
            failures: Vec::new(),
            conflicts: Vec::new(),
            slowest: Vec::new(),
            requests_per_second: 0.0,
            known_users: 0,
            users_seen: 0,
            users_seen_at_least: false,
        }
    }

    /// How far it has come through the users that the provider manages. `None` once it has ended, and
    /// where that says nothing: while a provider makes most of its users, none can tell how many more
    /// will come.
    pub fn progress(&self) -> Option<Progress> {
        let created = u64::from(self.effect.users_created);
        if !self.running || self.known_users == 0 || created.saturating_mul(2) > self.known_users {
            return None;
        }
        let percent = self.users_seen.saturating_mul(100) / self.known_users;
        Some(Progress {
            percent: u8::try_from(percent.min(100)).unwrap_or(100),
            of: self.known_users,
            at_least: self.users_seen_at_least,
        })
    }

    /// How many conflicts it left, a repeated one counted once as far as they can be told apart.
    pub fn conflict_count(&self) -> u64 {
        match self.conflicts.len() {
            named @ 1..CONFLICTS => named as u64,
            _ => self.effect.conflicts.into(),
        }
    }

    /// Notes how many users wait because of a hold, if the hold is undecided and of this sync.
    pub fn note_hold(&mut self, hold: &Hold) {
        let is_its = self.provider == hold.provider && self.held > 0 && self.last >= hold.since;
        if is_its && hold.state == HoldState::Held {
            self.held_waiting = hold.attempted.len().max(1) as u64;
        }
    }

    /// Counts an exchange in.
    pub(super) fn add(&mut self, line: &ExchangeLine) {
        self.started = self.started.min(line.at);
        self.last = self.last.max(line.at);
        self.requests += 1;
        if line.is_lookup() {
            self.lookups += 1;
        } else if !line.is_error() && !line.effect.is_change() && line.effect.held == 0 {
            self.unchanged += 1;
        }
        if line.effect.held > 0 {
            self.held += 1;
        }
        if line.is_error() {
            self.errors += 1;
            if line.conflict.is_none() && line.effect.held == 0 {
                self.fail(line);
            }
        }
        if let Some(id) = line.conflict {
            self.name_conflict(id, line);
        }
        self.effect.add(&line.effect);
        self.rank(line);
    }

    fn fail(&mut self, line: &ExchangeLine) {
        self.failed += 1;
        let mut known = self.failures.iter_mut();
        if let Some(failure) = known.find(|failure| failure.status == line.status) {
            failure.count += 1;
        } else if self.failures.len() < FAILURES {
            self.failures.push(Failure {
                status: line.status,
                count: 1,
                first: line.id,
                summary: line.summary.clone(),
            });
        }
    }

    fn name_conflict(&mut self, id: ConflictId, line: &ExchangeLine) {
        let is_new = self.conflicts.iter().all(|known| known.id != id);
        if is_new && self.conflicts.len() < CONFLICTS {
            let summary = line.summary.clone();
            self.conflicts.push(SyncConflict { id, summary });
        }
    }

    /// Keeps the slowest ones, of equal ones the earlier.
    fn rank(&mut self, line: &ExchangeLine) {
        let place = self
            .slowest
            .partition_point(|slow| slow.micros >= line.micros);
        if place < SLOWEST {
            self.slowest.truncate(SLOWEST - 1);
            self.slowest.insert(
                place.min(self.slowest.len()),
                SlowExchange {
                    id: line.id,
                    micros: line.micros,
                    status: line.status,
                    summary: line.summary.clone(),
                },
            );
        }
    }

    /// Exchanges a second, to a tenth.
    pub(super) fn rate(&self) -> f64 {
        let millis = self.last.duration_since(self.started).as_millis();
        let (Ok(requests), Ok(millis)) = (u32::try_from(self.requests), u32::try_from(millis))
        else {
            return 0.0;
        };
        if millis == 0 {
            return 0.0;
        }
        (f64::from(requests) * 10_000.0 / f64::from(millis)).round() / 10.0
    }
}
