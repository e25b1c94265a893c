//! The order of the lists that are sorted here: conflicts, providers with their tokens, changes.

use std::cmp::Ordering;

use super::arrangement::SortedBy;
use crate::{
    admin::row::{ConflictRow, JournalRow, ProviderRow, TokenRow},
    console::columns::{ConflictColumn, JournalColumn, LiveColumn, ProviderColumn},
    service::exchange::ExchangeLine,
};

/// Compares names without regard to case.
fn words(left: &str, right: &str) -> Ordering {
    let lower = |text: &str| text.to_lowercase();
    lower(left).cmp(&lower(right))
}

/// Which of two conflicts comes first.
pub fn conflicts(sorted: SortedBy, left: &ConflictRow, right: &ConflictRow) -> Ordering {
    use ConflictColumn as C;
    let Some(column) = sorted.column::<C>() else {
        return Ordering::Equal;
    };
    sorted.apply(match column {
        C::Pushed => words(&left.name, &right.name),
        C::Existing => words(&left.existing.name, &right.existing.name),
        C::Problem => left.kind.as_str().cmp(right.kind.as_str()),
        C::State => left.state.as_str().cmp(right.state.as_str()),
        C::Provider => left.provider.as_str().cmp(right.provider.as_str()),
        C::Tries => left.tries.cmp(&right.tries),
        C::FirstTry => left.first_seen.cmp(&right.first_seen),
        C::LastTry => left.last_seen.cmp(&right.last_seen),
        C::Sign | C::Id => Ordering::Equal,
    })
}

/// Which of two providers comes first.
pub fn providers(sorted: SortedBy, left: &ProviderRow, right: &ProviderRow) -> Ordering {
    use ProviderColumn as C;
    let Some(column) = sorted.column::<C>() else {
        return Ordering::Equal;
    };
    sorted.apply(match column {
        C::Name => left.provider.as_str().cmp(right.provider.as_str()),
        C::State => (left.state as u8).cmp(&(right.state as u8)),
        C::LastUsed => left.last_seen.cmp(&right.last_seen),
        C::Users => left.users.cmp(&right.users),
        C::Roles => left.roles.cmp(&right.roles),
        C::Tokens => left.tokens.cmp(&right.tokens),
        C::Made | C::Requests | C::Id => Ordering::Equal,
    })
}

/// Which of two tokens of one provider comes first. Those that never end come after those that do.
pub fn tokens(sorted: SortedBy, left: &TokenRow, right: &TokenRow) -> Ordering {
    use ProviderColumn as C;
    let Some(column) = sorted.column::<C>() else {
        return Ordering::Equal;
    };
    let end = |token: &TokenRow| {
        let until = token.revoked.or(token.expires);
        (until.is_none(), until)
    };
    sorted.apply(match column {
        C::Name => words(&left.name, &right.name),
        C::State => end(left).cmp(&end(right)),
        C::Made => left.created.cmp(&right.created),
        C::LastUsed => left.last_used.cmp(&right.last_used),
        C::Requests => left.requests.cmp(&right.requests),
        C::Users | C::Roles | C::Tokens | C::Id => Ordering::Equal,
    })
}

/// Which of two changes comes first.
pub fn changes(sorted: SortedBy, left: &JournalRow, right: &JournalRow) -> Ordering {
    use JournalColumn as C;
    let Some(column) = sorted.column::<C>() else {
        return Ordering::Equal;
    };
    sorted.apply(match column {
        C::Number => left.seq.cmp(&right.seq),
        C::Time => left.at.cmp(&right.at),
        C::Who => words(&left.actor, &right.actor),
        C::What => left.action.as_str().cmp(right.action.as_str()),
        C::Whom => words(&left.subject.name, &right.subject.name),
        C::Date | C::Change | C::Request | C::Subject => Ordering::Equal,
    })
}

/// Which of two requests comes first.
pub fn requests(sorted: SortedBy, left: &ExchangeLine, right: &ExchangeLine) -> Ordering {
    use LiveColumn as C;
    let Some(column) = sorted.column::<C>() else {
        return Ordering::Equal;
    };
    let provider = |line: &ExchangeLine| line.provider.map(crate::directory::Provider::as_str);
    sorted.apply(match column {
        C::Time => left.id.cmp(&right.id),
        C::Provider => provider(left).cmp(&provider(right)),
        C::Method => left.method.cmp(&right.method),
        C::Path => left.target.cmp(&right.target),
        C::Journal => left.journal.cmp(&right.journal),
        C::Node => left.node.cmp(&right.node),
        C::Status => left.status.cmp(&right.status),
        C::Took => left.micros.cmp(&right.micros),
        C::Sign | C::What | C::Id => Ordering::Equal,
    })
}
