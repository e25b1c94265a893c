//! Two providers never see nor overwrite each other's, and neither overwrites what operators keep.

use rolecall::directory::{Command, ConflictId, ConflictKind, Provider, UserKind};
use serde_json::{Value, json};

use crate::harness::{Client, Reply, Server, sorted};

async fn two() -> (Server, Client, Client) {
    let server = Server::start().await;
    let okta = server.client(Provider::Okta).await;
    let entra = server.client(Provider::Entra).await;
    (server, okta, entra)
}

/// The conflict that the last exchange opened or repeated.
fn last_conflict(server: &Server) -> ConflictId {
    server.last_exchange().conflict.expect("a conflict")
}

/// The ids in a list, in its order.
fn ids(list: &Reply) -> Vec<&str> {
    let resources = list.body["Resources"].as_array().into_iter().flatten();
    resources.filter_map(|one| one["id"].as_str()).collect()
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
        assert!(
            !detail.contains("ann"),
            "it does not see the name: {detail}"
        );
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
    let conflict = last_conflict(&server);
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
    entra.get(&path).await.expect(200);
    okta.get(&path).await.refused(404, "");
    assert_eq!(okta.get("/Groups").await.expect(200).counts(), (0, 0));
    let seen = okta.get(&format!("/Users/{ann}")).await.expect(200).body;
    assert_eq!(seen["groups"], Value::Null, "no role of its own any more");
}

#[tokio::test]
async fn what_another_provider_manages_is_nowhere_in_lists() {
    let (server, okta, entra) = two().await;
    let ann = okta.make_user("ann@x.io").await;
    let bob = entra.make_user("bob@x.io").await;
    let carol = server.local_user("carol@x.io", UserKind::Person).await;
    okta.make_group("Sales", &[&ann]).await;
    let support = entra.make_group("Support", &[&bob]).await;
    let finance = server.local_role("Finance").await;
    let (carol, finance) = (carol.to_string(), finance.to_string());

    let users = entra.get("/Users").await.expect(200);
    assert_eq!(users.counts(), (2, 2));
    assert_eq!(ids(&users), [bob.as_str(), &carol]);
    let groups = entra.get("/Groups").await.expect(200);
    assert_eq!(groups.counts(), (2, 2));
    assert_eq!(ids(&groups), [support.as_str(), &finance]);
    let sorted = entra.get("/Users?sortBy=userName&sortOrder=descending");
    assert_eq!(ids(&sorted.await.expect(200)), [carol.as_str(), &bob]);
    let counted = entra.get("/Users?count=0").await.expect(200);
    assert_eq!(counted.counts(), (0, 2));
    let second = entra.get("/Users?startIndex=2&count=1").await.expect(200);
    assert_eq!(ids(&second), [carol.as_str()]);
    let first = entra.get("/Users?cursor&count=1").await.expect(200);
    assert_eq!(ids(&first), [bob.as_str()]);
    let cursor = first.body["nextCursor"].as_str().expect("a cursor");
    let rest = entra.get(&format!("/Users?cursor={cursor}&count=5")).await;
    let rest = rest.expect(200);
    assert_eq!(ids(&rest), [carol.as_str()]);
    assert_eq!(rest.body["nextCursor"], Value::Null);
    for resource in ["", "/Users", "/Groups"] {
        let everything = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        });
        let found = entra.post(&format!("{resource}/.search"), everything).await;
        let found = found.expect(200);
        assert!(!found.text.contains("ann@x.io"), "{}", found.text);
        assert!(!found.text.contains("Sales"), "{}", found.text);
    }
}

#[tokio::test]
async fn what_another_provider_manages_is_not_found() {
    let (_server, okta, entra) = two().await;
    let user = json!({
        "userName": "ann@x.io", "externalId": "okta-1", "active": true,
        "emails": [{"value": "ann@x.io", "type": "work"}],
    });
    let ann = okta.post("/Users", user).await.expect(201).id();
    let sales = okta.make_group("Sales", &[&ann]).await;
    for path in [format!("/Users/{ann}"), format!("/Groups/{sales}")] {
        let absent = path.replace(path.rsplit('/').next().expect("an id"), &unknown());
        let hidden = entra.get(&path).await.refused(404, "");
        let absent = entra.get(&absent).await.refused(404, "");
        let id = path.rsplit('/').next().expect("an id");
        assert_eq!(hidden.replace(id, &unknown()), absent, "the same words");
        okta.get(&path).await.expect(200);
    }
    for filter in [
        "userName eq \"ann@x.io\"",
        "emails.value eq \"ann@x.io\"",
        "externalId eq \"okta-1\"",
        "userName sw \"ann\"",
        "active eq true",
        &format!("id eq \"{ann}\""),
        &format!("groups.value eq \"{sales}\""),
    ] {
        let path = format!("/Users?filter={filter}");
        assert_eq!(
            entra.get(&path).await.expect(200).counts(),
            (0, 0),
            "{path}"
        );
        assert_eq!(okta.get(&path).await.expect(200).counts(), (1, 1), "{path}");
    }
    for filter in [
        "displayName eq \"Sales\"",
        "displayName co \"a\"",
        &format!("id eq \"{sales}\""),
        &format!("members.value eq \"{ann}\""),
    ] {
        let path = format!("/Groups?filter={filter}");
        assert_eq!(
            entra.get(&path).await.expect(200).counts(),
            (0, 0),
            "{path}"
        );
        assert_eq!(okta.get(&path).await.expect(200).counts(), (1, 1), "{path}");
    }
}

