//! What no list reads is passed on uncounted.

use jiff::Timestamp;

use super::Counted;
use crate::{
    directory::{
        AccessView, Departure, ExchangeId, Grant, Hold, HoldId, Provider, Read, Resource,
        ResourceId, RoleId, SafeguardView, TemporaryAccess, UserId, safeguard::Population,
    },
    store::{Survey, UnknownMembers},
};

macro_rules! pass_on {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $found:ty;)*) => {
        $(fn $name(&self, $($argument: $kind),*) -> Read<$found> {
            self.inner.$name($($argument),*)
        })*
    };
}

impl AccessView for Counted {
    pass_on! {
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
}

impl SafeguardView for Counted {
    pass_on! {
        population(provider: Provider) -> Population;
        active_admins(limit: usize) -> Vec<UserId>;
        departure(user: UserId) -> Option<Departure>;
        departures(provider: Provider, until: Timestamp, limit: usize) -> Vec<Departure>;
        hold(id: HoldId) -> Option<Hold>;
        live_hold(provider: Provider) -> Option<Hold>;
    }
}

impl Survey for Counted {
    pass_on! {
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
}
