//! The bounds of what clients may use, with the key under which each is set.

use std::time::Duration;

use crate::scim::{
    body::MAX_DEPTH, filter::MAX_TERMS, patch::MAX_OPERATIONS, resource::MAX_MEMBERS,
};

/// The bounds of what clients may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; more wait in the kernel's queue.
    pub connections: usize,
    /// Connections of one address at a time; more are closed. 0: as many as there are.
    pub connections_per_address: usize,
    /// From a connection's beginning to the end of its TLS handshake.
    pub handshake_time: Duration,
    /// From the first byte of a request to the end of its headers.
    pub header_time: Duration,
    /// From the headers' end to the body's; also how long a client may take no byte of an answer.
    pub body_time: Duration,
    /// From the end of the last answer to the end of the next request's headers.
    pub idle_time: Duration,
    /// How long requests that are being answered may take when the listener shuts down.
    pub drain_time: Duration,
    /// Bytes of a request line with its headers; more is answered 431.
    pub header_bytes: usize,
    /// Bytes of a request's path and query; more is answered 414.
    pub uri_bytes: usize,
    /// Bytes of a body; more is answered 413.
    pub body_bytes: usize,
    /// How deep a body's objects and arrays may be nested.
    pub json_depth: usize,
    /// Comparisons in the filter of a list.
    pub filter_terms: usize,
    /// Rows that a filter or an order is looked for in which no index answers; more is answered 400.
    pub filter_rows: usize,
    /// Such filters and orders at a time; a further one waits a few seconds, and is then answered 429.
    pub filter_scans: usize,
    /// Operations in one PATCH.
    pub patch_operations: usize,
    /// Members that one request may name.
    pub members: usize,
    /// Resources on a page where the client names no `count`.
    pub page_default: usize,
    /// Resources on a page at most; a larger `count` gets so many.
    pub page_size: usize,
    /// Operations in one bulk request.
    pub bulk_operations: usize,
    /// Bytes of a bulk request's body.
    pub bulk_bytes: usize,
    /// Requests a second with one token, on average; more are answered 429. 0: no limit.
    pub requests_per_second: usize,
    /// Failed authentications a minute from one address; then it is answered 429. 0: no limit.
    pub failed_authentications: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            connections_per_address: 256,
            handshake_time: Duration::from_secs(10),
            header_time: Duration::from_secs(10),
            body_time: Duration::from_secs(30),
            idle_time: Duration::from_secs(60),
            drain_time: Duration::from_secs(10),
            header_bytes: 64 * 1024,
            uri_bytes: 8 * 1024,
            body_bytes: 1024 * 1024,
            json_depth: MAX_DEPTH,
            filter_terms: MAX_TERMS,
            filter_rows: 200_000,
            filter_scans: 2,
            patch_operations: MAX_OPERATIONS,
            members: MAX_MEMBERS,
            page_default: 100,
            page_size: 1000,
            bulk_operations: 1000,
            bulk_bytes: 1024 * 1024,
            requests_per_second: 0,
            failed_authentications: 30,
        }
    }
}

/// One bound as it is set from outside.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// Its key under `[limits]`.
    pub key: &'static str,
    /// What it bounds, in one line.
    pub about: &'static str,
    /// Where it goes.
    pub field: Field,
}

/// The place of a bound in [`Limits`], and what may stand there.
#[derive(Debug, Clone, Copy)]
pub enum Field {
    /// A whole number.
    Number {
        /// The place.
        place: fn(&mut Limits) -> &mut usize,
        /// No less.
        least: usize,
        /// No more.
        most: usize,
    },
    /// A length of time, no shorter than [`SHORTEST_TIME`] and no longer than [`LONGEST_TIME`].
    Time(fn(&mut Limits) -> &mut Duration),
}

/// No time limit may be shorter: a slow network would never meet it.
pub const SHORTEST_TIME: Duration = Duration::from_millis(100);

/// No time limit may be longer: it would be none.
pub const LONGEST_TIME: Duration = Duration::from_secs(24 * 60 * 60);

/// No body may be longer, so that a few at a time do not fill the memory.
const LONGEST_BODY: usize = 256 * 1024 * 1024;

const fn number(
    key: &'static str,
    about: &'static str,
    (least, most): (usize, usize),
    place: fn(&mut Limits) -> &mut usize,
) -> Limit {
    let field = Field::Number { place, least, most };
    Limit { key, about, field }
}

const fn time(
    key: &'static str,
    about: &'static str,
    place: fn(&mut Limits) -> &mut Duration,
) -> Limit {
    let field = Field::Time(place);
    Limit { key, about, field }
}

