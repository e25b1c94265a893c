//! Names that operators give: trimmed, bounded, and fit to be shown.

use std::collections::BTreeMap;

use super::Decided;
use crate::directory::Refusal;

const LONGEST: usize = 256;
const LONGEST_TAG: usize = 64;
const MOST_TAGS: usize = 50;
const LONGEST_TOKEN: usize = 100;

/// A person's name is an e-mail address.
pub(super) fn person(given: &str) -> Decided<String> {
    address(given, "user name")
}

pub(super) fn email(given: &str) -> Decided<String> {
    address(given, "e-mail address")
}

fn address(given: &str, what: &str) -> Decided<String> {
    let name = plain(given, what, LONGEST)?;
    let mut parts = name.split('@');
    let address = matches!(
        (parts.next(), parts.next(), parts.next()),
        (Some(local), Some(domain), None) if !local.is_empty() && !domain.is_empty()
    );
    if !address || name.contains(char::is_whitespace) {
        return refuse(format!(
            "The {what} {name:?} must be an e-mail address, for example ann@example.com."
        ));
    }
    Ok(name)
}

pub(super) fn service_account(given: &str) -> Decided<String> {
    plain(given, "service account name", LONGEST)
}

pub(super) fn role(given: &str) -> Decided<String> {
    plain(given, "role name", LONGEST)
}

pub(super) fn token(given: &str) -> Decided<String> {
    plain(given, "token name", LONGEST_TOKEN)
}

pub(super) fn resource(given: &str) -> Decided<String> {
    plain(given, "resource name", LONGEST)
}

pub(super) fn resource_kind(given: &str) -> Decided<String> {
    plain(given, "resource kind", LONGEST_TAG)
}

/// Names and values of tags, few and short.
pub(super) fn tags(given: &BTreeMap<String, String>) -> Decided<BTreeMap<String, String>> {
    if given.len() > MOST_TAGS {
        return refuse(format!(
            "A resource has at most {MOST_TAGS} tags, but {} were given; leave some out.",
            given.len()
        ));
    }
    let tags = given.iter().map(|(name, value)| {
        let name = plain(name, "tag's name", LONGEST_TAG)?;
        Ok((name, plain(value, "tag's value", LONGEST)?))
    });
    tags.collect()
}

fn plain(given: &str, what: &str, longest: usize) -> Decided<String> {
    let name = given.trim();
    if name.is_empty() {
        return refuse(format!("The {what} is empty; give one."));
    }
    let length = name.chars().count();
    if length > longest {
        return refuse(format!(
            "The {what} has {length} characters; give one of at most {longest}."
        ));
    }
    if name.contains(char::is_control) {
        return refuse(format!(
            "The {what} {name:?} contains control characters; give one without."
        ));
    }
    Ok(name.to_owned())
}

fn refuse<T>(why: String) -> Decided<T> {
    Err(Refusal::BadValue { why }.into())
}
