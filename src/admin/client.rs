//! The client's side: over a Unix socket to a running server, or in process over a pipe. Each call
//! has a connection of its own, so that a slow follower holds nothing up.

use std::path::PathBuf;

use tokio::{
    io::{AsyncRead, AsyncWrite, BufReader, DuplexStream},
    net::UnixStream,
    sync::mpsc,
};

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
    /// The server in this process: it takes the other end of each pipe.
    InProcess(mpsc::Sender<DuplexStream>),
}

/// The size of an in-process pipe, in bytes.
const PIPE_BYTES: usize = 64 * 1024;

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl Connector {
    async fn connect(&self) -> Result<BufReader<Box<dyn Stream>>, ClientError> {
        let stream: Box<dyn Stream> = match self {
            Self::Socket(path) => Box::new(UnixStream::connect(path).await.map_err(|error| {
                ClientError::Lost(format!("no server answers at {}: {error}", path.display()))
            })?),
            Self::InProcess(server) => {
                let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
                server.send(theirs).await.map_err(|_| {
                    ClientError::Lost("the server in this process has stopped".to_owned())
                })?;
                Box::new(ours)
            }
        };
        Ok(BufReader::new(stream))
    }
}

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
        let stream = self.send(request, false).await?;
        Ok(Follower { stream })
    }

    async fn ask(&self, request: Request, dry_run: bool) -> Result<Reply, ClientError> {
        let stream = self.send(request, dry_run).await?;
        Follower { stream }.next().await?.ok_or_else(|| {
            ClientError::Lost("the server closed the connection without an answer".to_owned())
        })
    }

    async fn send(
        &self,
        request: Request,
        dry_run: bool,
    ) -> Result<BufReader<Box<dyn Stream>>, ClientError> {
        let mut stream = self.connector.connect().await?;
        let call = Call {
            operator: self.operator.clone(),
            dry_run,
            request,
        };
        frame::write(&mut stream, &call).await?;
        Ok(stream)
    }
}

/// Answers as they come. Dropping it ends the following.
pub struct Follower {
    stream: BufReader<Box<dyn Stream>>,
}

impl Follower {
    /// The next answer; `None` when the server has ended the stream.
    pub async fn next(&mut self) -> Result<Option<Reply>, ClientError> {
        match frame::read(&mut self.stream).await? {
            Some(Reply::Error { message }) => Err(ClientError::Refused(message)),
            reply => Ok(reply),
        }
    }
}
