//! A database that restarts, freezes, or takes no changes for a while.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rolecall::directory::Provider;
use serde_json::json;

use super::{between::Between, node};
use crate::{
    harness::{Client, Reply, within},
    postgres::{Database, Server},
};

fn user(name: &str) -> serde_json::Value {
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name})
}

/// Whether the request did what it asked; if not, that the answer is one a provider acts on.
fn is_done(reply: &Reply, status: u16) -> bool {
    if reply.status == status {
        return true;
    }
    assert_eq!(reply.status, 503, "{}", reply.body);
    let after = reply.header("retry-after").expect("when to come again");
    assert!(after.parse::<u64>().is_ok(), "{after}");
    assert_eq!(reply.body["status"], "503");
    false
}

async fn until_done(client: &Client, name: &str) -> Reply {
    loop {
        let reply = client.post("/Users", user(name)).await;
        if is_done(&reply, 201) {
            return reply;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_under_load_loses_nothing_that_was_acknowledged() {
    let machine = Server::durable();
    let database = Database::on(&machine);
    let (one, other) = (
        node(&database, "a", None).await,
        node(&database, "b", None).await,
    );
    let token = one.token(Provider::Okta).await;
    let stop = Arc::new(AtomicBool::new(false));
    let clients = (0..4).map(|number| {
        let server = if number % 2 == 0 { &one } else { &other };
        let client = server.client_with(&token);
        let stop = Arc::clone(&stop);
        tokio::spawn(async move {
            let mut made = Vec::new();
            for attempt in 0.. {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let reply = client
                    .post("/Users", user(&format!("u{number}-{attempt}")))
                    .await;
                if is_done(&reply, 201) {
                    made.push(reply.id());
                }
            }
            made
        })
    });
    let clients: Vec<_> = clients.collect();
    for _ in 0..2 {
        until_done(
            &one.client_with(&token),
            &format!("before {}", uuid::Uuid::now_v7()),
        )
        .await;
        let machine = Arc::clone(&machine);
        let restarted = tokio::task::spawn_blocking(move || {
            machine.kill();
            machine.start();
        });
        within(restarted).await.expect("it starts again");
        // Both go on by themselves.
        for (server, name) in [(&one, "a"), (&other, "b")] {
            let name = format!("after {name} {}", uuid::Uuid::now_v7());
            within(until_done(&server.client_with(&token), &name)).await;
        }
    }
    stop.store(true, Ordering::SeqCst);
    let mut made = 0;
    for client in clients {
        for id in within(client).await.expect("no panic") {
            one.client_with(&token)
                .get(&format!("/Users/{id}"))
                .await
                .expect(200);
            made += 1;
        }
    }
    assert!(made > 4, "{made}");
    assert_eq!(one.engine.check().expect("a check"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_was_lost_is_acknowledged_all_the_same() {
    let database = Database::new();
    let between = Between::before(database.port()).await;
    let server = node(&database, "a", Some(between.port())).await;
    let okta = server.client(Provider::Okta).await;
    okta.make_user("ann@x.io").await;
    let mut cuts = between.cut_next_commit();
    let reply = okta.post("/Users", user("bob@x.io")).await;
    // What was recorded meanwhile may have met the cut instead.
    within(cuts.changed()).await.expect("a commit was cut");
    reply.expect(201);
    let found = okta
        .get("/Users?filter=userName eq \"bob@x.io\"")
        .await
        .expect(200);
    assert_eq!(found.body["totalResults"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_takes_no_changes_is_told_and_then_forgotten() {
    let machine = Server::throw_away();
    let database = Database::on(&machine);
    let server = node(&database, "a", None).await;
    let okta = server.client(Provider::Okta).await;
    let ann = okta.make_user("ann@x.io").await;
    machine.read_only(true);
    // Connections that were there hear of it a moment later.
    loop {
        let reply = okta
            .post("/Users", user(&uuid::Uuid::now_v7().to_string()))
            .await;
        if !is_done(&reply, 201) {
            break;
        }
    }
    okta.get(&format!("/Users/{ann}")).await.expect(200);
    machine.read_only(false);
    within(until_done(&okta, "bob@x.io")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_does_not_answer_holds_nobody_up_for_long() {
    let machine = Server::throw_away();
    let database = Database::on(&machine);
    let server = node(&database, "a", None).await;
    let okta = server.client(Provider::Okta).await;
    okta.make_user("ann@x.io").await;
    let frozen = machine.freeze();
    let asked: Vec<_> = (0..200)
        .map(|number| {
            let okta = okta.clone();
            tokio::spawn(async move {
                if number % 2 == 0 {
                    is_done(&okta.get("/Users?count=1").await, 200)
                } else {
                    is_done(&okta.post("/Users", user(&format!("u{number}"))).await, 201)
                }
            })
        })
        .collect();
    for asked in asked {
        // Nothing was: and each was told so within the harness's patience.
        assert!(!asked.await.expect("no panic"));
    }
    drop(frozen);
    within(until_done(&okta, "bob@x.io")).await;
}
