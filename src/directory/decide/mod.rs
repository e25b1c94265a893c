//! The decisions: one function, a file per noun.

use super::{
    command::{Command, Decision, Stamp},
    event::Actor,
    refusal::Refusal,
    view::{ReadError, View},
};

/// Why there is no decision.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Undecided {
    /// The command is refused; nothing changes.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The view could not be read.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
}

/// Decides what a command does to the directory that `view` shows.
pub fn decide(
    _view: &dyn View,
    _actor: &Actor,
    _command: &Command,
    _stamp: &Stamp,
) -> Result<Decision, Undecided> {
    todo!()
}
