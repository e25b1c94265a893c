//! A file of the first layout becomes one of the latest, and what is old goes.

use redb::{ReadableTable as _, TableDefinition, TableHandle as _};

use super::*;
use crate::{
    directory::{ExchangeId, Provider, Subject, event::Action, event::Actor, event::Event},
    store::{CursorError, Observations, journal_after},
};

/// The tables that the first layout had not.
const NEWER: [&str; 15] = [
    "resources",
    "resource_names",
    "grants",
    "granted",
    "temporary_access",
    "temporary_access_to",
    "temporary_access_due",
    "departures",
    "departure_times",
    "hold_rows",
    "live_holds",
    "admins",
    "suspended_users",
    "managed_roles",
    "unknown_members",
];

/// Makes the file what the first version would have left.
fn make_first_layout(path: &Path) {
    let database = Database::create(path.join(FILE_NAME)).expect("the file opens");
    let transaction = database.begin_write().expect("a transaction");
    let newer: Vec<_> = transaction
        .list_tables()
        .expect("tables")
        .filter(|table| NEWER.contains(&table.name()))
        .collect();
    assert_eq!(newer.len(), NEWER.len());
    for table in newer {
        transaction.delete_table(table).expect("deleted");
    }
    let meta = TableDefinition::<&str, u64>::new("meta");
    let totals = TableDefinition::<&str, &[u8]>::new("totals");
    {
        let mut meta = transaction.open_table(meta).expect("a table");
        meta.insert("schema", 1).expect("written");
        let mut totals = transaction.open_table(totals).expect("a table");
        let json = totals.get("totals").expect("read").expect("totals");
        let mut kept: serde_json::Value = serde_json::from_slice(json.value()).expect("JSON");
        drop(json);
        let kept = kept.as_object_mut().expect("an object");
        for name in ["users_managed_active", "departures", "resources", "grants"] {
            kept.shift_remove(name).expect("a total");
        }
        let json = serde_json::to_vec(kept).expect("JSON");
        totals.insert("totals", json.as_slice()).expect("written");
    }
    transaction.commit().expect("a commit");
}

#[test]
fn the_first_layout_becomes_the_latest() {
    let directory = directory();
    let store = open(directory.path());
    let managed = ManagedBy::Provider(Provider::Okta);
    for number in 1..4 {
        let mut user = user(number);
        user.managed_by = managed;
        user.active = Some(number != 1);
        user.permission_level = PermissionLevel::Admin;
        let mut role = role(number);
        role.managed_by = managed;
        let changes = [
            Change::PutUser {
                before: None,
                after: Box::new(user),
            },
            Change::PutRole {
                before: None,
                after: Box::new(role),
            },
        ];
        apply(&store, changes).expect("written");
    }
    let before = store.snapshot().expect("a snapshot").totals();
    drop(store);
    make_first_layout(directory.path());
    let store = open(directory.path());
    assert_eq!(store.check().expect("a check"), Vec::<String>::new());
    let snapshot = store.snapshot().expect("a snapshot");
    assert_eq!(snapshot.totals().expect("totals"), before.expect("totals"));
    assert_eq!(snapshot.suspended(None, 9).expect("users").len(), 1);
    assert_eq!(snapshot.active_admins(9).expect("admins").len(), 2);
    let stale = snapshot.stale_roles(Timestamp::MAX, 9).expect("roles");
    assert_eq!(stale.len(), 3);
}

/// Ten entries, a second apart.
fn write_journal(store: &dyn Store) {
    store
        .write(&mut |transaction| {
            for second in 1..=10 {
                let event = Event {
                    action: Action::UserUpdated,
                    subject: Subject::user(&user(1)),
                    before: serde_json::Value::Null,
                    after: serde_json::Value::Null,
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
fn old_exchanges_go() {
    let directory = directory();
    let file = open(directory.path());
    let memory = crate::store::MemoryStore::new();
    let id = |second: u128| ExchangeId(uuid::Uuid::from_u128((second * 1_000) << 80 | 7));
    for store in [&file as &dyn Store, &memory] {
        let exchanges = (1..=5).map(|second| (id(second), format!("{{\"n\":{second}}}")));
        let observations = Observations {
            exchanges: exchanges.collect(),
            keep_exchanges: 4,
            exchanges_since: Timestamp::from_second(4).ok(),
            ..Observations::default()
        };
        store.observe(&observations).expect("observed");
        let snapshot = store.snapshot().expect("a snapshot");
        let kept = snapshot.exchanges(9).expect("exchanges");
        assert_eq!(kept, ["{\"n\":4}", "{\"n\":5}"]);
    }
}
