//! Syncs: bursts of one provider's exchanges, closed by a quiet gap, each told in one digest.

mod digest;
mod endings;
mod histogram;
mod seen;
mod verdict;

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use jiff::Timestamp;

pub use self::{
    digest::{
        CONFLICTS, FAILURES, Failure, Progress, SLOWEST, SlowExchange, SyncConflict, SyncDigest,
    },
    endings::Endings,
    verdict::Outcome,
};
use self::{histogram::Histogram, seen::Seen};
use super::exchange::ExchangeLine;
use crate::directory::Provider;

/// How many digests are kept, over all providers.
pub const DIGESTS: usize = 200;

/// Groups exchanges into syncs as they come. The time is told by the exchanges, never by a clock.
#[derive(Debug)]
pub struct SyncLog {
    gap: Duration,
    /// The newest sync of each provider.
    open: BTreeMap<Provider, Open>,
    /// Those before, in the order of their ends.
    closed: VecDeque<SyncDigest>,
}

/// A sync that the next exchange may still belong to.
#[derive(Debug)]
struct Open {
    digest: SyncDigest,
    times: Histogram,
    seen: Seen,
    /// How many users the provider would manage without what this sync has made and deleted.
    known: Option<u64>,
}

impl SyncLog {
    /// An empty log, in which `gap` of quiet closes a sync.
    pub fn new(gap: Duration) -> Self {
        Self {
            gap,
            open: BTreeMap::new(),
            closed: VecDeque::new(),
        }
    }

    /// Takes an exchange in, and tells whether a sync begins with it. One without a provider belongs
    /// to no sync.
    pub fn note(&mut self, line: &ExchangeLine) -> bool {
        let Some(provider) = line.provider else {
            return false;
        };
        let belongs = |open: &Open| !is_over(&open.digest, line.at, self.gap);
        match self.open.get_mut(&provider) {
            Some(open) if belongs(open) => {
                open.add(line);
                false
            }
            _ => {
                let mut next = Open::start(provider, line);
                next.add(line);
                if let Some(over) = self.open.insert(provider, next) {
                    self.close(over.digest());
                }
                true
            }
        }
    }

    /// Notes how many users a provider manages now, for its newest sync.
    pub fn know_users(&mut self, provider: Provider, users: u64) {
        if let Some(open) = self.open.get_mut(&provider) {
            let did = &open.digest.effect;
            let before = users.saturating_sub(did.users_created.into());
            open.known = Some(before.saturating_add(did.users_deleted.into()));
        }
    }

    /// The quiet that closes a sync.
    pub fn gap(&self) -> Duration {
        self.gap
    }

    fn close(&mut self, mut digest: SyncDigest) {
        if self.closed.len() == DIGESTS {
            self.closed.pop_front();
        }
        digest.running = false;
        self.closed.push_back(digest);
    }

    /// The newest syncs at this moment, the one that began last first, at most `limit`.
    pub fn digests(&self, now: Timestamp, limit: usize) -> Vec<SyncDigest> {
        let open = self.open.values().map(|open| SyncDigest {
            running: !is_over(&open.digest, now, self.gap),
            ..open.digest()
        });
        let mut digests: Vec<SyncDigest> = open.chain(self.closed.iter().cloned()).collect();
        digests.sort_by_key(|digest| std::cmp::Reverse((digest.started, digest.id)));
        digests.truncate(limit);
        digests
    }

    /// Whether a sync is known that has ended, and in which a write was accepted.
    pub fn any_complete(&self, now: Timestamp) -> bool {
        self.digests(now, DIGESTS)
            .iter()
            .any(|digest| !digest.running && (digest.unchanged > 0 || digest.effect.is_change()))
    }
}

fn is_over(digest: &SyncDigest, at: Timestamp, gap: Duration) -> bool {
    // An exchange that began before the last one but ended after it has a negative distance.
    let quiet = at.duration_since(digest.last);
    Duration::try_from(quiet).is_ok_and(|quiet| quiet > gap)
}

impl Open {
    fn start(provider: Provider, line: &ExchangeLine) -> Self {
        Self {
            digest: SyncDigest::begun(provider, line.id, line.at),
            times: Histogram::default(),
            seen: Seen::default(),
            known: None,
        }
    }

    fn add(&mut self, line: &ExchangeLine) {
        self.digest.add(line);
        self.times.add(line.micros);
        for user in &line.users {
            self.seen.add(user);
        }
    }

    fn digest(&self) -> SyncDigest {
        let did = &self.digest.effect;
        let known = self.known.map_or(0, |before| {
            let with_new = before.saturating_add(did.users_created.into());
            with_new.saturating_sub(did.users_deleted.into())
        });
        let (users_seen, users_seen_at_least) = self.seen.count();
        SyncDigest {
            p50_micros: self.times.quantile(50),
            p95_micros: self.times.quantile(95),
            requests_per_second: self.digest.rate(),
            known_users: known,
            users_seen,
            users_seen_at_least,
            ..self.digest.clone()
        }
    }
}

#[cfg(test)]
mod tests;
