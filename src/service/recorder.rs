//! The record of what passed: a ring that is bounded by count and by bytes, followers that never
//! hold it up, and the sync digests.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    exchange::{Exchange, ExchangeLine},
    sync::SyncDigest,
};
use crate::directory::ExchangeId;

/// Requests in figures, since the start of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RequestFigures {
    /// All.
    pub total: u64,
    /// Answers of 400 and above.
    pub errors: u64,
    /// Exchanges that the ring has let go.
    pub evicted: u64,
    /// The median answer time of the newest exchanges, in microseconds.
    pub p50_micros: u64,
    /// The time that 95 of 100 of the newest stayed under, in microseconds.
    pub p95_micros: u64,
}

/// What passed, as far as it is kept in memory.
#[derive(Debug)]
pub struct Recorder {}

/// Lines as they come.
#[derive(Debug)]
pub struct Follower {}

impl Recorder {
    /// Takes an exchange in. Its secrets are gone already.
    pub fn record(&self, _exchange: Exchange) {
        todo!()
    }

    /// The newest lines, oldest first, at most `limit`; with `after` only those recorded after it.
    pub fn lines(&self, _after: Option<ExchangeId>, _limit: usize) -> Vec<ExchangeLine> {
        todo!()
    }

    /// One exchange, as long as the ring has it.
    pub fn get(&self, _id: ExchangeId) -> Option<Arc<Exchange>> {
        todo!()
    }

    /// What was recorded after `after`, as far as the ring has it, and then what comes.
    pub fn follow(&self, _after: Option<ExchangeId>) -> Follower {
        todo!()
    }

    /// Requests in figures.
    pub fn figures(&self) -> RequestFigures {
        todo!()
    }

    /// The newest syncs, newest first, at most `limit`.
    pub fn syncs(&self, _now: jiff::Timestamp, _limit: usize) -> Vec<SyncDigest> {
        todo!()
    }
}

impl Follower {
    /// The next lines, oldest first, and how many were missed before them; `None` when nothing
    /// will be recorded any more.
    pub async fn next(&mut self) -> Option<(Vec<ExchangeLine>, u64)> {
        todo!()
    }
}
