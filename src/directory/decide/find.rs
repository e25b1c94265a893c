//! What a command names by its id, or the refusal that says that it is not here.

use super::Decided;
use crate::directory::{
    Refusal, Resource, ResourceId, Role, RoleId, User, UserId, View, event::SubjectKind,
};

pub(super) fn user(view: &dyn View, id: UserId) -> Decided<User> {
    let user = view.user(id)?;
    user.ok_or_else(|| missing(SubjectKind::User, id.to_string()))
}

pub(super) fn role(view: &dyn View, id: RoleId) -> Decided<Role> {
    let role = view.role(id)?;
    role.ok_or_else(|| missing(SubjectKind::Role, id.to_string()))
}

pub(super) fn resource(view: &dyn View, id: ResourceId) -> Decided<Resource> {
    let resource = view.resource(id)?;
    resource.ok_or_else(|| missing(SubjectKind::Resource, id.to_string()))
}

fn missing(kind: SubjectKind, given: String) -> super::Undecided {
    Refusal::NotFound { kind, given }.into()
}
