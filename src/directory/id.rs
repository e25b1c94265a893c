//! Row ids: `UUIDv7`, so that insertion order is key order and lists are stable.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is no id as this server writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not an id: those are lower-case UUIDs with hyphens")]
pub struct NotAnId;

/// Ids are compared exactly (RFC 7643 §3.1), so that only the form in which they are given out is
/// one.
fn canonical(text: &str) -> Result<Uuid, NotAnId> {
    let mut written = Uuid::encode_buffer();
    Uuid::try_parse(text)
        .ok()
        .filter(|id| id.hyphenated().encode_lower(&mut written) == text)
        .ok_or(NotAnId)
}

macro_rules! row_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The key bytes; their order is the order of insertion.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// The id whose key bytes these are.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                canonical(text).map(Self)
            }
        }
    };
}

row_id!(
    /// A user's or service account's id.
    UserId
);
row_id!(
    /// A role's id.
    RoleId
);
row_id!(
    /// A token's id. It says nothing of the token's secret.
    TokenId
);
row_id!(
    /// A conflict's id.
    ConflictId
);
row_id!(
    /// The id of one recorded request.
    ExchangeId
);
row_id!(
    /// A resource's id.
    ResourceId
);
row_id!(
    /// The id of a held mass suspension.
    HoldId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_form_that_is_given_out_is_an_id() {
        let text = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";
        let id: UserId = text.parse().expect("canonical");
        assert_eq!(id.to_string(), text);
        for other in [
            text.to_uppercase(),
            text.replace('-', ""),
            format!("{{{text}}}"),
            format!("urn:uuid:{text}"),
            format!(" {text}"),
            String::new(),
        ] {
            assert_eq!(other.parse::<UserId>(), Err(NotAnId), "{other}");
        }
    }
}
