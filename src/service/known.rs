//! Tokens that were looked up already: the next request with one costs no look at the store, and a
//! revocation acts at once all the same.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::directory::{ProviderState, Token, TokenHash};

/// How many tokens are known at most. A provider has a few.
const MOST: usize = 256;

/// What the store said of tokens. What was noted is believed only as long as no token and no provider
/// has changed since; see [`crate::store::Writer::authority`].
#[derive(Debug, Default)]
pub(super) struct KnownTokens(Mutex<HashMap<TokenHash, Known>>);

#[derive(Debug)]
struct Known {
    /// What the writer's count of such changes was before the store was asked.
    as_of: u64,
    token: Token,
    provider: ProviderState,
}

impl KnownTokens {
    /// What `judge` makes of a token and its provider's state, where they are known.
    pub(super) fn judge<T>(
        &self,
        hash: &TokenHash,
        authority: u64,
        judge: impl FnOnce(&Token, ProviderState) -> T,
    ) -> Option<T> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(hash).filter(|known| known.as_of == authority)?;
        Some(judge(&known.token, known.provider))
    }

    /// Notes what the store said after the count of changes was `as_of`.
    pub(super) fn note(&self, as_of: u64, token: Token, provider: ProviderState) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(
            token.hash,
            Known {
                as_of,
                token,
                provider,
            },
        );
    }
}
