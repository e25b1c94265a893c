//! What is refused, and in what words.

use super::*;
use crate::scim::ScimType;

#[test]
fn refusals_name_the_operation() {
    use ScimType::{InvalidPath, InvalidSyntax, InvalidValue, Mutability, NoTarget};
    for (operation, scim_type, detail) in [
        (
            json!({"op": "move", "path": "title"}),
            InvalidSyntax,
            "\"op\" must be add, replace or remove, not \"move\".",
        ),
        (
            json!({"path": "title"}),
            InvalidSyntax,
            "\"op\" is missing; it must be add, replace or remove.",
        ),
        (
            json!({"op": 1}),
            InvalidSyntax,
            "\"op\" must be add, replace or remove, not a number.",
        ),
        (
            json!(7),
            InvalidSyntax,
            "it must be an object with \"op\", not a number.",
        ),
        (
            json!({"op": "add", "path": "title"}),
            InvalidValue,
            "\"value\" is missing; only \"remove\" goes without.",
        ),
        (
            json!({"op": "add", "path": 1, "value": 1}),
            InvalidPath,
            "\"path\" must be a string, not a number.",
        ),
        (
            json!({"op": "remove"}),
            NoTarget,
            "\"remove\" needs a \"path\" that says what to remove.",
        ),
        (
            json!({"op": "add", "value": "x"}),
            InvalidValue,
            "without \"path\", \"value\" must be an object of attributes, not a string.",
        ),
        (
            json!({"op": "add", "path": "colour", "value": "x"}),
            InvalidPath,
            "The path is not valid at character 1: there is no attribute \"colour\".",
        ),
        (
            json!({"op": "add", "path": "emails[type eq]", "value": "x"}),
            InvalidPath,
            "The path is not valid at character 15: expected a value, found \"]\".",
        ),
        (
            json!({"op": "add", "path": "emails[type pr] x", "value": "x"}),
            InvalidPath,
            "The path is not valid at character 17: expected the end of the path, found \"x\".",
        ),
        (
            json!({"op": "replace", "path": "id", "value": "x"}),
            Mutability,
            "\"id\" is read-only; leave it out.",
        ),
        (
            json!({"op": "add", "path": "meta.version", "value": "x"}),
            Mutability,
            "\"meta.version\" is read-only; leave it out.",
        ),
        (
            json!({"op": "remove", "path": "groups[value eq \"x\"]"}),
            Mutability,
            "\"groups\" is read-only; leave it out.",
        ),
        (
            json!({"op": "replace", "path": "groups[value eq \"x\"].value", "value": "x"}),
            Mutability,
            "\"groups.value\" is read-only; leave it out.",
        ),
        (
            json!({"op": "replace", "path": format!("{ENTERPRISE_USER}:manager.displayName"), "value": "M"}),
            Mutability,
            "\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName\" is read-only; leave it out.",
        ),
        (
            json!({"op": "replace", "path": "schemas", "value": ["x"]}),
            Mutability,
            "\"schemas\" is read-only; leave it out.",
        ),
        (
            json!({"op": "remove", "path": "userName"}),
            Mutability,
            "\"userName\" is required and cannot be removed; replace it instead.",
        ),
        (
            json!({"op": "replace", "value": {"userName": null}}),
            Mutability,
            "\"userName\" is required and cannot be removed; replace it instead.",
        ),
        (
            json!({"op": "replace", "path": "active", "value": "maybe"}),
            InvalidValue,
            "\"active\" must be true or false, not a string.",
        ),
        (
            json!({"op": "replace", "path": "emails[type eq \"x\" or type eq \"y\"].value", "value": "v"}),
            NoTarget,
            "no value of \"emails\" matches [type eq \"x\" or type eq \"y\"], so there is nothing to change.",
        ),
        (
            json!({"op": "replace", "path": "emails[value eq \"old\"].value", "value": "new"}),
            NoTarget,
            "no value of \"emails\" matches [value eq \"old\"], so there is nothing to change.",
        ),
    ] {
        let operations = json!([{"op": "add", "path": "title", "value": "T"}, operation]);
        let error =
            patched(&json!({"userName": "a"}), &operations).expect_err(&operations.to_string());
        assert_eq!(error.detail, format!("Operation 2: {detail}"));
        assert_eq!(error.scim_type, Some(scim_type), "{detail}");
        assert_eq!(error.status, 400);
    }
    let group = parse(
        ResourceType::Group,
        &json!([{"op": "replace", "path": "members[value eq \"x\"].display", "value": "X"}]),
    );
    assert_eq!(group.expect_err("refused").scim_type, Some(Mutability));
    let group = parse(
        ResourceType::Group,
        &json!([{"op": "remove", "path": "displayName"}]),
    );
    assert_eq!(group.expect_err("refused").scim_type, Some(Mutability));
    let group = parse(
        ResourceType::Group,
        &json!([{"op": "add", "path": "members", "value": [{"display": "x"}]}]),
    );
    assert_eq!(
        group.expect_err("refused").detail,
        "Operation 1: \"members[0].value\" is missing; it must be the id of the member."
    );
}

#[test]
fn bodies_without_operations_and_with_too_many() {
    let refused = |body: &Value| {
        Patch::parse(
            ResourceType::User,
            body.as_object().expect("an object"),
            Dialect::STRICT,
        )
        .expect_err("refused")
    };
    assert_eq!(
        refused(&json!({})).detail,
        "\"Operations\" is missing; a PATCH needs an array of operations."
    );
    assert_eq!(
        refused(&json!({"operations": []})).detail,
        "\"Operations\" is empty; a PATCH needs at least one operation."
    );
    assert_eq!(
        refused(&json!({"Operations": {}})).detail,
        "\"Operations\" must be an array of operations, not an object."
    );
    let mut many = vec![json!({"op": "add", "path": "title", "value": "x"}); MAX_OPERATIONS + 1];
    assert_eq!(refused(&json!({"OPERATIONS": many})).status, 413);
    many.pop();
    let taken = parse(ResourceType::User, &many.into());
    assert_eq!(
        taken.map(|patch| patch.attributes.len()),
        Ok(MAX_OPERATIONS)
    );
}

