//! Requests counted since the start, as monitoring wants them: by provider, method and status, and
//! by how long their answers took.

use std::collections::BTreeMap;

use super::exchange::ExchangeLine;
use crate::directory::Provider;

/// The upper ends of the classes of answer times, in microseconds; slower ones have a class of their own.
pub const TIME_CLASSES: [u64; 11] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000,
];

/// What a count is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// Who it was, as far as its token told.
    pub provider: Option<Provider>,
    /// The method, or `other`: what clients make up must not make up counts.
    pub method: &'static str,
    /// The answer's status.
    pub status: u16,
}

/// Answer times of one sort of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    /// How many answers took at most as long as each of [`TIME_CLASSES`], and longer than the one before.
    pub classes: [u64; TIME_CLASSES.len()],
    /// All of them.
    pub count: u64,
    /// Their sum, in microseconds.
    pub sum: u64,
}

impl Times {
    fn add(&mut self, micros: u64) {
        let class = TIME_CLASSES.iter().position(|end| micros <= *end);
        if let Some(count) = class.and_then(|class| self.classes.get_mut(class)) {
            *count += 1;
        }
        self.count += 1;
        self.sum = self.sum.saturating_add(micros);
    }
}

/// Requests counted since the start. Bounded by the kinds that there are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestCounters {
    /// How many of each kind.
    pub requests: BTreeMap<Kind, u64>,
    /// Times of those that only read.
    pub reads: Times,
    /// Times of the others.
    pub writes: Times,
}

impl RequestCounters {
    /// Counts a request.
    pub(super) fn count(&mut self, line: &ExchangeLine) {
        let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
        let method = methods.into_iter().find(|method| line.method == *method);
        let kind = Kind {
            provider: line.provider,
            method: method.unwrap_or("other"),
            status: line.status,
        };
        *self.requests.entry(kind).or_default() += 1;
        if line.is_lookup() {
            self.reads.add(line.micros);
        } else {
            self.writes.add(line.micros);
        }
    }
}
