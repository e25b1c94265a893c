//! List queries: what is asked, how it is paged and sorted.

use serde_json::json;

use super::*;
use crate::scim::ResourceType::{Group, User};

const LIMITS: PageLimits = PageLimits {
    default: 100,
    maximum: 200,
};

fn query(pairs: &[(&str, &str)]) -> Result<ListQuery, ScimError> {
    ListQuery::from_pairs(pairs.iter().copied(), User, Literals::Quoted, LIMITS)
}

fn document(value: Value) -> Document {
    match value {
        Value::Object(document) => document,
        other => panic!("{other}"),
    }
}

#[test]
fn pages_are_clamped() {
    for (pairs, start_index, count) in [
        (&[][..], 1, 100),
        (&[("startIndex", "1"), ("count", "2")][..], 1, 2),
        (&[("STARTINDEX", "-5"), ("Count", "-1")][..], 1, 0),
        (&[("startIndex", "0"), ("count", "0")][..], 1, 0),
        (&[("startIndex", "201"), ("count", "5000")][..], 201, 200),
        (&[("count", "99999999999999999999999")][..], 1, 200),
        (&[("count", ""), ("unknown", "x")][..], 1, 100),
    ] {
        let page = query(pairs).map(|query| query.page);
        assert_eq!(page, Ok(Page::Index { start_index, count }), "{pairs:?}");
    }
    for pairs in [&[("count", "7")][..], &[("count", "7"), ("cursor", "")]] {
        assert_eq!(query(pairs).map(|query| query.page.count()), Ok(7));
    }
}

#[test]
fn a_query_knows_what_it_lists() {
    for scope in [Some(User), Some(Group), None] {
        let query = ListQuery::from_pairs([("count", "1")], scope, Literals::Quoted, LIMITS);
        assert_eq!(query.expect("valid").scope(), scope);
    }
}

#[test]
fn refusals_name_the_parameter() {
    for (pairs, scim_type, detail) in [
        (
            &[("startIndex", "one")][..],
            ScimType::InvalidValue,
            "\"startIndex\" must be a whole number, not \"one\".",
        ),
        (
            &[("count", "1.5")][..],
            ScimType::InvalidValue,
            "\"count\" must be a whole number, not \"1.5\".",
        ),
        (
            &[("cursor", ""), ("count", "x")][..],
            ScimType::InvalidCount,
            "\"count\" must be a whole number, not \"x\".",
        ),
        (
            &[("count", "1"), ("COUNT", "2")][..],
            ScimType::InvalidValue,
            "\"count\" is given twice; send it once.",
        ),
        (
            &[("sortBy", "colour")][..],
            ScimType::InvalidValue,
            "\"sortBy\" is not valid: there is no attribute \"colour\".",
        ),
        (
            &[("sortBy", "name")][..],
            ScimType::InvalidValue,
            "\"sortBy\" names \"name\", which is complex; name one of its sub-attributes.",
        ),
        (
            &[("sortOrder", "up")][..],
            ScimType::InvalidValue,
            "\"sortOrder\" must be ascending or descending, not \"up\".",
        ),
        (
            &[("attributes", "id"), ("excludedAttributes", "meta")][..],
            ScimType::InvalidValue,
            "\"attributes\" and \"excludedAttributes\" exclude each other; send only one of them.",
        ),
        (
            &[("filter", "")][..],
            ScimType::InvalidFilter,
            "The filter is empty; leave the parameter out to get everything.",
        ),
    ] {
        let refused = query(pairs).expect_err(detail);
        assert_eq!(
            (refused.scim_type, refused.detail.as_str()),
            (Some(scim_type), detail)
        );
    }
}

#[test]
fn a_cursor_leads_back_to_its_place_in_its_own_query_only() {
    let first = query(&[("cursor", ""), ("filter", "title pr")]).expect("valid");
    assert_eq!(
        first.page,
        Page::Cursor {
            cursor: None,
            count: 100
        }
    );
    assert_eq!(first.position(), Ok(None));
    let cursor = first.cursor_at("0192-key/é");
    assert!(
        cursor
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    );

    let next =
        query(&[("cursor", &cursor), ("filter", "TITLE  pr"), ("count", "5")]).expect("valid");
    assert_eq!(next.position(), Ok(Some("0192-key/é".to_owned())));

    let mut tampered = cursor.clone();
    tampered.replace_range(
        3..4,
        if tampered.as_bytes()[3] == b'A' {
            "B"
        } else {
            "A"
        },
    );
    for (cursor, filter) in [
        (cursor.as_str(), "title eq \"x\""),
        (&tampered, "title pr"),
        ("x", "title pr"),
        ("é", "title pr"),
        (&"A".repeat(5000), "title pr"),
    ] {
        let other = query(&[("cursor", cursor), ("filter", filter)]).expect("valid");
        let refused = other.position().expect_err("refused");
        assert_eq!(
            (refused.status, refused.scim_type),
            (400, Some(ScimType::InvalidCursor))
        );
    }
}

#[test]
fn a_cursor_is_bounded() {
    let first = query(&[("cursor", "")]).expect("valid");
    // Base 64 of the fingerprint's 8 bytes, the position and the checksum's 4.
    let longest = MAX_CURSOR / 4 * 3 - 12;
    for (length, is_taken) in [(longest, true), (longest + 3, false), (longest * 2, false)] {
        let cursor = first.cursor_at(&"x".repeat(length));
        let next = query(&[("cursor", &cursor)]).expect("valid");
        assert_eq!(next.position().is_ok(), is_taken, "{length}");
    }
}

