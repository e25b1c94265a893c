//! The power goes, or the disk fails, while a file of an older layout is brought to the latest: the
//! next opening finds it whole, in one or the other, and goes on.

use std::sync::Arc;

use jiff::Timestamp;
use redb::{Database, ReadableDatabase as _, TableDefinition};
use rolecall::{
    directory::{Actor, Command, Outcome, PermissionLevel, User, UserKind},
    scim::resource::UserAttributes,
    store::{RedbStore, Store, StoreError, Writer, backup::backup},
};

use super::{
    disk::{Disk, Fault},
    random::Random,
};

/// How many ways what was not synced is lost at each moment.
const WAYS: usize = 4;

const META: TableDefinition<&str, u64> = TableDefinition::new("meta");
const EMAILS: TableDefinition<&[u8], ()> = TableDefinition::new("user_emails");

fn database(disk: &Disk) -> Database {
    let made = Database::builder().create_with_backend(disk.clone());
    made.expect("it is a redb file")
}

fn layout(disk: &Disk) -> u64 {
    let database = database(disk);
    let transaction = database.begin_read().expect("a snapshot");
    let meta = transaction.open_table(META).expect("a table");
    let layout = meta.get("schema").expect("read").expect("a layout");
    layout.value()
}

fn add_user(number: usize) -> Command {
    let name = format!("user{number}@x.io");
    let emails = serde_json::json!([{"value": name}, {"value": "team@x.io"}]);
    Command::AddUser {
        kind: UserKind::Person,
        attributes: UserAttributes {
            user_name: name,
            other: [("emails".to_owned(), emails)].into_iter().collect(),
            ..UserAttributes::default()
        },
        level: PermissionLevel::User,
    }
}

/// The entry that an address had in the index of addresses, also where it is the name.
fn email_key(user: &User) -> Vec<u8> {
    let name = user.user_name.as_bytes();
    let length = (name.len() as u64).to_be_bytes();
    [&length[..], name, user.id.as_bytes()].concat()
}

/// A disk with some users and roles in layout 1, and what it holds.
async fn older() -> (Disk, Vec<u8>) {
    let disk = Disk::default();
    let store: Arc<dyn Store> = Arc::new(RedbStore::open_on(disk.clone()).expect("it opens"));
    let clock = Arc::new(Timestamp::now);
    let writer = Writer::start(Arc::clone(&store), clock, Arc::default()).expect("it starts");
    for number in 0..9 {
        let command = Command::AddRole {
            display_name: format!("role {number}"),
        };
        let done = writer.execute(Actor::System, command, None).await;
        done.expect("it is added");
    }
    let mut users = Vec::new();
    for number in 0..9 {
        let done = writer.execute(Actor::System, add_user(number), None).await;
        match done.expect("it is added").outcome {
            Outcome::User { user, .. } => users.push(user),
            other => panic!("{other:?}"),
        }
    }
    drop(writer);
    let held = written(&*store);
    drop(store);
    // What this layout lacked is made again where it is there already.
    let database = database(&disk);
    let transaction = database.begin_write().expect("a transaction");
    let mut meta = transaction.open_table(META).expect("a table");
    meta.insert("schema", 1).expect("written");
    drop(meta);
    let mut emails = transaction.open_table(EMAILS).expect("a table");
    for user in users {
        let key = email_key(&user);
        emails.insert(key.as_slice(), ()).expect("written");
    }
    drop(emails);
    transaction.commit().expect("a commit");
    drop(database);
    (Disk::holding(disk.bytes()), held)
}

fn written(store: &dyn Store) -> Vec<u8> {
    let mut bytes = Vec::new();
    let snapshot = store.snapshot().expect("a snapshot");
    backup(&*snapshot, Timestamp::UNIX_EPOCH, &mut bytes).expect("a backup");
    bytes
}

fn assert_brought_up(disk: &Disk, held: &[u8], case: &str) {
    let store = RedbStore::open_on(disk.clone());
    let store = store.unwrap_or_else(|error| panic!("{case}: {error}"));
    assert_eq!(store.check().expect("a check"), [""; 0], "{case}");
    assert!(written(&store) == held, "{case}: it holds something else");
    drop(store);
    assert!(layout(disk) > 1, "{case}");
}

#[tokio::test]
async fn a_power_cut_during_an_upgrade_loses_nothing() {
    let (disk, held) = older().await;
    drop(RedbStore::open_on(disk.clone()).expect("it is brought up"));
    assert!(layout(&disk) > 1);
    let mut random = Random::of(1);
    let mut left_older = 0;
    for at in 0..=disk.changes() {
        for _ in 0..WAYS {
            let disk = disk.after_cut(at, &mut random);
            left_older += usize::from(layout(&Disk::holding(disk.bytes())) == 1);
            assert_brought_up(&disk, &held, &format!("cut at change {at}"));
        }
    }
    assert!(left_older > 0, "some cuts come before the commit");
}

#[tokio::test]
async fn a_disk_that_fails_during_an_upgrade_is_told_and_loses_nothing() {
    let (disk, held) = older().await;
    let original = disk.bytes();
    drop(RedbStore::open_on(disk.clone()).expect("it is brought up"));
    let mut refused = 0;
    for after in 0..disk.accesses() {
        for fault in Fault::ALL {
            let disk = Disk::holding(original.clone());
            disk.fail(after, fault);
            if let Err(error) = RedbStore::open_on(disk.clone()) {
                refused += 1;
                let said = error.to_string();
                let told = matches!(error, StoreError::Failed(_) | StoreError::Damaged(_));
                assert!(told && said.len() > 20, "access {after}, {fault:?}: {said}");
            }
            assert_brought_up(&disk, &held, &format!("access {after}, {fault:?}"));
        }
    }
    assert!(refused > 0, "some accesses cannot be done without");
}
