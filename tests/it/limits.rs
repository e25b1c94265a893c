//! Each limit, one by one, where `connections` and `tls` do not come across it.

use std::time::{Duration, Instant};

use rolecall::{
    directory::{Command, Provider},
    listener::{Limits, ListenerOptions, Proxies},
    service::exchange::ExchangeLine,
};
use serde_json::{Value, json};

use crate::harness::{Client, Connection, Reply, Server, values};

async fn with(limits: Limits) -> (Server, Client) {
    let server = Server::with_limits(limits).await;
    let client = server.client(Provider::Okta).await;
    (server, client)
}

#[tokio::test]
async fn an_address_has_so_many_connections() {
    let (server, client) = with(Limits {
        connections_per_address: 2,
        ..Limits::default()
    })
    .await;
    let request = format!(
        "GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\n{}\r\n",
        client.headers
    );
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut connection = Connection::open(server.address).await;
        connection.write(request.as_bytes()).await;
        connection.read().await.expect(200);
        held.push(connection);
    }
    let mut third = Connection::open(server.address).await;
    assert!(third.is_at_end().await, "it is closed");
    for connection in &mut held {
        connection.write(request.as_bytes()).await;
        connection.read().await.expect(200);
    }
}

#[tokio::test]
async fn headers_have_their_time_from_their_first_byte_and_idling_has_another() {
    let (server, client) = with(Limits {
        header_time: Duration::from_millis(200),
        idle_time: Duration::from_secs(60),
        ..Limits::default()
    })
    .await;
    let request = format!(
        "GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\n{}\r\n",
        client.headers
    );
    let mut connection = Connection::open(server.address).await;
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(500) {
        connection.write(request.as_bytes()).await;
        connection.read().await.expect(200);
    }
    connection.write(b"GET /scim/v2/Us").await;
    let detail = connection.read().await.refused(408, "");
    assert!(detail.contains("headers"), "{detail}");
    assert!(connection.is_at_end().await);
}

#[tokio::test]
async fn heads_have_their_length() {
    let (_server, client) = with(Limits {
        header_bytes: 8 * 1024,
        uri_bytes: 1024,
        ..Limits::default()
    })
    .await;
    let header = format!("X-Long: {}\r\n", "x".repeat(9 * 1024));
    let reply = client.send("GET", "/Users", &header, "").await;
    reply.refused(431, "");
    let filter = "x".repeat(1000);
    let path = format!("/Users?filter=userName eq \"{filter}\"");
    client.get(&path).await.refused(414, "");
}

#[tokio::test]
async fn json_has_its_depth() {
    let (_server, client) = with(Limits {
        json_depth: 10,
        ..Limits::default()
    })
    .await;
    let nested = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
    client
        .post("/Users", nested(10))
        .await
        .refused(400, "invalidValue");
    let detail = client
        .post("/Users", nested(11))
        .await
        .refused(400, "invalidSyntax");
    assert!(detail.contains("deeper than 10 levels"), "{detail}");
}

#[tokio::test]
async fn filters_have_their_terms() {
    let (_server, client) = with(Limits {
        filter_terms: 3,
        ..Limits::default()
    })
    .await;
    let filter = |terms: usize| vec!["userName eq \"a\""; terms].join(" or ");
    client
        .get(&format!("/Users?filter={}", filter(3)))
        .await
        .expect(200);
    let reply = client.get(&format!("/Users?filter={}", filter(4))).await;
    let detail = reply.refused(400, "invalidFilter");
    assert!(detail.contains("more than 3 comparisons"), "{detail}");
    let search = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": filter(4),
    });
    client
        .post("/Users/.search", search)
        .await
        .refused(400, "invalidFilter");
}

#[tokio::test]
async fn a_filter_without_an_index_has_its_rows() {
    let (_server, client) = with(Limits {
        filter_rows: 2,
        ..Limits::default()
    })
    .await;
    for name in ["ann@x.io", "bob@x.io"] {
        client.make_user(name).await;
    }
    let (by_active, sorted) = ("/Users?filter=active eq true", "/Users?sortBy=userName");
    client.get(by_active).await.expect(200);
    client.get(sorted).await.expect(200);
    client.make_user("carl@x.io").await;
    let detail = client.get(by_active).await.refused(400, "tooMany");
    for part in ["more than the 2 rows", "userName, ", "by eq", "filter_rows"] {
        assert!(detail.contains(part), "{detail}");
    }
    let detail = client.get(sorted).await.refused(400, "tooMany");
    assert!(detail.contains("leave out \"sortBy\""), "{detail}");
    let search = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": "active eq true",
    });
    for path in ["/Users/.search", "/.search"] {
        let reply = client.post(path, &search).await;
        reply.refused(400, "tooMany");
    }
    // An index answers these, and pages are no filter.
    for path in [
        "/Users",
        "/Users?count=1000",
        "/Users?filter=userName eq \"ann@x.io\" and active eq true",
        "/Users?filter=emails[type eq \"work\"].value eq \"ann@x.io\"",
        "/Groups?filter=displayName eq \"x\"",
    ] {
        client.get(path).await.expect(200);
    }
}

