//! The server's side of the admin API: one call a connection, answered once or, for what is
//! followed, without end. Over the data directory's socket, or to clients in this process.

mod acts;
mod answering;
mod answers;
mod find;
mod follow;
mod refused;
mod rows;
mod socket;
mod text;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    io::{AsyncRead, AsyncWrite, BufReader},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::JoinSet,
    time::timeout,
};

use super::{
    client::LocalCall,
    frame::{self, FrameError},
    request::{Call, Reply, Request},
};
use crate::service::Engine;
use answering::{Answering, Local};
use refused::Refused;
pub use socket::{AdminSocket, socket_path};

/// The longest request, in bytes.
const REQUEST_BYTES: u64 = 256 * 1024;

/// How long a request may take to arrive, and an answer to be taken.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most connections at once, followers included.
const CONNECTIONS: usize = 64;

/// What the server knows of the process it runs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The program's version.
    pub version: String,
    /// The listener's address, if there is a listener.
    pub listen: Option<String>,
    /// Whether it speaks TLS.
    pub tls: bool,
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
    let asking = frame::read_within::<Call>(&mut reading, REQUEST_BYTES);
    let served = match timeout(PATIENCE, asking).await {
        Ok(Ok(Some(call))) => {
            let gone = answering::closed(&mut reading);
            serve(&engine, &facts, call, &mut writing, gone).await
        }
        Ok(Ok(None)) => Ok(()),
        Ok(Err(FrameError::Connection(error))) => Err(error.into()),
        Ok(Err(error)) => say(&mut writing, Refused::because(error).into()).await,
        Err(_) => {
            let late = "No request came in time; connect again and send one.";
            say(&mut writing, Refused::because(late).into()).await
        }
    };
    note(served);
}

/// Answers a call from inside this process.
async fn serve_local(engine: Arc<Engine>, facts: Arc<Facts>, local: LocalCall) {
    let LocalCall { call, answers } = local;
    let gone = answers.clone();
    let served = serve(&engine, &facts, call, &mut Local(answers), gone.closed()).await;
    note(served);
}

fn note(served: Result<(), FrameError>) {
    if let Err(error) = served {
        tracing::debug!(%error, "an admin connection ended");
    }
}

/// Answers a call. A client that follows has nothing more to say: once it has `gone`, the following
/// ends.
async fn serve(
    engine: &Arc<Engine>,
    facts: &Arc<Facts>,
    call: Call,
    answers: &mut impl Answering,
    gone: impl Future<Output = ()>,
) -> Result<(), FrameError> {
    match call.request {
        Request::FollowJournal { after } => tokio::select! {
            ended = follow::journal(engine, after, answers) => ended,
            () = gone => Ok(()),
        },
        Request::FollowExchanges { after } => tokio::select! {
            ended = follow::exchanges(engine, after, answers) => ended,
            () = gone => Ok(()),
        },
        request if text::is_document(&request) => text::tell(engine, request, answers).await,
        request if request.is_act() => {
            let answer = if facts.read_only {
                Err(Refused::because(
                    "This server is read-only; start it without --read-only to change something.",
                ))
            } else {
                acts::answer(engine, call.operator, call.dry_run, request).await
            };
            say(answers, answer.unwrap_or_else(Reply::from)).await
        }
        request => {
            let answer = answers::answer(engine, facts, request).await;
            say(answers, answer.unwrap_or_else(Reply::from)).await
        }
    }
}

/// Gives one answer, to a client that takes it in time.
async fn say(answers: &mut impl Answering, reply: Reply) -> Result<(), FrameError> {
    match timeout(PATIENCE, answers.give(reply)).await {
        Ok(given) => given,
        Err(late) => Err(FrameError::Connection(late.into())),
    }
}

/// Does what may wait for the store on a thread that may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refused> + Send + 'static,
) -> Result<T, Refused> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
        Err(Refused::because(
            "rolecall failed while it looked; the log says more, and rolecall check whether the store is damaged.",
        ))
    })
}

/// Answers calls from inside this process: give the sender to
/// [`Connector::InProcess`](super::Connector::InProcess). Ends when every sender is gone. Must be
/// called inside a tokio runtime.
pub fn serve_in_process(engine: Arc<Engine>, facts: Arc<Facts>) -> mpsc::Sender<LocalCall> {
    let (calls, mut incoming) = mpsc::channel(CONNECTIONS);
    tokio::spawn(async move {
        let mut connections = Connections::new(engine, facts);
        while let Some(call) = incoming.recv().await {
            connections.serve_local(call);
        }
        connections.finish().await;
    });
    calls
}

/// Says why, to a client that takes it at once.
async fn turn_away(mut answers: impl Answering) {
    const MOMENT: Duration = Duration::from_secs(1);
    let full = Refused::because(format!(
        "The server has {CONNECTIONS} admin connections already; close one, then try again."
    ));
    let _ = timeout(MOMENT, answers.give(full.into())).await;
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
        let Some(place) = self.place() else {
            return self.refuse(stream);
        };
        let (engine, facts) = (Arc::clone(&self.engine), Arc::clone(&self.facts));
        self.tasks.spawn(async move {
            serve_connection(engine, facts, stream).await;
            drop(place);
        });
    }

    fn serve_local(&mut self, call: LocalCall) {
        let Some(place) = self.place() else {
            return self.refuse(Local(call.answers));
        };
        let (engine, facts) = (Arc::clone(&self.engine), Arc::clone(&self.facts));
        self.tasks.spawn(async move {
            serve_local(engine, facts, call).await;
            drop(place);
        });
    }

    /// A place for one more.
    fn place(&mut self) -> Option<OwnedSemaphorePermit> {
        while self.tasks.try_join_next().is_some() {}
        Arc::clone(&self.room).try_acquire_owned().ok()
    }

    /// Turns one away; where even that is too much to do, in silence.
    fn refuse(&mut self, answers: impl Answering + 'static) {
        tracing::warn!(most = CONNECTIONS, "too many admin connections");
        if self.tasks.len() < 2 * CONNECTIONS {
            self.tasks.spawn(turn_away(answers));
        }
    }

    /// Lets those end that are about to, and ends the others.
    async fn finish(mut self) {
        const GRACE: Duration = Duration::from_millis(500);
        let ending = async { while self.tasks.join_next().await.is_some() {} };
        let _ = timeout(GRACE, ending).await;
        self.tasks.shutdown().await;
    }
}
