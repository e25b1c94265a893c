//! How long answers leave: a piece when the one before it is gone. hyper takes pieces for as long as it has
//! room, which is a request's longest headers, and keeps for as long as a connection lasts what it took
//! at most: of a body that it may have in one go it would hold many times what a socket takes.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use hyper::body::{Body, Frame, SizeHint};

/// What of an answer waits to be written, as the stream below hyper and the body above it see it.
#[derive(Debug, Clone, Default)]
pub(super) struct Outflow(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// Whether hyper has a piece that may not have been written.
    holds: AtomicBool,
    /// Whom to tell when it was.
    waiting: AtomicWaker,
}

impl Outflow {
    /// All that hyper had is written.
    pub(super) fn ran_dry(&self) {
        if self.0.holds.swap(false, Ordering::AcqRel) {
            self.0.waiting.wake();
        }
    }

    /// hyper has a piece.
    fn fill(&self) {
        self.0.holds.store(true, Ordering::Release);
    }

    /// Ready when all that hyper had is written.
    fn poll_dry(&self, context: &Context<'_>) -> Poll<()> {
        if !self.0.holds.load(Ordering::Acquire) {
            return Poll::Ready(());
        }
        self.0.waiting.register(context.waker());
        // Looked at again, since it may have been written before the waker was there.
        if self.0.holds.load(Ordering::Acquire) {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    }
}

/// A body of which a piece comes when the one before it is gone. The first comes at once, so that it leaves
/// together with the head.
#[derive(Debug)]
pub(super) struct Paced<B> {
    body: B,
    outflow: Outflow,
    begun: bool,
}

impl<B> Paced<B> {
    pub(super) fn new(body: B, outflow: Outflow) -> Self {
        Self {
            body,
            outflow,
            begun: false,
        }
    }
}

impl<B: Body<Data = Bytes, Error = Infallible> + Unpin> Body for Paced<B> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let paced = self.get_mut();
        if paced.begun {
            ready!(paced.outflow.poll_dry(context));
        }
        paced.begun = true;
        let frame = ready!(Pin::new(&mut paced.body).poll_frame(context));
        if frame.is_some() {
            paced.outflow.fill();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, sync::atomic::AtomicUsize, task::Waker};

    use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;
    use crate::listener::{
        Limits,
        body::{PIECE_BYTES, Pieces, Text},
        wire::{Progress, Wire},
    };

    fn next(body: &mut Paced<Pieces>) -> Poll<Option<usize>> {
        let mut context = Context::from_waker(Waker::noop());
        let frame = Pin::new(body).poll_frame(&mut context);
        frame.map(|frame| Some(frame?.ok()?.into_data().ok()?.len()))
    }

    #[test]
    fn a_piece_comes_when_the_one_before_is_gone() {
        let outflow = Outflow::default();
        let text = Text::Whole("a".repeat(2 * PIECE_BYTES + 1));
        let mut body = Paced::new(text.into(), outflow.clone());
        outflow.fill();
        assert_eq!(
            next(&mut body),
            Poll::Ready(Some(PIECE_BYTES)),
            "the first leaves with its head, whatever is left of the answer before it"
        );
        assert_eq!(next(&mut body), Poll::Pending);
        outflow.ran_dry();
        assert_eq!(next(&mut body), Poll::Ready(Some(PIECE_BYTES)));
        assert_eq!(next(&mut body), Poll::Pending);
        assert_eq!(body.size_hint().exact(), Some(1));
        outflow.ran_dry();
        assert_eq!(next(&mut body), Poll::Ready(Some(1)));
        assert!(body.is_end_stream());
    }

    #[tokio::test]
    async fn who_waits_is_told_when_it_is_gone() {
        let outflow = Outflow::default();
        outflow.fill();
        let waits = tokio::spawn({
            let outflow = outflow.clone();
            async move { poll_fn(|context| outflow.poll_dry(context)).await }
        });
        tokio::task::yield_now().await;
        assert!(!waits.is_finished());
        outflow.ran_dry();
        waits.await.expect("no panic");
    }

    /// A body of a hundred pieces that counts how many were taken.
    struct Counted(Arc<AtomicUsize>);

    impl Body for Counted {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            let piece = Bytes::from(vec![b'a'; PIECE_BYTES]);
            let taken = self.0.fetch_add(1, Ordering::Relaxed);
            Poll::Ready((taken < 100).then(|| Ok(Frame::data(piece))))
        }
    }

    #[tokio::test]
    async fn of_an_answer_that_nobody_reads_one_piece_is_held() {
        let (mut client, stream) = duplex(1_000);
        let (outflow, taken) = (Outflow::default(), Arc::<AtomicUsize>::default());
        let service = service_fn({
            let (outflow, taken) = (outflow.clone(), Arc::clone(&taken));
            move |_: Request<Incoming>| {
                let body = Paced::new(Counted(Arc::clone(&taken)), outflow.clone());
                std::future::ready(Ok::<_, Infallible>(Response::new(body)))
            }
        });
        let wire = Wire::new(stream, Progress::default(), outflow, &Limits::default());
        let connection = http1::Builder::new()
            .header_read_timeout(None)
            .max_buf_size(100 * PIECE_BYTES)
            .writev(false)
            .serve_connection(wire, service);
        let connection = tokio::spawn(connection);
        let request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        client.write_all(request).await.expect("it listens");
        for read in [0, 10, 10_000, PIECE_BYTES] {
            let mut bytes = vec![0; read];
            client.read_exact(&mut bytes).await.expect("it answers");
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            let most = if read < PIECE_BYTES { 1 } else { 2 };
            assert_eq!(taken.load(Ordering::Relaxed), most);
        }
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).await.expect("it answers");
        assert!(rest.len() > 98 * PIECE_BYTES);
        connection.await.expect("no panic").expect("no error");
    }
}
