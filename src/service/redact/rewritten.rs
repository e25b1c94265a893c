//! A JSON body without its secrets, written as it is read: most bodies need not be held as values.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Serialize,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{REDACTED, compares_password, is_password, mask_tokens};

/// The body as [`super::redact`] leaves it; `None` where that takes more than one look at it, or where it
/// is no JSON.
pub(super) fn rewritten(body: &[u8]) -> Option<String> {
    let mut json = Vec::with_capacity(body.len());
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let whole = Rewrite {
        json: &mut json,
        is_member: false,
    };
    whole.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    String::from_utf8(json).ok()
}

/// Writes the value that is read.
struct Rewrite<'a> {
    json: &'a mut Vec<u8>,
    /// Whether it stands in an object.
    is_member: bool,
}

/// A name, lent where it is written without escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl Rewrite<'_> {
    fn write<E: Error>(self, value: impl Serialize) -> Result<(), E> {
        serde_json::to_writer(self.json, &value).map_err(E::custom)
    }
}

impl<'de> DeserializeSeed<'de> for Rewrite<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Rewrite<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.write(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.write(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.write(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.write(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.write(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        if self.is_member && compares_password(value) {
            return self.write(REDACTED);
        }
        self.write(mask_tokens(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let json = self.json;
        json.push(b'[');
        let mut is_first = true;
        loop {
            let before = json.len();
            if !is_first {
                json.push(b',');
            }
            let item = Rewrite {
                json: &mut *json,
                is_member: false,
            };
            if access.next_element_seed(item)?.is_none() {
                json.truncate(before);
                break;
            }
            is_first = false;
        }
        json.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let json = self.json;
        json.push(b'{');
        let mut is_first = true;
        while let Some(Name(name)) = access.next_key()? {
            // Of a PATCH operation on the password the value is the secret, which may have passed already.
            if name.contains("rc_") || name.eq_ignore_ascii_case("path") {
                return Err(A::Error::custom("it takes a second look"));
            }
            if !is_first {
                json.push(b',');
            }
            is_first = false;
            serde_json::to_writer(&mut *json, &name).map_err(A::Error::custom)?;
            json.push(b':');
            if is_password(&name) {
                access.next_value::<IgnoredAny>()?;
                serde_json::to_writer(&mut *json, REDACTED).map_err(A::Error::custom)?;
            } else {
                access.next_value_seed(Rewrite {
                    json: &mut *json,
                    is_member: true,
                })?;
            }
        }
        json.push(b'}');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{super::redact, *};

    #[test]
    fn one_look_leaves_what_several_do() {
        let token = "rc_okta_5YODjqQ8q71uGdFsdGSR7diMb2i4qR3rFfWXGJ7vW6sukEYg";
        for body in [
            r#" {"a" : [1, -2.50, 1e3, true, null, [], {}], "b\"\u00e9": "ö\n\ud83d\ude00" } "#,
            r#"{"n":18446744073709551615,"m":-9223372036854775808,"big":184467440737095516150}"#,
            r#"[{"password": {"x": [1]}, "PassWord": null, "urn:x:User:password": 1}, "password eq \"x\""]"#,
            r#"{"filter": "password eq \"s3cret\"", "note": "password"}"#,
            &format!(r#"{{"a":"{token}","b":["{token}"]}}"#),
            "{}",
            "[]",
        ] {
            let value: Value = serde_json::from_str(body).expect("JSON");
            let rewritten = rewritten(body.as_bytes());
            assert_eq!(rewritten, Some(redact(value).to_string()), "{body}");
        }
        for body in [
            r#"{"Operations":[{"op":"add","value":"s3cret","path":"password"}]}"#,
            r#"{"rc_okta_":1}"#,
            r#"{"a":1} x"#,
            r#"{"a":1"#,
            r#"{"a":}"#,
            "\u{feff}{}",
            "",
        ] {
            assert_eq!(rewritten(body.as_bytes()), None, "{body}");
        }
        let deep = "[".repeat(1_000);
        assert_eq!(rewritten(deep.as_bytes()), None);
    }
}
