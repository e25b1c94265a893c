//! The ring, its bounds and its followers.

use uuid::Uuid;

use super::*;
use crate::{
    directory::Provider,
    service::exchange::{Body, Effect, Exchange},
};

fn exchange(number: u128) -> Kept {
    let text = "x".repeat(1000);
    let exchange = Exchange {
        line: ExchangeLine {
            id: ExchangeId(Uuid::from_u128(number)),
            at: Timestamp::UNIX_EPOCH,
            provider: Some(Provider::Okta),
            method: "GET".to_owned(),
            target: "/scim/v2/Users".to_owned(),
            status: if number.is_multiple_of(10) { 409 } else { 200 },
            micros: u64::try_from(number).unwrap(),
            summary: String::new(),
            effect: Effect::default(),
            users: Vec::new(),
            roles: Vec::new(),
            journal: Vec::new(),
            conflict: None,
            node: None,
        },
        token: None,
        peer: "127.0.0.1:1".into(),
        request_headers: Vec::new(),
        request_body: Body::default(),
        response_headers: Vec::new(),
        response_body: Body::record(&text, 1000),
    };
    exchange.kept().unwrap()
}

fn recorder(exchanges: usize, bytes: usize) -> Recorder {
    Recorder::new(Bounds {
        exchanges,
        bytes,
        sync_gap: Duration::from_secs(30),
    })
}

fn numbers(lines: &[ExchangeLine]) -> Vec<u128> {
    lines.iter().map(|line| line.id.0.as_u128()).collect()
}

fn id(number: u128) -> ExchangeId {
    ExchangeId(Uuid::from_u128(number))
}

#[test]
fn the_ring_is_bounded_by_count() {
    let recorder = recorder(3, usize::MAX / 8);
    (1..=5).for_each(|number| {
        recorder.record(exchange(number));
    });
    assert_eq!(numbers(&recorder.lines(None, 10)), [3, 4, 5]);
    assert_eq!(recorder.figures(Timestamp::UNIX_EPOCH).evicted, 2);
    assert!(recorder.get(id(2)).is_none());
    assert!(recorder.get(id(3)).is_some());
}

#[test]
fn the_ring_is_bounded_by_bytes() {
    let footprint = exchange(1).footprint();
    let recorder = recorder(100, footprint * 2);
    (1..=5).for_each(|number| {
        recorder.record(exchange(number));
    });
    assert_eq!(numbers(&recorder.lines(None, 10)), [4, 5]);
}

#[test]
fn lines_after_an_exchange_come_in_the_order_of_recording() {
    let recorder = recorder(10, usize::MAX / 8);
    for number in [2, 1, 4, 3] {
        recorder.record(exchange(number));
    }
    assert_eq!(numbers(&recorder.lines(Some(id(1)), 10)), [4, 3]);
    assert_eq!(numbers(&recorder.lines(Some(id(1)), 1)), [3]);
    assert_eq!(numbers(&recorder.lines(Some(id(0)), 10)), [2, 1, 4, 3]);
}

#[test]
fn figures_count_errors_and_order_times() {
    let recorder = recorder(1000, usize::MAX / 8);
    (1..=100).for_each(|number| {
        recorder.record(exchange(number));
    });
    let figures = recorder.figures(Timestamp::UNIX_EPOCH);
    assert_eq!((figures.total, figures.errors), (100, 10));
    assert_eq!((figures.p50_micros, figures.p95_micros), (50, 95));
}

#[tokio::test]
async fn a_follower_gets_what_was_and_then_what_comes() {
    let recorder = recorder(10, usize::MAX / 8);
    (1..=3).for_each(|number| {
        recorder.record(exchange(number));
    });
    let mut follower = recorder.follow(Some(id(1)));
    recorder.record(exchange(4));
    let (lines, missed) = follower.next().await.unwrap();
    assert_eq!((numbers(&lines), missed), (vec![2, 3], 0));
    let (lines, missed) = follower.next().await.unwrap();
    assert_eq!((numbers(&lines), missed), (vec![4], 0));
    recorder.close();
    assert!(follower.next().await.is_none());
}

#[tokio::test]
async fn a_slow_follower_is_told_what_it_missed_and_holds_nothing_up() {
    let recorder = recorder(10, usize::MAX / 8);
    let mut follower = recorder.follow(None);
    (1..=2000).for_each(|number| {
        recorder.record(exchange(number));
    });
    let (mut seen, mut missed) = (0, 0);
    while seen + missed < 2000 {
        let (lines, more) = follower.next().await.unwrap();
        seen += lines.len() as u64;
        missed += more;
    }
    assert_eq!(missed, 2000 - 10);
}

#[test]
fn what_cannot_be_stored_in_time_is_let_go_and_counted() {
    let recorder = recorder(2, usize::MAX / 8);
    (1..=20).for_each(|number| {
        recorder.record(exchange(number));
    });
    let (unsaved, lost) = recorder.take_unsaved();
    assert_eq!((unsaved.len(), lost), (2, 18));
    assert_eq!(recorder.take_unsaved().0.len(), 0);
}
