//! The client's side: over a Unix socket to a running server, or in process, where calls and answers
//! pass as values. Each call has a connection of its own, so that a slow follower holds nothing up.

use std::path::PathBuf;

use tokio::{io::BufReader, net::UnixStream, sync::mpsc};

use super::{
    frame::{self, FrameError},
    request::{Call, Reply, Request},
};

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server said no: one sentence that says why and what to do.
    #[error("{0}")]
    Refused(String),
    /// The server could not be reached, or went away.
    #[error("{0}")]
    Lost(String),
}

impl From<FrameError> for ClientError {
    fn from(error: FrameError) -> Self {
        Self::Lost(error.to_string())
    }
}

/// How to reach the server.
#[derive(Debug, Clone)]
pub enum Connector {
    /// A running server's admin socket.
    Socket(PathBuf),
    /// The server in this process: it takes calls as they are.
    InProcess(mpsc::Sender<LocalCall>),
}

/// A call from inside the server's process, and where its answers go. The client has gone once the
/// other end of `answers` is dropped.
#[derive(Debug)]
pub struct LocalCall {
    /// The call.
    pub call: Call,
    /// Takes the answers.
    pub answers: mpsc::Sender<Reply>,
}

/// Answers in process that wait to be taken. What is followed waits for a slow follower with them.
const ANSWERS_WAITING: usize = 2;

/// Asks the admin API. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    connector: Connector,
    operator: String,
}

impl Client {
    /// A client that acts as `operator`.
    pub fn new(connector: Connector, operator: impl Into<String>) -> Self {
        Self {
            connector,
            operator: operator.into(),
        }
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the server's sentence for a [`Reply::Error`].
    pub async fn call(&self, request: Request) -> Result<Reply, ClientError> {
        self.ask(request, false).await
    }

    /// Asks what an act would do; nothing is done.
    pub async fn preview(&self, request: Request) -> Result<Reply, ClientError> {
        self.ask(request, true).await
    }

    /// Asks for one of the requests that are answered without end.
    pub async fn follow(&self, request: Request) -> Result<Follower, ClientError> {
        self.send(request, false).await
    }

    async fn ask(&self, request: Request, dry_run: bool) -> Result<Reply, ClientError> {
        let answer = self.send(request, dry_run).await?.next().await?;
        answer.ok_or_else(|| {
            ClientError::Lost("the server closed the connection without an answer".to_owned())
        })
    }

    async fn send(&self, request: Request, dry_run: bool) -> Result<Follower, ClientError> {
        let call = Call {
            operator: self.operator.clone(),
            dry_run,
            request,
        };
        let answers = match &self.connector {
            Connector::Socket(path) => {
                let stream = UnixStream::connect(path).await.map_err(|error| {
                    ClientError::Lost(format!("no server answers at {}: {error}", path.display()))
                })?;
                let mut stream = BufReader::new(stream);
                frame::write(&mut stream, &call).await?;
                Answers::Socket(stream)
            }
            Connector::InProcess(server) => {
                let (answers, receiver) = mpsc::channel(ANSWERS_WAITING);
                let sent = server.send(LocalCall { call, answers }).await;
                sent.map_err(|_| {
                    ClientError::Lost("the server in this process has stopped".to_owned())
                })?;
                Answers::InProcess(receiver)
            }
        };
        Ok(Follower { answers })
    }
}

/// Where answers come from.
enum Answers {
    /// As lines.
    Socket(BufReader<UnixStream>),
    /// As they are.
    InProcess(mpsc::Receiver<Reply>),
}

/// Answers as they come. Dropping it ends the following.
pub struct Follower {
    answers: Answers,
}

impl Follower {
    /// The next answer; `None` when the server has ended the stream.
    pub async fn next(&mut self) -> Result<Option<Reply>, ClientError> {
        let reply = match &mut self.answers {
            Answers::Socket(stream) => frame::read(stream).await?,
            Answers::InProcess(answers) => answers.recv().await,
        };
        match reply {
            Some(Reply::Error { message }) => Err(ClientError::Refused(message)),
            reply => Ok(reply),
        }
    }
}
