//! Request bodies: JSON objects of bounded depth in which no name occurs twice.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{Document, ScimError, ScimType, path::shortened};

/// How deep objects and arrays may be nested in a body. The deepest SCIM message, a bulk request
/// with a PATCH inside, needs 9.
pub const MAX_DEPTH: usize = 32;

/// Up to this many names, comparing each with each is cheaper than hashing them.
const FEW_NAMES: usize = 16;

/// Parses a body: one JSON object, nothing behind it, no name twice in one object in any case
/// (attribute names have no case, RFC 7643 §2.1), no deeper than `depth`, and never
/// deeper than [`MAX_DEPTH`].
///
/// # Errors
/// 400 `invalidSyntax` with line and column.
pub fn parse_body(bytes: &[u8], depth: usize) -> Result<Document, ScimError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ScimError::bad(
            ScimType::InvalidSyntax,
            "The body is empty; send a JSON object.",
        ));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let most = depth.min(MAX_DEPTH);
    let value = Nested { most, depth: most }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| {
            ScimError::bad(
                ScimType::InvalidSyntax,
                format!("The body is not acceptable JSON: {error}."),
            )
        })?;
    match value {
        Value::Object(document) => Ok(document),
        other => Err(ScimError::bad(
            ScimType::InvalidSyntax,
            format!("The body must be a JSON object, not {}.", kind_of(&other)),
        )),
    }
}

/// What a JSON value is, with its article.
pub fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The value of a message's own member (`Operations`, `schemas`, …), whatever the case of its name.
pub fn member<'a>(document: &'a Document, name: &str) -> Option<&'a Value> {
    document.get(name).or_else(|| {
        document
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    })
}

/// A value below which `depth` levels are left.
struct Nested {
    /// How many levels there may be.
    most: usize,
    depth: usize,
}

impl Nested {
    fn below<E: serde::de::Error>(&self) -> Result<usize, E> {
        self.depth.checked_sub(1).ok_or_else(|| {
            E::custom(format_args!(
                "it is nested deeper than {} levels",
                self.most
            ))
        })
    }
}

impl<'de> DeserializeSeed<'de> for Nested {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Nested {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let depth = self.below()?;
        let most = self.most;
        let mut values = Vec::new();
        while let Some(value) = access.next_element_seed(Nested { most, depth })? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let depth = self.below()?;
        let most = self.most;
        let mut document = Document::new();
        let mut names = HashSet::new();
        while let Some(name) = access.next_key::<String>()? {
            if is_repeated(&name, &document, &mut names) {
                return Err(A::Error::custom(format_args!(
                    "the name {:?} occurs twice in one object (names have no case)",
                    shortened(&name)
                )));
            }
            let value = access.next_value_seed(Nested { most, depth })?;
            document.insert(name, value);
        }
        Ok(Value::Object(document))
    }
}

/// `names` holds the folded names of `document` once there are more than [`FEW_NAMES`].
fn is_repeated(name: &str, document: &Document, names: &mut HashSet<String>) -> bool {
    if document.len() < FEW_NAMES {
        return document.keys().any(|key| key.eq_ignore_ascii_case(name));
    }
    if names.is_empty() {
        names.extend(document.keys().map(|key| key.to_ascii_lowercase()));
    }
    !names.insert(name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn detail(text: &str) -> String {
        parse_body(text.as_bytes(), MAX_DEPTH)
            .map_or_else(|error| error.detail, |document| format!("{document:?}"))
    }

    #[test]
    fn refusals_say_where() {
        for (text, expected) in [
            ("", "The body is empty; send a JSON object."),
            (" \n", "The body is empty; send a JSON object."),
            ("[1]", "The body must be a JSON object, not an array."),
            ("null", "The body must be a JSON object, not null."),
            (
                "{\"a\": 1} x",
                "The body is not acceptable JSON: trailing characters at line 1 column 10.",
            ),
            (
                "{\"a\":1,\n \"A\":2}",
                "The body is not acceptable JSON: the name \"A\" occurs twice in one object (names have no case) at line 2 column 4.",
            ),
            (
                "{\"x\":[{\"b\":1,\"b\":2}]}",
                "The body is not acceptable JSON: the name \"b\" occurs twice in one object (names have no case) at line 1 column 16.",
            ),
            (
                "{\"a\":",
                "The body is not acceptable JSON: EOF while parsing a value at line 1 column 5.",
            ),
        ] {
            assert_eq!(detail(text), expected, "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested =
            |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse_body(nested(MAX_DEPTH - 1).as_bytes(), MAX_DEPTH).is_ok());
        assert!(detail(&nested(MAX_DEPTH)).contains("nested deeper than 32 levels"));
        assert!(parse_body(nested(100_000).as_bytes(), MAX_DEPTH).is_err());
    }

    #[test]
    fn many_names_are_still_compared() {
        let mut text = String::from("{");
        for index in 0..100 {
            let _ = write!(text, "\"k{index}\":1,");
        }
        assert!(detail(&format!("{text}\"K7\":1}}")).contains("\"K7\" occurs twice"));
        for index in 0..100 {
            assert!(detail(&format!("{text}\"k{index}\":1}}")).contains("occurs twice"));
        }
        assert!(parse_body(format!("{text}\"z\":1}}").as_bytes(), MAX_DEPTH).is_ok());
    }

    #[test]
    fn every_kind_of_value_is_kept() {
        let text = r#"{"a":null,"b":true,"c":-1,"d":2,"e":1.5,"f":"x\ny","g":[[]],"h":{"i":{}}}"#;
        let document = parse_body(text.as_bytes(), MAX_DEPTH).expect("valid");
        let expected = serde_json::json!({
            "a": null, "b": true, "c": -1, "d": 2, "e": 1.5, "f": "x\ny", "g": [[]], "h": {"i": {}},
        });
        assert_eq!(Value::Object(document), expected);
    }

    proptest::proptest! {
        #[test]
        fn what_is_accepted_is_what_the_json_says(value in crate::scim::resource::tests::any_json()) {
            match parse_body(value.to_string().as_bytes(), MAX_DEPTH) {
                Ok(document) => proptest::prop_assert_eq!(Value::Object(document), value),
                Err(error) => proptest::prop_assert!(
                    !value.is_object() || error.detail.contains("occurs twice"),
                    "{}", error
                ),
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = parse_body(&bytes, MAX_DEPTH);
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_obstacle() {
        assert!(parse_body(b"\xef\xbb\xbf{}", MAX_DEPTH).is_ok());
        assert!(parse_body(b"{\"a\":\"\xff\"}", MAX_DEPTH).is_err());
    }
}
