//! What `OneLogin` and `JumpCloud` send, where it differs.

use rolecall::directory::Provider;
use serde_json::json;

use crate::harness::{Connection, Server, sorted};

#[tokio::test]
async fn onelogin_sends_an_empty_user_agent_and_patches_groups() {
    let server = Server::start().await;
    let onelogin = server.client(Provider::OneLogin).await;
    let mut connection = Connection::open(server.address).await;
    let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "ann@x.io", "name": {"givenName": "Ann", "familyName": "B"},
        "emails": [{"value": "ann@x.io", "type": "work", "primary": true}]})
    .to_string();
    let request = format!(
        "POST /scim/v2/Users HTTP/1.1\r\nhost: x\r\nuser-agent: \r\n{}content-length: {}\r\n\r\n{body}",
        onelogin.headers,
        body.len()
    );
    connection.write(request.as_bytes()).await;
    let ann = connection.read().await.expect(201);
    assert_eq!(
        ann.header("location"),
        Some(format!("http://x/scim/v2/Users/{}", ann.id()).as_str()),
        "as the client came here"
    );
    let ann = ann.id();
    let bob = onelogin.make_user("bob@x.io").await;
    let group = onelogin.make_group("Sales", &[]).await;
    let path = format!("/Groups/{group}");
    for operations in [
        json!([{"op": "add", "path": "members", "value": [{"value": ann}, {"value": bob}]}]),
        json!([{"op": "replace", "path": "displayName", "value": "Sales EU"}]),
        json!([{"op": "remove", "path": format!("members[value eq \"{bob}\"]")}]),
    ] {
        onelogin.operations(&path, operations).await.expect(204);
    }
    let none = json!([{"op": "remove", "path": "externalId"}]);
    let asked = format!("{path}?attributes=displayName");
    let named = onelogin.operations(&asked, none).await.expect(200);
    assert_eq!(named.body["displayName"], "Sales EU");
    let group = onelogin.get(&path).await.expect(200);
    assert_eq!(group.members(), [ann.as_str()]);
    assert_eq!(group.body["displayName"], "Sales EU");
}

#[tokio::test]
async fn jumpcloud_tries_itself_out_and_repeats_what_it_adds() {
    let server = Server::start().await;
    let jumpcloud = server.client(Provider::JumpCloud).await;
    for _ in 0..2 {
        let user = jumpcloud.make_user("test-user@x.io").await;
        let group = jumpcloud.make_group("test-group", &[&user]).await;
        jumpcloud
            .delete(&format!("/Groups/{group}"))
            .await
            .expect(204);
        jumpcloud
            .delete(&format!("/Users/{user}"))
            .await
            .expect(204);
    }
    let ann = jumpcloud.make_user("ann@x.io").await;
    let bob = jumpcloud.make_user("bob@x.io").await;
    let group = jumpcloud.make_group("Sales", &[&ann]).await;
    let path = format!("/Groups/{group}");
    let add = json!([{"op": "add", "path": "members", "value": [{"value": ann}, {"value": bob}]}]);
    jumpcloud.operations(&path, add.clone()).await.expect(204);
    let version = jumpcloud.get(&path).await.expect(200).body["meta"].clone();
    jumpcloud.operations(&path, add).await.expect(204);
    assert_eq!(
        server.last_exchange().summary,
        "role Sales: nothing changed"
    );
    let again = jumpcloud.get(&path).await.expect(200);
    assert_eq!(again.members(), sorted(&[&ann, &bob]));
    assert_eq!(again.body["meta"], version);
}
