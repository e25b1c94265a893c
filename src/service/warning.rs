//! What the operator should know.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{directory::Read, store::Snapshot};

/// Something that the operator should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Which check found it: `lock-out`, `token-expiring`, …
    pub check: String,
    /// What it is about.
    pub subject: String,
    /// What is the matter.
    pub sentence: String,
    /// What to do.
    pub advice: String,
}

/// What is the matter now, the gravest first.
pub fn warnings(_snapshot: &dyn Snapshot, _now: Timestamp) -> Read<Vec<Warning>> {
    todo!()
}
