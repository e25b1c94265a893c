//! What the list of exchanges is filtered by.

use jiff::Timestamp;

use super::{
    language::{Operator, Reads, Test},
    value::{Number, Text, When},
};
use crate::{directory::Provider, service::exchange::ExchangeLine};

/// What a term asks of an exchange.
#[derive(Debug, Clone, PartialEq)]
pub enum ExchangeTest {
    /// The line contains it.
    Words(Text),
    /// The answer's status.
    Status(Number),
    /// The first digit of the answer's status.
    StatusClass(u16),
    /// How long the answer took, in milliseconds.
    Milliseconds(Number),
    /// A user that it was about.
    User(Text),
    /// A role that it was about.
    Role(Text),
    /// Whose token came with it.
    Provider(Provider),
    /// The HTTP method.
    Verb(String),
    /// The name of the process that answered.
    Node(Text),
    /// When it came.
    At(When),
    /// Its own id begins so.
    Id(String),
    /// It changed something.
    Changed,
    /// It was no error.
    Ok,
    /// It opened or repeated a conflict.
    Conflict,
}

/// The names of providers.
pub(super) const PROVIDERS: &[&str] = &["okta", "entra", "onelogin", "jumpcloud", "generic"];

impl Test for ExchangeTest {
    type Row<'a> = &'a ExchangeLine;

    const OPERATORS: &'static [Operator<Self>] = &[
        Operator {
            name: "status",
            examples: &["status:409", "status:>=400", "status:4xx"],
            help: "the answer's status",
            reads: Reads::Own("status", status),
        },
        Operator {
            name: "user",
            examples: &["user:ann", "user:=ann@x.io"],
            help: "a user's name contains it, or is it",
            reads: Reads::Text(Self::User),
        },
        Operator {
            name: "role",
            examples: &["role:eng"],
            help: "a role's name contains it",
            reads: Reads::Text(Self::Role),
        },
        Operator {
            name: "provider",
            examples: &["provider:okta", "provider:okta|entra"],
            help: "the provider is this one, or one of these",
            reads: Reads::OneOf(PROVIDERS, |value| value.parse().ok().map(Self::Provider)),
        },
        Operator {
            name: "verb",
            examples: &["verb:patch"],
            help: "the HTTP method",
            reads: Reads::OneOf(&["get", "post", "put", "patch", "delete"], verb),
        },
        Operator {
            name: "node",
            examples: &["node:scim-2"],
            help: "the name of the process that answered contains it, where several share a store",
            reads: Reads::Text(Self::Node),
        },
        Operator {
            name: "ms",
            examples: &["ms:>50"],
            help: "how long the answer took, in milliseconds",
            reads: Reads::Number(Self::Milliseconds),
        },
        Operator {
            name: "after",
            examples: &["after:30s", "after:5m", "after:2h", "after:2026-03-04"],
            help: "not older than that: s, m, h, d or w, or since that day or moment",
            reads: Reads::When(Self::At),
        },
        Operator {
            name: "id",
            examples: &["id:019c"],
            help: "the exchange's id begins so",
            reads: Reads::Own("id", |value| id_start(value).map(Self::Id)),
        },
        Operator {
            name: "changed",
            examples: &["changed"],
            help: "something in the directory changed",
            reads: Reads::Nothing(|| Self::Changed),
        },
        Operator {
            name: "ok",
            examples: &["ok"],
            help: "the answer was no error",
            reads: Reads::Nothing(|| Self::Ok),
        },
        Operator {
            name: "conflict",
            examples: &["conflict"],
            help: "a conflict was opened or repeated",
            reads: Reads::Nothing(|| Self::Conflict),
        },
    ];

    fn words(part: Text) -> Self {
        Self::Words(part)
    }

    fn holds(&self, line: &&ExchangeLine, now: Timestamp) -> bool {
        match self {
            Self::Words(part) => {
                let names = line.users.iter().chain(&line.roles);
                part.fits(&line.summary)
                    || part.fits(&line.target)
                    || names.into_iter().any(|name| part.fits(name))
            }
            Self::Status(number) => number.fits(u64::from(line.status)),
            Self::StatusClass(class) => line.status / 100 == *class,
            Self::Milliseconds(number) => number.fits(line.micros / 1_000),
            Self::User(name) => line.users.iter().any(|user| name.fits(user)),
            Self::Role(name) => line.roles.iter().any(|role| name.fits(role)),
            Self::Provider(provider) => line.provider == Some(*provider),
            Self::Verb(verb) => line.method.eq_ignore_ascii_case(verb),
            Self::Node(name) => line.node.as_deref().is_some_and(|node| name.fits(node)),
            Self::At(when) => when.fits(Some(line.at), now),
            Self::Id(start) => line.id.to_string().starts_with(start.as_str()),
            Self::Changed => line.effect.is_change(),
            Self::Ok => !line.is_error(),
            Self::Conflict => line.conflict.is_some(),
        }
    }
}

fn status(value: &str) -> Option<ExchangeTest> {
    let lower = value.to_ascii_lowercase();
    if let Some(class) = lower.strip_suffix("xx") {
        let class = class.parse().ok()?;
        return (1..=5)
            .contains(&class)
            .then_some(ExchangeTest::StatusClass(class));
    }
    let number = Number::read(value)?;
    let is_status = (100..=599).contains(&number.number());
    is_status.then_some(ExchangeTest::Status(number))
}

fn verb(value: &str) -> Option<ExchangeTest> {
    Some(ExchangeTest::Verb(value.to_owned()))
        .filter(|_| ["get", "post", "put", "patch", "delete"].contains(&value))
}

/// The beginning of an id: hex digits and hyphens.
pub(super) fn id_start(value: &str) -> Option<String> {
    let lower = value.to_ascii_lowercase();
    let fits = lower.len() <= 36 && lower.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    fits.then_some(lower)
}