#[test]
fn the_work_of_filters_is_bounded_but_not_that_of_plain_ids() {
    let many = |path: &str| vec![json!({"op": "remove", "path": path}); MAX_FILTER_TERMS + 1];
    let refused =
        |resource, path| parse(resource, &many(path).into()).map_err(|error| error.status);
    assert_eq!(refused(ResourceType::User, "emails[type pr]"), Err(413));
    assert_eq!(refused(ResourceType::Group, "members[type pr]"), Err(413));
    assert!(refused(ResourceType::Group, "members[value eq \"x\"]").is_ok());
    let by_type = |times: usize| {
        let operation =
            json!({"op": "remove", "path": "members[type eq \"User\" and value sw \"x\"]"});
        parse(ResourceType::Group, &vec![operation; times].into()).map_err(|error| error.status)
    };
    assert!(by_type(MAX_MEMBER_FILTER_TERMS / 2).is_ok());
    assert_eq!(by_type(MAX_MEMBER_FILTER_TERMS / 2 + 1), Err(413));
}

#[test]
fn a_failed_patch_leaves_the_document_alone() {
    let patch = parse(
        ResourceType::User,
        &json!([{"op": "add", "path": "title", "value": "T"},
        {"op": "replace", "path": "emails[type pr].value", "value": "x"}]),
    );
    let mut document = Document::from_iter([("userName".to_owned(), json!("a"))]);
    let before = document.clone();
    assert!(patch.expect("valid").apply(&mut document).is_err());
    assert_eq!(document, before);
}

#[test]
fn the_work_of_lists_is_bounded() {
    let status = |operation: &Value, times: usize| {
        parse(ResourceType::User, &vec![operation.clone(); times].into())
            .map_err(|error| error.status)
            .map(|patch| patch.attributes.len())
    };
    let part = json!({"op": "replace", "path": "emails.display", "value": "x"});
    assert_eq!(status(&part, MAX_FILTER_TERMS), Ok(MAX_FILTER_TERMS));
    assert_eq!(status(&part, MAX_FILTER_TERMS + 1), Err(413));
    let values = vec![json!({"value": "a@x.io"}); 1_000];
    for verb in ["add", "remove"] {
        let listed = json!({"op": verb, "path": "emails", "value": values});
        assert_eq!(status(&listed, MAX_LISTED_VALUES / 1_000), Ok(5), "{verb}");
        assert_eq!(status(&listed, MAX_LISTED_VALUES / 1_000 + 1), Err(413));
    }
    let replaced = json!({"op": "replace", "path": "emails", "value": values});
    assert_eq!(status(&replaced, 6), Ok(6));
}

#[test]
fn no_operation_multiplies_what_it_was_sent() {
    let emails: Vec<_> = (0..1_000)
        .map(|n| json!({"value": n.to_string()}))
        .collect();
    let mut document = Document::from_iter([("emails".to_owned(), emails.into())]);
    let before = document.clone();
    for path in ["emails.display", "emails[value pr].display"] {
        let set = |value: String| {
            let operations = json!([{"op": "replace", "path": path, "value": value}]);
            parse(ResourceType::User, &operations).expect("valid")
        };
        assert!(set("x".repeat(100)).apply(&mut document.clone()).is_ok());
        let refused = set("x".repeat(60_000)).apply(&mut document);
        assert_eq!(refused.map_err(|error| error.status), Err(413), "{path}");
        assert_eq!(document, before, "{path}");
        // Not even for as long as the request takes.
        let operations = json!([{"op": "replace", "path": path, "value": "x".repeat(60_000)},
            {"op": "remove", "path": "emails"}]);
        let patch = parse(ResourceType::User, &operations).expect("valid");
        let refused = patch.apply(&mut document).expect_err("too much");
        assert!(refused.detail.starts_with("Operation 1: "), "{refused}");
    }
}

#[test]
fn a_resource_that_is_too_large_already_can_be_made_smaller() {
    let emails: Vec<_> = (0..20)
        .map(|n| json!({"value": n.to_string(), "display": "x".repeat(60_000)}))
        .collect();
    let document = Document::from_iter([("emails".to_owned(), emails.into())]);
    for (operations, allowed) in [
        (json!([{"op": "add", "path": "title", "value": "T"}]), false),
        (
            json!([{"op": "replace", "path": "emails[value eq \"1\"].display", "value": "y".repeat(60_000)}]),
            true,
        ),
        (
            json!([{"op": "add", "path": "emails[value eq \"1\"].type", "value": "work"}, {"op": "remove", "path": "emails"}]),
            false,
        ),
        // What is written once only counts at the end.
        (
            json!([{"op": "add", "path": "emails", "value": [{"value": "new"}]}, {"op": "remove", "path": "emails"}]),
            true,
        ),
        (
            json!([{"op": "add", "path": "name.givenName", "value": "N"}, {"op": "remove", "path": "emails"}]),
            true,
        ),
        (
            json!([{"op": "replace", "path": "emails[value eq \"1\"].display", "value": "y"}]),
            true,
        ),
        (
            json!([{"op": "remove", "path": "emails"}, {"op": "add", "path": "title", "value": "T"}]),
            true,
        ),
    ] {
        let patch = parse(ResourceType::User, &operations).expect("valid");
        let applied = patch.apply(&mut document.clone());
        assert_eq!(applied.is_ok(), allowed, "{operations}");
    }
}
