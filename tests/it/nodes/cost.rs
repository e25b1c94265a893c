//! How often a request waits for the database, and how many statements it sends there.

use rolecall::directory::Provider;
use serde_json::{Value, json};

use super::{between::Between, node};
use crate::postgres::{Database, Server};

/// Round trips of one request: the fewest that were seen, since what was observed is stored meanwhile,
/// and statements are prepared only once.
async fn round_trips(between: &Between, request: impl AsyncFn()) -> u64 {
    let mut fewest = u64::MAX;
    for _ in 0..20 {
        let before = between.round_trips();
        request().await;
        fewest = fewest.min(between.round_trips() - before);
    }
    fewest
}

fn add(ids: &[String]) -> Value {
    let members: Vec<Value> = ids.iter().map(|id| json!({"value": id})).collect();
    json!([{"op": "add", "path": "members", "value": members}])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_up_is_one_round_trip_and_a_change_is_three() {
    let database = Database::new();
    let between = Between::before(database.port()).await;
    let server = node(&database, "a", Some(between.port())).await;
    let okta = server.client(Provider::Okta).await;
    let ann = okta.make_user("ann@x.io").await;
    okta.make_group("Engineering", &[&ann]).await;

    let look_up = async || {
        let path = "/Users?filter=userName eq \"ann@x.io\"&startIndex=1&count=100";
        let found = okta.get(path).await.expect(200);
        assert_eq!(
            found.body["Resources"][0]["groups"][0]["display"],
            "Engineering"
        );
    };
    assert_eq!(round_trips(&between, look_up).await, 1);
    let path = format!("/Users/{ann}");
    let by_id = async || drop(okta.get(&path).await.expect(200));
    assert_eq!(round_trips(&between, by_id).await, 1);
    let page = async || {
        let found = okta.get("/Users?startIndex=1&count=100").await.expect(200);
        assert_eq!(
            found.body["Resources"][0]["groups"][0]["display"],
            "Engineering"
        );
    };
    assert_eq!(round_trips(&between, page).await, 1);
    // To lock and read, to write and commit, and for the roles that the answer shows. Every commit is
    // followed by one look at what time makes due, and two at what other nodes did.
    let active = std::cell::Cell::new(true);
    let change = async || {
        active.set(!active.get());
        let operations = json!([{"op": "replace", "value": {"active": active.get()}}]);
        okta.operations(&path, operations).await.expect(200);
    };
    assert!(round_trips(&between, change).await <= 3 + 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_do_not_grow_with_the_members_of_a_patch() {
    let machine = Server::throw_away();
    let database = Database::on(&machine);
    database.sql("ALTER DATABASE test_0 SET log_statement = 'all'");
    let server = node(&database, "a", None).await;
    let okta = server.client(Provider::Okta).await;
    let users: Vec<_> = (0..220)
        .map(|number| okta.make_user_spawned(number))
        .collect();
    let mut ids = Vec::new();
    for user in users {
        ids.push(user.await.expect("a user"));
    }
    let group = okta.make_group("Everyone", &[]).await;
    let path = format!("/Groups/{group}");
    let mut sent = Vec::new();
    let (few, many) = ids.split_at(20);
    for members in [&few[..10], &few[10..], &many[..100], &many[100..]] {
        let marker = format!("SELECT 'before {}'", members[0]);
        database.sql(&marker);
        okta.operations(&path, add(members)).await.expect(204);
        let log = machine.log();
        let after = log.rsplit(&marker).next().expect("it was logged");
        let own = |line: &&str| {
            line.contains("execute ")
                && ["users", "memberships"]
                    .iter()
                    .any(|table| line.contains(table))
        };
        sent.push(after.lines().filter(own).count());
    }
    assert_eq!(sent[1], sent[2]);
    assert_eq!(sent[1], sent[3]);
    assert!(sent[1] <= 20, "{sent:?}");
    assert_eq!(okta.members(&group).await.len(), 220);
}
