//! What is taken out of requests and answers before they are recorded.

use std::borrow::Cow;

use serde_json::Value;

use crate::{directory::Provider, scim::Document};

/// What stands in place of a secret.
pub const REDACTED: &str = "…redacted…";

/// Header fields that hold a secret by their nature.
const SECRET_HEADERS: [&str; 5] = [
    "cookie",
    "set-cookie",
    "proxy-authorization",
    "x-api-key",
    "x-auth-token",
];

/// The longest recorded header value, in bytes.
const HEADER_BYTES: usize = 1024;

/// The most header fields that are recorded of one message.
const HEADERS: usize = 64;

/// A body as it may be recorded: the value of anything called `password` is gone, wherever and
/// however it was sent. Of what is not JSON only the length is told, since a secret in it could not
/// be found.
pub fn redact_body(body: &[u8]) -> String {
    if body.is_empty() {
        return String::new();
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(value) if value.is_object() || value.is_array() => redact(value).to_string(),
        _ => format!("(not JSON, {} bytes)", body.len()),
    }
}

/// A text in which every token of rolecall's, wherever a client has put it, is told by its provider
/// only.
pub fn mask_tokens(text: &str) -> Cow<'_, str> {
    /// From so many characters on a token's beginning would give some of its secret away.
    const TELLING: usize = 16;
    if !text.contains("rc_") {
        return text.into();
    }
    let mut masked = String::new();
    let mut rest = text;
    while let Some((provider, start)) = Provider::ALL
        .into_iter()
        .filter_map(|provider| Some((provider, rest.find(&format!("rc_{provider}_"))?)))
        .min_by_key(|(_, start)| *start)
    {
        let (before, token) = rest.split_at(start);
        let is_inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let end = token.find(|c| !is_inside(c)).unwrap_or(token.len());
        let (token, after) = token.split_at(end);
        masked.push_str(before);
        if end - format!("rc_{provider}_").len() < TELLING {
            masked.push_str(token);
        } else {
            masked.extend(["rc_", provider.as_str(), "_", REDACTED]);
        }
        rest = after;
    }
    if masked.is_empty() {
        return text.into();
    }
    masked.push_str(rest);
    masked.into()
}

/// A JSON value without passwords and tokens.
pub fn redact(mut value: Value) -> Value {
    clean(&mut value);
    value
}

fn clean(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(clean),
        Value::Object(object) => {
            if targets_password(object) {
                hide(object, "value");
            }
            for (name, value) in object.iter_mut() {
                if is_password(name) || compares_password(value) {
                    *value = REDACTED.into();
                } else {
                    clean(value);
                }
            }
        }
        Value::String(text) => {
            if let Cow::Owned(masked) = mask_tokens(text) {
                *text = masked;
            }
        }
        _ => {}
    }
}

/// Whether the value is a filter or a path that holds a password to compare with.
fn compares_password(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.contains('"') && is_password(text))
}

/// Whether the object is a PATCH operation on the password, whose `value` is then the secret.
fn targets_password(object: &Document) -> bool {
    object.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("path") && value.as_str().is_some_and(is_password)
    })
}

fn hide(object: &mut Document, member: &str) {
    for (name, value) in object.iter_mut() {
        if name.eq_ignore_ascii_case(member) {
            *value = REDACTED.into();
        }
    }
}

/// Whether an attribute name or path leads to a password: alone, after a schema's URN, or before a
/// sub-attribute.
fn is_password(path: &str) -> bool {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric());
    words.into_iter().any(|word| {
        ["password", "passwd"]
            .iter()
            .any(|secret| word.eq_ignore_ascii_case(secret))
    })
}

/// Header fields as they may be recorded: of `authorization` only the scheme; cookies and keys go.
/// What is not text, or long, is cut.
pub fn redact_headers<'a>(
    headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
) -> Vec<(String, String)> {
    headers
        .into_iter()
        .take(HEADERS)
        .map(|(name, value)| {
            let name = name.to_ascii_lowercase();
            let value = header_value(&name, value);
            (name, value)
        })
        .collect()
}

fn header_value(name: &str, value: &[u8]) -> String {
    if SECRET_HEADERS.contains(&name) {
        return REDACTED.to_owned();
    }
    let whole = value.len();
    let value = String::from_utf8_lossy(value.get(..HEADER_BYTES).unwrap_or(value));
    if name == "authorization" {
        // A token that was sent without a scheme stands where the scheme would.
        let scheme = value.split_ascii_whitespace().next().unwrap_or_default();
        return match ["bearer", "basic", "digest"]
            .iter()
            .find(|known| scheme.eq_ignore_ascii_case(known))
        {
            Some(_) => format!("{scheme} {REDACTED}"),
            None => REDACTED.to_owned(),
        };
    }
    if whole > HEADER_BYTES {
        return format!("{value}…");
    }
    mask_tokens(&value).into_owned()
}

