//! The record of what passed: a ring that is bounded by count and by bytes, followers that never
//! hold it up, and the sync digests.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::{
    counters::RequestCounters,
    exchange::{ExchangeLine, Kept},
    sync::{SyncDigest, SyncLog},
};
use crate::directory::{ExchangeId, Provider};

mod elsewhere;

/// Requests in figures, since the start of the process, those of others that share the store included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RequestFigures {
    /// All.
    pub total: u64,
    /// Answers of 400 and above.
    pub errors: u64,
    /// Exchanges that the ring has let go.
    pub evicted: u64,
    /// The median answer time of the last minutes' exchanges, in microseconds; 0 without any.
    pub p50_micros: u64,
    /// The time that 95 of 100 of those stayed under, in microseconds.
    pub p95_micros: u64,
}

/// What a recorder keeps at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) exchanges: usize,
    pub(super) bytes: usize,
    pub(super) sync_gap: Duration,
}

/// The most lines that a follower is given at once.
pub const LINES_AT_ONCE: usize = 512;

/// How many exchanges the quantiles are of at most, the newest ones.
const QUANTILE_EXCHANGES: usize = 1024;

/// How old they are at most.
pub const QUANTILE_AGE: SignedDuration = SignedDuration::from_mins(2);

/// From so many bytes of waiting exchanges on they are stored soon: seldom enough that commits of them do
/// not hold up those of changes, and early enough that a disk which pauses then loses none.
const PRESSING_BYTES: usize = 1024 * 1024;

/// What passed, as far as it is kept in memory.
pub struct Recorder {
    /// Held for moments only: nothing under it waits or does I/O.
    state: Mutex<State>,
    /// Something waits to be stored.
    stirred: Notify,
    /// So much waits that it had better be stored soon.
    pressing: Notify,
    /// Something was recorded, or nothing will be any more.
    recorded: Notify,
}

struct State {
    bounds: Bounds,
    ring: Ring,
    /// What the store has not got yet.
    unsaved: Ring,
    syncs: SyncLog,
    figures: RequestFigures,
    counters: RequestCounters,
    /// Exchanges that were let go before they could be stored.
    unsaved_lost: u64,
    /// Whether a provider has read something with a live token.
    credentials_seen: bool,
    /// Whether nothing will be recorded any more.
    closed: bool,
}

/// Exchanges in the order of their recording.
#[derive(Default)]
struct Ring {
    exchanges: VecDeque<Arc<Kept>>,
    bytes: usize,
    /// How many were let go: the number of the oldest one that is here.
    first: u64,
}

impl Ring {
    /// Adds one, and lets the oldest ones go that are beyond the bounds. Tells how many.
    fn push(&mut self, exchange: Arc<Kept>, most: usize, bytes: usize) -> u64 {
        self.bytes += exchange.footprint();
        self.exchanges.push_back(exchange);
        let mut gone = 0;
        while self.exchanges.len() > most.max(1) || (self.bytes > bytes && self.exchanges.len() > 1)
        {
            if let Some(oldest) = self.exchanges.pop_front() {
                self.bytes -= oldest.footprint();
                gone += 1;
            }
        }
        self.first += gone;
        gone
    }

    /// The number that the next exchange gets.
    fn next(&self) -> u64 {
        self.first + self.exchanges.len() as u64
    }

    /// At most so many from a number on, and how many of those before them are gone.
    fn since_number(&self, number: u64, most: usize) -> (Vec<Arc<Kept>>, u64) {
        let gone = self.first.saturating_sub(number);
        let place = usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX);
        let kept = self.exchanges.iter().skip(place).take(most);
        (kept.cloned().collect(), gone)
    }

    /// Those recorded after an exchange. Where the ring no longer has that, those with later ids.
    fn after(&self, after: Option<ExchangeId>) -> impl Iterator<Item = &Arc<Kept>> {
        let place = after.and_then(|after| {
            let found = self
                .exchanges
                .iter()
                .rposition(|kept| kept.line.id == after);
            found.map(|place| place + 1)
        });
        self.exchanges
            .iter()
            .skip(place.unwrap_or(0))
            .filter(move |kept| place.is_some() || after.is_none_or(|after| kept.line.id > after))
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("figures", &self.state().figures)
            .finish_non_exhaustive()
    }
}

