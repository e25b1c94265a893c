//! What a client may write of a resource: validated, normalised, and back to JSON.
use super::{Document, ScimError};

/// What a client may write of a user.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UserAttributes {
    /// As given; compared without case.
    pub user_name: String,
    /// As it was sent; `None` when it never was, which counts as active.
    pub active: Option<bool>,
    /// The client's own id for the user.
    pub external_id: Option<String>,
    /// Every other writable attribute, extension objects under their URN.
    pub other: Document,
}

/// What a client may write of a group.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GroupAttributes {
    /// As given; compared without case.
    pub display_name: String,
    /// The client's own id for the group.
    pub external_id: Option<String>,
    /// The member ids as sent, each once; `None` when `members` was not sent.
    pub members: Option<Vec<String>>,
    /// Every other writable attribute.
    pub other: Document,
}

impl UserAttributes {
    /// Validates and normalises.
    pub fn from_document(_document: &Document) -> Result<Self, ScimError> {
        todo!()
    }
    /// The canonical writable document: what PATCH is applied to.
    pub fn to_document(&self) -> Document {
        todo!()
    }
}

impl GroupAttributes {
    /// Validates and normalises.
    pub fn from_document(_document: &Document) -> Result<Self, ScimError> {
        todo!()
    }
    /// The canonical writable document without `members`: what PATCH is applied to.
    pub fn to_document(&self) -> Document {
        todo!()
    }
}
