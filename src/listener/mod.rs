//! Floor 5, the SCIM edge: TLS, HTTP/1.1 with its bounds, authentication, routes, and answers that are
//! SCIM JSON whatever happens.
//!
//! A request's way: [`connection`] (TLS, hyper, bounds, hyper's own errors) → [`conversation`]
//! (admission, route, body, record) → `users`, `groups`, `list`, `bulk`, `discovery`, which
//! turn it into a command or a query and its outcome into an [`answer`].

mod admission;
mod answer;
mod body;
mod bulk;
mod call;
mod condition;
mod connection;
mod conversation;
mod discovery;
mod forwarded;
mod groups;
mod guard;
mod large;
pub mod limits;
mod list;
mod options;
mod outflow;
mod rate;
mod route;
mod scans;
mod sharing;
mod tls;
mod told;
mod users;
mod wire;
mod work;

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::timeout,
};

pub use forwarded::{Network, Proxies, ProxyHeader};
pub use limits::Limits;
pub use options::ListenerOptions;
pub use route::BASE_PATH;
pub(crate) use tls::certificates;
pub use tls::{Reload, Tls, TlsError, TlsFiles};

use self::{guard::Guard, large::LargeRoles, scans::Scans};
use crate::{service::Engine, store::behalf};

/// How long accepting rests after it failed, where the process is out of file descriptors, say.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// How often the files of TLS are looked at.
const LOOK_AFTER: Duration = Duration::from_secs(5);

/// Why there is no listener.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Tokens would travel in the clear.
    #[error(
        "plain HTTP on {address} would send tokens in the clear; give a certificate with --tls-certificate and \
         --tls-key, listen on 127.0.0.1 behind a proxy that speaks TLS, or allow it with --insecure-plain-http"
    )]
    PlainHttp {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// The base URL is none.
    #[error("the base URL {given:?} is not usable; give one like https://scim.example.com/scim/v2")]
    BaseUrl {
        /// What was given.
        given: String,
    },
    /// The operating system refused the address.
    #[error("cannot listen on {address}: {source}; choose another address with --listen")]
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
}

/// What all connections share.
struct Edge {
    engine: Arc<Engine>,
    options: ListenerOptions,
    /// As set up, without a slash at its end.
    base_url: Option<Arc<str>>,
    /// Where the listener is bound.
    address: SocketAddr,
    /// Who may come how often.
    guard: Guard,
    /// How many lists are looked for at once that no index answers.
    scans: Scans,
    /// Roles of many members on their way to clients.
    large_roles: LargeRoles,
}

impl Edge {
    /// What the URLs of the listener itself begin with.
    fn scheme(&self) -> &'static str {
        match self.options.tls {
            Some(_) => "https",
            None => "http",
        }
    }
}

/// The SCIM listener.
pub struct Listener {
    socket: TcpListener,
    edge: Arc<Edge>,
}

impl Listener {
    /// Binds the address. Nothing is accepted before [`Self::run`].
    ///
    /// # Errors
    /// One sentence: what is wrong and what to do.
    pub async fn bind(
        address: SocketAddr,
        options: ListenerOptions,
        engine: Arc<Engine>,
    ) -> Result<Self, ListenError> {
        options.check(address)?;
        let failed = |source| ListenError::Bind { address, source };
        let socket = TcpListener::bind(address).await.map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        if let Some(tls) = options.tls.clone() {
            engine.watch_certificate(move || tls.ends());
        }
        let base_url = options
            .base_url
            .as_deref()
            .map(|base_url| base_url.trim_end_matches('/').into());
        Ok(Self {
            socket,
            edge: Arc::new(Edge {
                guard: Guard::new(&options.limits),
                scans: Scans::new(options.limits.filter_scans),
                large_roles: LargeRoles::new(),
                engine,
                options,
                base_url,
                address,
            }),
        })
    }

    /// Where the listener is bound; tells the port that port 0 became.
    pub fn local_address(&self) -> SocketAddr {
        self.edge.address
    }

    /// The URL under which clients reach the service.
    pub fn base_url(&self) -> String {
        match &self.edge.base_url {
            Some(base_url) => base_url.to_string(),
            None => self.own_url(),
        }
    }

    /// The URL of the listener itself, whatever stands before it.
    pub fn own_url(&self) -> String {
        format!("{}://{}{BASE_PATH}", self.edge.scheme(), self.edge.address)
    }

    /// Serves until `shutdown` is ready; then accepts no more, lets the requests that are being
    /// answered finish within [`Limits::drain_time`], and returns.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let Self { socket, edge } = self;
        let permits = Arc::new(Semaphore::new(edge.options.limits.connections));
        let (close, closing) = watch::channel(false);
        let watching = edge
            .options
            .tls
            .clone()
            .map(|tls| tokio::spawn(watch_files(tls)));
        sharing::begin(&edge).await;
        let sharing = tokio::spawn(sharing::share_limits(Arc::clone(&edge)));
        let mut connections = JoinSet::new();
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let accepted = tokio::select! {
                () = &mut shutdown => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => continue,
                accepted = accept(&socket, &permits) => accepted,
            };
            let Some((stream, peer, permit)) = accepted else {
                continue;
            };
            let is_proxy = edge.options.proxies.trusts(peer.ip());
            let seat = if is_proxy {
                None
            } else {
                let Some(seat) = edge.guard.seat(peer.ip()) else {
                    continue;
                };
                Some(seat)
            };
            let (edge, closing) = (Arc::clone(&edge), closing.clone());
            connections.spawn(async move {
                connection::serve(edge, stream, peer, closing).await;
                drop((permit, seat));
            });
        }
        drop(socket);
        sharing.abort();
        if let Some(watching) = watching {
            watching.abort();
        }
        close.send_replace(true);
        let drained = timeout(edge.options.limits.drain_time, async {
            while connections.join_next().await.is_some() {}
        });
        if drained.await.is_err() {
            tracing::warn!(open = connections.len(), "connections were cut at shutdown");
            connections.shutdown().await;
        }
    }
}

/// Looks at the files of TLS now and then. They are looked at rather than listened to: a look costs
/// nothing, and works on every file system.
async fn watch_files(tls: Arc<Tls>) {
    loop {
        tokio::time::sleep(LOOK_AFTER).await;
        let tls = Arc::clone(&tls);
        on_blocking_thread(move || tls.look()).await;
    }
}

/// The next connection, once there may be one more. Safe to be dropped while it waits.
async fn accept(
    socket: &TcpListener,
    permits: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits).acquire_owned().await.ok()?;
    match socket.accept().await {
        Ok((stream, peer)) => {
            // Answers are written whole; waiting to fill a packet would only delay them.
            let _ = stream.set_nodelay(true);
            Some((stream, peer, permit))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(ACCEPT_REST).await;
            None
        }
    }
}

/// Runs what may take long on a thread that may block. A panic goes on in the caller.
async fn on_blocking_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let exchange = behalf::current();
    match tokio::task::spawn_blocking(move || behalf::work(exchange, work)).await {
        Ok(done) => done,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Only a runtime that is shutting down cancels it; nobody waits for the answer then.
            Err(_) => std::future::pending().await,
        },
    }
}
