//! From what is stored to what is shown.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    admin::row::{
        ConflictRow, GrantRow, HoldRow, JournalRow, MemberRow, MembershipRow, ProviderRow,
        ResourceRow, RoleRow, TemporaryAccessRow, TokenRow, UserRoleRow, UserRow,
    },
    directory::{
        Conflict, Grant, Hold, JournalEntry, Membership, Provider, Read, Resource, ResourceId,
        Role, RoleId, TemporaryAccess, Token, TokenState, User, UserId, View,
    },
    service::Engine,
    store::Snapshot,
};

/// A user with the names of its roles.
pub(super) fn user(view: &(impl View + ?Sized), user: &User) -> Read<UserRow> {
    let roles = user_roles(view, user.id)?;
    Ok(UserRow {
        id: user.id,
        kind: user.kind,
        user_name: user.user_name.clone(),
        display_name: user.display_name(),
        active: user.is_active(),
        managed_by: user.managed_by,
        permission_level: user.permission_level,
        roles: roles.into_iter().map(|role| role.display_name).collect(),
        external_id: owned_id(user.managed_by.provider(), &user.external_ids),
        identity_aliases: user.alias_texts(),
        created: user.created,
        last_modified: user.last_modified,
    })
}

pub(super) fn user_roles(view: &(impl View + ?Sized), user: UserId) -> Read<Vec<UserRoleRow>> {
    let mut rows = Vec::new();
    for membership in view.memberships_of(user)? {
        if let Some(role) = view.role(membership.role)? {
            rows.push(UserRoleRow {
                id: role.id,
                display_name: role.display_name,
                managed_by: role.managed_by,
                origin: membership.origin,
            });
        }
    }
    Ok(rows)
}

pub(super) fn role(engine: &Engine, snapshot: &dyn Snapshot, role: &Role) -> Read<RoleRow> {
    Ok(RoleRow {
        id: role.id,
        display_name: role.display_name.clone(),
        managed_by: role.managed_by,
        external_id: owned_id(role.managed_by.provider(), &role.external_ids),
        provider_members: role.provider_members,
        local_members: role.local_members,
        last_push: engine.role_push(snapshot, role.id)?,
    })
}

/// At most so many members of a role, in the order of their ids.
pub(super) fn members(
    view: &(impl View + ?Sized),
    role: RoleId,
    most: usize,
) -> Read<Vec<MemberRow>> {
    let mut rows = Vec::new();
    for membership in view.members(role, None, most)? {
        if let Some(user) = view.user(membership.user)? {
            rows.push(MemberRow {
                id: user.id,
                kind: user.kind,
                active: user.is_active(),
                user_name: user.user_name,
                origin: membership.origin,
            });
        }
    }
    Ok(rows)
}

pub(super) fn membership(
    view: &(impl View + ?Sized),
    membership: Membership,
) -> Read<MembershipRow> {
    Ok(MembershipRow {
        role: membership.role,
        role_name: role_name(view, membership.role)?,
        user: membership.user,
        user_name: user_name(view, membership.user)?,
        origin: membership.origin,
    })
}

/// The managing provider's own id.
fn owned_id(owner: Option<Provider>, ids: &BTreeMap<Provider, String>) -> Option<String> {
    ids.get(&owner?).cloned()
}

pub(super) fn provider(
    engine: &Engine,
    snapshot: &dyn Snapshot,
    provider: Provider,
    now: Timestamp,
) -> Read<ProviderRow> {
    let totals = snapshot.totals()?;
    let (mut tokens, mut last_seen) = (0, None);
    for token in snapshot.tokens()? {
        if token.provider == provider {
            tokens += u64::from(token.state(now) == TokenState::Live);
            let last = engine.token_use(snapshot, token.id)?;
            last_seen = last_seen.max(last.map(|(at, _)| at));
        }
    }
    let managed = |counts: &BTreeMap<Provider, u64>| counts.get(&provider).copied().unwrap_or(0);
    Ok(ProviderRow {
        provider,
        state: snapshot.provider(provider)?.state,
        users: managed(&totals.users_managed),
        roles: managed(&totals.roles_managed),
        tokens,
        last_seen,
    })
}

pub(super) fn token(engine: &Engine, snapshot: &dyn Snapshot, token: &Token) -> Read<TokenRow> {
    let uses = engine.token_use(snapshot, token.id)?;
    Ok(TokenRow {
        id: token.id,
        provider: token.provider,
        name: token.name.clone(),
        prefix: token.prefix.clone(),
        created: token.created,
        expires: token.expires,
        last_used: uses.map(|(at, _)| at),
        requests: uses.map_or(0, |(_, requests)| requests),
        revoked: token.revoked,
    })
}

pub(super) fn conflict(conflict: &Conflict) -> ConflictRow {
    ConflictRow {
        id: conflict.id,
        kind: conflict.kind,
        provider: conflict.provider,
        name: conflict.name.clone(),
        existing: conflict.existing.clone(),
        state: conflict.state,
        tries: conflict.tries,
        first_seen: conflict.first_seen,
        last_seen: conflict.last_seen,
    }
}

pub(super) fn journal(entry: JournalEntry) -> JournalRow {
    JournalRow {
        seq: entry.seq,
        at: entry.at,
        actor: entry.actor.to_string(),
        action: entry.event.action,
        subject: entry.event.subject,
        before: entry.event.before.into(),
        after: entry.event.after.into(),
        exchange: entry.exchange,
    }
}

pub(super) fn resource(resource: Resource) -> ResourceRow {
    ResourceRow {
        id: resource.id,
        name: resource.name,
        kind: resource.kind,
        tags: resource.tags,
        created: resource.created,
    }
}

pub(super) fn grant(view: &(impl View + ?Sized), grant: Grant) -> Read<GrantRow> {
    Ok(GrantRow {
        role: grant.role,
        role_name: role_name(view, grant.role)?,
        resource: grant.resource,
        resource_name: resource_name(view, grant.resource)?,
    })
}

pub(super) fn temporary_access(
    view: &(impl View + ?Sized),
    access: TemporaryAccess,
) -> Read<TemporaryAccessRow> {
    Ok(TemporaryAccessRow {
        user: access.user,
        user_name: user_name(view, access.user)?,
        resource: access.resource,
        resource_name: resource_name(view, access.resource)?,
        from: access.from,
        until: access.until,
    })
}

/// The name of what may be gone by now.
fn role_name(view: &(impl View + ?Sized), id: RoleId) -> Read<String> {
    let role = view.role(id)?;
    Ok(role.map(|role| role.display_name).unwrap_or_default())
}

fn user_name(view: &(impl View + ?Sized), id: UserId) -> Read<String> {
    let user = view.user(id)?;
    Ok(user.map(|user| user.user_name).unwrap_or_default())
}

fn resource_name(view: &(impl View + ?Sized), id: ResourceId) -> Read<String> {
    let resource = view.resource(id)?;
    Ok(resource.map(|resource| resource.name).unwrap_or_default())
}

pub(super) fn hold(hold: Hold) -> HoldRow {
    HoldRow {
        id: hold.id,
        provider: hold.provider,
        state: hold.state,
        since: hold.since,
        until: hold.until,
        departed: hold.departed,
        active: hold.active,
        allowed: hold.allowed,
        attempts: hold.attempts,
        attempted: hold.attempted,
        decided: hold.decided,
        ended: hold.ended,
    }
}
