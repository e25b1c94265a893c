//! Who may reach what, right now, and why: resources, the rights of roles, and temporary access.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    id::{ResourceId, RoleId, UserId},
    provider::Provider,
    user::User,
    view::{Read, View},
};

/// Something to reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Never changes, never used again.
    pub id: ResourceId,
    /// Unique without case, kept as given.
    pub name: String,
    /// What it is: `postgres`, `ssh`, …
    pub kind: String,
    /// What else is to be said of it.
    pub tags: BTreeMap<String, String>,
    /// When it was made.
    pub created: Timestamp,
}

/// A role's right to a resource: every active member reaches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Grant {
    /// Whose members.
    pub role: RoleId,
    /// What.
    pub resource: ResourceId,
}

/// A user's right to a resource from one time until another; one for each user and resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemporaryAccess {
    /// Who.
    pub user: UserId,
    /// What.
    pub resource: ResourceId,
    /// From this moment on.
    pub from: Timestamp,
    /// Until before this moment.
    pub until: Timestamp,
    /// Whether the journal has said that it has begun.
    pub started: bool,
}

impl TemporaryAccess {
    /// Whether it holds at this moment, whatever the journal has said so far.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.from <= now && now < self.until
    }

    /// When the journal next has to say something of it.
    pub fn next_change(&self) -> Timestamp {
        if self.started { self.until } else { self.from }
    }
}

/// When [`Command::PassTime`](super::Command::PassTime) next has something to do.
pub fn next_due(view: &(impl View + ?Sized)) -> Read<Option<Timestamp>> {
    let mut due = view.next_access_change()?;
    for provider in Provider::ALL {
        if let Some(hold) = view.live_hold(provider)? {
            due = Some(due.map_or(hold.until, |due| due.min(hold.until)));
        }
    }
    Ok(due)
}

/// Through what someone reaches a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// A role that they are in.
    Role,
    /// Temporary access of their own.
    Temporary,
}

/// One way in which someone reaches a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Through what.
    pub via: Via,
    /// The role's name, if it is one.
    pub role: Option<String>,
    /// The role's id, if it is one.
    pub role_id: Option<RoleId>,
    /// Until when; `None`: as long as both membership and grant last.
    pub until: Option<Timestamp>,
}

/// Why someone does not reach a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusedBecause {
    /// The user is suspended, which ends every access while it lasts.
    Suspended,
    /// What the user was given begins later.
    NotYet {
        /// When.
        from: Timestamp,
    },
    /// Nothing leads from the user to the resource.
    NotGranted,
}

impl fmt::Display for RefusedBecause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Suspended => f.write_str("suspended"),
            Self::NotYet { from } => write!(f, "temporary access starts at {from}"),
            Self::NotGranted => {
                f.write_str("no role of the user grants it, and no temporary access")
            }
        }
    }
}

impl Serialize for RefusedBecause {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Whether someone reaches a resource, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Whether they do.
    pub allowed: bool,
    /// Every way in which they do: roles in the order of their ids, then temporary access.
    pub because: Vec<Reason>,
    /// Why they do not, where they do not.
    pub refused_because: Option<RefusedBecause>,
}

/// Whether a user reaches a resource at a moment, and why. Costs the user's roles.
pub fn check(
    view: &(impl View + ?Sized),
    user: &User,
    resource: ResourceId,
    now: Timestamp,
) -> Read<Explanation> {
    let refuse = |why| Explanation {
        allowed: false,
        because: Vec::new(),
        refused_because: Some(why),
    };
    if !user.is_active() {
        return Ok(refuse(RefusedBecause::Suspended));
    }
    let mut because = Vec::new();
    for membership in view.memberships_of(user.id)? {
        if view.is_granted(membership.role, resource)? {
            because.push(through_role(view, membership.role)?);
        }
    }
    let temporary = view.temporary_access(user.id, resource)?;
    because.extend(temporary.filter(|access| access.holds(now)).map(for_a_time));
    if because.is_empty() {
        return Ok(refuse(match temporary {
            Some(access) if now < access.from => RefusedBecause::NotYet { from: access.from },
            _ => RefusedBecause::NotGranted,
        }));
    }
    Ok(Explanation {
        allowed: true,
        because,
        refused_because: None,
    })
}

