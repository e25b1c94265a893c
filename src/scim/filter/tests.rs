//! Filter tables: what parses to what, what matches, what is refused and where.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::scim::path::{Resolved, resolve};
use crate::scim::schema::{CORE_USER, ENTERPRISE_USER, STRONGDM_USER};

mod kinds;

fn parse(text: &str) -> Result<Filter, ScimError> {
    Filter::parse(text, ResourceType::User, Literals::Quoted)
}

fn canonical(text: &str) -> String {
    parse(text).map_or_else(|error| error.detail, |filter| filter.to_string())
}

fn alice() -> Document {
    let value = json!({
        "schemas": [CORE_USER], "id": "2819c223-7f76", "externalId": "Ext-1",
        "userName": "bjensen@Example.com", "title": "Tour Guide", "userType": "Employee",
        "name": {"familyName": "O'Malley", "givenName": "Barbara"},
        "emails": [
            {"value": "bjensen@example.com", "type": "work", "primary": true},
            {"value": "babs@jensen.org", "type": "home"},
        ],
        "groups": [{"value": "g1", "display": "Engineers"}],
        ENTERPRISE_USER: {"employeeNumber": "701984", "manager": {"value": "26118915"}},
        STRONGDM_USER: {"identityAliases": ["rdp-set,alice", "ssh,al"]},
        "meta": {"resourceType": "User", "lastModified": "2011-05-13T04:42:34Z"},
    });
    value.as_object().cloned().expect("an object")
}

fn matches(text: &str) -> bool {
    parse(text).expect(text).matches(&alice())
}

#[test]
fn the_examples_of_the_rfc_match() {
    for text in [
        r#"userName Eq "bjensen@example.com""#,
        r#"name.familyName co "O'Malley""#,
        r#"userName sw "B""#,
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "b""#,
        "title pr",
        r#"meta.lastModified gt "2011-05-13T04:42:33Z""#,
        r#"meta.lastModified ge "2011-05-13T04:42:34Z""#,
        r#"meta.lastModified eq "2011-05-13T06:42:34+02:00""#,
        r#"meta.lastModified le "2011-05-13T04:42:34.000Z""#,
        r#"meta.lastModified lt "2011-05-13T04:42:35Z""#,
        r#"meta.lastModified eq "2011-05-13T04:42:34""#,
        r#"meta.lastModified gt "2011-05-13""#,
        r#"title pr and userType eq "Employee""#,
        r#"title pr or userType eq "Intern""#,
        r#"schemas eq "urn:ietf:params:scim:schemas:core:2.0:User""#,
        r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#,
        r#"userType ne "Intern" and not (emails co "example.net" or emails.value co "nowhere")"#,
        r#"userType eq "Employee" and (emails.type eq "work")"#,
        r#"userType eq "Employee" and emails[type eq "work" and value co "@example.com"]"#,
        r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]"#,
    ] {
        assert!(matches(text), "{text}");
    }
}

