//! Tables of an earlier and of a later version; and pages that begin anywhere, which the tables' second
//! version is about.

use rolecall::{
    directory::{Provider, User, UserKind},
    store::{PostgresStore, Snapshot, Start, Store as _, StoreError, Visible},
};

use super::node;
use crate::postgres::Database;

/// So many are made at a time.
const AT_ONCE: usize = 40;
/// More than one block has.
const USERS: usize = 600;

fn open(database: &Database) -> Result<PostgresStore, StoreError> {
    tokio::task::block_in_place(|| PostgresStore::open(&database.options("opened")))
}

/// That the page behind any number of users, and of roles, is the one that a walk comes to.
fn pages_are_found(store: &PostgresStore) {
    let ids = |users: Vec<User>| users.into_iter().map(|user| user.id).collect::<Vec<_>>();
    for visible in [
        Visible::Everything,
        Visible::To(Provider::Okta),
        Visible::To(Provider::Entra),
    ] {
        let snapshot = store.snapshot().expect("a snapshot");
        let page = |snapshot: &dyn Snapshot, start, limit| {
            ids(snapshot.users(visible, start, limit).expect("users"))
        };
        let all = page(&*snapshot, Start::Offset(0), usize::MAX);
        for offset in (0..all.len() + 31).step_by(31) {
            let found = page(&*snapshot, Start::Offset(offset as u64), 3);
            let there: Vec<_> = all.iter().copied().skip(offset).take(3).collect();
            assert_eq!(found, there, "{visible:?} from {offset}");
        }
        let roles = |start, limit| {
            let roles = snapshot.roles(visible, start, limit).expect("roles");
            roles.into_iter().map(|role| role.id).collect::<Vec<_>>()
        };
        let all = roles(Start::Offset(0), usize::MAX);
        for offset in 0..=all.len() {
            let found = roles(Start::Offset(offset as u64), 1);
            assert_eq!(
                found,
                all.get(offset).copied().into_iter().collect::<Vec<_>>()
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_is_found_wherever_it_starts_and_whatever_version_has_written() {
    let database = Database::new();
    let server = node(&database, "a", None).await;
    let (okta, entra) = (
        server.client(Provider::Okta).await,
        server.client(Provider::Entra).await,
    );
    let mut made = Vec::new();
    for start in (0..USERS).step_by(AT_ONCE) {
        let client = if start == 2 * AT_ONCE { &entra } else { &okta };
        let users: Vec<_> = (start..start + AT_ONCE)
            .map(|number| client.make_user_spawned(number))
            .collect();
        for user in users {
            made.push((client, user.await.expect("a user")));
        }
        let name = format!("local{start}@x.io");
        server.local_user(&name, UserKind::Person).await;
        let name = format!("machine{start}");
        server.local_user(&name, UserKind::ServiceAccount).await;
        client.make_group(&format!("Role {start}"), &[]).await;
    }
    let blocks = "SELECT count(*), max(count), sum(count) FROM rolecall.user_blocks";
    let told = database.sql(blocks);
    let numbers: Vec<u64> = told
        .split('|')
        .map(|n| n.parse().expect("a number"))
        .collect();
    assert!(numbers[0] > 4 && numbers[1] <= 512, "{told}");
    assert_eq!(numbers[2], (USERS + 2 * USERS / AT_ONCE) as u64);
    for (client, id) in made.iter().skip(3).step_by(2) {
        client.delete(&format!("/Users/{id}")).await.expect(204);
    }
    let store = open(&database).expect("it opens");
    tokio::task::block_in_place(|| {
        pages_are_found(&store);
        assert_eq!(store.check().expect("a check"), [""; 0]);
    });

    // A process of the first version goes on, and moves no block with its rows.
    let behind =
        "UPDATE rolecall.head SET counted_to = counted_to - 1; DELETE FROM rolecall.user_blocks";
    database.sql(behind);
    okta.make_user("later@x.io").await;
    tokio::task::block_in_place(|| {
        pages_are_found(&store);
        assert_eq!(store.check().expect("a check"), [""; 0]);
    });
    assert_eq!(
        database.sql("SELECT count(*) FROM rolecall.user_blocks"),
        "0"
    );
    // The next start counts; so does the one that finds the first version's tables.
    let first = "DROP TABLE rolecall.user_blocks, rolecall.role_blocks; \
                 DROP INDEX rolecall.users_service_accounts; \
                 ALTER TABLE rolecall.head DROP COLUMN counted_to; \
                 DELETE FROM rolecall.migrations WHERE number > 1";
    for before in ["SELECT 1", first] {
        database.sql(before);
        let store = open(&database).expect("it opens");
        let told = database.sql(blocks);
        let sum = told.rsplit('|').next().expect("a sum").to_owned();
        assert_eq!(database.sql("SELECT count(*) FROM rolecall.users"), sum);
        tokio::task::block_in_place(|| {
            pages_are_found(&store);
            assert_eq!(store.check().expect("a check"), [""; 0]);
        });
    }
    let wrong = "UPDATE rolecall.user_blocks SET count = count + 1 WHERE list = 'okta'";
    database.sql(wrong);
    let found = tokio::task::block_in_place(|| store.check().expect("a check"));
    assert!(
        found.iter().any(|told| told.contains("blocks of users")),
        "{found:?}"
    );

    // What a later version has brought up is left as it is.
    database.sql("INSERT INTO rolecall.migrations (number, name) VALUES (99, 'later')");
    let refused = open(&database).expect_err("it is too old");
    assert!(matches!(refused, StoreError::Newer(_)), "{refused}");
    let refused = refused.to_string();
    assert!(
        refused.contains("layout 99") && refused.contains("knows 2"),
        "{refused}"
    );
}
