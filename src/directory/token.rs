//! Tokens: what is kept of them. The secret itself is shown once and never stored.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{id::TokenId, provider::Provider};

/// A provider's token, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Names the token in lists and commands.
    pub id: TokenId,
    /// Whom it lets push.
    pub provider: Provider,
    /// What the operator called it.
    pub name: String,
    /// The SHA-256 of the token, by which it is found.
    pub hash: TokenHash,
    /// The first characters, so that a person can tell tokens apart.
    pub prefix: String,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it is refused; `None`: never.
    pub expires: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked: Option<Timestamp>,
}

/// Why a token that is known is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// It is accepted.
    Live,
    /// Its time is over.
    Expired,
    /// An operator revoked it, or deactivated its provider.
    Revoked,
}

impl Token {
    /// Whether the token is accepted at this moment.
    pub fn state(&self, now: Timestamp) -> TokenState {
        if self.revoked.is_some() {
            TokenState::Revoked
        } else if self.expires.is_some_and(|expires| expires <= now) {
            TokenState::Expired
        } else {
            TokenState::Live
        }
    }
}

/// The SHA-256 of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl Serialize for TokenHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(64);
        for byte in self.0 {
            use std::fmt::Write as _;
            let _ = write!(text, "{byte:02x}");
        }
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for TokenHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let mut hash = [0; 32];
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(serde::de::Error::custom("a token hash has 64 hex digits"));
        }
        for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = std::str::from_utf8(pair)
                .ok()
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
                .ok_or_else(|| serde::de::Error::custom("a token hash has 64 hex digits"))?;
        }
        Ok(Self(hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_over_at_its_end() {
        let at = |seconds| Timestamp::from_second(seconds).expect("a time");
        let token = |expires, revoked| Token {
            id: TokenId(uuid::Uuid::nil()),
            provider: Provider::Okta,
            name: "sync".to_owned(),
            hash: TokenHash([0; 32]),
            prefix: "rc_okta".to_owned(),
            created: at(0),
            expires,
            revoked,
        };
        for (expires, revoked, now, state) in [
            (None, None, 100, TokenState::Live),
            (Some(at(10)), None, 9, TokenState::Live),
            (Some(at(10)), None, 10, TokenState::Expired),
            (Some(at(10)), None, 11, TokenState::Expired),
            (None, Some(at(5)), 6, TokenState::Revoked),
            (Some(at(10)), Some(at(5)), 11, TokenState::Revoked),
        ] {
            let token = token(expires, revoked);
            assert_eq!(token.state(at(now)), state, "{expires:?} {revoked:?} {now}");
        }
    }

    #[test]
    fn a_hash_is_64_hex_digits() {
        let digits = "00ff".repeat(16);
        let read = |text: &str| serde_json::from_value::<TokenHash>(text.into()).ok();
        let hash = read(&digits).expect("a hash");
        assert_eq!(&hash.0[..4], &[0x00, 0xff, 0x00, 0xff]);
        assert_eq!(serde_json::to_value(hash).expect("JSON"), *digits);
        for wrong in [
            &digits[1..],
            &digits[2..],
            &format!("{digits}00"),
            &digits.replace('f', "g"),
            &"ä".repeat(32),
            "",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
