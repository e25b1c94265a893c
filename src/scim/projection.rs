//! `attributes` and `excludedAttributes` (RFC 7644 §3.9): which parts of a resource an answer has.

use serde_json::Value;

use super::path::{AttributePath, Resolved, Scope, resolve};
use super::resource::value::invalid;
use super::schema::{Returned, Schema};
use super::{Document, ResourceType, ScimError};

/// Which parts of a resource an answer has. `id` and `schemas` are always among them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Projection {
    shown: Shown,
}

#[derive(Debug, Clone, PartialEq, Default)]
enum Shown {
    #[default]
    Everything,
    Only(Vec<Resolved>),
    Without(Vec<Resolved>),
}

/// How much of one attribute stays.
enum Kept<'a> {
    Whole,
    Nothing,
    /// Only these sub-attributes.
    Only(Vec<&'a str>),
    /// All but these sub-attributes.
    Without(Vec<&'a str>),
}

impl Projection {
    /// Parses the two parameters: names separated by commas, in any case, with or without URN.
    /// Unknown names are ignored. Blank parameters count as not given.
    ///
    /// # Errors
    /// 400 `invalidValue` if both are given: they exclude each other.
    pub fn parse(
        attributes: Option<&str>,
        excluded: Option<&str>,
        resource: impl Into<Option<ResourceType>>,
    ) -> Result<Self, ScimError> {
        let scope = resource.into();
        let given = |names: Option<&str>| {
            names
                .filter(|names| !names.trim().is_empty())
                .map(|names| resolve_all(names, scope))
        };
        let shown = match (given(attributes), given(excluded)) {
            (Some(_), Some(_)) => {
                return Err(invalid(
                    "\"attributes\" and \"excludedAttributes\" exclude each other; send only one of them.",
                ));
            }
            (Some(only), None) => Shown::Only(only),
            (None, Some(without)) => Shown::Without(without),
            (None, None) => Shown::Everything,
        };
        Ok(Self { shown })
    }

    /// Whether the answer has any part of `members`.
    pub fn wants_members(&self) -> bool {
        self.wants("members")
    }

    /// Whether `members.display` is asked for by name. It is `returned: request` (RFC 7643 §7), since
    /// the name of each member of a large role costs a look-up.
    pub fn wants_member_names(&self) -> bool {
        let Shown::Only(names) = &self.shown else {
            return false;
        };
        names.iter().any(|name| match name {
            Resolved::Attribute(path) => {
                path.is_core("members") && path.sub.is_some_and(|sub| sub.name == "display")
            }
            _ => false,
        })
    }

    /// Whether the answer has any part of an attribute, given by its canonical name, or by the URN
    /// of its extension and its name.
    pub fn wants(&self, attribute: &str) -> bool {
        match resolve(attribute, None) {
            Ok(Resolved::Attribute(path)) => !matches!(self.kept(&path), Kept::Nothing),
            Ok(_) | Err(_) => true,
        }
    }

    /// Takes out of a resource what the answer does not have.
    pub fn apply(&self, document: &mut Document) {
        if self.shown == Shown::Everything {
            return;
        }
        let all = std::mem::take(document);
        for (key, value) in all {
            let kept = match resolve(&key, None) {
                Ok(Resolved::Attribute(path)) => self.part(&path, value),
                Ok(Resolved::Extension(schema)) => self.extension(schema, value),
                // Not an attribute of any schema: the server's own addition, kept.
                Ok(Resolved::Core) | Err(_) => Some(value),
            };
            if let Some(value) = kept {
                document.insert(key, value);
            }
        }
    }

    fn extension(&self, schema: &'static Schema, value: Value) -> Option<Value> {
        let Value::Object(all) = value else {
            return None;
        };
        let mut left = Document::new();
        for (name, value) in all {
            let Some(attribute) = schema.attribute(&name) else {
                continue;
            };
            let path = AttributePath {
                extension: Some(schema),
                attribute,
                sub: None,
            };
            if let Some(value) = self.part(&path, value) {
                left.insert(name, value);
            }
        }
        (!left.is_empty()).then_some(Value::Object(left))
    }

    fn part(&self, path: &AttributePath, mut value: Value) -> Option<Value> {
        match self.kept(path) {
            Kept::Whole => Some(value),
            Kept::Nothing => None,
            Kept::Only(subs) => {
                retain(&mut value, |name| subs.contains(&name));
                (!is_empty(&value)).then_some(value)
            }
            Kept::Without(subs) => {
                retain(&mut value, |name| !subs.contains(&name));
                (!is_empty(&value)).then_some(value)
            }
        }
    }

    fn kept(&self, path: &AttributePath) -> Kept<'_> {
        match path.attribute.returned {
            Returned::Always => return Kept::Whole,
            Returned::Never => return Kept::Nothing,
            Returned::Default | Returned::Request => {}
        }
        match &self.shown {
            Shown::Everything => Kept::Whole,
            Shown::Only(names) => match parts_named(names, path) {
                (true, _) => Kept::Whole,
                (false, subs) if subs.is_empty() => Kept::Nothing,
                (false, subs) => Kept::Only(subs),
            },
            Shown::Without(names) => match parts_named(names, path) {
                (true, _) => Kept::Nothing,
                (false, subs) if subs.is_empty() => Kept::Whole,
                (false, subs) => Kept::Without(subs),
            },
        }
    }
}

