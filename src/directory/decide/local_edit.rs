//! What operators change about users and roles that are theirs, and how they take over what is not.

use serde_json::{Map, Value, json};

use super::{
    Decided,
    conflict::Clash,
    draft::Draft,
    find, name, removal,
    role_edit::RoleEdit,
    user::alias_clash,
    user_edit::{Pushed, UserEdit, writable_here},
};
use crate::{
    directory::{
        Decision, ManagedBy, Outcome, Profile, Refusal, Role, RoleId, Stamp, Subject, User, UserId,
        View, event::SubjectKind, fold,
    },
    scim::{Document, resource::UserAttributes, schema::STRONGDM_USER},
};

/// Sets what the profile names; the rest stays.
pub(super) fn edit_user(
    view: &dyn View,
    stamp: &Stamp,
    id: UserId,
    profile: &Profile,
) -> Decided<Decision> {
    let user = own_user(view, id)?;
    let mut edit = UserEdit::of(user.clone());
    if let Some(given) = &profile.user_name {
        edit.after.user_name = free_user_name(view, &user, given)?;
    }
    if user.is_person() {
        let given = apply(&user, profile)?;
        if let Some(Clash::Alias { alias, .. }) = alias_clash(view, &given.aliases, Some(id))? {
            let conflict = None;
            return Err(Refusal::AliasTaken { alias, conflict }.into());
        }
        edit.after.aliases = given.aliases;
        edit.after.attributes = given.attributes.into();
    } else if *profile != only_name(profile) {
        let why = format!(
            "{:?} is a service account, which has only a name; leave the rest out.",
            user.user_name
        );
        return Err(Refusal::BadValue { why }.into());
    }
    finish(view, stamp, edit)
}

fn only_name(profile: &Profile) -> Profile {
    Profile {
        user_name: profile.user_name.clone(),
        ..Profile::default()
    }
}

fn free_user_name(view: &dyn View, user: &User, given: &str) -> Decided<String> {
    let given = if user.is_person() {
        name::person(given)?
    } else {
        name::service_account(given)?
    };
    if let Some(holder) = view.user_named(&given)?
        && holder.id != user.id
    {
        return Err(Refusal::NameTaken {
            kind: SubjectKind::User,
            name: given,
            managed_by: holder.managed_by,
        }
        .into());
    }
    Ok(given)
}

/// The user's attributes with the profile's in their place, as strictly read as pushed ones.
fn apply(user: &User, profile: &Profile) -> Decided<Pushed> {
    let mut document = writable_here(user).to_document();
    let names = [
        ("givenName", &profile.given_name),
        ("familyName", &profile.family_name),
    ];
    for (part, given) in names {
        if let Some(text) = given {
            set_part(&mut document, "name", part, text);
        }
    }
    if let Some(text) = &profile.display_name {
        set(&mut document, "displayName", text.trim().into());
    }
    if let Some(given) = &profile.emails {
        let emails = emails(user, given)?;
        set(&mut document, "emails", emails);
    }
    if let Some(given) = &profile.aliases {
        let given = given.iter().map(|alias| Value::from(alias.as_str()));
        let extension = object(&mut document, STRONGDM_USER);
        extension.insert("identityAliases".into(), given.collect());
    }
    let attributes = UserAttributes::from_document(&document).map_err(Refusal::Invalid)?;
    Pushed::read(&attributes)
}

/// The addresses as SCIM writes them. One that stays keeps what else is said of it.
fn emails(user: &User, given: &[String]) -> Decided<Value> {
    const MOST: usize = 20;
    if given.len() > MOST {
        let why = format!("A user has at most {MOST} e-mail addresses; leave some out.");
        return Err(Refusal::BadValue { why }.into());
    }
    let before = user.attributes.get("emails").and_then(Value::as_array);
    let mut emails: Vec<Value> = Vec::new();
    for text in given {
        let address = name::email(text)?;
        let is_same = |email: &&Value| {
            let value = email.get("value").and_then(Value::as_str);
            value.is_some_and(|value| fold(value) == fold(&address))
        };
        if emails.iter().any(|email| is_same(&email)) {
            continue;
        }
        let kept = before.into_iter().flatten().find(is_same);
        let mut email = kept.and_then(Value::as_object).cloned().unwrap_or_else(|| {
            let mut email = Map::new();
            email.insert("type".into(), "work".into());
            email
        });
        email.insert("value".into(), address.into());
        email.shift_remove("primary");
        if emails.is_empty() {
            email.insert("primary".into(), true.into());
        }
        emails.push(email.into());
    }
    Ok(emails.into())
}

