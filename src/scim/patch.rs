//! PATCH (RFC 7644 §3.5.2), every dialect in one normal form.
use super::{Document, ResourceType, ScimError, filter::Filter, filter::Literals};

/// A parsed PATCH request. Membership operations are kept apart as deltas, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    /// What happens to `members` of a group, in order. Always empty for users.
    pub members: Vec<MemberOperation>,
}

/// One change to the members of a group. Ids are as the client sent them, each once.
#[derive(Debug, Clone, PartialEq)]
pub enum MemberOperation {
    /// Adds; who is already there stays.
    Add(Vec<String>),
    /// Removes by id; who is not there is no error.
    Remove(Vec<String>),
    /// Removes the members that match a value filter other than plain `value eq`.
    RemoveWhere(Filter),
    /// Removes all.
    RemoveAll,
    /// Exactly these from now on.
    Replace(Vec<String>),
}

impl Patch {
    /// Parses and normalises a PATCH body.
    pub fn parse(
        _resource: ResourceType,
        _body: &Document,
        _literals: Literals,
    ) -> Result<Self, ScimError> {
        todo!()
    }
    /// Applies the attribute operations; on an error the document is unchanged.
    pub fn apply(&self, _document: &mut Document) -> Result<(), ScimError> {
        todo!()
    }
}
