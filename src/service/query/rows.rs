//! What lists are made of: users or roles, with what may be looked up of each.

use std::{fmt::Display, str::FromStr};

use super::plan::{is_one_equality, wanted_members};
use crate::{
    directory::{Provider, Read, Role, RoleId, User, UserId, membership::each_member},
    scim::{Document, ResourceType, filter::Filter, list::ListQuery, projection::Projection},
    service::representation::{self, Members, RoleNames, Shown as _, ShownUser},
    store::{Snapshot, Start, Visible},
};

/// Where every match of a filter is.
pub(super) enum Candidates<Id, Row> {
    /// Among these.
    Ids(Vec<Id>),
    /// It is this row, or there is none.
    Found(Option<Row>),
    /// It is this row: the filter asks for no more than its name.
    Match(Row),
}

/// The rows of one resource type, as one caller may see them.
pub(super) trait Rows {
    /// A row's id; the order of the ids is the order of the list.
    type Id: Copy + Into<uuid::Uuid> + Ord + Display + FromStr;
    /// A row.
    type Row;

    /// What they are.
    const RESOURCE: ResourceType;

    /// A row's id.
    fn id(row: &Self::Row) -> Self::Id;
    /// How many further rows filter and order look at for this one.
    fn looks_further(&self, row: &Self::Row) -> u64;
    /// How many there are.
    fn total(&self) -> Read<u64>;
    /// Some of them, in the order of the ids.
    fn page(&self, start: Start<Self::Id>, limit: usize) -> Read<Vec<Self::Row>>;
    /// One of them.
    fn row(&self, id: Self::Id) -> Read<Option<Self::Row>>;
    /// Where every match is, if an index tells.
    fn candidates(&self, filter: &Filter) -> Read<Option<Candidates<Self::Id, Self::Row>>>;
    /// As much of the resource as filter and order look at.
    fn for_filter(&self, row: &Self::Row) -> Read<Document>;
    /// The JSON of what the query wants of the resource.
    fn for_answer(&self, row: &Self::Row, projection: &Projection) -> Read<String>;
}

/// Whether filter or order look at an attribute.
fn looks_at(query: &ListQuery, attribute: &str) -> bool {
    let filter = query.filter.as_ref();
    filter.is_some_and(|filter| filter.mentions(attribute))
        || query.sort_by.is_some_and(|path| path.is_core(attribute))
}

/// An operator finds an `externalId` at any provider.
fn providers(caller: Option<&Provider>) -> &[Provider] {
    match caller {
        Some(provider) => std::slice::from_ref(provider),
        None => &Provider::ALL,
    }
}

/// What was found under the name that the filter requires. Names are compared as filters compare them.
fn named<Id, Row>(filter: &Filter, row: Option<Row>) -> Candidates<Id, Row> {
    match row {
        Some(row) if is_one_equality(filter) => Candidates::Match(row),
        row => Candidates::Found(row),
    }
}

/// Users.
pub(super) struct UserRows<'a> {
    snapshot: &'a dyn Snapshot,
    caller: Option<Provider>,
    base_url: &'a str,
    /// Whether filter or order look at what is not in the user's own row.
    looks_beyond: bool,
    names: RoleNames,
}

impl<'a> UserRows<'a> {
    pub(super) fn new(
        snapshot: &'a dyn Snapshot,
        caller: Option<Provider>,
        query: &ListQuery,
        base_url: &'a str,
    ) -> Self {
        Self {
            snapshot,
            caller,
            base_url,
            looks_beyond: looks_at(query, "groups") || looks_at(query, "meta"),
            names: RoleNames::default(),
        }
    }

    fn visible(&self) -> Visible {
        Visible::to_caller(self.caller)
    }

    fn whole<'u>(&'u self, row: &'u User) -> Read<ShownUser<'u>> {
        representation::user(self.snapshot, row, self.caller, self.base_url, &self.names)
    }
}

impl Rows for UserRows<'_> {
    type Id = UserId;
    type Row = User;
    const RESOURCE: ResourceType = ResourceType::User;

    fn id(row: &User) -> UserId {
        row.id
    }

    fn looks_further(&self, _: &User) -> u64 {
        0
    }

    fn total(&self) -> Read<u64> {
        Ok(self.snapshot.totals()?.visible_users(self.visible()))
    }

    fn page(&self, start: Start<UserId>, limit: usize) -> Read<Vec<User>> {
        self.snapshot.users(self.visible(), start, limit)
    }

    fn row(&self, id: UserId) -> Read<Option<User>> {
        let user = self.snapshot.user(id)?;
        Ok(user.filter(|user| self.visible().has_user(user)))
    }

    fn candidates(&self, filter: &Filter) -> Read<Option<Candidates<UserId, User>>> {
        if let Some(id) = filter.required("id") {
            return Ok(Some(Candidates::Ids(id.parse().into_iter().collect())));
        }
        if let Some(name) = filter.required("userName") {
            let user = self.snapshot.user_named(name)?;
            let user = user.filter(|user| self.visible().has_user(user));
            return Ok(Some(named(filter, user)));
        }
        if let Some(external_id) = filter.required("externalId") {
            let mut found = Vec::new();
            for &provider in providers(self.caller.as_ref()) {
                found.extend(self.snapshot.users_by_external_id(provider, external_id)?);
            }
            return Ok(Some(Candidates::Ids(found)));
        }
        if let Some(email) = filter.required("emails.value") {
            let found = self.snapshot.users_by_email(email)?;
            return Ok(Some(Candidates::Ids(found)));
        }
        if let Some(role) = filter.required("groups.value") {
            let mut found = Vec::new();
            if let Ok(role) = role.parse() {
                each_member(self.snapshot, role, |membership| {
                    found.push(membership.user);
                    Ok(())
                })?;
            }
            return Ok(Some(Candidates::Ids(found)));
        }
        Ok(None)
    }

    fn for_filter(&self, row: &User) -> Read<Document> {
        if self.looks_beyond {
            return self.whole(row)?.document();
        }
        representation::user_without_groups(row, self.caller).document()
    }

    fn for_answer(&self, row: &User, projection: &Projection) -> Read<String> {
        self.whole(row)?.text(projection)
    }
}

