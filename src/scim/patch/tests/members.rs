//! What becomes of operations on the members of a group.

use super::*;
use crate::scim::resource::MAX_MEMBERS;

#[track_caller]
fn members(operations: &Value, expected: &[MemberOperation]) {
    let patch = parse(ResourceType::Group, operations).expect("valid");
    assert_eq!(patch.members, expected, "{operations}");
    assert!(patch.attributes.is_empty());
}

fn ids(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn the_examples_of_the_rfc_for_members() {
    use MemberOperation::{Add, Remove, RemoveAll, Replace};
    let babs = json!([{"display": "Babs Jensen", "$ref": "https://example.com/v2/Users/2819c223", "value": "2819c223"}]);
    members(
        &json!([{"op": "add", "path": "members", "value": babs}]),
        &[Add(ids(&["2819c223"]))],
    );
    members(
        &json!([{"op": "remove", "path": "members[value eq \"2819c223\"]"}, {"op": "add", "path": "members", "value": babs}]),
        &[Remove(ids(&["2819c223"])), Add(ids(&["2819c223"]))],
    );
    members(&json!([{"op": "remove", "path": "members"}]), &[RemoveAll]);
    members(
        &json!([{"op": "replace", "path": "members", "value": babs}]),
        &[Replace(ids(&["2819c223"]))],
    );
    members(
        &json!([{"op": "remove", "path": "members"}, {"op": "add", "path": "members", "value": babs}]),
        &[RemoveAll, Add(ids(&["2819c223"]))],
    );
}

#[test]
fn what_providers_send_for_groups() {
    use MemberOperation::{Add, Remove, Replace};
    members(
        &json!([{"op": "remove", "path": "members[value eq \"89bb1940\"]"},
            {"op": "add", "path": "members", "value": [{"value": "23a35c27", "display": "a@x.io"}]}]),
        &[Remove(ids(&["89bb1940"])), Add(ids(&["23a35c27"]))],
    );
    members(
        &json!([{"op": "replace", "path": "members", "value": []}]),
        &[Replace(vec![])],
    );
    members(
        &json!([{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "id"}]}]),
        &[Remove(ids(&["id"]))],
    );
    members(
        &json!([{"op": "Add", "path": "Members", "value": "x"}]),
        &[Add(ids(&["x"]))],
    );
    members(
        &json!([{"op": "add", "value": {"members": ["x", {"value": "y"}, "x"]}}]),
        &[Add(ids(&["x", "y"]))],
    );
    members(
        &json!([{"op": "replace", "value": {"members": null}}]),
        &[Replace(vec![])],
    );
    members(
        &json!([{"op": "remove", "path": "members[value eq \"a\" or value eq \"b\"]"}]),
        &[Remove(ids(&["a", "b"]))],
    );
    members(
        &json!([{"op": "add", "path": "members[value eq \"a\"]", "value": {"value": "a"}}]),
        &[Add(ids(&["a"]))],
    );
    members(
        &json!([{"op": "replace", "path": "members[value eq \"a\"]", "value": {"value": "b"}}]),
        &[Remove(ids(&["a"])), Add(ids(&["b"]))],
    );
    // An empty list names nobody: it must not be taken for "all".
    members(
        &json!([{"op": "remove", "path": "members", "value": []}]),
        &[],
    );
    members(&json!([{"op": "add", "path": "members", "value": []}]), &[]);
    members(
        &json!([{"op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:Group:members", "value": ["x"]}]),
        &[Add(ids(&["x"]))],
    );
}

#[test]
fn the_value_of_a_member_stands_for_the_member() {
    use MemberOperation::{Add, Remove, Replace};
    let (a, b) = (ids(&["a"]), ids(&["b"]));
    members(
        &json!([{"op": "add", "path": "members.value", "value": "a"}]),
        &[Add(a.clone())],
    );
    members(
        &json!([{"op": "replace", "path": "members.value", "value": ["a"]}]),
        &[Replace(a.clone())],
    );
    members(
        &json!([{"op": "remove", "path": "members[value eq \"a\"].value"}]),
        &[Remove(a.clone())],
    );
    members(
        &json!([{"op": "replace", "path": "members[value eq \"a\"].value", "value": "b"}]),
        &[Remove(a.clone()), Add(b)],
    );
    // By nobody: it goes.
    members(
        &json!([{"op": "replace", "path": "members[value eq \"a\"]", "value": []}]),
        &[Remove(a)],
    );
    let refused = |operation: Value| {
        let refused = parse(ResourceType::Group, &json!([operation]));
        refused.expect_err("refused").detail
    };
    assert_eq!(
        refused(json!({"op": "remove", "path": "members.value"})),
        "Operation 1: \"members.value\" cannot be removed; to remove all members, use the path \"members\"."
    );
    assert_eq!(
        refused(json!({"op": "replace", "path": "members.display", "value": "A"})),
        "Operation 1: \"members.display\" is read-only; leave it out."
    );
    assert_eq!(
        refused(json!({"op": "replace", "path": "members.type", "value": "User"})),
        "Operation 1: \"members.type\" cannot be changed; add or remove the member instead."
    );
}

#[test]
fn members_are_bounded_over_all_operations() {
    let named = |counts: &[usize]| {
        let operation = |count: &usize| {
            let ids: Vec<_> = (0..*count).map(|id| id.to_string()).collect();
            json!({"op": "add", "path": "members", "value": ids})
        };
        let patch = parse(ResourceType::Group, &counts.iter().map(operation).collect());
        patch
            .map(|patch| patch.named_members())
            .map_err(|error| error.status)
    };
    let half = MAX_MEMBERS / 2;
    assert_eq!(named(&[half, half]), Ok(MAX_MEMBERS));
    assert_eq!(named(&[half, half, 1]), Err(413));
}

#[test]
fn okta_renames_a_group_without_path_and_echoes_its_id() {
    let patch = parse(
        ResourceType::Group,
        &json!([{"op": "replace", "value": {"id": "gid", "displayName": "New"}}]),
    );
    let mut document = Document::from_iter([("displayName".to_owned(), json!("Old"))]);
    patch.expect("valid").apply(&mut document).expect("applies");
    assert_eq!(Value::Object(document), json!({"displayName": "New"}));
}

#[test]
fn members_by_another_filter() {
    let patch = parse(
        ResourceType::Group,
        &json!([{"op": "remove", "path": "members[type eq \"User\" and value sw \"a\"]"}]),
    );
    let Ok([MemberOperation::RemoveWhere(filter)]) =
        patch.as_ref().map(|patch| patch.members.as_slice())
    else {
        panic!("{patch:?}");
    };
    let member = |id: &str| {
        json!({"value": id, "type": "User"})
            .as_object()
            .cloned()
            .expect("an object")
    };
    assert!(filter.matches(&member("abc")) && !filter.matches(&member("bc")));
}

#[test]
fn the_members_that_a_request_names_are_counted() {
    let operations = json!([
        {"op": "add", "path": "members", "value": [{"value": "a"}, {"value": "b"}]},
        {"op": "remove", "path": "members[value eq \"c\"]"},
        {"op": "remove", "path": "members[type eq \"User\"]"},
        {"op": "remove", "path": "members"},
        {"op": "replace", "path": "members", "value": [{"value": "a"}]},
    ]);
    let patch = parse(ResourceType::Group, &operations).expect("valid");
    assert_eq!(patch.named_members(), 4);
}
