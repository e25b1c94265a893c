//! Filters (RFC 7644 §3.4.2.2).
use super::{Document, ResourceType, ScimError};

/// How literals may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Literals {
    /// JSON literals only, as the RFC says.
    Quoted,
    /// A bare word counts as a string: Entra ID sends some.
    BareWords,
}

/// A parsed filter.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {}

impl Filter {
    /// Parses.
    pub fn parse(
        _text: &str,
        _resource: ResourceType,
        _literals: Literals,
    ) -> Result<Self, ScimError> {
        todo!()
    }
    /// Whether the resource matches.
    pub fn matches(&self, _resource: &Document) -> bool {
        todo!()
    }
}
