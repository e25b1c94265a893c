//! What a transaction has read or changed, so that nothing is asked for twice.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;

use crate::{
    directory::{
        Change, Conflict, ConflictKind, Departure, Hold, Origin, Provider, ProviderRecord, Role,
        RoleId, TemporaryAccess, User, UserId, fold,
    },
    store::{Start, Totals, Visible},
};

/// Rows by what they are found by. `None`: there is none.
#[derive(Default)]
pub(super) struct Known {
    pub(super) totals: Option<Totals>,
    pub(super) users: HashMap<UserId, Option<User>>,
    /// A page of them that was said ahead to be read, until it is.
    pub(super) page: Option<Page>,
    /// What users are called of whom no more is known.
    pub(super) names_of: HashMap<UserId, String>,
    pub(super) user_names: HashMap<String, Option<UserId>>,
    pub(super) roles: HashMap<RoleId, Option<Role>>,
    pub(super) role_names: HashMap<String, Option<RoleId>>,
    pub(super) memberships: HashMap<(RoleId, UserId), Option<Origin>>,
    /// All members of a role; only of one that few are in.
    pub(super) members_of: HashMap<RoleId, BTreeMap<UserId, Origin>>,
    /// All memberships of a user.
    pub(super) memberships_of: HashMap<UserId, BTreeMap<RoleId, Origin>>,
    pub(super) aliases: HashMap<(String, String), Option<UserId>>,
    /// All of them.
    pub(super) providers: Option<HashMap<Provider, ProviderRecord>>,
    /// All that have not ended.
    pub(super) live_holds: Option<HashMap<Provider, Hold>>,
    pub(super) departures: HashMap<UserId, Option<Departure>>,
    /// All temporary access of a user, in the order of the resources.
    pub(super) temporary_of: HashMap<UserId, Vec<TemporaryAccess>>,
    /// The oldest counted departure of each provider; a provider that is not in it has none.
    pub(super) oldest_departures: Option<HashMap<Provider, Timestamp>>,
    pub(super) latest_conflicts: HashMap<(Provider, ConflictKind, String), Conflict>,
    /// The keys of which all latest conflicts are known.
    pub(super) conflict_keys: HashSet<String>,
    pub(super) conflicts_about: HashMap<String, Vec<Conflict>>,
}

/// Which users a page has.
pub(super) struct Page {
    pub(super) asked: (Visible, Start<UserId>, usize),
    pub(super) ids: Vec<UserId>,
}

/// What a look at a membership found: where it comes from, if there is one.
pub(super) struct Looked {
    pub(super) origin: Option<Origin>,
}

impl Known {
    /// Forgets the rows that there may be many of.
    pub(super) fn forget_rows(&mut self) {
        *self = Self {
            totals: self.totals.take(),
            providers: self.providers.take(),
            live_holds: self.live_holds.take(),
            oldest_departures: self.oldest_departures.take(),
            ..Self::default()
        };
    }

    /// The users of a page that was read ahead; they are not kept.
    pub(super) fn take_page(
        &mut self,
        asked: (Visible, Start<UserId>, usize),
    ) -> Option<Vec<User>> {
        let page = self.page.take().filter(|page| page.asked == asked)?;
        let users = page.ids.iter().filter_map(|id| self.users.remove(id));
        Some(users.flatten().collect())
    }

    /// What is known of a membership; `None` where nothing is.
    pub(super) fn membership(&self, role: RoleId, user: UserId) -> Option<Looked> {
        if let Some(&origin) = self.memberships.get(&(role, user)) {
            return Some(Looked { origin });
        }
        let all = self.memberships_of.get(&user)?;
        let origin = all.get(&role).copied();
        Some(Looked { origin })
    }

