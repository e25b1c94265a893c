//! The stream below hyper: keeps hyper's own error answers from the wire, and bounds the hold on a
//! connection of a client that stalls: between requests, within a request's headers, or before an answer.
//!
//! hyper answers a request that it cannot parse by itself, with an empty body, and closes. Every
//! answer of rolecall is SCIM JSON, so [`Wire`] swallows hyper's and remembers its status;
//! `connection` writes the SCIM answer in its place. It can be told apart without guessing: it is
//! the last thing that hyper writes, it ends with the empty line of its head, and it has no
//! `x-request-id`, which every head of ours has. No body of ours can hold that empty line, since
//! JSON escapes carriage returns.

use std::{
    future::Future as _,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use hyper::rt::ReadBufCursor;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, Sleep, sleep_until},
};

use super::{Limits, outflow::Outflow};

/// The header that every answer of ours carries.
pub(super) const REQUEST_ID: &str = "x-request-id";

/// How far the requests of a connection have come, as the service sees it: counted up when one's
/// headers are whole, and again when it is answered. So the count is odd while what is read belongs
/// to a body, or waits.
#[derive(Clone, Default)]
pub(super) struct Progress(Arc<AtomicU64>);

impl Progress {
    /// A request's headers are whole, or it is answered.
    pub(super) fn step(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn steps(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A client's stream as hyper sees it.
pub(super) struct Wire<S> {
    stream: TokioIo<S>,
    progress: Progress,
    /// Who waits for what is written to be gone.
    outflow: Outflow,
    /// The steps when the stream was last read.
    steps: u64,
    /// How long a request's headers may take from their first byte.
    header_time: Duration,
    /// When the first byte of the headers came that are being read.
    headers_began: Option<Instant>,
    headers_end: Option<Pin<Box<Sleep>>>,
    /// How long a client may be silent between requests.
    idle_time: Duration,
    /// When the silence began, where there is one.
    silent_since: Option<Instant>,
    /// One for all silences: it is set anew only when it runs out, so that a request costs no timer.
    silence_end: Option<Pin<Box<Sleep>>>,
    /// How long a write may make no progress.
    stall_time: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
    /// The status of hyper's own answer, which was not sent.
    swallowed: Option<u16>,
    /// Whether bytes have come in since the last were sent.
    mid_request: bool,
}

impl<S> Wire<S> {
    /// A stream with the bounds on how long its client may take.
    pub(super) fn new(stream: S, progress: Progress, outflow: Outflow, limits: &Limits) -> Self {
        Self {
            stream: TokioIo::new(stream),
            progress,
            outflow,
            steps: 0,
            header_time: limits.header_time,
            headers_began: None,
            headers_end: None,
            idle_time: limits.idle_time,
            silent_since: None,
            silence_end: None,
            stall_time: limits.body_time,
            stalled: None,
            swallowed: None,
            mid_request: false,
        }
    }

    /// The status of hyper's own answer, where it made one.
    pub(super) fn swallowed(&self) -> Option<u16> {
        self.swallowed
    }

    /// Whether the client has begun a request that was not answered, and may still be told why.
    pub(super) fn is_mid_request(&self) -> bool {
        self.mid_request && self.stalled.is_none()
    }

    /// Whether the client took too long to send a request's headers.
    pub(super) fn is_late(&self) -> bool {
        self.headers_end
            .as_ref()
            .is_some_and(|end| end.is_elapsed())
    }

    /// The stream itself.
    pub(super) fn into_inner(self) -> S {
        self.stream.into_inner()
    }

    /// Fails once the headers that are being read, since then, have taken too long.
    fn poll_headers(&mut self, began: Instant, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let end = self
            .headers_end
            .get_or_insert_with(|| Box::pin(sleep_until(began + self.header_time)));
        std::task::ready!(end.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Fails once the client has been silent for too long between requests.
    fn poll_silence(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let since = *self.silent_since.get_or_insert_with(Instant::now);
        let over = since + self.idle_time;
        let end = self
            .silence_end
            .get_or_insert_with(|| Box::pin(sleep_until(over)));
        while end.deadline() < over {
            std::task::ready!(end.as_mut().poll(context));
            end.as_mut().reset(over);
        }
        std::task::ready!(end.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Fails once the client has taken no byte for too long.
    fn poll_stall(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + self.stall_time)));
        std::task::ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

/// Where hyper's own answer begins in `bytes`, with its status; it always ends them.
fn own_answer(bytes: &[u8]) -> Option<(usize, u16)> {
    const VERSION: &[u8] = b"HTTP/1.1 ";
    if !bytes.ends_with(b"\r\n\r\n") {
        return None;
    }
    let start = bytes
        .windows(VERSION.len())
        .rposition(|window| window == VERSION)?;
    let head = bytes.get(start..)?;
    let has_id = head
        .windows(REQUEST_ID.len())
        .any(|window| window.eq_ignore_ascii_case(REQUEST_ID.as_bytes()));
    let status = std::str::from_utf8(head.get(VERSION.len()..VERSION.len() + 3)?).ok()?;
    let status: u16 = status.parse().ok()?;
    (!has_id && status >= 400).then_some((start, status))
}

impl<S: AsyncRead + Unpin> hyper::rt::Read for Wire<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        let steps = wire.progress.steps();
        if steps != wire.steps {
            wire.steps = steps;
            wire.headers_began = None;
            wire.headers_end = None;
            wire.silent_since = None;
        }
        let is_answering = steps % 2 == 1;
        let read = Pin::new(&mut wire.stream).poll_read(context, buffer);
        match read {
            Poll::Ready(Ok(())) => {
                wire.mid_request = true;
                wire.silent_since = None;
                if wire.headers_began.is_none() && !is_answering {
                    wire.headers_began = Some(Instant::now());
                }
                read
            }
            Poll::Ready(Err(_)) => read,
            Poll::Pending => match wire.headers_began {
                Some(began) => wire.poll_headers(began, context),
                None if is_answering => Poll::Pending,
                None => wire.poll_silence(context),
            },
        }
    }
}

impl<S: AsyncWrite + Unpin> hyper::rt::Write for Wire<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        let bytes = match own_answer(bytes) {
            Some((0, status)) => {
                wire.swallowed = Some(status);
                return Poll::Ready(Ok(bytes.len()));
            }
            Some((start, _)) => bytes.get(..start).unwrap_or_default(),
            None => bytes,
        };
        let written = Pin::new(&mut wire.stream).poll_write(context, bytes);
        if written.is_ready() {
            wire.stalled = None;
            wire.mid_request = false;
            return written;
        }
        wire.poll_stall(context).map_ok(|()| 0)
    }

    /// TLS keeps what the client does not take, so that it is here that one stalls.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        let flushed = Pin::new(&mut wire.stream).poll_flush(context);
        if flushed.is_ready() {
            wire.stalled = None;
            // hyper flushes when it has written all that it had.
            wire.outflow.ran_dry();
            return flushed;
        }
        wire.poll_stall(context)
    }

    /// Leaves the stream open: `connection` may have an answer left to write, and closes in a way
    /// that does not take the last answer from the client.
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use bytes::Bytes;
    use http_body_util::Empty;
    use hyper::{Response, server::conn::http1, service::service_fn};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_silence_is_counted_from_the_last_answer() {
        let (mut client, stream) = duplex(1_000);
        let progress = Progress::default();
        let limits = Limits::default();
        let wire = Wire::new(stream, progress.clone(), Outflow::default(), &limits);
        let service = service_fn(move |_| {
            progress.step();
            progress.step();
            let mut response = Response::new(Empty::<Bytes>::new());
            let id = hyper::header::HeaderValue::from_static("1");
            response.headers_mut().insert(REQUEST_ID, id);
            std::future::ready(Ok::<_, Infallible>(response))
        });
        let connection = http1::Builder::new()
            .header_read_timeout(None)
            .writev(false)
            .serve_connection(wire, service);
        let connection = tokio::spawn(connection);
        let mut answer = [0; 500];
        for _ in 0..3 {
            let request = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
            client.write_all(request).await.expect("it listens");
            assert!(client.read(&mut answer).await.expect("it answers") > 0);
            tokio::time::sleep(limits.idle_time / 10 * 9).await;
        }
        let left = Instant::now();
        assert_eq!(client.read(&mut answer).await.expect("an end"), 0);
        let silent = left.elapsed() + limits.idle_time / 10 * 9;
        assert_eq!(silent.as_secs(), limits.idle_time.as_secs());
        connection.await.expect("no panic").expect("no error");
    }

    #[test]
    fn only_hypers_own_answers_are_recognised() {
        let own: &[u8] =
            b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\n\r\n";
        let ours: &[u8] = b"HTTP/1.1 404 Not Found\r\nx-request-id: 1\r\n\r\n{\"detail\":\"\"}";
        assert_eq!(own_answer(own), Some((0, 431)));
        assert_eq!(own_answer(ours), None);
        assert_eq!(own_answer(b"HTTP/1.1 100 Continue\r\n\r\n"), None);
        assert_eq!(
            own_answer(b"HTTP/1.1 204 No Content\r\nx-request-id: 1\r\n\r\n"),
            None
        );
        assert_eq!(
            own_answer(&[ours, own].concat()),
            Some((ours.len(), 431)),
            "behind an answer of ours that waits to be written"
        );
        assert_eq!(own_answer(b""), None);
    }
}
