//! A file of an older layout becomes one of the latest, and keeps what it holds.

use redb::{ReadableTable as _, ReadableTableMetadata as _, TableDefinition, TableHandle as _};
use serde_json::json;

use super::*;
use crate::{
    directory::{Event, Membership, Origin, Subject, event::Action, event::Actor},
    store::{
        backup::backup,
        redb::{
            encoding::Prefix,
            rows::Row as _,
            tables::Tables as _,
            upgrade::{OLDEST, STEPS, Step, upgrade},
        },
    },
};

const META: TableDefinition<&str, u64> = TableDefinition::new(tables::META);
const USERS: TableDefinition<&[u8; 16], &[u8]> = TableDefinition::new("users");
const EMAILS: TableDefinition<&[u8], ()> = TableDefinition::new("user_emails");

/// The tables that layout 1 had not.
const SINCE_2: [&str; 15] = [
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

/// The totals that layout 1 had not.
const TOTALS_SINCE_2: [&str; 5] = [
    "users_managed_active",
    "departures",
    "resources",
    "grants",
    "temporary_access",
];

fn database(directory: &Path) -> Database {
    Database::open(directory.join(FILE_NAME)).expect("it is a redb file")
}

/// Makes of a file of layout 2 what layout 1 would have been.
fn make_layout_1(directory: &Path) {
    let database = database(directory);
    let transaction = database.begin_write().expect("a transaction");
    let newer: Vec<_> = transaction
        .list_tables()
        .expect("tables")
        .filter(|table| SINCE_2.contains(&table.name()))
        .collect();
    assert_eq!(newer.len(), SINCE_2.len());
    for table in newer {
        assert!(transaction.delete_table(table).expect("deleted"));
    }
    let totals = TableDefinition::<&str, &[u8]>::new("totals");
    {
        // Until layout 6 users were JSON, too.
        let mut users = transaction.open_table(USERS).expect("a table");
        let rows = users.iter().expect("rows");
        let rows: Vec<User> = rows
            .map(|row| User::read(row.expect("read").1.value()).expect("a user"))
            .collect();
        for user in rows {
            let json = serde_json::to_vec(&user).expect("JSON");
            users
                .insert(user.id.as_bytes(), json.as_slice())
                .expect("written");
            // Until layout 7 each address was in the index.
            let mut emails = transaction.open_table(EMAILS).expect("a table");
            for email in user.folded_emails() {
                let key = Prefix::of(&email).with(user.id.as_bytes());
                emails.insert(key.as_slice(), ()).expect("written");
            }
        }
        let mut meta = transaction.open_table(META).expect("a table");
        meta.insert("schema", 1).expect("written");
        let mut totals = transaction.open_table(totals).expect("a table");
        let json = totals.get("totals").expect("read").expect("totals");
        let mut kept: Document = serde_json::from_slice(json.value()).expect("JSON");
        drop(json);
        for name in TOTALS_SINCE_2 {
            kept.shift_remove(name).expect("a total");
        }
        let json = serde_json::to_vec(&kept).expect("JSON");
        totals.insert("totals", json.as_slice()).expect("written");
    }
    transaction.commit().expect("a commit");
}

fn layout(directory: &Path) -> u64 {
    let database = database(directory);
    let transaction = database.begin_read().expect("a snapshot");
    let meta = transaction.open_table(META).expect("a table");
    let layout = meta.get("schema").expect("read").expect("a layout");
    layout.value()
}

/// Users and roles of every owner, admins and suspended ones among them, members and a journal.
fn fill(store: &RedbStore) {
    let mut changes = Vec::new();
    for number in 1..40 {
        let mut user = user(number, 0);
        user.active = Some(!number.is_multiple_of(4));
        if number.is_multiple_of(3) {
            user.permission_level = PermissionLevel::Admin;
        }
        user.attributes = emails(&[&user.user_name, "team@x.io"]).into();
        let mut role = role(number, 0);
        role.local_members = 1;
        let membership = Membership {
            role: role.id,
            user: user.id,
            origin: Origin::Local,
        };
        changes.extend([
            Change::PutUser {
                before: None,
                after: Box::new(user),
            },
            Change::PutRole {
                before: None,
                after: Box::new(role),
            },
            Change::PutMembership(membership),
        ]);
    }
    apply(store, changes).expect("written");
    let event = Event {
        action: Action::UserUpdated,
        subject: Subject::user(&user(1, 0)),
        before: serde_json::Value::Null.into(),
        after: serde_json::Value::Null.into(),
    };
    store
        .write(&mut |transaction| {
            let at = Timestamp::UNIX_EPOCH;
            transaction.append(at, &Actor::System, None, &event)?;
            Ok(Ending::Commit)
        })
        .expect("a commit");
}

/// A user's attributes with these addresses.
fn emails(addresses: &[&str]) -> Document {
    let values = addresses.iter().map(|value| json!({"value": value}));
    let emails = values.collect::<serde_json::Value>();
    Document::from_iter([("emails".to_owned(), emails)])
}

/// Everything that a backup holds, and the lists that surveys look up.
fn everything(store: &RedbStore) -> (String, Totals, [usize; 3]) {
    let snapshot = store.snapshot().expect("a snapshot");
    let mut bytes = Vec::new();
    backup(&*snapshot, Timestamp::UNIX_EPOCH, &mut bytes).expect("a backup");
    let lists = [
        snapshot.suspended(None, 99).expect("users").len(),
        snapshot.active_admins(99).expect("admins").len(),
        snapshot
            .stale_roles(Timestamp::MAX, 99)
            .expect("roles")
            .len(),
    ];
    let text = String::from_utf8(bytes).expect("text");
    (text, snapshot.totals().expect("totals"), lists)
}

#[test]
fn layout_1_becomes_the_latest_and_keeps_everything() {
    let directory = directory();
    let store = open(directory.path());
    fill(&store);
    let before = everything(&store);
    assert!(before.2.iter().all(|&length| length > 0), "{:?}", before.2);
    drop(store);
    make_layout_1(directory.path());
    for opening in ["the first", "the second"] {
        let store = open(directory.path());
        assert_eq!(everything(&store), before, "{opening}");
        assert_eq!(store.check().expect("a check"), Vec::<String>::new());
    }
    assert_eq!(layout(directory.path()), LATEST);
    assert_eq!(emails_kept(directory.path()), 39, "those that are no names");
    let as_json = users_as_json(directory.path());
    assert!(as_json > 1, "rows stay as they are until they change");
    let store = open(directory.path());
    let before = Box::new(user_of(&store, 1));
    let after = Box::new(User {
        user_name: "other@x.io".to_owned(),
        ..(*before).clone()
    });
    let change = Change::PutUser {
        before: Some(before),
        after: after.clone(),
    };
    apply(&store, vec![change]).expect("written");
    assert_eq!(user_of(&store, 1), *after);
    assert_eq!(store.check().expect("a check"), Vec::<String>::new());
    drop(store);
    assert_eq!(users_as_json(directory.path()), as_json - 1);
}

fn user_of(store: &RedbStore, number: u64) -> User {
    let snapshot = store.snapshot().expect("a snapshot");
    let found = snapshot.user(user(number, 0).id).expect("read");
    found.expect("a user")
}

/// How many addresses are in the index.
fn emails_kept(directory: &Path) -> u64 {
    let database = database(directory);
    let transaction = database.begin_read().expect("a snapshot");
    let emails = transaction.open_table(EMAILS).expect("a table");
    emails.len().expect("a length")
}

/// How many users' rows are JSON.
fn users_as_json(directory: &Path) -> usize {
    let database = database(directory);
    let transaction = database.begin_read().expect("a snapshot");
    let users = transaction.open_table(USERS).expect("a table");
    let rows = users.iter().expect("rows");
    rows.filter(|row| row.as_ref().expect("read").1.value().starts_with(b"{"))
        .count()
}

#[test]
fn the_steps_lead_from_the_oldest_layout_to_the_latest_without_a_gap() {
    let reached = STEPS.iter().fold(OLDEST, |layout, step| {
        assert_eq!((step.from, step.to), (layout, layout + 1));
        step.to
    });
    assert_eq!(reached, LATEST);
}

/// Puts a token's use, which nothing else does here: each run makes one more request of it.
fn count_a_run(rows: &mut Rows<WriteTables<'_>>) -> Result<(), StoreError> {
    let before = rows.0.token_uses()?.get(&id(1)).map_err(failed)?;
    let requests = before.map_or(0, |noted| noted.value().1);
    rows.0.token_uses.put(&id(1), (0, requests + 1))?;
    Ok(())
}

fn count_a_run_and_fail(rows: &mut Rows<WriteTables<'_>>) -> Result<(), StoreError> {
    count_a_run(rows)?;
    Err(StoreError::Damaged("a row is no row".to_owned()))
}

fn runs(directory: &Path) -> u64 {
    let database = database(directory);
    let transaction = database.begin_read().expect("a snapshot");
    let rows = Rows(ReadTables::new(transaction));
    let noted = rows.0.token_uses().expect("a table");
    let noted = noted.get(&id(1)).expect("read");
    noted.map_or(0, |noted| noted.value().1)
}

#[test]
fn a_step_that_fails_leaves_the_layout_before_it_and_the_next_opening_goes_on_there() {
    const FROM: u64 = LATEST;
    let step = |from, run| Step {
        from,
        to: from + 1,
        run,
    };
    let failing = [
        step(FROM - 1, count_a_run),
        step(FROM, count_a_run),
        step(FROM + 1, count_a_run_and_fail),
        step(FROM + 2, count_a_run),
    ];
    let directory = directory();
    drop(open(directory.path()));
    let taken = upgrade("the store", &database(directory.path()), FROM, &failing);
    let refused = taken.expect_err("the second step fails");
    assert!(
        matches!(&refused, StoreError::Damaged(text)
            if text.contains(&format!("from layout {} to {}", FROM + 1, FROM + 2))
                && text.contains("a row is no row") && text.contains("Restore a backup")),
        "{refused}"
    );
    assert_eq!(
        (layout(directory.path()), runs(directory.path())),
        (FROM + 1, 1)
    );
    // This version knows no such layout, and says so.
    let newer = RedbStore::open(directory.path()).expect_err("it is newer");
    assert!(matches!(newer, StoreError::Newer(_)), "{newer}");
    let mended = failing.map(|Step { from, .. }| step(from, count_a_run));
    let database = database(directory.path());
    upgrade("the store", &database, FROM + 1, &mended).expect("both steps that are left");
    drop(database);
    assert_eq!(
        (layout(directory.path()), runs(directory.path())),
        (FROM + 3, 3)
    );
}
