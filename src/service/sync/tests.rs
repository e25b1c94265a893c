//! The grouping of exchanges into syncs.

use proptest::prelude::*;

use super::*;

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
