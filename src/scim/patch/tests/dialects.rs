//! What is skipped for a named provider and refused to everybody else, and names without URN.

use super::*;
use crate::scim::ScimType;

fn lenient(resource: ResourceType, operations: &Value) -> Result<Patch, ScimError> {
    parse_as(Dialect::LENIENT, resource, operations)
}

#[test]
fn a_path_that_names_nothing_is_skipped_or_refused() {
    for path in [
        "colour",
        "name.colour",
        "emails.colour",
        "colour[type eq \"work\"].value",
        "colour[size gt 5 and not (a pr or b eq x)]",
        "emails[colour eq \"x\"].value",
        "emails[type eq \"work\"].colour",
        "urn:okta:custom:1.0:User:colour",
        "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User:tag",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:colour",
    ] {
        for verb in ["add", "Replace", "remove"] {
            let operations = json!([{"op": verb, "path": path, "value": "x"},
                {"op": "add", "path": "title", "value": "T"}]);
            let refused = patched(&json!({}), &operations).expect_err(path);
            assert_eq!(refused.scim_type, Some(ScimType::InvalidPath), "{path}");
            let patch = lenient(ResourceType::User, &operations).expect(path);
            let mut document = Document::new();
            patch.apply(&mut document).expect(path);
            assert_eq!(Value::Object(document), json!({"title": "T"}), "{path}");
        }
    }
}

#[test]
fn a_malformed_path_is_refused_to_everybody() {
    for path in [
        "colour[",
        "colour[a]",
        "colour[a eq]",
        "colour[a eq \"x]",
        "colour[(a pr]",
        "colour[not a pr]",
        "colour[a pr].",
        "colour] x",
        "colour..x",
        "colour.",
        "7up",
        "co/lour",
        "urn::x",
        "emails[type eq \"work\"].",
        "emails[primary eq 5].value",
        "title[value eq \"x\"]",
    ] {
        let operations = json!([{"op": "add", "path": path, "value": "x"}]);
        let refused = lenient(ResourceType::User, &operations).expect_err(path);
        assert_eq!(refused.scim_type, Some(ScimType::InvalidPath), "{path}");
    }
}

#[test]
fn members_without_an_id_are_skipped_or_refused() {
    let unusable =
        json!([{"display": "x"}, {"value": ""}, {"value": null}, " ", 7, {"value": "a"}]);
    let add = json!([{"op": "add", "path": "members", "value": unusable}]);
    assert!(parse(ResourceType::Group, &add).is_err());
    let patch = lenient(ResourceType::Group, &add).expect("skipped");
    assert_eq!(patch.members, [MemberOperation::Add(vec!["a".to_owned()])]);

    // A replacement without an id must not become a removal.
    for operation in [
        json!({"op": "replace", "path": "members[value eq \"a\"]", "value": {"display": "x"}}),
        json!({"op": "remove", "path": "members", "value": [{"display": "x"}]}),
    ] {
        let patch = lenient(ResourceType::Group, &json!([operation])).expect("skipped");
        assert_eq!(patch.members, [], "{operation}");
    }
    let nulls = json!([{"op": "add", "path": "members", "value": [null, {"value": "a"}]}]);
    let patch = parse(ResourceType::Group, &nulls).expect("nulls are no members");
    assert_eq!(patch.members, [MemberOperation::Add(vec!["a".to_owned()])]);
}

#[test]
fn an_attribute_of_an_extension_needs_no_urn_in_patch() {
    let urn = ENTERPRISE_USER;
    for (operation, after) in [
        (
            json!({"op": "add", "path": "manager", "value": "m"}),
            json!({urn: {"manager": {"value": "m"}}}),
        ),
        (
            json!({"op": "replace", "path": "Manager.value", "value": "m"}),
            json!({urn: {"manager": {"value": "m"}}}),
        ),
        (
            json!({"op": "replace", "value": {"department": "Tea"}}),
            json!({urn: {"department": "Tea"}}),
        ),
        (
            json!({"op": "add", "path": "identityAliases", "value": ["s,a"]}),
            json!({STRONGDM_USER: {"identityAliases": ["s,a"]}}),
        ),
        (
            json!({"op": "add", "path": "displayName", "value": "D"}),
            json!({"displayName": "D"}),
        ),
    ] {
        gives(&json!({}), &json!([operation]), &after);
    }
}

#[test]
fn an_empty_list_is_as_absent_as_null() {
    let before = json!({"active": false, "title": "T", "emails": [{"value": "w", "primary": true}],
        ENTERPRISE_USER: {"department": "Tea"}});
    let without = |name: &str| {
        let mut after = before.clone();
        after.as_object_mut().expect("an object").remove(name);
        after
    };
    for value in [json!(null), json!([])] {
        for name in ["active", "title", "emails", ENTERPRISE_USER] {
            let by_path = json!([{"op": "replace", "path": name, "value": value}]);
            gives(&before, &by_path, &without(name));
            let in_value = json!([{"op": "replace", "value": {name: value}}]);
            gives(&before, &in_value, &without(name));
            let added = json!([{"op": "add", "path": name, "value": value}]);
            gives(&before, &added, &before);
        }
        let primary =
            json!([{"op": "replace", "path": "emails[value eq \"w\"].primary", "value": value}]);
        let mut after = before.clone();
        after["emails"] = json!([{"value": "w"}]);
        gives(&before, &primary, &after);
    }
}
