//! The safeguards as a provider meets them: what is answered, and what goes through on a retry.

use rolecall::directory::{Command, Outcome, PermissionLevel, Provider, UserId};
use serde_json::{Value, json};

use super::harness::{Client, Reply, Server};

fn suspension() -> Value {
    json!([{ "op": "replace", "value": { "active": false } }])
}

async fn suspend(okta: &Client, id: &str) -> Reply {
    okta.operations(&format!("/Users/{id}"), suspension()).await
}

#[tokio::test]
async fn the_last_admin_is_not_okta_s_to_suspend() {
    let server = Server::start().await;
    let okta = server.client(Provider::Okta).await;
    let ann = okta.make_user("ann@x.io").await;
    let id: UserId = ann.parse().expect("an id");
    let level = PermissionLevel::Admin;
    server
        .operate(Command::SetPermissionLevel { id, level })
        .await;
    let refused = suspend(&okta, &ann).await.expect(409);
    let detail = refused.body["detail"].as_str().expect("a detail");
    assert!(detail.contains("last active admin"), "{detail}");
    assert_eq!(server.last_exchange().status, 409);
    okta.delete(&format!("/Users/{ann}")).await.expect(409);
}

/// A held sync is finished by the provider's own retries, once an operator has approved it.
#[tokio::test]
async fn an_approved_retry_finishes_the_sync() {
    let server = Server::start().await;
    let okta = server.client(Provider::Okta).await;
    let mut users = Vec::new();
    for number in 0..12 {
        users.push(okta.make_user(&format!("u{number}@x.io")).await);
    }
    let mut held = Vec::new();
    for user in &users {
        let reply = suspend(&okta, user).await;
        if reply.status != 200 {
            let seconds = reply.header("retry-after").map(str::parse::<u64>);
            assert_eq!(seconds, Some(Ok(300)));
            reply.expect(429);
            held.push(user);
        }
    }
    assert_eq!(held.len(), 3);
    let snapshot = server.engine.snapshot().expect("a snapshot");
    let live = snapshot.live_hold(Provider::Okta).expect("a read");
    let id = live.expect("a hold").id;
    let refused = server.operate(Command::RefuseHold { id }).await;
    assert!(matches!(refused, Outcome::Hold(_)));
    suspend(&okta, held[0]).await.expect(403);
    server.operate(Command::ApproveHold { id }).await;
    for user in held {
        let reply = suspend(&okta, user).await.expect(200);
        assert_eq!(reply.body["active"], false);
    }
}
