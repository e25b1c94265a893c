//! Rows of what an operator decides, and takes back.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::JournalRow;
use crate::directory::{HoldId, HoldState, Provider, Subject};

/// A mass suspension that was stopped until an operator has looked at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldRow {
    /// Its id.
    pub id: HoldId,
    /// Whose sync it is.
    pub provider: Provider,
    /// What an operator has said: `held`, `approved` or `refused`.
    pub state: HoldState,
    /// When the first push was held.
    pub since: Timestamp,
    /// When it ends, unless something more is tried before.
    pub until: Timestamp,
    /// How many users had left within the window by then.
    pub departed: u64,
    /// Of how many that had been active.
    pub active: u64,
    /// How many of them may leave without a hold.
    pub allowed: u64,
    /// How many pushes were held or refused.
    pub attempts: u64,
    /// Whom they were about, the first ones.
    pub attempted: Vec<Subject>,
    /// When an operator last decided about it.
    pub decided: Option<Timestamp>,
    /// When it was over.
    pub ended: Option<Timestamp>,
}

/// An act that was taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UndoRow {
    /// What the act had done, in words.
    pub summary: String,
    /// The journal entries of the act.
    pub undone: Vec<JournalRow>,
}
