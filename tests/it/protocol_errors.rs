//! What is wrong with a request is said in SCIM JSON, in a sentence that helps, and the listener
//! lives on.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rolecall::{
    directory::{Command, Provider, Token},
    listener::Limits,
    store::{MemoryStore, Observations, Snapshot, Store, StoreError, Work},
};
use serde_json::{Value, json};

use crate::harness::{Client, Connection, Server};

async fn okta() -> (Server, Client) {
    let server = Server::start().await;
    let client = server.client(Provider::Okta).await;
    (server, client)
}

#[tokio::test]
async fn who_is_not_let_in_is_told_why() {
    let server = Server::start().await;
    let token = server.token(Provider::Okta).await;
    let mut stranger = server.stranger();
    let path = "/ServiceProviderConfig";

    let missing = stranger.get(path).await;
    assert_eq!(
        missing.header("www-authenticate"),
        Some("Bearer realm=\"rolecall\"")
    );
    let detail = missing.refused(401, "");
    assert!(detail.contains("no Authorization header"), "{detail}");
    let line = server.last_exchange();
    assert_eq!(
        (line.provider, line.status, line.summary.as_str()),
        (None, 401, "unauthenticated: no token")
    );

    let mut cut = token.clone();
    cut.pop();
    let other = Server::start().await.token(Provider::Okta).await;
    for (authorization, words) in [
        ("Basic YTpi".to_owned(), "holds no rolecall token"),
        (format!("Bearer {cut}"), "cut or mistyped"),
        (format!("Bearer {other}"), "not one that this rolecall"),
        (format!("Bearer {token} x"), "holds no rolecall token"),
        ("Bearer \u{e4}".to_owned(), "holds no rolecall token"),
    ] {
        stranger.headers = format!("Authorization: {authorization}\r\n");
        let reply = stranger.get(path).await;
        assert_eq!(
            reply.header("www-authenticate"),
            Some("Bearer realm=\"rolecall\", error=\"invalid_token\"")
        );
        let detail = reply.refused(401, "");
        assert!(detail.contains(words), "{authorization}: {detail}");
    }

    for authorization in [
        format!("Bearer {token}"),
        format!("bearer {token}"),
        format!("Bearer Bearer {token}"),
    ] {
        stranger.headers = format!("Authorization: {authorization}\r\n");
        stranger.get(path).await.expect(200);
    }
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_once() {
    let (server, client) = okta().await;
    client.get("/ServiceProviderConfig").await.expect(200);
    let tokens: Vec<Token> = server
        .engine
        .snapshot()
        .and_then(|snapshot| Ok(snapshot.tokens()?))
        .expect("tokens");
    server
        .operate(Command::RevokeToken { id: tokens[0].id })
        .await;
    let detail = client.get("/ServiceProviderConfig").await.refused(401, "");
    assert!(detail.contains("revoked"), "{detail}");
}

#[tokio::test]
async fn nobody_learns_which_paths_exist_without_a_token() {
    let server = Server::start().await;
    let stranger = server.stranger();
    for path in ["/Users", "/Nothing", "/Users/1", "/Me"] {
        stranger.get(path).await.refused(401, "");
        stranger.delete(path).await.refused(401, "");
    }
}

#[tokio::test]
async fn an_unknown_path_names_the_base_path() {
    let (_server, client) = okta().await;
    let detail = client.get("/Devices").await.refused(404, "");
    assert!(detail.contains("the base path is /scim/v2"), "{detail}");
    let head = format!("GET /Users HTTP/1.1\r\nHost: x\r\n{}\r\n", client.headers);
    let detail = client.raw(head.as_bytes()).await.refused(404, "");
    assert!(detail.contains("\"/Users\""), "{detail}");
}

#[tokio::test]
async fn an_unknown_method_names_the_known_ones() {
    let (_server, client) = okta().await;
    for (method, path, allowed) in [
        ("DELETE", "/Users", "GET, HEAD, POST"),
        ("POST", "/Users/1", "GET, HEAD, PUT, PATCH, DELETE"),
        ("GET", "/.search", "POST"),
        ("GET", "/Bulk", "POST"),
        ("PUT", "/ServiceProviderConfig", "GET, HEAD"),
        ("BREW", "/Groups", "GET, HEAD, POST"),
    ] {
        let reply = client.send(method, path, "", "").await;
        assert_eq!(reply.header("allow"), Some(allowed), "{method} {path}");
        reply.refused(405, "");
    }
    client.get("/Me").await.refused(501, "");
}

#[tokio::test]
async fn an_unknown_or_malformed_id_is_named() {
    let (_server, client) = okta().await;
    for id in ["nobody", "0198c5a0-0000-7000-8000-000000000000", "%7Bx%7D"] {
        for collection in ["Users", "Groups"] {
            let path = format!("/{collection}/{id}");
            let detail = client.get(&path).await.refused(404, "");
            let shown = id.replace("%7B", "{").replace("%7D", "}");
            assert!(detail.contains(&shown), "{detail}");
            client.delete(&path).await.refused(404, "");
        }
    }
}

#[tokio::test]
async fn bodies_that_are_no_json_object() {
    let (_server, client) = okta().await;
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    for (body, words) in [
        ("", "The body is empty"),
        ("{\"userName\": ", "line 1 column"),
        ("[]", "not an array"),
        ("\"x\"", "not a string"),
        (deep.as_str(), "nested deeper"),
        (
            r#"{"userName":"a","username":"b"}"#,
            "\"username\" occurs twice",
        ),
        ("{} x", "trailing characters"),
    ] {
        for (method, path) in [("POST", "/Users"), ("POST", "/.search"), ("POST", "/Bulk")] {
            let reply = client.send(method, path, "", body).await;
            let detail = reply.refused(400, "invalidSyntax");
            assert!(detail.contains(words), "{body}: {detail}");
        }
    }
}

#[tokio::test]
async fn media_types_other_than_json() {
    let (_server, client) = okta().await;
    let bare = client.headers.lines().next().expect("authorization");
    let client = Client {
        headers: format!("{bare}\r\n"),
        ..client
    };
    for (line, words) in [
        ("Content-Type: text/plain\r\n", "\"text/plain\""),
        (
            "Content-Type: application/x-www-form-urlencoded\r\n",
            "form-urlencoded",
        ),
        ("Content-Encoding: gzip\r\n", "Compressed"),
    ] {
        let reply = client.send("POST", "/Users", line, "{\"a\":1}").await;
        let detail = reply.refused(415, "");
        assert!(detail.contains(words), "{detail}");
    }
    for line in ["", "Content-Type: APPLICATION/json;charset=utf-8\r\n"] {
        let reply = client.send("POST", "/Users", line, "{\"a\":1}").await;
        reply.refused(400, "invalidValue");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_and_while_it_is_read() {
    let limits = Limits {
        body_bytes: 1000,
        ..Limits::default()
    };
    let server = Server::with_limits(limits).await;
    let client = server.client(Provider::Okta).await;
    let body = json!({"userName": "a".repeat(100_000)}).to_string();
    let detail = client.post("/Users", &body).await.refused(413, "");
    assert!(detail.contains("1000 bytes"), "{detail}");

    let chunk = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let request = format!(
        "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\n{}Transfer-Encoding: chunked\r\n\r\n{chunk}",
        client.headers
    );
    let reply = client.raw(request.as_bytes()).await;
    assert_eq!(reply.header("connection"), Some("close"));
    reply.refused(413, "");
}

#[tokio::test]
async fn heads_that_are_too_large() {
    let (server, client) = okta().await;
    let long = "a".repeat(9000);
    let detail = client
        .get(&format!("/Users?filter={long}"))
        .await
        .refused(414, "");
    assert!(detail.contains(".search"), "{detail}");

    let one_large = format!("X-Large: {}\r\n", "a".repeat(70_000));
    let many = (0..200).fold(String::new(), |all, number| {
        format!("{all}X-{number}: 1\r\n")
    });
    for headers in [one_large, many] {
        let reply = client.send("GET", "/Users", &headers, "").await;
        let detail = reply.refused(431, "");
        assert!(detail.contains("headers"), "{detail}");
    }

    let mut connection = Connection::open(server.address).await;
    let huge = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(65_600));
    connection.write(huge.as_bytes()).await;
    let reply = connection.read().await;
    assert!([414, 431].contains(&reply.status), "{}", reply.head);
    let status = reply.status;
    reply.refused(status, "");
    assert!(connection.is_at_end().await);
}

#[tokio::test]
async fn what_is_no_http_is_answered_all_the_same() {
    let (server, client) = okta().await;
    for bytes in [
        "GET /scim/v2/Users\r\n\r\n",
        "\u{1}\u{2}\u{3}\r\n\r\n",
        "GET /scim/v2/Users HTTP/1.1\r\nbad header\r\n\r\n",
        "GET /scim/v2/Users HTTP/9.1\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "POST /scim/v2/Users HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "POST /scim/v2/Users HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ] {
        let detail = client.raw(bytes.as_bytes()).await.refused(400, "");
        assert!(detail.contains("HTTP/1.1"), "{bytes:?}: {detail}");
    }

    let mut connection = Connection::open(server.address).await;
    let sound = format!(
        "GET /scim/v2/ServiceProviderConfig HTTP/1.1\r\nHost: x\r\n{}\r\n",
        client.headers
    );
    connection
        .write(format!("{sound}nonsense\r\n\r\n").as_bytes())
        .await;
    connection.read().await.expect(200);
    connection.read().await.refused(400, "");
    assert!(connection.is_at_end().await);

    let chunks = format!(
        "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\n{}Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        client.headers
    );
    client.raw(chunks.as_bytes()).await.refused(400, "");
}

/// A store whose reads panic, or fail, when told to.
struct Fragile {
    inner: MemoryStore,
    panics: AtomicBool,
    fails: AtomicBool,
}

impl Store for Fragile {
    fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        assert!(!self.panics.load(Ordering::SeqCst), "told to panic");
        if self.fails.load(Ordering::SeqCst) {
            return Err(StoreError::Failed("told to fail".to_owned()));
        }
        self.inner.snapshot()
    }
    fn write(&self, work: &mut Work<'_>) -> Result<(), StoreError> {
        self.inner.write(work)
    }
    fn observe(&self, observations: &Observations) -> Result<(), StoreError> {
        self.inner.observe(observations)
    }
    fn describe(&self) -> String {
        self.inner.describe()
    }
    fn reopen(&self) -> Result<(), StoreError> {
        self.inner.reopen()
    }
}

#[tokio::test]
async fn a_panic_and_a_failing_store_are_answers_and_pass() {
    let store = Arc::new(Fragile {
        inner: MemoryStore::new(),
        panics: AtomicBool::new(false),
        fails: AtomicBool::new(false),
    });
    let server = Server::over(Arc::clone(&store) as Arc<dyn Store>).await;
    let client = server.client(Provider::Okta).await;

    store.panics.store(true, Ordering::SeqCst);
    let reply = client.get("/ServiceProviderConfig").await;
    let id = reply.header("x-request-id").expect("an id").to_owned();
    let detail = reply.refused(500, "");
    assert!(detail.contains(&id), "{detail}");
    assert_eq!(server.last_exchange().status, 500);

    store.panics.store(false, Ordering::SeqCst);
    store.fails.store(true, Ordering::SeqCst);
    let reply = client.get("/ServiceProviderConfig").await;
    let wait = reply.header("retry-after").expect("a time to wait");
    assert!(wait.parse::<u32>().is_ok(), "{wait}");
    reply.refused(503, "");

    store.fails.store(false, Ordering::SeqCst);
    client.get("/ServiceProviderConfig").await.expect(200);
}

#[tokio::test]
async fn what_is_read_only_may_be_sent_back_but_not_changed() {
    let server = Server::start().await;
    let client = server.client(Provider::Generic).await;
    let user = client.make_user("ann@x.io").await;
    let group = client.make_group("Sales", &[&user]).await;
    for path in [format!("/Users/{user}"), format!("/Groups/{group}")] {
        let here = client.get(&path).await.expect(200).body;
        let mut echoes: Vec<Value> = ["id", "schemas", "meta", "groups"]
            .into_iter()
            .filter(|name| here.get(name).is_some())
            .map(|name| json!({"op": "replace", "path": name, "value": here[name]}))
            .collect();
        echoes.push(json!({"op": "add", "path": "externalId", "value": "e"}));
        let changed = client.operations(&path, echoes.into()).await.expect(200);
        assert_eq!(changed.body["externalId"], "e");
        let other = json!([{"op": "replace", "path": "id", "value": "other"}]);
        let reply = client.operations(&path, other).await;
        reply.refused(400, "mutability");
        let upper = path.replace(&user, &user.to_uppercase());
        let upper = upper.replace(&group, &group.to_uppercase());
        client.get(&upper).await.refused(404, "");
    }
}
