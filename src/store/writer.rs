//! One thread, a bounded queue, group commit.

use crate::directory::{JournalEntry, Outcome, Refusal, Stamp};

/// A command that was carried out, durably.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// What the asker gets to see.
    pub outcome: Outcome,
    /// What the journal says of it; empty where nothing changed.
    pub entries: Vec<JournalEntry>,
    /// When it was decided.
    pub stamp: Stamp,
}

/// A command that was not carried out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Failure {
    /// It may not be; nothing has changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Too many commands wait; try again soon.
    #[error("Too many changes are waiting; try again in a moment.")]
    Overloaded,
    /// The store failed, or rolecall is stopping. Says why in one sentence.
    #[error("{0}")]
    Unavailable(String),
}
