//! Resources as JSON, written straight from their rows: a page of a hundred users, or a role of ten
//! thousand members, is never held as values.

use std::{fmt::Display, sync::Arc};

use jiff::Timestamp;
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::Value;

use crate::{
    directory::{Provider, Read, ReadError, Role, RoleId, User, UserId},
    scim::{
        Document, ResourceType,
        projection::Projection,
        schema::{CORE_GROUP, CORE_USER, STRONGDM_USER},
    },
};

/// How long a role is without members, at most but for an unusual one.
const ROLE_BYTES: usize = 1024;

/// How long a user is, but for what [`ShownUser::length`] knows of it, and a little more.
const USER_BYTES: usize = 420;

/// How long a group of a user's is, but for its name and the base URL in it.
const GROUP_BYTES: usize = 140;

/// How long a member is, but for the base URL in it.
const MEMBER_BYTES: usize = 130;

/// A resource as one caller sees it. Its JSON is the whole of it.
pub trait Shown: Serialize {
    /// Its URL.
    fn location(&self) -> String;
    /// Its entity tag, as `meta.version` has it.
    fn version(&self) -> String;

    /// About how many bytes its JSON has.
    fn length(&self) -> usize;

    /// The JSON of what `projection` wants of it.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    fn text(&self, projection: &Projection) -> Read<String> {
        // A role of ten thousand members would else be moved a dozen times as it grows.
        let mut json = Vec::with_capacity(self.length());
        if *projection == Projection::default() {
            serde_json::to_writer(&mut json, self).map_err(unwritable)?;
        } else {
            let mut document = self.document()?;
            projection.apply(&mut document);
            serde_json::to_writer(&mut json, &document).map_err(unwritable)?;
        }
        String::from_utf8(json).map_err(|error| ReadError(error.to_string()))
    }

    /// The whole of it as values.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    fn document(&self) -> Read<Document> {
        match serde_json::to_value(self).map_err(unwritable)? {
            Value::Object(document) => Ok(document),
            _ => Err(ReadError("a resource is no object".to_owned())),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is passed to map_err")]
pub(super) fn unwritable(error: serde_json::Error) -> ReadError {
    ReadError(format!("a row cannot be shown as JSON: {error}"))
}

/// A user.
#[derive(Debug)]
pub struct ShownUser<'a> {
    pub(super) user: &'a User,
    pub(super) caller: Option<Provider>,
    /// `None`: only what the user's own row holds.
    pub(super) beyond: Option<Beyond<'a>>,
}

/// What a user's own row does not hold.
#[derive(Debug)]
pub(super) struct Beyond<'a> {
    pub(super) groups: Vec<(RoleId, Arc<str>)>,
    pub(super) meta: Meta<'a>,
}

impl Shown for ShownUser<'_> {
    /// Close to it: as many texts of users are held as there are clients that read pages.
    fn length(&self) -> usize {
        let user = self.user;
        let external_ids = user.external_ids.values().map(String::len);
        let aliases = user.aliases.iter();
        let aliases = aliases.map(|held| held.set.len() + held.alias.len() + 4);
        let beyond = self.beyond.as_ref().map_or(0, |Beyond { groups, meta }| {
            let base_url = meta.base_url.len();
            let groups = groups.iter();
            let group = |(_, name): &(RoleId, Arc<str>)| GROUP_BYTES + name.len() + base_url;
            base_url + groups.map(group).sum::<usize>()
        });
        USER_BYTES
            + user.user_name.len()
            + external_ids.max().unwrap_or(0)
            + aliases.sum::<usize>()
            + user.attributes.bytes()
            + beyond
    }

    fn location(&self) -> String {
        let beyond = self.beyond.as_ref();
        beyond.map_or_else(String::new, |beyond| beyond.meta.location().to_string())
    }

    fn version(&self) -> String {
        let beyond = self.beyond.as_ref();
        beyond.map_or_else(String::new, |beyond| beyond.meta.version.clone())
    }
}

impl Serialize for ShownUser<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let user = self.user;
        let mut map = serializer.serialize_map(None)?;
        let attributes = user.attributes.to_write();
        let extensions = attributes.iter().map(|(name, _)| *name);
        let mut schemas = vec![CORE_USER];
        schemas.extend(extensions.filter(|name| is_extension(name)));
        if !user.aliases.is_empty() && !schemas.contains(&STRONGDM_USER) {
            schemas.push(STRONGDM_USER);
        }
        map.serialize_entry("schemas", &schemas)?;
        map.serialize_entry("id", &user.id)?;
        let own = self.caller.or(user.managed_by.provider());
        if let Some(external_id) = own.and_then(|provider| user.external_ids.get(&provider)) {
            map.serialize_entry("externalId", external_id)?;
        }
        map.serialize_entry("userName", &user.user_name)?;
        if let Some(active) = user.active {
            map.serialize_entry("active", &active)?;
        }
        let aliases = Aliases(user);
        let mut has_extension = false;
        for (name, value) in &attributes {
            if *name == STRONGDM_USER {
                has_extension = true;
                map.serialize_entry(name, &aliases)?;
            } else {
                map.serialize_entry(name, value)?;
            }
        }
        if !user.aliases.is_empty() && !has_extension {
            map.serialize_entry(STRONGDM_USER, &aliases)?;
        }
        if let Some(Beyond { groups, meta }) = &self.beyond {
            if !groups.is_empty() {
                let groups = groups.iter().map(|(id, name)| Group {
                    value: *id,
                    reference: Location(meta.base_url, ResourceType::Group, *id),
                    display: name,
                    kind: "direct",
                });
                map.serialize_entry("groups", &Sequence(groups))?;
            }
            map.serialize_entry("meta", meta)?;
        }
        map.end()
    }
}

