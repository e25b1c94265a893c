//! A provider and a token with everything that a detail pane shows.

use serde::{Deserialize, Serialize};

use super::{JournalRow, ProviderRow, TokenRow};
use crate::service::sync::SyncDigest;

/// A provider with its newest sync and history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProviderDetail {
    /// The row.
    #[serde(flatten)]
    pub row: ProviderRow,
    /// Its pushes that wait for an operator.
    pub conflicts_open: u64,
    /// Its newest sync, as far as one is kept in memory.
    pub sync: Option<SyncDigest>,
    /// The newest journal entries about it and its tokens, newest first.
    pub history: Vec<JournalRow>,
}

/// A token with its maker and history; never its secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenDetail {
    /// The row.
    #[serde(flatten)]
    pub row: TokenRow,
    /// Who made it; `null` where the journal entry about that is too old to be looked for.
    pub made_by: Option<String>,
    /// The newest journal entries about it, newest first.
    pub history: Vec<JournalRow>,
}
