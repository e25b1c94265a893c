//! Read-only attributes by path: what is there already is no change.

use super::*;
use crate::scim::ScimType;

#[test]
fn what_is_there_already_is_no_change() {
    let here = json!({"userName": "a", "id": "1", "schemas": ["core", "more"],
        "groups": [{"value": "g", "display": "G"}, {"value": "h", "display": "H"}],
        "meta": {"resourceType": "User", "version": "W/\"1\""}});
    let here = here.as_object().expect("an object");
    let checked = |path: &str, value: &Value| {
        let operations = json!([{"op": "Replace", "path": path, "value": value}]);
        parse(ResourceType::User, &operations)
            .expect(path)
            .check_echoes(here)
    };
    for (path, value) in [
        ("id", json!("1")),
        ("schemas", json!(["more", "core"])),
        (
            "groups",
            json!([{"value": "h"}, {"value": "g", "display": "G"}]),
        ),
        ("meta", json!({"resourceType": "User", "created": null})),
        ("meta.version", json!("W/\"1\"")),
        ("meta.created", json!(null)),
        ("meta.location", json!([])),
    ] {
        assert_eq!(checked(path, &value), Ok(()), "{path} {value}");
    }
    for (path, value) in [
        ("id", json!("2")),
        ("id", json!(null)),
        ("schemas", json!(["core"])),
        ("groups", json!([{"value": "g"}])),
        ("groups", json!([])),
        ("meta", json!({"resourceType": "Group"})),
        ("meta.version", json!("W/\"2\"")),
    ] {
        let refused = checked(path, &value).expect_err(path);
        assert_eq!(
            refused.scim_type,
            Some(ScimType::Mutability),
            "{path} {value}"
        );
        assert!(refused.detail.starts_with("Operation 1: "), "{refused}");
    }
}

#[test]
fn no_list_is_an_empty_one() {
    let here = Document::from_iter([("userName".to_owned(), json!("a"))]);
    for value in [json!([]), json!(null)] {
        let operations = json!([{"op": "replace", "path": "groups", "value": value}]);
        let patch = parse(ResourceType::User, &operations).expect("valid");
        assert_eq!(patch.check_echoes(&here), Ok(()), "{value}");
    }
}

#[test]
fn long_lists_are_compared_in_the_order_that_they_were_read_in() {
    let groups = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|n| json!({"value": n.to_string()}))
            .collect()
    };
    let agrees = |here: Vec<Value>, given: Vec<Value>| {
        let here = Document::from_iter([("groups".to_owned(), here.into())]);
        let operations = json!([{"op": "replace", "path": "groups", "value": given}]);
        let patch = parse(ResourceType::User, &operations).expect("valid");
        patch.check_echoes(&here).is_ok()
    };
    let reversed = |count| groups(count).into_iter().rev().collect();
    assert!(agrees(groups(1_000), reversed(1_000)));
    assert!(agrees(groups(1_001), groups(1_001)));
    assert!(!agrees(groups(1_001), reversed(1_001)));
}
