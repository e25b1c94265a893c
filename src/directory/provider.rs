//! Providers and what they manage.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A connection to one identity provider. It decides the dialect of the answers, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Okta.
    Okta,
    /// Microsoft Entra ID.
    Entra,
    /// `OneLogin`.
    OneLogin,
    /// `JumpCloud`.
    JumpCloud,
    /// Any other SCIM client; the answers keep closest to the RFC.
    Generic,
}

impl Provider {
    /// Every provider there can be, in the order in which they are listed.
    pub const ALL: [Self; 5] = [
        Self::Okta,
        Self::Entra,
        Self::OneLogin,
        Self::JumpCloud,
        Self::Generic,
    ];

    /// The name in tokens, rows and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Okta => "okta",
            Self::Entra => "entra",
            Self::OneLogin => "onelogin",
            Self::JumpCloud => "jumpcloud",
            Self::Generic => "generic",
        }
    }

    /// The name as its makers write it, for sentences.
    pub fn title(self) -> &'static str {
        match self {
            Self::Okta => "Okta",
            Self::Entra => "Entra ID",
            Self::OneLogin => "OneLogin",
            Self::JumpCloud => "JumpCloud",
            Self::Generic => "the SCIM client",
        }
    }
}

impl Provider {
    /// Whether members that are not here are left out of a push and reported, rather than failing
    /// the whole of it. A named provider gives the push up for good after a 400 or 404; a generic
    /// client wants to know.
    pub fn skips_unknown_members(self) -> bool {
        self != Self::Generic
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Provider {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|provider| provider.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| {
                format!(
                    "there is no provider {text:?}; choose okta, entra, onelogin, jumpcloud or generic"
                )
            })
    }
}

/// Whether a provider may push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderState {
    /// It has never been activated, or was deactivated.
    Inactive,
    /// Its live tokens are accepted.
    Active,
}

/// What is kept of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderRecord {
    /// Which one.
    pub provider: Provider,
    /// Whether it may push.
    pub state: ProviderState,
    /// When the state last changed; `None` for one that was never activated.
    pub changed: Option<Timestamp>,
}

impl ProviderRecord {
    /// A provider of which nothing is known yet.
    pub fn unknown(provider: Provider) -> Self {
        Self {
            provider,
            state: ProviderState::Inactive,
            changed: None,
        }
    }
}

/// Who manages a user or a role: operators here, or a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum ManagedBy {
    /// Made here, or released to here.
    #[default]
    Local,
    /// Read-only here: changes are made at the provider.
    Provider(Provider),
}

impl ManagedBy {
    /// The managing provider, if there is one.
    pub fn provider(self) -> Option<Provider> {
        match self {
            Self::Local => None,
            Self::Provider(provider) => Some(provider),
        }
    }

    /// Whether a provider sees what is managed so (invariant 4): what it manages itself, and what is
    /// local, since that it may link. What another provider manages does not exist for it, but that a
    /// write of it by id, and a push of its name, are refused as a conflict.
    pub fn is_seen_by(self, provider: Provider) -> bool {
        self.provider().is_none_or(|owner| owner == provider)
    }

    /// `local` or the provider's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Provider(provider) => provider.as_str(),
        }
    }
}

impl fmt::Display for ManagedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ManagedBy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "local" {
            return Ok(Self::Local);
        }
        text.parse().map(Self::Provider)
    }
}

impl Serialize for ManagedBy {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ManagedBy {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
