//! The server that `serve`, the console and the demo run: engine, listener and admin socket.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context as _, anyhow, bail};
use jiff::Timestamp;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::JoinHandle,
};

use super::connect;
use crate::{
    admin::{
        Client, Connector, Reply, Request,
        server::{self, AdminSocket, Facts},
    },
    config::Settings,
    health::Health,
    listener::{Listener, ListenerOptions, Tls},
    service::Engine,
    store::RedbStore,
};

/// A running server.
pub(super) struct Server {
    engine: Arc<Engine>,
    facts: Arc<Facts>,
    address: SocketAddr,
    url: String,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    /// Goes on to the very end, so that monitoring can watch it.
    health: Option<JoinHandle<()>>,
}

/// The running server's process and address, as far as they can be told.
async fn which(settings: &Settings, running: &Client) -> String {
    let process =
        RedbStore::running_process(&settings.data).map(|process| format!("process {process}"));
    let address = match running.call(Request::Status).await {
        Ok(Reply::Status(status)) => status.listen.map(|listen| format!("listening on {listen}")),
        _ => None,
    };
    let told: Vec<String> = process.into_iter().chain(address).collect();
    if told.is_empty() {
        return String::new();
    }
    format!(" ({})", told.join(", "))
}

impl Server {
    /// Opens the store, binds the listener and the admin socket, and serves.
    ///
    /// # Errors
    /// One sentence: what is wrong and what to do.
    pub(super) async fn start(
        settings: &Settings,
        insecure_plain_http: bool,
    ) -> anyhow::Result<Self> {
        if let Some(running) = connect::running_server(&settings.data).await? {
            bail!(
                "a server already runs for {}{}: use rolecall attach for its console, or name another \
                 directory with --data",
                settings.data.display(),
                which(settings, &running).await
            );
        }
        if !settings.store.is_file() {
            make_private_directory(settings)?;
        }
        // Before the store is opened: nothing needs to be undone where it fails.
        let tls = settings.edge.tls.clone().map(Tls::load).transpose()?;
        let tls = tls.map(Arc::new);
        let engine = connect::start_engine_patiently(settings).await?;
        let options = ListenerOptions {
            base_url: settings.base_url.clone(),
            limits: settings.edge.limits,
            insecure_plain_http,
            tls: tls.clone(),
            proxies: settings.edge.proxies.clone(),
            log_requests: settings.log_requests,
        };
        let listener = Listener::bind(settings.listen, options, engine.clone()).await?;
        let address = listener.local_address();
        let started = Timestamp::now();
        let url = listener.own_url();
        let facts = Arc::new(Facts {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            listen: Some(address.to_string()),
            tls: tls.is_some(),
            base_url: Some(listener.base_url()),
            started: Some(started),
            read_only: settings.read_only,
        });
        let path = server::socket_path(&settings.data);
        let socket = AdminSocket::bind(&path).map_err(|error| {
            anyhow!(
                "the admin socket {} cannot be made: {error}",
                path.display()
            )
        })?;
        let (stop, stopping) = watch::channel(false);
        let health = match settings.health_listen {
            Some(address) => {
                let health =
                    Health::bind(address, engine.clone(), started, stopping.clone()).await?;
                Some(tokio::spawn(health.run()))
            }
            None => None,
        };
        let mut tasks = vec![
            tokio::spawn(listener.run(stopped(stopping.clone()))),
            tokio::spawn(socket.serve(engine.clone(), facts.clone(), stopped(stopping.clone()))),
        ];
        if let Some(tls) = tls {
            tasks.push(tokio::spawn(reload_when_told(tls, stopped(stopping))));
        }
        Ok(Self {
            engine,
            facts,
            address,
            url,
            stop,
            tasks,
            health,
        })
    }

    /// The directory that is served.
    pub(super) fn engine(&self) -> Arc<Engine> {
        Arc::clone(&self.engine)
    }

    /// Where the listener listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The listener's own URL.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// A client of this server, in this process.
    pub(super) fn client(&self) -> Client {
        let calls = server::serve_in_process(self.engine.clone(), self.facts.clone());
        Client::new(Connector::InProcess(calls), connect::operator())
    }

    /// Finishes the requests that are being answered, and writes what waits to be written.
    pub(super) async fn stop(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            // A task that panicked has nothing left to finish.
            let _ = task.await;
        }
        self.engine.close().await;
        if let Some(health) = self.health {
            health.abort();
        }
    }
}

async fn stopped(mut stopping: watch::Receiver<bool>) {
    // Ends, too, when the server is dropped.
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// Reads the files of TLS again at each SIGHUP.
async fn reload_when_told(tls: Arc<Tls>, stopped: impl Future<Output = ()>) {
    let Ok(mut hang_up) = signal(SignalKind::hangup()) else {
        return;
    };
    let mut stopped = std::pin::pin!(stopped);
    loop {
        tokio::select! {
            () = &mut stopped => return,
            told = hang_up.recv() => if told.is_none() { return },
        }
        let tls = Arc::clone(&tls);
        // What becomes of it is in the log.
        let _ = tokio::task::spawn_blocking(move || tls.reload()).await;
    }
}

/// The admin socket needs the directory even where the store does not.
fn make_private_directory(settings: &Settings) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&settings.data)
        .map_err(|error| {
            anyhow!(
                "the data directory {} cannot be made: {error}",
                settings.data.display()
            )
        })
}

/// Ready when the process is told to stop. A lost terminal (SIGHUP) does not stop it; it makes the
/// listener read the files of TLS again.
pub(super) async fn told_to_stop() -> anyhow::Result<()> {
    let failed = "signals cannot be received";
    let mut terminate = signal(SignalKind::terminate()).context(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).context(failed)?;
    let mut hang_up = signal(SignalKind::hangup()).context(failed)?;
    loop {
        tokio::select! {
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
            _ = hang_up.recv() => {}
        }
    }
}
