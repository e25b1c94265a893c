//! Comparisons by the kind of the attribute, and what is empty or no such value.

use super::*;
use crate::scim::{Dialect, patch::Patch};

#[test]
fn a_filter_costs_its_comparisons() {
    for (text, terms) in [
        ("title pr", 1),
        (r#"not (userName eq "x")"#, 1),
        (r#"title pr and (userName eq "x" or userName eq "y")"#, 3),
        (r#"emails[type eq "work" and value pr] or title pr"#, 3),
    ] {
        assert_eq!(parse(text).expect(text).terms(), terms, "{text}");
    }
}

#[test]
fn literals_fit_the_kind_of_their_attribute() {
    let only = |path: &str, wanted: &str| {
        let at = path.len() + 5;
        format!(
            "The filter is not valid at character {at}: \"{path}\" can only be compared with {wanted}."
        )
    };
    for (text, refused) in [
        (
            "meta.created gt 5",
            only("meta.created", "a date and time in quotes"),
        ),
        (
            r#"meta.created gt "soon""#,
            only(
                "meta.created",
                "a date and time such as \"2026-01-31T12:00:00Z\"",
            ),
        ),
        (
            r#"x509Certificates.value gt "MII""#,
            only("x509Certificates.value", "eq, ne, co, sw and ew"),
        ),
        ("active gt true", only("active", "eq and ne")),
        (r#"active eq "maybe""#, only("active", "true or false")),
        ("active eq 1", only("active", "true or false")),
        ("userName eq 5", only("userName", "a string in quotes")),
    ] {
        assert_eq!(canonical(text), refused, "{text}");
    }
    for text in [
        r#"x509Certificates.value eq "MII""#,
        r#"x509Certificates.value ne "MII""#,
        r#"x509Certificates.value co "MII""#,
        r#"x509Certificates.value sw "MII""#,
    ] {
        assert_eq!(canonical(text), text);
    }
    assert_eq!(canonical("active eq FALSE"), "active eq false");
}

#[test]
fn a_part_of_a_moment_is_compared_as_text() {
    assert!(matches(r#"meta.lastModified sw "2011-05""#));
    assert!(matches(r#"meta.lastModified co "T04:""#));
    assert!(!matches(r#"meta.lastModified ew "2011-05""#));
}

#[test]
fn groups_side_by_side_are_not_nested() {
    let text = vec!["(title pr)"; MAX_DEPTH + 1].join(" or ");
    assert!(matches(&text));
}

#[test]
fn a_path_that_names_nothing_is_bounded_too() {
    let skipped = |filter: &str| {
        let operation = json!({"op": "replace", "path": format!("colour[{filter}]"), "value": 1});
        let body = Document::from_iter([("Operations".to_owned(), json!([operation]))]);
        Patch::parse(ResourceType::User, &body, Dialect::LENIENT).is_ok()
    };
    let nested = |levels| format!("{}a pr{}", "(".repeat(levels), ")".repeat(levels));
    assert!(skipped(&nested(MAX_DEPTH)));
    assert!(!skipped(&nested(MAX_DEPTH + 1)));
    assert!(skipped(&vec!["(a pr)"; MAX_DEPTH + 1].join(" or ")));
}

#[test]
fn what_is_empty_is_not_present() {
    let document = |value: Value| Document::from_iter([("title".to_owned(), value)]);
    let present = parse("title pr").expect("valid");
    for (value, expected) in [
        (json!("x"), true),
        (json!(""), false),
        (json!(null), false),
        (json!([]), false),
        (json!([""]), false),
    ] {
        assert_eq!(
            present.matches(&document(value.clone())),
            expected,
            "{value}"
        );
    }
    let emails = parse("emails pr").expect("valid");
    for (value, expected) in [
        (json!([{"value": ""}, {}]), false),
        (json!([{"value": ""}, {"type": "work"}]), true),
        (json!([{"primary": false}]), true),
    ] {
        let document = Document::from_iter([("emails".to_owned(), value.clone())]);
        assert_eq!(emails.matches(&document), expected, "{value}");
    }
}

#[test]
fn a_value_of_another_kind_equals_nothing() {
    let document = Document::from_iter([
        ("title".to_owned(), json!(7)),
        ("meta".to_owned(), json!({"created": "once"})),
    ]);
    for (text, expected) in [
        (r#"title eq "7""#, false),
        (r#"title ne "7""#, true),
        (r#"title co "7""#, false),
        (r#"meta.created eq "2026-01-31""#, false),
        (r#"meta.created ne "2026-01-31""#, true),
        (r#"meta.created lt "2026-01-31""#, false),
    ] {
        assert_eq!(
            parse(text).expect(text).matches(&document),
            expected,
            "{text}"
        );
    }
}