#[test]
fn a_search_request_asks_the_same() {
    let body = document(json!({
        "schemas": [SEARCH_REQUEST_SCHEMA], "attributes": ["displayName", "members.value"],
        "FILTER": "displayName sw \"smith\"", "startIndex": 1, "count": 10, "sortBy": "displayName", "sortOrder": "Descending",
    }));
    let searched = ListQuery::from_search_request(&body, Group, Literals::Quoted, LIMITS);
    let pairs = [
        ("attributes", "displayName"),
        ("attributes", "members.value"),
        ("filter", "displayName sw \"smith\""),
        ("startIndex", "1"),
        ("count", "10"),
        ("sortBy", "displayName"),
        ("sortOrder", "descending"),
    ];
    assert_eq!(
        searched,
        ListQuery::from_pairs(pairs, Group, Literals::Quoted, LIMITS)
    );
    assert!(ListQuery::from_search_request(&body, None, Literals::Quoted, LIMITS).is_ok());
    for wrong in [
        json!({"count": "x"}),
        json!({"count": []}),
        json!({"attributes": [1]}),
        json!({"filter": 1}),
        json!({"cursor": 5}),
    ] {
        assert!(
            ListQuery::from_search_request(&document(wrong), Group, Literals::Quoted, LIMITS)
                .is_err()
        );
    }
    let nulls = document(json!({"count": null, "attributes": []}));
    assert!(ListQuery::from_search_request(&nulls, Group, Literals::Quoted, LIMITS).is_ok());
}

#[test]
fn resources_sort_by_type_case_rule_and_primary() {
    let sorted = |by: &str, order: &str, mut list: Vec<Value>| {
        let query = query(&[("sortBy", by), ("sortOrder", order)]).expect("valid");
        list.sort_by(|left, right| {
            query.compare(&document(left.clone()), &document(right.clone()))
        });
        list.iter()
            .map(|value| value["id"].as_str().unwrap_or_default())
            .collect::<Vec<_>>()
            .concat()
    };
    let people = || {
        vec![
            json!({"id": "1", "userName": "Bob", "externalId": "a", "emails": [{"value": "z"}, {"value": "a", "primary": true}]}),
            json!({"id": "2", "userName": "alice", "externalId": "B", "active": false, "emails": [{"value": "m"}]}),
            json!({"id": "3", "userName": "Zoe", "meta": {"created": "2026-01-01T00:00:00+02:00"}}),
            json!({"id": "4", "userName": "mia", "externalId": "A", "meta": {"created": "2025-12-31T23:00:00Z"}}),
        ]
    };
    assert_eq!(sorted("userName", "ascending", people()), "2143");
    assert_eq!(sorted("userName", "descending", people()), "3412");
    assert_eq!(sorted("externalId", "", people()), "4213");
    assert_eq!(sorted("externalId", "descending", people()), "3124");
    assert_eq!(sorted("emails", "", people()), "1234");
    assert_eq!(sorted("active", "", people()), "2134");
    assert_eq!(sorted("meta.created", "", people()), "3412");
}

#[test]
fn answers_hold_integers() {
    let shown = |resources: Vec<Value>, position| {
        let resources = resources.iter().map(Value::to_string).collect();
        let list = ListResponse::new(resources, 7, position).text();
        let text = list.expect("JSON").next_piece(usize::MAX);
        serde_json::from_str::<Value>(&text).expect("JSON")
    };
    assert_eq!(
        shown(
            vec![json!({"id": "1"}), json!({"id": "2"})],
            PagePosition::Index(3)
        ),
        json!({"schemas": [LIST_RESPONSE_SCHEMA], "totalResults": 7, "startIndex": 3, "itemsPerPage": 2, "Resources": [{"id": "1"}, {"id": "2"}]})
    );
    assert_eq!(
        shown(vec![], PagePosition::Cursor(Some("c".to_owned()))),
        json!({"schemas": [LIST_RESPONSE_SCHEMA], "totalResults": 7, "nextCursor": "c", "itemsPerPage": 0, "Resources": []})
    );
}

#[test]
fn a_list_is_the_same_in_pieces_of_any_length() {
    for count in [0, 1, 2, 30] {
        let resource = |number: usize| format!("{{\"id\":\"{}\"}}", "é".repeat(number * 3));
        let resources: Vec<String> = (0..count).map(resource).collect();
        let longest = resources.iter().map(String::len).max().unwrap_or(0);
        let list = ListResponse::new(resources, 99, PagePosition::Index(1));
        let list = list.text().expect("JSON");
        let whole = list.clone().next_piece(usize::MAX);
        assert!(serde_json::from_str::<Value>(&whole).is_ok(), "{whole}");
        for bytes in [0, 1, 100, 300, 1_000, whole.len()] {
            let mut left = list.clone();
            let mut written = String::new();
            loop {
                assert_eq!(left.bytes_left(), whole.len() - written.len());
                let piece = left.next_piece(bytes);
                if piece.is_empty() {
                    break;
                }
                assert!(piece.len() <= bytes.max(longest + 200), "{}", piece.len());
                written.push_str(&piece);
            }
            assert_eq!(written, whole, "{count} in pieces of {bytes}");
            let beginning = list.beginning(bytes);
            assert!(whole.starts_with(&beginning) && beginning.len() >= bytes.min(whole.len()));
        }
    }
}
