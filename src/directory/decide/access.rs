//! Resources, the rights of roles, and temporary access: the operators' alone, and the clock's.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Decided, draft::Draft, find, name, removal, safeguard};
use crate::directory::{
    Action, Change, Decision, Grant, ManagedBy, Outcome, Provider, Refusal, Resource, ResourceId,
    Role, RoleId, Stamp, Subject, TemporaryAccess, User, UserId, View, event::SubjectKind,
};

/// How much temporary access one command starts or ends.
const AT_ONCE: usize = 256;

pub(super) fn add_resource(
    view: &dyn View,
    stamp: &Stamp,
    given: &str,
    kind: &str,
    tags: &BTreeMap<String, String>,
) -> Decided<Decision> {
    let resource = Resource {
        id: ResourceId(stamp.fresh),
        name: name::resource(given)?,
        kind: name::resource_kind(kind)?,
        tags: name::tags(tags)?,
        created: stamp.now,
    };
    if view.resource_named(&resource.name)?.is_some() {
        return Err(Refusal::NameTaken {
            kind: SubjectKind::Resource,
            name: resource.name,
            managed_by: ManagedBy::Local,
        }
        .into());
    }
    let mut draft = Draft::new(view, stamp);
    let (subject, whole) = (Subject::resource(&resource), resource_document(&resource));
    draft.event(Action::ResourceAdded, subject, Value::Null, whole);
    draft.change(Change::PutResource(Box::new(resource.clone())));
    Ok(draft.finish(Outcome::Resource(Box::new(resource))))
}

pub(super) fn delete_resource(view: &dyn View, stamp: &Stamp, id: ResourceId) -> Decided<Decision> {
    let mut draft = Draft::new(view, stamp);
    removal::resource(&mut draft, find::resource(view, id)?)?;
    Ok(draft.finish(Outcome::Deleted))
}

/// A right that is there already stays.
pub(super) fn grant(
    view: &dyn View,
    stamp: &Stamp,
    role: RoleId,
    resource: ResourceId,
) -> Decided<Decision> {
    let (role, resource) = (find::role(view, role)?, find::resource(view, resource)?);
    let grant = Grant {
        role: role.id,
        resource: resource.id,
    };
    if view.is_granted(role.id, resource.id)? {
        return Ok(Draft::unchanged(Outcome::Grant(grant)));
    }
    let mut draft = Draft::new(view, stamp);
    let granted = json!({ "resource": named(&resource) });
    let subject = Subject::role(&role);
    draft.event(Action::AccessGranted, subject, Value::Null, granted);
    draft.change(Change::PutGrant(grant));
    Ok(draft.finish(Outcome::Grant(grant)))
}

pub(super) fn revoke(
    view: &dyn View,
    stamp: &Stamp,
    role: RoleId,
    resource: ResourceId,
) -> Decided<Decision> {
    let (role, resource) = (find::role(view, role)?, find::resource(view, resource)?);
    if !view.is_granted(role.id, resource.id)? {
        return Err(no_access(Subject::role(&role), resource));
    }
    let mut draft = Draft::new(view, stamp);
    let grant = revoke_from(&mut draft, &role, &resource);
    Ok(draft.finish(Outcome::Grant(grant)))
}

/// Ends a right that is there.
pub(super) fn revoke_from(draft: &mut Draft<'_>, role: &Role, resource: &Resource) -> Grant {
    let grant = Grant {
        role: role.id,
        resource: resource.id,
    };
    let revoked = json!({ "resource": named(resource) });
    let subject = Subject::role(role);
    draft.event(Action::AccessRevoked, subject, revoked, Value::Null);
    draft.change(Change::DeleteGrant(grant));
    grant
}

