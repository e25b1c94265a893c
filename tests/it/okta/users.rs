//! Users: import, assignment, profile, suspension, identity aliases.

use rolecall::directory::{Command, PermissionLevel, Provider, UserKind};
use serde_json::{Value, json};

use super::{DIALECTS, Dialect, look_up, okta, profile};

#[tokio::test]
async fn credentials_are_tested() {
    let (_server, okta) = okta().await;
    for path in [
        "/Users?startIndex=1&count=2",
        "/Groups?startIndex=1&count=100",
    ] {
        let list = okta.get(path).await.expect(200);
        assert_eq!(list.counts(), (0, 0));
        assert_eq!(list.body["startIndex"], 1);
        assert_eq!(list.body["Resources"], json!([]));
    }
}

#[tokio::test]
async fn everybody_is_imported_but_service_accounts() {
    let (server, okta) = okta().await;
    let mut expected = Vec::new();
    for number in 0..5 {
        let name = format!("u{number}@x.io");
        expected.push(server.local_user(&name, UserKind::Person).await.to_string());
    }
    server.local_user("robot", UserKind::ServiceAccount).await;
    let role = server.local_role("Ops").await;

    let mut imported = Vec::new();
    for start in [1, 3, 5] {
        let path = format!("/Users?startIndex={start}&count=2");
        let page = okta.get(&path).await.expect(200);
        assert_eq!(page.body["totalResults"], 5);
        for user in page.body["Resources"].as_array().expect("an array") {
            imported.push(user["id"].as_str().expect("an id").to_owned());
        }
    }
    assert_eq!(imported, expected, "in the order of creation");
    let past = okta.get("/Users?startIndex=6&count=2").await.expect(200);
    assert_eq!(past.counts(), (0, 5));

    let groups = okta.get("/Groups?startIndex=1&count=100").await.expect(200);
    assert_eq!(groups.body["Resources"][0]["id"], role.to_string());
    let robot = look_up(&okta, "Users", "userName", "robot").await;
    assert_eq!(robot.counts(), (0, 0));
}

#[tokio::test]
async fn a_user_is_assigned_updated_suspended_and_assigned_again() {
    for dialect in DIALECTS {
        let (server, okta) = okta().await;
        let id = dialect.assign(&okta, "Ann@x.io").await;
        let exchange = server.last_exchange();
        assert_eq!(exchange.status, 201);
        assert_eq!(exchange.effect.users_created, 1);
        assert_eq!(exchange.users, ["Ann@x.io"]);

        let updated = dialect.update(&okta, &id, "title", "Engineer").await;
        assert_eq!(updated.body["title"], "Engineer", "{dialect:?}");
        assert_eq!(updated.body["name"]["familyName"], "B", "{dialect:?}");

        let suspended = dialect.set_active(&okta, &id, false).await;
        assert_eq!(suspended.body["active"], false);
        assert_eq!(server.last_exchange().effect.users_suspended, 1);
        let found = look_up(&okta, "Users", "userName", "ann@X.IO").await;
        assert_eq!(found.body["Resources"][0]["active"], false, "stays visible");

        let back = dialect.set_active(&okta, &id, true).await;
        assert_eq!(back.body["active"], true);
        assert_eq!(server.last_exchange().effect.users_reinstated, 1);

        dialect.set_active(&okta, &id, false).await;
        let again = okta.post("/Users", profile("ann@x.io")).await.expect(201);
        assert_eq!(again.id(), id, "reactivated in place: {dialect:?}");
        assert_eq!(again.body["active"], true);
    }
}

#[tokio::test]
async fn a_created_user_is_answered_whole() {
    let (server, okta) = okta().await;
    let made = okta.post("/Users", profile("ann@x.io")).await.expect(201);
    let id = made.id();
    let location = format!("http://{}/scim/v2/Users/{id}", server.address);
    assert_eq!(made.header("location"), Some(location.as_str()));
    assert_eq!(made.body["meta"]["location"], location);
    assert_eq!(made.body["meta"]["resourceType"], "User");
    assert_eq!(made.header("etag"), made.body["meta"]["version"].as_str());
    assert_eq!(made.body["externalId"], "00u-ann@x.io");
    assert_eq!(made.body["emails"][0]["primary"], true);
    assert!(!id.contains("bulkId"));

    let line = server.last_exchange();
    let kept = server.engine.recorder().get(line.id).expect("recorded");
    let exchange = kept.exchange().expect("whole");
    assert_eq!(
        Some(line.id.to_string().as_str()),
        made.header("x-request-id")
    );
    let recorded = kept.json();
    assert!(!recorded.contains("1mz050nq"), "{recorded}");
    assert!(!recorded.contains("rc_okta_"), "{recorded}");
    assert!(recorded.contains("Okta SCIM Client 1.0.0"), "{recorded}");
    assert_eq!(exchange.token.as_deref(), Some("okta test"));
    assert_eq!(line.journal.len(), 1);
}