impl Recorder {
    /// An empty record.
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            state: Mutex::new(State {
                bounds,
                ring: Ring::default(),
                unsaved: Ring::default(),
                syncs: SyncLog::new(bounds.sync_gap),
                figures: RequestFigures::default(),
                counters: RequestCounters::default(),
                unsaved_lost: 0,
                credentials_seen: false,
                closed: false,
            }),
            stirred: Notify::new(),
            pressing: Notify::new(),
            recorded: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes back what an earlier process recorded. It counts in no figure.
    pub(super) fn refill(&self, exchanges: impl IntoIterator<Item = Kept>) {
        let mut state = self.state();
        for exchange in exchanges {
            state.note(&exchange.line);
            let bounds = state.bounds;
            state
                .ring
                .push(Arc::new(exchange), bounds.exchanges, bounds.bytes);
        }
    }

    /// Takes an exchange in, and tells whether a sync begins with it. Its secrets are gone already.
    /// Never waits for a reader.
    pub(super) fn record(&self, exchange: Kept) -> bool {
        let Taken { begins, pressing } = self.state().record(exchange);
        self.recorded.notify_waiters();
        self.stir();
        if pressing {
            self.pressing.notify_one();
        }
        begins
    }

    /// Notes how many users a provider manages now, for its newest sync.
    pub(super) fn know_users(&self, provider: Provider, users: u64) {
        self.state().syncs.know_users(provider, users);
    }

    /// The quiet that closes a sync.
    pub fn sync_gap(&self) -> Duration {
        self.state().syncs.gap()
    }

    /// Something waits to be stored.
    pub(super) fn stir(&self) {
        self.stirred.notify_one();
    }

    /// Ready when something waits to be stored.
    pub(super) async fn stirred(&self) {
        self.stirred.notified().await;
    }

    /// Ready when so much waits to be stored that it should not wait longer.
    pub(super) async fn pressing(&self) {
        self.pressing.notified().await;
    }

    /// What the store has not got yet, and how many were let go before they could be stored.
    pub(super) fn take_unsaved(&self) -> (Vec<Arc<Kept>>, u64) {
        let mut state = self.state();
        let unsaved = std::mem::take(&mut state.unsaved);
        let lost = std::mem::take(&mut state.unsaved_lost);
        (unsaved.exchanges.into(), lost)
    }

    /// Takes back what could not be stored: it waits before what came meanwhile.
    pub(super) fn take_back(&self, unsaved: Vec<Arc<Kept>>) {
        let mut state = self.state();
        let later = std::mem::take(&mut state.unsaved);
        for exchange in unsaved.into_iter().chain(later.exchanges) {
            let lost = state.keep_unsaved(exchange);
            state.unsaved_lost += lost;
        }
    }

    /// Ends every following; nothing is recorded from now on.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.recorded.notify_waiters();
    }

    /// The newest lines, oldest first, at most `limit`; with `after` only those recorded after it.
    pub fn lines(&self, after: Option<ExchangeId>, limit: usize) -> Vec<ExchangeLine> {
        let state = self.state();
        let found: Vec<&Arc<Kept>> = state.ring.after(after).collect();
        let newest = found
            .get(found.len().saturating_sub(limit)..)
            .unwrap_or_default();
        newest.iter().map(|kept| kept.line.clone()).collect()
    }

    /// The oldest exchanges after an id that the ring has, in the order of their ids.
    pub fn exchanges_after(&self, after: Option<ExchangeId>, limit: usize) -> Vec<Arc<Kept>> {
        let state = self.state();
        let kept = state.ring.exchanges.iter();
        let mut later: Vec<_> = kept
            .filter(|kept| after.is_none_or(|after| kept.line.id > after))
            .cloned()
            .collect();
        drop(state);
        later.sort_by_key(|kept| kept.line.id);
        later.truncate(limit);
        later
    }

    /// One exchange, as long as the ring has it.
    pub fn get(&self, id: ExchangeId) -> Option<Arc<Kept>> {
        let state = self.state();
        let mut newest_first = state.ring.exchanges.iter().rev();
        newest_first.find(|kept| kept.line.id == id).cloned()
    }

    /// What was recorded after `after`, as far as the ring has it, and then what comes; without
    /// `after` only what comes. Nothing is left out or told twice in between.
    pub fn follow(&self, after: Option<ExchangeId>) -> Follower<'_> {
        let state = self.state();
        let backlog = match after {
            Some(_) => state.ring.after(after).cloned().collect(),
            None => VecDeque::new(),
        };
        Follower {
            recorder: self,
            backlog,
            number: state.ring.next(),
        }
    }

    /// Requests in figures at this moment.
    pub fn figures(&self, now: Timestamp) -> RequestFigures {
        let since = now.saturating_sub(QUANTILE_AGE).unwrap_or(Timestamp::MIN);
        let state = self.state();
        let newest = state.ring.exchanges.iter().rev().take(QUANTILE_EXCHANGES);
        let mut times: Vec<u64> = newest
            .filter(|kept| kept.line.at >= since)
            .map(|kept| kept.line.micros)
            .collect();
        let figures = state.figures;
        drop(state);
        times.sort_unstable();
        let quantile = |of_100: usize| {
            let rank = (times.len() * of_100).div_ceil(100);
            times.get(rank.saturating_sub(1)).copied().unwrap_or(0)
        };
        RequestFigures {
            p50_micros: quantile(50),
            p95_micros: quantile(95),
            ..figures
        }
    }

    /// Requests counted since the start.
    pub fn counters(&self) -> RequestCounters {
        self.state().counters.clone()
    }

    /// The newest syncs at this moment, newest first, at most `limit`.
    pub fn syncs(&self, now: Timestamp, limit: usize) -> Vec<SyncDigest> {
        self.state().syncs.digests(now, limit)
    }

    /// Whether a sync has ended in which a write was accepted.
    pub fn any_sync_complete(&self, now: Timestamp) -> bool {
        self.state().syncs.any_complete(now)
    }

    /// Whether a provider has read something with a live token.
    pub fn credentials_seen(&self) -> bool {
        self.state().credentials_seen
    }
}

