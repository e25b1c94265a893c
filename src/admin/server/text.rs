//! Documents that are longer than an answer: told piece by piece while they are made.

use std::{
    io::{self, Write},
    sync::Arc,
};

use tokio::sync::mpsc;

use super::{Answering, refused::Refused, say};
use crate::{
    admin::{Reply, Request, frame::FrameError, request::MAXIMUM_EXPORT},
    service::{Engine, recording},
    store::backup::{Counts, backup},
};

/// About how long a piece is, in bytes.
const PIECE_BYTES: usize = 256 * 1024;

/// How many pieces wait for a slow client. The document waits with them.
const WAITING: usize = 2;

/// Whether a request is answered with a document.
pub(super) fn is_document(request: &Request) -> bool {
    matches!(request, Request::Backup | Request::ExportExchanges { .. })
}

/// Makes the document and tells it. A client that takes nothing for long is let go, so that it
/// does not keep the store's old pages.
pub(super) async fn tell(
    engine: &Arc<Engine>,
    request: Request,
    answers: &mut impl Answering,
) -> Result<(), FrameError> {
    let (sender, mut pieces) = mpsc::channel(WAITING);
    let engine = Arc::clone(engine);
    let making = tokio::task::spawn_blocking(move || {
        let mut pieces = Pieces {
            waiting: Vec::new(),
            sender,
        };
        make(&engine, &request, &mut pieces)
    });
    while let Some(text) = pieces.recv().await {
        say(answers, Reply::Text { text }).await?;
    }
    let end = match making.await {
        Ok(Ok(rows)) => Reply::TextEnd { rows },
        Ok(Err(refused)) => refused.into(),
        Err(_) => Refused::because("rolecall failed while it wrote; the log says more.").into(),
    };
    say(answers, end).await
}

fn make(engine: &Engine, request: &Request, pieces: &mut Pieces) -> Result<Counts, Refused> {
    let rows = match *request {
        Request::ExportExchanges {
            format,
            after,
            limit,
        } => {
            let limit = limit.min(MAXIMUM_EXPORT).into();
            let written = recording::export(engine, format, after, limit, pieces);
            let written = written.map_err(Refused::because)?;
            Counts::from([("exchange".to_owned(), written)])
        }
        _ => backup(&*engine.snapshot()?, engine.now(), pieces).map_err(Refused::because)?,
    };
    pieces.flush().map_err(Refused::because)?;
    Ok(rows)
}

/// Collects what is written until it is a piece.
struct Pieces {
    waiting: Vec<u8>,
    sender: mpsc::Sender<String>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = PIECE_BYTES.saturating_sub(self.waiting.len()).max(1);
        let taken = bytes.get(..room.min(bytes.len())).unwrap_or_default();
        self.waiting.extend_from_slice(taken);
        if self.waiting.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(taken.len())
    }

    /// A character that is not whole yet waits for its end.
    fn flush(&mut self) -> io::Result<()> {
        let whole = match std::str::from_utf8(&self.waiting) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        let rest = self.waiting.split_off(whole);
        let piece = std::mem::replace(&mut self.waiting, rest);
        if piece.is_empty() {
            return Ok(());
        }
        let text = String::from_utf8(piece).map_err(io::Error::other)?;
        let gone = |_| io::Error::new(io::ErrorKind::BrokenPipe, "the client has gone");
        self.sender.blocking_send(text).map_err(gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_up_the_whole_and_split_no_character() {
        let (sender, mut received) = mpsc::channel(64);
        let mut pieces = Pieces {
            waiting: Vec::new(),
            sender,
        };
        let text = "aé日𝄞".repeat(PIECE_BYTES / 4);
        pieces.write_all(text.as_bytes()).unwrap();
        pieces.flush().unwrap();
        drop(pieces);
        let mut whole = String::new();
        while let Some(piece) = received.blocking_recv() {
            assert!(piece.len() <= PIECE_BYTES);
            whole.push_str(&piece);
        }
        assert_eq!(whole, text);
    }

    #[test]
    fn a_client_that_has_gone_ends_the_writing() {
        let (sender, received) = mpsc::channel(1);
        drop(received);
        let mut pieces = Pieces {
            waiting: Vec::new(),
            sender,
        };
        pieces.write_all(b"text").unwrap();
        assert!(pieces.flush().is_err());
    }
}
