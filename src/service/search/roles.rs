//! What the list of roles is filtered by.

use jiff::Timestamp;

use super::{
    exchanges::id_start,
    language::{Operator, Reads, Test},
    users::MANAGERS,
    value::{Number, Text, When},
};
use crate::directory::{ManagedBy, Role};

/// What a term asks of a role.
#[derive(Debug, Clone, PartialEq)]
pub enum RoleTest {
    /// The name contains it.
    Name(Text),
    /// Who manages it.
    ManagedBy(ManagedBy),
    /// A member's name.
    Member(Text),
    /// How many members it has.
    Members(Number),
    /// How many of them were attached here.
    Local(Number),
    /// A resource that its members reach through it.
    Resource(Text),
    /// Its provider has not pushed it for long.
    Stale,
    /// A provider's own id for it.
    External(Text),
    /// Its id begins so.
    Id(String),
    /// When a provider last pushed it.
    Pushed(When),
    /// When it last changed.
    Changed(When),
    /// When it was made.
    Created(When),
}

/// A role, and what is not in its own row.
pub struct RoleFacts<'a> {
    /// The role.
    pub role: &'a Role,
    /// When a provider last pushed it; looked at by [`RoleTest::Pushed`] only.
    pub last_push: Option<Timestamp>,
    /// Whether its provider has not pushed it for long; looked at by [`RoleTest::Stale`] only.
    pub stale: bool,
    /// Whether a user of such a name is in it; looked at by [`RoleTest::Member`] only.
    pub has_member: &'a dyn Fn(&Text) -> bool,
    /// Whether it reaches a resource of such a name; looked at by [`RoleTest::Resource`] only.
    pub reaches: &'a dyn Fn(&Text) -> bool,
}

impl Test for RoleTest {
    type Row<'a> = RoleFacts<'a>;

    const OPERATORS: &'static [Operator<Self>] = &[
        Operator {
            name: "by",
            examples: &["by:okta", "by:local"],
            help: "who manages the role",
            reads: Reads::OneOf(MANAGERS, |value| value.parse().ok().map(Self::ManagedBy)),
        },
        Operator {
            name: "name",
            examples: &["name:eng", "name:=engineering"],
            help: "the name contains it, or is it",
            reads: Reads::Text(Self::Name),
        },
        Operator {
            name: "members",
            examples: &["members:>10", "members:0"],
            help: "how many members it has",
            reads: Reads::Number(Self::Members),
        },
        Operator {
            name: "local",
            examples: &["local:>0"],
            help: "how many members were attached here",
            reads: Reads::Number(Self::Local),
        },
        Operator {
            name: "member",
            examples: &["member:ann@x", "member:=ann@x.io"],
            help: "a member's name contains it, or is it",
            reads: Reads::Text(Self::Member),
        },
        Operator {
            name: "resource",
            examples: &["resource:postgres"],
            help: "grants a resource whose name contains it",
            reads: Reads::Text(Self::Resource),
        },
        Operator {
            name: "stale",
            examples: &["stale"],
            help: "its provider has not pushed it for long",
            reads: Reads::Nothing(|| Self::Stale),
        },
        Operator {
            name: "pushed",
            examples: &["pushed:1h", "pushed:>14d", "pushed:never"],
            help: "was pushed not longer ago than that, or with > longer ago",
            reads: Reads::WhenOrNever(Self::Pushed),
        },
        Operator {
            name: "external",
            examples: &["external:00g1"],
            help: "a provider's own id contains it, or with = is it",
            reads: Reads::Text(Self::External),
        },
        Operator {
            name: "id",
            examples: &["id:019c"],
            help: "the id begins so",
            reads: Reads::Own("id", |value| id_start(value).map(Self::Id)),
        },
        Operator {
            name: "changed",
            examples: &["changed:1h", "changed:>30d"],
            help: "the last change, of a member too, is not older than that, or with > older",
            reads: Reads::When(Self::Changed),
        },
        Operator {
            name: "created",
            examples: &["created:7d", "created:>30d"],
            help: "was made not longer ago than that, or with > longer ago",
            reads: Reads::When(Self::Created),
        },
    ];

    fn words(part: Text) -> Self {
        Self::Name(part)
    }

    fn holds(&self, facts: &RoleFacts<'_>, now: Timestamp) -> bool {
        let role = facts.role;
        match self {
            Self::Name(name) => name.fits(&role.display_name),
            Self::ManagedBy(manager) => role.managed_by == *manager,
            Self::Member(name) => (facts.has_member)(name),
            Self::Members(number) => {
                number.fits(role.provider_members.saturating_add(role.local_members))
            }
            Self::Local(number) => number.fits(role.local_members),
            Self::Resource(name) => (facts.reaches)(name),
            Self::Stale => facts.stale,
            Self::External(id) => role.external_ids.values().any(|own| id.fits(own)),
            Self::Id(start) => role.id.to_string().starts_with(start.as_str()),
            Self::Pushed(when) => when.fits(facts.last_push, now),
            Self::Changed(when) => when.fits(Some(role.last_modified), now),
            Self::Created(when) => when.fits(Some(role.created), now),
        }
    }
}
