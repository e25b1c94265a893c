//! What is older than it is to be kept goes.

use super::*;
use crate::{
    directory::{ExchangeId, Subject, event::Action, event::Actor, event::Event},
    store::{CursorError, Observations, journal_after},
};

/// Ten entries, a second apart.
fn write_journal(store: &dyn Store) {
    store
        .write(&mut |transaction| {
            for second in 1..=10 {
                let event = Event {
                    action: Action::UserUpdated,
                    subject: Subject::user(&user(1, 1)),
                    before: serde_json::Value::Null.into(),
                    after: serde_json::Value::Null.into(),
                };
                let at = Timestamp::from_second(second).expect("a time");
                transaction.append(at, &Actor::System, None, &event)?;
            }
            Ok(Ending::Commit)
        })
        .expect("a commit");
}

#[test]
fn old_entries_go_and_their_readers_are_told() {
    let directory = directory();
    let file = open(directory.path());
    let memory = crate::store::MemoryStore::new();
    for store in [&file as &dyn Store, &memory] {
        write_journal(store);
        let since = |second| Observations {
            journal_since: Timestamp::from_second(second).ok(),
            ..Observations::default()
        };
        store.observe(&since(4)).expect("trimmed");
        let snapshot = store.snapshot().expect("a snapshot");
        assert_eq!(snapshot.journal_first().expect("a read"), 4);
        for cursor in [0, 2] {
            let gone = journal_after(&*snapshot, cursor, 99).expect_err("gone");
            assert!(matches!(gone, CursorError::Trimmed { first: 4, .. }));
            assert!(gone.to_string().contains("begins at entry 4"), "{gone}");
        }
        let rest = journal_after(&*snapshot, 3, 99).expect("the rest");
        assert_eq!(rest.len(), 7);
        assert_eq!(journal_after(&*snapshot, u64::MAX, 9).expect("none"), []);
        // The newest stays, however old it is.
        store.observe(&since(1_000)).expect("trimmed");
        let snapshot = store.snapshot().expect("a snapshot");
        assert_eq!(snapshot.journal_first().expect("a read"), 10);
        assert_eq!(store.check().expect("a check"), [""; 0]);
    }
}

#[test]
fn entries_beyond_a_number_go() {
    let directory = directory();
    let file = open(directory.path());
    let memory = crate::store::MemoryStore::new();
    for store in [&file as &dyn Store, &memory] {
        write_journal(store);
        for (keep, since, first) in [
            (None, None, 1),
            (Some(100), None, 1),
            (Some(8), None, 3),
            (Some(8), Some(2), 3),
            // What is old goes beside what is too much, whichever is more.
            (Some(7), Some(6), 6),
            // The newest stays.
            (Some(0), None, 10),
        ] {
            let observations = Observations {
                keep_journal: keep,
                journal_since: since.and_then(|second| Timestamp::from_second(second).ok()),
                ..Observations::default()
            };
            store.observe(&observations).expect("trimmed");
            let snapshot = store.snapshot().expect("a snapshot");
            assert_eq!(snapshot.journal_first().expect("a read"), first, "{keep:?}");
            let rest = journal_after(&*snapshot, first - 1, 99).expect("the rest");
            assert_eq!(rest.len() as u64, 11 - first);
        }
        assert_eq!(store.check().expect("a check"), [""; 0]);
    }
}

#[test]
fn old_exchanges_go() {
    let directory = directory();
    let file = open(directory.path());
    let memory = crate::store::MemoryStore::new();
    let id = |second: u128| ExchangeId(uuid::Uuid::from_u128((second * 1_000) << 80 | 7));
    for store in [&file as &dyn Store, &memory] {
        let exchanges = (1..=5).map(|second| (id(second), format!("{{\"n\":{second}}}").into()));
        let observations = Observations {
            exchanges: exchanges.collect(),
            keep_exchanges: 4,
            exchanges_since: Timestamp::from_second(4).ok(),
            ..Observations::default()
        };
        store.observe(&observations).expect("observed");
        let snapshot = store.snapshot().expect("a snapshot");
        let kept = snapshot.exchanges(9, usize::MAX).expect("exchanges");
        assert_eq!(kept, ["{\"n\":4}", "{\"n\":5}"]);
    }
}