fn set(document: &mut Document, name: &str, value: Value) {
    let is_empty =
        value.as_str().is_some_and(str::is_empty) || value.as_array().is_some_and(Vec::is_empty);
    if is_empty {
        document.shift_remove(name);
    } else {
        document.insert(name.to_owned(), value);
    }
}

fn set_part(document: &mut Document, name: &str, part: &str, text: &str) {
    let object = object(document, name);
    // What was put together from the parts is no longer what it says.
    object.shift_remove("formatted");
    set(object, part, text.trim().into());
    if object.is_empty() {
        document.shift_remove(name);
    }
}

fn object<'a>(document: &'a mut Document, name: &str) -> &'a mut Document {
    let value = document.entry(name.to_owned()).or_insert_with(|| json!({}));
    if !value.is_object() {
        *value = json!({});
    }
    match value {
        Value::Object(object) => object,
        _ => unreachable!("made an object just above"),
    }
}

/// Suspends or reinstates; nothing changes where it is so already.
pub(super) fn set_active(
    view: &dyn View,
    stamp: &Stamp,
    id: UserId,
    active: bool,
) -> Decided<Decision> {
    let mut edit = UserEdit::of(own_user(view, id)?);
    if edit.after.is_active() != active {
        edit.after.active = Some(active);
    }
    finish(view, stamp, edit)
}

/// The user is gone, with memberships and temporary access.
pub(super) fn remove_user(view: &dyn View, stamp: &Stamp, id: UserId) -> Decided<Decision> {
    let mut draft = Draft::new(view, stamp);
    removal::user(&mut draft, own_user(view, id)?)?;
    Ok(draft.finish(Outcome::Deleted))
}

/// The user is local from now on, and so are its memberships.
pub(super) fn release_user(view: &dyn View, stamp: &Stamp, id: UserId) -> Decided<Decision> {
    let mut edit = UserEdit::of(find::user(view, id)?);
    edit.after.managed_by = ManagedBy::Local;
    finish(view, stamp, edit)
}

fn finish(view: &dyn View, stamp: &Stamp, edit: UserEdit) -> Decided<Decision> {
    let mut draft = Draft::new(view, stamp);
    let user = Box::new(edit.finish(&mut draft)?);
    Ok(draft.finish(Outcome::User {
        user,
        created: false,
    }))
}

/// Another name, which nothing else has.
pub(super) fn rename_role(
    view: &dyn View,
    stamp: &Stamp,
    id: RoleId,
    given: &str,
) -> Decided<Decision> {
    let role = own_role(view, id)?;
    let given = name::role(given)?;
    if let Some(holder) = view.role_named(&given)?
        && holder.id != id
    {
        return Err(Refusal::NameTaken {
            kind: SubjectKind::Role,
            name: given,
            managed_by: holder.managed_by,
        }
        .into());
    }
    let mut edit = RoleEdit::of(view, role);
    edit.after.display_name = given;
    finish_role(view, stamp, edit)
}

/// The role is gone, with its memberships and grants.
pub(super) fn remove_role(view: &dyn View, stamp: &Stamp, id: RoleId) -> Decided<Decision> {
    let mut draft = Draft::new(view, stamp);
    removal::role(&mut draft, own_role(view, id)?)?;
    Ok(draft.finish(Outcome::Deleted))
}

/// The role is local from now on, and so are its memberships.
pub(super) fn release_role(view: &dyn View, stamp: &Stamp, id: RoleId) -> Decided<Decision> {
    let mut edit = RoleEdit::of(view, find::role(view, id)?);
    edit.release()?;
    finish_role(view, stamp, edit)
}

fn finish_role(view: &dyn View, stamp: &Stamp, edit: RoleEdit<'_>) -> Decided<Decision> {
    let mut draft = Draft::new(view, stamp);
    let role = Box::new(edit.finish(&mut draft)?);
    Ok(draft.finish(Outcome::Role {
        role,
        created: false,
    }))
}

/// A user that is the operators' to change.
fn own_user(view: &dyn View, id: UserId) -> Decided<User> {
    let user = find::user(view, id)?;
    local(user.managed_by, || Subject::user(&user))?;
    Ok(user)
}

/// A role that is the operators' to change.
fn own_role(view: &dyn View, id: RoleId) -> Decided<Role> {
    let role = find::role(view, id)?;
    local(role.managed_by, || Subject::role(&role))?;
    Ok(role)
}

/// What a provider manages is changed there.
pub(super) fn local(managed_by: ManagedBy, subject: impl FnOnce() -> Subject) -> Decided<()> {
    let Some(owner) = managed_by.provider() else {
        return Ok(());
    };
    let subject = subject();
    Err(Refusal::ManagedElsewhere { subject, owner }.into())
}
