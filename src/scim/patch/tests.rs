//! PATCH tables: the examples of the RFC, every dialect that providers speak, every refusal.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::scim::schema::{CORE_USER, ENTERPRISE_USER, STRONGDM_USER};
use crate::scim::{ScimType, resource::UserAttributes};

fn parse(resource: ResourceType, operations: &Value) -> Result<Patch, ScimError> {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations,
    });
    Patch::parse(
        resource,
        body.as_object().expect("an object"),
        Literals::BareWords,
    )
}

fn patched(before: &Value, operations: &Value) -> Result<Value, ScimError> {
    let mut document = before.as_object().cloned().expect("an object");
    parse(ResourceType::User, operations)?.apply(&mut document)?;
    Ok(Value::Object(document))
}

#[track_caller]
fn gives(before: &Value, operations: &Value, after: &Value) {
    match patched(before, operations) {
        Ok(document) => assert_eq!(document, *after, "{operations}"),
        Err(error) => panic!("{operations}: {error}"),
    }
}

#[track_caller]
fn members(operations: &Value, expected: &[MemberOperation]) {
    let patch = parse(ResourceType::Group, operations).expect("valid");
    assert_eq!(patch.members, expected, "{operations}");
    assert!(patch.attributes.is_empty());
}

fn ids(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn work_and_home() -> Value {
    json!({"userName": "a", "emails": [
        {"value": "w@x.io", "type": "work", "primary": true}, {"value": "h@x.io", "type": "home"}]})
}

#[test]
fn the_examples_of_the_rfc_for_users() {
    // §3.5.2.1: adding without path, with one attribute there and one not.
    gives(
        &json!({"userName": "a"}),
        &json!([{"op": "add", "value": {"emails": [{"value": "babs@jensen.org", "type": "home"}], "nickname": "Babs"}}]),
        &json!({"userName": "a", "emails": [{"value": "babs@jensen.org", "type": "home"}], "nickName": "Babs"}),
    );
    let before = json!({"userName": "a", "addresses": [
        {"type": "work", "streetAddress": "Old", "locality": "X", "primary": true}, {"type": "home", "country": "DE"}]});
    // §3.5.2.3: replacing the value that a filter selects.
    let work = json!({"type": "work", "streetAddress": "911 Universal City Plaza", "locality": "Hollywood",
        "region": "CA", "postalCode": "91608", "country": "US", "primary": true});
    gives(
        &before,
        &json!([{"op": "replace", "path": "addresses[type eq \"work\"]", "value": work}]),
        &json!({"userName": "a", "addresses": [work, {"type": "home", "country": "DE"}]}),
    );
    gives(
        &before,
        &json!([{"op": "replace", "path": "addresses[type eq \"work\"].streetAddress", "value": "1010 Broadway Ave"}]),
        &json!({"userName": "a", "addresses": [
            {"type": "work", "streetAddress": "1010 Broadway Ave", "locality": "X", "primary": true}, {"type": "home", "country": "DE"}]}),
    );
    // §3.5.2.2: removing by a filter of two parts.
    gives(
        &work_and_home(),
        &json!([{"op": "remove", "path": "emails[type eq \"work\" and value ew \"x.io\"]"}]),
        &json!({"userName": "a", "emails": [{"value": "h@x.io", "type": "home"}]}),
    );
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
fn what_providers_send_for_users() {
    let urn = ENTERPRISE_USER;
    let before = json!({"userName": "a", "active": true});
    for operations in [
        json!([{"op": "replace", "value": {"active": false}}]),
        json!([{"op": "Replace", "path": "active", "value": "False"}]),
        json!([{"op": "replace", "path": "active", "value": false}]),
        json!([{"op": "Add", "value": {"ACTIVE": "false", "id": "x", "groups": [], "schemas": [], "password": "p", "what": 1}}]),
        json!([{"op": "add", "path": CORE_USER, "value": {"active": false}}]),
        json!([{"op": "replace", "value": {CORE_USER: {"active": false}}}]),
        json!([{"op": "replace", "path": "", "value": {"active": false}}, {"op": "replace", "path": "password", "value": "p"}]),
    ] {
        gives(
            &before,
            &operations,
            &json!({"userName": "a", "active": false}),
        );
    }
    let plain = json!({"userName": "a"});
    for operations in [
        json!([{"op": "Add", "value": {"name.givenName": "K", format!("{urn}:employeeNumber"): "A"}}]),
        json!([{"op": "Add", "path": "name.givenName", "value": "K"}, {"op": "Replace", "path": format!("{urn}:employeeNumber"), "value": "A"}]),
        json!([{"op": "replace", "value": {"name": {"givenName": "K"}, urn: {"EmployeeNumber": "A", "other": 1}}}]),
        json!([{"op": "add", "path": "name", "value": {"givenName": "K"}}, {"op": "add", "path": urn, "value": {"employeeNumber": "A"}}]),
    ] {
        gives(
            &plain,
            &operations,
            &json!({"userName": "a", "name": {"givenName": "K"}, urn: {"employeeNumber": "A"}}),
        );
    }
    let managed = json!({"userName": "a", urn: {"manager": {"value": "m"}}});
    for operations in [
        json!([{"op": "Add", "path": format!("{urn}:manager"), "value": "m"}]),
        json!([{"op": "Replace", "path": format!("{urn}:manager"), "value": {"value": "m", "displayName": "M"}}]),
        json!([{"op": "Replace", "path": format!("{urn}:manager"), "value": [{"value": "m"}]}]),
        json!([{"op": "Add", "path": format!("{urn}:manager.value"), "value": "m"}]),
    ] {
        if operations[0]["value"].is_array() {
            assert!(patched(&plain, &operations).is_err());
        } else {
            gives(&plain, &operations, &managed);
        }
    }
    gives(
        &managed,
        &json!([{"op": "Remove", "path": format!("{urn}:manager")}]),
        &plain,
    );
    gives(
        &managed,
        &json!([{"op": "replace", "path": format!("{urn}:manager"), "value": null}]),
        &plain,
    );
    gives(&managed, &json!([{"op": "remove", "path": urn}]), &plain);
    gives(
        &managed,
        &json!([{"op": "remove", "path": format!("{urn}:manager.value")}]),
        &plain,
    );
    gives(
        &plain,
        &json!([{"op": "replace", "value": {STRONGDM_USER: {"identityAliases": ["rdp-set,alice-rdp-alias"]}}}]),
        &json!({"userName": "a", STRONGDM_USER: {"identityAliases": ["rdp-set,alice-rdp-alias"]}}),
    );
}

#[test]
fn a_filter_with_a_part_creates_the_value_that_it_describes() {
    for verb in ["add", "Replace"] {
        for (path, value, after) in [
            (
                "emails[type eq \"work\"].value",
                json!("w"),
                json!([{"value": "w", "type": "work"}]),
            ),
            (
                "emails[type eq work].value",
                json!("w"),
                json!([{"value": "w", "type": "work"}]),
            ),
            (
                "emails[type eq \"work\" and primary eq true].value",
                json!("w"),
                json!([{"value": "w", "type": "work", "primary": true}]),
            ),
            (
                "emails[type eq \"work\"]",
                json!({"value": "w"}),
                json!([{"value": "w", "type": "work"}]),
            ),
            (
                "emails[type eq \"work\"]",
                json!([{"value": "w"}]),
                json!([{"value": "w", "type": "work"}]),
            ),
        ] {
            gives(
                &json!({"userName": "a"}),
                &json!([{"op": verb, "path": path, "value": value}]),
                &json!({"userName": "a", "emails": after}),
            );
        }
        gives(
            &work_and_home(),
            &json!([{"op": verb, "path": "emails[type eq \"work\"].value", "value": "new"}]),
            &json!({"userName": "a", "emails": [
                {"value": "new", "type": "work", "primary": true}, {"value": "h@x.io", "type": "home"}]}),
        );
    }
    gives(
        &work_and_home(),
        &json!([{"op": "replace", "path": "emails[type eq \"work\"]", "value": {"value": "new"}}]),
        &json!({"userName": "a", "emails": [{"value": "new", "type": "work"}, {"value": "h@x.io", "type": "home"}]}),
    );
}

#[test]
fn lists_grow_without_doubles_and_with_one_primary() {
    let before = work_and_home();
    gives(
        &before,
        &json!([{"op": "add", "path": "emails", "value": [{"value": "W@X.io", "type": "work"}]}]),
        &json!({"userName": "a", "emails": [
            {"value": "W@X.io", "type": "work", "primary": true}, {"value": "h@x.io", "type": "home"}]}),
    );
    gives(
        &before,
        &json!([{"op": "add", "path": "emails", "value": {"value": "n@x.io", "primary": true}}]),
        &json!({"userName": "a", "emails": [{"value": "w@x.io", "type": "work", "primary": false},
            {"value": "h@x.io", "type": "home"}, {"value": "n@x.io", "primary": true}]}),
    );
    gives(
        &before,
        &json!([{"op": "replace", "path": "emails[type eq \"home\"].primary", "value": "True"}]),
        &json!({"userName": "a", "emails": [{"value": "w@x.io", "type": "work", "primary": false},
            {"value": "h@x.io", "type": "home", "primary": true}]}),
    );
    gives(
        &before,
        &json!([{"op": "replace", "path": "emails.type", "value": "other"}]),
        &json!({"userName": "a", "emails": [
            {"value": "w@x.io", "type": "other", "primary": true}, {"value": "h@x.io", "type": "other"}]}),
    );
    gives(
        &json!({"userName": "a"}),
        &json!([{"op": "replace", "path": "emails.value", "value": "x"}]),
        &json!({"userName": "a", "emails": [{"value": "x"}]}),
    );
    gives(
        &before,
        &json!([{"op": "Remove", "path": "emails", "value": [{"value": "H@x.io"}]}]),
        &json!({"userName": "a", "emails": [{"value": "w@x.io", "type": "work", "primary": true}]}),
    );
    for cleared in [
        json!([{"op": "remove", "path": "emails"}]),
        json!([{"op": "replace", "path": "emails", "value": []}]),
        json!([{"op": "replace", "value": {"emails": null}}]),
        json!([{"op": "remove", "path": "emails[type pr]"}]),
    ] {
        gives(&before, &cleared, &json!({"userName": "a"}));
    }
    let aliased =
        |aliases: Value| json!({"userName": "a", STRONGDM_USER: {"identityAliases": aliases}});
    let path = format!("{STRONGDM_USER}:identityAliases");
    gives(
        &aliased(json!(["s,a"])),
        &json!([{"op": "add", "path": path, "value": ["s,a", "t,b"]}]),
        &aliased(json!(["s,a", "t,b"])),
    );
    gives(
        &aliased(json!(["s,a", "t,b"])),
        &json!([{"op": "remove", "path": format!("{path}[value eq \"s,a\"]")}]),
        &aliased(json!(["t,b"])),
    );
    gives(
        &aliased(json!(["s,a"])),
        &json!([{"op": "remove", "path": path, "value": "s,a"}]),
        &json!({"userName": "a"}),
    );
}

#[test]
fn clearing_and_removing_what_is_not_there() {
    let before =
        json!({"userName": "a", "title": "T", "name": {"givenName": "A", "familyName": "B"}});
    gives(
        &before,
        &json!([{"op": "replace", "path": "title", "value": ""}]),
        &json!({"userName": "a", "title": "", "name": {"givenName": "A", "familyName": "B"}}),
    );
    gives(
        &before,
        &json!([{"op": "replace", "value": {"title": null, "name": {"givenName": null}}}]),
        &json!({"userName": "a", "name": {"familyName": "B"}}),
    );
    gives(
        &before,
        &json!([{"op": "replace", "path": "name", "value": {"middleName": "M"}}]),
        &json!({"userName": "a", "title": "T", "name": {"givenName": "A", "familyName": "B", "middleName": "M"}}),
    );
    for nothing in [
        json!([{"op": "remove", "path": "nickName"}]),
        json!([{"op": "remove", "path": "emails[type eq \"work\"]"}]),
        json!([{"op": "remove", "path": "emails.type"}]),
        json!([{"op": "remove", "path": ENTERPRISE_USER}]),
        json!([{"op": "remove", "path": format!("{ENTERPRISE_USER}:manager.value")}]),
        json!([{"op": "add", "value": {"unknown": 1, "name.unknown": 2, "emails[bad": 3}}]),
        json!([{"op": "replace", "path": "name", "value": {}}]),
    ] {
        gives(&before, &nothing, &before);
    }
}

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
            json!({"op": "replace", "path": "schemas", "value": []}),
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
            Literals::Quoted,
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
    let many = vec![json!({"op": "add", "path": "title", "value": "x"}); MAX_OPERATIONS + 1];
    assert_eq!(refused(&json!({"OPERATIONS": many})).status, 413);
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

proptest! {
    #[test]
    fn no_body_makes_it_panic_and_results_stay_valid(
        operations in prop::collection::vec((
            prop::sample::select(&["add", "Replace", "remove"][..]),
            prop::option::of(prop::sample::select(&[
                "emails", "emails.value", "name", "name.givenName", "active", "members", "addresses",
                "emails[type eq \"work\"]", "emails[type eq \"work\"].value", "members[value eq \"x\"]",
                "emails[primary eq true].primary", ENTERPRISE_USER, CORE_USER, "emails[value pr].primary",
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
                "urn:ietf:params:scim:schemas:extension:strongdm:2.0:User:identityAliases[value eq \"x\"]",
            ][..])),
            crate::scim::resource::tests::any_json(),
        ), 1..6),
        stray in crate::scim::resource::tests::any_json(),
    ) {
        let mut list: Vec<_> = operations
            .into_iter()
            .map(|(verb, path, value)| json!({"op": verb, "path": path, "value": value}))
            .collect();
        for operations in [Value::Array(list.clone()), stray.clone(), { list.push(stray); Value::Array(list) }] {
            let _ = parse(ResourceType::Group, &operations);
            let mut document = work_and_home().as_object().cloned().unwrap_or_default();
            if let Ok(patch) = parse(ResourceType::User, &operations)
                && patch.apply(&mut document).is_ok()
            {
                let taken = UserAttributes::from_document(&document);
                prop_assert!(taken.is_ok() || document["userName"].as_str().is_none_or(|name| name.trim().is_empty()
                    || name.chars().any(char::is_control)), "{:?} {:?}", taken, document);
            }
        }
    }
}
