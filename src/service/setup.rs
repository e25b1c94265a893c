//! The checklist for connecting a provider, which ticks itself.

use serde::{Deserialize, Serialize};

use super::recorder::Recorder;
use crate::{directory::Read, store::Snapshot};

/// One step of connecting a provider, as the Setup screen lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupStep {
    /// A stable name: `token`, `credentials`, `first-user`, `first-group`, `first-sync`, `break-glass`.
    pub step: String,
    /// What it is.
    pub title: String,
    /// Whether the traffic or the directory shows it done.
    pub done: bool,
    /// What to do, or what was seen.
    pub hint: String,
}

/// The steps, in the order in which they are best taken.
pub fn steps(_snapshot: &dyn Snapshot, _recorder: &Recorder) -> Read<Vec<SetupStep>> {
    todo!()
}
