//! Targets, without the secrets that stand in their queries.

use std::borrow::Cow;

use super::{REDACTED, compares_password, is_password, is_secret_name, mask_tokens};

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
    use super::*;
    use crate::service::redact::SECRET_NAMES;

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
}
