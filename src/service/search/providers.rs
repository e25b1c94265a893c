//! What the list of providers and their tokens is filtered by.

use jiff::Timestamp;

use super::{
    exchanges::{PROVIDERS, id_start},
    language::{Operator, Reads, Test},
    value::{Number, Text, When},
};
use crate::directory::{Provider, ProviderState, TokenId, TokenState};

/// What a term asks of a provider or a token.
#[derive(Debug, Clone, PartialEq)]
pub enum ProviderTest {
    /// The provider's or the token's name contains it.
    Words(Text),
    /// The provider, or whose token it is.
    Provider(Provider),
    /// Where a provider stands.
    ProviderState(ProviderState),
    /// Where a token stands.
    TokenState(TokenState),
    /// A token's name.
    Name(Text),
    /// When a token is over.
    Expires(When),
    /// When a token was last used, or a provider last seen.
    Used(When),
    /// How many requests came with a token.
    Requests(Number),
    /// A token's id begins so.
    Id(String),
}

/// What the tests look at: a provider, or one of its tokens.
#[derive(Debug, Clone, Copy)]
pub struct ProviderFacts<'a> {
    /// The provider, or whose token it is.
    pub provider: Provider,
    /// Where a provider stands; `None` for a token.
    pub state: Option<ProviderState>,
    /// When it was last used or seen.
    pub used: Option<Timestamp>,
    /// The token; `None` for a provider.
    pub token: Option<TokenFacts<'a>>,
}

/// What the tests look at of a token.
#[derive(Debug, Clone, Copy)]
pub struct TokenFacts<'a> {
    /// Its id.
    pub id: TokenId,
    /// What it is called.
    pub name: &'a str,
    /// Where it stands.
    pub state: TokenState,
    /// When it was made.
    pub created: Timestamp,
    /// When it is over.
    pub expires: Option<Timestamp>,
    /// How many requests came with it.
    pub requests: u64,
}

impl Test for ProviderTest {
    type Row<'a> = ProviderFacts<'a>;

    const OPERATORS: &'static [Operator<Self>] = &[
        Operator {
            name: "state",
            examples: &["state:live", "state:expired|revoked", "state:inactive"],
            help: "where a token or a provider stands",
            reads: Reads::OneOf(&["active", "inactive", "live", "expired", "revoked"], state),
        },
        Operator {
            name: "provider",
            examples: &["provider:okta"],
            help: "the provider is this one",
            reads: Reads::OneOf(PROVIDERS, |value| value.parse().ok().map(Self::Provider)),
        },
        Operator {
            name: "name",
            examples: &["name:ci"],
            help: "the token's name contains it",
            reads: Reads::Text(Self::Name),
        },
        Operator {
            name: "expires",
            examples: &["expires:<14d", "expires:never"],
            help: "the token is over within that, or with > later",
            reads: Reads::WhenOrNever(Self::Expires),
        },
        Operator {
            name: "used",
            examples: &["used:1h", "used:>30d", "used:never"],
            help: "was used not longer ago than that, or with > not since",
            reads: Reads::WhenOrNever(Self::Used),
        },
        Operator {
            name: "requests",
            examples: &["requests:>1000", "requests:0"],
            help: "how many requests came with the token",
            reads: Reads::Number(Self::Requests),
        },
        Operator {
            name: "id",
            examples: &["id:019c"],
            help: "the token's id begins so",
            reads: Reads::Own("id", |value| id_start(value).map(Self::Id)),
        },
        Operator {
            name: "revoked",
            examples: &["!revoked"],
            help: "the token was revoked",
            reads: Reads::Nothing(|| Self::TokenState(TokenState::Revoked)),
        },
    ];

    fn words(part: Text) -> Self {
        Self::Words(part)
    }

    fn holds(&self, facts: &ProviderFacts<'_>, now: Timestamp) -> bool {
        let token = facts.token.as_ref();
        match self {
            Self::Words(part) => {
                part.fits(facts.provider.as_str())
                    || part.fits(facts.provider.title())
                    || token.is_some_and(|token| part.fits(token.name))
            }
            Self::Provider(provider) => facts.provider == *provider,
            Self::ProviderState(state) => facts.state == Some(*state),
            Self::TokenState(state) => token.is_some_and(|token| token.state == *state),
            Self::Name(name) => token.is_some_and(|token| name.fits(token.name)),
            Self::Expires(when) => token.is_some_and(|token| when.fits_ahead(token.expires, now)),
            Self::Used(When::Never) => facts.used.is_none(),
            // What was never used has not been used since it was made.
            Self::Used(when @ When::Span { farther: true, .. }) => {
                when.fits(facts.used.or(token.map(|token| token.created)), now)
            }
            Self::Used(when) => when.fits(facts.used, now),
            Self::Requests(number) => token.is_some_and(|token| number.fits(token.requests)),
            Self::Id(start) => {
                token.is_some_and(|token| token.id.to_string().starts_with(start.as_str()))
            }
        }
    }
}

fn state(value: &str) -> Option<ProviderTest> {
    Some(match value {
        "active" => ProviderTest::ProviderState(ProviderState::Active),
        "inactive" => ProviderTest::ProviderState(ProviderState::Inactive),
        "live" => ProviderTest::TokenState(TokenState::Live),
        "expired" => ProviderTest::TokenState(TokenState::Expired),
        "revoked" => ProviderTest::TokenState(TokenState::Revoked),
        _ => return None,
    })
}
