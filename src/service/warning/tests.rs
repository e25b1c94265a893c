use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    WarningTimes, certificate_ending,
    provider::{expiring, silent},
    warnings,
};
use crate::{
    directory::{Change, Provider, ProviderRecord, ProviderState, Token, TokenHash, TokenId},
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
    let found = warnings(&*store.snapshot().unwrap(), &WarningTimes::default(), now()).unwrap();
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
            &WarningTimes::default(),
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
        let warning = expiring(&token, &WarningTimes::default(), now()).unwrap();
        assert!(warning.sentence.contains(words), "{}", warning.sentence);
    }
}

#[test]
fn a_certificate_is_warned_of_before_it_ends_and_after() {
    let times = WarningTimes::default();
    let told = |ends| {
        let warning = certificate_ending(ends, &times, now())?;
        Some(warning.sentence)
    };
    assert_eq!(told(now() + DAY * 15), None);
    let soon = told(now() + DAY * 13).unwrap();
    assert!(soon.contains("expires in 13 days"), "{soon}");
    for ended in [now(), now() - DAY] {
        let over = told(ended).unwrap();
        assert!(over.contains("has expired"), "{over}");
    }
}
