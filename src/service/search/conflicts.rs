//! What the list of conflicts is filtered by.

use jiff::Timestamp;

use super::{
    exchanges::{PROVIDERS, id_start},
    language::{Operator, Reads, Test},
    value::{Number, Text, When},
};
use crate::directory::{ConflictId, ConflictKind, ConflictState, Provider};

/// What a term asks of a conflict.
#[derive(Debug, Clone, PartialEq)]
pub enum ConflictTest {
    /// What was pushed, or what is here, contains it.
    Words(Text),
    /// What was pushed.
    Name(Text),
    /// What is here.
    Existing(Text),
    /// What stands in the way.
    Kind(ConflictKind),
    /// Who pushed.
    Provider(Provider),
    /// Where it stands.
    State(ConflictState),
    /// How often the provider tried.
    Tries(Number),
    /// When the provider last tried.
    Last(When),
    /// When the provider first tried.
    First(When),
    /// Its id begins so.
    Id(String),
}

/// What the tests look at.
#[derive(Debug, Clone, Copy)]
pub struct ConflictFacts<'a> {
    /// Its id.
    pub id: ConflictId,
    /// What stands in the way.
    pub kind: ConflictKind,
    /// Who pushed.
    pub provider: Provider,
    /// What was pushed.
    pub name: &'a str,
    /// The name of what is here.
    pub existing: &'a str,
    /// Where it stands.
    pub state: ConflictState,
    /// How often the provider tried.
    pub tries: u64,
    /// The first try.
    pub first_seen: Timestamp,
    /// The last try.
    pub last_seen: Timestamp,
}

impl Test for ConflictTest {
    type Row<'a> = ConflictFacts<'a>;

    const OPERATORS: &'static [Operator<Self>] = &[
        Operator {
            name: "kind",
            examples: &["kind:role-name", "kind:ownership"],
            help: "what stands in the way",
            reads: Reads::OneOf(&["role-name", "user-name", "ownership", "alias"], kind),
        },
        Operator {
            name: "state",
            examples: &["state:open", "state:linked|renamed"],
            help: "where it stands; resolved ones are here when they are shown",
            reads: Reads::OneOf(
                &["open", "linked", "renamed", "dismissed", "gone"],
                |value| value.parse().ok().map(Self::State),
            ),
        },
        Operator {
            name: "provider",
            examples: &["provider:okta"],
            help: "who pushed",
            reads: Reads::OneOf(PROVIDERS, |value| value.parse().ok().map(Self::Provider)),
        },
        Operator {
            name: "name",
            examples: &["name:finance"],
            help: "what was pushed contains it",
            reads: Reads::Text(Self::Name),
        },
        Operator {
            name: "existing",
            examples: &["existing:finance"],
            help: "what is here contains it",
            reads: Reads::Text(Self::Existing),
        },
        Operator {
            name: "tries",
            examples: &["tries:>3"],
            help: "how often the provider tried",
            reads: Reads::Number(Self::Tries),
        },
        Operator {
            name: "after",
            examples: &["after:1h", "after:2026-03-04"],
            help: "the last try is not older than that: s, m, h, d or w",
            reads: Reads::When(Self::Last),
        },
        Operator {
            name: "first",
            examples: &["first:7d", "first:>7d"],
            help: "the first try is not older than that, or with > older",
            reads: Reads::When(Self::First),
        },
        Operator {
            name: "id",
            examples: &["id:019c"],
            help: "the id begins so",
            reads: Reads::Own("id", |value| id_start(value).map(Self::Id)),
        },
    ];

    fn words(part: Text) -> Self {
        Self::Words(part)
    }

    fn holds(&self, facts: &ConflictFacts<'_>, now: Timestamp) -> bool {
        match self {
            Self::Words(part) => part.fits(facts.name) || part.fits(facts.existing),
            Self::Name(name) => name.fits(facts.name),
            Self::Existing(name) => name.fits(facts.existing),
            Self::Kind(kind) => facts.kind == *kind,
            Self::Provider(provider) => facts.provider == *provider,
            Self::State(state) => facts.state == *state,
            Self::Tries(number) => number.fits(facts.tries),
            Self::Last(when) => when.fits(Some(facts.last_seen), now),
            Self::First(when) => when.fits(Some(facts.first_seen), now),
            Self::Id(start) => facts.id.to_string().starts_with(start.as_str()),
        }
    }
}

fn kind(value: &str) -> Option<ConflictTest> {
    let mut all = [
        ConflictKind::RoleName,
        ConflictKind::UserName,
        ConflictKind::Ownership,
        ConflictKind::Alias,
    ]
    .into_iter();
    all.find(|kind| kind.as_str() == value)
        .map(ConflictTest::Kind)
}
