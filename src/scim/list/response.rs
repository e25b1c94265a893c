//! The answer to a list query.

use std::collections::VecDeque;

use serde::{Serialize, ser::Error as _};

/// The schema URN of a list answer.
pub const LIST_RESPONSE_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// About how long a list is without its resources, in bytes.
const LIST_BYTES: usize = 256;

/// Where a page stands in its list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PagePosition {
    /// The position of its first resource, from 1.
    Index(u64),
    /// The cursor of the next page; `None` at the end.
    Cursor(Option<String>),
}

/// The answer to a list query (RFC 7644 §3.4.2, RFC 9865 §2), of resources that are JSON already.
#[derive(Debug, Clone)]
pub struct ListResponse {
    head: Head,
    resources: Vec<String>,
}

/// What stands before the resources.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    schemas: [&'static str; 1],
    total_results: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_index: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    items_per_page: usize,
}

impl ListResponse {
    /// A page; `total` counts the whole list.
    pub fn new(resources: Vec<String>, total: u64, position: PagePosition) -> Self {
        let (start_index, next_cursor) = match position {
            PagePosition::Index(start_index) => (Some(start_index), None),
            PagePosition::Cursor(next) => (None, next),
        };
        Self {
            head: Head {
                schemas: [LIST_RESPONSE_SCHEMA],
                total_results: total,
                start_index,
                next_cursor,
                items_per_page: resources.len(),
            },
            resources,
        }
    }

    /// Its JSON.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn text(self) -> Result<ListText, serde_json::Error> {
        let mut head = Vec::with_capacity(LIST_BYTES);
        serde_json::to_writer(&mut head, &self.head)?;
        // What was written is an object with something in it.
        head.pop();
        head.extend_from_slice(b",\"Resources\":[");
        Ok(ListText {
            head: String::from_utf8(head).map_err(serde_json::Error::custom)?,
            resources: self.resources.into(),
            begun: false,
            ended: false,
        })
    }
}

/// What stands behind the last resource.
const END: &str = "]}";

/// The JSON of a list, which is written a piece at a time: a page of a hundred kilobytes would else be held
/// for as long as the client takes to read it.
#[derive(Debug, Clone, PartialEq)]
pub struct ListText {
    /// What stands before the first resource; nothing once it was written.
    head: String,
    /// Those that were not written yet.
    resources: VecDeque<String>,
    /// Whether a resource was written.
    begun: bool,
    /// Whether all was written.
    ended: bool,
}

impl ListText {
    /// How many bytes are not written yet.
    pub fn bytes_left(&self) -> usize {
        if self.ended {
            return 0;
        }
        let resources: usize = self.resources.iter().map(String::len).sum();
        let first = usize::from(!self.begun);
        let commas = self.resources.len().saturating_sub(first);
        self.head.len() + resources + commas + END.len()
    }

    /// Its beginning, of at least so many bytes where it has them.
    pub fn beginning(&self, bytes: usize) -> String {
        let mut text = self.head.clone();
        for (place, resource) in self.resources.iter().enumerate() {
            if text.len() >= bytes {
                return text;
            }
            text.extend([if place > 0 { "," } else { "" }, resource]);
        }
        text + END
    }

    /// The next piece, of no more than so many bytes but for a resource that is longer; empty behind the
    /// last one.
    pub fn next_piece(&mut self, bytes: usize) -> String {
        if self.ended {
            return String::new();
        }
        let mut piece = String::with_capacity(self.bytes_left().min(bytes));
        piece.push_str(&std::mem::take(&mut self.head));
        while let Some(next) = self.resources.front() {
            let longer = piece.len() + ",".len() + next.len() + END.len();
            if !piece.is_empty() && longer > bytes {
                return piece;
            }
            piece.extend([if self.begun { "," } else { "" }, next]);
            self.begun = true;
            self.resources.pop_front();
        }
        piece.push_str(END);
        self.ended = true;
        piece
    }
}