#[test]
fn case_rules_types_and_absence() {
    let urn = ENTERPRISE_USER;
    for (text, expected) in [
        (r#"USERNAME EQ "BJENSEN@EXAMPLE.COM""#, true),
        (r#"externalId eq "Ext-1""#, true),
        (r#"externalId eq "ext-1""#, false),
        (r#"id eq "2819C223-7F76""#, false),
        (r#"id eq "nonsense""#, false),
        (r#"name.givenName eq "BARBARA""#, true),
        (r#"name.givenName ne "BARBARA""#, false),
        (r#"name.givenName eq "bärbara""#, false),
        ("active eq true", true),
        ("active eq \"False\"", false),
        ("active ne true", false),
        ("active pr", true),
        ("nickName pr", false),
        ("not (nickName pr)", true),
        ("nickName eq null", true),
        ("title ne null", true),
        (r#"nickName ne "x""#, true),
        (r#"nickName eq "x""#, false),
        (r#"title gt "tour""#, true),
        (r#"title ew "GUIDE""#, true),
        (r#"emails eq "BABS@jensen.org""#, true),
        (
            r#"emails[type eq "work"].value eq "bjensen@example.com""#,
            true,
        ),
        (
            r#"emails[type eq "home"].value eq "bjensen@example.com""#,
            false,
        ),
        (r#"emails[type eq "home"].primary pr"#, false),
        (r#"emails[type eq "home" and not (primary eq true)]"#, true),
        (
            r#"emails.type eq "work" and emails.value eq "babs@jensen.org""#,
            true,
        ),
        (r#"groups eq "g1""#, true),
        (r#"groups.value eq "G1""#, false),
        (r#"groups[display eq "engineers"]"#, true),
        // `and` binds tighter than `or`.
        ("title pr or title pr and nickName pr", true),
        ("(title pr or title pr) and nickName pr", false),
    ] {
        assert_eq!(matches(text), expected, "{text}");
    }
    for (text, expected) in [
        (format!("{urn}:employeeNumber eq \"701984\""), true),
        (
            format!("{}:MANAGER eq \"26118915\"", urn.to_uppercase()),
            true,
        ),
        (format!("{urn}:manager.value eq \"x\""), false),
        (
            format!("{STRONGDM_USER}:identityAliases eq \"ssh,al\""),
            true,
        ),
        (
            format!("{STRONGDM_USER}:identityAliases eq \"SSH,al\""),
            false,
        ),
        (
            format!("{STRONGDM_USER}:identityAliases[value sw \"rdp-set,\"]"),
            true,
        ),
    ] {
        assert_eq!(matches(&text), expected, "{text}");
    }
}

#[test]
fn the_canonical_text() {
    for (text, expected) in [
        (" USERNAME  Eq \"x\" ", "userName eq \"x\""),
        (r#"emails co "x""#, r#"emails.value co "x""#),
        (
            r#"emails[TYPE eq "work"].Value eq "x""#,
            r#"emails[type eq "work" and value eq "x"]"#,
        ),
        (
            "title pr AND (nickName pr OR NOT(locale pr))",
            "title pr and (nickName pr or not (locale pr))",
        ),
        ("((title pr))", "title pr"),
        (
            "title pr or (nickName pr and locale pr)",
            "title pr or nickName pr and locale pr",
        ),
        (
            "(title pr or nickName pr) and locale pr",
            "(title pr or nickName pr) and locale pr",
        ),
        (
            "title pr and (nickName pr and locale pr)",
            "title pr and nickName pr and locale pr",
        ),
        (r#"active eq "True""#, "active eq true"),
        (r#"title eq "a\"b\\c\u00e9""#, r#"title eq "a\"b\\cé""#),
        (
            "urn:ietf:params:scim:schemas:core:2.0:user:USERNAME pr",
            "userName pr",
        ),
        (
            "manager pr",
            "The filter is not valid at character 1: there is no attribute \"manager\".",
        ),
    ] {
        assert_eq!(canonical(text), expected, "{text}");
    }
}

#[test]
fn the_canonical_text_is_nested_no_deeper_than_what_was_sent() {
    let deepest = format!(
        "{}title pr or nickName pr and locale pr{}",
        "not (".repeat(MAX_DEPTH),
        ")".repeat(MAX_DEPTH)
    );
    assert_eq!(canonical(&deepest), deepest);
}

#[test]
fn refusals_say_where_and_what() {
    for (text, expected) in [
        (
            "userName foo \"x\"",
            "at character 10: expected an operator (eq, ne, co, sw, ew, pr, gt, ge, lt, le), found \"foo\".",
        ),
        (
            "userName",
            "at character 9: expected an operator (eq, ne, co, sw, ew, pr, gt, ge, lt, le), found the end.",
        ),
        (
            "userName eq",
            "at character 12: expected a value, found the end.",
        ),
        (
            "userName eq x",
            "at character 13: expected a value: a string in double quotes, a number, true, false or null, found \"x\".",
        ),
        (
            "userName eq \"x",
            "at character 13: the string that starts here has no closing quote.",
        ),
        (
            "userName eq \"\\q\"",
            "at character 13: the string that starts here is not a valid JSON string; escape quotes, backslashes and control characters.",
        ),
        (
            "userName eq 'x'",
            "at character 13: expected a value: a string in double quotes, a number, true, false or null, found \"'x'\".",
        ),
        (
            "title eq \"é\" und",
            "at character 14: expected \"and\", \"or\" or the end of the filter, found \"und\".",
        ),
        (
            "(title pr",
            "at character 10: expected \"and\", \"or\" or \")\", found the end.",
        ),
        (
            "title pr)",
            "at character 9: expected \"and\", \"or\" or the end of the filter, found \")\".",
        ),
        (
            "emails[type pr",
            "at character 15: expected \"and\", \"or\" or \"]\", found the end.",
        ),
        (
            "emails[nothing pr]",
            "at character 8: the attribute \"emails\" has no sub-attribute \"nothing\".",
        ),
        (
            "emails[type[value pr]]",
            "at character 12: expected an operator (eq, ne, co, sw, ew, pr, gt, ge, lt, le), found \"[\".",
        ),
        (
            "name[givenName pr]",
            "at character 1: a filter in brackets needs a multi-valued attribute, and \"name\" is none.",
        ),
        (
            "favouriteColour eq \"x\"",
            "at character 1: there is no attribute \"favouriteColour\".",
        ),
        (
            "title pr and name.nick pr",
            "at character 14: the attribute \"name\" has no sub-attribute \"nick\".",
        ),
        (
            "name eq \"x\"",
            "at character 1: \"name\" is complex: name one of its sub-attributes, as in \"name.formatted\".",
        ),
        (
            "active gt true",
            "at character 11: \"active\" can only be compared with eq and ne.",
        ),
        (
            "active eq 1",
            "at character 11: \"active\" can only be compared with true or false.",
        ),
        (
            "userName eq 1",
            "at character 13: \"userName\" can only be compared with a string in quotes.",
        ),
        (
            "meta.created gt \"soon\"",
            "at character 17: \"meta.created\" can only be compared with a date and time such as \"2026-01-31T12:00:00Z\".",
        ),
        (
            "title gt null",
            "at character 10: null goes only with eq and ne.",
        ),
        (
            "password eq \"x\"",
            "at character 1: \"password\" cannot be filtered.",
        ),
        (
            "not title pr",
            "at character 5: expected \"(\" after \"not\", found \"title\".",
        ),
        ("and", "at character 1: there is no attribute \"and\"."),
        (
            "urn:x:y eq \"x\"",
            "at character 1: there is no schema or attribute \"urn:x:y\".",
        ),
        (
            "title pr and",
            "at character 13: expected an attribute name, found the end.",
        ),
    ] {
        let refused = parse(text).expect_err(text);
        assert_eq!(
            refused.scim_type,
            Some(crate::scim::ScimType::InvalidFilter)
        );
        assert_eq!(
            refused.detail,
            format!("The filter is not valid {expected}"),
            "{text}"
        );
    }
    assert!(
        parse("  ")
            .expect_err("empty")
            .detail
            .starts_with("The filter is empty")
    );
}

#[test]
fn bare_words_are_strings_for_those_who_send_them() {
    for (text, expected) in [
        ("userName eq alice@x.io", "userName eq \"alice@x.io\""),
        (
            "(externalId eq 00u1 or externalId eq 12345)",
            "externalId eq \"00u1\" or externalId eq \"12345\"",
        ),
        ("active eq True", "active eq true"),
        (
            "externalId eq 12345678901234567890123 ",
            "externalId eq \"12345678901234567890123\"",
        ),
        ("title eq TRUE", "title eq \"TRUE\""),
        (
            "emails[type eq work].value eq \"a b\"",
            "emails[type eq \"work\" and value eq \"a b\"]",
        ),
    ] {
        let filter = Filter::parse(text, ResourceType::User, Literals::BareWords);
        assert_eq!(filter.expect(text).to_string(), expected);
    }
}

#[test]
fn length_depth_and_terms_are_bounded() {
    let nested = |levels: usize| format!("{}title pr{}", "(".repeat(levels), ")".repeat(levels));
    assert!(parse(&nested(MAX_DEPTH)).is_ok());
    assert!(
        parse(&nested(MAX_DEPTH + 1))
            .expect_err("deep")
            .detail
            .contains("deeper than 20")
    );
    assert!(parse(&"not (".repeat(2_000)).is_err());
    let joined = |terms: usize| vec!["title pr"; terms].join(" or ");
    assert!(parse(&joined(MAX_TERMS)).is_ok());
    assert!(
        parse(&joined(MAX_TERMS + 1))
            .expect_err("many")
            .detail
            .contains("more than 256")
    );
    assert!(
        parse(&"x".repeat(MAX_LENGTH + 1))
            .expect_err("long")
            .detail
            .contains("longer than")
    );
}

#[test]
fn what_an_index_may_answer() {
    let equalities = |text: &str| -> Vec<String> {
        let filter = parse(text).expect(text);
        let found = filter.required_equalities();
        let told = found.map(|(path, value)| format!("{path}={value}"));
        told.collect()
    };
    assert_eq!(equalities(r#"userName eq "A""#), ["userName=A"]);
    assert_eq!(
        equalities(
            r#"active eq true and (externalId eq "1" and emails[type eq "work" and value eq "a"])"#
        ),
        ["externalId=1", "emails.type=work", "emails.value=a"]
    );
    assert_eq!(equalities(r#"groups eq "g""#), ["groups.value=g"]);
    let both = parse(r#"title eq "A" and emails eq "a" and title eq "B""#).expect("valid");
    let required = ["title", "emails.value", "emails"].map(|path| both.required(path));
    assert_eq!(required, [Some("A"), Some("a"), None]);
    for text in [
        r#"userName eq "a" or userName eq "b""#,
        r#"not (userName eq "a")"#,
        r#"userName sw "a""#,
        r#"emails[type eq "work" or value eq "a"]"#,
    ] {
        assert!(equalities(text).is_empty(), "{text}");
    }
    let filter = parse(r#"title pr or not (groups[value eq "g"])"#).expect("valid");
    assert!(
        filter.mentions("groups") && filter.mentions("groups.value") && filter.mentions("TITLE")
    );
    assert!(!filter.mentions("emails"));
}

#[test]
fn a_search_over_all_types_knows_the_names_of_each() {
    let filter = Filter::parse(
        r#"members eq "u" or userName eq "a""#,
        None,
        Literals::Quoted,
    );
    let filter = filter.expect("valid");
    let document = |value: Value| value.as_object().cloned().expect("an object");
    assert!(filter.matches(&document(
        json!({"displayName": "G", "members": [{"value": "u"}]})
    )));
    assert!(filter.matches(&document(json!({"userName": "A"}))));
    // A group has no `active`, so it is neither active nor inactive.
    let active = Filter::parse("active eq true", None, Literals::Quoted).expect("valid");
    assert!(!active.matches(&document(json!({"displayName": "G"}))));
    assert!(active.matches(&document(json!({"userName": "A"}))));
}

fn path_named(name: &str) -> AttributePath {
    match resolve(name, Some(ResourceType::User)) {
        Ok(Resolved::Attribute(path)) => path,
        other => panic!("{name}: {other:?}"),
    }
}

fn compare(names: &'static [&'static str]) -> impl Strategy<Value = Expression> {
    let texts = (
        prop::sample::select(names),
        prop::sample::select(&Operator::ALL[..]),
        ".{0,12}",
    )
        .prop_map(|(name, operator, text)| Expression::Compare {
            path: path_named(name),
            operator,
            literal: Literal::Text(text),
        });
    let present =
        prop::sample::select(names).prop_map(|name| Expression::Present(path_named(name)));
    prop_oneof![4 => texts, 1 => present]
}

/// Trees as the parser makes them: `and` and `or` flat, with at least two parts.
fn tree(leaf: BoxedStrategy<Expression>) -> BoxedStrategy<Expression> {
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(left, right)| left.and(right)),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| left.or(right)),
            inner.prop_map(|inner| Expression::Not(Box::new(inner))),
        ]
    })
    .boxed()
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let values = tree(compare(&["emails.value", "emails.type", "emails.display"]).boxed())
        .prop_map(|inner| Expression::Values {
            path: path_named("emails"),
            inner: Box::new(inner),
        });
    let simple = compare(&[
        "userName",
        "name.givenName",
        "emails.value",
        "externalId",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
        "urn:ietf:params:scim:schemas:extension:strongdm:2.0:User:identityAliases",
    ]);
    tree(prop_oneof![4 => simple, 1 => values].boxed()).prop_map(|root| Filter {
        root,
        values_of: None,
    })
}

proptest! {
    #[test]
    fn canonical_text_parses_to_the_same_filter(filter in any_filter()) {
        let text = filter.to_string();
        prop_assert_eq!(parse(&text).map_err(|error| format!("{text}: {error}")), Ok(filter));
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,60}", words in prop::collection::vec(
        prop::sample::select(&["(", ")", "[", "]", "not", "and", "or", "eq", "pr", "userName",
            "emails", "type", "\"", "\\", "\"x\"", ".", "é", "1", "-", "null", "urn:", ":"][..]), 0..20)) {
        for text in [text, words.join(" "), words.concat()] {
            for literals in [Literals::Quoted, Literals::BareWords] {
                if let Ok(filter) = Filter::parse(&text, None, literals) {
                    filter.matches(&alice());
                    let again = Filter::parse(&filter.to_string(), None, Literals::Quoted);
                    prop_assert_eq!(again, Ok(filter));
                }
            }
        }
    }
}
