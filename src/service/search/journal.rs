//! What the journal is filtered by.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    exchanges::{PROVIDERS, id_start},
    language::{Operator, Reads, Test},
    value::{Number, Text, When},
};
use crate::directory::{Action, ExchangeId, Provider, Subject, SubjectKind};

/// What a term asks of a journal entry.
#[derive(Debug, Clone, PartialEq)]
pub enum JournalTest {
    /// Actor, action, subject, or anything before or after contains it.
    Words(Text),
    /// Who.
    Who(Text),
    /// What happened.
    What(Text),
    /// The name of what it happened to.
    Subject(Text),
    /// The kind of what it happened to.
    Kind(SubjectKind),
    /// Which provider pushed.
    Provider(Provider),
    /// An attribute that changed.
    Attribute(Text),
    /// When.
    At(When),
    /// The id of the exchange that caused it begins so.
    Exchange(String),
    /// Its number.
    Seq(Number),
}

/// What the tests look at.
#[derive(Debug, Clone, Copy)]
pub struct JournalFacts<'a> {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who: a provider, `operator NAME` or `rolecall`.
    pub actor: &'a str,
    /// What happened.
    pub action: Action,
    /// To what.
    pub subject: &'a Subject,
    /// What was, as far as it changed.
    pub before: &'a Value,
    /// What is, as far as it changed.
    pub after: &'a Value,
    /// The request that caused it.
    pub exchange: Option<ExchangeId>,
}

impl Test for JournalTest {
    type Row<'a> = JournalFacts<'a>;

    const OPERATORS: &'static [Operator<Self>] = &[
        Operator {
            name: "who",
            examples: &["who:okta", "who:ann"],
            help: "who did it contains it",
            reads: Reads::Text(Self::Who),
        },
        Operator {
            name: "what",
            examples: &["what:suspended", "what:members-added"],
            help: "what happened contains it",
            reads: Reads::Text(Self::What),
        },
        Operator {
            name: "subject",
            examples: &["subject:ann", "subject:=ann@x.io"],
            help: "the name or the id of what it happened to contains it, or is it",
            reads: Reads::Text(Self::Subject),
        },
        Operator {
            name: "kind",
            examples: &["kind:user", "kind:role|user"],
            help: "the kind of what it happened to",
            reads: Reads::OneOf(
                &[
                    "user", "service", "role", "provider", "token", "conflict", "resource", "hold",
                ],
                kind,
            ),
        },
        Operator {
            name: "provider",
            examples: &["provider:okta"],
            help: "pushed by this provider",
            reads: Reads::OneOf(PROVIDERS, |value| value.parse().ok().map(Self::Provider)),
        },
        Operator {
            name: "attribute",
            examples: &["attribute:title"],
            help: "the name of an attribute that changed contains it",
            reads: Reads::Text(Self::Attribute),
        },
        Operator {
            name: "after",
            examples: &["after:5m", "after:2026-03-04"],
            help: "not older than that: s, m, h, d or w, or since that day or moment",
            reads: Reads::When(Self::At),
        },
        Operator {
            name: "exchange",
            examples: &["exchange:019c"],
            help: "the id of the exchange that caused it begins so",
            reads: Reads::Own("id", |value| id_start(value).map(Self::Exchange)),
        },
        Operator {
            name: "seq",
            examples: &["seq:>100", "seq:8812"],
            help: "the entry's number",
            reads: Reads::Number(Self::Seq),
        },
    ];

    fn words(part: Text) -> Self {
        Self::Words(part)
    }

    fn holds(&self, facts: &JournalFacts<'_>, now: Timestamp) -> bool {
        match self {
            Self::Words(part) => {
                part.fits(facts.actor)
                    || says(facts.action, part)
                    || part.fits(&facts.subject.name)
                    || part.fits(facts.subject.kind.words())
                    || contains(facts.before, part)
                    || contains(facts.after, part)
            }
            Self::Who(name) => name.fits(facts.actor),
            Self::What(what) => says(facts.action, what),
            Self::Subject(name) => name.fits(&facts.subject.name) || name.fits(&facts.subject.id),
            Self::Kind(kind) => facts.subject.kind == *kind,
            Self::Provider(provider) => facts.actor == provider.as_str(),
            Self::Attribute(name) => [facts.before, facts.after].into_iter().any(|side| {
                let mut names = side.as_object().into_iter().flat_map(|side| side.keys());
                names.any(|own| name.fits(own))
            }),
            Self::At(when) => when.fits(Some(facts.at), now),
            Self::Exchange(start) => facts
                .exchange
                .is_some_and(|id| id.to_string().starts_with(start.as_str())),
            Self::Seq(number) => number.fits(facts.seq),
        }
    }
}

/// Whether the action, by its wire name or with spaces, contains a text.
fn says(action: Action, part: &Text) -> bool {
    part.fits(action.as_str()) || part.fits(&action.as_str().replace('-', " "))
}

/// Whether a value or a name inside it contains a text.
fn contains(value: &Value, part: &Text) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => part.fits(if *value { "true" } else { "false" }),
        Value::Number(number) => part.fits(&number.to_string()),
        Value::String(text) => part.fits(text),
        Value::Array(values) => values.iter().any(|value| contains(value, part)),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| part.fits(name) || contains(value, part)),
    }
}

fn kind(value: &str) -> Option<JournalTest> {
    Some(JournalTest::Kind(match value {
        "user" => SubjectKind::User,
        "service" => SubjectKind::ServiceAccount,
        "role" => SubjectKind::Role,
        "provider" => SubjectKind::Provider,
        "token" => SubjectKind::Token,
        "conflict" => SubjectKind::Conflict,
        "resource" => SubjectKind::Resource,
        "hold" => SubjectKind::Hold,
        _ => return None,
    }))
}
