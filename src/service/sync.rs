//! Syncs: bursts of one provider's exchanges, closed by a quiet gap, each told in one digest.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::exchange::{Effect, ExchangeLine};
use crate::directory::{ExchangeId, Provider};

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
    /// Answers of 400 and above, conflicts included.
    pub errors: u64,
    /// The median of the answers' times, in microseconds.
    pub p50_micros: u64,
    /// The time that 95 of 100 answers stayed under, in microseconds.
    pub p95_micros: u64,
}

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

    /// Takes an exchange in. One without a provider belongs to no sync.
    pub fn note(&mut self, line: &ExchangeLine) {
        let Some(provider) = line.provider else {
            return;
        };
        let belongs = |open: &Open| !is_over(&open.digest, line.at, self.gap);
        match self.open.get_mut(&provider) {
            Some(open) if belongs(open) => open.add(line),
            _ => {
                let mut next = Open::start(provider, line);
                next.add(line);
                if let Some(over) = self.open.insert(provider, next) {
                    self.close(over.digest());
                }
            }
        }
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
            digest: SyncDigest {
                id: line.id,
                provider,
                started: line.at,
                last: line.at,
                running: true,
                requests: 0,
                lookups: 0,
                unchanged: 0,
                effect: Effect::default(),
                errors: 0,
                p50_micros: 0,
                p95_micros: 0,
            },
            times: Histogram::default(),
        }
    }

    fn add(&mut self, line: &ExchangeLine) {
        let digest = &mut self.digest;
        digest.started = digest.started.min(line.at);
        digest.last = digest.last.max(line.at);
        digest.requests += 1;
        if line.is_error() {
            digest.errors += 1;
        }
        if line.is_lookup() {
            digest.lookups += 1;
        } else if !line.is_error() && !line.effect.is_change() {
            digest.unchanged += 1;
        }
        digest.effect.add(&line.effect);
        self.times.add(line.micros);
    }

    fn digest(&self) -> SyncDigest {
        SyncDigest {
            p50_micros: self.times.quantile(50),
            p95_micros: self.times.quantile(95),
            ..self.digest.clone()
        }
    }
}

/// Times counted in classes, each an eighth of a power of two wide, so that a quantile of any number
/// of times is known to 12 % from two kilobytes.
#[derive(Debug)]
struct Histogram {
    classes: Vec<u32>,
    count: u64,
    largest: u64,
}

/// Classes for a power of two, as a power of two.
const FINENESS: u32 = 3;

impl Default for Histogram {
    fn default() -> Self {
        Self {
            classes: vec![0; class_of(u64::MAX) + 1],
            count: 0,
            largest: 0,
        }
    }
}

impl Histogram {
    fn add(&mut self, micros: u64) {
        if let Some(class) = self.classes.get_mut(class_of(micros)) {
            *class = class.saturating_add(1);
            self.count += 1;
            self.largest = self.largest.max(micros);
        }
    }

    /// The upper end of the class that this many of 100 stay within; 0 without any.
    fn quantile(&self, of_100: u64) -> u64 {
        let rank = (self.count * of_100).div_ceil(100);
        let mut seen = 0;
        for (class, &count) in self.classes.iter().enumerate() {
            seen += u64::from(count);
            if seen >= rank && count > 0 {
                return upper_end(class).min(self.largest);
            }
        }
        0
    }
}

/// The class of a time. Times below `2^FINENESS` have a class each.
fn class_of(micros: u64) -> usize {
    let magnitude = micros.max(1).ilog2();
    let class = if magnitude < FINENESS {
        micros
    } else {
        let shift = magnitude - FINENESS;
        (u64::from(shift) << FINENESS) + (micros >> shift)
    };
    usize::try_from(class).unwrap_or(usize::MAX)
}

/// The largest time of a class.
fn upper_end(class: usize) -> u64 {
    let class = class as u64;
    let width = 1 << FINENESS;
    if class < 2 * width {
        return class;
    }
    let shift = (class >> FINENESS) - 1;
    let steps = u128::from((class & (width - 1)) + width + 1);
    u64::try_from((steps << shift) - 1).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