#[tokio::test]
async fn a_local_user_who_matches_is_taken_over() {
    for dialect in DIALECTS {
        let (server, okta) = okta().await;
        let id = server.local_user("ann@x.io", UserKind::Person).await;
        server
            .operate(Command::SetPermissionLevel {
                id,
                level: PermissionLevel::Auditor,
            })
            .await;
        assert_eq!(dialect.assign(&okta, "ann@x.io").await, id.to_string());
        let snapshot = server.engine.snapshot().expect("a snapshot");
        let user = snapshot.user(id).expect("readable").expect("still here");
        assert_eq!(user.managed_by.provider(), Some(Provider::Okta));
        assert_eq!(user.permission_level, PermissionLevel::Auditor);
    }
}

#[tokio::test]
async fn an_admin_types_what_no_boolean_is() {
    let (_server, okta) = okta().await;
    let id = okta.make_user("ann@x.io").await;
    let path = format!("/Users/{id}");
    for (given, active) in [
        (json!("False"), false),
        (json!("True"), true),
        (json!("false"), false),
    ] {
        let operations = json!([{"op": "replace", "value": {"active": given}}]);
        let reply = okta.operations(&path, operations).await.expect(200);
        assert_eq!(reply.body["active"], active);
    }
    let operations = json!([{"op": "replace", "path": "active", "value": "maybe"}]);
    let detail = okta
        .operations(&path, operations)
        .await
        .refused(400, "invalidValue");
    assert!(detail.contains("active"), "{detail}");
}

#[tokio::test]
async fn putting_a_user_leaves_no_group_and_clears_what_is_blank() {
    let (_server, okta) = okta().await;
    let id = okta.make_user("ann@x.io").await;
    let group = okta.make_group("Engineering", &[&id]).await;
    let mut user = profile("ann@x.io");
    user["title"] = "Engineer".into();
    let path = format!("/Users/{id}");
    let put = okta.put(&path, &user).await.expect(200);
    assert_eq!(put.body["groups"][0]["value"], group);
    assert_eq!(okta.members(&group).await, [id.as_str()]);
    user["title"] = "".into();
    user["nickName"] = Value::Null;
    user["unheardOf"] = json!({"a": 1});
    let put = okta.put(&path, &user).await.expect(200);
    assert_eq!(put.body["title"].as_str().unwrap_or_default(), "");
    assert_eq!(put.body["nickName"], Value::Null);
    assert_eq!(put.body["unheardOf"], Value::Null);
}

#[tokio::test]
async fn a_force_sync_changes_nothing_and_says_so() {
    let (server, okta) = okta().await;
    let mut ids = Vec::new();
    for number in 0..8 {
        let name = format!("u{number}@x.io");
        ids.push((Dialect::Aiw.assign(&okta, &name).await, name));
    }
    let syncing: Vec<_> = ids
        .into_iter()
        .map(|(id, name)| {
            let okta = okta.clone();
            tokio::spawn(async move {
                Dialect::Aiw.put_merged(&okta, &id, profile(&name)).await;
            })
        })
        .collect();
    for sync in syncing {
        sync.await.expect("synced");
    }
    let lines = server.engine.recorder().lines(None, 16);
    let puts: Vec<_> = lines.iter().filter(|line| line.method == "PUT").collect();
    assert_eq!(puts.len(), 8);
    for put in puts {
        assert_eq!(put.summary, format!("{}: nothing changed", put.users[0]));
        assert!(put.journal.is_empty());
    }
}

#[tokio::test]
async fn identity_aliases_are_attributes() {
    const URN: &str = "urn:ietf:params:scim:schemas:extension:strongdm:2.0:User";
    let (_server, okta) = okta().await;
    let mut ann = profile("ann@x.io");
    ann[URN] = json!({"identityAliases": ["rdp-set,alice-rdp-alias"]});
    let made = okta.post("/Users", &ann).await.expect(201);
    assert_eq!(made.body[URN], ann[URN]);

    let mut bob = profile("bob@x.io");
    bob[URN] = json!({"identityAliases": ["no comma"]});
    let detail = okta.post("/Users", &bob).await.refused(400, "invalidValue");
    assert!(detail.contains("no comma"), "{detail}");

    bob[URN] = ann[URN].clone();
    let detail = okta.post("/Users", &bob).await.refused(409, "uniqueness");
    assert!(detail.contains("alice-rdp-alias"), "{detail}");
    assert!(!detail.contains("ann@x.io"), "{detail}");

    let schemas = okta.get("/Schemas").await.expect(200);
    assert!(schemas.text.contains("identityAliases"));
    let types = okta.get("/ResourceTypes").await.expect(200);
    assert!(types.text.contains(URN));
}

#[tokio::test]
async fn nothing_of_the_access_system_shows_or_can_be_set() {
    let (_server, okta) = okta().await;
    let mut ann = profile("ann@x.io");
    ann["permissionLevel"] = "admin".into();
    ann["roles"] = json!([{"value": "admin"}]);
    let made = okta.post("/Users", &ann).await.expect(201);
    assert_eq!(made.body["permissionLevel"], Value::Null);
}
