//! What the RFCs say beyond what the providers use: paging, order, parts of resources, versions,
//! searches, discovery and PATCH to the letter.

use rolecall::{directory::Provider, listener::Limits};
use serde_json::{Value, json};

use crate::harness::{Client, Connection, Server};

async fn client() -> (Server, Client) {
    let server = Server::start().await;
    let client = server.client(Provider::Generic).await;
    (server, client)
}

fn names(list: &Value, attribute: &str) -> Vec<String> {
    let resources = list["Resources"].as_array().expect("an array");
    resources
        .iter()
        .map(|resource| resource[attribute].as_str().unwrap_or("-").to_owned())
        .collect()
}

#[tokio::test]
async fn filters_in_every_form() {
    let (_server, client) = client().await;
    for (name, title) in [
        ("ann@x.io", "Engineer"),
        ("bob@x.io", "Clerk"),
        ("carl@y.io", ""),
    ] {
        let user = json!({"userName": name, "title": title,
            "emails": [{"value": name, "type": "work", "primary": true}]});
        client.post("/Users", user).await.expect(201);
    }
    for (filter, expected) in [
        ("userName sw \"A\"", vec!["ann@x.io"]),
        ("userName ew \"Y.IO\"", vec!["carl@y.io"]),
        (
            "userName co \"o\" and not (userName co \"x\")",
            vec!["carl@y.io"],
        ),
        (
            "title eq \"clerk\" or userName eq \"ann@x.io\"",
            vec!["ann@x.io", "bob@x.io"],
        ),
        (
            "emails[type eq \"work\" and value ew \"y.io\"]",
            vec!["carl@y.io"],
        ),
        ("userName gt \"b\"", vec!["bob@x.io", "carl@y.io"]),
        (
            "meta.created gt \"2001-01-01T00:00:00Z\" and title eq \"Clerk\"",
            vec!["bob@x.io"],
        ),
        ("active eq true", vec!["ann@x.io", "bob@x.io", "carl@y.io"]),
        ("nickName pr", vec![]),
    ] {
        let list = client
            .get(&format!("/Users?filter={filter}"))
            .await
            .expect(200);
        assert_eq!(names(&list.body, "userName"), expected, "{filter}");
    }
    for (filter, words) in [
        ("userName eq", "character"),
        ("userName xx \"a\"", "\"xx\""),
        ("unheardOf eq \"a\"", "unheardOf"),
        ("userName eq \"a", "character"),
        ("(userName eq \"a\"", "character"),
    ] {
        let reply = client.get(&format!("/Users?filter={filter}")).await;
        let detail = reply.refused(400, "invalidFilter");
        assert!(detail.contains(words), "{filter}: {detail}");
    }
}

