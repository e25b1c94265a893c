//! What the list of resources is filtered by.

use jiff::Timestamp;

use super::{
    exchanges::id_start,
    language::{Operator, Reads, Test},
    value::{Text, When},
};
use crate::directory::{Resource, fold};

/// What a term asks of a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum ResourceTest {
    /// Name, kind or a tag contains it.
    Words(Text),
    /// The name.
    Name(Text),
    /// What it is.
    Kind(Text),
    /// A tag of this name, folded, with this value, where one is asked for.
    Tag(String, Option<String>),
    /// A role that reaches it.
    Role(Text),
    /// Some role reaches it.
    Granted,
    /// Its id begins so.
    Id(String),
    /// When it was made.
    Created(When),
}

/// A resource, and which roles reach it.
pub struct ResourceFacts<'a> {
    /// The resource.
    pub resource: &'a Resource,
    /// Whether a role of such a name reaches it; looked at by [`ResourceTest::Role`] only.
    pub reached_by: &'a dyn Fn(&Text) -> bool,
    /// Whether any role reaches it; looked at by [`ResourceTest::Granted`] only.
    pub granted: bool,
}

impl Test for ResourceTest {
    type Row<'a> = ResourceFacts<'a>;

    const OPERATORS: &'static [Operator<Self>] = &[
        Operator {
            name: "name",
            examples: &["name:orders", "name:=orders-db"],
            help: "the name contains it, or is it",
            reads: Reads::Text(Self::Name),
        },
        Operator {
            name: "kind",
            examples: &["kind:postgres"],
            help: "the kind contains it",
            reads: Reads::Text(Self::Kind),
        },
        Operator {
            name: "tag",
            examples: &["tag:env=prod", "tag:env"],
            help: "has this tag, with this value where one is given",
            reads: Reads::Own("tag", tag),
        },
        Operator {
            name: "role",
            examples: &["role:eng"],
            help: "granted to a role whose name contains it",
            reads: Reads::Text(Self::Role),
        },
        Operator {
            name: "granted",
            examples: &["!granted"],
            help: "granted to a role at all",
            reads: Reads::Nothing(|| Self::Granted),
        },
        Operator {
            name: "id",
            examples: &["id:019c"],
            help: "the id begins so",
            reads: Reads::Own("id", |value| id_start(value).map(Self::Id)),
        },
        Operator {
            name: "created",
            examples: &["created:7d", "created:>30d"],
            help: "was made not longer ago than that, or with > longer ago",
            reads: Reads::When(Self::Created),
        },
    ];

    fn words(part: Text) -> Self {
        Self::Words(part)
    }

    fn holds(&self, facts: &ResourceFacts<'_>, now: Timestamp) -> bool {
        let resource = facts.resource;
        match self {
            Self::Words(part) => {
                let mut tags = resource.tags.iter();
                part.fits(&resource.name)
                    || part.fits(&resource.kind)
                    || tags.any(|(name, value)| part.fits(&format!("{name}={value}")))
            }
            Self::Name(name) => name.fits(&resource.name),
            Self::Kind(kind) => kind.fits(&resource.kind),
            Self::Tag(name, value) => {
                let mut tags = resource.tags.iter();
                tags.any(|(own, given)| {
                    fold(own) == *name && value.as_ref().is_none_or(|value| fold(given) == *value)
                })
            }
            Self::Role(name) => (facts.reached_by)(name),
            Self::Granted => facts.granted,
            Self::Id(start) => resource.id.to_string().starts_with(start.as_str()),
            Self::Created(when) => when.fits(Some(resource.created), now),
        }
    }
}

fn tag(value: &str) -> Option<ResourceTest> {
    let (name, value) = match value.split_once('=') {
        Some((name, value)) => (name, Some(fold(value))),
        None => (value, None),
    };
    let name = fold(name);
    (!name.is_empty()).then_some(ResourceTest::Tag(name, value))
}