/// One thread answers everything, so that a look-up beside a scan shows that the scan is not on it.
#[tokio::test]
async fn look_ups_go_on_while_filters_walk() {
    const SCANS: usize = 6;
    let (server, client) = with(Limits::default()).await;
    for first in (0..2_000).step_by(50) {
        let making: Vec<_> = (first..first + 50)
            .map(|number| client.make_user_spawned(number))
            .collect();
        for made in making {
            made.await.expect("a user");
        }
    }
    let scans: Vec<_> = (0..SCANS)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.get("/Users?filter=title co \"x\"").await })
        })
        .collect();
    let mut looked_up = 0;
    while !scans.iter().all(tokio::task::JoinHandle::is_finished) {
        let path = format!("/Users?filter=userName eq \"user{looked_up}@x.io\"");
        let found = client.get(&path).await.expect(200);
        assert_eq!(found.body["totalResults"], 1);
        looked_up += 1;
    }
    for scan in scans {
        let found = scan.await.expect("an answer").expect(200);
        assert_eq!(found.body["totalResults"], 0);
    }
    let lines = server.engine.recorder().lines(None, looked_up + SCANS);
    let is_scan = |line: &ExchangeLine| line.target.contains("title");
    let first = lines.iter().position(is_scan).expect("recorded");
    let last = lines.iter().rposition(is_scan).expect("recorded");
    let beside = lines[..last].iter().filter(|line| !is_scan(line)).count();
    assert!(
        beside >= SCANS,
        "{beside} look-ups; scans at {first} to {last}"
    );
}

#[tokio::test]
async fn a_patch_has_its_operations_and_a_request_its_members() {
    let (_server, client) = with(Limits {
        patch_operations: 2,
        members: 3,
        ..Limits::default()
    })
    .await;
    let user = client.make_user("ann@x.io").await;
    let title = json!({"op": "replace", "path": "title", "value": "x"});
    let path = format!("/Users/{user}");
    client
        .operations(&path, vec![title.clone(); 2].into())
        .await
        .expect(200);
    let detail = client
        .operations(&path, vec![title; 3].into())
        .await
        .refused(413, "");
    assert!(detail.contains("more than 2 operations"), "{detail}");

    let group = client.make_group("Few", &[&user]).await;
    let ids = ["a", "b", "c", "d"];
    let named = |ids: &[&str]| json!([{"op": "add", "path": "members", "value": values(ids)}]);
    let path = format!("/Groups/{group}");
    let reply = client.operations(&path, named(&ids[..3])).await;
    assert!(reply.status < 300, "{}", reply.text);
    let detail = client.operations(&path, named(&ids)).await.refused(413, "");
    assert!(detail.contains("more than 3 members"), "{detail}");
    let whole = json!({"displayName": "Many", "members": values(&ids)});
    client.put(&path, &whole).await.refused(413, "");
    client.post("/Groups", whole).await.refused(413, "");
    assert_eq!(client.members(&group).await, [user]);
}

#[tokio::test]
async fn a_bulk_request_has_its_operations_and_bytes() {
    let (_server, client) = with(Limits {
        bulk_operations: 2,
        bulk_bytes: 2000,
        ..Limits::default()
    })
    .await;
    let bulk = |operations: Vec<Value>| json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations});
    let delete = json!({"method": "DELETE", "path": "/Users/1"});
    client
        .post("/Bulk", bulk(vec![delete.clone(); 2]))
        .await
        .expect(200);
    client
        .post("/Bulk", bulk(vec![delete; 3]))
        .await
        .refused(413, "");
    let long = json!({"method": "POST", "path": "/Users", "bulkId": "a", "data": {"userName": "x".repeat(2000)}});
    client
        .post("/Bulk", bulk(vec![long]))
        .await
        .refused(413, "");
}

/// What is told of waiting: whole seconds, at least one.
fn retry_after(reply: &Reply) -> u64 {
    let told = reply.header("retry-after").expect("Retry-After");
    let seconds = told.parse().expect("whole seconds");
    assert!(seconds >= 1);
    seconds
}