impl State {
    fn record(&mut self, exchange: Kept) -> Taken {
        if self.closed {
            return Taken::default();
        }
        let begins = self.note(&exchange.line);
        self.counters.count(&exchange.line);
        self.figures.total += 1;
        if exchange.line.is_error() {
            self.figures.errors += 1;
        }
        let exchange = Arc::new(exchange);
        let Bounds {
            exchanges, bytes, ..
        } = self.bounds;
        self.figures.evicted += self.ring.push(Arc::clone(&exchange), exchanges, bytes);
        self.unsaved_lost += self.keep_unsaved(exchange);
        let many = self.unsaved.exchanges.len() >= exchanges / 2;
        Taken {
            begins,
            pressing: many || self.unsaved.bytes >= PRESSING_BYTES,
        }
    }

    /// Tells how many were let go for it.
    fn keep_unsaved(&mut self, exchange: Arc<Kept>) -> u64 {
        let Bounds {
            exchanges, bytes, ..
        } = self.bounds;
        self.unsaved.push(exchange, exchanges, bytes)
    }

    /// Whether a sync begins with it.
    fn note(&mut self, line: &ExchangeLine) -> bool {
        self.credentials_seen |= line.provider.is_some() && line.is_lookup() && !line.is_error();
        self.syncs.note(line)
    }
}

/// What came of an exchange that was taken in.
#[derive(Default)]
struct Taken {
    /// A sync begins with it.
    begins: bool,
    /// So much is unsaved that it should be stored soon.
    pressing: bool,
}

/// Lines as they come. It is a place in the ring and holds nothing up: recording costs the same
/// whether someone follows or not, and one that is too slow misses what the ring lets go.
pub struct Follower<'a> {
    recorder: &'a Recorder,
    backlog: VecDeque<Arc<Kept>>,
    /// The next exchange to tell, once the backlog is told.
    number: u64,
}

impl fmt::Debug for Follower<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower")
            .field("backlog", &self.backlog.len())
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

impl Follower<'_> {
    /// The next lines, oldest first, at least one and at most [`LINES_AT_ONCE`], and how many were
    /// missed before them; `None` when nothing will be recorded any more. Nothing is lost where it
    /// is dropped half-way.
    pub async fn next(&mut self) -> Option<(Vec<ExchangeLine>, u64)> {
        let line = |kept: Arc<Kept>| kept.line.clone();
        if !self.backlog.is_empty() {
            let count = self.backlog.len().min(LINES_AT_ONCE);
            return Some((self.backlog.drain(..count).map(line).collect(), 0));
        }
        loop {
            // Listens before it looks, so that what is recorded in between wakes it.
            let mut recorded = std::pin::pin!(self.recorder.recorded.notified());
            recorded.as_mut().enable();
            let (found, missed, closed) = self.look();
            if !found.is_empty() {
                self.number += missed + found.len() as u64;
                return Some((found.into_iter().map(line).collect(), missed));
            }
            if closed {
                return None;
            }
            recorded.await;
        }
    }

    /// What is there by now, how many are gone before it, and whether it is the last.
    fn look(&self) -> (Vec<Arc<Kept>>, u64, bool) {
        let state = self.recorder.state();
        let (found, missed) = state.ring.since_number(self.number, LINES_AT_ONCE);
        (found, missed, state.closed)
    }
}

#[cfg(test)]
mod tests;