/// What the names stand for, each once: however often a client repeats them, every resource of a
/// page is looked at with no more than the schemas have.
fn resolve_all(names: &str, scope: Scope) -> Vec<Resolved> {
    let mut found = Vec::new();
    for name in names.split(',') {
        if let Ok(resolved) = resolve(name.trim(), scope)
            && !found.contains(&resolved)
        {
            found.push(resolved);
        }
    }
    found
}

/// Whether the attribute is named as a whole, and else which of its sub-attributes are.
fn parts_named<'a>(names: &'a [Resolved], path: &AttributePath) -> (bool, Vec<&'a str>) {
    let mut subs = Vec::new();
    for name in names {
        match name {
            Resolved::Core if path.extension.is_none() => return (true, Vec::new()),
            Resolved::Extension(schema) if path.extension == Some(schema) => {
                return (true, Vec::new());
            }
            // By name: in a search over all types, users and groups share some names.
            Resolved::Attribute(asked)
                if asked.extension == path.extension
                    && asked.attribute.name == path.attribute.name =>
            {
                match asked.sub {
                    None => return (true, Vec::new()),
                    Some(sub) => subs.push(sub.name.as_str()),
                }
            }
            _ => {}
        }
    }
    (false, subs)
}

fn retain(value: &mut Value, keeps: impl Fn(&str) -> bool + Copy) {
    match value {
        Value::Array(list) => {
            for one in list.iter_mut() {
                retain(one, keeps);
            }
            list.retain(|one| !is_empty(one));
        }
        Value::Object(object) => object.retain(|name, _| keeps(name)),
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::schema::{CORE_USER, ENTERPRISE_USER};

    fn projected(attributes: Option<&str>, excluded: Option<&str>) -> Value {
        let mut document = json!({
            "schemas": [CORE_USER], "id": "1", "userName": "a@x.io",
            "name": {"givenName": "A", "familyName": "B"},
            "emails": [{"value": "a@x.io", "type": "work"}, {"type": "home"}],
            ENTERPRISE_USER: {"employeeNumber": "7", "manager": {"value": "2"}},
            "meta": {"resourceType": "User"},
        });
        let projection =
            Projection::parse(attributes, excluded, ResourceType::User).expect("valid");
        projection.apply(document.as_object_mut().expect("an object"));
        document
    }

    #[test]
    fn only_what_is_asked_for_and_what_is_always_there() {
        let urn = ENTERPRISE_USER;
        for (attributes, expected) in [
            (
                "userName",
                json!({"schemas": [CORE_USER], "id": "1", "userName": "a@x.io"}),
            ),
            (
                "USERNAME , nothing",
                json!({"schemas": [CORE_USER], "id": "1", "userName": "a@x.io"}),
            ),
            ("nothing", json!({"schemas": [CORE_USER], "id": "1"})),
            (
                "name.givenName",
                json!({"schemas": [CORE_USER], "id": "1", "name": {"givenName": "A"}}),
            ),
            (
                "emails.value",
                json!({"schemas": [CORE_USER], "id": "1", "emails": [{"value": "a@x.io"}]}),
            ),
            ("password", json!({"schemas": [CORE_USER], "id": "1"})),
        ] {
            assert_eq!(projected(Some(attributes), None), expected, "{attributes}");
        }
        assert_eq!(
            projected(Some(&format!("{urn}:employeeNumber")), None),
            json!({"schemas": [CORE_USER], "id": "1", urn: {"employeeNumber": "7"}})
        );
        assert_eq!(
            projected(Some(&format!("{CORE_USER}:name.familyName,{urn}")), None),
            json!({"schemas": [CORE_USER], "id": "1", "name": {"familyName": "B"},
                urn: {"employeeNumber": "7", "manager": {"value": "2"}}})
        );
    }

    #[test]
    fn a_schema_stands_for_its_own_attributes() {
        let enterprise = json!({"employeeNumber": "7", "manager": {"value": "2"}});
        let mut core = projected(None, None);
        core.as_object_mut()
            .expect("an object")
            .shift_remove(ENTERPRISE_USER);
        assert_eq!(projected(Some(CORE_USER), None), core);
        assert_eq!(projected(None, Some(ENTERPRISE_USER)), core);
        assert_eq!(
            projected(None, Some(CORE_USER)),
            json!({"schemas": [CORE_USER], "id": "1", ENTERPRISE_USER: enterprise})
        );
    }

    #[test]
    fn nothing_is_shown_empty_that_was_not() {
        let projected = |attributes, excluded, value: Value| {
            let mut document = Document::from_iter([("emails".to_owned(), value)]);
            Projection::parse(attributes, excluded, ResourceType::User)
                .expect("valid")
                .apply(&mut document);
            document.shift_remove("emails")
        };
        let types = json!([{"type": "work"}, {"type": "home"}]);
        assert_eq!(projected(Some("emails.value"), None, types.clone()), None);
        assert_eq!(projected(None, Some("emails.type"), types), None);
        assert_eq!(projected(None, Some("meta"), json!([])), Some(json!([])));
    }

    #[test]
    fn what_is_excluded_goes_except_what_is_always_there() {
        let urn = ENTERPRISE_USER;
        assert_eq!(
            projected(
                None,
                Some(&format!(
                    "id,schemas,emails,name.givenName,{urn}:manager,META"
                ))
            ),
            json!({"schemas": [CORE_USER], "id": "1", "userName": "a@x.io",
                "name": {"familyName": "B"}, urn: {"employeeNumber": "7"}})
        );
    }

    #[test]
    fn members_are_loaded_only_if_wanted() {
        let wants = |attributes, excluded| {
            Projection::parse(attributes, excluded, ResourceType::Group)
                .expect("valid")
                .wants_members()
        };
        assert!(wants(None, None));
        assert!(!wants(None, Some("members")));
        assert!(wants(None, Some("members.display")));
        let wants_names = |attributes| {
            Projection::parse(attributes, None, ResourceType::Group)
                .expect("valid")
                .wants_member_names()
        };
        assert!(wants_names(Some("members.value,Members.Display")));
        assert!(wants_names(Some("members.display")));
        assert!(!wants_names(Some("members.value,displayName")));
        assert!(!wants_names(Some("members")));
        assert!(!wants_names(None));
        assert!(!wants(Some("displayName"), None));
        assert!(wants(Some("members.value"), None));
        assert!(wants(Some(" "), Some("")));
    }

    #[test]
    fn a_name_counts_once_however_often_it_is_sent() {
        let repeated = "emails.type,Emails.TYPE,emails.type,";
        let parse = |names| Projection::parse(Some(names), None, ResourceType::User);
        assert_eq!(parse(repeated), parse("emails.type"));
    }

    #[test]
    fn both_at_once_are_refused() {
        let refused = Projection::parse(Some("id"), Some("meta"), ResourceType::User);
        assert_eq!(refused.map_err(|error| error.status), Err(400));
    }
}
