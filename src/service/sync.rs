//! Syncs: bursts of one provider's exchanges, closed by a quiet gap, each told in one digest.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::exchange::Effect;
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
