//! What is taken out of requests and answers before they are recorded.

mod rewritten;

use std::borrow::Cow;

use serde_json::Value;

use self::rewritten::rewritten;

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

/// A request's target as it may be recorded: what a query parameter called like a secret holds is
/// gone, and so are tokens and an absolute target's user information. It is cut at `limit` bytes or
/// the character before.
pub fn redact_target(target: &str, limit: usize) -> String {
    let mut end = target.len().min(limit);
    while !target.is_char_boundary(end) {
        end -= 1;
    }
    let target = target.get(..end).unwrap_or_default();
    if !may_hold_secret(target) {
        return target.to_owned();
    }
    let target = without_user_information(target);
    let target = unescaped_tokens_masked(mask_tokens(&target));
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

/// Whether a target has a word, however it is written, without which no secret is taken out of it. Every
/// request's target is looked through once.
fn may_hold_secret(target: &str) -> bool {
    // The last eight bytes, the newest in the lowest place.
    let mut last = 0_u64;
    percent_decode(target.as_bytes()).any(|byte| {
        let byte = byte.to_ascii_lowercase();
        last = last << 8 | u64::from(byte);
        let ends_with = |word: &str| {
            let bytes = word.bytes().map(u64::from);
            let word_bytes = bytes.fold(0, |word, byte| word << 8 | byte);
            last & !(u64::MAX << (8 * word.len())) == word_bytes
        };
        match byte {
            b'h' => ends_with("auth"),
            b'e' => ends_with("cookie"),
            b'n' => ends_with("token"),
            b't' => ends_with("secret"),
            b'w' => ends_with("passw"),
            b'y' => ends_with("api-key") || ends_with("api_key"),
            b'_' => ends_with("rc_"),
            b'/' => ends_with("://"),
            _ => false,
        }
    })
}

/// The bytes that a percent-encoded text stands for (RFC 3986 §2.1).
fn percent_decode(text: &[u8]) -> impl Iterator<Item = u8> {
    let digit = |byte: Option<&u8>| (*byte? as char).to_digit(16);
    let mut at = 0;
    std::iter::from_fn(move || {
        let byte = *text.get(at)?;
        let escaped = digit(text.get(at + 1)).zip(digit(text.get(at + 2)));
        at += 1;
        let Some((high, low)) = escaped.filter(|_| byte == b'%') else {
            return Some(byte);
        };
        at += 2;
        u8::try_from(high * 16 + low).ok()
    })
}

/// `http://name:password@host/…` without what stands before the `@` (RFC 9110 §4.2.4).
fn without_user_information(target: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = target.split_once("://") else {
        return target.into();
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{REDACTED}@{host}{path}").into(),
        None => target.into(),
    }
}

/// A target without those parts whose percent-encoding hides a token.
fn unescaped_tokens_masked(target: Cow<'_, str>) -> Cow<'_, str> {
    if !target.contains('%') {
        return target;
    }
    let hides_token = |part: &str| {
        form_urlencoded::parse(part.as_bytes())
            .any(|(text, _)| matches!(mask_tokens(&text), Cow::Owned(masked) if masked != text))
    };
    let parts = target.split_inclusive(['/', '?', '&', '=']);
    parts
        .map(|part| {
            let text = part.trim_end_matches(['/', '?', '&', '=']);
            match part.strip_prefix(text) {
                Some(delimiter) if hides_token(text) => format!("{REDACTED}{delimiter}"),
                _ => part.to_owned(),
            }
        })
        .collect::<String>()
        .into()
}

/// Whether a parameter, as it stands in the query, is called like a secret, or compares a password.
fn is_secret_parameter(parameter: &str) -> bool {
    form_urlencoded::parse(parameter.as_bytes()).any(|(name, value)| {
        is_secret_name(&name) || is_password(&name) || compares_password(&value)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_word_of_a_secret_name_is_seen_in_a_target() {
        for word in SECRET_NAMES
            .into_iter()
            .chain(["rc_", "passwd", "http://x"])
        {
            assert!(
                may_hold_secret(&format!("/a?x{}=1", word.to_uppercase())),
                "{word}"
            );
        }
        assert!(may_hold_secret("/a?%41%75t%68=1"));
        assert!(!may_hold_secret("/Users?filter=userName%20eq%20%22a%22"));
    }

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
    fn an_escape_hides_nothing() {
        let text = percent_decode(b"a%20%5F%zz%4").collect::<Vec<_>>();
        assert_eq!(text, b"a _%zz%4");
        for target in ["/%72C_", "/?X=%50assword", "/?%41pi-Key=", "//a@b", "h://b"] {
            let holds = target != "//a@b";
            assert_eq!(may_hold_secret(target), holds, "{target}");
        }
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
