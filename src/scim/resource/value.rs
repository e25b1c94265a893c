//! One attribute value: checked against its definition and brought into canonical form.

use serde_json::Value;

use crate::scim::body::kind_of;
use crate::scim::schema::{self, Attribute, AttributeKind};
use crate::scim::{Document, ScimError, ScimType};

/// The longest string value, in bytes.
pub const MAX_STRING_BYTES: usize = 64 * 1024;

/// The most values of a multi-valued attribute other than `members`.
pub const MAX_VALUES: usize = 1_000;

/// What becomes of a null inside an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulls {
    /// It means that the attribute is absent, and is dropped (RFC 7643 §2.5).
    Drop,
    /// It stays as the order to remove a sub-attribute: inside a PATCH.
    Keep,
}

/// Checks a value against its attribute and gives its canonical form: sub-attributes under their
/// canonical names, unknown and read-only ones dropped, lists as arrays, `"True"` as `true`.
/// `None` means that the attribute is absent: null, an empty list, an empty object.
///
/// # Errors
/// 400 `invalidValue`, naming `path`.
pub fn normalise(
    attribute: &Attribute,
    value: &Value,
    path: &str,
    nulls: Nulls,
) -> Result<Option<Value>, ScimError> {
    if !attribute.multi_valued {
        return normalise_one(attribute, value, path, nulls);
    }
    let Value::Array(given) = value else {
        let one = normalise_one(attribute, value, path, Nulls::Drop)?;
        return Ok(one.map(|one| Value::Array(vec![one])));
    };
    if given.len() > MAX_VALUES {
        return Err(invalid(format!(
            "{path:?} has {} values; at most {MAX_VALUES} are accepted.",
            given.len()
        )));
    }
    let mut values = Vec::with_capacity(given.len());
    for (index, one) in given.iter().enumerate() {
        let place = format!("{path}[{index}]");
        values.extend(normalise_one(attribute, one, &place, Nulls::Drop)?);
    }
    if values.iter().filter(|one| is_primary(one)).count() > 1 {
        return Err(invalid(format!(
            "{path:?} has more than one value with \"primary\": true; at most one can be primary."
        )));
    }
    Ok((!values.is_empty()).then_some(Value::Array(values)))
}

/// Like [`normalise`], for one value of the attribute, multi-valued or not.
pub fn normalise_one(
    attribute: &Attribute,
    value: &Value,
    path: &str,
    nulls: Nulls,
) -> Result<Option<Value>, ScimError> {
    if is_cleared(attribute, value) {
        return Ok(None);
    }
    let wrong = |wanted| {
        invalid(format!(
            "{path:?} must be {wanted}, not {}.",
            kind_of(value)
        ))
    };
    match attribute.kind {
        AttributeKind::Complex => return complex(attribute, value, path, nulls),
        AttributeKind::Boolean => {
            let boolean = as_boolean(value).ok_or_else(|| wrong("true or false"))?;
            return Ok(Some(Value::Bool(boolean)));
        }
        AttributeKind::Integer => {
            if !(value.is_i64() || value.is_u64()) {
                return Err(wrong("a whole number"));
            }
        }
        AttributeKind::Decimal => {
            if !value.is_number() {
                return Err(wrong("a number"));
            }
        }
        AttributeKind::DateTime => {
            let moment = value.as_str().ok_or_else(|| wrong("a date and time"))?;
            if schema::moment(moment).is_none() {
                return Err(invalid(format!(
                    "{path:?} must be a date and time such as \"2026-01-31T12:00:00Z\"."
                )));
            }
        }
        AttributeKind::String | AttributeKind::Reference | AttributeKind::Binary => {
            let text = value.as_str().ok_or_else(|| wrong("a string"))?;
            if text.len() > MAX_STRING_BYTES {
                return Err(invalid(format!(
                    "{path:?} is longer than {MAX_STRING_BYTES} bytes; shorten it."
                )));
            }
            // Not every store can keep it, and no name needs it.
            if text.contains('\0') {
                return Err(invalid(format!(
                    "{path:?} holds a NUL character; remove it."
                )));
            }
        }
    }
    Ok(Some(value.clone()))
}

