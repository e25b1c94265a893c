//! Users and roles as SCIM resources, as one caller may see them.

use crate::{
    directory::{Provider, Read, Role, User, View},
    scim::Document,
};

/// Whether a role's members are wanted; without them none is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Members {
    /// Every member that the caller may see.
    All,
    /// None.
    None,
}

/// A user as `caller` sees it; `None` is an operator.
pub fn user(
    _view: &(impl View + ?Sized),
    _user: &User,
    _caller: Option<Provider>,
    _base_url: &str,
) -> Read<Document> {
    todo!()
}

/// A role as `caller` sees it; `None` is an operator.
pub fn role(
    _view: &(impl View + ?Sized),
    _role: &Role,
    _caller: Option<Provider>,
    _base_url: &str,
    _members: Members,
) -> Read<Document> {
    todo!()
}
