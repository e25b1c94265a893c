//! That nothing a request does walks through a table, whatever the database believes of its size.

use std::collections::BTreeMap;

use rolecall::{
    directory::Provider,
    store::{Observations, PostgresStore, Store as _},
};
use serde_json::{Value, json};

use super::node;
use crate::{
    harness::{Client, values},
    postgres::{Database, Server},
};

/// As many as a database might rather walk through than look up.
const USERS: usize = 1_200;
/// So many are made at a time.
const AT_ONCE: usize = 40;

/// Tables with a few rows, all of which are wanted.
const SMALL: &[&str] = &[
    "head",
    "exchange_head",
    "providers",
    "migrations",
    "spending",
];

/// How often each table was walked through, and how many entries of its indexes were read.
fn walked(database: &Database) -> BTreeMap<String, (u64, u64)> {
    // What a connection has counted is told when it ends at the latest.
    while database
        .sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'rolecall'")
        .trim()
        != "0"
    {}
    let rows = database.sql(
        "SELECT t.relname, t.seq_scan, coalesce(sum(i.idx_tup_read), 0) FROM pg_stat_user_tables t \
         LEFT JOIN pg_stat_user_indexes i USING (relid) WHERE t.schemaname = 'rolecall' GROUP BY 1, 2",
    );
    let row = |line: &str| {
        let mut cells = line.split('|');
        let mut next = || cells.next().expect("a column").to_owned();
        let number = |text: String| text.parse::<u64>().expect("a number");
        (next(), (number(next()), number(next())))
    };
    rows.lines().map(row).collect()
}

/// Does to some of the users whatever is done to one; gives how many requests that were.
async fn push(okta: &Client, ids: &[String], role: &str) -> u64 {
    let mut requests = 0;
    for id in ids.iter().step_by(USERS / 20) {
        let path = format!("/Users/{id}");
        let name = format!("{id}@x.io");
        okta.get(&format!("/Users?filter=userName eq \"{name}\""))
            .await
            .expect(200);
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name,
            "externalId": id, "emails": [{"value": name}],
        });
        okta.put(&path, &user).await.expect(200);
        for active in [false, true] {
            let operations = json!([{"op": "replace", "value": {"active": active}}]);
            okta.operations(&path, operations).await.expect(200);
        }
        let group = format!("/Groups/{role}");
        let remove = json!([{"op": "remove", "path": format!("members[value eq \"{id}\"]")}]);
        okta.operations(&group, remove).await.expect(204);
        let add = json!([{"op": "add", "path": "members", "value": values(&[id])}]);
        okta.operations(&group, add).await.expect(204);
        okta.delete(&path).await.expect(204);
        okta.post("/Users", &user).await.expect(201);
        requests += 8;
    }
    requests
}

async fn fill(okta: &Client) -> (Vec<String>, String) {
    let mut ids = Vec::new();
    for start in (0..USERS).step_by(AT_ONCE) {
        let made: Vec<_> = (start..start + AT_ONCE)
            .map(|number| okta.make_user_spawned(number))
            .collect();
        for user in made {
            ids.push(user.await.expect("a user"));
        }
    }
    let role = okta.make_group("Everyone", &[]).await;
    for chunk in ids.chunks(AT_ONCE) {
        let members: Vec<&str> = chunk.iter().map(String::as_str).collect();
        let add: Value = json!([{"op": "add", "path": "members", "value": values(&members)}]);
        okta.operations(&format!("/Groups/{role}"), add)
            .await
            .expect(204);
    }
    (ids, role)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_walks_through_a_table_that_the_database_knows_nothing_of() {
    let machine = Server::throw_away();
    machine.sql("postgres", "ALTER SYSTEM SET autovacuum = off");
    machine.restart();
    let database = Database::on(&machine);
    // What makes the tables may walk through them.
    tokio::task::block_in_place(|| drop(PostgresStore::open(&database.options("first"))));
    let made = walked(&database);

    // One that has planned its statements while there was nothing, and one that does so when all is there.
    let mut early = node(&database, "early", None).await;
    let token = early.token(Provider::Okta).await;
    let okta = early.client_with(&token);
    let (ids, role) = fill(&okta).await;
    let mut requests = push(&okta, &ids[..USERS / 2], &role).await;
    early.stop().await;
    drop(early);
    let filled = walked(&database);
    let mut late = node(&database, "late", None).await;
    let okta = late.client_with(&token);
    requests += push(&okta, &ids[USERS / 2..], &role).await;
    for start in [1, USERS / 2, USERS - 100] {
        let page = okta
            .get(&format!("/Users?startIndex={start}&count=10"))
            .await;
        page.expect(200);
    }
    late.stop().await;
    drop(late);
    tokio::task::block_in_place(|| {
        let store = PostgresStore::open(&database.options("trim")).expect("it opens");
        for keep in [USERS as u64, 100] {
            let observations = Observations {
                keep_exchanges: keep,
                keep_exchange_bytes: Some(100_000),
                exchanges_since: Some(jiff::Timestamp::UNIX_EPOCH),
                journal_since: Some(jiff::Timestamp::UNIX_EPOCH),
                keep_journal: Some(keep),
                ..Observations::default()
            };
            store.observe(&observations).expect("it trims");
        }
    });
    let end = walked(&database);

    let large = |table: &&String| !SMALL.contains(&table.as_str());
    for table in end.keys().filter(large) {
        assert_eq!(end[table].0, made[table].0, "{table} was walked through");
    }
    // Nor through an index: with a thousand users more, no request would read more of it.
    for table in ["users", "user_emails", "user_external_ids", "memberships"] {
        let read = end[table].1 - filled[table].1;
        assert!(
            read < requests * 100,
            "{read} entries of the indexes of {table}"
        );
    }
}
