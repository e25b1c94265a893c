//! Floor 5, for monitoring: `/healthz`, `/readyz` and `/metrics` on an address of their own, which
//! nobody opens unless told to. It tells counts only: no name, address or token.

mod metrics;

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::timeout,
};

use crate::service::Engine;

/// Connections at once; further ones wait.
const CONNECTIONS: usize = 32;
/// How long the head of a request may take.
const HEADER_TIME: Duration = Duration::from_secs(5);
/// How long a connection may last, so that idle ones make room.
const CONNECTION_TIME: Duration = Duration::from_secs(120);
/// How long accepting rests after it failed, where the process is out of file descriptors, say.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// Why nothing can be told to monitoring.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot listen on {address} for health and metrics: {source}; choose another address with --health-listen"
)]
pub struct HealthError {
    address: SocketAddr,
    source: io::Error,
}

/// What is told, and from when.
struct Told {
    engine: Arc<Engine>,
    started: Timestamp,
    /// True once the server is stopping: not ready any more, though requests are still answered.
    stopping: watch::Receiver<bool>,
}

/// The listener for monitoring.
pub struct Health {
    socket: TcpListener,
    told: Arc<Told>,
}

impl Health {
    /// Binds the address. Nothing is accepted before [`Self::run`].
    ///
    /// # Errors
    /// The operating system refuses the address.
    pub async fn bind(
        address: SocketAddr,
        engine: Arc<Engine>,
        started: Timestamp,
        stopping: watch::Receiver<bool>,
    ) -> Result<Self, HealthError> {
        let socket = TcpListener::bind(address)
            .await
            .map_err(|source| HealthError { address, source })?;
        let told = Arc::new(Told {
            engine,
            started,
            stopping,
        });
        Ok(Self { socket, told })
    }

    /// Where it is bound; tells the port that port 0 became.
    ///
    /// # Errors
    /// The operating system does not tell.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Answers until it is dropped, so that monitoring can watch the end of the others.
    pub async fn run(self) {
        let permits = Arc::new(Semaphore::new(CONNECTIONS));
        let mut connections = JoinSet::new();
        loop {
            let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
                return;
            };
            while connections.try_join_next().is_some() {}
            match self.socket.accept().await {
                Ok((stream, _)) => {
                    let told = Arc::clone(&self.told);
                    connections.spawn(async move {
                        // Who stays longer asks again over another connection.
                        let _ = timeout(CONNECTION_TIME, serve(told, stream)).await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a monitoring connection could not be accepted");
                    tokio::time::sleep(ACCEPT_REST).await;
                }
            }
        }
    }
}

async fn serve(told: Arc<Told>, stream: TcpStream) -> Result<(), hyper::Error> {
    let service = service_fn(move |request| {
        let told = Arc::clone(&told);
        async move { Ok::<_, Infallible>(told.answer(&request).await) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_headers(64)
        .serve_connection(TokioIo::new(stream), service)
        .await
}

/// Of the exposition format of Prometheus.
const METRICS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const PLAIN_TEXT: &str = "text/plain; charset=utf-8";

impl Told {
    async fn answer(self: &Arc<Self>, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, PLAIN_TEXT, "only GET\n");
            let allowed = HeaderValue::from_static("GET, HEAD");
            answer.headers_mut().insert(ALLOW, allowed);
            return answer;
        }
        match request.uri().path() {
            "/healthz" => text(StatusCode::OK, PLAIN_TEXT, "ok\n"),
            "/readyz" => match self.trouble().await {
                None => text(StatusCode::OK, PLAIN_TEXT, "ready\n"),
                Some(why) => text(StatusCode::SERVICE_UNAVAILABLE, PLAIN_TEXT, why),
            },
            "/metrics" => {
                let told = Arc::clone(self);
                let written = blocking(move || metrics::write(&told.engine, told.started)).await;
                match written {
                    Some(Ok(metrics)) => text(StatusCode::OK, METRICS_TEXT, metrics),
                    Some(Err(_)) | None => {
                        text(StatusCode::SERVICE_UNAVAILABLE, PLAIN_TEXT, UNREADABLE)
                    }
                }
            }
            _ => text(
                StatusCode::NOT_FOUND,
                PLAIN_TEXT,
                "there is /healthz, /readyz and /metrics\n",
            ),
        }
    }

    /// Why no requests should be sent here, if so.
    async fn trouble(self: &Arc<Self>) -> Option<&'static str> {
        if *self.stopping.borrow() {
            return Some("stopping\n");
        }
        let engine = Arc::clone(&self.engine);
        match blocking(move || engine.snapshot().and_then(|view| Ok(view.totals()?))).await {
            Some(Ok(_)) => None,
            Some(Err(_)) | None => Some(UNREADABLE),
        }
    }
}

const UNREADABLE: &str = "the store cannot be read; the log says more\n";

/// Runs what reads the store where it holds nobody up; `None` after a panic, which has been reported.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

fn text(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