fn complex(
    attribute: &Attribute,
    value: &Value,
    path: &str,
    nulls: Nulls,
) -> Result<Option<Value>, ScimError> {
    let given = match (value, attribute.sub_attribute("value")) {
        (Value::Object(given), _) => given,
        // `"manager": "id"` and `"emails": ["a@x.io"]`: providers send the bare value.
        (Value::String(_), Some(sub)) => {
            let bare = normalise_one(sub, value, path, nulls)?;
            return Ok(bare.map(|bare| single(&sub.name, bare)));
        }
        _ => {
            return Err(invalid(format!(
                "{path:?} must be an object, not {}.",
                kind_of(value)
            )));
        }
    };
    let mut object = Document::new();
    for (name, part) in given {
        let Some(sub) = attribute.sub_attribute(name) else {
            continue;
        };
        if sub.is_read_only() {
            continue;
        }
        match normalise(sub, part, &format!("{path}.{}", sub.name), nulls)? {
            Some(part) => {
                object.insert(sub.name.clone(), part);
            }
            None if nulls == Nulls::Keep => {
                object.insert(sub.name.clone(), Value::Null);
            }
            None => {}
        }
    }
    Ok((!object.is_empty()).then_some(Value::Object(object)))
}

/// Whether a value says that there is none: null or an empty list (RFC 7643 §2.5).
pub fn is_absent(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

/// Whether a value means that the attribute has none: an absent one, and where an empty string
/// cannot be a value, that too, which Okta pushes for cleared attributes. Not for booleans: `""`
/// for `active` would read as active.
pub fn is_cleared(attribute: &Attribute, value: &Value) -> bool {
    match value {
        _ if is_absent(value) => true,
        Value::String(text) => {
            // Not for a boolean either, which then refuses it.
            let fits = !attribute.multi_valued && attribute.kind != AttributeKind::Complex;
            text.is_empty() && !fits
        }
        _ => false,
    }
}

/// A boolean, also written as a string in any case: Entra ID sends `"True"` and `"False"`.
pub fn as_boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(boolean) => Some(*boolean),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// How much a value holds: the bytes of its names and texts, and a few for each value.
pub fn bytes_of(value: &Value) -> usize {
    const EACH: usize = 8;
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => EACH,
        Value::String(text) => EACH + text.len(),
        Value::Array(list) => list.iter().map(bytes_of).sum(),
        Value::Object(object) => bytes_of_members(object),
    }
}

/// Like [`bytes_of`], for an object.
pub fn bytes_of_members(object: &Document) -> usize {
    let members = object.iter();
    members
        .map(|(name, value)| name.len() + bytes_of(value))
        .sum()
}

/// Whether a value of a multi-valued attribute is the preferred one.
pub fn is_primary(value: &Value) -> bool {
    value.get("primary").and_then(Value::as_bool) == Some(true)
}

/// An object with one member.
pub fn single(name: &str, value: Value) -> Value {
    Value::Object(Document::from_iter([(name.to_owned(), value)]))
}

pub(in crate::scim) fn invalid(detail: impl Into<String>) -> ScimError {
    ScimError::bad(ScimType::InvalidValue, detail)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// No attribute of the schemas holds numbers so far; a new one may.
    fn attribute(kind: &str) -> Attribute {
        let definition = json!({
            "name": "x", "type": kind, "description": "", "multiValued": false, "required": false, "caseExact": false,
            "mutability": "readWrite", "returned": "default", "uniqueness": "none",
        });
        serde_json::from_value(definition).expect("an attribute")
    }

    #[test]
    fn values_fit_the_kind_of_their_attribute() {
        let longest = "x".repeat(MAX_STRING_BYTES);
        for (kind, value, fits) in [
            ("integer", json!(-7), true),
            ("integer", json!(u64::MAX), true),
            ("integer", json!(1.5), false),
            ("integer", json!("7"), false),
            ("decimal", json!(1.5), true),
            ("decimal", json!(7), true),
            ("decimal", json!("1.5"), false),
            ("dateTime", json!("2026-01-31T12:00:00Z"), true),
            ("dateTime", json!("soon"), false),
            ("boolean", json!("TRUE"), true),
            ("boolean", json!(""), false),
            ("string", json!(longest), true),
            ("string", json!(format!("{longest}x")), false),
        ] {
            let taken = normalise_one(&attribute(kind), &value, "x", Nulls::Drop);
            assert_eq!(
                taken.is_ok_and(|taken| taken.is_some()),
                fits,
                "{kind} {kind:?}"
            );
        }
    }

    #[test]
    fn a_value_takes_its_names_its_texts_and_a_little_each() {
        for (value, bytes) in [
            (json!(null), 8),
            (json!(true), 8),
            (json!(12), 8),
            (json!(""), 8),
            (json!("abc"), 11),
            (json!([]), 0),
            (json!(["abc", 1]), 19),
            (json!({"name": "abc", "n": [1]}), 4 + 11 + 1 + 8),
        ] {
            assert_eq!(bytes_of(&value), bytes, "{value}");
        }
    }
}
