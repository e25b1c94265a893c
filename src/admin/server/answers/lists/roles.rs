//! Roles.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    super::super::{refused::Refused, rows},
    Found, Key, Source, WALK, Wanted, each, scim_query, too_many,
    users::start,
};
use crate::{
    admin::row::{Page, RoleRow},
    directory::{ManagedBy, Read, Resource, Role, RoleId, User, UserId},
    scim::ResourceType,
    service::{
        listings::Order,
        query,
        search::{
            Filter, List, Narrowing, RoleOrder,
            roles::{RoleFacts, RoleTest},
            value::Text,
        },
    },
    store::{Snapshot, Start, Visible},
};

/// The most users that `member:` may stand for.
const MEMBERS: usize = 1_000;

/// A page of roles.
pub(in super::super) fn roles(
    source: Source<'_>,
    wanted: &Wanted<RoleOrder>,
) -> Result<Page<RoleRow>, Refused> {
    let Source { engine, snapshot } = source;
    let of = snapshot.totals()?.roles;
    let narrowing = Narrowing::parse(wanted.filter(), ResourceType::Group)?;
    if narrowing.is_empty() && wanted.sort.is_none() {
        let start = Start::Offset(wanted.offset);
        let found = snapshot.roles(Visible::Everything, start, wanted.limit)?;
        let rows = found.iter().map(|role| rows::role(engine, snapshot, role));
        return Ok(Page::new(rows.collect::<Read<_>>()?, of));
    }
    // Pushes that change nothing are not in the journal.
    let by_push = wanted
        .sort
        .is_some_and(|sort| sort.by == RoleOrder::LastPush);
    let moves = by_push || narrowing.depends_on_time() || looks_at_pushes(&narrowing);
    let part = [wanted.offset, wanted.limit as u64];
    source.page(
        wanted.asked(List::Roles, Order::Roles),
        part,
        of,
        || Ok((find(source, wanted, &narrowing)?, moves)),
        |id| {
            let role = snapshot.role(RoleId(id))?;
            role.map(|role| rows::role(engine, snapshot, &role))
                .transpose()
        },
    )
}

fn looks_at_pushes(narrowing: &Narrowing<RoleTest>) -> bool {
    match narrowing {
        Narrowing::Words(filter) => filter
            .tests()
            .any(|test| matches!(test, RoleTest::Pushed(_) | RoleTest::Stale)),
        Narrowing::Scim(_) => false,
    }
}

fn find(
    source: Source<'_>,
    wanted: &Wanted<RoleOrder>,
    narrowing: &Narrowing<RoleTest>,
) -> Result<Vec<Uuid>, Refused> {
    let snapshot = source.snapshot;
    let mut found = Found::new();
    let mut add = |role: &Role| {
        let by = wanted.sort.map(|sort| sort.by);
        let key = by.map(|by| key(source, role, by)).transpose()?;
        found.add(role.id, key)
    };
    match narrowing {
        Narrowing::Scim(_) => {
            let query = scim_query(wanted.filter(), ResourceType::Group)?;
            for id in query::role_ids(snapshot, None, &query)? {
                if let Some(role) = snapshot.role(id)? {
                    add(&role)?;
                }
            }
        }
        Narrowing::Words(filter) => {
            let ties = Ties::read(snapshot, filter)?;
            let pushes = looks_at_pushes(narrowing);
            let (now, stale_before) = (source.now(), source.engine.stale_before());
            each_candidate(snapshot, filter, &ties, |role| {
                let last_push = if pushes { push(source, role.id)? } else { None };
                let quiet_since = last_push.unwrap_or(role.created);
                let facts = RoleFacts {
                    role: &role,
                    last_push,
                    stale: role.managed_by != ManagedBy::Local && quiet_since < stale_before,
                    has_member: &|name| ties.has(&ties.of_member, name, role.id),
                    reaches: &|name| ties.has(&ties.reaching, name, role.id),
                };
                if filter.passes(&facts, now) {
                    add(&role)?;
                }
                Ok(())
            })?;
        }
    }
    Ok(found.ordered(wanted.sort.is_some_and(|sort| sort.descending)))
}

fn push(source: Source<'_>, role: RoleId) -> Read<Option<Timestamp>> {
    source.engine.role_push(source.snapshot, role)
}

