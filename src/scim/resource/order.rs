//! Attributes in the order of their schemas, which is the same wherever they were kept: a store may
//! give them back in another order than it took them in.

use serde_json::Value;

use crate::scim::{Document, ResourceType, schema::Attribute};

/// Brings attributes and sub-attributes into the order in which the schemas name them, the core's
/// first; what they do not name comes last, as it was.
pub fn in_schema_order(resource: ResourceType, document: Document) -> Document {
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
}
