//! Two providers never overwrite each other, and neither overwrites what operators keep.

use rolecall::directory::{Command, ConflictKind, Provider};
use serde_json::{Value, json};

use crate::harness::{Client, Server, sorted};

async fn two() -> (Server, Client, Client) {
    let server = Server::start().await;
    let okta = server.client(Provider::Okta).await;
    let entra = server.client(Provider::Entra).await;
    (server, okta, entra)
}

#[tokio::test]
async fn every_write_to_anothers_user_is_refused_and_kept_as_a_conflict() {
    let (server, okta, entra) = two().await;
    let ann = okta.make_user("ann@x.io").await;
    let path = format!("/Users/{ann}");
    let before = okta.get(&path).await.expect(200).body;
    let suspend = json!([{"op": "Replace", "path": "active", "value": "False"}]);
    for reply in [
        entra
            .put(&path, json!({"userName": "ann@x.io", "active": false}))
            .await,
        entra.operations(&path, suspend).await,
        entra.delete(&path).await,
    ] {
        let detail = reply.refused(409, "");
        assert!(detail.contains("managed by okta"), "{detail}");
    }
    assert_eq!(server.last_exchange().summary, "ann@x.io: managed by okta");
    assert_eq!(okta.get(&path).await.expect(200).body, before);
    let push = json!({"userName": "Ann@x.io", "active": true});
    entra.post("/Users", push).await.refused(409, "uniqueness");
}

#[tokio::test]
async fn every_write_to_anothers_group_is_refused() {
    let (server, okta, entra) = two().await;
    let ann = okta.make_user("ann@x.io").await;
    let group = okta.make_group("Sales", &[&ann]).await;
    let path = format!("/Groups/{group}");
    let clear = json!([{"op": "Remove", "path": "members"}]);
    for reply in [
        entra.put(&path, json!({"displayName": "Sales"})).await,
        entra.operations(&path, clear).await,
        entra.delete(&path).await,
    ] {
        let detail = reply.refused(409, "");
        assert!(detail.contains("okta"), "{detail}");
    }
    let conflict = server.last_exchange().conflict.expect("a conflict");
    assert_eq!(okta.members(&group).await, [ann.as_str()]);

    let kept = server
        .engine
        .snapshot()
        .and_then(|snapshot| Ok(rolecall::directory::View::conflict(&*snapshot, conflict)?))
        .expect("readable")
        .expect("kept");
    assert_eq!(kept.kind, ConflictKind::Ownership);
    server.operate(Command::LinkConflict { id: conflict }).await;
    let rename = json!([{"op": "Replace", "path": "displayName", "value": "Selling"}]);
    entra.operations(&path, rename.clone()).await.expect(204);
    okta.operations(&path, rename).await.refused(409, "");
}

#[tokio::test]
async fn each_provider_has_ids_of_its_own_for_the_same_user() {
    let (_server, okta, entra) = two().await;
    let user = json!({"userName": "ann@x.io", "externalId": "okta-1"});
    let ann = okta.post("/Users", user).await.expect(201).id();
    let seen = entra.get(&format!("/Users/{ann}")).await.expect(200).body;
    assert_eq!(seen["externalId"], Value::Null);
    let found = entra.get("/Users?filter=externalId eq \"okta-1\"").await;
    assert_eq!(found.expect(200).counts(), (0, 0));
    let found = okta.get("/Users?filter=externalId eq \"okta-1\"").await;
    assert_eq!(found.expect(200).counts(), (1, 1));
}

#[tokio::test]
async fn one_providers_users_may_be_in_anothers_group() {
    let (_server, okta, entra) = two().await;
    let ann = okta.make_user("ann@x.io").await;
    let bob = entra.make_user("bob@x.io").await;
    let group = entra.make_group("Sales", &[&ann, &bob]).await;
    assert_eq!(entra.members(&group).await, sorted(&[&ann, &bob]));
    entra.delete(&format!("/Groups/{group}")).await.expect(204);
    okta.get(&format!("/Users/{ann}")).await.expect(200);
}
