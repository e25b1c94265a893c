//! Which values of a list are the same, so that adding one again doubles nothing.

use super::*;
use crate::scim::resource::value::MAX_VALUES;

#[track_caller]
fn added(list: &str, before: &Value, value: &Value, after: &Value) {
    gives(
        &json!({"userName": "a", list: before}),
        &json!([{"op": "add", "path": list, "value": [value]}]),
        &json!({"userName": "a", list: after}),
    );
}

#[test]
fn what_is_added_again_is_not_doubled() {
    let address = json!({"type": "work", "locality": "Bonn"});
    let other = json!({"type": "work", "locality": "Rome"});
    for (list, before, value, after) in [
        // Without a sub-attribute `value`: equal or not.
        ("addresses", json!([address]), &address, json!([address])),
        (
            "addresses",
            json!([address]),
            &other,
            json!([address, other]),
        ),
        // Of one that lacks its `value`, too.
        (
            "emails",
            json!([{"type": "work"}]),
            &json!({"type": "work"}),
            json!([{"type": "work"}]),
        ),
        (
            "emails",
            json!([{"type": "work"}]),
            &json!({"type": "home"}),
            json!([{"type": "work"}, {"type": "home"}]),
        ),
        // The same `value` in any case, where the types do not differ.
        (
            "emails",
            json!([{"value": "A@x.io", "type": "work"}]),
            &json!({"value": "a@X.io", "type": "WORK", "display": "A"}),
            json!([{"value": "a@X.io", "type": "WORK", "display": "A"}]),
        ),
        (
            "emails",
            json!([{"value": "a@x.io", "type": "work"}]),
            &json!({"value": "a@x.io"}),
            json!([{"value": "a@x.io", "type": "work"}]),
        ),
        (
            "emails",
            json!([{"value": "a@x.io"}]),
            &json!({"value": "a@x.io", "type": "work"}),
            json!([{"value": "a@x.io"}, {"value": "a@x.io", "type": "work"}]),
        ),
    ] {
        added(list, &before, value, &after);
    }
}

#[test]
fn the_case_of_an_alias_counts() {
    let aliases =
        |aliases: Value| json!({"userName": "a", STRONGDM_USER: {"identityAliases": aliases}});
    let path = format!("{STRONGDM_USER}:identityAliases");
    gives(
        &aliases(json!(["ssh,al"])),
        &json!([{"op": "add", "path": path, "value": ["ssh,AL", "ssh,al"]}]),
        &aliases(json!(["ssh,al", "ssh,AL"])),
    );
}

#[test]
fn adding_by_a_filter_merges_into_what_matches() {
    let mut after = work_and_home();
    after["emails"][1]["display"] = json!("H");
    gives(
        &work_and_home(),
        &json!([{"op": "add", "path": "emails[type eq \"home\"]", "value": {"display": "H"}}]),
        &after,
    );
}

#[test]
fn a_list_is_bounded() {
    let many: Vec<_> = (0..MAX_VALUES)
        .map(|n| json!({"value": n.to_string()}))
        .collect();
    let before = json!({"userName": "a", "emails": many});
    let add = |value: &str| json!([{"op": "add", "path": "emails", "value": [{"value": value}]}]);
    gives(&before, &add("7"), &before);
    let refused = patched(&before, &add("one more")).expect_err("too many");
    assert_eq!(
        refused.detail,
        "Operation 1: \"emails\" would have more than 1000 values."
    );
}
