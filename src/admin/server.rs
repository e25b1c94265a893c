//! The server's side of the admin API.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream},
    sync::mpsc,
};

use crate::service::Engine;

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

/// Answers one connection: one call, one answer, or answers without end.
pub async fn serve_connection(
    _engine: Arc<Engine>,
    _facts: Arc<Facts>,
    _stream: impl AsyncRead + AsyncWrite + Unpin + Send,
) {
    todo!()
}

/// Answers pipes inside this process: give the sender to
/// [`Connector::InProcess`](super::Connector::InProcess). Ends when every sender is gone.
pub fn serve_in_process(_engine: Arc<Engine>, _facts: Arc<Facts>) -> mpsc::Sender<DuplexStream> {
    todo!()
}

/// Where the admin socket of a data directory is: inside it, or where that path is too long for a
/// socket, at a path under the temporary directory that follows from it.
pub fn socket_path(_data_directory: &Path) -> PathBuf {
    todo!()
}

/// A bound admin socket, removed when it is dropped.
#[derive(Debug)]
pub struct AdminSocket {}

impl AdminSocket {
    /// Binds the socket of a data directory; a stale one, at which no one listens, is replaced.
    pub fn bind(_path: &Path) -> io::Result<Self> {
        todo!()
    }

    /// Answers connections of this account until `stop` completes.
    pub async fn serve(
        self,
        _engine: Arc<Engine>,
        _facts: Arc<Facts>,
        _stop: impl Future<Output = ()> + Send,
    ) {
        todo!()
    }
}
