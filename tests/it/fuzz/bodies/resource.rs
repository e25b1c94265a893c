//! Bodies that are not a PATCH: users, groups, search requests and bulk requests.

use rolecall::scim::{
    Document, ResourceType, ScimError, Strays, body,
    bulk::BulkRequest,
    filter::Literals,
    list::{ListQuery, PageLimits},
    resource::{GroupAttributes, MAX_MEMBERS, UserAttributes},
};
use serde_json::Value;

use super::{assert_fit, samples, types};

const MOST_OPERATIONS: usize = 10_000;

pub(super) fn body(bytes: &[u8]) {
    let document = match body::parse_body(bytes, body::MAX_DEPTH) {
        Ok(document) => document,
        Err(refusal) => return assert_fit(&refusal),
    };
    if !holds_fractions(&Value::Object(document.clone())) {
        let written = Value::Object(document.clone()).to_string();
        let again = body::parse_body(written.as_bytes(), body::MAX_DEPTH);
        assert_eq!(again.as_ref(), Ok(&document));
    }
    user(&document).unwrap_or_else(|refusal| assert_fit(&refusal));
    group(&document).unwrap_or_else(|refusal| assert_fit(&refusal));
    search(&document).unwrap_or_else(|refusal| assert_fit(&refusal));
    bulk(&document).unwrap_or_else(|refusal| assert_fit(&refusal));
}

/// Fractions are not kept to the last bit.
fn holds_fractions(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(list) => list.iter().any(holds_fractions),
        Value::Object(object) => object.values().any(holds_fractions),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

/// Whether something in it is called `password`; someone may well be.
fn names_a_password(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.iter().any(names_a_password),
        Value::Object(object) => object
            .iter()
            .any(|(name, value)| name.eq_ignore_ascii_case("password") || names_a_password(value)),
        _ => false,
    }
}

fn user(document: &Document) -> Result<(), ScimError> {
    let user = UserAttributes::from_document(document)?;
    let written = user.to_document();
    let whole = Value::Object(written.clone());
    assert!(!names_a_password(&whole), "{whole}");
    assert_eq!(UserAttributes::from_document(&written), Ok(user));
    Ok(())
}

fn group(document: &Document) -> Result<(), ScimError> {
    let group = GroupAttributes::from_push(document, Strays::Skipped)?;
    let members = group.members.as_ref();
    assert!(members.is_none_or(|ids| ids.len() <= MAX_MEMBERS));
    if let Ok(strict) = GroupAttributes::from_document(document) {
        assert_eq!(group, strict, "what may be refused is what may be skipped");
    }
    let without = GroupAttributes {
        members: None,
        ..group
    };
    let again = GroupAttributes::from_document(&without.to_document());
    assert_eq!(again, Ok(without));
    Ok(())
}

fn search(document: &Document) -> Result<(), ScimError> {
    let limits = PageLimits {
        default: 100,
        maximum: 1_000,
    };
    for scope in [Some(ResourceType::User), None] {
        let query = ListQuery::from_search_request(document, scope, Literals::Quoted, limits)?;
        assert!(query.page.count() <= limits.maximum);
        for sample in types().into_iter().flat_map(samples) {
            let mut shown = sample.clone();
            query.projection.apply(&mut shown);
            assert!(query.compare(&sample, &sample).is_eq());
            assert!(shown.keys().all(|name| sample.contains_key(name)));
        }
    }
    Ok(())
}

fn bulk(document: &Document) -> Result<(), ScimError> {
    let request = BulkRequest::parse(document, MOST_OPERATIONS)?;
    assert!(request.operations.len() <= MOST_OPERATIONS);
    let mut order = request.in_order();
    order.sort_unstable();
    assert!(order.into_iter().eq(0..request.operations.len()));
    for operation in &request.operations {
        let references = operation.references();
        let resolved = operation.resolved(|_| Some("2819c223".to_owned()));
        let resolved = resolved.expect("every reference is known");
        assert!(resolved.references().is_empty() || references.is_empty());
        if !references.is_empty() {
            assert!(operation.resolved(|_| None).is_err());
        }
    }
    Ok(())
}
