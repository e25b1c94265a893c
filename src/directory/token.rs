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
        if digits.len() != 64 || !digits.is_ascii() {
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