#[tokio::test]
async fn a_token_has_its_pace_and_no_other_pays_for_it() {
    let (server, client) = with(Limits {
        requests_per_second: 1,
        ..Limits::default()
    })
    .await;
    let other = server.client(Provider::Entra).await;
    let mut refused = 0;
    for _ in 0..14 {
        let reply = client.get("/Users").await;
        if reply.status == 429 {
            assert!(retry_after(&reply) <= 2);
            let detail = reply.refused(429, "");
            assert!(detail.contains("more than 1 requests a second"), "{detail}");
            assert_eq!(server.last_exchange().status, 429);
            refused += 1;
        } else {
            reply.expect(200);
        }
    }
    assert!(refused >= 1, "ten seconds' worth passes at once, no more");
    other.get("/Users").await.expect(200);
}

#[tokio::test]
async fn without_a_pace_a_sync_goes_as_fast_as_it_is_answered() {
    let (server, client) = with(Limits::default()).await;
    let request = format!(
        "GET /scim/v2/ResourceTypes/User HTTP/1.1\r\nHost: x\r\n{}\r\n",
        client.headers
    );
    let mut connection = Connection::open(server.address).await;
    for _ in 0..500 {
        connection.write(request.as_bytes()).await;
        connection.read().await.expect(200);
    }
}

#[tokio::test]
async fn who_guesses_tokens_is_shut_out_for_a_while() {
    let (server, client) = with(Limits {
        failed_authentications: 3,
        ..Limits::default()
    })
    .await;
    client.get("/Users").await.expect(200);
    let late = server.client(Provider::Entra).await;
    let mut guesser = server.stranger();
    guesser.headers = "Authorization: Bearer rc_okta_guess\r\n".to_owned();
    for _ in 0..3 {
        guesser.get("/Users").await.refused(401, "");
    }
    let recorded = server.last_exchange().id;
    let reply = guesser.get("/Users").await;
    assert!(retry_after(&reply) <= 20);
    let detail = reply.refused(429, "");
    assert!(detail.contains("without a valid token"), "{detail}");
    guesser
        .post("/Users", "x".repeat(100_000))
        .await
        .refused(429, "");
    late.get("/Users").await.refused(429, "");
    assert_eq!(server.last_exchange().id, recorded, "it is not recorded");
    client.get("/Users").await.expect(200);
}

#[tokio::test]
async fn a_token_that_was_good_once_is_no_guess() {
    let (server, client) = with(Limits {
        failed_authentications: 2,
        ..Limits::default()
    })
    .await;
    let provider = Provider::Okta;
    server
        .operate(Command::DeactivateProvider { provider })
        .await;
    for _ in 0..5 {
        client.get("/Users").await.refused(401, "");
    }
}

#[tokio::test]
async fn behind_a_proxy_each_client_is_counted_for_itself() {
    let options = ListenerOptions {
        limits: Limits {
            failed_authentications: 2,
            connections_per_address: 1,
            ..Limits::default()
        },
        proxies: Proxies {
            trusted: vec!["127.0.0.0/8".parse().expect("a network")],
            ..Proxies::default()
        },
        ..ListenerOptions::default()
    };
    let server = Server::set_up(options).await;
    let client = server.client(Provider::Okta).await;
    let stranger = server.stranger();
    let from = |address: &str| format!("X-Forwarded-For: 198.51.100.9, {address}\r\n");
    let _open = Connection::open(server.address).await;
    for _ in 0..2 {
        let reply = stranger
            .send("GET", "/Users", &from("203.0.113.7"), "")
            .await;
        reply.refused(401, "");
    }
    let reply = stranger
        .send("GET", "/Users", &from("203.0.113.7"), "")
        .await;
    reply.refused(429, "");
    let reply = stranger
        .send("GET", "/Users", &from("203.0.113.8"), "")
        .await;
    reply.refused(401, "");
    let reply = client.send("GET", "/Users", &from("203.0.113.9"), "").await;
    reply.expect(200);
    let kept = server.engine.recorder().get(server.last_exchange().id);
    let exchange = kept.and_then(|kept| kept.exchange());
    let peer = exchange.expect("recorded").peer;
    assert!(peer.starts_with("203.0.113.9 through 127.0.0.1:"), "{peer}");
}

#[tokio::test]
async fn who_is_no_proxy_is_not_believed() {
    let (server, client) = with(Limits {
        failed_authentications: 2,
        ..Limits::default()
    })
    .await;
    let stranger = server.stranger();
    for (number, status) in [(1, 401), (2, 401), (3, 429)] {
        let header =
            format!("X-Forwarded-For: 203.0.113.{number}\r\nForwarded: for=203.0.113.{number}\r\n");
        stranger
            .send("GET", "/Users", &header, "")
            .await
            .refused(status, "");
    }
    let fresh = client.get("/Users").await;
    fresh.refused(429, "");
}
