//! What is the matter with providers and their tokens.

use jiff::Timestamp;

use super::{Warning, WarningTimes, length};
use crate::{
    directory::{HoldState, Provider, Read, Token, TokenState},
    store::Snapshot,
};

/// Suspensions that wait for an operator.
pub(super) fn held(
    snapshot: &dyn Snapshot,
    provider: Provider,
    now: Timestamp,
) -> Read<Option<Warning>> {
    let hold = snapshot.live_hold(provider)?;
    let waiting = hold.filter(|hold| hold.is_live(now) && hold.state == HoldState::Held);
    Ok(waiting.map(|hold| Warning {
        check: "held".to_owned(),
        subject: provider.to_string(),
        sentence: format!(
            "A sync of {provider} is held: {} of {} active users have left at once, and more shall.",
            hold.departed, hold.active
        ),
        advice: format!(
            "See whether that is meant, then approve or refuse the hold {}; the provider tries again by itself.",
            hold.id
        ),
    }))
}

/// An active provider that has no token left which would be accepted.
pub(super) fn shut_out(provider: Provider, tokens: &[Token], now: Timestamp) -> Option<Warning> {
    let is_live =
        |token: &Token| token.provider == provider && token.state(now) == TokenState::Live;
    if tokens.iter().any(is_live) {
        return None;
    }
    Some(Warning {
        check: "no-token".to_owned(),
        subject: provider.to_string(),
        sentence: format!("{provider} is active, but every token of it has expired or is revoked."),
        advice: format!("Make a new token for {provider}, or deactivate the provider."),
    })
}

/// An active provider that has come before, and has not for long.
pub(super) fn silent(
    snapshot: &dyn Snapshot,
    provider: Provider,
    tokens: &[Token],
    times: &WarningTimes,
    now: Timestamp,
) -> Read<Option<Warning>> {
    let mut last = None;
    for token in tokens.iter().filter(|token| token.provider == provider) {
        last = last.max(snapshot.token_use(token.id)?.map(|(at, _)| at));
    }
    let quiet = last.map(|last| now.duration_since(last));
    Ok(quiet
        .filter(|quiet| *quiet > times.silent_after)
        .map(|quiet| Warning {
            check: "silent".to_owned(),
            subject: provider.to_string(),
            sentence: format!("Nothing has come from {provider} for {}.", length(quiet)),
            advice:
                "See whether provisioning still runs there, and with a token that is live here."
                    .to_owned(),
        }))
}

/// A live token that ends soon.
pub(super) fn expiring(token: &Token, times: &WarningTimes, now: Timestamp) -> Option<Warning> {
    let expires = token.expires?;
    let left = expires.duration_since(now);
    if token.state(now) != TokenState::Live || left > times.token_expiry {
        return None;
    }
    let left = length(left);
    let provider = token.provider;
    Some(Warning {
        check: "token-expiring".to_owned(),
        subject: token.name.clone(),
        sentence: format!("The {provider} token {:?} expires in {left}.", token.name),
        advice: format!(
            "Make another token for {provider} and put it in place before; both are accepted meanwhile."
        ),
    })
}

/// A live token that nobody has used for as long as a role may stay without push.
pub(super) fn unused(
    snapshot: &dyn Snapshot,
    token: &Token,
    times: &WarningTimes,
    now: Timestamp,
) -> Read<Option<Warning>> {
    if token.state(now) != TokenState::Live {
        return Ok(None);
    }
    let last = snapshot.token_use(token.id)?.map(|(at, _)| at);
    let quiet = now.duration_since(last.unwrap_or(token.created));
    if quiet <= times.stale_after {
        return Ok(None);
    }
    let (provider, name) = (token.provider, &token.name);
    Ok(Some(Warning {
        check: "token-unused".to_owned(),
        subject: name.clone(),
        sentence: match last {
            Some(_) => format!(
                "The {provider} token {name:?} was last used {} ago.",
                length(quiet)
            ),
            None => format!(
                "The {provider} token {name:?} has not been used since it was made {} ago.",
                length(quiet)
            ),
        },
        advice:
            "Revoke it if nothing needs it; a token that nobody misses can be stolen unnoticed."
                .to_owned(),
    }))
}
