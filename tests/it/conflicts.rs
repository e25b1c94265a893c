//! Pushes that meet what is already here: refused with a sentence for the provider's admin, kept,
//! resolved by the operator, and then the provider's own retry goes through.

use rolecall::directory::{
    Actor, Command, Conflict, ConflictId, ConflictKind, ConflictState, Provider, UserKind,
};
use serde_json::{Value, json};

use crate::harness::{Client, Server};

const URN: &str = "urn:ietf:params:scim:schemas:extension:strongdm:2.0:User";

fn conflicts(server: &Server) -> Vec<Conflict> {
    let snapshot = server.engine.snapshot().expect("a snapshot");
    snapshot.conflicts(true, None, 10).expect("readable")
}

/// The conflict that the last exchange opened or repeated.
fn opened(server: &Server) -> ConflictId {
    server.last_exchange().conflict.expect("a conflict")
}

fn group(name: &str, members: &[&str]) -> Value {
    let members: Value = members.iter().map(|id| json!({ "value": id })).collect();
    json!({"displayName": name, "members": members})
}

async fn okta() -> (Server, Client) {
    let server = Server::start().await;
    let client = server.client(Provider::Okta).await;
    (server, client)
}

#[tokio::test]
async fn a_taken_role_name_is_linked_and_the_retry_answers_the_existing_id() {
    let (server, okta) = okta().await;
    let finance = server.local_role("Finance").await;
    let ann = okta.make_user("ann@x.io").await;
    let push = group("finance", &[&ann]);
    let detail = okta.post("/Groups", &push).await.refused(409, "uniqueness");
    for words in ["\"finance\"", "Refresh App Groups", "Link Group"] {
        assert!(detail.contains(words), "{detail}");
    }
    let line = server.last_exchange();
    assert_eq!(line.summary, "role finance: name is taken");
    assert_eq!(line.effect.conflicts, 1);
    let conflict = opened(&server);
    assert!(detail.contains(&conflict.to_string()), "{detail}");

    okta.post("/Groups", &push).await.refused(409, "uniqueness");
    assert_eq!(opened(&server), conflict, "the same one");
    assert_eq!(conflicts(&server)[0].tries, 2);

    server.operate(Command::LinkConflict { id: conflict }).await;
    let finance = finance.to_string();
    assert_eq!(okta.members(&finance).await, [ann.as_str()], "at once");
    let retried = okta.post("/Groups", &push).await.expect(201);
    assert_eq!(retried.id(), finance);
    assert_eq!(conflicts(&server)[0].state, ConflictState::Linked);
}

#[tokio::test]
async fn a_taken_role_name_is_given_up_and_the_retry_makes_a_new_one() {
    let (server, okta) = okta().await;
    let finance = server.local_role("Finance").await;
    okta.post("/Groups", group("Finance", &[]))
        .await
        .refused(409, "uniqueness");
    let id = opened(&server);
    let name = "Finance (local)".to_owned();
    server.operate(Command::RenameConflict { id, name }).await;
    let made = okta
        .post("/Groups", group("Finance", &[]))
        .await
        .expect(201);
    assert_ne!(made.id(), finance.to_string());
    assert_eq!(conflicts(&server)[0].state, ConflictState::Renamed);
}

#[tokio::test]
async fn a_dismissed_conflict_goes_on_being_refused() {
    let (server, okta) = okta().await;
    server.local_role("Finance").await;
    okta.post("/Groups", group("Finance", &[]))
        .await
        .refused(409, "uniqueness");
    let id = opened(&server);
    server.operate(Command::DismissConflict { id }).await;
    okta.post("/Groups", group("Finance", &[]))
        .await
        .refused(409, "uniqueness");
    assert_eq!(conflicts(&server).len(), 1, "and opens no other one");
}

#[tokio::test]
async fn a_taken_user_name_is_linked() {
    let (server, okta) = okta().await;
    let ann = server.local_user("ann@x.io", UserKind::Person).await;
    let push = json!({"userName": "Ann@x.io", "active": true, "title": "T"});
    let detail = okta.post("/Users", &push).await.refused(409, "uniqueness");
    assert!(detail.contains("import users"), "{detail}");
    assert_eq!(server.last_exchange().summary, "Ann@x.io: name is taken");
    let id = opened(&server);
    server.operate(Command::LinkConflict { id }).await;
    let retried = okta.post("/Users", &push).await.expect(201);
    assert_eq!(retried.id(), ann.to_string());
    assert_eq!(retried.body["title"], "T");
    okta.put(&format!("/Users/{ann}"), &push).await.expect(200);
}

