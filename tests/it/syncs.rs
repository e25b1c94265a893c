//! Syncs as real traffic makes them: what is held, what conflicts, what fails, and which requests
//! are theirs.

use rolecall::{
    directory::Provider,
    service::{
        sync::{Outcome, SyncDigest},
        sync_exchanges::page,
    },
};
use serde_json::json;

use super::harness::Server;

fn newest(server: &Server) -> SyncDigest {
    let snapshot = server.engine.snapshot().expect("a snapshot");
    let syncs = server.engine.syncs(&*snapshot, 1).expect("a read");
    syncs.into_iter().next().expect("a sync")
}

#[tokio::test]
async fn a_digest_tells_what_is_held_what_conflicts_and_what_failed() {
    let server = Server::start().await;
    server.local_role("Finance").await;
    let okta = server.client(Provider::Okta).await;
    let mut users = Vec::new();
    for number in 0..12 {
        users.push(okta.make_user(&format!("u{number}@x.io")).await);
    }
    let suspension = json!([{ "op": "replace", "value": { "active": false } }]);
    for user in &users {
        let path = format!("/Users/{user}");
        okta.operations(&path, suspension.clone()).await;
    }
    let finance = json!({ "displayName": "Finance", "members": [] });
    for _ in 0..2 {
        okta.post("/Groups", &finance).await.expect(409);
    }
    okta.post("/Users", json!({})).await.expect(400);
    // Another provider's requests are its own.
    let entra = server.client(Provider::Entra).await;
    entra.get("/Users").await.expect(200);
    okta.get("/Users").await.expect(200);

    let snapshot = server.engine.snapshot().expect("a snapshot");
    let syncs = server.engine.syncs(&*snapshot, 10).expect("a read");
    let sync = syncs.iter().find(|sync| sync.provider == Provider::Okta);
    let sync = sync.expect("okta's sync");
    assert_eq!((sync.held, sync.held_waiting), (3, 3));
    assert_eq!((sync.conflict_count(), sync.effect.conflicts), (1, 2));
    assert_eq!(sync.failed, 1);
    assert_eq!(sync.failures.first().map(|kind| kind.status), Some(400));
    assert_eq!((sync.known_users, sync.users_seen), (12, 12));
    assert_eq!(sync.outcome(), Outcome::Held);
    let verdict = sync.verdict();
    let begin =
        "okta sync held: 3 suspensions wait for you, 1 conflict, 1 error (400 ×1); 28 requests in ";
    assert!(verdict.starts_with(begin), "{verdict}");

    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let found = page(&server.engine, &*snapshot, sync, after, 5).expect("a page");
        assert!(found.lines.len() <= 5);
        ids.extend(found.lines.iter().map(|line| line.id));
        after = found.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(ids.len() as u64, sync.requests);
    assert!(ids.is_sorted() && ids.first() == Some(&sync.id));
}

#[tokio::test]
async fn nothing_is_held_any_more_once_an_operator_has_decided() {
    use rolecall::directory::Command;
    let server = Server::start().await;
    let okta = server.client(Provider::Okta).await;
    let mut users = Vec::new();
    for number in 0..12 {
        users.push(okta.make_user(&format!("u{number}@x.io")).await);
    }
    let suspension = json!([{ "op": "replace", "value": { "active": false } }]);
    for user in &users {
        let path = format!("/Users/{user}");
        okta.operations(&path, suspension.clone()).await;
    }
    assert_eq!(newest(&server).outcome(), Outcome::Held);
    let snapshot = server.engine.snapshot().expect("a snapshot");
    let hold = snapshot.live_hold(Provider::Okta).expect("a read");
    let id = hold.expect("a hold").id;
    server.operate(Command::ApproveHold { id }).await;
    let sync = newest(&server);
    assert_eq!((sync.held, sync.held_waiting), (3, 0));
    assert_eq!(sync.outcome(), Outcome::Clean);
}