/// An id that nothing has.
fn unknown() -> String {
    "01900000-0000-7000-8000-000000000000".to_owned()
}

#[tokio::test]
async fn a_linked_user_is_seen_by_its_new_provider_only() {
    let (server, okta, entra) = two().await;
    let ann = okta.make_user("ann@x.io").await;
    let sales = okta.make_group("Sales", &[&ann]).await;
    let path = format!("/Users/{ann}");
    let push = json!({"userName": "ann@x.io", "externalId": "entra-1"});
    entra.post("/Users", &push).await.refused(409, "uniqueness");
    let conflict = last_conflict(&server);
    entra.get(&path).await.refused(404, "");
    server.operate(Command::LinkConflict { id: conflict }).await;

    assert_eq!(entra.get("/Users").await.expect(200).counts(), (1, 1));
    let seen = entra.get(&path).await.expect(200).body;
    assert_eq!(seen["externalId"], "entra-1");
    assert_eq!(seen["groups"], Value::Null, "a role that it does not see");
    let retried = entra.post("/Users", &push).await.expect(201);
    assert_eq!(retried.id(), ann);
    let version = retried.header("etag").expect("a version");
    let condition = format!("If-Match: {version}\r\n");
    let same = push.to_string();
    entra
        .send("PUT", &path, &condition, &same)
        .await
        .expect(200);

    assert_eq!(okta.get("/Users").await.expect(200).counts(), (0, 0));
    okta.get(&path).await.refused(404, "");
    assert_eq!(
        okta.members(&sales).await,
        [ann.as_str()],
        "still its member"
    );
}

#[tokio::test]
async fn a_write_to_anothers_is_a_conflict_whatever_version_it_names() {
    let (server, okta, entra) = two().await;
    let ann = okta.make_user("ann@x.io").await;
    let sales = okta.make_group("Sales", &[&ann]).await;
    let condition = "If-Match: W/\"99\"\r\n";
    for (path, body) in [
        (format!("/Users/{ann}"), json!({"userName": "ann@x.io"})),
        (format!("/Groups/{sales}"), json!({"displayName": "Sales"})),
    ] {
        let body = body.to_string();
        entra
            .send("PUT", &path, condition, &body)
            .await
            .refused(409, "");
        last_conflict(&server);
        okta.send("PUT", &path, condition, &body)
            .await
            .refused(412, "");
        let operation = json!({"method": "DELETE", "path": path});
        let bulk = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [operation],
        });
        let done = entra.post("/Bulk", bulk).await.expect(200).body;
        assert_eq!(done["Operations"][0]["status"], "409", "{done}");
        okta.get(&path).await.expect(200);
    }
}

#[tokio::test]
async fn one_providers_users_may_be_in_anothers_group_but_have_no_name_there() {
    let (_server, okta, entra) = two().await;
    let ann = okta.make_user("ann@x.io").await;
    let bob = entra.make_user("bob@x.io").await;
    let group = entra.make_group("Support", &[&ann, &bob]).await;
    let path = format!("/Groups/{group}");
    assert_eq!(entra.members(&group).await, sorted(&[&ann, &bob]));
    let by_name = format!("{path}?attributes=members.display");
    let named = entra.get(&by_name).await.expect(200).text;
    assert!(named.contains("bob@x.io"), "{named}");
    assert!(!named.contains("ann@x.io"), "{named}");
    let filter = "/Groups?filter=members.display eq \"ann@x.io\"";
    assert_eq!(entra.get(filter).await.expect(200).counts(), (0, 0));
    let by_name =
        |name| json!([{"op": "remove", "path": format!("members[display eq \"{name}\"]")}]);
    entra
        .operations(&path, by_name("ann@x.io"))
        .await
        .expect(204);
    assert_eq!(entra.members(&group).await, sorted(&[&ann, &bob]));
    entra
        .operations(&path, by_name("bob@x.io"))
        .await
        .expect(204);
    assert_eq!(entra.members(&group).await, [ann.as_str()]);

    let seen = okta.get(&format!("/Users/{ann}")).await.expect(200).body;
    assert_eq!(seen["groups"], Value::Null, "another's role");
    entra.delete(&path).await.expect(204);
    okta.get(&format!("/Users/{ann}")).await.expect(200);
}
