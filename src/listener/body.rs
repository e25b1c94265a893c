//! The bodies of answers. hyper copies what it is given next to the answer's head, and keeps that room
//! for as long as the connection lasts: a long body is given to it in pieces.

use std::{
    borrow::Cow,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};

use crate::service::representation::LongRole;

/// About how long a piece is, in bytes: so that it fits into 64 KiB with what is written beside it, be that an
/// answer's head or the end of a role. hyper writes two before it lets others go on, which is a page of a
/// hundred users: of many such answers at once few are held.
pub(super) const PIECE_BYTES: usize = 60 * 1024;

/// What an answer's body says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Text {
    /// The whole of it.
    Whole(String),
    /// A role that is written as it is sent.
    Role(Box<LongRole>),
}

impl Text {
    /// How many bytes it has.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Whole(text) => text.len(),
            Self::Role(role) => role.bytes_left(),
        }
    }

    /// Its beginning, of at least so many bytes, where it has them.
    pub(super) fn beginning(&self, bytes: usize) -> Cow<'_, str> {
        match self {
            Self::Whole(text) => text.into(),
            Self::Role(role) => role.beginning(bytes).into(),
        }
    }
}

/// A body on its way.
#[derive(Debug)]
pub(super) enum Pieces {
    /// What is left of it.
    Whole(Bytes),
    /// A role that is written as it is sent.
    Role(Box<LongRole>),
}

impl From<Text> for Pieces {
    fn from(text: Text) -> Self {
        match text {
            Text::Whole(text) => Self::Whole(text.into()),
            Text::Role(role) => Self::Role(role),
        }
    }
}

impl Pieces {
    fn bytes_left(&self) -> usize {
        match self {
            Self::Whole(bytes) => bytes.len(),
            Self::Role(role) => role.bytes_left(),
        }
    }
}

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = match self.get_mut() {
            Self::Whole(bytes) => bytes.split_to(bytes.len().min(PIECE_BYTES)),
            Self::Role(role) => role.next_piece(PIECE_BYTES).into(),
        };
        Poll::Ready((!piece.is_empty()).then(|| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes_left() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes_left() as u64)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn a_long_text_comes_in_pieces() {
        let text = "ab".repeat(PIECE_BYTES);
        for length in [0, 1, PIECE_BYTES, PIECE_BYTES + 1, text.len()] {
            let mut pieces = Pieces::from(Text::Whole(text[..length].to_owned()));
            let mut come = Vec::new();
            while let Some(frame) = pieces.frame().await {
                let piece = frame.expect("infallible").into_data().expect("data");
                assert!(!piece.is_empty() && piece.len() <= PIECE_BYTES);
                come.extend(piece);
                let left = hyper::body::Body::size_hint(&pieces).exact();
                assert_eq!(left, Some((length - come.len()) as u64));
            }
            assert_eq!(come, &text.as_bytes()[..length]);
        }
    }
}