fn key(source: Source<'_>, role: &Role, by: RoleOrder) -> Read<Key> {
    Ok(match by {
        RoleOrder::Name => Key::text(&role.display_name),
        RoleOrder::Members => Key::Number(role.provider_members.saturating_add(role.local_members)),
        RoleOrder::ProviderMembers => Key::Number(role.provider_members),
        RoleOrder::LocalMembers => Key::Number(role.local_members),
        RoleOrder::ManagedBy => Key::manager(role.managed_by),
        RoleOrder::LastPush => Key::Time(push(source, role.id)?),
        RoleOrder::Created => Key::Time(Some(role.created)),
        RoleOrder::Changed => Key::Time(Some(role.last_modified)),
    })
}

/// Roles by the names of those that they are tied to.
type ByName = HashMap<Text, HashSet<RoleId>>;

/// What a filter asks of members and resources.
#[derive(Default)]
struct Ties {
    of_member: ByName,
    reaching: ByName,
}

impl Ties {
    fn read(snapshot: &dyn Snapshot, filter: &Filter<RoleTest>) -> Result<Self, Refused> {
        let mut ties = Self::default();
        for test in filter.tests() {
            match test {
                RoleTest::Member(name) if !ties.of_member.contains_key(name) => {
                    let roles = roles_of_members(snapshot, name)?;
                    ties.of_member.insert(name.clone(), roles);
                }
                RoleTest::Resource(name) if !ties.reaching.contains_key(name) => {
                    let roles = roles_reaching(snapshot, name)?;
                    ties.reaching.insert(name.clone(), roles);
                }
                _ => {}
            }
        }
        Ok(ties)
    }

    #[expect(clippy::unused_self, reason = "the tables are its own")]
    fn has(&self, ties: &ByName, name: &Text, role: RoleId) -> bool {
        ties.get(name).is_some_and(|roles| roles.contains(&role))
    }
}

/// The roles of users of such a name.
fn roles_of_members(snapshot: &dyn Snapshot, name: &Text) -> Result<HashSet<RoleId>, Refused> {
    let mut users: Vec<UserId> = Vec::new();
    if let Some(whole) = name.whole() {
        users.extend(snapshot.user_named(whole)?.map(|user| user.id));
    } else {
        each(
            |after| snapshot.users(Visible::Everything, start(after), WALK),
            |user: &User| user.id,
            |user| {
                if name.fits(&user.user_name) {
                    users.push(user.id);
                }
                if users.len() > MEMBERS {
                    return Err(too_many(format_args!(
                        "member: stands for more than {MEMBERS} users"
                    )));
                }
                Ok(())
            },
        )?;
    }
    let mut roles = HashSet::new();
    for user in users {
        let memberships = snapshot.memberships_of(user)?;
        roles.extend(memberships.into_iter().map(|membership| membership.role));
    }
    Ok(roles)
}

/// The roles that reach a resource of such a name.
fn roles_reaching(snapshot: &dyn Snapshot, name: &Text) -> Result<HashSet<RoleId>, Refused> {
    let mut roles = HashSet::new();
    each(
        |after| snapshot.resources(after, WALK),
        |resource: &Resource| resource.id,
        |resource| {
            if !name.fits(&resource.name) {
                return Ok(());
            }
            each(
                |after| snapshot.roles_reaching(resource.id, after, WALK),
                |role: &RoleId| *role,
                |role| {
                    roles.insert(role);
                    Ok(())
                },
            )
        },
    )?;
    Ok(roles)
}

/// Visits the roles among which every match is, in the order of their ids.
fn each_candidate(
    snapshot: &dyn Snapshot,
    filter: &Filter<RoleTest>,
    ties: &Ties,
    mut visit: impl FnMut(Role) -> Result<(), Refused>,
) -> Result<(), Refused> {
    let mut known: Option<Vec<RoleId>> = None;
    for test in filter.required() {
        let ids: Vec<RoleId> = match test {
            RoleTest::Id(id) if id.len() == 36 => id.parse().into_iter().collect(),
            RoleTest::Name(Text::Is(name)) => snapshot
                .role_named(name)?
                .iter()
                .map(|role| role.id)
                .collect(),
            RoleTest::Member(name) => ties
                .of_member
                .get(name)
                .into_iter()
                .flatten()
                .copied()
                .collect(),
            RoleTest::Resource(name) => ties
                .reaching
                .get(name)
                .into_iter()
                .flatten()
                .copied()
                .collect(),
            _ => continue,
        };
        if known.as_ref().is_none_or(|known| ids.len() < known.len()) {
            known = Some(ids);
        }
    }
    let Some(mut ids) = known else {
        return each(
            |after| snapshot.roles(Visible::Everything, start(after), WALK),
            |role: &Role| role.id,
            visit,
        );
    };
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        if let Some(role) = snapshot.role(id)? {
            visit(role)?;
        }
    }
    Ok(())
}
