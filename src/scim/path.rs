//! Attribute paths (RFC 7644 §3.10): `attr`, `attr.sub`, `urn:…:attr.sub` and bare schema URNs, in
//! any case, resolved to the schema's definitions.

use std::fmt;

use super::schema::{Attribute, AttributeKind, ResourceType, Schema};

/// Which resource types a name may belong to: one, or with `None` any (the root `/.search`).
pub type Scope = Option<ResourceType>;

/// The resource types of a scope.
pub fn types_of(scope: Scope) -> &'static [ResourceType] {
    match scope {
        Some(ResourceType::User) => &[ResourceType::User],
        Some(ResourceType::Group) => &[ResourceType::Group],
        None => ResourceType::ALL,
    }
}

/// An attribute, or a sub-attribute of one, that exists in the schema.
#[derive(Debug, Clone, Copy)]
pub struct AttributePath {
    /// The extension that defines it; `None` for core and common attributes.
    pub extension: Option<&'static Schema>,
    /// The attribute.
    pub attribute: &'static Attribute,
    /// The sub-attribute.
    pub sub: Option<&'static Attribute>,
}

/// What a path names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Resolved {
    /// An attribute or a sub-attribute.
    Attribute(AttributePath),
    /// A bare extension URN: all its attributes.
    Extension(&'static Schema),
    /// The bare URN of the core schema: the resource itself.
    Core,
}

/// Why a path names nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// No such attribute.
    #[error("there is no attribute {0:?}")]
    Attribute(String),
    /// The attribute has no such part.
    #[error("the attribute {attribute:?} has no sub-attribute {sub:?}")]
    SubAttribute {
        /// The canonical name of the attribute.
        attribute: String,
        /// The name that it lacks.
        sub: String,
    },
    /// No schema with that URN.
    #[error("there is no schema or attribute {0:?}")]
    Urn(String),
}

/// Resolves a path without filter against the schemas of a scope.
pub fn resolve(text: &str, scope: Scope) -> Result<Resolved, Unresolved> {
    let mut first = None;
    for &resource in types_of(scope) {
        match resolve_in(text, resource) {
            Ok(resolved) => return Ok(resolved),
            Err(unresolved) => first = first.or(Some(unresolved)),
        }
    }
    Err(first.unwrap_or_else(|| Unresolved::Attribute(shortened(text))))
}

/// Like [`resolve`], but a bare name that the core schema lacks may be that of an extension's
/// attribute: in PATCH, some providers send `manager` without its URN.
pub fn resolve_anywhere(text: &str, scope: Scope) -> Result<Resolved, Unresolved> {
    resolve(text, scope).or_else(|unresolved| {
        types_of(scope)
            .iter()
            .flat_map(|resource| resource.extensions())
            .find_map(|schema| dotted(text, Some(schema), |name| schema.attribute(name)).ok())
            .ok_or(unresolved)
    })
}

fn resolve_in(text: &str, resource: ResourceType) -> Result<Resolved, Unresolved> {
    if !has_prefix(text, "urn:") {
        return dotted(text, None, |name| resource.attribute(name));
    }
    // URNs hold dots and colons themselves, so they are recognised whole, never split.
    if let Some(rest) = after_urn(text, &resource.schema().id) {
        return match rest.strip_prefix(':') {
            None => Ok(Resolved::Core),
            Some(rest) => dotted(rest, None, |name| resource.attribute(name)),
        };
    }
    for schema in resource.extensions() {
        if let Some(rest) = after_urn(text, &schema.id) {
            return match rest.strip_prefix(':') {
                None => Ok(Resolved::Extension(schema)),
                Some(rest) => dotted(rest, Some(schema), |name| schema.attribute(name)),
            };
        }
    }
    Err(Unresolved::Urn(shortened(text)))
}

/// What follows the URN, if the text is that URN or goes on with a colon.
fn after_urn<'a>(text: &'a str, urn: &str) -> Option<&'a str> {
    if !has_prefix(text, urn) {
        return None;
    }
    text.get(urn.len()..)
        .filter(|rest| rest.is_empty() || rest.starts_with(':'))
}