#[tokio::test]
async fn a_service_account_stays_unseen_behind_its_name() {
    let (server, okta) = okta().await;
    server.local_user("robot", UserKind::ServiceAccount).await;
    let detail = okta
        .post("/Users", json!({"userName": "robot"}))
        .await
        .refused(409, "uniqueness");
    assert!(!detail.contains("service account"), "{detail}");
    assert!(!detail.contains("managed"), "{detail}");
}

#[tokio::test]
async fn a_taken_alias_names_set_and_alias_but_not_its_holder() {
    let (server, okta) = okta().await;
    let user = |name: &str| json!({"userName": name, URN: {"identityAliases": ["rdp-set,ann"]}});
    okta.post("/Users", user("ann@x.io")).await.expect(201);
    let bob = okta.make_user("bob@x.io").await;
    let path = format!("/Users/{bob}");
    let detail = okta
        .put(&path, user("bob@x.io"))
        .await
        .refused(409, "uniqueness");
    assert!(
        detail.contains("\"ann\"") && detail.contains("\"rdp-set\""),
        "{detail}"
    );
    assert!(!detail.contains("ann@x.io"), "{detail}");
    assert_eq!(conflicts(&server)[0].kind, ConflictKind::Alias);
}

#[tokio::test]
async fn a_group_that_is_renamed_to_a_taken_name_waits_for_the_name() {
    let (server, okta) = okta().await;
    let sales = server.local_role("Sales").await;
    let team = okta.make_group("Team", &[]).await;
    let path = format!("/Groups/{team}");
    let push = group("Sales", &[]);
    let detail = okta.put(&path, &push).await.refused(409, "uniqueness");
    let id = opened(&server);
    assert!(detail.contains("another name in Okta"), "{detail}");
    assert!(detail.contains(&id.to_string()), "{detail}");
    assert!(!detail.contains("Link Group"), "{detail}");

    let operator = Actor::Operator {
        name: "test".to_owned(),
    };
    let command = Command::LinkConflict { id };
    let linked = server.engine.execute(operator, command, None).await;
    let why = linked.expect_err("refused").to_string();
    assert!(why.contains("rename the existing one"), "{why}");
    assert_eq!(conflicts(&server)[0].state, ConflictState::Open);

    let name = "Sales (local)".to_owned();
    server.operate(Command::RenameConflict { id, name }).await;
    let renamed = okta.put(&path, &push).await.expect(200);
    assert_eq!(renamed.body["displayName"], "Sales");
    assert_ne!(renamed.id(), sales.to_string());
}

#[tokio::test]
async fn pushes_of_the_same_name_or_alias_for_different_rows_stay_apart() {
    let (server, okta) = okta().await;
    server.local_role("Sales").await;
    let user = |name: &str| json!({"userName": name, URN: {"identityAliases": ["rdp-set,ann"]}});
    okta.post("/Users", user("ann@x.io")).await.expect(201);
    for name in ["A", "B"] {
        let id = okta.make_group(name, &[]).await;
        for _ in 0..2 {
            let renamed = okta
                .put(&format!("/Groups/{id}"), group("Sales", &[]))
                .await;
            renamed.refused(409, "uniqueness");
        }
    }
    for name in ["bob@x.io", "carl@x.io"] {
        for _ in 0..2 {
            let posted = okta.post("/Users", user(name)).await;
            posted.refused(409, "uniqueness");
        }
    }
    let tries: Vec<_> = conflicts(&server).iter().map(|one| one.tries).collect();
    assert_eq!(tries, [2, 2, 2, 2]);
}

#[tokio::test]
async fn what_a_conflict_stands_on_may_go() {
    let (server, okta) = okta().await;
    let entra = server.client(Provider::Entra).await;
    let finance = entra.make_group("Finance", &[]).await;
    okta.post("/Groups", group("Finance", &[]))
        .await
        .refused(409, "uniqueness");
    entra
        .delete(&format!("/Groups/{finance}"))
        .await
        .expect(204);
    assert_eq!(conflicts(&server)[0].state, ConflictState::Gone);
    okta.post("/Groups", group("Finance", &[]))
        .await
        .expect(201);
}

/// Not every store takes such text: what is kept of the push is as it was sent.
#[tokio::test]
async fn a_push_with_strange_text_is_kept_with_its_conflict() {
    let (server, okta) = okta().await;
    server.local_role("Finance").await;
    let mut push = group("finance", &[]);
    push["un\u{0}known"] = json!("a\u{0}b\u{1}\u{fffd}\u{10ffff}");
    push["externalId"] = json!("\u{10ffff}'\"\\x5c");
    okta.post("/Groups", &push).await.refused(409, "uniqueness");
    let kept = conflicts(&server);
    assert_eq!(kept.len(), 1);
    assert_eq!(opened(&server), kept[0].id);
    let user = json!({"userName": "a@x.io", "un\u{0}known": "\u{0}", "title": "\u{1}"});
    okta.post("/Users", &user).await.expect(201);
}