/// One resource that a user reaches, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// Which.
    pub resource: ResourceId,
    /// Every way: roles in the order of their ids, then temporary access.
    pub because: Vec<Reason>,
}

/// What a user reaches at a moment, in the order of the resources' ids, those after `after`, at
/// most `limit`. Costs the user's roles and what is found.
pub fn reached_by(
    view: &(impl View + ?Sized),
    user: &User,
    now: Timestamp,
    after: Option<ResourceId>,
    limit: usize,
) -> Read<Vec<Reached>> {
    if !user.is_active() {
        return Ok(Vec::new());
    }
    let mut found = Found::first(limit);
    for membership in view.memberships_of(user.id)? {
        let role = membership.role;
        let resources = view.resources_of_role(role, after, limit)?;
        found.add(
            resources
                .into_iter()
                .map(|resource| (resource, Way::Role(role))),
        );
    }
    let given = holding_of(view, user.id, now, after, limit)?.into_iter();
    found.add(given.map(|access| (access.resource, Way::ForATime(access))));
    let mut names = BTreeMap::new();
    let reached = found.ways.into_iter().map(|(resource, ways)| {
        let because = reasons(view, &mut names, &ways)?;
        Ok(Reached { resource, because })
    });
    reached.collect()
}

/// One user who reaches a resource, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Reaching {
    /// Who.
    pub user: User,
    /// Every way: roles in the order of their ids, then temporary access.
    pub because: Vec<Reason>,
}

/// Who reaches a resource at a moment, in the order of the users' ids, those after `after`, at most
/// `limit`. Costs the roles that the resource is granted to and what is found; suspended members
/// are passed over.
pub fn reaching(
    view: &(impl View + ?Sized),
    resource: ResourceId,
    now: Timestamp,
    mut after: Option<UserId>,
    limit: usize,
) -> Read<Vec<Reaching>> {
    let roles = granted_at(view, resource)?;
    let mut names = BTreeMap::new();
    let mut reaching = Vec::new();
    while reaching.len() < limit {
        let wanted = (limit - reaching.len()).min(PAGE);
        let mut found = Found::first(wanted);
        for &role in &roles {
            let members = view.members(role, after, wanted)?.into_iter();
            found.add(members.map(|member| (member.user, Way::Role(role))));
        }
        let given = holding_to(view, resource, now, after, wanted)?.into_iter();
        found.add(given.map(|access| (access.user, Way::ForATime(access))));
        if found.ways.is_empty() {
            break;
        }
        for (user, ways) in found.ways {
            after = Some(user);
            if let Some(user) = view.user(user)?.filter(User::is_active) {
                let because = reasons(view, &mut names, &ways)?;
                reaching.push(Reaching { user, because });
            }
        }
    }
    Ok(reaching)
}

/// One way to a resource, before it is put in words.
#[derive(Debug, Clone, Copy)]
enum Way {
    Role(RoleId),
    ForATime(TemporaryAccess),
}

/// The first so many of one side, with every way to each. The first of all ways together are among
/// the first of each, so that no more than those are ever looked at.
struct Found<Id> {
    ways: BTreeMap<Id, Vec<Way>>,
    limit: usize,
}

impl<Id: Ord> Found<Id> {
    fn first(limit: usize) -> Self {
        Self {
            ways: BTreeMap::new(),
            limit,
        }
    }

    fn add(&mut self, found: impl Iterator<Item = (Id, Way)>) {
        for (id, way) in found {
            self.ways.entry(id).or_default().push(way);
        }
        while self.ways.len() > self.limit {
            self.ways.pop_last();
        }
    }
}

