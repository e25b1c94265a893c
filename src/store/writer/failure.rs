//! Why a command was not carried out.

use std::any::Any;

use crate::directory::Refusal;

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

pub(super) fn stopping() -> Failure {
    Failure::Unavailable("rolecall is stopping; nothing was changed.".to_owned())
}

pub(super) fn unavailable(error: &dyn std::error::Error) -> Failure {
    Failure::Unavailable(format!("The change could not be made: {error}."))
}

/// What the asker hears of a panic; the log hears the rest.
pub(super) fn internal(panic: &(dyn Any + Send)) -> Failure {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    tracing::error!(message, "a panic while changing the directory");
    internal_error()
}

pub(super) fn internal_error() -> Failure {
    let text = "Nothing was changed, because of an internal error; the log says more.";
    Failure::Unavailable(text.to_owned())
}
