//! Users and roles as SCIM resources, as one caller may see them.
//!
//! A provider sees the persons and roles that it manages, and local ones, so that it can match and link
//! them; what another provider manages it does not see. What operators attached by hand it does not see
//! either: `members` of a role and `groups` of a user hold only memberships that a provider made, and
//! `groups` only roles that it sees. Whom it has put into a role of its own is a member also where
//! another provider manages that one, but then without a name. An operator sees everything.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    directory::{
        Membership, Origin, Provider, Read, Role, User, UserId, View, etag,
        membership::{each_member, groups_shown},
    },
    scim::{
        Document, ResourceType,
        projection::Projection,
        schema::{CORE_GROUP, CORE_USER, STRONGDM_USER},
    },
};

/// How much of a role's members is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Members {
    /// Every member that the caller may see, with its name: a look-up each.
    Named,
    /// Every member that the caller may see.
    All,
    /// None; none is read.
    None,
}

impl Members {
    /// What the answer to a projection needs.
    pub fn wanted(projection: &Projection) -> Self {
        if projection.wants_member_names() {
            Self::Named
        } else if projection.wants_members() {
            Self::All
        } else {
            Self::None
        }
    }
}

/// A user as `caller` sees it; `None` is an operator. `base_url` has no slash at its end.
///
/// # Errors
/// The store cannot be read.
pub fn user(
    view: &(impl View + ?Sized),
    user: &User,
    caller: Option<Provider>,
    base_url: &str,
) -> Read<Document> {
    let groups = groups_shown(view, user.id, caller)?;
    let tagged = groups
        .iter()
        .map(|role| (role.id, role.display_name.as_str()));
    let version = etag::user(user, tagged);

    let mut document = user_without_groups(user, caller);
    let groups: Vec<Value> = groups
        .iter()
        .map(|role| {
            json!({
                "value": role.id,
                "$ref": location(base_url, ResourceType::Group, &role.id),
                "display": role.display_name,
                "type": "direct",
            })
        })
        .collect();
    if !groups.is_empty() {
        document.insert("groups".to_owned(), groups.into());
    }
    let meta = Meta {
        kind: ResourceType::User,
        created: user.created,
        last_modified: user.last_modified,
        version: &version,
        location: location(base_url, ResourceType::User, &user.id),
    };
    document.insert("meta".to_owned(), meta.to_json());
    Ok(document)
}

/// The parts of a user that its own row holds: all but `groups` and `meta`.
pub(super) fn user_without_groups(user: &User, caller: Option<Provider>) -> Document {
    let extensions = user.attributes.keys().filter(|name| is_extension(name));
    let mut schemas = vec![CORE_USER];
    schemas.extend(extensions.map(String::as_str));
    if !user.aliases.is_empty() && !schemas.contains(&STRONGDM_USER) {
        schemas.push(STRONGDM_USER);
    }
    let mut document = Document::new();
    document.insert("schemas".to_owned(), json!(schemas));
    document.insert("id".to_owned(), json!(user.id));
    let own = caller.or(user.managed_by.provider());
    if let Some(external_id) = own.and_then(|provider| user.external_ids.get(&provider)) {
        document.insert("externalId".to_owned(), json!(external_id));
    }
    document.insert("userName".to_owned(), json!(user.user_name));
    if let Some(active) = user.active {
        document.insert("active".to_owned(), active.into());
    }
    for (name, value) in &user.attributes {
        document.insert(name.clone(), value.clone());
    }
    if !user.aliases.is_empty() {
        let aliases: Vec<String> = user.aliases.iter().map(ToString::to_string).collect();
        let extension = document
            .entry(STRONGDM_USER)
            .or_insert_with(|| Value::Object(Document::new()));
        if let Some(extension) = extension.as_object_mut() {
            extension.insert("identityAliases".to_owned(), json!(aliases));
        }
    }
    document
}

