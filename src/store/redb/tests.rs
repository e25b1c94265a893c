//! What only the file can do wrong: opening, locking, versions, modes, and pages by offset.

mod age;
mod exchanges;
mod upgrade;

use std::{collections::BTreeMap, path::Path};

use jiff::Timestamp;
use proptest::prelude::*;
use redb::Database;

use super::{upgrade::LATEST, *};
use crate::{
    directory::{
        Change, ManagedBy, PermissionLevel, Provider, Role, RoleId, User, UserId, UserKind,
    },
    scim::Document,
    store::{Start, Totals, Visible},
};

fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

fn open(path: &Path) -> RedbStore {
    RedbStore::open(path).expect("the store opens")
}

fn id(number: u64) -> [u8; 16] {
    (u128::from(number) << 40).to_be_bytes()
}

/// Who manages a row: a third each is local, one provider's and another's; moved by one for each
/// change of hands.
fn owner(number: u64, moves: u64) -> ManagedBy {
    match (number / 7 + moves) % 3 {
        0 => ManagedBy::Local,
        1 => ManagedBy::Provider(Provider::Okta),
        _ => ManagedBy::Provider(Provider::Entra),
    }
}

fn user(number: u64, moves: u64) -> User {
    User {
        id: UserId::from_bytes(id(number)),
        // Every fifth is a service account.
        kind: if number.is_multiple_of(5) {
            UserKind::ServiceAccount
        } else {
            UserKind::Person
        },
        managed_by: owner(number, moves),
        permission_level: PermissionLevel::User,
        user_name: format!("User-{number}"),
        active: None,
        external_ids: BTreeMap::new(),
        aliases: Vec::new(),
        attributes: Document::new().into(),
        created: Timestamp::UNIX_EPOCH,
        last_modified: Timestamp::UNIX_EPOCH,
        version: 1,
    }
}

fn role(number: u64, moves: u64) -> Role {
    Role {
        id: RoleId::from_bytes(id(number)),
        managed_by: owner(number, moves),
        display_name: format!("Role-{number}"),
        external_ids: BTreeMap::new(),
        attributes: Document::new(),
        provider_members: 0,
        local_members: 0,
        created: Timestamp::UNIX_EPOCH,
        last_modified: Timestamp::UNIX_EPOCH,
        version: 1,
    }
}

fn apply(store: &RedbStore, changes: impl IntoIterator<Item = Change>) -> Result<(), StoreError> {
    let changes: Vec<Change> = changes.into_iter().collect();
    store.write(&mut |transaction| {
        for change in &changes {
            transaction.apply(change)?;
        }
        Ok(Ending::Commit)
    })
}

fn put(number: u64) -> [Change; 2] {
    [
        Change::PutUser {
            before: None,
            after: Box::new(user(number, 0)),
        },
        Change::PutRole {
            before: None,
            after: Box::new(role(number, 0)),
        },
    ]
}

/// Both rows come under someone else.
fn take_over(number: u64, moves: u64) -> [Change; 2] {
    [
        Change::PutUser {
            before: Some(Box::new(user(number, moves))),
            after: Box::new(user(number, moves + 1)),
        },
        Change::PutRole {
            before: Some(Box::new(role(number, moves))),
            after: Box::new(role(number, moves + 1)),
        },
    ]
}

fn delete(number: u64, moves: u64) -> [Change; 2] {
    [
        Change::DeleteUser(Box::new(user(number, moves))),
        Change::DeleteRole(Box::new(role(number, moves))),
    ]
}

/// Every offset gives what skipping gives, for whoever asks, and every list holds what is visible.
fn assert_offsets(store: &RedbStore, step: usize) {
    let snapshot = store.snapshot().expect("a snapshot");
    let users = |visible, start, limit| snapshot.users(visible, start, limit).expect("users");
    let roles = |visible, start, limit| snapshot.roles(visible, start, limit).expect("roles");
    let (every_user, every_role) = (
        users(Visible::Everything, Start::Offset(0), usize::MAX),
        roles(Visible::Everything, Start::Offset(0), usize::MAX),
    );
    let to_providers = Provider::ALL.map(Visible::To);
    for visible in to_providers.into_iter().chain([Visible::Everything]) {
        let all: Vec<_> = every_user
            .iter()
            .filter(|user| visible.has_user(user))
            .collect();
        for offset in (0..all.len() + 2).step_by(step) {
            let page = users(visible, Start::Offset(offset as u64), 3);
            let naive = all.iter().copied().skip(offset).take(3);
            assert!(page.iter().eq(naive), "users for {visible:?} at {offset}");
        }
        let all: Vec<_> = every_role
            .iter()
            .filter(|role| visible.has_role(role))
            .collect();
        for offset in (0..all.len() + 2).step_by(step) {
            let page = roles(visible, Start::Offset(offset as u64), 3);
            let naive = all.iter().copied().skip(offset).take(3);
            assert!(page.iter().eq(naive), "roles for {visible:?} at {offset}");
        }
    }
    assert_eq!(store.check().expect("a check"), Vec::<String>::new());
}

