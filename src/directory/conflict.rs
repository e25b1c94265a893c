//! Conflicts: pushes that were refused because of what is already here.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{event::Subject, id::ConflictId, provider::Provider};

/// What stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConflictKind {
    /// A role has the pushed name.
    RoleName,
    /// A user has the pushed `userName`.
    UserName,
    /// Another provider manages the target.
    Ownership,
    /// Someone else holds a pushed alias in its set.
    Alias,
}

impl ConflictKind {
    /// The name in rows and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RoleName => "role-name",
            Self::UserName => "user-name",
            Self::Ownership => "ownership",
            Self::Alias => "alias",
        }
    }
}

impl fmt::Display for ConflictKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Where a conflict stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConflictState {
    /// Waits for the operator.
    Open,
    /// The existing one became the provider's.
    Linked,
    /// The existing one got another name.
    Renamed,
    /// The operator decided that nothing shall happen.
    Dismissed,
    /// What it stood on has changed.
    Gone,
}

impl ConflictState {
    /// The name in rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Linked => "linked",
            Self::Renamed => "renamed",
            Self::Dismissed => "dismissed",
            Self::Gone => "gone",
        }
    }
}

impl fmt::Display for ConflictState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ConflictState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [
            Self::Open,
            Self::Linked,
            Self::Renamed,
            Self::Dismissed,
            Self::Gone,
        ]
        .into_iter()
        .find(|state| state.as_str() == text)
        .ok_or_else(|| format!("there is no conflict state {text:?}"))
    }
}

/// A refused push, kept for the operator to resolve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conflict {
    /// Names it on the command line.
    pub id: ConflictId,
    /// What stands in the way.
    pub kind: ConflictKind,
    /// Who pushed.
    pub provider: Provider,
    /// What was pushed: the name, or the alias as `set,alias`.
    pub name: String,
    /// What a repeat of the same push is recognised by, together with provider and kind:
    /// the folded name, the target's id, or the alias. For a name that was pushed to a row that is
    /// here, and for an alias, a second line says whose push it was. It is compared with other keys
    /// only; what is in the way is `name`.
    pub key: String,
    /// The id of the row that was to get the name or the alias; `None` where the push was to make
    /// a new one, and for a push that did not manage its target.
    #[serde(default)]
    pub pusher: Option<String>,
    /// What is already here.
    pub existing: Subject,
    /// Where it stands.
    pub state: ConflictState,
    /// How often the provider has tried.
    pub tries: u64,
    /// The first try.
    pub first_seen: Timestamp,
    /// The last try.
    pub last_seen: Timestamp,
    /// The pushed resource of the last try, without secrets: the writable document with
    /// `members` for groups, or the PATCH body.
    pub payload: Value,
    /// Whether the provider's retry after a link has been answered; it is answered so once.
    pub settled: bool,
}
