//! Entra ID's requests: capitalised operations, booleans as strings, keys with dots and URNs.

use rolecall::directory::Provider;
use serde_json::{Value, json};

use crate::harness::{Client, Server, sorted};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

async fn entra() -> (Server, Client) {
    let server = Server::start().await;
    let client = server.client(Provider::Entra).await;
    (server, client)
}

fn user(user_name: &str) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef", "userName": user_name,
        "active": true, "displayName": "Kim", "meta": {"resourceType": "User"},
        "emails": [{"primary": true, "type": "work", "value": user_name}],
        "name": {"formatted": "Kim K", "familyName": "K", "givenName": "Kim"},
        ENTERPRISE: {"employeeNumber": "7", "department": "Tea"}, "roles": []})
}

#[tokio::test]
async fn the_connection_test_looks_for_nobody() {
    let (_server, entra) = entra().await;
    for path in [
        "/Users?filter=userName eq \"81c2f3a0-53a5-4a3f-8f4e-0123456789ab\"",
        "/Groups?excludedAttributes=members&filter=displayName eq \"81c2f3a0-53a5\"",
        "/Users?filter=userName eq nobody",
        "/Users?filter=externalId eq \"jyoung\"",
    ] {
        let list = entra.get(path).await.expect(200);
        assert_eq!(list.counts(), (0, 0), "{path}");
        assert_eq!(list.body["Resources"], json!([]));
    }
}

#[tokio::test]
async fn a_user_is_found_by_every_attribute_that_may_match() {
    let (server, entra) = entra().await;
    let id = entra
        .post("/Users", user("Kim@x.io"))
        .await
        .expect(201)
        .id();
    for filter in [
        "userName eq \"kim@x.io\"",
        "userName eq kim@x.io",
        "externalId eq \"0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef\"",
        "emails[type eq \"work\"].value eq \"kim@X.io\"",
        "emails[type eq \"work\"].value eq \"kim@x.io\" and userName eq \"kim@x.io\"",
    ] {
        let list = entra
            .get(&format!("/Users?filter={filter}"))
            .await
            .expect(200);
        assert_eq!(list.counts(), (1, 1), "{filter}");
        assert_eq!(list.body["Resources"][0]["id"], id, "{filter}");
    }
    assert_eq!(
        server.last_exchange().summary,
        "lookup kim@x.io: found",
        "the word that is looked for"
    );
}

