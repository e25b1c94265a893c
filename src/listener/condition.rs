//! `If-Match` and `If-None-Match` (RFC 7644 §3.14, RFC 9110 §13.1).

use hyper::{HeaderMap, header::HeaderName};

use super::{
    answer::{Answer, Body},
    call::Asked,
};
use crate::{
    directory::Condition,
    scim::{Document, ScimError},
};

/// Reads a header of entity tags. `W/` and quotes are taken off: versions of resources are weak
/// tags here, and some clients send them bare.
pub(super) fn parse(headers: &HeaderMap, name: HeaderName) -> Condition {
    let mut tags = Vec::new();
    let mut present = false;
    for value in headers.get_all(name) {
        present = true;
        // Unreadable as text is a tag that matches nothing.
        let value = value.to_str().unwrap_or_default();
        for tag in value.split(',').map(bare).filter(|tag| !tag.is_empty()) {
            if tag == "*" {
                return Condition::Any;
            }
            tags.push(tag.to_owned());
        }
    }
    if present {
        Condition::OneOf(tags)
    } else {
        Condition::None
    }
}

/// A tag without `W/` and quotes.
pub(super) fn bare(tag: &str) -> &str {
    let tag = tag.trim();
    tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"')
}

/// Whether a version is among the condition's; an absent condition holds none.
pub(super) fn holds(condition: &Condition, version: &str) -> bool {
    match condition {
        Condition::None => false,
        Condition::Any => true,
        Condition::OneOf(tags) => tags.iter().any(|tag| tag == version),
    }
}

/// What a read answers under its conditions: 412 where `If-Match` names another version, 304
/// without a body where `If-None-Match` names this one.
pub(super) fn conditional(answer: Answer, asked: &Asked) -> Answer {
    let version = bare(answer.version.as_deref().unwrap_or_default());
    if asked.if_match != Condition::None && !holds(&asked.if_match, version) {
        let detail = format!(
            "The resource has changed: its version is now W/\"{version}\". Read it again without If-Match."
        );
        return ScimError::new(412, detail).into();
    }
    if holds(&asked.if_none_match, version) {
        return Answer {
            status: 304,
            body: Body::None,
            ..answer
        };
    }
    answer
}

/// What a change is refused for before it is decided: `If-None-Match` naming the version that is
/// here (RFC 9110 §13.1.2).
pub(super) fn refuse_present(asked: &Asked, resource: &Document) -> Result<(), ScimError> {
    let version = resource
        .get("meta")
        .and_then(|meta| meta.get("version")?.as_str());
    let version = bare(version.unwrap_or_default());
    if holds(&asked.if_none_match, version) {
        return Err(ScimError::new(
            412,
            format!(
                "The resource is here with the version W/\"{version}\", which If-None-Match rules out. Send the change without If-None-Match."
            ),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use hyper::header::IF_MATCH;

    use super::*;

    #[test]
    fn tags_in_every_spelling() {
        let parsed = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(IF_MATCH, hyper::header::HeaderValue::from_static(value));
            }
            parse(&headers, IF_MATCH)
        };
        let tags = |tags: &[&str]| Condition::OneOf(tags.iter().map(ToString::to_string).collect());
        assert_eq!(parsed(&[]), Condition::None);
        assert_eq!(parsed(&["*"]), Condition::Any);
        assert_eq!(parsed(&["W/\"3\""]), tags(&["3"]));
        assert_eq!(parsed(&["\"3\", W/\"4-a\"", "5"]), tags(&["3", "4-a", "5"]));
        assert_eq!(parsed(&[""]), tags(&[]));
        assert!(holds(&tags(&["3"]), "3"));
        assert!(!holds(&tags(&["3"]), "4"));
        assert!(!holds(&Condition::None, "4"));
    }
}
