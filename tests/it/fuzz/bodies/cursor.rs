//! The query of a list, and the cursor in it.

use rolecall::scim::{
    ResourceType,
    filter::Literals,
    list::{ListQuery, PageLimits},
};

use super::assert_fit;

const LIMITS: PageLimits = PageLimits {
    default: 100,
    maximum: 1_000,
};

/// No cursor is longer, in bytes; what it stands for is shorter by a quarter and some.
const LONGEST_POSITION: usize = 700;

pub(super) fn body(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let given = [("filter", "active eq true"), ("cursor", &*text)];
    match query(&given).position() {
        Ok(None) => assert!(text.is_empty()),
        Ok(Some(position)) => assert_eq!(query(&given).cursor_at(&position), text),
        Err(refusal) => assert_fit(&refusal),
    }
    round_trip(&text);
    let pairs = text
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    match ListQuery::from_pairs(pairs, ResourceType::User, Literals::BareWords, LIMITS) {
        Ok(query) => {
            assert!(query.page.count() <= LIMITS.maximum);
            if let Err(refusal) = query.position() {
                assert_fit(&refusal);
            }
        }
        Err(refusal) => assert_fit(&refusal),
    }
}

fn query(pairs: &[(&str, &str)]) -> ListQuery {
    ListQuery::from_pairs(
        pairs.iter().copied(),
        ResourceType::User,
        Literals::Quoted,
        LIMITS,
    )
    .expect("a valid query")
}

/// A cursor is good for its own query, and for no other.
fn round_trip(position: &str) {
    if position.len() > LONGEST_POSITION {
        return;
    }
    let cursor = query(&[("cursor", "")]).cursor_at(position);
    let read = query(&[("cursor", &cursor)]).position();
    assert_eq!(read, Ok(Some(position.to_owned())));
    let elsewhere = query(&[("cursor", &cursor), ("sortBy", "userName")]);
    assert!(elsewhere.position().is_err());
}