/// Ways in words. The roles' names are looked up once each.
fn reasons(
    view: &(impl View + ?Sized),
    names: &mut BTreeMap<RoleId, Reason>,
    ways: &[Way],
) -> Read<Vec<Reason>> {
    let mut reasons = Vec::with_capacity(ways.len());
    for way in ways {
        reasons.push(match *way {
            Way::ForATime(access) => for_a_time(access),
            Way::Role(role) => match names.get(&role) {
                Some(known) => known.clone(),
                None => names
                    .entry(role)
                    .or_insert(through_role(view, role)?)
                    .clone(),
            },
        });
    }
    Ok(reasons)
}

/// How many rows are read at once.
const PAGE: usize = 512;

/// Reads page after page. `page` gives what comes after a row, `place` says where a row stands.
fn all<Row, Place: Copy>(
    mut after: Option<Place>,
    page: impl Fn(Option<Place>) -> Read<Vec<Row>>,
    place: impl Fn(&Row) -> Place,
    wanted: impl Fn(&Row) -> bool,
    limit: usize,
) -> Read<Vec<Row>> {
    let mut all = Vec::new();
    loop {
        let rows = page(after)?;
        let full = rows.len() == PAGE;
        after = rows.last().map(&place);
        all.extend(rows.into_iter().filter(|row| wanted(row)));
        if !full || all.len() >= limit {
            all.truncate(limit);
            return Ok(all);
        }
    }
}

/// A user's temporary access that holds, at most `limit`.
fn holding_of(
    view: &(impl View + ?Sized),
    user: UserId,
    now: Timestamp,
    after: Option<ResourceId>,
    limit: usize,
) -> Read<Vec<TemporaryAccess>> {
    let page = |after| view.temporary_access_of(user, after, PAGE);
    let holds = |access: &TemporaryAccess| access.holds(now);
    all(after, page, |access| access.resource, holds, limit)
}

/// Temporary access to a resource that holds, at most `limit`.
fn holding_to(
    view: &(impl View + ?Sized),
    resource: ResourceId,
    now: Timestamp,
    after: Option<UserId>,
    limit: usize,
) -> Read<Vec<TemporaryAccess>> {
    let page = |after| view.temporary_access_to(resource, after, PAGE);
    let holds = |access: &TemporaryAccess| access.holds(now);
    all(after, page, |access| access.user, holds, limit)
}

/// All that a user was given, also where its time has not come yet.
pub(super) fn given_to(view: &dyn View, user: UserId) -> Read<Vec<TemporaryAccess>> {
    let page = |after| view.temporary_access_of(user, after, PAGE);
    all(None, page, |access| access.resource, |_| true, usize::MAX)
}

/// All that was given to a resource, also where its time has not come yet.
pub(super) fn given_at(view: &dyn View, resource: ResourceId) -> Read<Vec<TemporaryAccess>> {
    let page = |after| view.temporary_access_to(resource, after, PAGE);
    all(None, page, |access| access.user, |_| true, usize::MAX)
}

/// All that the members of a role reach through it.
pub(super) fn granted_to(view: &dyn View, role: RoleId) -> Read<Vec<ResourceId>> {
    let page = |after| view.resources_of_role(role, after, PAGE);
    all(None, page, |&resource| resource, |_| true, usize::MAX)
}

/// All roles whose members reach a resource.
pub(super) fn granted_at(view: &(impl View + ?Sized), resource: ResourceId) -> Read<Vec<RoleId>> {
    let page = |after| view.roles_reaching(resource, after, PAGE);
    all(None, page, |&role| role, |_| true, usize::MAX)
}

fn through_role(view: &(impl View + ?Sized), role: RoleId) -> Read<Reason> {
    let name = view.role(role)?.map(|role| role.display_name);
    Ok(Reason {
        via: Via::Role,
        role: name,
        role_id: Some(role),
        until: None,
    })
}

fn for_a_time(access: TemporaryAccess) -> Reason {
    Reason {
        via: Via::Temporary,
        role: None,
        role_id: None,
        until: Some(access.until),
    }
}
