//! The directory in memory: the model that the tests compare the real store against, and good
//! enough for a throw-away directory. Everything but ids and names is found by looking at every
//! row, and totals are counted, so that it cannot share a mistake with the store that keeps them.
//! [`MemoryStore::shared`] plays a store that several processes share.

mod access;
mod shared;
mod state;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    ops::{Bound, Deref},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use jiff::Timestamp;
use tokio::sync::watch;

use self::shared::{Between, Marks};
use super::{
    Ending, Newest, Observations, Snapshot, Spent, Start, Store, StoreError, Totals, Transaction,
    Visible, Work, is_undecided, survey::UnknownMembers,
};
use crate::directory::{
    Change, Conflict, ConflictId, ConflictKind, ConflictState, Departure, Event, ExchangeId, Grant,
    Hold, HoldId, JournalEntry, Membership, Origin, Provider, ProviderRecord, Read, Resource,
    ResourceId, Role, RoleId, TemporaryAccess, Token, TokenHash, TokenId, User, UserId, View,
    event::Actor, fold,
};

/// Everything there is. Rows are shared, so that a copy costs pointers and not rows.
#[derive(Debug, Clone, Default)]
struct State {
    users: BTreeMap<UserId, Arc<User>>,
    user_names: BTreeMap<String, UserId>,
    roles: BTreeMap<RoleId, Arc<Role>>,
    role_names: BTreeMap<String, RoleId>,
    members: BTreeMap<(RoleId, UserId), Origin>,
    providers: BTreeMap<Provider, ProviderRecord>,
    tokens: BTreeMap<TokenId, Arc<Token>>,
    conflicts: BTreeMap<ConflictId, Arc<Conflict>>,
    resources: BTreeMap<ResourceId, Arc<Resource>>,
    grants: BTreeSet<Grant>,
    temporary: BTreeMap<(UserId, ResourceId), TemporaryAccess>,
    departures: BTreeMap<UserId, Departure>,
    holds: BTreeMap<HoldId, Arc<Hold>>,
    unknown_members: BTreeMap<RoleId, UnknownMembers>,
    /// So many of the oldest entries are not kept any more.
    journal_trimmed: u64,
    journal: VecDeque<Arc<JournalEntry>>,
    token_uses: BTreeMap<TokenId, (Timestamp, u64)>,
    role_pushes: BTreeMap<RoleId, Timestamp>,
    exchanges: BTreeMap<ExchangeId, Arc<str>>,
    /// `None` where only one process writes.
    marks: Option<Marks>,
}

/// A directory that is gone when the process is.
#[derive(Debug, Default)]
pub struct MemoryStore {
    place: Arc<Place>,
    /// Which of the processes that share the directory this is for.
    number: u64,
}

/// Where the directory is.
#[derive(Debug, Default)]
struct Place {
    state: RwLock<Arc<State>>,
    /// Held while a transaction is open; the state's own lock only to swap it.
    writing: Mutex<()>,
    between: Option<Between>,
}

impl MemoryStore {
    /// An empty directory.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty directory that several processes share, of which this is the first one's store, and
    /// [`Self::beside`] gives the others'. They are all in this process, in truth.
    pub fn shared() -> Self {
        let between = Between::new();
        let number = between.join();
        let state = State {
            marks: Some(Marks::default()),
            ..State::default()
        };
        let place = Place {
            state: RwLock::new(Arc::new(state)),
            between: Some(between),
            ..Place::default()
        };
        Self {
            place: Arc::new(place),
            number,
        }
    }

    /// Another process's store of the same directory, where it is [`Self::shared`].
    #[must_use]
    pub fn beside(&self) -> Self {
        Self {
            place: Arc::clone(&self.place),
            number: self.place.between.as_ref().map_or(0, Between::join),
        }
    }