/// A role as `caller` sees it; `None` is an operator. `base_url` has no slash at its end.
///
/// # Errors
/// The store cannot be read.
pub fn role(
    view: &(impl View + ?Sized),
    role: &Role,
    caller: Option<Provider>,
    base_url: &str,
    members: Members,
) -> Read<Document> {
    let mut shown = Vec::new();
    if members != Members::None {
        each_member(view, role.id, |membership| {
            if is_shown(caller, membership.origin) {
                shown.push(member(view, &membership, caller, members, base_url)?);
            }
            Ok(())
        })?;
    }
    Ok(role_document(role, caller, base_url, shown))
}

/// A role of whose members only those among `ids` are told.
pub(super) fn role_with_members(
    view: &(impl View + ?Sized),
    role: &Role,
    caller: Option<Provider>,
    base_url: &str,
    ids: &[UserId],
) -> Read<Document> {
    let mut shown = Vec::new();
    for &id in ids {
        if let Some(membership) = view.membership(role.id, id)?
            && is_shown(caller, membership.origin)
        {
            shown.push(member(view, &membership, caller, Members::All, base_url)?);
        }
    }
    Ok(role_document(role, caller, base_url, shown))
}

fn role_document(
    role: &Role,
    caller: Option<Provider>,
    base_url: &str,
    members: Vec<Value>,
) -> Document {
    let extensions = role.attributes.keys().filter(|name| is_extension(name));
    let mut schemas = vec![CORE_GROUP];
    schemas.extend(extensions.map(String::as_str));
    let mut document = Document::new();
    document.insert("schemas".to_owned(), json!(schemas));
    document.insert("id".to_owned(), json!(role.id));
    let own = caller.or(role.managed_by.provider());
    if let Some(external_id) = own.and_then(|provider| role.external_ids.get(&provider)) {
        document.insert("externalId".to_owned(), json!(external_id));
    }
    document.insert("displayName".to_owned(), json!(role.display_name));
    for (name, value) in &role.attributes {
        document.insert(name.clone(), value.clone());
    }
    if !members.is_empty() {
        document.insert("members".to_owned(), members.into());
    }
    let meta = Meta {
        kind: ResourceType::Group,
        created: role.created,
        last_modified: role.last_modified,
        version: &etag::role(role),
        location: location(base_url, ResourceType::Group, &role.id),
    };
    document.insert("meta".to_owned(), meta.to_json());
    document
}

fn member(
    view: &(impl View + ?Sized),
    membership: &Membership,
    caller: Option<Provider>,
    members: Members,
    base_url: &str,
) -> Read<Value> {
    let mut member = json!({
        "value": membership.user,
        "$ref": location(base_url, ResourceType::User, &membership.user),
        "type": "User",
    });
    if members == Members::Named
        && let Some(user) = view.user(membership.user)?
        && caller.is_none_or(|provider| user.is_seen_by(provider))
    {
        member["display"] = user.user_name.into();
    }
    Ok(member)
}

/// Invariant 4: a provider never sees local memberships, and so no service account, which only an
/// operator can attach.
fn is_shown(caller: Option<Provider>, origin: Origin) -> bool {
    caller.is_none() || origin == Origin::Provider
}

fn is_extension(name: &str) -> bool {
    name.starts_with("urn:")
}

fn location(base_url: &str, kind: ResourceType, id: &impl std::fmt::Display) -> String {
    format!("{base_url}{}/{id}", kind.endpoint())
}

/// `meta` (RFC 7643 §3.1).
struct Meta<'a> {
    kind: ResourceType,
    created: Timestamp,
    last_modified: Timestamp,
    version: &'a str,
    location: String,
}

impl Meta<'_> {
    fn to_json(&self) -> Value {
        json!({
            "resourceType": self.kind.name(),
            "created": self.created,
            "lastModified": self.last_modified,
            "version": format!("W/\"{}\"", self.version),
            "location": self.location,
        })
    }
}

#[cfg(test)]
mod tests;