/// From when until when; the same again changes nothing.
pub(super) fn give(
    view: &dyn View,
    stamp: &Stamp,
    (user, resource): (UserId, ResourceId),
    from: Option<Timestamp>,
    until: Timestamp,
) -> Decided<Decision> {
    let (user, resource) = (find::user(view, user)?, find::resource(view, resource)?);
    // A start that has passed is a start now: nobody can have had access before it was given.
    let from = from.map_or(stamp.now, |from| whole(from).max(stamp.now));
    let until = whole(until);
    if until <= from {
        let why = if until <= stamp.now {
            format!("The access would be over already, at {until}; give a later end.")
        } else {
            format!(
                "The access would end at {until}, before it starts at {from}; give a later end."
            )
        };
        return Err(Refusal::BadValue { why }.into());
    }
    let before = view.temporary_access(user.id, resource.id)?;
    let mut after = TemporaryAccess {
        user: user.id,
        resource: resource.id,
        from,
        until,
        started: from <= stamp.now,
    };
    // What has begun goes on without a break.
    if let Some(held) = before.filter(|held| after.started && held.holds(stamp.now)) {
        after.from = held.from;
    }
    if before == Some(after) {
        return Ok(Draft::unchanged(Outcome::TemporaryAccess(after)));
    }
    let mut draft = Draft::new(view, stamp);
    let was = before.map_or(Value::Null, |before| times(&resource, before));
    let is = times(&resource, after);
    draft.event(Action::AccessGiven, Subject::user(&user), was, is);
    draft.change(Change::PutTemporaryAccess { before, after });
    Ok(draft.finish(Outcome::TemporaryAccess(after)))
}

/// To the microsecond, as stamps are: what is due is found by that.
pub(super) fn whole(moment: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(moment.as_microsecond()).unwrap_or(moment)
}

pub(super) fn take(
    view: &dyn View,
    stamp: &Stamp,
    user: UserId,
    resource: ResourceId,
) -> Decided<Decision> {
    let (user, resource) = (find::user(view, user)?, find::resource(view, resource)?);
    let Some(access) = view.temporary_access(user.id, resource.id)? else {
        return Err(no_access(Subject::user(&user), resource));
    };
    let mut draft = Draft::new(view, stamp);
    take_from(&mut draft, &user, &resource, access);
    Ok(draft.finish(Outcome::TemporaryAccess(access)))
}

/// Takes back what was given.
pub(super) fn take_from(
    draft: &mut Draft<'_>,
    user: &User,
    resource: &Resource,
    access: TemporaryAccess,
) {
    let was = times(resource, access);
    let subject = Subject::user(user);
    draft.event(Action::AccessTaken, subject, was, Value::Null);
    draft.change(Change::DeleteTemporaryAccess(access));
}

/// Starts and ends what is due, and ends the holds that are over.
pub(super) fn pass_time(view: &dyn View, stamp: &Stamp) -> Decided<Decision> {
    let mut draft = Draft::new(view, stamp);
    for provider in Provider::ALL {
        if let Some(hold) = view.live_hold(provider)?
            && !hold.is_live(stamp.now)
        {
            safeguard::end(&mut draft, hold);
        }
    }
    let due = view.access_due(stamp.now, AT_ONCE + 1)?;
    for &access in due.iter().take(AT_ONCE) {
        let (Some(user), Some(resource)) =
            (view.user(access.user)?, view.resource(access.resource)?)
        else {
            continue;
        };
        let (subject, was) = (Subject::user(&user), times(&resource, access));
        if access.until <= stamp.now {
            draft.event(Action::AccessEnded, subject, was, Value::Null);
            draft.change(Change::DeleteTemporaryAccess(access));
        } else {
            let after = TemporaryAccess {
                started: true,
                ..access
            };
            let before = Some(access);
            draft.event(Action::AccessStarted, subject, Value::Null, was);
            draft.change(Change::PutTemporaryAccess { before, after });
        }
    }
    let more = due.len() > AT_ONCE;
    Ok(draft.finish(Outcome::TimePassed { more }))
}

/// The whole of a resource but its id and time.
pub(super) fn resource_document(resource: &Resource) -> Value {
    json!({ "name": resource.name, "kind": resource.kind, "tags": resource.tags })
}

fn named(resource: &Resource) -> Value {
    json!({ "id": resource.id, "name": resource.name })
}

fn times(resource: &Resource, access: TemporaryAccess) -> Value {
    json!({ "resource": named(resource), "from": access.from, "until": access.until })
}

fn no_access(subject: Subject, resource: Resource) -> super::Undecided {
    let resource = resource.name;
    Refusal::NoAccess { subject, resource }.into()
}
