//! What a client may write of a resource: validated, normalised, and back to JSON.

mod order;
pub mod value;

use std::collections::HashSet;

use serde_json::Value;

use super::path::Resolved;
use super::schema::ResourceType;
use super::{Document, ScimError, Strays, body::kind_of, path, path::shortened};
use value::{Nulls, invalid};

pub use order::in_schema_order;

/// The longest `userName` and group `displayName`, in characters.
pub const MAX_NAME_CHARACTERS: usize = 1024;

/// The longest `externalId` and member id, in characters.
pub const MAX_ID_CHARACTERS: usize = 1024;

/// The most members in one request.
pub const MAX_MEMBERS: usize = 100_000;

/// What a client may write of a user.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UserAttributes {
    /// As given; compared without case.
    pub user_name: String,
    /// As it was sent; `None` when it never was, which counts as active.
    pub active: Option<bool>,
    /// The client's own id for the user.
    pub external_id: Option<String>,
    /// Every other writable attribute, extension objects under their URN. Read from a document they are in
    /// the order of their schemas.
    pub other: Document,
}

/// What a client may write of a group.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GroupAttributes {
    /// As given; compared without case.
    pub display_name: String,
    /// The client's own id for the group.
    pub external_id: Option<String>,
    /// The member ids as sent, each once; `None` when `members` was not sent.
    pub members: Option<Vec<String>>,
    /// Every other writable attribute.
    pub other: Document,
}

impl UserAttributes {
    /// Validates and normalises: attribute names get their canonical case, what is unknown or
    /// read-only and the password are dropped, null and empty mean absent.
    ///
    /// # Errors
    /// 400 `invalidValue`, naming the attribute.
    pub fn from_document(document: &Document) -> Result<Self, ScimError> {
        let mut other = writable(ResourceType::User, document)?;
        Ok(Self {
            user_name: name_of(&mut other, "userName")?,
            active: other
                .shift_remove("active")
                .and_then(|value| value.as_bool()),
            external_id: external_id(&mut other)?,
            // For POST and PUT here, on the request's own thread: the one that decides finds it in order.
            other: in_schema_order(ResourceType::User, other),
        })
    }

    /// The canonical writable document: what PATCH is applied to.
    pub fn to_document(&self) -> Document {
        let mut document = Document::new();
        document.insert("userName".to_owned(), self.user_name.clone().into());
        insert_some(&mut document, "externalId", self.external_id.clone());
        insert_some(&mut document, "active", self.active);
        document.extend(self.other.clone());
        document
    }
}

impl GroupAttributes {
    /// Validates and normalises, as [`UserAttributes::from_document`] does.
    ///
    /// # Errors
    /// 400 `invalidValue`, naming the attribute; 413 for more than [`MAX_MEMBERS`] members.
    pub fn from_document(document: &Document) -> Result<Self, ScimError> {
        Self::from_push(document, Strays::Refused)
    }

    /// Like [`GroupAttributes::from_document`], for a client whose members without a usable id
    /// may be skipped.
    ///
    /// # Errors
    /// As there.
    pub fn from_push(document: &Document, strays: Strays) -> Result<Self, ScimError> {
        let mut other = writable(ResourceType::Group, document)?;
        let members = match find_members(document) {
            None => None,
            Some(given) => Some(member_ids(given, "members", strays)?),
        };
        Ok(Self {
            display_name: name_of(&mut other, "displayName")?,
            external_id: external_id(&mut other)?,
            members,
            other: in_schema_order(ResourceType::Group, other),
        })
    }

    /// The canonical writable document without `members`: what PATCH is applied to.
    pub fn to_document(&self) -> Document {
        let mut document = Document::new();
        document.insert("displayName".to_owned(), self.display_name.clone().into());
        insert_some(&mut document, "externalId", self.external_id.clone());
        document.extend(self.other.clone());
        document
    }
}

/// `members`, unless it is null; an empty list is a list.
fn find_members(document: &Document) -> Option<&Value> {
    document
        .iter()
        .find(|(key, _)| is_members(key))
        .map(|(_, value)| value)
        .filter(|value| !value.is_null())
}

fn is_members(key: &str) -> bool {
    matches!(
        path::resolve(key, Some(ResourceType::Group)),
        Ok(Resolved::Attribute(found)) if found.sub.is_none() && found.is_core("members")
    )
}

