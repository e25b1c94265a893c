//! A snapshot whose reads never panic: redb may over a page that something else has written to, and
//! who reads shall hear that as an error.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use jiff::Timestamp;

use super::{read::Rows, tables::ReadTables};
use crate::{
    directory::{
        AccessView, Conflict, ConflictId, ConflictKind, Departure, ExchangeId, Grant, Hold, HoldId,
        JournalEntry, Membership, Provider, ProviderRecord, Read, ReadError, Resource, ResourceId,
        Role, RoleId, RoleName, SafeguardView, TemporaryAccess, Token, TokenHash, TokenId, User,
        UserId, View, safeguard::Population,
    },
    store::{Snapshot, Start, Survey, Totals, UnknownMembers, Visible},
};

/// The tables as of one commit.
pub(super) struct Guarded(pub(super) Arc<Rows<ReadTables>>);

fn read<T>(read: impl FnOnce() -> Read<T>) -> Read<T> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(ReadError(
            "its pages contradict each other; stop rolecall, move the file away and restore a backup"
                .to_owned(),
        ))
    })
}

/// Implements a trait, each method by that of the same name within.
macro_rules! guard {
    ($of:ident: $($name:ident($($argument:ident: $kind:ty),*) -> $found:ty;)*) => {
        impl $of for Guarded {
            $(fn $name(&self, $($argument: $kind),*) -> Read<$found> {
                read(|| $of::$name(&*self.0, $($argument),*))
            })*
        }
    };
}

guard! { View:
    user(id: UserId) -> Option<User>;
    user_name(id: UserId) -> Option<String>;
    user_named(user_name: &str) -> Option<User>;
    role(id: RoleId) -> Option<Role>;
    role_name(id: RoleId) -> Option<RoleName>;
    role_named(display_name: &str) -> Option<Role>;
    membership(role: RoleId, user: UserId) -> Option<Membership>;
    members(role: RoleId, after: Option<UserId>, limit: usize) -> Vec<Membership>;
    memberships_of(user: UserId) -> Vec<Membership>;
    alias_holder(set: &str, alias: &str) -> Option<UserId>;
    provider(provider: Provider) -> ProviderRecord;
    token(id: TokenId) -> Option<Token>;
    token_by_hash(hash: &TokenHash) -> Option<Token>;
    tokens() -> Vec<Token>;
    conflict(id: ConflictId) -> Option<Conflict>;
    latest_conflict(provider: Provider, kind: ConflictKind, key: &str) -> Option<Conflict>;
    conflicts_about(existing: &str) -> Vec<Conflict>;
}

guard! { AccessView:
    resource(id: ResourceId) -> Option<Resource>;
    resource_named(name: &str) -> Option<Resource>;
    is_granted(role: RoleId, resource: ResourceId) -> bool;
    resources_of_role(role: RoleId, after: Option<ResourceId>, limit: usize) -> Vec<ResourceId>;
    roles_reaching(resource: ResourceId, after: Option<RoleId>, limit: usize) -> Vec<RoleId>;
    temporary_access(user: UserId, resource: ResourceId) -> Option<TemporaryAccess>;
    temporary_access_of(user: UserId, after: Option<ResourceId>, limit: usize) -> Vec<TemporaryAccess>;
    temporary_access_to(resource: ResourceId, after: Option<UserId>, limit: usize) -> Vec<TemporaryAccess>;
    access_due(now: Timestamp, limit: usize) -> Vec<TemporaryAccess>;
    next_access_change() -> Option<Timestamp>;
}

guard! { SafeguardView:
    population(provider: Provider) -> Population;
    active_admins(limit: usize) -> Vec<UserId>;
    departure(user: UserId) -> Option<Departure>;
    departures(provider: Provider, until: Timestamp, limit: usize) -> Vec<Departure>;
    hold(id: HoldId) -> Option<Hold>;
    live_hold(provider: Provider) -> Option<Hold>;
}

guard! { Survey:
    resources(after: Option<ResourceId>, limit: usize) -> Vec<Resource>;
    grants(after: Option<Grant>, limit: usize) -> Vec<Grant>;
    temporary_accesses(after: Option<(UserId, ResourceId)>, limit: usize) -> Vec<TemporaryAccess>;
    holds(all: bool, before: Option<HoldId>, limit: usize) -> Vec<Hold>;
    all_departures(after: Option<UserId>, limit: usize) -> Vec<Departure>;
    suspended(after: Option<UserId>, limit: usize) -> Vec<UserId>;
    stale_roles(before: Timestamp, limit: usize) -> Vec<(RoleId, Timestamp)>;
    unknown_members(after: Option<RoleId>, limit: usize) -> Vec<UnknownMembers>;
    identity_sets(after: Option<&str>, limit: usize) -> Vec<String>;
    aliases_in(set: &str, after: Option<&str>, limit: usize) -> Vec<(String, UserId)>;
    exchanges_after(after: Option<ExchangeId>, limit: usize) -> Vec<String>;
    journal_first() -> u64;
}

guard! { Snapshot:
    totals() -> Totals;
    users(visible: Visible, start: Start<UserId>, limit: usize) -> Vec<User>;
    roles(visible: Visible, start: Start<RoleId>, limit: usize) -> Vec<Role>;
    users_by_external_id(provider: Provider, external_id: &str) -> Vec<UserId>;
    roles_by_external_id(provider: Provider, external_id: &str) -> Vec<RoleId>;
    users_by_email(email: &str) -> Vec<UserId>;
    conflicts(all: bool, before: Option<ConflictId>, limit: usize) -> Vec<Conflict>;
    journal(after: u64, limit: usize) -> Vec<JournalEntry>;
    token_use(token: TokenId) -> Option<(Timestamp, u64)>;
    role_push(role: RoleId) -> Option<Timestamp>;
    exchanges(limit: usize, bytes: usize) -> Vec<String>;
}
