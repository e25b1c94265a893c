//! The server's side of the admin API: one call a connection, answered once or, for what is
//! followed, without end. In process over pipes, or over the data directory's socket.

mod acts;
mod answers;
mod find;
mod refused;
mod rows;
mod socket;
mod text;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncWrite, BufReader, DuplexStream},
    sync::{Semaphore, mpsc},
    task::JoinSet,
    time::timeout,
};

use super::{
    frame::{self, FrameError},
    request::{Call, Reply, Request},
};
use crate::service::Engine;
use refused::Refused;
pub use socket::{AdminSocket, socket_path};

/// The longest request, in bytes.
const REQUEST_BYTES: u64 = 256 * 1024;

/// How long a request may take to arrive, and an answer to be taken.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most connections at once, followers included.
const CONNECTIONS: usize = 64;

/// How many journal entries a follower is given at once.
const JOURNAL_AT_ONCE: u32 = 200;

/// What the server knows of the process it runs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The program's version.
    pub version: String,
    /// The listener's address, if there is a listener.
    pub listen: Option<String>,
    /// What providers are given as base URL, if there is a listener.
    pub base_url: Option<String>,
    /// When the process started; `None` when no server runs.
    pub started: Option<Timestamp>,
    /// Whether every act is refused.
    pub read_only: bool,
}

/// Answers one connection: one call, one answer, or answers without end. What goes wrong is told to
/// the client, or, where the client is the trouble, ends the connection.
pub async fn serve_connection(
    engine: Arc<Engine>,
    facts: Arc<Facts>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send,
) {
    let (reading, mut writing) = tokio::io::split(stream);
    let mut reading = BufReader::new(reading);
    let served = serve(&engine, &facts, &mut reading, &mut writing).await;
    if let Err(error) = served {
        tracing::debug!(%error, "an admin connection ended");
    }
}

async fn serve(
    engine: &Arc<Engine>,
    facts: &Arc<Facts>,
    reading: &mut (impl AsyncBufRead + Unpin + Send),
    writing: &mut (impl AsyncWrite + Unpin + Send),
) -> Result<(), FrameError> {
    let asking = frame::read_within::<Call>(reading, REQUEST_BYTES);
    let call = match timeout(PATIENCE, asking).await {
        Ok(Ok(Some(call))) => call,
        Ok(Ok(None)) => return Ok(()),
        Ok(Err(FrameError::Connection(error))) => return Err(error.into()),
        Ok(Err(error)) => return say(writing, &Refused::because(error).into()).await,
        Err(_) => {
            let late = "No request came in time; connect again and send one.";
            return say(writing, &Refused::because(late).into()).await;
        }
    };
    // A client that follows has nothing more to say; the end of its side is the end of its interest.
    match call.request {
        Request::FollowJournal { after } => tokio::select! {
            ended = follow_journal(engine, after, writing) => ended,
            () = gone(reading) => Ok(()),
        },
        Request::FollowExchanges { after } => tokio::select! {
            ended = follow_exchanges(engine, after, writing) => ended,
            () = gone(reading) => Ok(()),
        },
        request if text::is_document(&request) => text::tell(engine, request, writing).await,
        request if request.is_act() => {
            let answer = if facts.read_only {
                Err(Refused::because(
                    "This server is read-only; start it without --read-only to change something.",
                ))
            } else {
                acts::answer(engine, call.operator, call.dry_run, request).await
            };
            say(writing, &answer.unwrap_or_else(Reply::from)).await
        }
        request => {
            let answer = answers::answer(engine, facts, request).await;
            say(writing, &answer.unwrap_or_else(Reply::from)).await
        }
    }
}

/// Writes one answer, to a client that takes it in time.
async fn say(writing: &mut (impl AsyncWrite + Unpin), reply: &Reply) -> Result<(), FrameError> {
    match timeout(PATIENCE, frame::write(writing, reply)).await {
        Ok(written) => written,
        Err(late) => Err(FrameError::Connection(late.into())),
    }
}

