//! Roles of many members: written a piece at a time, shared by those who read them at once, and the same as ever.

use rolecall::directory::{Provider, UserKind};
use serde_json::json;

use crate::harness::{Client, Connection, Reply, Server, values};

/// So many that their JSON is several times what is written at once.
const MEMBERS: usize = 1_000;

async fn large_role() -> (Server, Client, String, Vec<String>) {
    let server = Server::start().await;
    let client = server.client(Provider::Okta).await;
    let mut users = Vec::new();
    for number in 0..MEMBERS {
        let name = format!("user{number}@x.io");
        let user = server.local_user(&name, UserKind::Person).await;
        users.push(user.to_string());
    }
    let ids: Vec<&str> = users.iter().map(String::as_str).collect();
    let group = client.make_group("Everyone", &ids).await;
    (server, client, group, users)
}

/// Asks on a connection of its own, and does not read the answer yet.
async fn asked(client: &Client, method: &str, path: &str) -> Connection {
    let mut connection = Connection::open(client.address).await;
    let request = format!(
        "{method} /scim/v2{path} HTTP/1.1\r\nHost: {}\r\n{}\r\n",
        client.address, client.headers
    );
    connection.write(request.as_bytes()).await;
    connection
}

/// What does not change from one answer to the next.
fn facts(reply: &Reply) -> (Option<&str>, &str) {
    (reply.header("etag"), &reply.text)
}

#[tokio::test]
async fn a_large_role_is_the_same_in_pieces() {
    let (_server, client, group, users) = large_role().await;
    let path = format!("/Groups/{group}");
    let whole = client.get(&path).await.expect(200);
    assert_eq!(whole.members(), users, "ids are in order");
    assert_eq!(whole.header("etag"), whole.body["meta"]["version"].as_str());
    let member = format!("http://{}/scim/v2/Users/{}", client.address, users[0]);
    let member = json!({"value": users[0], "$ref": member, "type": "User"});
    assert_eq!(whole.body["members"][0], member);
    // What leaves out something that is not there is made as values, at once.
    let at_once = format!("{path}?excludedAttributes=externalId");
    let at_once = client.get(&at_once).await.expect(200);
    assert_eq!(facts(&whole), facts(&at_once));
    let head = asked(&client, "HEAD", &path).await.read_head().await;
    let length = whole.text.len().to_string();
    assert_eq!(head.header("content-length"), Some(length.as_str()));
    let tag = whole.header("etag").expect("a version");
    let here = format!("If-None-Match: {tag}\r\n");
    client.send("GET", &path, &here, "").await.expect(304);
    // The answer to a change has them, too, as they are after it.
    let fewer = users.iter().skip(1).map(String::as_str).collect::<Vec<_>>();
    let replaced = json!({"displayName": "Everyone", "members": values(&fewer)});
    let replaced = client.put(&path, replaced).await;
    let now = client.get(&path).await.expect(200);
    assert_eq!(facts(&replaced.expect(200)), facts(&now));
    assert_eq!(now.members(), fewer);
}

#[tokio::test]
async fn who_reads_a_large_role_reads_one_version_of_it() {
    let (_server, client, group, users) = large_role().await;
    let path = format!("/Groups/{group}");
    let before = client.get(&path).await.expect(200);
    let mut slow = Vec::new();
    for _ in 0..3 {
        slow.push(asked(&client, "GET", &path).await);
    }
    let mut heads = Vec::new();
    for connection in &mut slow {
        // The rest of it waits until something has changed.
        heads.push(connection.read_head().await);
    }
    let gone = json!([{"op": "remove", "path": format!("members[value eq \"{}\"]", users[7])}]);
    client.operations(&path, gone).await.expect(204);
    let mut fresh = asked(&client, "GET", &path).await;
    let fresh = fresh.read().await.expect(200);
    assert_ne!(fresh.header("etag"), before.header("etag"));
    assert_eq!(fresh.members().len(), MEMBERS - 1);
    assert!(!fresh.text.contains(&users[7]));
    for (head, mut connection) in heads.into_iter().zip(slow) {
        let body = connection.read_body(&head).await;
        assert_eq!((head.header("etag"), body.as_str()), facts(&before));
    }
}
