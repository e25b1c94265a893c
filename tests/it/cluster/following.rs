//! Every process knows what the others do.

use std::{sync::Arc, time::Duration};

use rolecall::{
    admin::{
        Client as Admin, Connector, Reply, Request,
        server::{Facts, serve_in_process},
    },
    directory::{Command, ExchangeId, Provider},
    listener::Limits,
    service::exchange::ExchangeLine,
};

use super::node::{Node, two};
use crate::harness::{Client, within};

/// An operator's side of a process.
fn admin(node: &Node) -> Admin {
    let facts = Facts {
        version: "0".to_owned(),
        listen: None,
        tls: false,
        base_url: None,
        started: None,
        read_only: false,
    };
    let calls = serve_in_process(Arc::clone(&node.engine), Arc::new(facts));
    Admin::new(Connector::InProcess(calls), "test".to_owned())
}

/// Asks until the answer is this one.
async fn until(client: &Client, status: u16) {
    within(async {
        while client.get("/Users").await.status != status {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_that_one_revokes_is_refused_by_the_other() {
    let (one, two) = two(Limits::default()).await;
    let (id, okta) = one.client(Provider::Okta).await;
    let beside = two.turned(&okta);
    beside.get("/Users").await.expect(200);
    one.operate(Command::RevokeToken { id }).await;
    okta.get("/Users").await.expect(401);
    tokio::time::timeout(Duration::from_secs(1), until(&beside, 401))
        .await
        .expect("within a second");
}

#[tokio::test]
async fn a_provider_that_one_deactivates_is_turned_away_by_the_other() {
    let (one, two) = two(Limits::default()).await;
    let (_, okta) = one.client(Provider::Okta).await;
    let beside = two.turned(&okta);
    beside.get("/Users").await.expect(200);
    let provider = Provider::Okta;
    one.operate(Command::DeactivateProvider { provider }).await;
    until(&beside, 401).await;
    let (_, again) = two.client(provider).await;
    one.turned(&again).get("/Users").await.expect(200);
}

/// Who follows the journal at one process hears of every entry of the other, once and in order.
#[tokio::test]
async fn a_follower_hears_every_entry_of_both() {
    let (one, two) = two(Limits::default()).await;
    let (_, okta) = one.client(Provider::Okta).await;
    let watcher = admin(&two);
    let mut follower = within(watcher.follow(Request::FollowJournal { after: 0 }))
        .await
        .expect("a follower");
    let (here, there) = (okta.clone(), two.turned(&okta));
    let pushing = [(here, "a"), (there, "b")].map(|(client, name)| {
        tokio::spawn(async move {
            for number in 0..30 {
                client.make_user(&format!("{name}{number}@x.io")).await;
            }
        })
    });
    let mut heard = Vec::new();
    // The provider, its token, and the users.
    while heard.len() < 62 {
        let reply = within(follower.next()).await.expect("an answer");
        let Some(Reply::Journal(entries)) = reply else {
            panic!("entries");
        };
        heard.extend(entries.into_iter().map(|entry| entry.seq));
    }
    for pushing in pushing {
        pushing.await.expect("all were made");
    }
    assert_eq!(heard, (1..=62).collect::<Vec<u64>>());
    for node in [&one, &two] {
        let mut bell = node.engine.doorbell();
        within(bell.wait_for(|newest| *newest == 62))
            .await
            .expect("it has rung");
    }
}

async fn lines(node: &Node, count: usize) -> Vec<ExchangeLine> {
    let mut follower = node
        .recorder()
        .follow(Some(ExchangeId::from_bytes([0; 16])));
    let mut lines = Vec::new();
    while lines.len() < count {
        let (next, missed) = within(follower.next()).await.expect("more");
        assert_eq!(missed, 0);
        lines.extend(next);
    }
    lines
}

#[tokio::test]
async fn each_shows_the_requests_of_both_with_their_names() {
    let (one, two) = two(Limits::default()).await;
    let (_, okta) = one.client(Provider::Okta).await;
    let beside = two.turned(&okta);
    for number in 0..5 {
        okta.make_user(&format!("a{number}@x.io")).await;
        beside.make_user(&format!("b{number}@x.io")).await;
    }
    for node in [&one, &two] {
        let mut lines = lines(node, 10).await;
        for line in &lines {
            let made = if line.users[0].starts_with('a') {
                "one"
            } else {
                "two"
            };
            assert_eq!(line.node.as_deref(), Some(made));
        }
        lines.sort_by_key(|line| line.id);
        lines.dedup_by_key(|line| line.id);
        assert_eq!(lines.len(), 10, "each comes once");
        let nodes = Vec::from_iter(node.recorder().nodes());
        assert_eq!(nodes, ["one", "two"]);
        let whole = node.recorder().get(lines[0].id).expect("it is kept");
        let whole = whole.exchange().expect("an exchange");
        assert!(whole.request_body.text.contains("@x.io"));
    }
    // What came from elsewhere is not stored again, and own ones are not shown again.
    one.engine.close().await;
    two.engine.close().await;
    for node in [&one, &two] {
        assert_eq!(node.recorder().lines(None, 100).len(), 10);
        let snapshot = node.engine.snapshot().expect("a snapshot");
        let stored = snapshot.exchanges_stored(0, 100).expect("exchanges");
        assert_eq!(stored.len(), 10);
    }
}

#[tokio::test]
async fn a_sync_is_one_whichever_process_answers_it() {
    let (one, two) = two(Limits::default()).await;
    let (_, okta) = one.client(Provider::Okta).await;
    let beside = two.turned(&okta);
    for number in 0..6 {
        okta.make_user(&format!("a{number}@x.io")).await;
        beside.make_user(&format!("b{number}@x.io")).await;
    }
    for node in [&one, &two] {
        lines(node, 12).await;
        let snapshot = node.engine.snapshot().expect("a snapshot");
        let syncs = node.engine.syncs(&*snapshot, 10).expect("a read");
        assert_eq!(syncs.len(), 1);
        assert_eq!(syncs[0].requests, 12);
        assert_eq!(syncs[0].effect.users_created, 12);
        assert_eq!(syncs[0].users_seen, 12);
    }
}

#[tokio::test]
async fn uses_of_a_token_add_up() {
    let (one, two) = two(Limits::default()).await;
    let (id, okta) = one.client(Provider::Okta).await;
    let beside = two.turned(&okta);
    for _ in 0..3 {
        okta.get("/Users").await.expect(200);
        beside.get("/Users").await.expect(200);
    }
    for node in [&one, &two] {
        within(async {
            let mut requests = 0;
            // What is being stored at the moment is not counted.
            while requests < 6 {
                tokio::task::yield_now().await;
                let snapshot = node.engine.snapshot().expect("a snapshot");
                let uses = node.engine.token_use(&*snapshot, id).expect("a read");
                requests = uses.expect("uses").1;
            }
            assert_eq!(requests, 6);
        })
        .await;
    }
}
