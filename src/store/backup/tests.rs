//! What is written is taken in again; what is damaged is not, whatever it is.

use super::*;
use crate::{
    directory::{
        Change, Event, ManagedBy, Origin, PermissionLevel, Subject, UserId, UserKind,
        event::Action, event::Actor,
    },
    scim::Document,
    store::{Ending, MemoryStore, Store, check},
};

fn moment() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a time")
}

fn user() -> User {
    User {
        id: UserId(uuid::Uuid::from_u128(1)),
        kind: UserKind::Person,
        managed_by: ManagedBy::Provider(Provider::Okta),
        permission_level: PermissionLevel::Admin,
        user_name: "ann@x.io".to_owned(),
        active: Some(false),
        external_ids: BTreeMap::new(),
        aliases: Vec::new(),
        attributes: Document::new().into(),
        created: moment(),
        last_modified: moment(),
        version: 3,
    }
}

fn role() -> Role {
    Role {
        id: RoleId(uuid::Uuid::from_u128(2)),
        managed_by: ManagedBy::Provider(Provider::Okta),
        display_name: "Eng".to_owned(),
        external_ids: BTreeMap::new(),
        attributes: Document::new(),
        provider_members: 1,
        local_members: 0,
        created: moment(),
        last_modified: moment(),
        version: 1,
    }
}

/// One user in one role, and a journal of two entries.
fn store() -> MemoryStore {
    let store = MemoryStore::new();
    let changes = [
        Change::PutUser {
            before: None,
            after: Box::new(user()),
        },
        Change::PutRole {
            before: None,
            after: Box::new(role()),
        },
        Change::PutMembership(Membership {
            role: role().id,
            user: user().id,
            origin: Origin::Provider,
        }),
    ];
    store
        .write(&mut |transaction| {
            for change in &changes {
                transaction.apply(change)?;
            }
            for subject in [Subject::user(&user()), Subject::role(&role())] {
                let event = Event {
                    action: Action::UserUpdated,
                    subject,
                    before: serde_json::Value::Null.into(),
                    after: serde_json::json!({ "a": 1 }).into(),
                };
                transaction.append(moment(), &Actor::System, None, &event)?;
            }
            Ok(Ending::Commit)
        })
        .expect("a commit");
    store
}

fn written() -> String {
    let mut bytes = Vec::new();
    let snapshot = store().snapshot().expect("a snapshot");
    let counts = backup(&*snapshot, moment(), &mut bytes).expect("a backup");
    assert_eq!(counts["user"], 1);
    assert_eq!(counts["journal"], 2);
    String::from_utf8(bytes).expect("text")
}

fn taken_in(text: &str) -> Result<MemoryStore, RestoreError> {
    let store = MemoryStore::new();
    let result = restore(&store, &mut text.as_bytes());
    let snapshot = store.snapshot().expect("a snapshot");
    if result.is_err() {
        assert_eq!(snapshot.totals().expect("totals").journal_last, 0);
    }
    assert_eq!(check(&*snapshot).expect("a check"), Vec::<String>::new());
    result.map(|_| store)
}

#[test]
fn what_is_written_is_taken_in() {
    let text = written();
    let restored = taken_in(&text).expect("it is whole");
    let snapshot = restored.snapshot().expect("a snapshot");
    assert_eq!(snapshot.user(user().id).expect("a read"), Some(user()));
    let mut again = Vec::new();
    backup(&*snapshot, moment(), &mut again).expect("a backup");
    assert_eq!(String::from_utf8(again).expect("text"), text);
    let full = restore(&restored, &mut text.as_bytes());
    assert!(matches!(full, Err(RestoreError::NotEmpty)));
}

/// A version whose users had their name elsewhere, and one that is as now.
#[test]
fn rows_of_an_older_version_become_those_of_this_one() {
    let readers: &[(u64, restore::Reader)] = &[
        (7, |text| {
            let text = String::from_utf8_lossy(text).replace("\"login\":", "\"user_name\":");
            serde_json::from_str(&text)
        }),
        (8, |text| serde_json::from_slice(text)),
    ];
    let of_version = |version: u64, name: &str| {
        let text = written().replace(
            "\"version\":1,\"taken\"",
            &format!("\"version\":{version},\"taken\""),
        );
        sealed(&text.replace("\"user_name\":", name))
    };
    let taken_in = |text: &str| {
        let store = MemoryStore::new();
        restore::restore_by(readers, &store, &mut text.as_bytes()).map(|_| store)
    };
    for text in [of_version(7, "\"login\":"), of_version(8, "\"user_name\":")] {
        let store = taken_in(&text).expect("it is known");
        let snapshot = store.snapshot().expect("a snapshot");
        assert_eq!(snapshot.user(user().id).expect("a read"), Some(user()));
    }
    let misread = taken_in(&of_version(8, "\"login\":")).expect_err("it has no name");
    assert!(misread.to_string().starts_with("Line 2: "), "{misread}");
    let newer = taken_in(&of_version(9, "\"user_name\":")).expect_err("it is newer");
    let advice = "(format 9; this version knows 8); install that version, then restore.";
    assert!(newer.to_string().ends_with(advice), "{newer}");
    let older = taken_in(&of_version(6, "\"user_name\":")).expect_err("there was none");
    assert!(
        older.to_string().contains("no backup that rolecall"),
        "{older}"
    );
}

/// The same lines with the checksum that they have now.
fn sealed(text: &str) -> String {
    let end = text.trim_end().rfind('\n').expect("many lines") + 1;
    let (rows, last) = text.split_at(end);
    let mut last: serde_json::Value = serde_json::from_str(last).expect("the last line");
    last["end"]["sha256"] = hex(&Sha256::digest(rows)).into();
    format!("{rows}{last}\n")
}

/// Whatever was done to it, the line is named.
#[test]
fn what_is_damaged_is_refused() {
    let text = written();
    let lines: Vec<&str> = text.lines().collect();
    let with = |line: usize, other: &str| {
        let mut lines = lines.clone();
        lines[line] = other;
        lines.join("\n") + "\n"
    };
    let without = |line: usize| {
        let mut lines = lines.clone();
        lines.remove(line);
        lines.join("\n") + "\n"
    };
    let newer = with(0, &lines[0].replace("\"version\":1", "\"version\":2"));
    let changed = with(1, &lines[1].replace("ann@", "bob@"));
    let twice = with(2, lines[1]);
    let out_of_order = with(5, lines[4]);
    let last = lines.len();
    let cases = [
        (String::new(), 1, "no backup"),
        ("{}\n".to_owned(), 1, "no backup"),
        (newer, 1, "newer version"),
        (with(1, "{\"user\":{}}"), 2, "no row of a backup"),
        (with(1, "what"), 2, "no row of a backup"),
        (changed, last, "checksum"),
        (without(1), last - 1, "checksum"),
        (without(last - 1), last, "cut off"),
        (text.trim_end().to_owned(), last, "cut off"),
        (text[..text.len() / 2].to_owned(), 0, "cut off"),
        (text.clone() + "{}\n", last + 1, "should have ended"),
        (out_of_order, 6, "follows"),
        (twice, last, "checksum"),
    ];
    for (text, expected, says) in cases {
        match taken_in(&text) {
            Err(RestoreError::Line { line, why }) => {
                assert!(expected == 0 || line == expected as u64, "{line}: {why}");
                assert!(why.contains(says), "{why}, not {says}");
            }
            other => panic!("{says}: {other:?}"),
        }
    }
}
