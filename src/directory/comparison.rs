//! A conflict's two sides next to each other.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    conflict::Conflict,
    decide::{
        difference::differences,
        resolution::{self, Existing},
        role, user_edit,
    },
    event::SubjectKind,
    id::{RoleId, UserId},
    membership::each_member,
    user::User,
    view::{Read, View},
};
use crate::scim::{Dialect, Document, ResourceType, patch::Patch};

/// A member, as a comparison shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemberName {
    /// Who.
    pub id: UserId,
    /// By which name.
    pub user_name: String,
}

/// One attribute that differs; `null` on the side that lacks it.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributeDifference {
    /// The attribute's name, of a part of it `name.givenName`.
    pub name: String,
    /// As pushed.
    pub incoming: Value,
    /// As it is here.
    pub existing: Value,
}

/// What a push brought, against what is here.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Comparison {
    /// Members that were pushed and are not in the existing role.
    pub only_incoming: Vec<MemberName>,
    /// Members of the existing role that were not pushed.
    pub only_existing: Vec<MemberName>,
    /// Members on both sides.
    pub both: Vec<MemberName>,
    /// Pushed member ids that are no user here.
    pub unknown_incoming: Vec<String>,
    /// The attributes that differ.
    pub attributes: Vec<AttributeDifference>,
}

/// Compares what was pushed with what is here. Walks every member of the existing role; of a
/// conflict whose existing side is gone, only the incoming one is known.
///
/// # Errors
/// The view could not be read.
pub fn compare(view: &dyn View, conflict: &Conflict) -> Read<Comparison> {
    let mut comparison = Comparison::default();
    let here = match resolution::existing(view, conflict)? {
        Some(Existing::Role(role)) => {
            compare_members(view, conflict, Some(role.id), &mut comparison)?;
            role::writable(&role, conflict.provider).to_document()
        }
        Some(Existing::User(user)) => user_edit::writable(&user, conflict.provider).to_document(),
        None => {
            compare_members(view, conflict, None, &mut comparison)?;
            Document::new()
        }
    };
    let Some(incoming) = incoming(conflict, &here) else {
        return Ok(comparison);
    };
    let (existing, incoming) = differences(&here, &incoming);
    let both = existing.into_iter().zip(incoming);
    comparison.attributes = both
        .map(|((name, existing), (_, incoming))| AttributeDifference {
            name,
            incoming,
            existing,
        })
        .collect();
    Ok(comparison)
}

/// What would be here if the push were done: the pushed document, or what is here with the pushed
/// PATCH applied. `None` for a deletion, and for a PATCH that does not fit any more.
fn incoming(conflict: &Conflict, here: &Document) -> Option<Document> {
    let payload = conflict.payload.as_object()?;
    if !payload.contains_key("Operations") {
        let mut document = payload.clone();
        document.shift_remove("members");
        return Some(document);
    }
    let resource = match conflict.existing.kind {
        SubjectKind::Role => ResourceType::Group,
        _ => ResourceType::User,
    };
    let patch = Patch::parse(resource, payload, Dialect::LENIENT).ok()?;
    let mut document = here.clone();
    patch.apply(&mut document).ok()?;
    Some(document)
}

fn compare_members(
    view: &dyn View,
    conflict: &Conflict,
    role: Option<RoleId>,
    comparison: &mut Comparison,
) -> Read<()> {
    if conflict.payload.get("Operations").is_some() {
        return Ok(());
    }
    let mut pushed = BTreeMap::new();
    for id in resolution::pushed_members(conflict) {
        let user = id.parse().ok().map(|user| view.user(user)).transpose()?;
        match user.flatten().filter(User::is_person) {
            Some(user) => {
                pushed.insert(user.id, user.user_name);
            }
            None => comparison.unknown_incoming.push(id),
        }
    }
    if let Some(role) = role {
        each_member(view, role, |membership| {
            let id = membership.user;
            if let Some(user_name) = pushed.remove(&id) {
                comparison.both.push(MemberName { id, user_name });
            } else if let Some(user) = view.user(id)? {
                let user_name = user.user_name;
                comparison.only_existing.push(MemberName { id, user_name });
            }
            Ok(())
        })?;
    }
    comparison.only_incoming = pushed
        .into_iter()
        .map(|(id, user_name)| MemberName { id, user_name })
        .collect();
    Ok(())
}