/// Ready when the client has closed its side.
async fn gone(reading: &mut (impl AsyncBufRead + Unpin)) {
    loop {
        match reading.fill_buf().await {
            Ok([]) | Err(_) => return,
            Ok(more) => {
                let length = more.len();
                reading.consume(length);
            }
        }
    }
}

/// Each entry with a higher number, in order, and then what comes.
async fn follow_journal(
    engine: &Arc<Engine>,
    mut after: u64,
    writing: &mut (impl AsyncWrite + Unpin),
) -> Result<(), FrameError> {
    let mut doorbell = engine.doorbell();
    loop {
        // Heard before reading, so that a commit during the reading rings again.
        doorbell.borrow_and_update();
        loop {
            let limit = JOURNAL_AT_ONCE;
            let rows = match answers::journal(engine, after, limit).await {
                Ok(rows) => rows,
                Err(refused) => return frame::write(writing, &Reply::from(refused)).await,
            };
            let Some(last) = rows.last() else { break };
            after = last.seq;
            frame::write(writing, &Reply::Journal(rows)).await?;
        }
        if doorbell.changed().await.is_err() {
            return Ok(());
        }
    }
}

async fn follow_exchanges(
    engine: &Arc<Engine>,
    after: Option<crate::directory::ExchangeId>,
    writing: &mut (impl AsyncWrite + Unpin),
) -> Result<(), FrameError> {
    let mut follower = engine.recorder().follow(after);
    while let Some((lines, missed)) = follower.next().await {
        frame::write(writing, &Reply::Exchanges { lines, missed }).await?;
    }
    Ok(())
}

/// Does what may wait for the store on a thread that may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refused> + Send + 'static,
) -> Result<T, Refused> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
        Err(Refused::because(
            "rolecall failed while it looked; the log says more.",
        ))
    })
}

/// Answers pipes inside this process: give the sender to
/// [`Connector::InProcess`](super::Connector::InProcess). Ends when every sender is gone. Must be
/// called inside a tokio runtime.
pub fn serve_in_process(engine: Arc<Engine>, facts: Arc<Facts>) -> mpsc::Sender<DuplexStream> {
    let (pipes, mut incoming) = mpsc::channel(CONNECTIONS);
    tokio::spawn(async move {
        let mut connections = Connections::new(engine, facts);
        while let Some(stream) = incoming.recv().await {
            connections.serve(stream);
        }
        connections.finish().await;
    });
    pipes
}

/// Says why, to a client that reads it at once.
async fn turn_away(mut stream: impl AsyncWrite + Unpin) {
    const MOMENT: Duration = Duration::from_secs(1);
    let full = Refused::because(format!(
        "The server has {CONNECTIONS} admin connections already; close one, then try again."
    ));
    let _ = timeout(MOMENT, frame::write(&mut stream, &Reply::from(full))).await;
}

/// The connections that are being answered, so many at most.
struct Connections {
    engine: Arc<Engine>,
    facts: Arc<Facts>,
    room: Arc<Semaphore>,
    tasks: JoinSet<()>,
}

impl Connections {
    fn new(engine: Arc<Engine>, facts: Arc<Facts>) -> Self {
        Self {
            engine,
            facts,
            room: Arc::new(Semaphore::new(CONNECTIONS)),
            tasks: JoinSet::new(),
        }
    }

    fn serve(&mut self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        while self.tasks.try_join_next().is_some() {}
        let (engine, facts) = (Arc::clone(&self.engine), Arc::clone(&self.facts));
        let Ok(place) = Arc::clone(&self.room).try_acquire_owned() else {
            tracing::warn!(most = CONNECTIONS, "too many admin connections");
            if self.tasks.len() < 2 * CONNECTIONS {
                self.tasks.spawn(turn_away(stream));
            }
            return;
        };
        self.tasks.spawn(async move {
            serve_connection(engine, facts, stream).await;
            drop(place);
        });
    }

    /// Lets those end that are about to, and ends the others.
    async fn finish(mut self) {
        const GRACE: Duration = Duration::from_millis(500);
        let ending = async { while self.tasks.join_next().await.is_some() {} };
        let _ = timeout(GRACE, ending).await;
        self.tasks.shutdown().await;
    }
}