/// Every bound that can be set. What parsing itself is bounded by can only be lowered.
pub const LIMITS: &[Limit] = &[
    number(
        "connections",
        "Connections at once; a further one waits",
        (1, 100_000),
        |limits| &mut limits.connections,
    ),
    number(
        "connections_per_address",
        "Connections of one address at once, trusted proxies excepted; a further one is closed; 0: no limit",
        (0, 100_000),
        |limits| &mut limits.connections_per_address,
    ),
    time(
        "handshake_time",
        "How long a TLS handshake may take",
        |limits| &mut limits.handshake_time,
    ),
    time(
        "header_time",
        "How long a request's headers may take, from their first byte",
        |limits| &mut limits.header_time,
    ),
    time(
        "body_time",
        "How long a request's body may take, and a client that reads no answer",
        |limits| &mut limits.body_time,
    ),
    time(
        "idle_time",
        "How long a connection is kept without a request",
        |limits| &mut limits.idle_time,
    ),
    time(
        "drain_time",
        "How long open requests may take once rolecall is told to stop",
        |limits| &mut limits.drain_time,
    ),
    number(
        "header_bytes",
        "The longest request line with headers, in bytes",
        (8 * 1024, 1024 * 1024),
        |limits| &mut limits.header_bytes,
    ),
    number(
        "uri_bytes",
        "The longest path with query, in bytes",
        (256, 64 * 1024),
        |limits| &mut limits.uri_bytes,
    ),
    number(
        "body_bytes",
        "The longest body of a request, in bytes",
        (1, LONGEST_BODY),
        |limits| &mut limits.body_bytes,
    ),
    number(
        "json_depth",
        "How deep a body's objects and arrays may be nested",
        (9, MAX_DEPTH),
        |limits| &mut limits.json_depth,
    ),
    number(
        "filter_terms",
        "Comparisons in one filter",
        (1, MAX_TERMS),
        |limits| &mut limits.filter_terms,
    ),
    number(
        "filter_rows",
        "Rows that a filter or sortBy without an index may read",
        (100, 100_000_000),
        |limits| &mut limits.filter_rows,
    ),
    number(
        "filter_scans",
        "Filters and sortBy without an index at once; a further one waits",
        (1, 64),
        |limits| &mut limits.filter_scans,
    ),
    number(
        "patch_operations",
        "Operations in one PATCH",
        (1, MAX_OPERATIONS),
        |limits| &mut limits.patch_operations,
    ),
    number(
        "members",
        "Members that one request may name",
        (1, MAX_MEMBERS),
        |limits| &mut limits.members,
    ),
    number(
        "page_default",
        "Resources on a page where the client does not say how many",
        (1, 10_000),
        |limits| &mut limits.page_default,
    ),
    number(
        "page_size",
        "Resources on a page at most",
        (1, 10_000),
        |limits| &mut limits.page_size,
    ),
    number(
        "bulk_operations",
        "Operations in one bulk request",
        (1, 100_000),
        |limits| &mut limits.bulk_operations,
    ),
    number(
        "bulk_bytes",
        "The longest body of a bulk request, in bytes",
        (1, LONGEST_BODY),
        |limits| &mut limits.bulk_bytes,
    ),
    number(
        "requests_per_second",
        "Requests a second with one token, on average; 0: no limit",
        (0, 1_000_000),
        |limits| &mut limits.requests_per_second,
    ),
    number(
        "failed_authentications",
        "Failed authentications a minute from one address; 0: no limit",
        (0, 1_000_000),
        |limits| &mut limits.failed_authentications,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_allowed_and_every_key_is_its_own() {
        let mut limits = Limits::default();
        let mut keys: Vec<_> = LIMITS.iter().map(|limit| limit.key).collect();
        for limit in LIMITS {
            match limit.field {
                Field::Number { place, least, most } => {
                    let number = *place(&mut limits);
                    assert!((least..=most).contains(&number), "{}", limit.key);
                    *place(&mut limits) = usize::MAX;
                }
                Field::Time(place) => {
                    let time = *place(&mut limits);
                    assert!((SHORTEST_TIME..=LONGEST_TIME).contains(&time));
                    *place(&mut limits) = Duration::MAX;
                }
            }
        }
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), LIMITS.len());
        // No two keys share a place, and no place is without its key.
        let debug = format!("{limits:?}");
        assert_eq!(debug.matches(": ").count(), LIMITS.len());
        let set = debug.matches(&usize::MAX.to_string()).count();
        assert_eq!(set, LIMITS.len(), "{debug}");
    }
}
