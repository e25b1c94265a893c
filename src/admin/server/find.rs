//! Users, roles and resources by what an operator calls them: the id, or else the name.

use super::refused::Refused;
use crate::{
    directory::{Refusal, Resource, ResourceId, Role, RoleId, SubjectKind, User, UserId},
    store::Snapshot,
};

pub(super) fn user(snapshot: &dyn Snapshot, given: &str) -> Result<User, Refused> {
    if let Ok(id) = given.parse::<UserId>()
        && let Some(user) = snapshot.user(id)?
    {
        return Ok(user);
    }
    let named = snapshot.user_named(given)?;
    named.ok_or_else(|| not_found(SubjectKind::User, given))
}

pub(super) fn role(snapshot: &dyn Snapshot, given: &str) -> Result<Role, Refused> {
    if let Ok(id) = given.parse::<RoleId>()
        && let Some(role) = snapshot.role(id)?
    {
        return Ok(role);
    }
    let named = snapshot.role_named(given)?;
    named.ok_or_else(|| not_found(SubjectKind::Role, given))
}

pub(super) fn resource(snapshot: &dyn Snapshot, given: &str) -> Result<Resource, Refused> {
    if let Ok(id) = given.parse::<ResourceId>()
        && let Some(resource) = snapshot.resource(id)?
    {
        return Ok(resource);
    }
    let named = snapshot.resource_named(given)?;
    named.ok_or_else(|| not_found(SubjectKind::Resource, given))
}

pub(super) fn not_found(kind: SubjectKind, given: &str) -> Refused {
    Refusal::NotFound {
        kind,
        given: given.to_owned(),
    }
    .into()
}