#[tokio::test]
async fn a_user_is_changed_suspended_and_at_last_deleted() {
    let (_server, entra) = entra().await;
    let id = entra
        .post("/Users", user("kim@x.io"))
        .await
        .expect(201)
        .id();
    let path = format!("/Users/{id}");

    let operations = json!([
        {"op": "Replace", "path": "displayName", "value": "Kim Two"},
        {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "two@x.io"},
        {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+1 5"},
        {"op": "Add", "path": format!("{ENTERPRISE}:employeeNumber"), "value": "8"},
        {"op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": "a-manager"},
        {"op": "Replace", "value": {"name.givenName": "K",
            format!("{ENTERPRISE}:department"): "Coffee"}},
    ]);
    let changed = entra.operations(&path, operations).await.expect(200).body;
    assert_eq!(changed["displayName"], "Kim Two");
    assert_eq!(changed["emails"][0]["value"], "two@x.io");
    assert_eq!(changed["phoneNumbers"][0]["type"], "mobile");
    assert_eq!(changed["phoneNumbers"][0]["value"], "+1 5");
    assert_eq!(changed["name"]["givenName"], "K");
    assert_eq!(changed["name"]["familyName"], "K");
    assert_eq!(changed[ENTERPRISE]["employeeNumber"], "8");
    assert_eq!(changed[ENTERPRISE]["department"], "Coffee");
    assert_eq!(changed[ENTERPRISE]["manager"]["value"], "a-manager");

    for (given, active) in [("False", false), ("True", true), ("False", false)] {
        let operations = json!([{"op": "Replace", "path": "active", "value": given}]);
        let reply = entra.operations(&path, operations).await.expect(200);
        assert_eq!(reply.body["active"], active);
    }
    let list = entra.get("/Users?filter=userName eq \"kim@x.io\"").await;
    assert_eq!(list.expect(200).body["Resources"][0]["active"], false);

    entra.delete(&path).await.expect(204);
    entra.get(&path).await.refused(404, "");
    entra.delete(&path).await.refused(404, "");
}

#[tokio::test]
async fn a_group_is_kept_without_ever_reading_its_members() {
    let (_server, entra) = entra().await;
    let kim = entra
        .post("/Users", user("kim@x.io"))
        .await
        .expect(201)
        .id();
    let lee = entra.make_user("lee@x.io").await;
    let body = json!({"displayName": "Tea", "externalId": "8aa1a0c0",
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group",
            "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "meta": {"resourceType": "Group"}});
    let group = entra.post("/Groups", body).await.expect(201).id();
    let path = format!("/Groups/{group}");

    let add = |ids: &[&str]| {
        let value: Value = ids
            .iter()
            .map(|id| json!({"$ref": null, "value": id}))
            .collect();
        json!([{"op": "Add", "path": "members", "value": value}])
    };
    entra
        .operations(&path, add(&[&kim, &lee]))
        .await
        .expect(204);
    entra.operations(&path, add(&[&kim])).await.expect(204);
    assert_eq!(entra.members(&group).await, sorted(&[&kim, &lee]));

    let without = entra
        .get(&format!("{path}?excludedAttributes=members"))
        .await;
    let without = without.expect(200).body;
    assert_eq!(without["members"], Value::Null);
    assert_eq!(without["displayName"], "Tea");
    let listed = entra
        .get("/Groups?excludedAttributes=members&filter=displayName eq \"Tea\"")
        .await
        .expect(200);
    assert_eq!(listed.body["Resources"][0]["members"], Value::Null);
    assert_eq!(listed.body["Resources"][0]["externalId"], "8aa1a0c0");

    let operations = json!([{"op": "Remove", "path": "members",
        "value": [{"$ref": null, "value": lee}]}]);
    entra.operations(&path, operations).await.expect(204);
    assert_eq!(entra.members(&group).await, [kim.as_str()]);

    let operations = json!([{"op": "Replace", "path": "displayName", "value": "Coffee"}]);
    entra.operations(&path, operations).await.expect(204);
    let filter = "/Groups?filter=externalId eq \"8aa1a0c0\"";
    let found = entra.get(filter).await.expect(200);
    assert_eq!(found.body["Resources"][0]["displayName"], "Coffee");

    entra.delete(&path).await.expect(204);
    entra.get(&path).await.refused(404, "");
}

#[tokio::test]
async fn what_is_not_in_the_schema_does_not_lose_the_push() {
    let (server, entra) = entra().await;
    let id = entra
        .post("/Users", user("kim@x.io"))
        .await
        .expect(201)
        .id();
    let operations = json!([
        {"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:Custom:2.0:User:tag", "value": "x"},
        {"op": "Replace", "path": "favouriteColour", "value": "red"},
        {"op": "Replace", "path": "active", "value": "False"},
    ]);
    let path = format!("/Users/{id}");
    let changed = entra
        .operations(&path, operations.clone())
        .await
        .expect(200)
        .body;
    assert_eq!(changed["active"], false);
    assert_eq!(changed["favouriteColour"], Value::Null);

    let members = json!([{"value": id}, {"value": ""}, {"display": "nobody"}, null]);
    let body = json!({"displayName": "Tea", "members": members});
    let group = entra.post("/Groups", body).await.expect(201).id();
    assert_eq!(entra.members(&group).await, [id.as_str()]);

    let generic = server.client(Provider::Generic).await;
    let ann = generic.make_user("ann@x.io").await;
    let path = format!("/Users/{ann}");
    let reply = generic.operations(&path, operations).await;
    reply.refused(400, "invalidPath");
}