/// The ids of members given as objects with `value` or as bare strings, each once, in order. Nulls
/// are no members. `place` is how errors name the list.
///
/// # Errors
/// 400 `invalidValue` naming the member, unless strays are skipped; 413 for more than [`MAX_MEMBERS`].
pub fn member_ids(given: &Value, place: &str, strays: Strays) -> Result<Vec<String>, ScimError> {
    let list = match given {
        Value::Null => &[],
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    if list.len() > MAX_MEMBERS {
        return Err(too_many_members(MAX_MEMBERS));
    }
    let mut seen = HashSet::with_capacity(list.len());
    let mut ids = Vec::with_capacity(list.len());
    for (index, member) in list.iter().enumerate() {
        let id = match member_id(member, place, index) {
            _ if member.is_null() => continue,
            Err(_) if strays == Strays::Skipped => continue,
            id => id?,
        };
        if seen.insert(id) {
            ids.push(id.to_owned());
        }
    }
    Ok(ids)
}

/// The refusal of a request with more than `most` members.
pub fn too_many_members(most: usize) -> ScimError {
    ScimError::new(
        413,
        format!("The request names more than {most} members; send them in several PATCH requests."),
    )
}

fn member_id<'a>(member: &'a Value, place: &str, index: usize) -> Result<&'a str, ScimError> {
    let id = match member {
        Value::Object(object) => super::body::member(object, "value").unwrap_or(&Value::Null),
        bare => bare,
    };
    let named = if member.is_object() { ".value" } else { "" };
    match id {
        Value::String(id) if id.trim().is_empty() => Err(invalid(format!(
            "\"{place}[{index}]{named}\" is empty; it must be the id of the member."
        ))),
        Value::String(id) if id.chars().nth(MAX_ID_CHARACTERS).is_some() => Err(invalid(format!(
            "\"{place}[{index}]{named}\" is longer than {MAX_ID_CHARACTERS} characters; it must be the id of the member."
        ))),
        Value::String(id) if id.contains('\0') => Err(invalid(format!(
            "\"{place}[{index}]{named}\" holds a NUL character; it must be the id of the member."
        ))),
        Value::String(id) => Ok(id),
        Value::Null => Err(invalid(format!(
            "\"{place}[{index}].value\" is missing; it must be the id of the member."
        ))),
        other => Err(invalid(format!(
            "\"{place}[{index}]{named}\" must be a string, not {}.",
            kind_of(other)
        ))),
    }
}

/// Everything that a client may write, in canonical form, without `members`.
fn writable(resource: ResourceType, document: &Document) -> Result<Document, ScimError> {
    let mut canonical = Document::new();
    for (key, given) in document {
        match path::resolve(key, Some(resource)) {
            Ok(Resolved::Attribute(found)) if found.sub.is_none() => {
                let attribute = found.attribute;
                if attribute.is_read_only()
                    || attribute.is_write_only()
                    || (resource == ResourceType::Group && found.is_core("members"))
                {
                    continue;
                }
                let name = found.to_string();
                let Some(normal) = value::normalise(attribute, given, &name, Nulls::Drop)? else {
                    continue;
                };
                let target = match found.extension {
                    None => &mut canonical,
                    Some(schema) => object_in(&mut canonical, &schema.id),
                };
                target.insert(attribute.name.clone(), normal);
            }
            Ok(Resolved::Extension(schema)) => {
                if value::is_absent(given) {
                    continue;
                }
                let Value::Object(parts) = given else {
                    return Err(invalid(format!(
                        "{:?} must be an object, not {}.",
                        schema.id,
                        kind_of(given)
                    )));
                };
                for (name, part) in parts {
                    let Some(attribute) = schema.attribute(name) else {
                        continue;
                    };
                    let place = format!("{}:{}", schema.id, attribute.name);
                    if let Some(normal) = value::normalise(attribute, part, &place, Nulls::Drop)? {
                        object_in(&mut canonical, &schema.id)
                            .insert(attribute.name.clone(), normal);
                    }
                }
            }
            // Unknown names are kept out, never an error; dotted names belong to PATCH only.
            Ok(Resolved::Attribute(_) | Resolved::Core) | Err(_) => {}
        }
    }
    Ok(canonical)
}

/// The object at a key, made if it is not there.
pub(in crate::scim) fn object_in<'a>(document: &'a mut Document, key: &str) -> &'a mut Document {
    let slot = document
        .entry(key.to_owned())
        .or_insert_with(|| Value::Object(Document::new()));
    if !slot.is_object() {
        *slot = Value::Object(Document::new());
    }
    match slot {
        Value::Object(object) => object,
        _ => unreachable!("made an object just above"),
    }
}

fn insert_some(document: &mut Document, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        document.insert(key.to_owned(), value.into());
    }
}

/// Takes the required unique name out of the document.
fn name_of(document: &mut Document, key: &str) -> Result<String, ScimError> {
    let Some(Value::String(name)) = document.shift_remove(key) else {
        return Err(invalid(format!(
            "{key:?} is required; send it as a string."
        )));
    };
    if name.trim().is_empty() {
        return Err(invalid(format!("{key:?} is blank; it must hold a name.")));
    }
    if name.chars().nth(MAX_NAME_CHARACTERS).is_some() {
        return Err(invalid(format!(
            "{key:?} is longer than {MAX_NAME_CHARACTERS} characters; shorten it."
        )));
    }
    if name.chars().any(char::is_control) {
        return Err(invalid(format!(
            "{key:?} holds a control character ({:?}); remove it.",
            shortened(&name)
        )));
    }
    // Outer space is never meant, and two names that differ by it alone could not be told apart.
    Ok(name.trim().to_owned())
}

/// Takes `externalId` out of the document; an empty one is none.
fn external_id(document: &mut Document) -> Result<Option<String>, ScimError> {
    match document.shift_remove("externalId") {
        Some(Value::String(id)) if id.chars().nth(MAX_ID_CHARACTERS).is_some() => Err(invalid(
            format!("\"externalId\" is longer than {MAX_ID_CHARACTERS} characters; shorten it."),
        )),
        Some(Value::String(id)) if !id.is_empty() => Ok(Some(id)),
        _ => Ok(None),
    }
}

#[cfg(test)]
pub(in crate::scim) mod tests;
