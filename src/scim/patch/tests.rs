//! PATCH tables: the examples of the RFC, every dialect that providers speak, every refusal.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::scim::Strays;
use crate::scim::resource::UserAttributes;
use crate::scim::schema::{CORE_USER, ENTERPRISE_USER, STRONGDM_USER};

mod dialects;
mod echoes;
mod members;
mod refusals;
mod same;

fn parse(resource: ResourceType, operations: &Value) -> Result<Patch, ScimError> {
    let strays = Strays::Refused;
    parse_as(
        Dialect {
            strays,
            ..Dialect::LENIENT
        },
        resource,
        operations,
    )
}

fn parse_as(
    dialect: Dialect,
    resource: ResourceType,
    operations: &Value,
) -> Result<Patch, ScimError> {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations,
    });
    Patch::parse(resource, body.as_object().expect("an object"), dialect)
}

fn patched(before: &Value, operations: &Value) -> Result<Value, ScimError> {
    let mut document = before.as_object().cloned().expect("an object");
    let patch = parse(ResourceType::User, operations)?;
    patch.check_echoes(&document)?;
    patch.apply(&mut document)?;
    Ok(Value::Object(document))
}

#[track_caller]
fn gives(before: &Value, operations: &Value, after: &Value) {
    match patched(before, operations) {
        Ok(document) => assert_eq!(document, *after, "{operations}"),
        Err(error) => panic!("{operations}: {error}"),
    }
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
