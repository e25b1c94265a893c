//! Users, service accounts and roles that operators make, and permission levels.

use serde_json::json;

use super::conflict::Clash;
use super::{
    Decided,
    draft::Draft,
    name,
    role::empty,
    role_edit::RoleEdit,
    user::{alias_clash, insert},
    user_edit::{Pushed, UserEdit},
};
use crate::{
    directory::{
        Decision, ManagedBy, Outcome, PermissionLevel, Refusal, Stamp, UserId, UserKind, View,
        event::SubjectKind,
    },
    scim::resource::UserAttributes,
};

/// A person by e-mail address, or a service account by name.
pub(super) fn add_user(
    view: &dyn View,
    stamp: &Stamp,
    kind: UserKind,
    attributes: &UserAttributes,
    level: PermissionLevel,
) -> Decided<Decision> {
    let given = match kind {
        UserKind::Person => person(attributes)?,
        UserKind::ServiceAccount => Pushed::read(&UserAttributes {
            user_name: name::service_account(&attributes.user_name)?,
            active: attributes.active,
            ..UserAttributes::default()
        })?,
    };
    if let Some(holder) = view.user_named(&given.user_name)? {
        return Err(Refusal::NameTaken {
            kind: SubjectKind::User,
            name: given.user_name,
            managed_by: holder.managed_by,
        }
        .into());
    }
    if let Some(Clash::Alias { alias, .. }) = alias_clash(view, &given.aliases, None)? {
        return Err(Refusal::AliasTaken {
            alias,
            conflict: None,
        }
        .into());
    }
    let mut draft = Draft::new(view, stamp);
    let user = insert(&mut draft, kind, ManagedBy::Local, level, given);
    Ok(draft.finish(Outcome::User {
        user: Box::new(user),
        created: true,
    }))
}

/// A person's e-mail address is the name, so that it need not be given twice.
fn person(attributes: &UserAttributes) -> Decided<Pushed> {
    let mut given = Pushed::read(attributes)?;
    given.user_name = name::person(&given.user_name)?;
    given
        .attributes
        .entry("emails")
        .or_insert_with(|| json!([{ "value": given.user_name, "type": "work", "primary": true }]));
    Ok(given)
}

/// What someone may do in the access system: the operators' alone to say, for managed users too.
pub(super) fn set_level(
    view: &dyn View,
    stamp: &Stamp,
    id: UserId,
    level: PermissionLevel,
) -> Decided<Decision> {
    let user = view.user(id)?.ok_or_else(|| Refusal::NotFound {
        kind: SubjectKind::User,
        given: id.to_string(),
    })?;
    let mut draft = Draft::new(view, stamp);
    let mut edit = UserEdit::of(user);
    edit.after.permission_level = level;
    let user = Box::new(edit.finish(&mut draft)?);
    Ok(draft.finish(Outcome::User {
        user,
        created: false,
    }))
}

/// A role without members.
pub(super) fn add_role(view: &dyn View, stamp: &Stamp, display_name: &str) -> Decided<Decision> {
    let display_name = name::role(display_name)?;
    if let Some(holder) = view.role_named(&display_name)? {
        return Err(Refusal::NameTaken {
            kind: SubjectKind::Role,
            name: display_name,
            managed_by: holder.managed_by,
        }
        .into());
    }
    let mut draft = Draft::new(view, stamp);
    let mut edit = RoleEdit::new(view, empty(stamp, ManagedBy::Local));
    edit.after.display_name = display_name;
    let role = Box::new(edit.finish(&mut draft)?);
    Ok(draft.finish(Outcome::Role {
        role,
        created: true,
    }))
}