#[test]
fn a_page_by_offset_is_what_skipping_gives() {
    let directory = directory();
    let store = open(directory.path());
    // In order, as it is nearly always.
    apply(&store, (1_000..2_000).flat_map(put)).expect("inserts");
    assert_offsets(&store, 7);
    // In between and before everything: blocks split in the middle.
    apply(&store, (0..900).flat_map(put)).expect("inserts");
    assert_offsets(&store, 7);
    // Nearly empty blocks become one.
    let there = || (0..900).chain(1_000..2_000_u64);
    let goes = |number: &u64| (300..1_900).contains(number) && !number.is_multiple_of(97);
    let gone = there().filter(goes).flat_map(|number| delete(number, 0));
    apply(&store, gone).expect("deletes");
    assert_offsets(&store, 1);
    let rest = there().filter(|number| !goes(number));
    apply(&store, rest.flat_map(|number| delete(number, 0))).expect("deletes");
    assert_offsets(&store, 1);
}

#[test]
fn a_page_by_offset_is_what_skipping_gives_where_owners_follow_each_other() {
    let directory = directory();
    let store = open(directory.path());
    // First what one manages, then what the other does, and a few local ones in between.
    let changes = (0..3_000_u64).map(|number| {
        let managed_by = match number {
            _ if number.is_multiple_of(500) => ManagedBy::Local,
            0..1_500 => ManagedBy::Provider(Provider::Okta),
            _ => ManagedBy::Provider(Provider::Entra),
        };
        Change::PutUser {
            before: None,
            after: Box::new(User {
                managed_by,
                ..user(number, 0)
            }),
        }
    });
    apply(&store, changes).expect("inserts");
    assert_offsets(&store, 3);
}

/// What a batch does with the rows of a range.
#[derive(Debug, Clone, Copy)]
enum Doing {
    Insert,
    Delete,
    TakeOver,
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 12,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn pages_hold_after_any_inserts_deletes_and_take_overs(
        batches in prop::collection::vec(
            (
                0_u64..3_000,
                1_u64..700,
                prop_oneof![
                    4 => Just(Doing::Insert),
                    2 => Just(Doing::Delete),
                    2 => Just(Doing::TakeOver),
                ],
                1_u64..5,
            ),
            1..14,
        ),
    ) {
        let directory = directory();
        let store = open(directory.path());
        // How often each row that is there has come under someone else.
        let mut there = BTreeMap::new();
        for (start, length, doing, stride) in batches {
            let mut changes = Vec::new();
            for number in (start..start + length).step_by(usize::try_from(stride).unwrap_or(1)) {
                match (doing, there.get_mut(&number)) {
                    (Doing::Insert, None) => {
                        there.insert(number, 0);
                        changes.extend(put(number));
                    }
                    (Doing::Delete, Some(&mut moves)) => {
                        there.remove(&number);
                        changes.extend(delete(number, moves));
                    }
                    (Doing::TakeOver, Some(moves)) => {
                        changes.extend(take_over(number, *moves));
                        *moves += 1;
                    }
                    _ => {}
                }
            }
            apply(&store, changes).expect("changes");
        }
        assert_offsets(&store, 41);
    }
}

#[test]
fn a_second_process_is_told_which_one_is_running() {
    let directory = directory();
    let store = open(directory.path());
    let error = RedbStore::open(directory.path()).expect_err("it is in use");
    let pid = std::process::id().to_string();
    assert!(
        matches!(&error, StoreError::InUse(text) if text.contains(&pid)),
        "{error}"
    );
    drop(store);
    open(directory.path());
}

#[test]
fn a_file_that_something_else_has_open_is_in_use() {
    let directory = directory();
    drop(open(directory.path()));
    let other = Database::open(directory.path().join(FILE_NAME)).expect("it is a redb file");
    let error = RedbStore::open(directory.path()).expect_err("it is in use");
    assert!(matches!(&error, StoreError::InUse(_)), "{error}");
    drop(other);
    open(directory.path());
}

