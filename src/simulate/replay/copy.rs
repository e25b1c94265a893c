//! A scratch copy of a directory, with the listener's own way in before it.

use std::{
    io::{self, BufRead, BufReader, Read},
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, sync_channel},
    },
};

use tokio::sync::oneshot;

use super::super::{SimulateError, Target};
use crate::{
    admin::{Client, ClientError, Reply, Request},
    directory::{Actor, Command, Event, Policy, Provider, ReadError, summary::summarise},
    listener::{ListenError, Listener, ListenerOptions},
    service::{
        Engine, EngineOptions,
        auth::{RANDOM_BYTES, Secret},
        exchange::Effect,
    },
    store::{
        Failure, MemoryStore, Store, StoreError,
        backup::{RestoreError, restore},
    },
};

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum ScratchError {
    /// The directory could not be asked for a backup.
    #[error(transparent)]
    Asking(#[from] ClientError),
    /// The backup could not be taken in.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// The copy could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The copy refused its own token.
    #[error("the copy made no token for its provider: {0}")]
    Token(#[from] Failure),
    /// The copy does not listen.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Something of this machine is missing.
    #[error("{0}")]
    System(String),
}

impl From<ReadError> for ScratchError {
    fn from(error: ReadError) -> Self {
        Self::Store(error.into())
    }
}

/// A copy of the directory in memory that a listener of this machine alone serves. Dropping it
/// throws everything away.
pub struct Scratch {
    engine: Arc<Engine>,
    address: SocketAddr,
    /// Ends the listener when it is dropped.
    _stop: oneshot::Sender<()>,
}

impl Scratch {
    /// A copy of what a client's server has now.
    ///
    /// # Errors
    /// The server gives no backup, or there is no room for the copy.
    pub async fn of_server(client: &Client, policy: Policy) -> Result<Self, ScratchError> {
        let mut follower = client.follow(Request::Backup).await?;
        let (sender, receiver) = sync_channel::<String>(2);
        let restoring = tokio::task::spawn_blocking(move || {
            let mut backup = BufReader::new(Pieces {
                receiver: Mutex::new(receiver),
                piece: io::Cursor::default(),
            });
            restored(&mut backup)
        });
        while let Some(reply) = follower.next().await? {
            let Reply::Text { text } = reply else { break };
            // The receiver takes a piece as soon as it has room; it is gone only when it failed.
            let sender = sender.clone();
            let sending = tokio::task::spawn_blocking(move || sender.send(text));
            if !matches!(sending.await, Ok(Ok(()))) {
                break;
            }
        }
        drop(sender);
        let store = restoring.await.map_err(panicked)??;
        Self::serve(store, policy).await
    }

    /// A copy from a backup.
    ///
    /// # Errors
    /// What is wrong with the backup.
    pub async fn of_backup(
        mut backup: impl BufRead + Send + 'static,
        policy: Policy,
    ) -> Result<Self, ScratchError> {
        let restoring = tokio::task::spawn_blocking(move || restored(&mut backup));
        let store = restoring.await.map_err(panicked)??;
        Self::serve(store, policy).await
    }

    async fn serve(store: Arc<dyn Store>, policy: Policy) -> Result<Self, ScratchError> {
        let options = EngineOptions {
            policy: Arc::new(policy),
            keep_exchanges: 0,
            ..EngineOptions::default()
        };
        let engine = Engine::start(store, options)?;
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let options = ListenerOptions::default();
        let listener = Listener::bind(anywhere, options, Arc::clone(&engine)).await?;
        let address = listener.local_address();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(listener.run(async {
            let _ = stopped.await;
        }));
        Ok(Self {
            engine,
            address,
            _stop: stop,
        })
    }

    /// Where a provider pushes to, with a token of the copy's own.
    pub(super) async fn target(&self, provider: Provider) -> Result<Target, super::ReplayError> {
        let mut random = [0; RANDOM_BYTES];
        getrandom::fill(&mut random).map_err(|error| {
            ScratchError::System(format!("the system gave no random numbers: {error}"))
        })?;
        let secret = Secret::generate(provider, random);
        let command = Command::CreateToken {
            provider,
            name: format!("{provider} replay"),
            expires: None,
            hash: secret.hash(),
            prefix: secret.prefix(),
        };
        let actor = Actor::Operator {
            name: "replay".to_owned(),
        };
        let made = self.engine.execute(actor, command, None).await;
        made.map_err(ScratchError::from)?;
        let target: Result<Target, SimulateError> = Target::local(self.address, secret.expose());
        Ok(target?)
    }

    pub(super) fn journal_last(&self) -> Result<u64, ScratchError> {
        Ok(self.engine.snapshot()?.totals()?.journal_last)
    }

    /// What has changed since a journal entry, in figures and in words.
    pub(super) fn since(&self, after: u64) -> Result<(Effect, String), ScratchError> {
        /// No request makes more entries.
        const ENTRIES: usize = 10_000;
        let entries = self.engine.snapshot()?.journal(after, ENTRIES)?;
        let events: Vec<Event> = entries.into_iter().map(|entry| entry.event).collect();
        Ok((Effect::from_events(&events), summarise(&events)))
    }
}

fn restored(backup: &mut dyn BufRead) -> Result<Arc<dyn Store>, ScratchError> {
    let store = MemoryStore::new();
    restore(&store, backup)?;
    Ok(Arc::new(store))
}

fn panicked(_: tokio::task::JoinError) -> ScratchError {
    ScratchError::System("rolecall failed while it made the copy; the log says more".to_owned())
}

/// Pieces of a text, read as one.
struct Pieces {
    receiver: Mutex<Receiver<String>>,
    piece: io::Cursor<String>,
}

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.piece.read(into)?;
            if read > 0 || into.is_empty() {
                return Ok(read);
            }
            let receiver = self.receiver.lock();
            let next = receiver.ok().and_then(|receiver| receiver.recv().ok());
            match next {
                Some(piece) => self.piece = io::Cursor::new(piece),
                None => return Ok(0),
            }
        }
    }
}
