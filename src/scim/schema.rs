//! The schema tables, read from `assets/schemas/*.json`, the same files that `/Schemas` serves
//! (RFC 7643 §7). Adding an attribute is a change of data, not of code.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

/// The resource types that this server keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResourceType {
    /// `/Users`.
    User,
    /// `/Groups`; what the rest of rolecall calls a role.
    Group,
}

/// The URN of the core User schema.
pub const CORE_USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// The URN of the core Group schema.
pub const CORE_GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// The enterprise extension's URN.
pub const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The identity-alias extension's URN.
pub const STRONGDM_USER: &str = "urn:ietf:params:scim:schemas:extension:strongdm:2.0:User";

impl ResourceType {
    /// Every type, in the order in which lists show them.
    pub const ALL: &[Self] = &[Self::User, Self::Group];

    /// The name, as in `meta.resourceType`.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// The endpoint below the base URL: `/Users`.
    pub fn endpoint(self) -> &'static str {
        match self {
            Self::User => "/Users",
            Self::Group => "/Groups",
        }
    }

    /// The core schema.
    pub fn schema(self) -> &'static Schema {
        match self {
            Self::User => &TABLES.user,
            Self::Group => &TABLES.group,
        }
    }

    /// The extension schemas, none of them required.
    pub fn extensions(self) -> &'static [Schema] {
        match self {
            Self::User => &TABLES.user_extensions,
            Self::Group => &[],
        }
    }

    /// A core or common attribute by its name in any case.
    pub fn attribute(self, name: &str) -> Option<&'static Attribute> {
        self.schema()
            .attribute(name)
            .or_else(|| find(&TABLES.common, name))
    }

    /// An extension by its URN in any case.
    pub fn extension(self, urn: &str) -> Option<&'static Schema> {
        self.extensions()
            .iter()
            .find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }
}

/// One schema: a core one or an extension.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Schema {
    /// The URN.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// What it describes.
    pub description: String,
    /// The attributes, in order.
    pub attributes: Vec<Attribute>,
}

impl Schema {
    /// An attribute by its name in any case.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        find(&self.attributes, name)
    }
}

/// The definition of an attribute (RFC 7643 §7).
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attribute {
    /// The canonical name.
    pub name: String,
    /// The type of its values.
    #[serde(rename = "type")]
    pub kind: AttributeKind,
    /// Whether it is a list.
    pub multi_valued: bool,
    /// What it means.
    pub description: String,
    /// Whether a resource without it is refused.
    pub required: bool,
    /// Whether upper and lower case differ.
    #[serde(default)]
    pub case_exact: bool,
    /// The values that clients should prefer. Not enforced.
    #[serde(default)]
    pub canonical_values: Vec<String>,
    /// Who may write it, and when.
    pub mutability: Mutability,
    /// When answers hold it.
    pub returned: Returned,
    /// Among what its values are unique.
    #[serde(default)]
    pub uniqueness: Uniqueness,
    /// What a reference may point at.
    #[serde(default)]
    pub reference_types: Vec<String>,
    /// The parts of a complex attribute, in order.
    #[serde(default)]
    pub sub_attributes: Vec<Attribute>,
}

impl Attribute {
    /// A sub-attribute by its name in any case.
    pub fn sub_attribute(&self, name: &str) -> Option<&Attribute> {
        find(&self.sub_attributes, name)
    }

    /// Whether clients cannot write it.
    pub fn is_read_only(&self) -> bool {
        self.mutability == Mutability::ReadOnly
    }

    /// Whether it is accepted and dropped, as `password` is.
    pub fn is_write_only(&self) -> bool {
        self.mutability == Mutability::WriteOnly
    }
}

/// The type of an attribute's values (RFC 7643 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AttributeKind {
    /// Text.
    String,
    /// True or false.
    Boolean,
    /// A number with a fraction.
    Decimal,
    /// A whole number.
    Integer,
    /// A moment, in the form of `xsd:dateTime`.
    DateTime,
    /// A URI.
    Reference,
    /// Bytes, in base64.
    Binary,
    /// An object with sub-attributes.
    Complex,
}

/// Who may write an attribute (RFC 7643 §2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mutability {
    /// Only the server.
    ReadOnly,
    /// Clients, at any time.
    ReadWrite,
    /// Clients, when the value is made.
    Immutable,
    /// Clients, and nobody can read it.
    WriteOnly,
}

/// When answers hold an attribute (RFC 7643 §2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Returned {
    /// Whatever the request asked for.
    Always,
    /// Never.
    Never,
    /// Unless the request asked for less.
    Default,
    /// When the request asked for it.
    Request,
}

/// Among what the values of an attribute are unique (RFC 7643 §2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Uniqueness {
    /// Not at all.
    #[default]
    None,
    /// Within this server.
    Server,
    /// Everywhere.
    Global,
}

