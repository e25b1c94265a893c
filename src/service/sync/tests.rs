//! The grouping of exchanges into syncs.

use proptest::prelude::*;

use super::{
    histogram::{class_of, upper_end},
    *,
};
use crate::{
    directory::{ConflictId, ExchangeId},
    service::exchange::Effect,
};

const GAP: Duration = Duration::from_secs(30);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn line(number: u128, provider: Provider, second: i64, method: &str, status: u16) -> ExchangeLine {
    ExchangeLine {
        id: ExchangeId(uuid::Uuid::from_u128(number)),
        at: at(second),
        provider: Some(provider),
        method: method.to_owned(),
        target: "/scim/v2/Users".to_owned(),
        status,
        micros: 1_000,
        summary: String::new(),
        effect: Effect::default(),
        users: Vec::new(),
        roles: Vec::new(),
        journal: Vec::new(),
        conflict: None,
        node: None,
    }
}

#[test]
fn a_quiet_gap_closes_a_sync_and_the_gap_itself_does_not() {
    let mut log = SyncLog::new(GAP);
    for (number, second) in [(1, 0), (2, 30), (3, 60), (4, 91)] {
        log.note(&line(number, Provider::Okta, second, "GET", 200));
    }
    let digests = log.digests(at(100), 10);
    let requests: Vec<u64> = digests.iter().map(|digest| digest.requests).collect();
    assert_eq!(requests, [1, 3]);
    assert!(digests[0].running && !digests[1].running);
    assert_eq!((digests[1].started, digests[1].last), (at(0), at(60)));
    assert!(!log.digests(at(122), 1)[0].running);
}

#[test]
fn providers_sync_side_by_side() {
    let mut log = SyncLog::new(GAP);
    for number in 0..10 {
        let provider = [Provider::Okta, Provider::Entra][usize::from(number % 2 == 0)];
        log.note(&line(
            number,
            provider,
            i64::try_from(number).unwrap(),
            "GET",
            200,
        ));
    }
    let digests = log.digests(at(9), 10);
    assert_eq!(digests.len(), 2);
    assert!(digests.iter().all(|digest| digest.requests == 5));
}

#[test]
fn a_digest_adds_up_what_its_exchanges_did() {
    let mut log = SyncLog::new(GAP);
    log.note(&line(1, Provider::Okta, 0, "GET", 200));
    log.note(&line(2, Provider::Okta, 1, "PUT", 200));
    let mut created = line(3, Provider::Okta, 2, "POST", 201);
    created.effect.users_created = 1;
    log.note(&created);
    let mut refused = line(4, Provider::Okta, 3, "POST", 409);
    refused.effect.conflicts = 1;
    log.note(&refused);
    let mut search = line(5, Provider::Okta, 4, "POST", 200);
    search.target = "/scim/v2/Users/.search".to_owned();
    log.note(&search);

    let digest = log.digests(at(4), 1).remove(0);
    assert_eq!((digest.requests, digest.lookups), (5, 2));
    assert_eq!((digest.unchanged, digest.errors), (1, 1));
    assert_eq!(digest.effect.users_created, 1);
    assert_eq!(digest.effect.conflicts, 1);
    assert_eq!(digest.p50_micros, 1_000);
}

#[test]
fn what_came_without_a_token_belongs_to_no_sync() {
    let mut log = SyncLog::new(GAP);
    let mut stranger = line(1, Provider::Okta, 0, "GET", 401);
    stranger.provider = None;
    log.note(&stranger);
    assert_eq!(log.digests(at(0), 10), []);
}

#[test]
fn an_exchange_that_overtook_another_stays_in_its_sync() {
    let mut log = SyncLog::new(GAP);
    log.note(&line(2, Provider::Okta, 10, "GET", 200));
    log.note(&line(1, Provider::Okta, 5, "GET", 200));
    let digests = log.digests(at(10), 10);
    assert_eq!(digests.len(), 1);
    assert_eq!((digests[0].started, digests[0].last), (at(5), at(10)));
}

#[test]
fn only_so_many_digests_are_kept() {
    let mut log = SyncLog::new(GAP);
    for number in 0..300 {
        log.note(&line(
            number,
            Provider::Okta,
            i64::try_from(number).unwrap() * 100,
            "GET",
            200,
        ));
    }
    assert_eq!(log.digests(at(0), usize::MAX).len(), DIGESTS + 1);
}

fn suspension(number: u128, second: i64, held: bool) -> ExchangeLine {
    let mut line = line(number, Provider::Okta, second, "PATCH", 200);
    line.users = vec![format!("user{number}@x.io")];
    if held {
        line.status = 429;
        line.effect.held = 1;
    } else {
        line.effect.users_suspended = 1;
    }
    line
}

