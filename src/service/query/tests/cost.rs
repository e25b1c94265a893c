//! Invariant 9: cost follows what was asked for, not the size of the directory.

mod uncounted;

use std::cell::Cell;

use super::*;
use crate::{
    directory::{
        Conflict, ConflictId, ConflictKind, JournalEntry, ProviderRecord, Read, Token, TokenHash,
        TokenId, View,
    },
    store::Totals,
};

/// A view that counts the rows it gives.
struct Counted {
    inner: Box<dyn Snapshot>,
    rows: Cell<usize>,
    members: Cell<usize>,
}

impl Counted {
    fn note<T>(counter: &Cell<usize>, found: Read<Vec<T>>) -> Read<Vec<T>> {
        let found = found?;
        counter.set(counter.get() + found.len());
        Ok(found)
    }

    fn one<T>(&self, found: Read<Option<T>>) -> Read<Option<T>> {
        self.rows.set(self.rows.get() + 1);
        found
    }
}

impl View for Counted {
    fn user(&self, id: UserId) -> Read<Option<User>> {
        self.one(self.inner.user(id))
    }
    fn user_named(&self, user_name: &str) -> Read<Option<User>> {
        self.one(self.inner.user_named(user_name))
    }
    fn role(&self, id: RoleId) -> Read<Option<Role>> {
        self.one(self.inner.role(id))
    }
    fn role_named(&self, display_name: &str) -> Read<Option<Role>> {
        self.one(self.inner.role_named(display_name))
    }
    fn membership(&self, role: RoleId, user: UserId) -> Read<Option<Membership>> {
        self.inner.membership(role, user)
    }
    fn members(&self, role: RoleId, after: Option<UserId>, limit: usize) -> Read<Vec<Membership>> {
        Self::note(&self.members, self.inner.members(role, after, limit))
    }
    fn memberships_of(&self, user: UserId) -> Read<Vec<Membership>> {
        self.inner.memberships_of(user)
    }
    fn alias_holder(&self, set: &str, alias: &str) -> Read<Option<UserId>> {
        self.inner.alias_holder(set, alias)
    }
    fn provider(&self, provider: Provider) -> Read<ProviderRecord> {
        self.inner.provider(provider)
    }
    fn token(&self, id: TokenId) -> Read<Option<Token>> {
        self.inner.token(id)
    }
    fn token_by_hash(&self, hash: &TokenHash) -> Read<Option<Token>> {
        self.inner.token_by_hash(hash)
    }
    fn tokens(&self) -> Read<Vec<Token>> {
        self.inner.tokens()
    }
    fn conflict(&self, id: ConflictId) -> Read<Option<Conflict>> {
        self.inner.conflict(id)
    }
    fn latest_conflict(
        &self,
        provider: Provider,
        kind: ConflictKind,
        key: &str,
    ) -> Read<Option<Conflict>> {
        self.inner.latest_conflict(provider, kind, key)
    }
    fn conflicts_about(&self, existing: &str) -> Read<Vec<Conflict>> {
        self.inner.conflicts_about(existing)
    }
}

impl Snapshot for Counted {
    fn totals(&self) -> Read<Totals> {
        self.inner.totals()
    }
    fn users(&self, visible: Visible, start: Start<UserId>, limit: usize) -> Read<Vec<User>> {
        Self::note(&self.rows, self.inner.users(visible, start, limit))
    }
    fn roles(&self, visible: Visible, start: Start<RoleId>, limit: usize) -> Read<Vec<Role>> {
        Self::note(&self.rows, self.inner.roles(visible, start, limit))
    }
    fn users_by_external_id(&self, provider: Provider, external_id: &str) -> Read<Vec<UserId>> {
        self.inner.users_by_external_id(provider, external_id)
    }
    fn roles_by_external_id(&self, provider: Provider, external_id: &str) -> Read<Vec<RoleId>> {
        self.inner.roles_by_external_id(provider, external_id)
    }
    fn users_by_email(&self, email: &str) -> Read<Vec<UserId>> {
        self.inner.users_by_email(email)
    }
    fn conflicts(
        &self,
        all: bool,
        before: Option<ConflictId>,
        limit: usize,
    ) -> Read<Vec<Conflict>> {
        self.inner.conflicts(all, before, limit)
    }
    fn journal(&self, after: u64, limit: usize) -> Read<Vec<JournalEntry>> {
        self.inner.journal(after, limit)
    }
    fn token_use(&self, token: TokenId) -> Read<Option<(Timestamp, u64)>> {
        self.inner.token_use(token)
    }
    fn role_push(&self, role: RoleId) -> Read<Option<Timestamp>> {
        self.inner.role_push(role)
    }
    fn exchanges(&self, limit: usize, bytes: usize) -> Read<Vec<String>> {
        self.inner.exchanges(limit, bytes)
    }
}

/// 200 users, all of them in the first of 50 roles.
fn large() -> Counted {
    let seeds: Vec<UserSeed> = (0..200).map(|_| (PERSON, Some(1), 1, None)).collect();
    let members: Vec<(u8, u8, bool)> = (0..200).map(|user| (user, 0, true)).collect();
    Counted {
        inner: directory(&seeds, &[OKTA; 50], &members).snapshot().unwrap(),
        rows: Cell::new(0),
        members: Cell::new(0),
    }
}

/// How many rows and how many members a list read.
fn cost(resource: ResourceType, pairs: &[(&str, &str)]) -> (usize, usize) {
    let view = large();
    let found = list(
        &view,
        resource,
        Some(Provider::Okta),
        &query(resource, pairs),
    );
    assert!(!found.resources.is_empty(), "{pairs:?}");
    (view.rows.get(), view.members.get())
}

#[test]
fn a_page_costs_its_length_wherever_it_starts() {
    for start in ["1", "100", "190"] {
        let (rows, members) = cost(ResourceType::User, &[("startIndex", start), ("count", "5")]);
        // The page, one more to see whether it is the last, and the role that all are in, once.
        assert_eq!((rows, members), (5 + 1 + 1, 0), "{start}");
    }
}

#[test]
fn a_look_up_reads_what_it_finds() {
    let id = format!("id eq \"{}\"", user_id(7));
    for filter in ["userName eq \"user7@x.io\"", id.as_str()] {
        let (rows, members) = cost(ResourceType::User, &[("filter", filter)]);
        assert!(rows <= 4, "{filter}: {rows}");
        assert_eq!(members, 0);
    }
    let filter = [
        ("filter", "displayName eq \"Role 0\""),
        ("excludedAttributes", "members"),
    ];
    let (rows, members) = cost(ResourceType::Group, &filter);
    assert!(rows <= 4, "{rows}");
    assert_eq!(members, 0);
}

#[test]
fn no_list_reads_the_members_of_a_role_unless_it_was_asked_for_them() {
    let wanted = format!("members.value eq \"{}\"", user_id(7));
    let without = ("excludedAttributes", "members");
    for pairs in [
        vec![without],
        vec![without, ("filter", wanted.as_str())],
        vec![without, ("filter", "displayName co \"role\"")],
        vec![("attributes", "displayName")],
    ] {
        assert_eq!(cost(ResourceType::Group, &pairs).1, 0, "{pairs:?}");
    }
    assert_eq!(cost(ResourceType::Group, &[("filter", &wanted)]).1, 200);
}
