//! What the decisions on a batch of commands will read, fetched in one round trip before the first of
//! them is made.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{
    link::{Step, step},
    read::{CONFLICTS_BY_KEY, ROLES_BY_ID, ROLES_BY_NAME, USERS_BY_ID, USERS_BY_NAME},
    rows::{LIVE_HOLDS, PROVIDERS, Rows, all_json, by_ids, cell, oldest_departures, users},
    survey::temporary,
    table::key,
};
use crate::{
    directory::{Command, Conflict, Departure, Read, RoleId, TemporaryAccess, UserId, fold},
    scim::patch::{MemberOperation, Patch},
    store::StoreError,
};

const MEMBERS_OF: &str = users!(
    "WHERE u.id IN (SELECT m.user_id FROM rolecall.memberships m WHERE m.role_id = ANY($1))"
);
const NAMES_OF_MEMBERS_OF: &str = "SELECT u.id, u.user_name FROM rolecall.memberships m \
    JOIN rolecall.users u ON u.id = m.user_id WHERE m.role_id = ANY($1)";
const DEPARTURES_OF: &str = "SELECT json_build_object('user', user_id, 'provider', provider, 'at', at)::text \
     FROM rolecall.departures WHERE user_id = ANY($1)";
const TEMPORARY_ACCESS_OF: &str = temporary!("WHERE user_id = ANY($1) ORDER BY user_id, resource");
const CONFLICTS_ABOUT: &str = "SELECT to_json(c)::text FROM rolecall.conflicts c \
     WHERE existing_id = ANY($1) AND state IN ('open', 'dismissed') ORDER BY id";

/// What commands name.
#[derive(Default)]
pub(super) struct Foreseen {
    users: BTreeSet<Uuid>,
    /// Users that may be deleted.
    gone: BTreeSet<Uuid>,
    user_names: BTreeSet<String>,
    roles: BTreeSet<Uuid>,
    role_names: BTreeSet<String>,
    /// Roles of which every member may leave: the journal names them, and may name ten thousand.
    emptied: BTreeSet<Uuid>,
    /// Roles of which those members leave that a filter describes.
    sifted: BTreeSet<Uuid>,
}

impl Foreseen {
    /// What these commands name.
    pub(super) fn of(commands: &[&Command]) -> Self {
        let mut foreseen = Self::default();
        for command in commands {
            foreseen.add(command);
        }
        foreseen
    }

    fn add(&mut self, command: &Command) {
        match command {
            Command::CreateUser { attributes } | Command::AddUser { attributes, .. } => {
                self.user_names.insert(fold(&attributes.user_name));
            }
            Command::ReplaceUser { id, attributes, .. } => {
                self.users.insert(id.0);
                self.user_names.insert(fold(&attributes.user_name));
            }
            Command::PatchUser { id, .. }
            | Command::SetPermissionLevel { id, .. }
            | Command::EditUser { id, .. }
            | Command::SuspendUser { id }
            | Command::ReinstateUser { id }
            | Command::ReleaseUser { id } => {
                self.users.insert(id.0);
            }
            Command::DeleteUser { id, .. } | Command::RemoveUser { id } => {
                self.users.insert(id.0);
                self.gone.insert(id.0);
            }
            Command::CreateRole { attributes } => {
                self.role_names.insert(fold(&attributes.display_name));
                self.members(attributes.members.as_deref().unwrap_or_default());
            }
            Command::ReplaceRole { id, attributes, .. } => {
                self.roles.insert(id.0);
                self.emptied.insert(id.0);
                self.role_names.insert(fold(&attributes.display_name));
                self.members(attributes.members.as_deref().unwrap_or_default());
            }
            Command::PatchRole { id, patch, .. } => self.patch(*id, patch),
            Command::DeleteRole { id, .. } | Command::RemoveRole { id } => {
                self.roles.insert(id.0);
                self.emptied.insert(id.0);
            }
            Command::AddRole { display_name } => {
                self.role_names.insert(fold(display_name));
            }
            Command::RenameRole { id, display_name } => {
                self.roles.insert(id.0);
                self.role_names.insert(fold(display_name));
            }
            Command::Attach { role, user } | Command::Detach { role, user } => {
                self.roles.insert(role.0);
                self.users.insert(user.0);
            }
            // Made by hand, or by the clock: what they read is read when they do.
            _ => {}
        }
    }

    fn patch(&mut self, role: RoleId, patch: &Patch) {
        self.roles.insert(role.0);
        for operation in &patch.members {
            match operation {
                MemberOperation::Add(ids) | MemberOperation::Remove(ids) => self.members(ids),
                MemberOperation::Replace(ids) => {
                    self.emptied.insert(role.0);
                    self.members(ids);
                }
                MemberOperation::RemoveAll => {
                    self.emptied.insert(role.0);
                }
                MemberOperation::RemoveWhere(_) => {
                    self.sifted.insert(role.0);
                }
            }
        }
    }

    fn members(&mut self, ids: &[String]) {
        let users = ids.iter().filter_map(|id| id.parse::<UserId>().ok());
        self.users.extend(users.map(|user| user.0));
    }