#[test]
fn what_went_wrong_is_told_by_kind() {
    let mut log = SyncLog::new(GAP);
    for number in 0..3 {
        log.note(&suspension(number, 0, number > 0));
    }
    // A client that is too fast is answered 429 as well, but nothing of it is held.
    log.note(&line(10, Provider::Okta, 1, "GET", 429));
    for (number, status) in [(11, 400), (12, 404), (13, 404)] {
        log.note(&line(number, Provider::Okta, 1, "PUT", status));
    }
    for number in [14, 15] {
        let mut taken = line(number, Provider::Okta, 2, "POST", 409);
        taken.conflict = Some(ConflictId(uuid::Uuid::from_u128(1)));
        taken.effect.conflicts = 1;
        log.note(&taken);
    }
    let digest = log.digests(at(2), 1).remove(0);
    assert_eq!((digest.errors, digest.held, digest.failed), (8, 2, 4));
    let kinds = digest.failures.iter();
    let kinds: Vec<_> = kinds
        .map(|kind| (kind.status, kind.count, kind.first.0.as_u128()))
        .collect();
    assert_eq!(kinds, [(429, 1, 10), (400, 1, 11), (404, 2, 12)]);
    assert_eq!(digest.conflicts.len(), 1);
    assert_eq!((digest.conflict_count(), digest.effect.conflicts), (1, 2));
}

#[test]
fn what_a_digest_names_is_bounded() {
    let mut log = SyncLog::new(GAP);
    for number in 0..200_u16 {
        let mut line = line(number.into(), Provider::Okta, 0, "PUT", 400 + number);
        line.micros = u64::from(number % 100);
        log.note(&line);
        line.status = 409;
        line.conflict = Some(ConflictId(uuid::Uuid::from_u128(number.into())));
        line.effect.conflicts = 1;
        log.note(&line);
    }
    let digest = log.digests(at(0), 1).remove(0);
    assert_eq!(digest.failures.len(), FAILURES);
    assert_eq!(digest.conflicts.len(), CONFLICTS);
    assert_eq!((digest.failed, digest.conflict_count()), (200, 200));
    let slowest: Vec<_> = digest.slowest.iter().map(|slow| slow.micros).collect();
    assert_eq!(slowest, [99, 99, 99, 99, 98]);
}

#[test]
fn progress_is_what_was_seen_of_what_is_known() {
    let mut log = SyncLog::new(GAP);
    for (number, percent) in [(0, None), (1, Some(50)), (1, Some(50)), (2, Some(75))] {
        log.note(&suspension(number, number.try_into().unwrap(), false));
        if number > 0 {
            log.know_users(Provider::Okta, 4);
        }
        let digest = log.digests(at(3), 1).remove(0);
        assert_eq!(digest.progress().map(|progress| progress.percent), percent);
    }
    let digest = log.digests(at(3), 1).remove(0);
    assert_eq!((digest.users_seen, digest.known_users), (3, 4));
    assert!((digest.requests_per_second - 2.0).abs() < f64::EPSILON);
    assert_eq!(log.digests(at(60), 1)[0].progress(), None, "it has ended");
}

#[test]
fn those_made_meanwhile_count_and_a_first_sync_has_no_end_to_measure() {
    let mut log = SyncLog::new(GAP);
    let mut created = line(1, Provider::Okta, 0, "POST", 201);
    created.effect.users_created = 1;
    created.users = vec!["new@x.io".to_owned()];
    log.note(&created);
    log.know_users(Provider::Okta, 10);
    log.note(&created);
    let digest = log.digests(at(0), 1).remove(0);
    assert_eq!(digest.known_users, 11);
    assert!(digest.progress().is_some());
    for _ in 0..20 {
        log.note(&created);
    }
    assert_eq!(log.digests(at(0), 1)[0].progress(), None);
}

proptest! {
    #[test]
    fn classes_are_in_order_and_narrow(micros in 0_u64..u64::MAX) {
        let class = class_of(micros);
        prop_assert!(micros <= upper_end(class));
        prop_assert!(class == 0 || upper_end(class - 1) < micros);
        prop_assert!(upper_end(class) - micros <= micros / 8);
    }

    #[test]
    fn every_exchange_is_in_exactly_one_sync(gaps in prop::collection::vec(0_i64..60, 1..50)) {
        let mut log = SyncLog::new(GAP);
        let mut second = 0;
        for (number, gap) in gaps.iter().enumerate() {
            second += gap;
            log.note(&line(number as u128, Provider::Okta, second, "GET", 200));
        }
        let digests = log.digests(at(second), 100);
        prop_assert_eq!(digests.iter().map(|digest| digest.requests).sum::<u64>(), gaps.len() as u64);
        let breaks = gaps.iter().skip(1).filter(|gap| **gap > 30).count();
        prop_assert_eq!(digests.len(), breaks + 1);
    }
}