#[tokio::test]
async fn pages_by_position_and_by_cursor() {
    let server = Server::with_limits(Limits {
        page_default: 3,
        page_size: 4,
        ..Limits::default()
    })
    .await;
    let client = server.client(Provider::Generic).await;
    let mut all = Vec::new();
    for number in 0..9 {
        all.push(client.make_user(&format!("u{number}@x.io")).await);
    }
    let page = client.get("/Users").await.expect(200);
    assert_eq!(page.counts(), (3, 9));
    assert_eq!(
        client.get("/Users?count=50").await.expect(200).counts(),
        (4, 9)
    );
    assert_eq!(
        client.get("/Users?count=0").await.expect(200).counts(),
        (0, 9)
    );
    let before = client
        .get("/Users?startIndex=-4&count=-2")
        .await
        .expect(200);
    assert_eq!(
        (before.counts(), &before.body["startIndex"]),
        ((0, 9), &json!(1))
    );
    assert_eq!(
        client.get("/Users?startIndex=8").await.expect(200).body["Resources"][0]["id"],
        all[7]
    );
    client
        .get("/Users?startIndex=x")
        .await
        .refused(400, "invalidValue");
    client
        .get("/Users?count=1.5")
        .await
        .refused(400, "invalidValue");

    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client
            .get(&format!("/Users?count=2&cursor={cursor}"))
            .await
            .expect(200);
        assert_eq!(page.body["startIndex"], Value::Null);
        seen.extend(names(&page.body, "id"));
        match page.body["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, all);
    client
        .get("/Users?cursor=made-up")
        .await
        .refused(400, "invalidCursor");
    let path = format!("/Users?filter=active eq true&cursor={cursor}");
    client.get(&path).await.refused(400, "invalidCursor");
    client
        .get("/Users?cursor=&count=x")
        .await
        .refused(400, "invalidCount");
}

#[tokio::test]
async fn lists_are_sorted() {
    let (_server, client) = client().await;
    for (name, family) in [("b@x.io", "Zola"), ("A@x.io", "ebner"), ("c@x.io", "")] {
        let user = json!({"userName": name, "name": {"familyName": family}});
        client.post("/Users", user).await.expect(201);
    }
    for (order, expected) in [
        ("sortBy=userName", ["A@x.io", "b@x.io", "c@x.io"]),
        (
            "sortBy=userName&sortOrder=descending",
            ["c@x.io", "b@x.io", "A@x.io"],
        ),
        ("sortBy=meta.created", ["b@x.io", "A@x.io", "c@x.io"]),
    ] {
        let list = client.get(&format!("/Users?{order}")).await.expect(200);
        assert_eq!(names(&list.body, "userName"), expected, "{order}");
    }
    let list = client
        .get("/Users?sortBy=name.familyName&count=1&startIndex=2")
        .await;
    assert_eq!(list.expect(200).counts(), (1, 3));
    client
        .get("/Users?sortBy=unheardOf")
        .await
        .refused(400, "invalidValue");
    client
        .get("/Users?sortBy=userName&sortOrder=up")
        .await
        .refused(400, "invalidValue");
}

#[tokio::test]
async fn every_method_answers_the_parts_that_were_asked_for() {
    let (_server, client) = client().await;
    let user = json!({"userName": "ann@x.io", "title": "T", "displayName": "Ann"});
    let keys = |body: &Value| {
        let mut keys: Vec<String> = body
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect();
        keys.sort();
        keys
    };
    let made = client
        .post("/Users?attributes=userName", &user)
        .await
        .expect(201);
    assert_eq!(keys(&made.body), ["id", "schemas", "userName"]);
    assert!(made.header("location").is_some());
    assert!(made.header("etag").is_some());
    let path = format!("/Users/{}", made.id());
    let read = client
        .get(&format!("{path}?excludedAttributes=title,meta"))
        .await;
    let read = read.expect(200).body;
    assert_eq!(
        (&read["title"], &read["meta"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(read["displayName"], "Ann");
    let put = client
        .put(&format!("{path}?attributes=title"), &user)
        .await
        .expect(200);
    assert_eq!(keys(&put.body), ["id", "schemas", "title"]);
    let patched = client
        .operations(
            &format!("{path}?attributes=meta.version"),
            json!([{"op": "replace", "path": "title", "value": "U"}]),
        )
        .await
        .expect(200);
    assert_eq!(keys(&patched.body), ["id", "meta", "schemas"]);
    let both = client
        .get(&format!("{path}?attributes=title&excludedAttributes=name"))
        .await;
    both.refused(400, "invalidValue");
}

#[tokio::test]
async fn versions_guard_writes_and_spare_reads() {
    let (_server, client) = client().await;
    let ann = client.make_user("ann@x.io").await;
    let bob = client.make_user("bob@x.io").await;
    let group = client.make_group("Sales", &[]).await;
    for (path, change) in [
        (
            format!("/Users/{ann}"),
            json!({"userName": "ann@x.io", "title": "T"}),
        ),
        (
            format!("/Groups/{group}"),
            json!({"displayName": "Sales", "members": [{"value": bob}]}),
        ),
    ] {
        let first = client.get(&path).await.expect(200);
        let old = first.header("etag").expect("a version").to_owned();
        let condition = format!("If-None-Match: {old}\r\n");
        let same = client.send("GET", &path, &condition, "").await.expect(304);
        assert_eq!(same.header("etag"), Some(old.as_str()));

        let condition = format!("If-Match: {old}\r\n");
        let body = change.to_string();
        let changed = client
            .send("PUT", &path, &condition, &body)
            .await
            .expect(200);
        let new = changed.header("etag").expect("a version");
        assert_ne!(new, old);
        let detail = client
            .send("PUT", &path, &condition, &body)
            .await
            .refused(412, "");
        assert!(detail.contains(new.trim_matches('"')), "{detail}");
        let patch = json!({"Operations": [{"op": "remove", "path": "externalId"}]}).to_string();
        client
            .send("PATCH", &path, &condition, &patch)
            .await
            .refused(412, "");
        client
            .send("DELETE", &path, &condition, "")
            .await
            .refused(412, "");
        client
            .send("GET", &path, &condition, "")
            .await
            .refused(412, "");
        let stale = format!("If-None-Match: {old}\r\n");
        client.send("GET", &path, &stale, "").await.expect(200);
        client
            .send("GET", &path, "If-None-Match: *\r\n", "")
            .await
            .expect(304);
        for method in ["PUT", "PATCH", "DELETE"] {
            for tag in ["*", new] {
                let unless = format!("If-None-Match: {tag}\r\n");
                let body = json!({"Operations": [{"op": "add", "path": "externalId", "value": "e"}],
                    "userName": "a", "displayName": "a"});
                let reply = client.send(method, &path, &unless, &body.to_string()).await;
                reply.refused(412, "");
            }
        }
        let any = format!("If-Match: W/\"none\", {new}\r\n");
        client.send("DELETE", &path, &any, "").await.expect(204);
    }
}

#[tokio::test]
async fn searches_of_one_type_and_of_all() {
    let (server, client) = client().await;
    let ann = client.make_user("ann@x.io").await;
    let group = client.make_group("Sales", &[&ann]).await;
    let request = |more: Value| {
        let mut request =
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]});
        for (name, value) in more.as_object().expect("an object") {
            request[name] = value.clone();
        }
        request
    };
    let body = request(json!({"filter": "userName eq \"ANN@x.io\"", "attributes": ["userName"]}));
    let found = client.post("/Users/.search", &body).await.expect(200);
    assert_eq!(found.body["Resources"][0]["id"], ann);
    assert_eq!(found.body["Resources"][0]["meta"], Value::Null);
    assert_eq!(server.last_exchange().summary, "lookup ANN@x.io: found");

    let all = client
        .post("/.search", request(json!({})))
        .await
        .expect(200);
    assert_eq!(names(&all.body, "id"), [ann.clone(), group.clone()]);
    let second = client
        .post("/.search", request(json!({"startIndex": 2, "count": 5})))
        .await;
    let second = second.expect(200);
    assert_eq!(second.counts(), (1, 2));
    assert_eq!(names(&second.body, "id"), [group]);
    let body = request(json!({"filter": "displayName eq \"Sales\""}));
    assert_eq!(
        client.post("/.search", body).await.expect(200).counts(),
        (1, 1)
    );
    client
        .post("/.search", request(json!({"cursor": ""})))
        .await
        .refused(400, "invalidCursor");
    client
        .post("/Users/.search", request(json!({"filter": 1})))
        .await
        .refused(400, "invalidValue");
}

#[tokio::test]
async fn the_server_says_what_it_is() {
    let server = Server::with_limits(Limits {
        bulk_operations: 7,
        bulk_bytes: 5000,
        page_size: 50,
        ..Limits::default()
    })
    .await;
    let client = server.client(Provider::Generic).await;
    let config = client.get("/ServiceProviderConfig").await.expect(200).body;
    assert_eq!(config["bulk"]["maxOperations"], 7);
    assert_eq!(config["bulk"]["maxPayloadSize"], 5000);
    assert_eq!(config["filter"]["maxResults"], 50);
    assert_eq!(config["pagination"]["cursor"], true);
    assert_eq!(config["etag"]["supported"], true);

    let types = client.get("/ResourceTypes").await.expect(200);
    assert_eq!(types.counts(), (2, 2));
    let user = client.get("/resourcetypes/user/").await.expect(200).body;
    assert_eq!(user["endpoint"], "/Users");
    let location = format!("http://{}/scim/v2/ResourceTypes/User", server.address);
    assert_eq!(user["meta"]["location"], location);
    let schemas = client.get("/Schemas").await.expect(200).body;
    for id in names(&schemas, "id") {
        let one = client
            .get(&format!("/Schemas/{}", id.replace(':', "%3A")))
            .await;
        assert_eq!(one.expect(200).body["id"], id);
    }
    client.get("/Schemas/urn:x").await.refused(404, "");
    client.get("/Schemas?filter=id pr").await.refused(403, "");
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let (server, client) = client().await;
    let ann = client.make_user("ann@x.io").await;
    let whole = client.get(&format!("/Users/{ann}")).await.expect(200);
    let mut connection = Connection::open(server.address).await;
    let request = |method: &str| {
        format!(
            "{method} /scim/v2/Users/{ann} HTTP/1.1\r\nHost: {}\r\n{}\r\n",
            server.address, client.headers
        )
    };
    connection.write(request("HEAD").as_bytes()).await;
    let head = connection.read_head().await;
    assert_eq!(head.status, 200);
    assert_eq!(
        head.header("content-length"),
        Some(whole.text.len().to_string().as_str())
    );
    assert_eq!(head.header("etag"), whole.header("etag"));
    connection.write(request("GET").as_bytes()).await;
    assert_eq!(connection.read().await.expect(200).text, whole.text);
}

#[tokio::test]
async fn a_group_patch_answers_the_group_and_every_path_form() {
    let (_server, client) = client().await;
    let ann = client.make_user("ann@x.io").await;
    let bob = client.make_user("bob@x.io").await;
    let group = client.make_group("Sales", &[&ann]).await;
    let path = format!("/Groups/{group}");
    let add = json!([{"op": "add", "path": "members", "value": [{"value": bob}]}]);
    let patched = client.operations(&path, add).await.expect(200);
    assert_eq!(patched.members().len(), 2);
    assert_eq!(patched.body["members"][0]["type"], "User");
    assert_eq!(patched.body["members"][0]["display"], Value::Null);
    let named = format!("{path}?attributes=members.value,members.display");
    let named = client.get(&named).await.expect(200);
    assert_eq!(named.body["members"][0]["display"], "ann@x.io");
    assert_eq!(named.body["members"][0]["type"], Value::Null);
    let quiet = client
        .operations(
            &format!("{path}?excludedAttributes=members"),
            json!([{"op": "remove", "path": format!("members[value eq \"{bob}\"]")}]),
        )
        .await
        .expect(200);
    assert_eq!(quiet.body["members"], Value::Null);

    let unknown = json!([{"op": "add", "path": "members", "value": [{"value": "nobody"}]}]);
    let detail = client.operations(&path, unknown).await.refused(404, "");
    assert!(detail.contains("nobody"), "{detail}");

    let user = format!("/Users/{ann}");
    for (operation, scim_type, words) in [
        (
            json!({"op": "replace", "path": "emails[", "value": 1}),
            "invalidPath",
            "character",
        ),
        (
            json!({"op": "replace", "path": "unheardOf", "value": 1}),
            "invalidPath",
            "unheardOf",
        ),
        (
            json!({"op": "replace", "path": "id", "value": "x"}),
            "mutability",
            "id",
        ),
        (json!({"op": "remove"}), "noTarget", "path"),
        (
            json!({"op": "twist", "path": "title"}),
            "invalidSyntax",
            "twist",
        ),
        (
            json!({"op": "replace", "path": "name", "value": 7}),
            "invalidValue",
            "name",
        ),
        (json!({"op": "remove", "path": "userName"}), "", "userName"),
    ] {
        let reply = client.operations(&user, json!([operation])).await;
        let given = reply.body["scimType"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        if !scim_type.is_empty() {
            assert_eq!(given, scim_type, "{operation}: {}", reply.text);
        }
        let detail = reply.refused(400, &given);
        assert!(detail.contains(words), "{operation}: {detail}");
    }
    let intact = client.get(&user).await.expect(200);
    assert_eq!(intact.body["userName"], "ann@x.io");
}

#[tokio::test]
async fn wrong_types_name_the_attribute() {
    let (_server, client) = client().await;
    for (body, words) in [
        (json!({}), "userName"),
        (json!({"userName": 7}), "userName"),
        (json!({"userName": "  "}), "userName"),
        (json!({"userName": "a", "name": "b"}), "name"),
        (
            json!({"userName": "a", "emails": [{"value": {}}]}),
            "emails",
        ),
        (json!({"userName": "a", "active": "perhaps"}), "active"),
    ] {
        let reply = client.post("/Users", &body).await;
        let detail = reply.refused(400, "invalidValue");
        assert!(detail.contains(words), "{body}: {detail}");
    }
}
