//! Lists of users and roles, as one caller may see them.

use crate::{
    directory::Provider,
    scim::{Document, ScimError, list::ListQuery},
    store::Snapshot,
};

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Listing {
    /// How many match in all.
    pub total: u64,
    /// The place of the first one in all, from 1.
    pub start_index: u64,
    /// The resources, whole: what the caller asked to leave out is still there, except members
    /// where they need not be read.
    pub resources: Vec<Document>,
    /// Where the next page starts, with cursor paging.
    pub next_cursor: Option<String>,
}

/// Users; `caller` `None` is an operator.
pub fn users(
    _snapshot: &dyn Snapshot,
    _caller: Option<Provider>,
    _query: &ListQuery,
    _base_url: &str,
) -> Result<Listing, ScimError> {
    todo!()
}

/// Roles; `caller` `None` is an operator.
pub fn roles(
    _snapshot: &dyn Snapshot,
    _caller: Option<Provider>,
    _query: &ListQuery,
    _base_url: &str,
) -> Result<Listing, ScimError> {
    todo!()
}

/// Whether the answer costs no more than a page or an index look-up. What is not cheap belongs on a
/// thread that may block.
pub fn is_cheap(_query: &ListQuery) -> bool {
    todo!()
}
