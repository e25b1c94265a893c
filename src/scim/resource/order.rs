//! Attributes in the order of their schemas, which is the same wherever they were kept: a store may
//! give them back in another order than it took them in.

use serde_json::Value;

use crate::scim::{Document, ResourceType, schema::Attribute};

/// Brings attributes and sub-attributes into the order in which the schemas name them, the core's
/// first; what they do not name comes last, as it was. What is in order already is only looked through.
pub fn in_schema_order(resource: ResourceType, document: Document) -> Document {
    if is_in_order(resource, &document) {
        return document;
    }
    let core = &resource.schema().attributes;
    let mut document = ordered(core, document);
    for extension in resource.extensions() {
        if let Some((id, value)) = document.shift_remove_entry(&extension.id) {
            let value = match value {
                Value::Object(parts) => Value::Object(ordered(&extension.attributes, parts)),
                other => other,
            };
            document.insert(id, value);
        }
    }
    document
}

fn is_in_order(resource: ResourceType, document: &Document) -> bool {
    let extensions = resource.extensions();
    let extension_of = |name: &String| extensions.iter().position(|schema| schema.id == *name);
    let before = document
        .keys()
        .take_while(|name| extension_of(name).is_none());
    let from_first_extension = document.keys().skip(before.count()).map(extension_of);
    let within_extensions = extensions.iter().all(|schema| {
        let parts = document.get(&schema.id).and_then(Value::as_object);
        parts.is_none_or(|parts| are_ordered(&schema.attributes, parts))
    });
    within_extensions
        && from_first_extension.is_sorted()
        && are_ordered(&resource.schema().attributes, document)
}

fn are_ordered(attributes: &[Attribute], given: &Document) -> bool {
    let place = |name: &String| attributes.iter().position(|named| named.name == *name);
    let mut before = Some(0);
    given.iter().all(|(name, value)| {
        let place = place(name);
        // What is not named comes after all that is.
        let follows = place.is_none() || before.is_some_and(|before| place >= Some(before));
        before = place;
        let attribute = place.and_then(|place| attributes.get(place));
        follows && attribute.is_none_or(|attribute| is_within(attribute, value))
    })
}

fn is_within(attribute: &Attribute, value: &Value) -> bool {
    match value {
        Value::Object(parts) => are_ordered(&attribute.sub_attributes, parts),
        Value::Array(values) => values.iter().all(|value| is_within(attribute, value)),
        _ => true,
    }
}

fn ordered(attributes: &[Attribute], mut given: Document) -> Document {
    let mut in_order = Document::new();
    for attribute in attributes {
        if let Some((name, value)) = given.shift_remove_entry(&attribute.name) {
            in_order.insert(name, within(attribute, value));
        }
    }
    in_order.extend(given);
    in_order
}

fn within(attribute: &Attribute, value: Value) -> Value {
    match value {
        Value::Object(parts) => Value::Object(ordered(&attribute.sub_attributes, parts)),
        Value::Array(values) => values
            .into_iter()
            .map(|value| within(attribute, value))
            .collect(),
        single => single,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_schemas_say_the_order() {
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let given = json!({
            (urn): {"department": "d", "employeeNumber": "1"}, "x": 1, "title": "t",
            "emails": [{"type": "work", "value": "a@x.io"}],
            "name": {"givenName": "A", "familyName": "B", "formatted": "A B"},
        });
        let Value::Object(given) = given else {
            panic!("an object")
        };
        let ordered = in_schema_order(ResourceType::User, given);
        assert_eq!(
            serde_json::to_string(&ordered).expect("JSON"),
            format!(
                "{}{urn}{}",
                r#"{"name":{"formatted":"A B","familyName":"B","givenName":"A"},"title":"t","emails":[{"value":"a@x.io","type":"work"}],"x":1,""#,
                r#"":{"employeeNumber":"1","department":"d"}}"#
            )
        );
    }

    #[test]
    fn what_is_in_order_is_told_from_what_is_not() {
        const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        const STRONGDM: &str = "urn:ietf:params:scim:schemas:extension:strongdm:2.0:User";
        let cases = [
            (true, json!({})),
            (true, json!({"x": 1, "a": 2})),
            (
                true,
                json!({"name": {"givenName": "A"}, "title": "t", "x": 1}),
            ),
            (false, json!({"title": "t", "name": {"givenName": "A"}})),
            (false, json!({"x": 1, "title": "t"})),
            (
                false,
                json!({"name": {"givenName": "A", "familyName": "B"}}),
            ),
            (false, json!({"name": {"x": 1, "familyName": "B"}})),
            (
                true,
                json!({"emails": [{"value": "a"}, {"value": "b", "type": "work"}]}),
            ),
            (
                false,
                json!({"emails": [{"value": "a"}, {"type": "work", "value": "b"}]}),
            ),
            (
                true,
                json!({"title": "t", "x": 1, (ENTERPRISE): {"employeeNumber": "1", "department": "d"}}),
            ),
            (
                false,
                json!({(ENTERPRISE): {"department": "d", "employeeNumber": "1"}}),
            ),
            (false, json!({(ENTERPRISE): {"department": "d"}, "x": 1})),
            (
                true,
                json!({(ENTERPRISE): {"department": "d"}, (STRONGDM): {"x": 1}}),
            ),
            (
                false,
                json!({(STRONGDM): {"x": 1}, (ENTERPRISE): {"department": "d"}}),
            ),
        ];
        for (expected, given) in cases {
            let document = given.as_object().cloned().expect("an object");
            assert_eq!(
                is_in_order(ResourceType::User, &document),
                expected,
                "{given}"
            );
            let ordered = in_schema_order(ResourceType::User, document);
            assert!(is_in_order(ResourceType::User, &ordered), "{given}");
            let text = serde_json::to_string(&ordered).expect("JSON");
            let as_given = given.to_string();
            assert_eq!(text == as_given, expected, "{given}");
        }
    }
}
