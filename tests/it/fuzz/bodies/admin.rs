//! Lines of the admin socket: calls as a server reads them, replies as a client does.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use rolecall::admin::{
    frame::{self, FrameError},
    request::{Call, Reply},
};

/// So long a line may be here, in bytes.
const LONGEST: u64 = 64 * 1024;

pub(super) fn body(bytes: &[u8]) {
    let mut rest = bytes;
    // Each line is taken, or is the end of it: at most so many.
    for _ in 0..=bytes.len() {
        let before = rest.len();
        match now(frame::read_within::<Call>(&mut rest, LONGEST)) {
            Ok(Some(call)) => {
                let _ = call.request.is_act();
                assert_eq!(written_and_read(&call), call);
            }
            Ok(None) => break,
            Err(FrameError::Connection(error)) => panic!("bytes cannot fail: {error}"),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        assert!(rest.len() < before, "every read takes something");
    }
    let mut rest = bytes;
    if let Ok(Some(reply)) = now(frame::read_within::<Reply>(&mut rest, LONGEST)) {
        let _: Reply = written_and_read(&reply);
    }
}

fn written_and_read<Document: serde::Serialize + serde::de::DeserializeOwned>(
    document: &Document,
) -> Document {
    let mut line = Vec::new();
    now(frame::write(&mut line, document)).expect("memory takes everything");
    let end = line.iter().position(|byte| *byte == b'\n');
    assert_eq!(end, line.len().checked_sub(1), "one line, and its end");
    let read = now(frame::read::<Document>(&mut line.as_slice()));
    read.expect("what was written").expect("a line")
}

/// The outcome of what never waits.
fn now<Output>(future: impl Future<Output = Output>) -> Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("memory never waits"),
    }
}
