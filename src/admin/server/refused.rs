//! Why a call is not answered: one sentence.

use std::fmt::Display;

use crate::{
    admin::Reply,
    directory::{ReadError, Refusal},
    scim::ScimError,
    store::{CursorError, Failure, StoreError},
};

/// One sentence that says why and what to do.
#[derive(Debug)]
pub(super) struct Refused {
    why: String,
    /// The store could not be read: that may be over in a moment.
    passes: bool,
}

impl Refused {
    pub(super) fn because(why: impl Display) -> Self {
        Self {
            why: why.to_string(),
            passes: false,
        }
    }

    /// Whether the same may be answered in a moment.
    pub(super) fn passes(&self) -> bool {
        self.passes
    }

    fn passing(self) -> Self {
        Self {
            passes: true,
            ..self
        }
    }
}

impl From<Refused> for Reply {
    fn from(refused: Refused) -> Self {
        Self::Error {
            message: refused.why,
        }
    }
}

impl From<ReadError> for Refused {
    fn from(error: ReadError) -> Self {
        Self::because(error).passing()
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::because(error).passing()
    }
}

impl From<CursorError> for Refused {
    fn from(error: CursorError) -> Self {
        match error {
            CursorError::Unreadable(error) => error.into(),
            trimmed @ CursorError::Trimmed { .. } => Self::because(trimmed),
        }
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::because(failure)
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::because(refusal)
    }
}

impl From<ScimError> for Refused {
    fn from(error: ScimError) -> Self {
        Self::because(error.detail)
    }
}
