//! Clients that mean harm, or do it: what two parties could read in two ways, what never ends, what
//! is far too much. Each is answered in SCIM JSON and let go, and nobody else waits for it.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use rolecall::{directory::Provider, listener::Limits};

use crate::harness::{Client, Connection, Server};

/// A request behind another: it must never be answered where the first is not plain.
const HIDDEN: &str = "GET /scim/v2/Schemas HTTP/1.1\r\nHost: x\r\n\r\n";

async fn okta() -> (Server, Client) {
    let server = Server::start().await;
    let client = server.client(Provider::Okta).await;
    (server, client)
}

#[tokio::test]
async fn what_could_be_read_in_two_ways_ends_its_connection() {
    let (server, client) = okta().await;
    let headers = &client.headers;
    let mut wrong = Vec::new();
    let post = |framing: &str, body: &str| {
        format!("POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\n{headers}{framing}\r\n{body}{HIDDEN}")
    };
    for (name, request) in [
        (
            "CL.TE",
            post(
                "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
                "0\r\n\r\n",
            ),
        ),
        (
            "TE.CL",
            post(
                "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
                "0\r\n\r\n",
            ),
        ),
        (
            "TE.TE",
            post(
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
                "0\r\n\r\n",
            ),
        ),
        (
            "TE list",
            post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
        ),
        (
            "TE unknown",
            post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
        ),
        (
            "TE tab",
            post("Transfer-Encoding:\tchunked\x0b\r\n", "0\r\n\r\n"),
        ),
        (
            "CL twice",
            post("Content-Length: 2\r\nContent-Length: 3\r\n", "{}"),
        ),
        ("CL list", post("Content-Length: 2, 3\r\n", "{}")),
        ("CL signed", post("Content-Length: +2\r\n", "{}")),
        ("CL negative", post("Content-Length: -1\r\n", "{}")),
        ("CL hexadecimal", post("Content-Length: 0x2\r\n", "{}")),
        (
            "CL too great",
            post("Content-Length: 99999999999999999999\r\n", "{}"),
        ),
        (
            "CL space before colon",
            post("Content-Length : 2\r\n", "{}"),
        ),
        (
            "TE space before colon",
            post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
        ),
        ("folded", post("X: a\r\n Content-Length: 2\r\n", "{}")),
        (
            "folded TE",
            post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"),
        ),
        ("bare CR", post("X: a\rContent-Length: 2\r\n", "{}")),
        ("NUL", post("X: a\0\r\nContent-Length: 2\r\n", "{}")),
        ("no colon", post("Content-Length 2\r\n", "{}")),
        ("no name", post(": 2\r\n", "{}")),
        (
            "chunk size",
            post("Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n"),
        ),
        (
            "chunk size signed",
            post("Transfer-Encoding: chunked\r\n", "+2\r\n{}\r\n0\r\n\r\n"),
        ),
        (
            "chunk size prefixed",
            post("Transfer-Encoding: chunked\r\n", "0x2\r\n{}\r\n0\r\n\r\n"),
        ),
        (
            "chunk too great",
            post(
                "Transfer-Encoding: chunked\r\n",
                "fffffffffffffffff\r\n{}\r\n0\r\n\r\n",
            ),
        ),
        (
            "chunk without end",
            post("Transfer-Encoding: chunked\r\n", "2\r\n{}0\r\n\r\n"),
        ),
        (
            "chunk too long",
            post("Transfer-Encoding: chunked\r\n", "2\r\n{}}\r\n0\r\n\r\n"),
        ),
        (
            "chunk extension with LF",
            post("Transfer-Encoding: chunked\r\n", "2;a=\n{}\r\n0\r\n\r\n"),
        ),
        (
            "chunk size ends in LF",
            post("Transfer-Encoding: chunked\r\n", "2\n{}\r\n0\r\n\r\n"),
        ),
        (
            "HTTP/1.0 TE",
            post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n")
                .replace("Users HTTP/1.1", "Users HTTP/1.0"),
        ),
        ("HTTP/0.9", format!("GET /scim/v2/Users\r\n{HIDDEN}")),
        (
            "HTTP/2 preface",
            format!("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{HIDDEN}"),
        ),
        (
            "HTTP/3.0",
            post("Content-Length: 2\r\n", "{}").replace("Users HTTP/1.1", "Users HTTP/3.0"),
        ),
    ] {
        let mut connection = Connection::open(server.address).await;
        connection.write(request.as_bytes()).await;
        connection.close_own_side().await;
        let statuses: Vec<u16> = connection
            .read_to_end()
            .await
            .into_iter()
            .map(|reply| {
                let status = reply.status;
                reply.expect(status).body["detail"]
                    .as_str()
                    .expect("a detail");
                status
            })
            .collect();
        if statuses != [400] {
            wrong.push(format!("{name}: {statuses:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    client.get("/Users").await.expect(200);
}

#[tokio::test]
async fn a_request_names_its_host_once() {
    let (_server, client) = okta().await;
    for (version, hosts, status) in [
        ("1.1", "Host: x\r\n", 200),
        ("1.1", "Host: x\r\nHost: y\r\n", 400),
        ("1.1", "", 400),
        ("1.0", "", 200),
        ("1.0", "Host: x\r\nHost: x\r\n", 400),
    ] {
        let request = format!(
            "GET /scim/v2/Users HTTP/{version}\r\n{hosts}{}Connection: close\r\n\r\n",
            client.headers
        );
        client.raw(request.as_bytes()).await.expect(status);
    }
}

#[tokio::test]
async fn chunks_with_extensions_and_trailers_are_read_and_end_the_connection() {
    let (server, client) = okta().await;
    let body = "2;a=b;c=\"d\"\r\n{}\r\n0\r\nX-Trailer: a\r\n\r\n";
    let request = format!(
        "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\n{}Transfer-Encoding: chunked\r\n\r\n{body}{HIDDEN}",
        client.headers
    );
    let mut connection = Connection::open(server.address).await;
    connection.write(request.as_bytes()).await;
    connection.read().await.refused(400, "invalidValue");
    assert!(connection.is_at_end().await);

    let endless = format!("2;{}\r\n{{}}\r\n0\r\n\r\n", "a=b;".repeat(10_000));
    let request = format!(
        "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\n{}Transfer-Encoding: chunked\r\n\r\n{endless}",
        client.headers
    );
    client.raw(request.as_bytes()).await.refused(400, "");
}

#[tokio::test]
async fn who_has_said_all_still_hears_the_answer() {
    let (server, client) = okta().await;
    let request = format!(
        "GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\n{}\r\n",
        client.headers
    );
    let mut connection = Connection::open(server.address).await;
    connection.write(request.as_bytes()).await;
    connection.close_own_side().await;
    connection.read().await.expect(200);
    assert!(connection.is_at_end().await);

    let mut connection = Connection::open(server.address).await;
    connection.write(&request.as_bytes()[..40]).await;
    connection.close_own_side().await;
    connection.ends().await;

    let head = format!(
        "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\n{}Content-Length: 10\r\n\r\n{{",
        client.headers
    );
    let mut connection = Connection::open(server.address).await;
    connection.write(head.as_bytes()).await;
    connection.close_own_side().await;
    connection.read().await.refused(400, "");
}

#[tokio::test]
async fn a_body_far_too_long_is_not_read() {
    let (server, client) = okta().await;
    let head = format!(
        "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\n{}Content-Length: 99999999999\r\n\r\n",
        client.headers
    );
    let mut connection = Connection::open(server.address).await;
    connection.write(head.as_bytes()).await;
    connection.read().await.refused(413, "");
    let stranger = head.replace(&client.headers, "");
    let mut connection = Connection::open(server.address).await;
    connection.write(stranger.as_bytes()).await;
    connection.read().await.refused(401, "");
    assert!(connection.is_at_end().await);
}

/// How long the look-ups take, sorted, that a well-behaved client makes one after the other.
async fn lookups(server: &Server, client: &Client, number: usize) -> Vec<Duration> {
    let request = format!(
        "GET /scim/v2/Users?filter=userName%20eq%20%22ann@x.io%22 HTTP/1.1\r\nHost: x\r\n{}\r\n",
        client.headers
    );
    let mut connection = Connection::open(server.address).await;
    let mut times = Vec::new();
    for _ in 0..number {
        let started = Instant::now();
        connection.write(request.as_bytes()).await;
        connection.read().await.expect(200);
        times.push(started.elapsed());
    }
    times.sort();
    times
}

fn told(times: &[Duration]) -> String {
    let at = |hundredth: usize| times[(times.len() - 1) * hundredth / 100];
    format!("p50 {:?}, p99 {:?}, slowest {:?}", at(50), at(99), at(100))
}

/// One hostile client's connection, from beginning to end.
async fn misbehave(server: SocketAddr, headers: &str, kind: usize) {
    let head = format!("POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\n{headers}");
    let (words, waits) = match kind % 8 {
        0 => (String::new(), true),
        1 => ("GET /scim/v2/Us".to_owned(), true),
        2 => (format!("{head}Content-Length: 1000\r\n\r\n{{"), true),
        3 => (
            format!("{head}Transfer-Encoding: chunked\r\n\r\n3e8\r\n{{"),
            true,
        ),
        4 => (
            format!(
                "{head}Content-Length: 99999999\r\n\r\n{}",
                "x".repeat(200_000)
            ),
            true,
        ),
        5 => ("\x16\x03\x01\x02\0\x01\0\x01".to_owned(), true),
        6 => (HIDDEN.repeat(50), true),
        _ => (HIDDEN.repeat(50), false),
    };
    let mut connection = Connection::open(server).await;
    connection.write(words.as_bytes()).await;
    if waits {
        connection.ends().await;
    }
}

/// Prints how long a well-behaved client waits while nobody else is there, and while others
/// misbehave in every way at once: `cargo test --test it hostile -- --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_others_misbehave_the_rest_go_on_being_answered() {
    const HOSTILE: usize = 160;
    let moment = Duration::from_millis(500);
    let server = Server::with_limits(Limits {
        header_time: moment,
        body_time: moment,
        idle_time: 4 * moment,
        // All come from one address here.
        connections_per_address: 0,
        ..Limits::default()
    })
    .await;
    let client = server.client(Provider::Okta).await;
    client.make_user("ann@x.io").await;
    let quiet = lookups(&server, &client, 300).await;
    let mut hostile = tokio::task::JoinSet::new();
    for kind in 0..HOSTILE {
        let (address, headers) = (server.address, client.headers.clone());
        hostile.spawn(async move {
            loop {
                misbehave(address, &headers, kind).await;
            }
        });
    }
    let attacked = lookups(&server, &client, 300).await;
    hostile.shutdown().await;
    let after = lookups(&server, &client, 300).await;
    println!("alone: {}", told(&quiet));
    println!("beside {HOSTILE} hostile clients: {}", told(&attacked));
    println!("after them: {}", told(&after));
    assert!(attacked.iter().all(|time| *time < Duration::from_secs(5)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_hold_nobody_up_and_are_let_go() {
    let server = Server::with_limits(Limits {
        header_time: Duration::from_millis(500),
        body_time: Duration::from_millis(500),
        idle_time: Duration::from_secs(1),
        ..Limits::default()
    })
    .await;
    let client = server.client(Provider::Okta).await;
    client.make_user("ann@x.io").await;
    let head = format!(
        "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\n{}",
        client.headers
    );
    let mut slow = Vec::new();
    for number in 0..120 {
        let words = match number % 4 {
            0 => String::new(),
            1 => "GET /scim/v2/Us".to_owned(),
            2 => format!("{head}Content-Length: 1000\r\n\r\n{{"),
            _ => format!("{head}Transfer-Encoding: chunked\r\n\r\n3e8\r\n{{"),
        };
        let mut connection = Connection::open(server.address).await;
        connection.write(words.as_bytes()).await;
        slow.push(connection);
    }
    let slowest = lookups(&server, &client, 200).await.pop();
    assert!(slowest < Some(Duration::from_secs(2)), "{slowest:?}");
    for connection in slow {
        for reply in connection.read_to_end().await {
            reply.refused(408, "");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_drips_a_byte_at_a_time_is_let_go() {
    let server = Server::with_limits(Limits {
        header_time: Duration::from_millis(300),
        ..Limits::default()
    })
    .await;
    let mut connection = Connection::open(server.address).await;
    let started = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    connection
        .write(b"GET /scim/v2/Users HTTP/1.1\r\nX: ")
        .await;
    let mut dripping = 0;
    while started.elapsed() < Duration::from_secs(10) && !connection.has_something().await {
        ticks.tick().await;
        connection.write(b"x").await;
        dripping += 1;
    }
    connection.read().await.refused(408, "");
    assert!(dripping >= 2, "it was really dripping");
}
