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

use crate::{scim::list::ListText, service::representation::LongRole};

/// About how long a piece is, in bytes: so that it fits into 64 KiB with what is written beside it, be that an
/// answer's head or the end of a role. hyper writes two before it lets others go on, which is a page of a
/// hundred users: of many such answers at once few are held.
pub(super) const PIECE_BYTES: usize = 60 * 1024;

/// What an answer's body says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Text {
    /// The whole of it.
    Whole(String),
    /// A list that is written as it is sent.
    List(ListText),
    /// A role that is written as it is sent.
    Role(Box<LongRole>),
}

impl Text {
    /// A list. A short one is written at once, for it fits into one piece.
    pub(super) fn list(mut list: ListText) -> Self {
        if list.bytes_left() > PIECE_BYTES {
            return Self::List(list);
        }
        Self::Whole(list.next_piece(PIECE_BYTES))
    }

    /// How many bytes it has.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Whole(text) => text.len(),
            Self::List(list) => list.bytes_left(),
            Self::Role(role) => role.bytes_left(),
        }
    }

    /// Its beginning, of at least so many bytes, where it has them.
    pub(super) fn beginning(&self, bytes: usize) -> Cow<'_, str> {
        match self {
            Self::Whole(text) => text.into(),
            Self::List(list) => list.beginning(bytes).into(),
            Self::Role(role) => role.beginning(bytes).into(),
        }
    }
}

/// A body on its way.
#[derive(Debug)]
pub(super) enum Pieces {
    /// What is left of it.
    Whole(Bytes),
    /// A list that is written as it is sent, and what is left of a piece that was too long.
    List(ListText, Bytes),
    /// A role that is written as it is sent.
    Role(Box<LongRole>),
}

impl From<Text> for Pieces {
    fn from(text: Text) -> Self {
        match text {
            Text::Whole(text) => Self::Whole(text.into()),
            Text::List(list) => Self::List(list, Bytes::new()),
            Text::Role(role) => Self::Role(role),
        }
    }
}

impl Pieces {
    fn bytes_left(&self) -> usize {
        match self {
            Self::Whole(bytes) => bytes.len(),
            Self::List(list, rest) => rest.len() + list.bytes_left(),
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
            Self::List(list, rest) => {
                if rest.is_empty() {
                    *rest = list.next_piece(PIECE_BYTES).into();
                }
                rest.split_to(rest.len().min(PIECE_BYTES))
            }
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
    use crate::scim::list::{ListResponse, PagePosition};

    /// That a text comes in pieces of no more than so many bytes, and tells what is left of it.
    async fn comes_in_pieces(text: Text, whole: &str) {
        assert_eq!(text.bytes(), whole.len());
        let mut pieces = Pieces::from(text);
        let mut come = Vec::new();
        while let Some(frame) = pieces.frame().await {
            let piece = frame.expect("infallible").into_data().expect("data");
            assert!(!piece.is_empty() && piece.len() <= PIECE_BYTES);
            come.extend(piece);
            let left = hyper::body::Body::size_hint(&pieces).exact();
            assert_eq!(left, Some((whole.len() - come.len()) as u64));
        }
        assert_eq!(come, whole.as_bytes());
    }

    #[tokio::test]
    async fn a_long_text_comes_in_pieces() {
        let text = "ab".repeat(PIECE_BYTES);
        for length in [0, 1, PIECE_BYTES, PIECE_BYTES + 1, text.len()] {
            let text = &text[..length];
            comes_in_pieces(Text::Whole(text.to_owned()), text).await;
        }
    }

    #[tokio::test]
    async fn a_long_list_comes_in_pieces_whatever_its_resources_are() {
        for (count, length) in [(0, 0), (1, 10), (200, 1_000), (3, 3 * PIECE_BYTES)] {
            let resources = vec![format!("\"{}\"", "a".repeat(length)); count];
            let list = ListResponse::new(resources, 0, PagePosition::Index(1));
            let list = list.text().expect("JSON");
            let whole = list.clone().next_piece(usize::MAX);
            let text = Text::list(list);
            let is_whole = matches!(text, Text::Whole(_));
            assert_eq!(is_whole, whole.len() <= PIECE_BYTES, "{}", whole.len());
            comes_in_pieces(text, &whole).await;
        }
    }
}
