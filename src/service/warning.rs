//! What the operator should know.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    directory::{Provider, ProviderState, Read, Token, TokenState},
    store::Snapshot,
};

/// Something that the operator should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Which check found it: `lock-out`, `token-expiring`, …
    pub check: String,
    /// What it is about.
    pub subject: String,
    /// What is the matter.
    pub sentence: String,
    /// What to do.
    pub advice: String,
}

/// How long before its end a token is warned about.
const EXPIRES_SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How long an active provider may say nothing.
const SILENT_FOR: SignedDuration = SignedDuration::from_hours(2 * 24);

/// What is the matter now, the gravest first. Looks at totals and tokens only, so that it costs the
/// same however large the directory is.
///
/// # Errors
/// The store cannot be read.
pub fn warnings(snapshot: &dyn Snapshot, now: Timestamp) -> Read<Vec<Warning>> {
    let totals = snapshot.totals()?;
    let mut warnings = Vec::new();
    warnings.extend(lock_out(totals.admins_active));
    let tokens = snapshot.tokens()?;
    for provider in Provider::ALL {
        if snapshot.provider(provider)?.state == ProviderState::Active {
            warnings.extend(shut_out(provider, &tokens, now));
            warnings.extend(silent(snapshot, provider, &tokens, now)?);
        }
    }
    let expiring = tokens.iter().filter_map(|token| expiring(token, now));
    warnings.extend(expiring);
    warnings.extend(waiting(totals.conflicts_open));
    Ok(warnings)
}

fn lock_out(admins: u64) -> Option<Warning> {
    let sentence = match admins {
        0 => "No active user has the permission level admin.",
        1 => "Only one active user has the permission level admin.",
        _ => return None,
    };
    Some(Warning {
        check: "lock-out".to_owned(),
        subject: "admin".to_owned(),
        sentence: sentence.to_owned(),
        advice: "Give the level admin to a local user that no provider can suspend.".to_owned(),
    })
}