    /// What to ask for, with what the answers are; nothing is asked that has no answer.
    fn questions(&self) -> Vec<(Answer, Step)> {
        let names =
            |names: &BTreeSet<String>| names.iter().map(|name| key(name)).collect::<Vec<_>>();
        let ids = |ids: &BTreeSet<Uuid>| ids.iter().copied().collect::<Vec<_>>();
        let mut all = vec![
            (Answer::Providers, step(PROVIDERS, Vec::new())),
            (Answer::LiveHolds, step(LIVE_HOLDS, Vec::new())),
            (Answer::OldestDepartures, oldest_departures()),
        ];
        for (answer, sql, ids) in [
            (Answer::Users, USERS_BY_ID, ids(&self.users)),
            (Answer::Users, MEMBERS_OF, ids(&self.sifted)),
            (Answer::Names, NAMES_OF_MEMBERS_OF, ids(&self.emptied)),
            (Answer::Roles, ROLES_BY_ID, ids(&self.roles)),
            (Answer::Departures, DEPARTURES_OF, ids(&self.users)),
            (
                Answer::TemporaryAccess,
                TEMPORARY_ACCESS_OF,
                ids(&self.gone),
            ),
        ] {
            if !ids.is_empty() {
                all.push((answer, by_ids(sql, ids)));
            }
        }
        let keys: Vec<String> = self.conflict_keys().map(|name| key(name)).collect();
        for (answer, sql, texts) in [
            (Answer::Users, USERS_BY_NAME, names(&self.user_names)),
            (Answer::Roles, ROLES_BY_NAME, names(&self.role_names)),
            (Answer::Conflicts, CONFLICTS_BY_KEY, keys),
            (Answer::ConflictsAbout, CONFLICTS_ABOUT, self.subjects()),
        ] {
            if !texts.is_empty() {
                all.push((answer, step(sql, vec![Box::new(texts)])));
            }
        }
        all
    }

    fn conflict_keys(&self) -> impl Iterator<Item = &String> {
        self.user_names.iter().chain(&self.role_names)
    }

    /// The ids that conflicts may be about.
    fn subjects(&self) -> Vec<String> {
        let ids = self.users.iter().chain(&self.roles);
        ids.map(ToString::to_string).collect()
    }
}

/// What rows are.
#[derive(Debug, Clone, Copy)]
enum Answer {
    Providers,
    LiveHolds,
    OldestDepartures,
    Users,
    Names,
    Roles,
    Departures,
    TemporaryAccess,
    Conflicts,
    ConflictsAbout,
}

impl Rows {
    /// Fetches what was foreseen; what is not found then is known not to be there.
    pub(super) fn fetch(&self, foreseen: &Foreseen) -> Result<(), StoreError> {
        self.settle()?;
        let (answers, steps): (Vec<Answer>, Vec<Step>) = foreseen.questions().into_iter().unzip();
        let found = self.link.all(steps)?;
        self.note_absent(foreseen);
        for (answer, rows) in answers.into_iter().zip(&found) {
            self.take_in(answer, rows)?;
        }
        Ok(())
    }

    fn take_in(&self, answer: Answer, rows: &[tokio_postgres::Row]) -> Read<()> {
        match answer {
            Answer::Providers => return self.note_providers(rows),
            Answer::LiveHolds => return self.note_live_holds(rows),
            Answer::OldestDepartures => return self.note_oldest_departures(rows),
            Answer::Users => return self.note_users(rows).map(drop),
            Answer::Names => return self.note_names(rows),
            Answer::Roles => return self.note_roles(rows),
            _ => {}
        }
        let mut known = self.known.borrow_mut();
        match answer {
            Answer::Departures => {
                for gone in all_json::<Departure>(rows)? {
                    known.departures.insert(gone.user, Some(gone));
                }
            }
            Answer::TemporaryAccess => {
                for access in all_json::<TemporaryAccess>(rows)? {
                    known
                        .temporary_of
                        .entry(access.user)
                        .or_default()
                        .push(access);
                }
            }
            Answer::Conflicts => {
                for conflict in all_json::<Conflict>(rows)? {
                    let place = (conflict.provider, conflict.kind, conflict.key.clone());
                    known.latest_conflicts.insert(place, conflict);
                }
            }
            Answer::ConflictsAbout => {
                for conflict in all_json::<Conflict>(rows)? {
                    let subject = conflict.existing.id.clone();
                    let about = known.conflicts_about.entry(subject);
                    about.or_default().push(conflict);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn note_names(&self, names: &[tokio_postgres::Row]) -> Read<()> {
        let mut known = self.known.borrow_mut();
        for row in names {
            let id = UserId(cell(row, 0)?);
            known.names_of.insert(id, cell(row, 1)?);
        }
        Ok(())
    }

    fn note_absent(&self, foreseen: &Foreseen) {
        let mut known = self.known.borrow_mut();
        for &id in &foreseen.users {
            known.users.insert(UserId(id), None);
            known.departures.insert(UserId(id), None);
        }
        for &id in &foreseen.gone {
            known.temporary_of.insert(UserId(id), Vec::new());
        }
        for &id in &foreseen.roles {
            known.roles.insert(RoleId(id), None);
        }
        for name in &foreseen.user_names {
            known.user_names.insert(name.clone(), None);
        }
        for name in &foreseen.role_names {
            known.role_names.insert(name.clone(), None);
        }
        for key in foreseen.conflict_keys() {
            known.conflict_keys.insert(key.clone());
        }
        for subject in foreseen.subjects() {
            known.conflicts_about.insert(subject, Vec::new());
        }
    }
}
