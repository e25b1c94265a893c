//! What the list of users is filtered by.

use jiff::Timestamp;

use super::{
    exchanges::id_start,
    language::{Operator, Reads, Test},
    value::{Number, Text, When},
};
use crate::directory::{ManagedBy, PermissionLevel, User, UserKind};

/// What a term asks of a user or service account.
#[derive(Debug, Clone, PartialEq)]
pub enum UserTest {
    /// The user's name or the name to show contains it.
    Words(Text),
    /// Active, or suspended.
    Active(bool),
    /// Who manages it.
    ManagedBy(ManagedBy),
    /// The permission level.
    Level(PermissionLevel),
    /// Person or service account.
    Kind(UserKind),
    /// A role that it is in.
    Role(Text),
    /// How many roles it is in.
    Roles(Number),
    /// It is in a role.
    InRoles,
    /// The user's name or the name to show contains it; the whole of the user's name is it.
    Name(Text),
    /// One of the e-mail addresses.
    Email(Text),
    /// An alias, as `set,alias`.
    Alias(Text),
    /// A provider's own id for it.
    External(Text),
    /// Its id begins so.
    Id(String),
    /// When it last changed.
    Changed(When),
    /// When it was made.
    Created(When),
}

/// A user, and what its memberships say.
pub struct UserFacts<'a> {
    /// The user.
    pub user: &'a User,
    /// How many roles it is in; looked at by [`UserTest::Roles`] and [`UserTest::InRoles`] only.
    pub roles: u64,
    /// Whether it is in a role of such a name; looked at by [`UserTest::Role`] only.
    pub in_role: &'a dyn Fn(&Text) -> bool,
}

/// Who may manage a row.
pub(super) const MANAGERS: &[&str] =
    &["local", "okta", "entra", "onelogin", "jumpcloud", "generic"];

impl Test for UserTest {
    type Row<'a> = UserFacts<'a>;

    const OPERATORS: &'static [Operator<Self>] = &[
        Operator {
            name: "state",
            examples: &["state:suspended"],
            help: "active or suspended",
            reads: Reads::OneOf(&["active", "suspended"], |value| match value {
                "active" => Some(Self::Active(true)),
                "suspended" => Some(Self::Active(false)),
                _ => None,
            }),
        },
        Operator {
            name: "by",
            examples: &["by:okta", "by:local"],
            help: "who manages the user",
            reads: Reads::OneOf(MANAGERS, |value| value.parse().ok().map(Self::ManagedBy)),
        },
        Operator {
            name: "level",
            examples: &["level:admin"],
            help: "the permission level",
            reads: Reads::OneOf(
                &["admin", "database-admin", "team-leader", "auditor", "user"],
                |value| value.parse().ok().map(Self::Level),
            ),
        },
        Operator {
            name: "kind",
            examples: &["kind:service"],
            help: "a person or a service account",
            reads: Reads::OneOf(&["person", "service"], |value| match value {
                "person" => Some(Self::Kind(UserKind::Person)),
                "service" => Some(Self::Kind(UserKind::ServiceAccount)),
                _ => None,
            }),
        },
        Operator {
            name: "role",
            examples: &["role:eng", "role:=engineering"],
            help: "is in a role whose name contains it, or is it",
            reads: Reads::Text(Self::Role),
        },
        Operator {
            name: "roles",
            examples: &["roles:>3", "roles:0"],
            help: "how many roles the user is in",
            reads: Reads::Number(Self::Roles),
        },
        Operator {
            name: "in-roles",
            examples: &["!in-roles"],
            help: "is in a role at all",
            reads: Reads::Nothing(|| Self::InRoles),
        },
        Operator {
            name: "name",
            examples: &["name:ann", "name:=ann@x.io"],
            help: "the user's name or the name shown contains it, or with = the user's name is it",
            reads: Reads::Text(Self::Name),
        },
        Operator {
            name: "email",
            examples: &["email:@x.io", "email:=ann@x.io"],
            help: "an e-mail address contains it, or is it",
            reads: Reads::Text(Self::Email),
        },
        Operator {
            name: "alias",
            examples: &["alias:rdp-set,ann"],
            help: "an alias, written set,alias, contains it",
            reads: Reads::Text(Self::Alias),
        },
        Operator {
            name: "external",
            examples: &["external:00u1"],
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
            examples: &["changed:1h", "changed:>30d", "changed:2026-03-04"],
            help: "the last change is not older than that, or with > older: s, m, h, d or w",
            reads: Reads::When(Self::Changed),
        },
        Operator {
            name: "created",
            examples: &["created:7d", "created:>30d", "created:2026-03-04"],
            help: "was made not longer ago than that, or with > longer ago",
            reads: Reads::When(Self::Created),
        },
    ];

    fn words(part: Text) -> Self {
        Self::Words(part)
    }

    fn holds(&self, facts: &UserFacts<'_>, now: Timestamp) -> bool {
        let user = facts.user;
        match self {
            Self::Name(whole @ Text::Is(_)) => whole.fits(&user.user_name),
            Self::Words(name) | Self::Name(name) => {
                name.fits(&user.user_name) || name.fits(&user.display_name())
            }
            Self::Active(active) => user.is_active() == *active,
            Self::ManagedBy(manager) => user.managed_by == *manager,
            Self::Level(level) => user.permission_level == *level,
            Self::Kind(kind) => user.kind == *kind,
            Self::Role(name) => (facts.in_role)(name),
            Self::Roles(number) => number.fits(facts.roles),
            Self::InRoles => facts.roles > 0,
            Self::Email(email) => user.folded_emails().iter().any(|own| email.fits(own)),
            Self::Alias(alias) => user.aliases.iter().any(|own| alias.fits(&own.to_string())),
            Self::External(id) => user.external_ids.values().any(|own| id.fits(own)),
            Self::Id(start) => user.id.to_string().starts_with(start.as_str()),
            Self::Changed(when) => when.fits(Some(user.last_modified), now),
            Self::Created(when) => when.fits(Some(user.created), now),
        }
    }
}
