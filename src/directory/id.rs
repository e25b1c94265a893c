//! Row ids: `UUIDv7`, so that insertion order is key order and lists are stable.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

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
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
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
