//! What monitoring is told, over its own address.

use std::{net::SocketAddr, sync::Arc};

use rolecall::{directory::Provider, health::Health};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::watch,
};

use super::harness::{Server, within};

async fn listening(server: &Server) -> (SocketAddr, watch::Sender<bool>) {
    let (stop, stopping) = watch::channel(false);
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let started = "2026-03-04T12:00:00Z".parse().expect("a time");
    let health = Health::bind(anywhere, Arc::clone(&server.engine), started, stopping)
        .await
        .expect("a free port");
    let address = health.local_address().expect("an address");
    tokio::spawn(health.run());
    (address, stop)
}

async fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let request = format!("{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .await
        .expect("it reads");
    let mut answer = String::new();
    within(stream.read_to_string(&mut answer))
        .await
        .expect("it answers");
    answer
}

#[tokio::test]
async fn a_server_is_ready_until_it_stops() {
    let server = Server::start().await;
    let (address, stop) = listening(&server).await;
    let healthy = ask(address, "GET /healthz").await;
    assert!(healthy.starts_with("HTTP/1.1 200"), "{healthy}");
    let ready = ask(address, "GET /readyz").await;
    assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
    stop.send_replace(true);
    let ready = ask(address, "GET /readyz").await;
    assert!(ready.starts_with("HTTP/1.1 503"), "{ready}");
    assert!(ready.ends_with("stopping\n"), "{ready}");
    for (request, status) in [
        ("POST /metrics", "405"),
        ("GET /", "404"),
        ("GET /healthz/", "404"),
        ("HEAD /healthz", "200"),
    ] {
        let answer = ask(address, request).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn metrics_count_what_passed_and_name_nobody() {
    let server = Server::start().await;
    let (address, _stop) = listening(&server).await;
    let okta = server.client(Provider::Okta).await;
    let ann = okta.make_user("ann@x.io").await;
    okta.get(&format!("/Users/{ann}")).await.expect(200);
    okta.get("/Users/nobody").await.expect(404);
    let metrics = ask(address, "GET /metrics").await;
    for line in [
        "rolecall_requests_total{provider=\"okta\",method=\"GET\",status=\"200\"} 1",
        "rolecall_requests_total{provider=\"okta\",method=\"GET\",status=\"404\"} 1",
        "rolecall_requests_total{provider=\"okta\",method=\"POST\",status=\"201\"} 1",
        "rolecall_request_duration_seconds_count{access=\"read\"} 2",
        "rolecall_request_duration_seconds_bucket{access=\"write\",le=\"+Inf\"} 1",
        "rolecall_users{state=\"active\"} 1",
        "rolecall_users_managed{managed_by=\"okta\"} 1",
        "rolecall_warnings{check=\"lock-out\"} 1",
        "process_start_time_seconds 1772625600",
    ] {
        assert!(
            metrics.lines().any(|told| told == line),
            "{line}\n{metrics}"
        );
    }
    assert!(!metrics.contains("ann"), "{metrics}");
}
