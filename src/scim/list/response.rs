//! The answer to a list query.

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
    pub fn text(&self) -> Result<String, serde_json::Error> {
        let resources = self.resources.iter();
        let bytes: usize = resources.map(|resource| resource.len() + 1).sum();
        let mut text = Vec::with_capacity(LIST_BYTES + bytes);
        serde_json::to_writer(&mut text, &self.head)?;
        // What was written is an object with something in it.
        text.pop();
        text.extend_from_slice(b",\"Resources\":[");
        for (place, resource) in self.resources.iter().enumerate() {
            if place > 0 {
                text.push(b',');
            }
            text.extend_from_slice(resource.as_bytes());
        }
        text.extend_from_slice(b"]}");
        String::from_utf8(text).map_err(serde_json::Error::custom)
    }
}
