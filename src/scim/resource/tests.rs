//! What is taken of a resource, what is left out, and what is refused.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::scim::schema::{CORE_USER, ENTERPRISE_USER, STRONGDM_USER};

fn user(value: &Value) -> Result<UserAttributes, String> {
    UserAttributes::from_document(value.as_object().expect("an object"))
        .map_err(|error| error.detail)
}

fn group(value: &Value) -> Result<GroupAttributes, String> {
    GroupAttributes::from_document(value.as_object().expect("an object"))
        .map_err(|error| error.detail)
}

#[test]
fn the_user_that_okta_creates() {
    let taken = user(&json!({
        "schemas": [CORE_USER], "userName": "a@x.io",
        "name": {"givenName": "A", "familyName": "B"},
        "emails": [{"primary": true, "value": "a@x.io", "type": "work"}],
        "displayName": "A B", "locale": "en-US", "externalId": "00ujl29u0le5T6Aj10h7", "groups": [],
        "password": "1mz050nq", "active": true,
    }))
    .expect("valid");
    assert_eq!(taken.user_name, "a@x.io");
    assert_eq!(taken.active, Some(true));
    assert_eq!(taken.external_id.as_deref(), Some("00ujl29u0le5T6Aj10h7"));
    assert_eq!(
        Value::Object(taken.other.clone()),
        json!({
            "name": {"givenName": "A", "familyName": "B"},
            "emails": [{"primary": true, "value": "a@x.io", "type": "work"}],
            "displayName": "A B", "locale": "en-US",
        })
    );
    assert!(!format!("{taken:?}").contains("1mz050nq"));
}

#[test]
fn names_become_canonical_and_the_rest_is_left_out() {
    let taken = user(&json!({
        "USERNAME": "a@x.io", "ACTIVE": "False", "id": "x", "META": {"a": 1}, "groups": [{"value": 1}],
        "favouriteColour": {"deep": [1]}, "title": "", "nickName": null, "ims": [], "photos": [null],
        "addresses": [{}, {"Country": "DE", "moon": 1}],
        "NAME": {"GIVENNAME": "A", "Formatted": "stale", "other": 1},
        "emails": "a@x.io", "phoneNumbers": ["1", {"VALUE": "2", "primary": "TRUE"}],
        "urn:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:User":
            {"MANAGER": "m1", "employeenumber": "7", "unknown": 1},
        "urn:ietf:params:scim:schemas:extension:strongdm:2.0:User": {"identityAliases": ["s,a"]},
        "urn:example:unknown:2.0:User": {"a": 1},
    }))
    .expect("valid");
    assert_eq!(taken.active, Some(false));
    assert_eq!(
        Value::Object(taken.other),
        json!({
            "title": "", "addresses": [{"country": "DE"}],
            "name": {"givenName": "A", "formatted": "stale"},
            "emails": [{"value": "a@x.io"}],
            "phoneNumbers": [{"value": "1"}, {"value": "2", "primary": true}],
            ENTERPRISE_USER: {"manager": {"value": "m1"}, "employeeNumber": "7"},
            STRONGDM_USER: {"identityAliases": ["s,a"]},
        })
    );
}

#[test]
fn the_managers_name_is_read_only() {
    let taken = user(&json!({
        "userName": "a", ENTERPRISE_USER: {"manager": {"value": "m", "displayName": "M", "$ref": null}},
    }))
    .expect("valid");
    assert_eq!(
        taken.other[ENTERPRISE_USER],
        json!({"manager": {"value": "m"}})
    );
    let taken = user(&json!({"userName": "a", ENTERPRISE_USER: {"manager": {"displayName": "M"}}}));
    assert!(taken.expect("valid").other.is_empty());
}

