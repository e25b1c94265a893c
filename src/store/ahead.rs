//! What a request will read, said before it does.

use std::{future::Future, pin::Pin};

use super::{Snapshot, Start, StoreError, Visible};
use crate::directory::{RoleId, UserId};

/// What will be read of a snapshot, all of it or the beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ahead {
    /// A user, and the roles that it is in.
    User(UserId),
    /// The user of this name, compared without case, and the roles that it is in.
    UserNamed(String),
    /// The roles that a user is in, which was read already.
    RolesOf(UserId),
    /// The totals, and a page of users with the roles that they are in: what
    /// [`Snapshot::users`] is asked for.
    Users(Visible, Start<UserId>, usize),
    /// A role.
    Role(RoleId),
    /// A role and its members, where these are few.
    RoleWithMembers(RoleId),
    /// The role of this name, compared without case.
    RoleNamed(String),
}

/// A snapshot that is being taken.
pub type Looking<'a> =
    Pin<Box<dyn Future<Output = Result<Box<dyn Snapshot>, StoreError>> + Send + 'a>>;