fn has_prefix(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn dotted(
    text: &str,
    extension: Option<&'static Schema>,
    find: impl Fn(&str) -> Option<&'static Attribute>,
) -> Result<Resolved, Unresolved> {
    let (name, sub_name) = match text.split_once('.') {
        Some((name, sub_name)) => (name, Some(sub_name)),
        None => (text, None),
    };
    let attribute = find(name).ok_or_else(|| Unresolved::Attribute(shortened(name)))?;
    let path = AttributePath {
        extension,
        attribute,
        sub: None,
    };
    match sub_name {
        None => Ok(Resolved::Attribute(path)),
        Some(sub_name) => path.with_sub(sub_name).map(Resolved::Attribute),
    }
}

impl AttributePath {
    /// The same attribute's sub-attribute with this name. For a list of simple values, `value`
    /// names the values themselves (RFC 7643 §2.4).
    pub fn with_sub(self, name: &str) -> Result<Self, Unresolved> {
        if self.attribute.kind != AttributeKind::Complex
            && self.attribute.multi_valued
            && name.eq_ignore_ascii_case("value")
        {
            return Ok(self);
        }
        let sub = self
            .attribute
            .sub_attribute(name)
            .ok_or_else(|| Unresolved::SubAttribute {
                attribute: self.attribute.name.clone(),
                sub: shortened(name),
            })?;
        Ok(Self {
            sub: Some(sub),
            ..self
        })
    }

    /// The definition of the values that the path leads to.
    pub fn leaf(&self) -> &'static Attribute {
        self.sub.unwrap_or(self.attribute)
    }

    /// Whether the path leads to a complex value as a whole.
    pub fn is_complex(&self) -> bool {
        self.leaf().kind == AttributeKind::Complex
    }

    /// The same path, where a complex attribute without sub-attribute means its `value`
    /// (RFC 7644 §3.4.2.2: `emails co "example.com"`).
    #[must_use]
    pub fn to_comparable(self) -> Self {
        let sub = self.sub.or_else(|| self.attribute.sub_attribute("value"));
        Self { sub, ..self }
    }

    /// Whether this is its canonical path, in whatever case.
    pub fn is_called(&self, path: &str) -> bool {
        let extension = self.extension.map(|schema| [schema.id.as_str(), ":"]);
        let attribute = [self.attribute.name.as_str()];
        let sub = self.sub.map(|sub| [".", sub.name.as_str()]);
        let before = extension.iter().flatten();
        let mut parts = before.chain(&attribute).chain(sub.iter().flatten());
        let rest = parts.try_fold(path, |rest, part| {
            let (start, rest) = rest.split_at_checked(part.len())?;
            start.eq_ignore_ascii_case(part).then_some(rest)
        });
        rest == Some("")
    }

    /// Whether it is the core attribute with this canonical name.
    pub fn is_core(&self, name: &str) -> bool {
        self.extension.is_none() && self.attribute.name == name
    }
}

/// Definitions are singletons: the same place in the schema is the same address.
impl PartialEq for AttributePath {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.attribute, other.attribute)
            && match (self.sub, other.sub) {
                (None, None) => true,
                (Some(left), Some(right)) => std::ptr::eq(left, right),
                _ => false,
            }
    }
}

/// The canonical path: `name.givenName`, `urn:…:User:manager.value`.
impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = self.extension {
            write!(f, "{}:", schema.id)?;
        }
        f.write_str(&self.attribute.name)?;
        if let Some(sub) = self.sub {
            write!(f, ".{}", sub.name)?;
        }
        Ok(())
    }
}

/// What a client sent, short and without control characters, fit to be shown in a sentence.
pub fn shortened(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut shown: String = text
        .chars()
        .take(LONGEST)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::schema::{CORE_USER, ENTERPRISE_USER};

    fn canonical(text: &str) -> String {
        match resolve(text, Some(ResourceType::User)) {
            Ok(Resolved::Attribute(path)) => path.to_string(),
            Ok(Resolved::Extension(schema)) => format!("extension {}", schema.id),
            Ok(Resolved::Core) => "core".to_owned(),
            Err(unresolved) => format!("error: {unresolved}"),
        }
    }

    #[test]
    fn every_form_in_any_case() {
        let enterprise = ENTERPRISE_USER.to_uppercase();
        for (text, expected) in [
            ("USERNAME".to_owned(), "userName".to_owned()),
            ("Name.GIVENNAME".to_owned(), "name.givenName".to_owned()),
            (
                "emails.$REF".to_owned(),
                "error: the attribute \"emails\" has no sub-attribute \"$REF\"".to_owned(),
            ),
            ("groups.$Ref".to_owned(), "groups.$ref".to_owned()),
            (
                format!("{CORE_USER}:name.givenName"),
                "name.givenName".to_owned(),
            ),
            (CORE_USER.to_lowercase(), "core".to_owned()),
            (enterprise.clone(), format!("extension {ENTERPRISE_USER}")),
            (
                format!("{enterprise}:employeenumber"),
                format!("{ENTERPRISE_USER}:employeeNumber"),
            ),
            (
                format!("{enterprise}:manager.value"),
                format!("{ENTERPRISE_USER}:manager.value"),
            ),
            (
                format!("{enterprise}x"),
                format!("error: there is no schema or attribute \"{enterprise}x\""),
            ),
            (
                "meta.lastmodified".to_owned(),
                "meta.lastModified".to_owned(),
            ),
            (
                "favouriteColour".to_owned(),
                "error: there is no attribute \"favouriteColour\"".to_owned(),
            ),
            (
                String::new(),
                "error: there is no attribute \"\"".to_owned(),
            ),
        ] {
            assert_eq!(canonical(&text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_shown_of_a_client_is_bounded() {
        assert_eq!(shortened("a\nb"), "a\u{fffd}b");
        assert_eq!(shortened(&"x".repeat(1000)).chars().count(), 81);
    }
}