    /// What a change makes of it.
    pub(super) fn apply(&mut self, change: &Change) {
        if let Some(totals) = &mut self.totals {
            totals.apply(change);
        }
        match change {
            Change::PutUser { before, after } => self.put_user(before.as_deref(), after),
            Change::DeleteUser(user) => {
                release(&mut self.user_names, &user.user_name, user.id);
                self.release_aliases(user, &[]);
                self.users.insert(user.id, None);
                self.memberships_of.insert(user.id, BTreeMap::new());
            }
            Change::PutRole { before, after } => {
                if let Some(before) = before {
                    release(&mut self.role_names, &before.display_name, before.id);
                }
                self.role_names
                    .insert(fold(&after.display_name), Some(after.id));
                self.roles.insert(after.id, Some(Role::clone(after)));
            }
            Change::DeleteRole(role) => {
                release(&mut self.role_names, &role.display_name, role.id);
                self.roles.insert(role.id, None);
            }
            Change::PutMembership(membership) => {
                let (role, user) = (membership.role, membership.user);
                self.set_origin(role, user, Some(membership.origin));
            }
            Change::DeleteMembership(membership) => {
                self.set_origin(membership.role, membership.user, None);
            }
            Change::PutProvider(record) => {
                if let Some(providers) = &mut self.providers {
                    providers.insert(record.provider, record.clone());
                }
            }
            Change::PutConflict { .. } => {
                self.latest_conflicts.clear();
                self.conflict_keys.clear();
                self.conflicts_about.clear();
            }
            Change::PutHold { after, .. } => self.put_hold(after),
            Change::PutDeparture(gone) => {
                self.departures.insert(gone.user, Some(*gone));
                if let Some(oldest) = &mut self.oldest_departures {
                    let at = oldest.entry(gone.provider).or_insert(gone.at);
                    *at = gone.at.min(*at);
                }
            }
            Change::DeleteDeparture(gone) => {
                self.departures.insert(gone.user, None);
                self.oldest_departures = None;
            }
            Change::ForgetDepartures(_) => {
                self.departures.clear();
                self.oldest_departures = None;
            }
            Change::PutTemporaryAccess { after, .. } => {
                self.temporary_of.remove(&after.user);
            }
            Change::DeleteTemporaryAccess(access) => {
                self.temporary_of.remove(&access.user);
            }
            Change::PutToken { .. }
            | Change::PutResource(_)
            | Change::DeleteResource(_)
            | Change::PutGrant(_)
            | Change::DeleteGrant(_) => {}
        }
    }

    fn put_user(&mut self, before: Option<&User>, after: &User) {
        match before {
            Some(before) => {
                release(&mut self.user_names, &before.user_name, before.id);
                let kept: Vec<_> = after.aliases.iter().collect();
                self.release_aliases(before, &kept);
            }
            None => {
                self.memberships_of.insert(after.id, BTreeMap::new());
            }
        }
        for held in &after.aliases {
            let alias = (held.set.clone(), held.alias.clone());
            self.aliases.insert(alias, Some(after.id));
        }
        self.user_names
            .insert(fold(&after.user_name), Some(after.id));
        self.users.insert(after.id, Some(after.clone()));
    }

    /// Frees a user's aliases but those that are kept, unless another one has taken them over.
    fn release_aliases(&mut self, user: &User, kept: &[&crate::directory::IdentityAlias]) {
        for held in user.aliases.iter().filter(|held| !kept.contains(held)) {
            let alias = (held.set.clone(), held.alias.clone());
            let holder = self.aliases.entry(alias).or_insert(None);
            if *holder == Some(user.id) {
                *holder = None;
            }
        }
    }

    fn set_origin(&mut self, role: RoleId, user: UserId, origin: Option<Origin>) {
        self.members_of.remove(&role);
        self.memberships.insert((role, user), origin);
        if let Some(all) = self.memberships_of.get_mut(&user) {
            match origin {
                Some(origin) => all.insert(role, origin),
                None => all.remove(&role),
            };
        }
    }

    fn put_hold(&mut self, hold: &Hold) {
        let Some(live) = &mut self.live_holds else {
            return;
        };
        if hold.ended.is_none() {
            live.insert(hold.provider, hold.clone());
        } else if live
            .get(&hold.provider)
            .is_some_and(|kept| kept.id == hold.id)
        {
            live.remove(&hold.provider);
        }
    }
}

/// Frees a name, unless another row has taken it over in the same decision.
fn release<Id: Copy + PartialEq>(names: &mut HashMap<String, Option<Id>>, name: &str, id: Id) {
    let holder = names.entry(fold(name)).or_insert(None);
    if *holder == Some(id) {
        *holder = None;
    }
}
