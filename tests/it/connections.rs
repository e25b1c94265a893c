//! Connections: kept, counted, slow, stalled, cut, drained.

use std::time::Duration;

use rolecall::{directory::Provider, listener::Limits};
use serde_json::json;

use crate::harness::{Client, Connection, Reply, Server, within};

async fn okta() -> (Server, Client) {
    let server = Server::start().await;
    let client = server.client(Provider::Okta).await;
    (server, client)
}

#[tokio::test]
async fn a_client_may_ask_before_it_sends_a_body() {
    let server = Server::with_limits(Limits {
        body_bytes: 1000,
        ..Limits::default()
    })
    .await;
    let client = server.client(Provider::Okta).await;
    let ask = |length: usize| {
        format!(
            "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\n{}Content-Length: {length}\r\n\
             Expect: 100-continue\r\n\r\n",
            client.headers
        )
    };
    let mut connection = Connection::open(server.address).await;
    connection.write(ask(2).as_bytes()).await;
    assert_eq!(connection.read().await.status, 100);
    connection.write(b"{}").await;
    connection.read().await.refused(400, "invalidValue");

    let mut connection = Connection::open(server.address).await;
    connection.write(ask(2000).as_bytes()).await;
    connection.read().await.refused(413, "");
    assert!(connection.is_at_end().await);
}

#[tokio::test]
async fn slow_requests_end() {
    let limits = Limits {
        header_time: Duration::from_millis(100),
        idle_time: Duration::from_millis(300),
        body_time: Duration::from_millis(100),
        ..Limits::default()
    };
    let server = Server::with_limits(limits).await;
    let client = server.client(Provider::Okta).await;
    let detail = client.raw(b"GET /scim/v2/Us").await.refused(408, "");
    assert!(detail.contains("headers"), "{detail}");

    let head = format!(
        "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\n{}Content-Length: 10\r\n\r\n{{",
        client.headers
    );
    let detail = client.raw(head.as_bytes()).await.refused(408, "");
    assert!(detail.contains("body"), "{detail}");

    let mut idle = Connection::open(server.address).await;
    assert!(idle.is_at_end().await, "an idle connection ends in silence");
}

#[tokio::test]
async fn a_client_that_hangs_up_leaves_its_request_done_and_recorded() {
    let (server, client) = okta().await;
    let mut follower = server.engine.recorder().follow(None);
    let body = json!({"userName": "ann@x.io"}).to_string();
    let request = format!(
        "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\n{}Content-Length: {}\r\n\r\n{body}",
        client.headers,
        body.len()
    );
    let mut connection = Connection::open(server.address).await;
    connection.write(request.as_bytes()).await;
    drop(connection);
    let (lines, _) = within(follower.next()).await.expect("recorded");
    let line = lines.first().expect("a line");
    assert_eq!((line.status, line.journal.len()), (201, 1));
}

#[tokio::test]
async fn a_client_that_reads_no_answer_is_let_go() {
    let limits = Limits {
        connections: 1,
        body_time: Duration::from_millis(200),
        ..Limits::default()
    };
    let server = Server::with_limits(limits).await;
    let client = server.client(Provider::Okta).await;
    let request = format!(
        "GET /scim/v2/Schemas HTTP/1.1\r\nHost: x\r\n{}\r\n",
        client.headers
    );
    let mut stalled = Connection::open(server.address).await;
    let flood = tokio::spawn(async move {
        stalled.write(request.repeat(2000).as_bytes()).await;
        stalled
    });
    client.get("/ServiceProviderConfig").await.expect(200);
    drop(within(flood).await);
}

#[tokio::test]
async fn connections_are_kept_and_requests_may_follow_each_other() {
    let (server, client) = okta().await;
    let mut connection = Connection::open(server.address).await;
    let request = format!(
        "GET /scim/v2/ResourceTypes/User HTTP/1.1\r\nHost: x\r\n{}\r\n",
        client.headers
    );
    connection.write(request.repeat(3).as_bytes()).await;
    let mut ids: Vec<String> = Vec::new();
    for _ in 0..3 {
        let reply: Reply = connection.read().await.expect(200);
        ids.push(reply.header("x-request-id").expect("an id").to_owned());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn more_connections_than_allowed_wait_their_turn() {
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let server = Server::with_limits(limits).await;
    let client = server.client(Provider::Okta).await;
    let first = Connection::open(server.address).await;
    let second = {
        let client = client.clone();
        tokio::spawn(async move { client.get("/ServiceProviderConfig").await })
    };
    let mut first = first;
    let request = format!(
        "GET /scim/v2/Schemas HTTP/1.1\r\nHost: x\r\n{}\r\n",
        client.headers
    );
    first.write(request.as_bytes()).await;
    first.read().await.expect(200);
    assert!(!second.is_finished());
    drop(first);
    within(second).await.expect("an answer").expect(200);
}

#[tokio::test]
async fn shutting_down_lets_a_request_finish_and_cuts_what_hangs() {
    let limits = Limits {
        drain_time: Duration::from_millis(200),
        ..Limits::default()
    };
    let mut server = Server::with_limits(limits).await;
    let client = server.client(Provider::Okta).await;
    let head = format!(
        "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\n{}Content-Length: 2\r\n\
         Expect: 100-continue\r\n\r\n",
        client.headers
    );
    let mut finishing = Connection::open(server.address).await;
    let mut hanging = Connection::open(server.address).await;
    for connection in [&mut finishing, &mut hanging] {
        connection.write(head.as_bytes()).await;
        assert_eq!(connection.read().await.status, 100);
    }
    let mut idle = Connection::open(server.address).await;
    let stopping = tokio::spawn(server.stop());
    assert!(idle.is_at_end().await);
    finishing.write(b"{}").await;
    finishing.read().await.refused(400, "invalidValue");
    assert!(finishing.is_at_end().await);
    within(stopping).await.expect("it ended");
    assert!(hanging.is_at_end().await);
}

#[tokio::test]
async fn whatever_a_byte_turns_into_the_answer_is_scim_json() {
    let moment = Duration::from_millis(100);
    let server = Server::with_limits(Limits {
        header_time: moment,
        idle_time: moment,
        body_time: moment,
        ..Limits::default()
    })
    .await;
    let client = server.client(Provider::Okta).await;
    let body = json!({"userName": "ann@x.io", "active": "True"}).to_string();
    let request = format!(
        "POST /scim/v2/Users?attributes=id HTTP/1.1\r\nHost: x\r\n{}Content-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        client.headers,
        body.len()
    )
    .into_bytes();
    let mut answered = 0;
    for places in (0..request.len()).collect::<Vec<_>>().chunks(20) {
        let mut trials = tokio::task::JoinSet::new();
        for &place in places {
            for change in [b'\0', b'\r', 0xff] {
                let mut request = request.clone();
                request[place] = change;
                let address = server.address;
                trials.spawn(async move {
                    let mut connection = Connection::open(address).await;
                    connection.write(&request).await;
                    connection.read_to_end().await
                });
            }
        }
        while let Some(replies) = within(trials.join_next()).await {
            for reply in replies.expect("no answer was cut or bare") {
                assert_ne!(reply.status, 500, "{}", reply.text);
                let status = reply.status;
                reply.expect(status);
                answered += 1;
            }
        }
    }
    assert!(answered > request.len() * 2, "{answered}");
}