#[test]
fn refusals_name_the_attribute() {
    let long = "x".repeat(MAX_NAME_CHARACTERS + 1);
    let huge = "x".repeat(value::MAX_STRING_BYTES + 1);
    let many = vec!["1"; value::MAX_VALUES + 1];
    for (given, expected) in [
        (json!({}), "\"userName\" is required; send it as a string."),
        (
            json!({"userName": null}),
            "\"userName\" is required; send it as a string.",
        ),
        (
            json!({"userName": " "}),
            "\"userName\" is blank; it must hold a name.",
        ),
        (
            json!({"userName": 7}),
            "\"userName\" must be a string, not a number.",
        ),
        (
            json!({"userName": long}),
            "\"userName\" is longer than 1024 characters; shorten it.",
        ),
        (
            json!({"userName": "a\nb"}),
            "\"userName\" holds a control character (\"a\u{fffd}b\"); remove it.",
        ),
        (
            json!({"userName": "a", "active": "maybe"}),
            "\"active\" must be true or false, not a string.",
        ),
        (
            json!({"userName": "a", "active": 1}),
            "\"active\" must be true or false, not a number.",
        ),
        (
            json!({"userName": "a", "emails": [{"value": "a", "primary": "yes"}]}),
            "\"emails[0].primary\" must be true or false, not a string.",
        ),
        (
            json!({"userName": "a", "emails": [{"value": "a", "primary": true}, {"value": "b", "primary": "true"}]}),
            "\"emails\" has more than one value with \"primary\": true; at most one can be primary.",
        ),
        (
            json!({"userName": "a", "emails": [1]}),
            "\"emails[0]\" must be an object, not a number.",
        ),
        (
            json!({"userName": "a", "addresses": ["x"]}),
            "\"addresses[0]\" must be an object, not a string.",
        ),
        (
            json!({"userName": "a", "name": "A B"}),
            "\"name\" must be an object, not a string.",
        ),
        (
            json!({"userName": "a", "name": [{}]}),
            "\"name\" must be an object, not an array.",
        ),
        (
            json!({"userName": "a", "name": {"givenName": {}}}),
            "\"name.givenName\" must be a string, not an object.",
        ),
        (
            json!({"userName": "a", "externalId": 5}),
            "\"externalId\" must be a string, not a number.",
        ),
        (
            json!({"userName": "a", "externalId": "e".repeat(MAX_ID_CHARACTERS + 1)}),
            "\"externalId\" is longer than 1024 characters; shorten it.",
        ),
        (
            json!({"userName": "a", "title": huge}),
            "\"title\" is longer than 65536 bytes; shorten it.",
        ),
        (
            json!({"userName": "a", "roles": many}),
            "\"roles\" has 1001 values; at most 1000 are accepted.",
        ),
        (
            json!({"userName": "a", ENTERPRISE_USER: "x"}),
            "\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\" must be an object, not a string.",
        ),
        (
            json!({"userName": "a", STRONGDM_USER: {"identityAliases": [1]}}),
            "\"urn:ietf:params:scim:schemas:extension:strongdm:2.0:User:identityAliases[0]\" must be a string, not a number.",
        ),
    ] {
        assert_eq!(user(&given), Err(expected.to_owned()));
    }
}

#[test]
fn cleared_values_are_absent_except_where_that_would_reactivate() {
    let taken = user(&json!({
        "userName": "a", "name": "", "emails": "", "addresses": [""], "roles": [], "title": "",
        ENTERPRISE_USER: {"manager": "", "department": ""}, STRONGDM_USER: {"identityAliases": [""]},
    }))
    .expect("valid");
    assert_eq!(
        Value::Object(taken.other),
        json!({"title": "", ENTERPRISE_USER: {"department": ""}})
    );
    assert!(user(&json!({"userName": "a", "active": ""})).is_err());
    let none = json!({"userName": "a", "active": [], "name": {"givenName": []}, "title": [],
        "externalId": [], "emails": [{"value": "e", "primary": [], "type": null}, null],
        ENTERPRISE_USER: []});
    let taken = user(&none).expect("an empty list is as absent as null");
    assert_eq!((taken.active, taken.external_id), (None, None));
    assert_eq!(
        Value::Object(taken.other),
        json!({"emails": [{"value": "e"}]})
    );
    assert_eq!(
        user(&json!({"userName": "a", "title": "a\u{0}b"})),
        Err("\"title\" holds a NUL character; remove it.".to_owned())
    );
}

#[test]
fn a_dotted_name_is_no_attribute_of_a_resource() {
    let taken = user(&json!({"userName": "a", "name.givenName": "A", "emails.value": "a@x.io"}));
    assert!(taken.expect("valid").other.is_empty());
}

#[test]
fn an_empty_external_id_is_none() {
    let taken = user(&json!({"userName": "a", "externalId": ""})).expect("valid");
    assert_eq!(taken.external_id, None);
}

