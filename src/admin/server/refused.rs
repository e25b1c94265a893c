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
pub(super) struct Refused(String);

impl Refused {
    pub(super) fn because(why: impl Display) -> Self {
        Self(why.to_string())
    }
}

impl From<Refused> for Reply {
    fn from(refused: Refused) -> Self {
        Self::Error { message: refused.0 }
    }
}

impl From<ReadError> for Refused {
    fn from(error: ReadError) -> Self {
        Self::because(error)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::because(error)
    }
}

impl From<CursorError> for Refused {
    fn from(error: CursorError) -> Self {
        Self::because(error)
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
        Self(error.detail)
    }
}