/// The extension that holds a user's identity aliases.
struct Aliases<'a>(&'a User);

impl Serialize for Aliases<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let others = self.0.attributes.get(STRONGDM_USER);
        for (name, value) in others.and_then(Value::as_object).into_iter().flatten() {
            map.serialize_entry(name, value)?;
        }
        if !self.0.aliases.is_empty() {
            let aliases = self.0.aliases.iter().map(AsText);
            map.serialize_entry("identityAliases", &Sequence(aliases))?;
        }
        map.end()
    }
}

/// A role.
#[derive(Debug)]
pub struct ShownRole<'a> {
    pub(super) role: &'a Role,
    pub(super) caller: Option<Provider>,
    /// With their names, where those are wanted.
    pub(super) members: Vec<(UserId, Option<String>)>,
    pub(super) meta: Meta<'a>,
}

impl ShownRole<'_> {
    /// The same role with one member.
    pub(super) fn with_member(&self, member: (UserId, Option<String>)) -> Self {
        Self {
            role: self.role,
            caller: self.caller,
            members: vec![member],
            meta: self.meta.clone(),
        }
    }

    /// One of its members.
    pub(super) fn member<'m>(
        base_url: &'m str,
        id: UserId,
        name: Option<&'m str>,
    ) -> impl Serialize + Clone + use<'m> {
        Member {
            value: id,
            reference: Location(base_url, ResourceType::User, id),
            kind: "User",
            display: name,
        }
    }
}

impl Shown for ShownRole<'_> {
    fn length(&self) -> usize {
        let member = MEMBER_BYTES + self.meta.base_url.len();
        ROLE_BYTES + self.members.len() * member
    }

    fn location(&self) -> String {
        self.meta.location().to_string()
    }

    fn version(&self) -> String {
        self.meta.version.clone()
    }
}

impl Serialize for ShownRole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let role = self.role;
        let mut map = serializer.serialize_map(None)?;
        let extensions = role.attributes.keys().filter(|name| is_extension(name));
        let mut schemas = vec![CORE_GROUP];
        schemas.extend(extensions.map(String::as_str));
        map.serialize_entry("schemas", &schemas)?;
        map.serialize_entry("id", &role.id)?;
        let own = self.caller.or(role.managed_by.provider());
        if let Some(external_id) = own.and_then(|provider| role.external_ids.get(&provider)) {
            map.serialize_entry("externalId", external_id)?;
        }
        map.serialize_entry("displayName", &role.display_name)?;
        for (name, value) in &role.attributes {
            map.serialize_entry(name, value)?;
        }
        if !self.members.is_empty() {
            let members = self.members.iter();
            let members =
                members.map(|(id, name)| Self::member(self.meta.base_url, *id, name.as_deref()));
            map.serialize_entry("members", &Sequence(members))?;
        }
        map.serialize_entry("meta", &self.meta)?;
        map.end()
    }
}

/// One of a user's `groups`.
#[derive(Serialize)]
struct Group<'a> {
    value: RoleId,
    #[serde(rename = "$ref")]
    reference: Location<'a, RoleId>,
    display: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// One of a role's `members`.
#[derive(Clone, Serialize)]
struct Member<'a> {
    value: UserId,
    #[serde(rename = "$ref")]
    reference: Location<'a, UserId>,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    display: Option<&'a str>,
}

/// `meta` (RFC 7643 §3.1).
#[derive(Debug, Clone)]
pub(super) struct Meta<'a> {
    pub(super) kind: ResourceType,
    pub(super) id: uuid::Uuid,
    pub(super) created: Timestamp,
    pub(super) last_modified: Timestamp,
    /// With `W/` and quotes.
    pub(super) version: String,
    /// Without a slash at its end.
    pub(super) base_url: &'a str,
}

impl Meta<'_> {
    fn location(&self) -> Location<'_, uuid::Uuid> {
        Location(self.base_url, self.kind, self.id)
    }
}

impl Serialize for Meta<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("resourceType", self.kind.name())?;
        map.serialize_entry("created", &self.created)?;
        map.serialize_entry("lastModified", &self.last_modified)?;
        map.serialize_entry("version", &self.version)?;
        map.serialize_entry("location", &self.location())?;
        map.end()
    }
}

/// A resource's URL: what it begins with, and whose it is.
#[derive(Clone)]
struct Location<'a, Id>(&'a str, ResourceType, Id);

impl<Id: Display> Display for Location<'_, Id> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}/{}", self.0, self.1.endpoint(), self.2)
    }
}

impl<Id: Display> Serialize for Location<'_, Id> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What is told by its words.
struct AsText<T>(T);

impl<T: Display> Serialize for AsText<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// What an iterator gives, as an array.
struct Sequence<I>(I);

impl<I: Iterator<Item: Serialize> + Clone> Serialize for Sequence<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}

fn is_extension(name: &str) -> bool {
    name.starts_with("urn:")
}