/// Roles.
pub(super) struct RoleRows<'a> {
    snapshot: &'a dyn Snapshot,
    caller: Option<Provider>,
    base_url: &'a str,
    /// Which members filter and order look at.
    looks_at: LooksAt,
    /// What is answered of the members.
    answers: Members,
}

/// Members that are looked at.
enum LooksAt {
    These(Vec<UserId>),
    All,
}

impl<'a> RoleRows<'a> {
    pub(super) fn new(
        snapshot: &'a dyn Snapshot,
        caller: Option<Provider>,
        query: &ListQuery,
        base_url: &'a str,
    ) -> Self {
        let wanted = match &query.filter {
            _ if query.sort_by.is_some_and(|path| path.is_core("members")) => None,
            Some(filter) => wanted_members(filter),
            None => Some(Vec::new()),
        };
        Self {
            snapshot,
            caller,
            base_url,
            looks_at: match wanted {
                Some(ids) => LooksAt::These(ids.iter().filter_map(|id| id.parse().ok()).collect()),
                None => LooksAt::All,
            },
            answers: Members::wanted(&query.projection),
        }
    }

    fn visible(&self) -> Visible {
        Visible::to_caller(self.caller)
    }
}

impl Rows for RoleRows<'_> {
    type Id = RoleId;
    type Row = Role;
    const RESOURCE: ResourceType = ResourceType::Group;

    fn id(row: &Role) -> RoleId {
        row.id
    }

    fn looks_further(&self, row: &Role) -> u64 {
        match self.looks_at {
            LooksAt::These(_) => 0,
            LooksAt::All => row.provider_members.saturating_add(row.local_members),
        }
    }

    fn total(&self) -> Read<u64> {
        Ok(self.snapshot.totals()?.visible_roles(self.visible()))
    }

    fn page(&self, start: Start<RoleId>, limit: usize) -> Read<Vec<Role>> {
        self.snapshot.roles(self.visible(), start, limit)
    }

    fn row(&self, id: RoleId) -> Read<Option<Role>> {
        let role = self.snapshot.role(id)?;
        Ok(role.filter(|role| self.visible().has_role(role)))
    }

    fn candidates(&self, filter: &Filter) -> Read<Option<Candidates<RoleId, Role>>> {
        if let Some(id) = filter.required("id") {
            return Ok(Some(Candidates::Ids(id.parse().into_iter().collect())));
        }
        if let Some(name) = filter.required("displayName") {
            let role = self.snapshot.role_named(name)?;
            let role = role.filter(|role| self.visible().has_role(role));
            return Ok(Some(named(filter, role)));
        }
        if let Some(external_id) = filter.required("externalId") {
            let mut found = Vec::new();
            for &provider in providers(self.caller.as_ref()) {
                found.extend(self.snapshot.roles_by_external_id(provider, external_id)?);
            }
            return Ok(Some(Candidates::Ids(found)));
        }
        if let Some(user) = filter.required("members.value") {
            let Ok(user) = user.parse() else {
                return Ok(Some(Candidates::Ids(Vec::new())));
            };
            let memberships = self.snapshot.memberships_of(user)?;
            let roles = memberships.iter().map(|found| found.role);
            return Ok(Some(Candidates::Ids(roles.collect())));
        }
        Ok(None)
    }

    fn for_filter(&self, row: &Role) -> Read<Document> {
        let (snapshot, caller, base_url) = (self.snapshot, self.caller, self.base_url);
        let shown = match &self.looks_at {
            LooksAt::These(ids) => {
                representation::role_with_members(snapshot, row, caller, base_url, ids)
            }
            LooksAt::All => representation::role(snapshot, row, caller, base_url, Members::Named),
        };
        shown?.document()
    }

    fn for_answer(&self, row: &Role, projection: &Projection) -> Read<String> {
        let (caller, base_url) = (self.caller, self.base_url);
        representation::role(self.snapshot, row, caller, base_url, self.answers)?.text(projection)
    }
}