/// The schemas as `/Schemas` serves them, in order: URN and document.
pub fn schemas() -> impl Iterator<Item = (&'static str, &'static Value)> {
    TABLES
        .documents
        .iter()
        .map(|(urn, document)| (urn.as_str(), document))
}

/// Text folded for comparison without case.
pub fn fold_case(text: &str) -> String {
    text.to_lowercase()
}

/// Whether two texts differ in case at most: the same as comparing [`fold_case`] of both.
pub fn equal_without_case(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        left.eq_ignore_ascii_case(right)
    } else {
        fold_case(left) == fold_case(right)
    }
}

/// A moment in the form of `xsd:dateTime`; one without zone, or a day alone, is taken as UTC.
pub fn moment(text: &str) -> Option<jiff::Timestamp> {
    let in_utc = |text: &str| {
        let clock: jiff::civil::DateTime = text.parse().ok()?;
        jiff::tz::Offset::UTC.to_timestamp(clock).ok()
    };
    text.parse().ok().or_else(|| in_utc(text))
}

fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes
        .iter()
        .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

const USER_FILE: &str = include_str!("../../assets/schemas/user.json");
const GROUP_FILE: &str = include_str!("../../assets/schemas/group.json");
const ENTERPRISE_FILE: &str = include_str!("../../assets/schemas/enterprise-user.json");
const STRONGDM_FILE: &str = include_str!("../../assets/schemas/strongdm-user.json");
const COMMON_FILE: &str = include_str!("../../assets/schemas/common.json");

struct Tables {
    user: Schema,
    group: Schema,
    user_extensions: Vec<Schema>,
    common: Vec<Attribute>,
    documents: Vec<(String, Value)>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct Common {
        attributes: Vec<Attribute>,
    }
    let common: Common = embedded(COMMON_FILE);
    Tables {
        user: embedded(USER_FILE),
        group: embedded(GROUP_FILE),
        user_extensions: vec![embedded(ENTERPRISE_FILE), embedded(STRONGDM_FILE)],
        common: common.attributes,
        documents: [USER_FILE, GROUP_FILE, ENTERPRISE_FILE, STRONGDM_FILE]
            .map(|file| {
                let schema: Schema = embedded(file);
                (schema.id, embedded(file))
            })
            .into(),
    }
});

/// The files are part of the program, and a test reads them all: that they parse is a fact.
fn embedded<T: for<'de> Deserialize<'de>>(file: &'static str) -> T {
    serde_json::from_str(file).expect("an embedded schema file parses")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_file_parses_and_urns_match() {
        let urns: Vec<_> = schemas().map(|(urn, _)| urn).collect();
        assert_eq!(
            urns,
            [CORE_USER, CORE_GROUP, ENTERPRISE_USER, STRONGDM_USER]
        );
    }

    #[test]
    fn lookups_ignore_case_and_give_the_canonical_name() {
        let found = ResourceType::User
            .attribute("USERNAME")
            .map(|a| a.name.as_str());
        assert_eq!(found, Some("userName"));
        let found = ResourceType::Group
            .attribute("externalid")
            .map(|a| a.name.as_str());
        assert_eq!(found, Some("externalId"));
        assert!(ResourceType::Group.attribute("userName").is_none());
        assert!(
            ResourceType::User
                .extension(&STRONGDM_USER.to_uppercase())
                .is_some()
        );
    }

    #[test]
    fn no_schema_lists_a_common_attribute() {
        for (urn, document) in schemas() {
            for attribute in document["attributes"].as_array().into_iter().flatten() {
                let name = attribute["name"].as_str().unwrap_or_default();
                assert!(find(&TABLES.common, name).is_none(), "{urn}: {name}");
            }
        }
    }

    #[test]
    fn case_is_folded_beyond_ascii() {
        for (left, right, equal) in [
            ("Bjensen", "bJENSEN", true),
            ("bjensen", "bjensen2", false),
            ("ÄRGER", "ärger", true),
            // The Kelvin sign folds to an ASCII letter.
            ("k", "\u{212a}", true),
            ("\u{212a}", "K", true),
            ("k", "ä", false),
        ] {
            assert_eq!(equal_without_case(left, right), equal, "{left} {right}");
            assert_eq!(fold_case(left) == fold_case(right), equal, "{left} {right}");
        }
    }

    #[test]
    fn characteristics_that_decisions_rest_on() {
        let user = |name| ResourceType::User.attribute(name).expect("known");
        assert!(!user("userName").case_exact && user("userName").required);
        assert!(user("externalId").case_exact && user("id").case_exact);
        assert!(user("groups").is_read_only() && user("meta").is_read_only());
        assert!(user("password").is_write_only());
        assert_eq!(user("password").returned, Returned::Never);
        assert!(user("schemas").is_read_only());
    }
}
