//! Reaching the directory: a running server's admin socket, or the store itself.

use std::{
    io::ErrorKind,
    os::unix::fs::MetadataExt as _,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::bail;
use tokio::net::UnixStream;

use super::output::note;
use crate::{
    admin::{
        Client, ClientError, Connector,
        server::{self, Facts},
    },
    config::{Settings, StoreChoice},
    service::{Engine, EngineOptions},
    store::{MemoryStore, Store, StoreError, postgres::PostgresStore, redb::RedbStore},
};

/// A way to ask the directory, with what must live as long as it.
pub(super) struct Connection {
    /// Asks.
    pub(super) client: Client,
    /// Runs where no server does.
    engine: Option<Arc<Engine>>,
}

impl Connection {
    /// Whether the process has opened a store that nobody else shares, so that nothing else comes by.
    pub(super) fn is_own(&self) -> bool {
        let own = self.engine.as_ref();
        own.is_some_and(|engine| engine.node().is_none())
    }

    /// Writes what waits to be written. Call it where the process has opened the store itself; beside
    /// a server it does nothing.
    pub(super) async fn close(self) {
        if let Some(engine) = self.engine {
            engine.close().await;
        }
    }
}

/// The account that acts, for the journal: its name, or where the environment has none, its number.
pub(super) fn operator() -> String {
    ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()))
        .or_else(|| {
            let process = std::fs::metadata("/proc/self").ok()?;
            Some(format!("uid {}", process.uid()))
        })
        .unwrap_or_else(|| "unknown".to_owned())
}

/// How long a command waits for another one that has the store open for a moment.
const PATIENCE: Duration = Duration::from_secs(2);

/// Reaches the running server of the data directory, or opens its store.
pub(super) async fn connect(settings: &Settings) -> anyhow::Result<Connection> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(client) = running_server(&settings.data).await? {
            return Ok(Connection {
                client,
                engine: None,
            });
        }
        if settings.store == StoreChoice::Memory {
            bail!(
                "no server runs for {}, and a store in memory lives only inside one: start it with \
                 rolecall serve --store memory",
                settings.data.display()
            );
        }
        match start_engine(settings) {
            Ok(engine) => return Ok(in_process(engine, settings)),
            // A server that is starting, or another command that is done in a moment.
            Err(StoreError::InUse(_)) if Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn in_process(engine: Arc<Engine>, settings: &Settings) -> Connection {
    let facts = Arc::new(Facts {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        listen: None,
        tls: false,
        base_url: settings.base_url.clone(),
        started: None,
        read_only: settings.read_only,
    });
    let calls = server::serve_in_process(engine.clone(), facts);
    Connection {
        client: Client::new(Connector::InProcess(calls), operator()),
        engine: Some(engine),
    }
}

/// Opens the store and starts the engine, once another command that has it open is done.
pub(super) async fn start_engine_patiently(settings: &Settings) -> Result<Arc<Engine>, StoreError> {
    patiently(|| start_engine(settings)).await
}

/// Opens the store that the settings name, once another command that has it open is done.
pub(super) async fn open_store_patiently(
    settings: &Settings,
) -> Result<Arc<dyn Store>, StoreError> {
    patiently(|| open_store(settings)).await
}

/// Tries until nobody else has the store open, or patience is over.
pub(super) async fn patiently<Opened>(
    open: impl Fn() -> Result<Opened, StoreError>,
) -> Result<Opened, StoreError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match open() {
            Err(StoreError::InUse(_)) if Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            outcome => return outcome,
        }
    }
}

/// A client of the server that runs on the data directory, if one does.
pub(super) async fn running_server(data: &Path) -> anyhow::Result<Option<Client>> {
    let path = server::socket_path(data);
    match UnixStream::connect(&path).await {
        Ok(_) => Ok(Some(Client::new(Connector::Socket(path), operator()))),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::ConnectionRefused
            ) =>
        {
            Ok(None)
        }
        Err(error) if error.kind() == ErrorKind::PermissionDenied => bail!(
            "a server runs for {}, and its admin socket is not open to this account: run this as the \
             account that runs the server",
            data.display()
        ),
        Err(error) => bail!(
            "the admin socket {} does not answer: {error}",
            path.display()
        ),
    }
}

/// What is said of a password that others may read.
const PASSWORD_IN_URL: &str = "the store's URL holds a password, which the list of processes or the configuration \
     file may show to others: leave it out, and give it in ROLECALL_STORE_PASSWORD or in a file with \
     --store-password-file";

/// Opens the store that the settings name.
fn open_store(settings: &Settings) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match &settings.store {
        StoreChoice::Memory => Arc::new(MemoryStore::default()),
        StoreChoice::Redb => Arc::new(RedbStore::open(&settings.data)?),
        StoreChoice::Postgres(url) => {
            if url.has_password() {
                note(PASSWORD_IN_URL);
            }
            let options = settings.database.options(url, &settings.node)?;
            Arc::new(PostgresStore::open(&options)?)
        }
    })
}

/// Opens the store and starts the engine on it.
fn start_engine(settings: &Settings) -> Result<Arc<Engine>, StoreError> {
    let options = EngineOptions {
        sync_gap: settings.sync_gap,
        policy: Arc::new(settings.watch.policy),
        keep_exchanges: settings.watch.exchanges,
        keep_exchanges_for: settings.watch.exchanges_age.limit(),
        keep_journal: settings.watch.journal.limit(),
        keep_journal_for: settings.watch.journal_age.limit(),
        warning: settings.watch.warning,
        node: settings.node.clone(),
        ..EngineOptions::default()
    };
    Engine::start(open_store(settings)?, options)
}

/// An answer of another kind than the question's: the two sides are of different versions.
pub(super) fn unexpected() -> anyhow::Error {
    anyhow::Error::new(ClientError::Lost(
        "the server answered something else than was asked: are both of the same version?"
            .to_owned(),
    ))
}

/// The only one that a name stands for. `list` is the command that shows the ids.
pub(super) fn only_one<Id>(
    mut found: impl Iterator<Item = Id>,
    what: impl Fn() -> String,
    list: &str,
) -> anyhow::Result<Id> {
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => bail!("there is no {}: {list} shows what there is", what()),
        (Some(_), Some(_)) => bail!(
            "there is more than one {}: name it by its id, which {list} shows",
            what()
        ),
    }
}

/// Takes the answer of the expected kind out of a reply.
macro_rules! expect_reply {
    ($reply:expr, $kind:ident) => {
        match $reply {
            crate::admin::Reply::$kind(answer) => answer,
            _ => return Err($crate::cli::connect::unexpected()),
        }
    };
}
pub(super) use expect_reply;
