//! What each screen filters, and what the filters look at.

use jiff::Timestamp;

use super::action::Screen;
use crate::{
    admin::row::{ConflictRow, JournalRow, ProviderRow, TokenRow},
    directory::TokenState,
    service::search::{
        List,
        conflicts::ConflictFacts,
        journal::JournalFacts,
        providers::{ProviderFacts, TokenFacts},
    },
};

pub use crate::service::search::FilterError;

/// The list of a screen; `None` where there is nothing to filter.
pub fn list(screen: Screen) -> Option<List> {
    Some(match screen {
        Screen::Live => List::Exchanges,
        Screen::Users => List::Users,
        Screen::Roles => List::Roles,
        Screen::Conflicts => List::Conflicts,
        Screen::Access => List::Resources,
        Screen::Providers => List::Providers,
        Screen::Journal => List::Journal,
        Screen::Setup => return None,
    })
}

/// What a filter looks at of a conflict.
pub fn conflict_facts(row: &ConflictRow) -> ConflictFacts<'_> {
    ConflictFacts {
        id: row.id,
        kind: row.kind,
        provider: row.provider,
        name: &row.name,
        existing: &row.existing.name,
        state: row.state,
        tries: row.tries,
        first_seen: row.first_seen,
        last_seen: row.last_seen,
    }
}

/// What a filter looks at of a change.
pub fn journal_facts(row: &JournalRow) -> JournalFacts<'_> {
    JournalFacts {
        seq: row.seq,
        at: row.at,
        actor: &row.actor,
        action: row.action,
        subject: &row.subject,
        before: &row.before,
        after: &row.after,
        exchange: row.exchange,
    }
}

/// What a filter looks at of a provider.
pub fn provider_facts(row: &ProviderRow) -> ProviderFacts<'_> {
    ProviderFacts {
        provider: row.provider,
        state: Some(row.state),
        used: row.last_seen,
        token: None,
    }
}

/// What a filter looks at of a token.
pub fn token_facts(row: &TokenRow, now: Timestamp) -> ProviderFacts<'_> {
    let state = if row.revoked.is_some() {
        TokenState::Revoked
    } else if row.expires.is_some_and(|expires| expires <= now) {
        TokenState::Expired
    } else {
        TokenState::Live
    };
    ProviderFacts {
        provider: row.provider,
        state: None,
        used: row.last_used,
        token: Some(TokenFacts {
            id: row.id,
            name: &row.name,
            state,
            created: row.created,
            expires: row.expires,
            requests: row.requests,
        }),
    }
}
