//! The `Authorization` header and the token in it.

use rolecall::{
    directory::{Provider, TokenHash},
    service::{
        Secret,
        auth::{HEADER_BYTES, RANDOM_BYTES, presented},
    },
};

use super::assert_sentence;

pub(super) fn body(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for header in [text.to_string(), format!("Bearer {text}")] {
        match presented(Some(&header)) {
            Ok(secret) => {
                assert!(header.len() <= HEADER_BYTES && header.contains(secret.expose()));
                assert_eq!(Secret::parse(secret.expose()), Ok(secret));
            }
            Err(refusal) => assert_sentence(&refusal.to_string()),
        }
    }
    if let Ok(hash) = serde_json::from_str::<TokenHash>(&text) {
        let written = serde_json::to_string(&hash).expect("a hash");
        assert_eq!(written, text.trim().to_ascii_lowercase());
    }
    generated(bytes);
}

/// A token that these bytes make is read as itself; with one character changed it is refused.
fn generated(bytes: &[u8]) {
    let mut random = [0; RANDOM_BYTES];
    for (place, byte) in random.iter_mut().zip(bytes) {
        *place = *byte;
    }
    let (first, last) = (bytes.first().copied(), bytes.last().copied());
    let which = usize::from(first.unwrap_or_default());
    let provider = Provider::ALL[which % Provider::ALL.len()];
    let secret = Secret::generate(provider, random);
    assert_eq!(Secret::parse(secret.expose()), Ok(secret.clone()));
    let shown = format!("{secret:?}");
    let tail = secret.expose().get(secret.prefix().len()..);
    assert!(!tail.is_some_and(|tail| shown.contains(tail)), "{shown}");
    let place = usize::from(last.unwrap_or_default()) % secret.expose().len();
    for other in ["A", "z", "_", "-", " ", "é"] {
        let mut slip = secret.expose().to_owned();
        slip.replace_range(place..=place, other);
        if slip != secret.expose() {
            assert!(Secret::parse(&slip).is_err(), "{place} {other}");
        }
    }
}
