//! Users and service accounts.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::{
    super::super::{refused::Refused, rows},
    Found, Key, Source, WALK, Wanted, each, scim_query,
};
use crate::{
    admin::row::{Page, UserRow},
    directory::{PermissionLevel, Read, Role, User, UserId, membership::each_member},
    scim::ResourceType,
    service::{
        listings::Order,
        query,
        search::{
            Filter, List, Narrowing, UserOrder,
            users::{UserFacts, UserTest},
            value::Text,
        },
    },
    store::{Snapshot, Start, Visible},
};

/// A page of users and service accounts.
pub(in super::super) fn users(
    source: Source<'_>,
    wanted: &Wanted<UserOrder>,
) -> Result<Page<UserRow>, Refused> {
    let snapshot = source.snapshot;
    let of = snapshot.totals()?.visible_users(Visible::Everything);
    let narrowing = Narrowing::parse(wanted.filter(), ResourceType::User)?;
    if narrowing.is_empty() && wanted.sort.is_none() {
        let start = Start::Offset(wanted.offset);
        let found = snapshot.users(Visible::Everything, start, wanted.limit)?;
        let rows = found.iter().map(|user| rows::user(snapshot, user));
        return Ok(Page::new(rows.collect::<Read<_>>()?, of));
    }
    let part = [wanted.offset, wanted.limit as u64];
    source.page(
        wanted.asked(List::Users, Order::Users),
        part,
        of,
        || {
            Ok((
                find(source, wanted, &narrowing)?,
                narrowing.depends_on_time(),
            ))
        },
        |id| {
            let user = snapshot.user(UserId(id))?;
            user.map(|user| rows::user(snapshot, &user)).transpose()
        },
    )
}

fn find(
    source: Source<'_>,
    wanted: &Wanted<UserOrder>,
    narrowing: &Narrowing<UserTest>,
) -> Result<Vec<Uuid>, Refused> {
    let snapshot = source.snapshot;
    let mut found = Found::new();
    let mut add = |user: &User, roles: Option<u64>| {
        let by = wanted.sort.map(|sort| sort.by);
        let key = by.map(|by| key(snapshot, user, by, roles)).transpose()?;
        found.add(user.id, key)
    };
    match narrowing {
        Narrowing::Scim(_) => {
            let query = scim_query(wanted.filter(), ResourceType::User)?;
            for id in query::user_ids(snapshot, None, &query)? {
                if let Some(user) = snapshot.user(id)? {
                    add(&user, None)?;
                }
            }
        }
        Narrowing::Words(filter) => {
            let memberships = Memberships::read(snapshot, filter)?;
            let now = source.now();
            each_candidate(snapshot, filter, &memberships, |user| {
                let roles = if memberships.counted {
                    Some(count(snapshot, user.id)?)
                } else {
                    None
                };
                let facts = UserFacts {
                    user: &user,
                    roles: roles.unwrap_or(0),
                    in_role: &|name| memberships.has(name, user.id),
                };
                if filter.passes(&facts, now) {
                    add(&user, roles)?;
                }
                Ok(())
            })?;
        }
    }
    Ok(found.ordered(wanted.sort.is_some_and(|sort| sort.descending)))
}

fn count(snapshot: &dyn Snapshot, user: UserId) -> Read<u64> {
    let memberships = snapshot.memberships_of(user)?;
    Ok(u64::try_from(memberships.len()).unwrap_or(u64::MAX))
}

fn key(snapshot: &dyn Snapshot, user: &User, by: UserOrder, roles: Option<u64>) -> Read<Key> {
    Ok(match by {
        UserOrder::UserName => Key::text(&user.user_name),
        UserOrder::DisplayName => Key::text(&user.display_name()),
        UserOrder::State => Key::number(u8::from(!user.is_active())),
        UserOrder::Roles => match roles {
            Some(roles) => Key::Number(roles),
            None => Key::Number(count(snapshot, user.id)?),
        },
        UserOrder::Level => {
            let mut levels = PermissionLevel::ALL.iter().rev();
            let rank = levels.position(|level| *level == user.permission_level);
            Key::number(rank.unwrap_or(0))
        }
        UserOrder::ManagedBy => Key::manager(user.managed_by),
        UserOrder::Created => Key::Time(Some(user.created)),
        UserOrder::Changed => Key::Time(Some(user.last_modified)),
    })
}

/// What a filter asks of memberships.
struct Memberships {
    /// The members of all roles whose names fit.
    in_role: HashMap<Text, HashSet<UserId>>,
    /// Whether the number of roles is looked at.
    counted: bool,
}

impl Memberships {
    fn read(snapshot: &dyn Snapshot, filter: &Filter<UserTest>) -> Result<Self, Refused> {
        let mut in_role = HashMap::new();
        for test in filter.tests() {
            let UserTest::Role(name) = test else { continue };
            if in_role.contains_key(name) {
                continue;
            }
            let mut members = HashSet::new();
            each_role_named(snapshot, name, |role| {
                each_member(snapshot, role.id, |membership| {
                    members.insert(membership.user);
                    Ok(())
                })
            })?;
            in_role.insert(name.clone(), members);
        }
        let counted = filter
            .tests()
            .any(|test| matches!(test, UserTest::Roles(_) | UserTest::InRoles));
        Ok(Self { in_role, counted })
    }

    fn has(&self, role: &Text, user: UserId) -> bool {
        let members = self.in_role.get(role);
        members.is_some_and(|members| members.contains(&user))
    }
}

/// Visits every role of such a name.
pub(super) fn each_role_named(
    snapshot: &dyn Snapshot,
    name: &Text,
    mut visit: impl FnMut(Role) -> Read<()>,
) -> Result<(), Refused> {
    if let Some(whole) = name.whole() {
        if let Some(role) = snapshot.role_named(whole)? {
            visit(role)?;
        }
        return Ok(());
    }
    each(
        |after| snapshot.roles(Visible::Everything, start(after), WALK),
        |role: &Role| role.id,
        |role| {
            if name.fits(&role.display_name) {
                visit(role)?;
            }
            Ok(())
        },
    )
}

pub(super) fn start<Id>(after: Option<Id>) -> Start<Id> {
    after.map_or(Start::Offset(0), Start::After)
}

/// Visits the users among which every match is, in the order of their ids.
fn each_candidate(
    snapshot: &dyn Snapshot,
    filter: &Filter<UserTest>,
    memberships: &Memberships,
    mut visit: impl FnMut(User) -> Result<(), Refused>,
) -> Result<(), Refused> {
    let mut known: Option<Vec<UserId>> = None;
    for test in filter.required() {
        let ids = match test {
            UserTest::Id(id) if id.len() == 36 => id.parse().into_iter().collect(),
            UserTest::Name(Text::Is(name)) => snapshot
                .user_named(name)?
                .iter()
                .map(|user| user.id)
                .collect(),
            UserTest::Email(Text::Is(email)) => snapshot.users_by_email(email)?,
            UserTest::Role(name) => {
                let members = memberships.in_role.get(name);
                members.into_iter().flatten().copied().collect()
            }
            _ => continue,
        };
        if known.as_ref().is_none_or(|known| ids.len() < known.len()) {
            known = Some(ids);
        }
    }
    let Some(mut ids) = known else {
        return each(
            |after| snapshot.users(Visible::Everything, start(after), WALK),
            |user: &User| user.id,
            visit,
        );
    };
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        if let Some(user) = snapshot.user(id)? {
            visit(user)?;
        }
    }
    Ok(())
}
