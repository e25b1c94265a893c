//! What changes, notes and the passing of time do to the rows in memory.

use std::{collections::BTreeMap, sync::Arc};

use super::State;
use crate::{
    directory::{Change, Conflict, Hold, JournalEntry, Resource, Role, Token, User, fold},
    store::{Observations, TRIM_AT_ONCE, first_exchange_since, survey::UnknownMembers},
};

impl State {
    pub(super) fn journal_last(&self) -> u64 {
        self.journal_trimmed + self.journal.len() as u64
    }

    pub(super) fn keep(&mut self, entry: JournalEntry) {
        let unknown = UnknownMembers::told(entry.seq, entry.at, &entry.event);
        // An entry of a backup may be about a role that is long gone.
        if let Some(unknown) = unknown.filter(|unknown| self.roles.contains_key(&unknown.role)) {
            self.unknown_members.insert(unknown.role, unknown);
        }
        self.journal.push_back(Arc::new(entry));
    }

    pub(super) fn note(&mut self, observations: &Observations) {
        for (&token, &(at, requests)) in &observations.token_uses {
            if !self.tokens.contains_key(&token) {
                continue;
            }
            let (last, count) = self.token_uses.entry(token).or_insert((at, 0));
            *last = at.max(*last);
            *count += requests;
        }
        for (&role, &at) in &observations.role_pushes {
            if !self.roles.contains_key(&role) {
                continue;
            }
            let last = self.role_pushes.entry(role).or_insert(at);
            *last = at.max(*last);
        }
        for (id, json) in &observations.exchanges {
            let known = self.exchanges.insert(*id, Arc::clone(json));
            if let Some(marks) = self.marks.as_mut().filter(|_| known.is_none()) {
                marks.note(*id);
            }
        }
        let most_bytes = observations.keep_exchange_bytes.unwrap_or(u64::MAX);
        let texts = self.exchanges.values();
        let mut bytes: u64 = texts.map(|text| text.len() as u64).sum();
        for _ in 0..TRIM_AT_ONCE {
            let too_many = self.exchanges.len() as u64 > observations.keep_exchanges;
            if !too_many && bytes <= most_bytes {
                break;
            }
            let oldest = self.exchanges.pop_first();
            bytes -= oldest.map_or(0, |(_, text)| text.len() as u64);
        }
    }

    /// Lets go of what is older, or more, than is to be kept.
    pub(super) fn trim(&mut self, observations: &Observations) {
        if let Some(since) = observations.exchanges_since {
            let since = first_exchange_since(since);
            let old: Vec<_> = self.exchanges.range(..since).map(|(&id, _)| id).collect();
            for id in old.into_iter().take(TRIM_AT_ONCE) {
                self.exchanges.remove(&id);
            }
        }
        let keep = observations.keep_journal.unwrap_or(u64::MAX);
        for _ in 0..TRIM_AT_ONCE {
            let first = self.journal.front();
            let is_old = first
                .zip(observations.journal_since)
                .is_some_and(|(entry, since)| entry.at < since);
            let is_beyond = self.journal.len() as u64 > keep;
            // The newest stays: time and numbers go on from there.
            if !(is_old || is_beyond) || self.journal.len() <= 1 {
                break;
            }
            self.journal.pop_front();
            self.journal_trimmed += 1;
        }
        self.trim_marks();
    }

    pub(super) fn apply(&mut self, change: &Change) {
        match change {
            Change::PutUser { before, after } => {
                if let Some(before) = before {
                    forget(&mut self.user_names, &before.user_name, before.id);
                }
                self.user_names.insert(fold(&after.user_name), after.id);
                self.users.insert(after.id, Arc::new(User::clone(after)));
            }
            Change::DeleteUser(user) => {
                forget(&mut self.user_names, &user.user_name, user.id);
                self.users.remove(&user.id);
            }
            Change::PutRole { before, after } => {
                if let Some(before) = before {
                    forget(&mut self.role_names, &before.display_name, before.id);
                }
                self.role_names.insert(fold(&after.display_name), after.id);
                self.roles.insert(after.id, Arc::new(Role::clone(after)));
            }
            Change::DeleteRole(role) => {
                forget(&mut self.role_names, &role.display_name, role.id);
                self.roles.remove(&role.id);
                self.role_pushes.remove(&role.id);
                self.unknown_members.remove(&role.id);
            }
            Change::PutMembership(membership) => {
                let key = (membership.role, membership.user);
                self.members.insert(key, membership.origin);
            }
            Change::DeleteMembership(membership) => {
                self.members.remove(&(membership.role, membership.user));
            }
            Change::PutProvider(record) => {
                self.providers.insert(record.provider, record.clone());
            }
            Change::PutToken { after, .. } => {
                self.tokens.insert(after.id, Arc::new(Token::clone(after)));
            }
            Change::PutConflict { after, .. } => {
                let row = Arc::new(Conflict::clone(after));
                self.conflicts.insert(after.id, row);
            }
            other => self.apply_access(other),
        }
    }
    fn apply_access(&mut self, change: &Change) {
        match change {
            Change::PutResource(resource) => {
                let row = Arc::new(Resource::clone(resource));
                self.resources.insert(resource.id, row);
            }
            Change::DeleteResource(resource) => {
                self.resources.remove(&resource.id);
            }
            Change::PutGrant(grant) => {
                self.grants.insert(*grant);
            }
            Change::DeleteGrant(grant) => {
                self.grants.remove(grant);
            }
            Change::PutTemporaryAccess { after, .. } => {
                self.temporary.insert((after.user, after.resource), *after);
            }
            Change::DeleteTemporaryAccess(access) => {
                self.temporary.remove(&(access.user, access.resource));
            }
            Change::PutDeparture(gone) => {
                self.departures.insert(gone.user, *gone);
            }
            Change::DeleteDeparture(gone) => {
                self.departures.remove(&gone.user);
            }
            Change::ForgetDepartures(provider) => {
                self.departures.retain(|_, gone| gone.provider != *provider);
            }
            Change::PutHold { after, .. } => {
                self.holds.insert(after.id, Arc::new(Hold::clone(after)));
            }
            _ => {}
        }
    }
}

/// Takes a name away from the row, unless another row has taken it over in the same decision.
fn forget<Id: Copy + PartialEq>(names: &mut BTreeMap<String, Id>, name: &str, id: Id) {
    let name = fold(name);
    if names.get(&name) == Some(&id) {
        names.remove(&name);
    }
}
