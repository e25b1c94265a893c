//! What is taken out of requests and answers before they are recorded.

mod rewritten;
mod target;

use std::borrow::Cow;

use serde_json::Value;

use self::rewritten::rewritten;
pub use self::target::redact_target;

use crate::{directory::Provider, scim::Document};

/// What stands in place of a secret.
pub const REDACTED: &str = "…redacted…";

/// Words in the names of header fields and parameters that hold a secret by their nature, whatever
/// proxies make of the name: `x-forwarded-authorization`, `access_token`.
const SECRET_NAMES: [&str; 7] = [
    "auth", "cookie", "token", "secret", "password", "api-key", "api_key",
];

/// Header fields that almost every request has, and whose names hold none of these words.
const PLAIN_NAMES: [&str; 9] = [
    "host",
    "accept",
    "accept-charset",
    "accept-encoding",
    "user-agent",
    "content-type",
    "content-length",
    "connection",
    "transfer-encoding",
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
    let redacted = rewritten(body).or_else(|| {
        let value: Value = serde_json::from_slice(body).ok()?;
        Some(redact(value).to_string())
    });
    redacted
        .filter(|json| json.starts_with(['{', '[']))
        .unwrap_or_else(|| format!("(not JSON, {} bytes)", body.len()))
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
            let mut names_token = false;
            for (name, value) in object.iter_mut() {
                names_token |= name.contains("rc_");
                if is_password(name) || value.as_str().is_some_and(compares_password) {
                    *value = REDACTED.into();
                } else {
                    clean(value);
                }
            }
            if names_token {
                let members = std::mem::take(object).into_iter();
                let masked = members.map(|(name, value)| (mask_tokens(&name).into_owned(), value));
                *object = masked.collect();
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

/// Whether the text is a filter or a path that holds a password to compare with.
fn compares_password(text: &str) -> bool {
    text.contains('"') && is_password(text)
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

/// Whether a header field or parameter is called like a secret.
fn is_secret_name(name: &str) -> bool {
    let name = if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        name.to_ascii_lowercase().into()
    } else {
        Cow::Borrowed(name)
    };
    SECRET_NAMES.iter().any(|secret| name.contains(secret))
}

/// Header fields, their names in lower case, as they may be recorded: of `authorization` only the
/// scheme; cookies and keys go. What is not text, or long, is cut.
pub fn redact_headers<'a>(
    headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
) -> Vec<(Cow<'a, str>, Cow<'a, str>)> {
    headers
        .into_iter()
        .take(HEADERS)
        .map(|(name, value)| {
            if PLAIN_NAMES.contains(&name) {
                return (name.into(), plain_value(value));
            }
            (mask_tokens(name), header_value(name, value))
        })
        .collect()
}

fn header_value<'a>(name: &str, value: &'a [u8]) -> Cow<'a, str> {
    if name != "authorization" {
        return if is_secret_name(name) {
            REDACTED.into()
        } else {
            plain_value(value)
        };
    }
    let value = String::from_utf8_lossy(value.get(..HEADER_BYTES).unwrap_or(value));
    // A token that was sent without a scheme stands where the scheme would.
    let scheme = value.split_ascii_whitespace().next().unwrap_or_default();
    match ["bearer", "basic", "digest"]
        .iter()
        .find(|known| scheme.eq_ignore_ascii_case(known))
    {
        Some(_) => [scheme, " ", REDACTED].concat().into(),
        None => REDACTED.into(),
    }
}

/// The value of a field whose name tells of no secret.
fn plain_value(value: &[u8]) -> Cow<'_, str> {
    let whole = value.len();
    let value = String::from_utf8_lossy(value.get(..HEADER_BYTES).unwrap_or(value));
    if whole > HEADER_BYTES {
        return format!("{value}…").into();
    }
    match mask_tokens(&value) {
        Cow::Owned(masked) => masked.into(),
        Cow::Borrowed(_) => value,
    }
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
            ("authorization", b"Bearer rc_okta_secret".as_slice()),
            ("cookie", b"id=secret"),
            ("accept", b"application/scim+json"),
        ]);
        let expected = [
            ("authorization", "Bearer …redacted…"),
            ("cookie", REDACTED),
            ("accept", "application/scim+json"),
        ];
        assert_eq!(
            headers,
            expected.map(|(name, value)| (name.into(), value.into()))
        );
        let bare = redact_headers([("authorization", b"rc_okta_secret".as_slice())]);
        assert_eq!(bare[0].1, REDACTED);
    }

    #[test]
    fn what_is_called_like_a_secret_is_not_kept() {
        assert!(!PLAIN_NAMES.into_iter().any(is_secret_name));
        for name in [
            "Cookie",
            "Set-Cookie",
            "X-Api-Key",
            "X-Forwarded-Authorization",
            "X-Original-Auth",
            "Client-Secret",
        ] {
            let headers = redact_headers([(name, b"Basic b2t0YTpzM2NyZXQ".as_slice())]);
            assert_eq!(headers[0].1, REDACTED, "{name}");
        }
        for (target, recorded) in [
            (
                "/Users?Authorization=Basic%20b2t0&count=2",
                "/Users?Authorization=…redacted…&count=2",
            ),
            (
                "/Users?X-Api-Key=s3cret&attributes=userName",
                "/Users?X-Api-Key=…redacted…&attributes=userName",
            ),
            (
                "http://okta:s3cret@host/Users?filter=a@b",
                "http://…redacted…@host/Users?filter=a@b",
            ),
            ("http://host/Users?x=a@b", "http://host/Users?x=a@b"),
        ] {
            assert_eq!(redact_target(target, 2048), recorded);
        }
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
        let escaped = token.replace('_', "%5F");
        assert_eq!(
            redact_target(&format!("/Users/{escaped}/x?a={escaped}&b=%20c"), 2048),
            "/Users/…redacted…/x?a=…redacted…&b=%20c"
        );
        let masked = "rc_okta_…redacted…".to_owned();
        let headers = redact_headers([("user-agent", token.as_bytes())]);
        assert_eq!(headers[0].1, masked);
        let headers = redact_headers([(token, b"x".as_slice())]);
        assert_eq!(headers[0].0, masked);
        let body = redact(json!({"a": {token: 1}, "b": 2}));
        assert_eq!(body, json!({"a": {masked: 1}, "b": 2}));
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