    fn current(&self) -> Arc<State> {
        let state = self.place.state.read();
        Arc::clone(&state.unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, state: Arc<State>) {
        let current = self.place.state.write();
        *current.unwrap_or_else(PoisonError::into_inner) = state;
        if let Some(between) = &self.place.between {
            between.ring();
        }
    }

    fn begin(&self) -> MutexGuard<'_, ()> {
        let writing = self.place.writing.lock();
        writing.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for MemoryStore {
    fn drop(&mut self) {
        if let Some(between) = &self.place.between {
            between.leave(self.number);
        }
    }
}

impl Store for MemoryStore {
    fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        Ok(Box::new(Held(self.current())))
    }

    fn write(&self, work: &mut Work<'_>) -> Result<(), StoreError> {
        let _writing = self.begin();
        let mut next = self.current();
        if work(&mut Held(&mut next))? == Ending::Commit {
            self.replace(next);
        }
        Ok(())
    }

    fn observe(&self, observations: &Observations) -> Result<(), StoreError> {
        let _writing = self.begin();
        let mut next = self.current();
        let state = Arc::make_mut(&mut next);
        state.note(observations);
        state.trim(observations);
        self.replace(next);
        Ok(())
    }

    fn describe(&self) -> String {
        "memory".to_owned()
    }

    fn reopen(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn bell(&self) -> Option<watch::Receiver<u64>> {
        self.place.between.as_ref().map(Between::bell)
    }

    fn share(&self, spent: &[Spent]) -> Result<Vec<Spent>, StoreError> {
        let between = self.place.between.as_ref();
        Ok(between.map_or_else(Vec::new, |between| between.share(self.number, spent)))
    }
}

/// A state that is held to read it (a snapshot) or to change it (a transaction, which copies the
/// state at its first change).
struct Held<S>(S);

/// What both kinds of holding have in common.
trait Holding {
    fn state(&self) -> &State;
}

impl Holding for Held<Arc<State>> {
    fn state(&self) -> &State {
        &self.0
    }
}

impl Holding for Held<&mut Arc<State>> {
    fn state(&self) -> &State {
        self.0
    }
}

impl<S> View for Held<S>
where
    Self: Holding,
{
    fn user(&self, id: UserId) -> Read<Option<User>> {
        Ok(self.state().users.get(&id).map(row))
    }

    fn user_named(&self, user_name: &str) -> Read<Option<User>> {
        match self.state().user_names.get(&fold(user_name)) {
            Some(&id) => self.user(id),
            None => Ok(None),
        }
    }

    fn role(&self, id: RoleId) -> Read<Option<Role>> {
        Ok(self.state().roles.get(&id).map(row))
    }

    fn role_named(&self, display_name: &str) -> Read<Option<Role>> {
        match self.state().role_names.get(&fold(display_name)) {
            Some(&id) => self.role(id),
            None => Ok(None),
        }
    }

    fn membership(&self, role: RoleId, user: UserId) -> Read<Option<Membership>> {
        let origin = self.state().members.get(&(role, user));
        Ok(origin.map(|&origin| Membership { role, user, origin }))
    }

    fn members(&self, role: RoleId, after: Option<UserId>, limit: usize) -> Read<Vec<Membership>> {
        let start = match after {
            Some(user) => Bound::Excluded((role, user)),
            None => Bound::Included((role, UserId::from_bytes([0; 16]))),
        };
        let end = Bound::Included((role, UserId::from_bytes([0xff; 16])));
        let members = self.state().members.range((start, end));
        Ok(members.take(limit).map(membership).collect())
    }

    fn memberships_of(&self, user: UserId) -> Read<Vec<Membership>> {
        let all = self.state().members.iter();
        Ok(all
            .filter(|((_, member), _)| *member == user)
            .map(membership)
            .collect())
    }

    fn alias_holder(&self, set: &str, alias: &str) -> Read<Option<UserId>> {
        let holds = |user: &User| {
            let mut aliases = user.aliases.iter();
            aliases.any(|held| held.set == set && held.alias == alias)
        };
        let mut users = self.state().users.values();
        Ok(users.find(|user| holds(user)).map(|user| user.id))
    }

    fn provider(&self, provider: Provider) -> Read<ProviderRecord> {
        let record = self.state().providers.get(&provider).cloned();
        Ok(record.unwrap_or_else(|| ProviderRecord::unknown(provider)))
    }

    fn token(&self, id: TokenId) -> Read<Option<Token>> {
        Ok(self.state().tokens.get(&id).map(row))
    }

    fn token_by_hash(&self, hash: &TokenHash) -> Read<Option<Token>> {
        let mut tokens = self.state().tokens.values();
        Ok(tokens.find(|token| token.hash == *hash).map(row))
    }

    fn tokens(&self) -> Read<Vec<Token>> {
        Ok(self.state().tokens.values().map(row).collect())
    }

    fn conflict(&self, id: ConflictId) -> Read<Option<Conflict>> {
        Ok(self.state().conflicts.get(&id).map(row))
    }

    fn latest_conflict(
        &self,
        provider: Provider,
        kind: ConflictKind,
        key: &str,
    ) -> Read<Option<Conflict>> {
        let mut newest_first = self.state().conflicts.values().rev();
        Ok(newest_first
            .find(|conflict| {
                conflict.provider == provider && conflict.kind == kind && conflict.key == key
            })
            .map(row))
    }

    fn conflicts_about(&self, existing: &str) -> Read<Vec<Conflict>> {
        let all = self.state().conflicts.values();
        Ok(all
            .filter(|conflict| conflict.existing.id == existing && is_undecided(conflict.state))
            .map(row)
            .collect())
    }
}

impl Snapshot for Held<Arc<State>> {
    fn totals(&self) -> Read<Totals> {
        let mut totals = Totals {
            journal_last: self.0.journal_last(),
            resources: self.0.resources.len() as u64,
            grants: self.0.grants.len() as u64,
            temporary_access: self.0.temporary.len() as u64,
            ..Totals::default()
        };
        self.0
            .departures
            .values()
            .for_each(|gone| totals.add_departure(gone));
        self.0.users.values().for_each(|user| totals.add_user(user));
        self.0.roles.values().for_each(|role| totals.add_role(role));
        for conflict in self.0.conflicts.values() {
            totals.add_conflict(conflict);
        }
        Ok(totals)
    }

    fn users(&self, visible: Visible, start: Start<UserId>, limit: usize) -> Read<Vec<User>> {
        let (after, skip) = position(start);
        let users = self.0.users.range((after, Bound::Unbounded));
        let users = users.map(|(_, user)| user);
        let users = users.filter(|user| visible.has_user(user));
        Ok(users.skip(skip).take(limit).map(row).collect())
    }

    fn roles(&self, visible: Visible, start: Start<RoleId>, limit: usize) -> Read<Vec<Role>> {
        let (after, skip) = position(start);
        let roles = self.0.roles.range((after, Bound::Unbounded));
        let roles = roles.map(|(_, role)| role);
        let roles = roles.filter(|role| visible.has_role(role));
        Ok(roles.skip(skip).take(limit).map(row).collect())
    }

    fn users_by_external_id(&self, provider: Provider, external_id: &str) -> Read<Vec<UserId>> {
        let has = |user: &&Arc<User>| {
            let given = user.external_ids.get(&provider);
            given.is_some_and(|given| given == external_id)
        };
        Ok(self
            .0
            .users
            .values()
            .filter(has)
            .map(|user| user.id)
            .collect())
    }

    fn roles_by_external_id(&self, provider: Provider, external_id: &str) -> Read<Vec<RoleId>> {
        let has = |role: &&Arc<Role>| {
            let given = role.external_ids.get(&provider);
            given.is_some_and(|given| given == external_id)
        };
        Ok(self
            .0
            .roles
            .values()
            .filter(has)
            .map(|role| role.id)
            .collect())
    }

    fn users_by_email(&self, email: &str) -> Read<Vec<UserId>> {
        let email = fold(email);
        let has = |user: &&Arc<User>| user.folded_emails().contains(&email);
        Ok(self
            .0
            .users
            .values()
            .filter(has)
            .map(|user| user.id)
            .collect())
    }

    fn conflicts(
        &self,
        all: bool,
        before: Option<ConflictId>,
        limit: usize,
    ) -> Read<Vec<Conflict>> {
        let end = before.map_or(Bound::Unbounded, Bound::Excluded);
        let conflicts = self.0.conflicts.range((Bound::Unbounded, end)).rev();
        Ok(conflicts
            .map(|(_, conflict)| conflict)
            .filter(|conflict| all || conflict.state == ConflictState::Open)
            .take(limit)
            .map(row)
            .collect())
    }

    fn journal(&self, after: u64, limit: usize) -> Read<Vec<JournalEntry>> {
        let after = after.saturating_sub(self.0.journal_trimmed);
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        let entries = self.0.journal.iter().skip(after);
        Ok(entries.take(limit).map(row).collect())
    }

    fn token_use(&self, token: TokenId) -> Read<Option<(Timestamp, u64)>> {
        Ok(self.0.token_uses.get(&token).copied())
    }

    fn role_push(&self, role: RoleId) -> Read<Option<Timestamp>> {
        Ok(self.0.role_pushes.get(&role).copied())
    }

    fn exchanges(&self, limit: usize, bytes: usize) -> Read<Vec<String>> {
        let newest_first = self.0.exchanges.values().rev().take(limit);
        let mut before = 0;
        let taken = newest_first.take_while(|text| {
            let fits = before <= bytes;
            before += text.len();
            fits
        });
        let mut exchanges: Vec<String> = taken.map(ToString::to_string).collect();
        exchanges.reverse();
        Ok(exchanges)
    }

    fn exchanges_stored(&self, mark: u64, limit: usize) -> Read<Vec<(u64, String)>> {
        Ok(self.0.exchanges_stored(mark, limit))
    }

    fn exchange_mark(&self) -> Read<u64> {
        Ok(self.0.exchange_mark())
    }
}

impl Transaction for Held<&mut Arc<State>> {
    fn apply(&mut self, change: &Change) -> Result<(), StoreError> {
        Arc::make_mut(self.0).apply(change);
        Ok(())
    }

    fn append(
        &mut self,
        at: Timestamp,
        actor: &Actor,
        exchange: Option<ExchangeId>,
        event: &Event,
    ) -> Result<JournalEntry, StoreError> {
        let state = Arc::make_mut(self.0);
        let entry = JournalEntry {
            seq: state.journal_last() + 1,
            at,
            actor: actor.clone(),
            event: event.clone(),
            exchange,
        };
        state.keep(entry.clone());
        Ok(entry)
    }

    fn restore(&mut self, entry: &JournalEntry) -> Result<(), StoreError> {
        let state = Arc::make_mut(self.0);
        if state.journal.is_empty() {
            state.journal_trimmed = entry.seq.saturating_sub(1);
        } else if entry.seq != state.journal_last() + 1 {
            return Err(super::out_of_order(entry.seq, state.journal_last()));
        }
        state.keep(entry.clone());
        Ok(())
    }

    fn note(&mut self, observations: &Observations) -> Result<(), StoreError> {
        Arc::make_mut(self.0).note(observations);
        Ok(())
    }

    fn newest(&self) -> Read<Option<Newest>> {
        Ok(self.0.newest())
    }
}

fn row<T: Clone>(shared: impl Deref<Target = Arc<T>>) -> T {
    T::clone(&shared)
}

fn membership((&(role, user), &origin): (&(RoleId, UserId), &Origin)) -> Membership {
    Membership { role, user, origin }
}

/// The bound to start at, and how many rows to leave out from there.
fn position<Id>(start: Start<Id>) -> (Bound<Id>, usize) {
    match start {
        Start::Offset(rows) => (
            Bound::Unbounded,
            usize::try_from(rows).unwrap_or(usize::MAX),
        ),
        Start::After(id) => (Bound::Excluded(id), 0),
    }
}