/// Opens a store whose layout was overwritten with another number; nothing else is changed in it.
fn open_as_layout(layout: u64) -> StoreError {
    let directory = directory();
    let store = open(directory.path());
    apply(&store, put(1)).expect("inserts");
    drop(store);
    let path = directory.path().join(FILE_NAME);
    let database = Database::open(&path).expect("it is a redb file");
    transact(&database, |rows| {
        rows.0.meta.put("schema", layout)?;
        Ok(Ending::Commit)
    })
    .expect("written");
    drop(database);
    let error = RedbStore::open(directory.path()).expect_err("it is another layout");
    // It is whole: with its number it opens.
    let database = Database::open(&path).expect("it is a redb file");
    transact(&database, |rows| {
        rows.0.meta.put("schema", LATEST)?;
        Ok(Ending::Commit)
    })
    .expect("written");
    drop(database);
    let store = open(directory.path());
    let snapshot = store.snapshot().expect("a snapshot");
    let users = snapshot.users(Visible::Everything, Start::Offset(0), 9);
    assert_eq!(users.expect("users"), [user(1, 0)]);
    error
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    for newer in [LATEST + 1, 999, u64::MAX] {
        let error = open_as_layout(newer);
        let advice = "install that version again, or restore a backup";
        assert!(
            matches!(&error, StoreError::Newer(text)
                if text.contains(&newer.to_string()) && text.contains(advice)),
            "{error}"
        );
    }
}

#[test]
fn a_store_without_a_layout_is_refused_with_advice() {
    let error = open_as_layout(0);
    assert!(
        matches!(&error, StoreError::Damaged(text)
            if text.contains("does not say which layout") && text.contains("restore a backup")),
        "{error}"
    );
}

#[test]
fn what_is_not_a_store_is_refused_and_kept() {
    let garbage: Vec<u8> = (0_u8..=255).cycle().take(80_000).collect();
    for content in [&b""[..], b"hello", &garbage] {
        let directory = directory();
        let path = directory.path().join(FILE_NAME);
        std::fs::write(&path, content).expect("written");
        let error = RedbStore::open(directory.path()).expect_err("it is no store");
        assert!(matches!(&error, StoreError::Damaged(_)), "{error:?}");
        assert_eq!(std::fs::read(&path).expect("still there"), content);
    }
}

#[test]
fn a_damaged_file_is_never_an_empty_store() {
    let directory = directory();
    let store = open(directory.path());
    apply(&store, (0..500).flat_map(put)).expect("inserts");
    drop(store);
    let path = directory.path().join(FILE_NAME);
    let whole = std::fs::read(&path).expect("the file");
    for damage in [0..64, 64..512, 4_096..40_960, 512..whole.len()] {
        let mut bytes = whole.clone();
        bytes[damage.clone()].fill(0x5a);
        std::fs::write(&path, &bytes).expect("written");
        let Ok(store) = RedbStore::open(directory.path()) else {
            continue;
        };
        // Damage in the rows shows when they are read.
        let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let snapshot = store.snapshot().map_err(|error| error.to_string())?;
            let users = snapshot.users(Visible::Everything, Start::Offset(0), usize::MAX);
            users.map_err(|error| error.to_string())
        }));
        if let Ok(Ok(users)) = read {
            assert_eq!(users.len(), 500, "after damage at {damage:?}");
        }
    }
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| {
        let metadata = std::fs::metadata(path).expect("it is there");
        metadata.permissions().mode() & 0o777
    };
    let parent = directory();
    let data = parent.path().join("deep/data");
    let file = data.join(FILE_NAME);
    drop(open(&data));
    assert_eq!(
        (mode(&data), mode(&file), mode(&data.join(LOCK_NAME))),
        (0o700, 0o600, 0o600)
    );
    for path in [&data, &file] {
        let looser = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(path, looser).expect("changed");
    }
    drop(open(&data));
    assert_eq!((mode(&data), mode(&file)), (0o700, 0o600));
}

#[test]
fn it_reopens_under_a_snapshot() {
    let directory = directory();
    let store = open(directory.path());
    apply(&store, put(1)).expect("inserts");
    let before = store.snapshot().expect("a snapshot");
    store.reopen().expect("it reopens");
    let after = store.snapshot().expect("a snapshot");
    let users = after
        .users(Visible::Everything, Start::Offset(0), 9)
        .expect("users");
    assert_eq!(users, [user(1, 0)]);
    drop(before);
    apply(&store, put(2)).expect("inserts");
}

#[test]
fn a_change_that_does_not_fit_changes_nothing() {
    let directory = directory();
    let store = open(directory.path());
    let twice = apply(&store, put(1).into_iter().chain(put(1)));
    assert!(matches!(twice, Err(StoreError::Damaged(_))), "{twice:?}");
    let snapshot = store.snapshot().expect("a snapshot");
    assert_eq!(snapshot.totals().expect("totals"), Totals::default());
    assert_eq!(snapshot.user_named("user-1").expect("a read"), None);
}
