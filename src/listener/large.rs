//! Roles of many members on their way to clients. Their members are read by few at a time, and who asks for a
//! role that another client is being sent shares what was read for that one.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    directory::{Provider, Read, Role, RoleId, UserId},
    service::representation::member_ids,
    store::Snapshot,
};

/// For how many requests members are read at a time: more would only take more memory.
const TURNS: usize = 2;

/// Roles of many members on their way.
#[derive(Debug)]
pub(super) struct LargeRoles {
    turns: Semaphore,
    on_their_way: Mutex<HashMap<RoleId, OnItsWay>>,
}

/// The members of a role at a version, for as long as a client is being sent them. Every provider that sees
/// the role sees the same ones.
#[derive(Debug)]
struct OnItsWay {
    version: u64,
    members: Weak<Vec<UserId>>,
}

impl LargeRoles {
    pub(super) fn new() -> Self {
        Self {
            turns: Semaphore::new(TURNS),
            on_their_way: Mutex::default(),
        }
    }

    /// A turn at reading members, once it has come.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // Never closed, so that a turn always comes.
        self.turns.acquire().await.ok()
    }

    /// The members of a role at its version, where a client is being sent them.
    pub(super) fn known(&self, role: &Role) -> Option<Arc<Vec<UserId>>> {
        let on_their_way = self.on_their_way.lock();
        let on_their_way = on_their_way.unwrap_or_else(PoisonError::into_inner);
        let found = on_their_way.get(&role.id)?;
        (found.version == role.version)
            .then(|| found.members.upgrade())
            .flatten()
    }

    /// Reads the members that a provider sees.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(super) fn read(
        &self,
        snapshot: &dyn Snapshot,
        role: &Role,
        provider: Provider,
    ) -> Read<Arc<Vec<UserId>>> {
        let members = Arc::new(member_ids(snapshot, role.id, Some(provider))?);
        // After a write the role may be older than the members.
        let now = snapshot.role(role.id)?;
        if now.is_some_and(|now| now.version == role.version) {
            self.share(role, &members);
        }
        Ok(members)
    }

    fn share(&self, role: &Role, members: &Arc<Vec<UserId>>) {
        let on_its_way = OnItsWay {
            version: role.version,
            members: Arc::downgrade(members),
        };
        let on_their_way = self.on_their_way.lock();
        let mut on_their_way = on_their_way.unwrap_or_else(PoisonError::into_inner);
        // So that there are never more than there are clients that are being sent one.
        on_their_way.retain(|_, role| role.members.strong_count() > 0);
        on_their_way.insert(role.id, on_its_way);
    }
}
