//! Totals that follow from each change, so that nothing has to be counted.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{StoreError, Visible, out_of_order};
use crate::directory::{
    Actor, Change, Conflict, ConflictState, Departure, Event, ExchangeId, JournalEntry,
    PermissionLevel, Provider, Role, User, UserKind, safeguard::Population,
};

/// Totals that are kept up to date with every change, never counted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Persons that are active.
    pub users_active: u64,
    /// Persons that are suspended.
    pub users_suspended: u64,
    /// Persons managed by each provider.
    pub users_managed: BTreeMap<Provider, u64>,
    /// Persons managed by each provider that are active.
    #[serde(default)]
    pub users_managed_active: BTreeMap<Provider, u64>,
    /// Counted suspensions and deletions by each provider.
    #[serde(default)]
    pub departures: BTreeMap<Provider, u64>,
    /// Service accounts.
    pub service_accounts: u64,
    /// Roles, all of them.
    pub roles: u64,
    /// Roles managed by each provider.
    pub roles_managed: BTreeMap<Provider, u64>,
    /// Conflicts that wait for the operator.
    pub conflicts_open: u64,
    /// Persons and service accounts that are active and have the level `admin`.
    pub admins_active: u64,
    /// Resources.
    #[serde(default)]
    pub resources: u64,
    /// Rights of roles to resources.
    #[serde(default)]
    pub grants: u64,
    /// Temporary access, also where its time has not come.
    #[serde(default)]
    pub temporary_access: u64,
    /// The number of the newest journal entry; 0 before the first.
    pub journal_last: u64,
}

impl Totals {
    /// Persons, active and suspended.
    pub fn persons(&self) -> u64 {
        self.users_active + self.users_suspended
    }

    /// Persons that no provider manages.
    pub fn users_local(&self) -> u64 {
        self.persons()
            .saturating_sub(self.users_managed.values().sum())
    }

    /// Roles that no provider manages.
    pub fn roles_local(&self) -> u64 {
        self.roles.saturating_sub(self.roles_managed.values().sum())
    }

    /// How many users are visible.
    pub fn visible_users(&self, visible: Visible) -> u64 {
        match visible {
            Visible::Everything => self.persons() + self.service_accounts,
            Visible::To(provider) => {
                let managed = self.users_managed.get(&provider);
                self.users_local() + managed.copied().unwrap_or_default()
            }
        }
    }

    /// How many roles are visible.
    pub fn visible_roles(&self, visible: Visible) -> u64 {
        match visible {
            Visible::Everything => self.roles,
            Visible::To(provider) => {
                let managed = self.roles_managed.get(&provider);
                self.roles_local() + managed.copied().unwrap_or_default()
            }
        }
    }

    /// How many users a provider has, and how many of them left lately.
    pub(super) fn population(&self, provider: Provider) -> Population {
        let of = |counts: &BTreeMap<Provider, u64>| counts.get(&provider).copied();
        Population {
            active: of(&self.users_managed_active).unwrap_or_default(),
            departed: of(&self.departures).unwrap_or_default(),
        }
    }

    /// The next entry of the journal.
    pub(super) fn next_entry(
        &mut self,
        at: Timestamp,
        actor: &Actor,
        exchange: Option<ExchangeId>,
        event: &Event,
    ) -> JournalEntry {
        self.journal_last += 1;
        JournalEntry {
            seq: self.journal_last,
            at,
            actor: actor.clone(),
            event: event.clone(),
            exchange,
        }
    }

    /// Takes in the number of an entry that has one: the first may have any, then comes the next.
    pub(super) fn take_number(&mut self, seq: u64) -> Result<(), StoreError> {
        let last = std::mem::replace(&mut self.journal_last, seq);
        if last != 0 && seq != last + 1 {
            return Err(out_of_order(seq, last));
        }
        Ok(())
    }

    /// What the change makes of the totals. The journal's number is not among that.
    pub(super) fn apply(&mut self, change: &Change) {
        match change {
            Change::PutUser { before, after } => {
                if let Some(before) = before {
                    self.user(before, down);
                }
                self.user(after, up);
            }
            Change::DeleteUser(user) => self.user(user, down),
            Change::PutRole { before, after } => {
                if let Some(before) = before {
                    self.role(before, down);
                }
                self.role(after, up);
            }
            Change::DeleteRole(role) => self.role(role, down),
            Change::PutConflict { before, after } => {
                if let Some(before) = before {
                    self.conflict(before, down);
                }
                self.conflict(after, up);
            }
            Change::PutResource(_) => up(&mut self.resources),
            Change::DeleteResource(_) => down(&mut self.resources),
            Change::PutGrant(_) => up(&mut self.grants),
            Change::DeleteGrant(_) => down(&mut self.grants),
            Change::PutTemporaryAccess { before: None, .. } => up(&mut self.temporary_access),
            Change::DeleteTemporaryAccess(_) => down(&mut self.temporary_access),
            Change::PutDeparture(gone) => self.departure(gone, up),
            Change::DeleteDeparture(gone) => self.departure(gone, down),
            Change::ForgetDepartures(provider) => {
                self.departures.remove(provider);
            }
            Change::PutMembership(_)
            | Change::DeleteMembership(_)
            | Change::PutProvider(_)
            | Change::PutToken { .. }
            | Change::PutTemporaryAccess { .. }
            | Change::PutHold { .. } => {}
        }
    }

    /// Counts one user.
    pub(super) fn add_user(&mut self, user: &User) {
        self.user(user, up);
    }

    /// Counts one role.
    pub(super) fn add_role(&mut self, role: &Role) {
        self.role(role, up);
    }

    /// Counts one conflict.
    pub(super) fn add_conflict(&mut self, conflict: &Conflict) {
        self.conflict(conflict, up);
    }

    /// Counts one suspension or deletion.
    pub(super) fn add_departure(&mut self, gone: &Departure) {
        self.departure(gone, up);
    }

    fn departure(&mut self, gone: &Departure, step: Step) {
        managed(&mut self.departures, Some(gone.provider), step);
    }

    fn user(&mut self, user: &User, step: Step) {
        match (user.kind, user.is_active()) {
            (UserKind::ServiceAccount, _) => step(&mut self.service_accounts),
            (UserKind::Person, true) => step(&mut self.users_active),
            (UserKind::Person, false) => step(&mut self.users_suspended),
        }
        if user.is_person() {
            let owner = user.managed_by.provider();
            managed(&mut self.users_managed, owner, step);
            if user.is_active() {
                managed(&mut self.users_managed_active, owner, step);
            }
        }
        if user.is_active() && user.permission_level == PermissionLevel::Admin {
            step(&mut self.admins_active);
        }
    }

    fn role(&mut self, role: &Role, step: Step) {
        step(&mut self.roles);
        managed(&mut self.roles_managed, role.managed_by.provider(), step);
    }

    fn conflict(&mut self, conflict: &Conflict, step: Step) {
        if conflict.state == ConflictState::Open {
            step(&mut self.conflicts_open);
        }
    }
}

/// One more or one less.
type Step = fn(&mut u64);

fn up(count: &mut u64) {
    *count += 1;
}

fn down(count: &mut u64) {
    debug_assert!(*count > 0, "a total went below zero");
    *count = count.saturating_sub(1);
}

/// A provider that manages nothing has no entry, so that equal directories have equal totals.
fn managed(counts: &mut BTreeMap<Provider, u64>, provider: Option<Provider>, step: Step) {
    let Some(provider) = provider else { return };
    let count = counts.entry(provider).or_default();
    step(count);
    if *count == 0 {
        counts.remove(&provider);
    }
}
