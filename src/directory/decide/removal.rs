//! What goes with a user, a role or a resource that is deleted, so that nothing is left dangling.

use serde_json::Value;

use super::{
    access::{revoke_from, take_from},
    conflict,
    difference::role_document,
    draft::Draft,
    members::Members,
    role_edit::RoleEdit,
};
use crate::directory::{
    Action, Change, Facts, Read, Resource, Role, Subject, User,
    access::{given_at, given_to, granted_at, granted_to},
};

/// The user leaves every role, loses what was given for a time, and is gone.
pub(super) fn user(draft: &mut Draft<'_>, user: User) -> Read<()> {
    for membership in draft.view.memberships_of(user.id)? {
        let Some(role) = draft.view.role(membership.role)? else {
            continue;
        };
        let mut role = RoleEdit::of(draft.view, role);
        role.members.set(&user, None)?;
        role.finish(draft)?;
    }
    for access in given_to(draft.view, user.id)? {
        if let Some(resource) = draft.view.resource(access.resource)? {
            take_from(draft, &user, &resource, access);
        }
    }
    let (id, subject) = (user.id.to_string(), Subject::user(&user));
    let whole = Facts::of_user(user.clone());
    draft.note(Action::UserDeleted, subject, whole, Value::Null.into());
    draft.change(Change::DeleteUser(Box::new(user)));
    conflict::end_where(draft, &id, |_| true)
}

/// Everyone is detached, what the role reached is revoked, and it is gone.
pub(super) fn role(draft: &mut Draft<'_>, role: Role) -> Read<()> {
    let (id, subject) = (role.id.to_string(), Subject::role(&role));
    let mut members = Members::of(draft.view, role.id);
    members.end_all()?;
    members.finish(draft, &subject)?;
    for resource in granted_to(draft.view, role.id)? {
        if let Some(resource) = draft.view.resource(resource)? {
            revoke_from(draft, &role, &resource);
        }
    }
    let whole = role_document(&role).into();
    draft.event(Action::RoleDeleted, subject, whole, Value::Null);
    draft.change(Change::DeleteRole(Box::new(role)));
    conflict::end_where(draft, &id, |_| true)
}

/// Nobody reaches the resource any longer, and it is gone.
pub(super) fn resource(draft: &mut Draft<'_>, resource: Resource) -> Read<()> {
    for role in granted_at(draft.view, resource.id)? {
        if let Some(role) = draft.view.role(role)? {
            revoke_from(draft, &role, &resource);
        }
    }
    for access in given_at(draft.view, resource.id)? {
        if let Some(user) = draft.view.user(access.user)? {
            take_from(draft, &user, &resource, access);
        }
    }
    let whole = super::access::resource_document(&resource);
    draft.event(
        Action::ResourceDeleted,
        Subject::resource(&resource),
        whole,
        Value::Null,
    );
    draft.change(Change::DeleteResource(Box::new(resource)));
    Ok(())
}
