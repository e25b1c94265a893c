//! Where answers go: over a connection as lines, or to a client in this process as they are.

use std::io;

use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite},
    sync::mpsc,
};

use crate::admin::{
    Reply,
    frame::{self, FrameError},
};

/// Takes answers, one after the other.
pub(super) trait Answering: Send {
    /// Gives one; waits while the client is too slow.
    fn give(&mut self, reply: Reply) -> impl Future<Output = Result<(), FrameError>> + Send;
}

impl<Stream: AsyncWrite + Unpin + Send> Answering for Stream {
    async fn give(&mut self, reply: Reply) -> Result<(), FrameError> {
        frame::write(self, &reply).await
    }
}

/// A client in this process.
pub(super) struct Local(pub(super) mpsc::Sender<Reply>);

impl Answering for Local {
    async fn give(&mut self, reply: Reply) -> Result<(), FrameError> {
        let sent = self.0.send(reply).await;
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe).into())
    }
}

/// Ready when the client has closed its side.
pub(super) async fn closed(reading: &mut (impl AsyncBufRead + Unpin)) {
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
