//! What is noted in memory of tokens and roles, until it is stored.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use crate::{
    directory::{RoleId, TokenId},
    store::Observations,
};

/// Uses of tokens and pushes of roles. Bounded by how many of them there are.
#[derive(Debug, Default)]
pub(super) struct Notes(Mutex<Noted>);

#[derive(Debug, Default)]
struct Noted {
    tokens: BTreeMap<TokenId, Use>,
    pushes: BTreeMap<RoleId, Timestamp>,
}

/// A token's uses. They stay noted when they have been stored, so that what lists show never goes
/// backwards while that happens.
#[derive(Debug)]
struct Use {
    last: Timestamp,
    /// Earlier processes' requests included.
    requests: u64,
    unsaved: u64,
}

impl Notes {
    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request came with the token. `stored` tells what earlier processes noted of it, and is
    /// asked once.
    pub(super) fn token_used(
        &self,
        token: TokenId,
        at: Timestamp,
        stored: impl FnOnce() -> Option<(Timestamp, u64)>,
    ) {
        let mut noted = self.noted();
        let uses = noted.tokens.entry(token).or_insert_with(|| {
            let (last, requests) = stored().unwrap_or((at, 0));
            Use {
                last,
                requests,
                unsaved: 0,
            }
        });
        uses.last = uses.last.max(at);
        uses.requests += 1;
        uses.unsaved += 1;
    }

    /// A provider pushed the role.
    pub(super) fn role_pushed(&self, role: RoleId, at: Timestamp) {
        let mut noted = self.noted();
        let last = noted.pushes.entry(role).or_insert(at);
        *last = at.max(*last);
    }

    /// The token's last use and how many requests came with it, if one came to this process.
    pub(super) fn token_use(&self, token: TokenId) -> Option<(Timestamp, u64)> {
        let noted = self.noted();
        let uses = noted.tokens.get(&token)?;
        Some((uses.last, uses.requests))
    }

    /// The token's last use and how many requests came with it, where other processes note theirs, too,
    /// and `stored` is what all of them have stored.
    pub(super) fn token_use_of_all(
        &self,
        token: TokenId,
        stored: Option<(Timestamp, u64)>,
    ) -> Option<(Timestamp, u64)> {
        let noted = self.noted();
        let Some(uses) = noted.tokens.get(&token) else {
            return stored;
        };
        let (last, requests) = stored.unwrap_or((uses.last, 0));
        // What is being stored at this moment is in neither of the two.
        let requests = requests.saturating_add(uses.unsaved).max(uses.requests);
        Some((last.max(uses.last), requests))
    }

    /// The role's last push, if it is not stored yet.
    pub(super) fn role_push(&self, role: RoleId) -> Option<Timestamp> {
        self.noted().pushes.get(&role).copied()
    }

    /// Moves what is not stored yet into the observations.
    pub(super) fn hand_over(&self, observations: &mut Observations) {
        let mut noted = self.noted();
        for (&token, uses) in &mut noted.tokens {
            let unsaved = std::mem::take(&mut uses.unsaved);
            if unsaved > 0 {
                observations.token_uses.insert(token, (uses.last, unsaved));
            }
        }
        observations.role_pushes = std::mem::take(&mut noted.pushes);
    }

    /// Takes back what could not be stored.
    pub(super) fn take_back(&self, observations: &Observations) {
        let mut noted = self.noted();
        for (token, (_, unsaved)) in &observations.token_uses {
            if let Some(uses) = noted.tokens.get_mut(token) {
                uses.unsaved += unsaved;
            }
        }
        for (&role, &at) in &observations.role_pushes {
            let last = noted.pushes.entry(role).or_insert(at);
            *last = at.max(*last);
        }
    }
}
