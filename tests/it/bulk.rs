//! Bulk requests (RFC 7644 §3.7).

use rolecall::{directory::Provider, listener::Limits};
use serde_json::{Value, json};

use crate::harness::{Client, Server};

async fn client() -> (Server, Client) {
    let server = Server::start().await;
    let client = server.client(Provider::Generic).await;
    (server, client)
}

fn request(operations: &Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": operations})
}

#[tokio::test]
async fn operations_refer_to_each_other() {
    let (server, client) = client().await;
    let reply = client
        .post(
            "/Bulk",
            request(&json!([
                {"method": "POST", "path": "/Groups", "bulkId": "g", "data":
                    {"displayName": "Sales", "members": [{"value": "bulkId:u"}]}},
                {"method": "POST", "path": "/Users", "bulkId": "u", "data": {"userName": "ann@x.io"}},
                {"method": "PATCH", "path": "/Users/bulkId:u", "data":
                    {"Operations": [{"op": "add", "path": "title", "value": "T"}]}},
                {"method": "POST", "path": "/Users", "bulkId": "gone", "data": {"userName": "bob@x.io"}},
                {"method": "DELETE", "path": "/Users/bulkId:gone"},
            ])),
        )
        .await
        .expect(200);
    assert_eq!(
        reply.body["schemas"][0],
        "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
    );
    let done = reply.body["Operations"].as_array().expect("an array");
    let statuses: Vec<&str> = done
        .iter()
        .filter_map(|one| one["status"].as_str())
        .collect();
    assert_eq!(statuses, ["201", "201", "200", "201", "204"]);
    assert_eq!(done[0]["bulkId"], "g");
    assert_eq!(done[1]["method"], "POST");
    assert!(done[4]["location"].is_string(), "{}", done[4]);
    assert_eq!(done[4]["location"], done[3]["location"]);
    assert!(
        done[1]["version"]
            .as_str()
            .expect("a version")
            .starts_with("W/")
    );
    let (_, group) = done[0]["location"]
        .as_str()
        .and_then(|at| at.rsplit_once('/'))
        .expect("a location");
    let (_, user) = done[1]["location"]
        .as_str()
        .and_then(|at| at.rsplit_once('/'))
        .expect("a location");
    assert_eq!(client.members(group).await, [user]);
    let lines = server.engine.recorder().lines(None, 10);
    let bulk = lines
        .iter()
        .find(|line| line.target.ends_with("/Bulk"))
        .expect("recorded");
    assert_eq!(bulk.summary, "bulk: 5 of 5 operations, 0 failed");
    assert_eq!(
        (bulk.effect.users_created, bulk.effect.roles_created),
        (2, 1)
    );
    assert!(bulk.journal.len() >= 3);
}

#[tokio::test]
async fn errors_are_told_and_counted() {
    let (_server, client) = client().await;
    let ann = client.make_user("ann@x.io").await;
    let mut bulk = request(&json!([
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"userName": "ann@x.io"}},
        {"method": "PUT", "path": format!("/Users/{ann}"), "version": "W/\"none\"",
            "data": {"userName": "ann@x.io"}},
        {"method": "PATCH", "path": "/Users/bulkId:a",
            "data": {"Operations": [{"op": "add", "path": "title", "value": "T"}]}},
        {"method": "DELETE", "path": format!("/Users/{ann}")},
        {"method": "DELETE", "path": format!("/Users/{ann}")},
    ]));
    let reply = client.post("/Bulk", &bulk).await.expect(200);
    let done = reply.body["Operations"].as_array().expect("an array");
    let statuses: Vec<&str> = done
        .iter()
        .filter_map(|one| one["status"].as_str())
        .collect();
    assert_eq!(statuses, ["409", "412", "409", "204", "404"]);
    assert_eq!(done[0]["response"]["scimType"], "uniqueness");
    assert_eq!(done[0]["location"], Value::Null);
    assert!(
        done[3]["location"]
            .as_str()
            .expect("a location")
            .ends_with(&ann)
    );
    assert_eq!(done[3]["response"], Value::Null);

    bulk["failOnErrors"] = 2.into();
    let reply = client.post("/Bulk", &bulk).await.expect(200);
    let done = reply.body["Operations"].as_array().expect("an array");
    assert!(done.len() < 5, "{done:?}");
}

#[tokio::test]
async fn bulk_requests_are_bounded() {
    let server = Server::with_limits(Limits {
        bulk_operations: 1,
        bulk_bytes: 500,
        ..Limits::default()
    })
    .await;
    let client = server.client(Provider::Generic).await;
    let one = json!({"method": "DELETE", "path": "/Users/1"});
    let detail = client
        .post("/Bulk", request(&json!([one, one])))
        .await
        .refused(413, "");
    assert!(detail.contains("maxOperations"), "{detail}");
    let large = json!({"method": "POST", "path": "/Users", "bulkId": "a",
        "data": {"userName": "a".repeat(500)}});
    client
        .post("/Bulk", request(&json!([large])))
        .await
        .refused(413, "");
    let wrong = json!({"method": "GET", "path": "/Users"});
    let reply = client.post("/Bulk", request(&json!([wrong]))).await;
    assert_eq!(reply.status, 400, "{}", reply.text);
}