#[test]
fn groups_and_their_members() {
    let taken = group(&json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group",
            "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group": {"x": 1},
        "DISPLAYNAME": "Ops", "externalId": "e", "meta": {"resourceType": "Group"},
        "Members": [{"VALUE": "b", "display": "B"}, {"value": "a", "$ref": null}, "c", {"value": "b"}],
    }))
    .expect("valid");
    assert_eq!(taken.display_name, "Ops");
    assert_eq!(
        taken.members.as_deref(),
        Some(&["b", "a", "c"].map(str::to_owned)[..])
    );
    assert!(taken.other.is_empty());
    assert_eq!(
        Value::Object(taken.to_document()),
        json!({"displayName": "Ops", "externalId": "e"})
    );

    let members =
        |value| group(&json!({"displayName": "G", "members": value})).map(|group| group.members);
    assert_eq!(members(json!(null)), Ok(None));
    assert_eq!(members(json!([])), Ok(Some(Vec::new())));
    assert_eq!(
        members(json!({"value": "a"})),
        Ok(Some(vec!["a".to_owned()]))
    );
    for (given, expected) in [
        (
            json!([{"display": "B"}]),
            "\"members[0].value\" is missing; it must be the id of the member.",
        ),
        (
            json!(["a", {"value": null}]),
            "\"members[1].value\" is missing; it must be the id of the member.",
        ),
        (
            json!([{"value": 7}]),
            "\"members[0].value\" must be a string, not a number.",
        ),
        (json!([7]), "\"members[0]\" must be a string, not a number."),
        (
            json!([" "]),
            "\"members[0]\" is empty; it must be the id of the member.",
        ),
        (
            json!([{"value": "x".repeat(MAX_ID_CHARACTERS + 1)}]),
            "\"members[0].value\" is longer than 1024 characters; it must be the id of the member.",
        ),
        (
            json!(["a", "x\0"]),
            "\"members[1]\" holds a NUL character; it must be the id of the member.",
        ),
    ] {
        assert_eq!(members(given), Err(expected.to_owned()));
    }
    let nulls = json!([null, "a", null]);
    assert_eq!(members(nulls), Ok(Some(vec!["a".to_owned()])));
    let strays = json!({"displayName": "G", "members": [{"display": "B"}, {"value": ""}, 7, "a"]});
    let skipped = GroupAttributes::from_push(strays.as_object().unwrap(), Strays::Skipped);
    assert_eq!(skipped.unwrap().members, Some(vec!["a".to_owned()]));
    assert_eq!(
        group(&json!({"members": []})),
        Err("\"displayName\" is required; send it as a string.".to_owned())
    );
}

#[test]
fn too_many_members_are_refused() {
    let mut many: Vec<_> = (0..=MAX_MEMBERS)
        .map(|index| Value::from(index.to_string()))
        .collect();
    let refused = member_ids(&Value::from(many.clone()), "members", Strays::Refused);
    assert_eq!(refused.expect_err("refused").status, 413);
    many.pop();
    let taken = member_ids(&Value::from(many), "members", Strays::Refused);
    assert_eq!(taken.map(|ids| ids.len()), Ok(MAX_MEMBERS));
}

/// JSON that resembles users and groups closely enough to reach everything.
pub(in crate::scim) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(&["", "x", "True", "false", "work", "a@x.io", "add", "replace", "remove"][..])
            .prop_map(Value::from),
        prop::sample::select(&[
            "members", "emails", "emails.value", "name", "name.givenName", "userName", "id", "active",
            "emails[type eq \"work\"]", "emails[type eq \"work\"].value", "members[value eq \"x\"]",
            "emails[primary eq true].primary", ENTERPRISE_USER, CORE_USER, "externalId", "password",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
            "urn:ietf:params:scim:schemas:extension:strongdm:2.0:User:identityAliases[value eq \"x\"]",
        ][..])
        .prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        let name = prop_oneof![
            4 => prop::sample::select(&[
                "userName", "DISPLAYNAME", "externalId", "active", "name", "givenName", "emails", "value",
                "type", "primary", "members", "addresses", "manager", "identityAliases", "groups", "id",
                ENTERPRISE_USER, STRONGDM_USER, CORE_USER, "Operations", "op", "path", "schemas",
                "name.givenName", "emails[type eq \"work\"].value", "password",
            ][..]).prop_map(str::to_owned),
            1 => ".{0,6}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

#[test]
fn outer_space_of_a_unique_name_is_dropped() {
    let mut document = Document::new();
    document.insert("userName".to_owned(), " Ann@x.io\u{a0}".into());
    document.insert("displayName".to_owned(), "\u{2003}Data Team ".into());
    let user = UserAttributes::from_document(&document).map(|user| user.user_name);
    assert_eq!(user, Ok("Ann@x.io".to_owned()));
    let group = GroupAttributes::from_document(&document).map(|group| group.display_name);
    assert_eq!(group, Ok("Data Team".to_owned()));
}

proptest! {
    #[test]
    fn what_was_taken_is_taken_again_unchanged(mut value in any_json(), name in "[a-z]{1,5}") {
        if let Value::Object(document) = &mut value {
            document.insert("userName".to_owned(), name.clone().into());
            if let Ok(taken) = UserAttributes::from_document(document) {
                prop_assert_eq!(UserAttributes::from_document(&taken.to_document()), Ok(taken));
            }
            document.insert("displayName".to_owned(), name.into());
            if let Ok(mut taken) = GroupAttributes::from_document(document) {
                taken.members = None;
                prop_assert_eq!(GroupAttributes::from_document(&taken.to_document()), Ok(taken));
            }
        }
    }
}