/// An active provider that has no token left which would be accepted.
fn shut_out(provider: Provider, tokens: &[Token], now: Timestamp) -> Option<Warning> {
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
fn silent(
    snapshot: &dyn Snapshot,
    provider: Provider,
    tokens: &[Token],
    now: Timestamp,
) -> Read<Option<Warning>> {
    let mut last = None;
    for token in tokens.iter().filter(|token| token.provider == provider) {
        last = last.max(snapshot.token_use(token.id)?.map(|(at, _)| at));
    }
    let quiet = last.map(|last| now.duration_since(last));
    Ok(quiet
        .filter(|quiet| *quiet > SILENT_FOR)
        .map(|quiet| Warning {
            check: "silent".to_owned(),
            subject: provider.to_string(),
            sentence: format!(
                "Nothing has come from {provider} for {} days.",
                quiet.as_hours() / 24
            ),
            advice:
                "See whether provisioning still runs there, and with a token that is live here."
                    .to_owned(),
        }))
}

fn expiring(token: &Token, now: Timestamp) -> Option<Warning> {
    let expires = token.expires?;
    let left = expires.duration_since(now);
    if token.state(now) != TokenState::Live || left > EXPIRES_SOON {
        return None;
    }
    let left = match left.as_hours() {
        ..1 => "in less than an hour".to_owned(),
        1 => "in an hour".to_owned(),
        hours @ 2..48 => format!("in {hours} hours"),
        hours => format!("in {} days", hours / 24),
    };
    let provider = token.provider;
    Some(Warning {
        check: "token-expiring".to_owned(),
        subject: token.name.clone(),
        sentence: format!("The {provider} token {:?} expires {left}.", token.name),
        advice: format!(
            "Make another token for {provider} and put it in place before; both are accepted meanwhile."
        ),
    })
}

fn waiting(conflicts: u64) -> Option<Warning> {
    if conflicts == 0 {
        return None;
    }
    let sentence = if conflicts == 1 {
        "A refused push waits for a decision.".to_owned()
    } else {
        format!("{conflicts} refused pushes wait for a decision.")
    };
    Some(Warning {
        check: "conflicts".to_owned(),
        subject: "conflicts".to_owned(),
        sentence,
        advice: "Link, rename or dismiss each of them.".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        directory::{Change, ProviderRecord, TokenHash, TokenId},
        store::{Ending, MemoryStore, Observations, Store},
    };

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    fn now() -> Timestamp {
        Timestamp::from_second(1_700_000_000).unwrap()
    }

    fn token(number: u8, expires: Option<SignedDuration>) -> Token {
        Token {
            id: TokenId(Uuid::from_u128(number.into())),
            provider: Provider::Okta,
            name: format!("okta {number}"),
            hash: TokenHash([number; 32]),
            prefix: String::new(),
            created: now(),
            expires: expires.map(|left| now() + left),
            revoked: None,
        }
    }

    fn checks(tokens: &[Token]) -> Vec<String> {
        let store = MemoryStore::new();
        store
            .write(&mut |transaction| {
                transaction.apply(&Change::PutProvider(ProviderRecord {
                    provider: Provider::Okta,
                    state: ProviderState::Active,
                    changed: Some(now()),
                }))?;
                for token in tokens {
                    transaction.apply(&Change::PutToken {
                        before: None,
                        after: Box::new(token.clone()),
                    })?;
                }
                Ok(Ending::Commit)
            })
            .unwrap();
        let found = warnings(&*store.snapshot().unwrap(), now()).unwrap();
        found.into_iter().map(|warning| warning.check).collect()
    }

    #[test]
    fn a_directory_without_admin_is_warned_of_first() {
        assert_eq!(checks(&[token(1, None)]), ["lock-out"]);
    }

    #[test]
    fn an_active_provider_without_live_token_is_warned_of() {
        assert_eq!(checks(&[]), ["lock-out", "no-token"]);
        assert_eq!(checks(&[token(1, Some(-DAY))]), ["lock-out", "no-token"]);
    }

    #[test]
    fn a_token_is_warned_of_two_weeks_before_its_end() {
        assert_eq!(checks(&[token(1, Some(DAY * 15))]), ["lock-out"]);
        let soon = [token(1, Some(DAY * 13)), token(2, None)];
        assert_eq!(checks(&soon), ["lock-out", "token-expiring"]);
    }

    #[test]
    fn a_provider_that_was_heard_of_before_and_not_for_long_is_warned_of() {
        let store = MemoryStore::new();
        let token = token(1, None);
        store
            .write(&mut |transaction| {
                transaction.apply(&Change::PutToken {
                    before: None,
                    after: Box::new(token.clone()),
                })?;
                Ok(Ending::Commit)
            })
            .unwrap();
        let mut observations = Observations::default();
        let uses = &mut observations.token_uses;
        uses.insert(token.id, (now(), 1));
        store.observe(&observations).unwrap();
        let snapshot = store.snapshot().unwrap();
        let silent_at = |now| {
            silent(
                &*snapshot,
                Provider::Okta,
                std::slice::from_ref(&token),
                now,
            )
            .unwrap()
        };
        assert_eq!(silent_at(now() + DAY * 2), None);
        let warning = silent_at(now() + DAY * 3).unwrap();
        assert_eq!(warning.sentence, "Nothing has come from okta for 3 days.");
    }

    #[test]
    fn the_time_left_is_told_in_the_unit_that_fits() {
        for (minutes, words) in [
            (30, "in less than an hour"),
            (90, "in an hour"),
            (47 * 60, "in 47 hours"),
            (9 * 24 * 60 + 5, "in 9 days"),
        ] {
            let token = token(1, Some(SignedDuration::from_mins(minutes)));
            let warning = expiring(&token, now()).unwrap();
            assert!(warning.sentence.contains(words), "{}", warning.sentence);
        }
    }
}