/// A request's target as it may be recorded: what a query parameter called like a secret holds is
/// gone, and it is cut at `limit` bytes or the character before.
pub fn redact_target(target: &str, limit: usize) -> String {
    let mut end = target.len().min(limit);
    while !target.is_char_boundary(end) {
        end -= 1;
    }
    let target = mask_tokens(target.get(..end).unwrap_or_default());
    let Some((path, query)) = target.split_once('?') else {
        return target.into_owned();
    };
    let parameters: Vec<String> = query
        .split('&')
        .map(|parameter| match parameter.split_once('=') {
            Some((name, _)) if is_secret_parameter(parameter) => format!("{name}={REDACTED}"),
            _ => parameter.to_owned(),
        })
        .collect();
    format!("{path}?{}", parameters.join("&"))
}

/// Whether a parameter, as it stands in the query, is called like a secret, or compares a password.
fn is_secret_parameter(parameter: &str) -> bool {
    form_urlencoded::parse(parameter.as_bytes()).any(|(name, value)| {
        is_password(&name)
            || (value.contains('"') && is_password(&value))
            || ["access_token", "token", "api_key"]
                .iter()
                .any(|secret| name.eq_ignore_ascii_case(secret))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_password_is_left_however_it_was_sent() {
        for body in [
            json!({"password": "s3cret", "userName": "ann"}),
            json!({"PassWord": "s3cret"}),
            json!({"password": {"value": "s3cret"}}),
            json!({"Operations": [{"op": "replace", "value": {"password": "s3cret"}}]}),
            json!({"Operations": [{"op": "replace", "path": "password", "value": "s3cret"}]}),
            json!({"Operations": [{"op": "Add", "Path": "PASSWORD", "Value": ["s3cret"]}]}),
            json!({"Operations": [{"op": "replace",
                "path": "urn:ietf:params:scim:schemas:core:2.0:User:password", "value": "s3cret"}]}),
            json!({"Operations": [{"value":
                {"urn:ietf:params:scim:schemas:core:2.0:User:password": "s3cret"}}]}),
            json!([{"deep": [{"er": {"password": "s3cret"}}]}]),
        ] {
            let redacted = redact_body(body.to_string().as_bytes());
            assert!(!redacted.contains("s3cret"), "{redacted}");
            assert!(redacted.contains(REDACTED), "{redacted}");
        }
    }

    #[test]
    fn the_rest_of_a_body_stays() {
        let body = br#"{"userName":"ann@x.io","password":"p","active":true,"n":[1,2]}"#;
        assert_eq!(
            redact_body(body),
            r#"{"userName":"ann@x.io","password":"…redacted…","active":true,"n":[1,2]}"#
        );
        assert_eq!(redact_body(b""), "");
    }

    #[test]
    fn of_what_is_not_json_only_the_length_is_told() {
        assert_eq!(redact_body(b"password=s3cret"), "(not JSON, 15 bytes)");
        assert_eq!(redact_body(b"{\"password\":\"s3"), "(not JSON, 15 bytes)");
        assert_eq!(redact_body(b"\"s3cret\""), "(not JSON, 8 bytes)");
    }

    #[test]
    fn of_authorization_only_the_scheme_stays() {
        let headers = redact_headers([
            ("Authorization", b"Bearer rc_okta_secret".as_slice()),
            ("Cookie", b"id=secret"),
            ("Accept", b"application/scim+json"),
        ]);
        let expected = [
            ("authorization", "Bearer …redacted…"),
            ("cookie", REDACTED),
            ("accept", "application/scim+json"),
        ];
        assert_eq!(
            headers,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        let bare = redact_headers([("authorization", b"rc_okta_secret".as_slice())]);
        assert_eq!(bare[0].1, REDACTED);
    }

    #[test]
    fn no_secret_is_left_in_a_target() {
        assert_eq!(
            redact_target("/Users?access_token=x&count=2", 2048),
            "/Users?access_token=…redacted…&count=2"
        );
        assert_eq!(redact_target("/Users/äö", 8), "/Users/");
        assert_eq!(
            redact_target("/Users?filter=pass%77ord%20eq%20%22s3cret%22&count=2", 2048),
            "/Users?filter=…redacted…&count=2"
        );
    }

    #[test]
    fn a_token_is_masked_wherever_it_stands() {
        let token = "rc_okta_5YODjqQ8q71uGdFsdGSR7diMb2i4qR3rFfWXGJ7vW6sukEYg";
        assert_eq!(
            mask_tokens(&format!("lookup {token}: none, rc_okta_ and rc_entra_abc")),
            "lookup rc_okta_…redacted…: none, rc_okta_ and rc_entra_abc"
        );
        assert_eq!(
            redact_target(&format!("/Users/{token}?x={token}"), 2048),
            "/Users/rc_okta_…redacted…?x=rc_okta_…redacted…"
        );
        let headers = redact_headers([("user-agent", token.as_bytes())]);
        assert_eq!(headers[0].1, "rc_okta_…redacted…");
        let body = json!({"filter": format!("userName eq \"{token}\"")}).to_string();
        assert!(!redact_body(body.as_bytes()).contains("5YOD"));
    }

    #[test]
    fn a_password_that_is_compared_is_not_kept() {
        for body in [
            json!({"filter": "password eq \"s3cret\""}),
            json!({"Operations": [{"op": "remove", "path": "password[value eq \"s3cret\"]"}]}),
        ] {
            let redacted = redact_body(body.to_string().as_bytes());
            assert!(!redacted.contains("s3cret"), "{redacted}");
        }
    }
}
