//! Marks: rows that the next act goes to together. Kept by id, so that filter, order and refresh of a
//! list leave them alone.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::list::Keyed;
use crate::{
    admin::row::{ConflictRow, JournalRow, RoleRow, TokenRow, UserRow},
    console::action::Screen,
    directory::{Action, ManagedBy},
    service::exchange::ExchangeLine,
};

/// Rows of one list that are marked at most.
pub const MARKED: usize = 1_000;

impl Keyed for ConflictRow {
    fn id(&self) -> Uuid {
        self.id.0
    }
}

impl Keyed for TokenRow {
    fn id(&self) -> Uuid {
        self.id.0
    }
}

impl Keyed for ExchangeLine {
    fn id(&self) -> Uuid {
        self.id.0
    }
}

/// What marking a row came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turned {
    /// It is marked now.
    Marked,
    /// It is no longer marked.
    Unmarked,
    /// [`MARKED`] rows are marked already: this one is not.
    Full,
}

/// The marked rows of one list, the oldest first, each as it was when it was last seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Marked<Row> {
    rows: BTreeMap<Uuid, Row>,
}

impl<Row> Default for Marked<Row> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
        }
    }
}

impl<Row: Keyed + Clone> Marked<Row> {
    /// Marks a row, or takes its mark away.
    pub fn turn(&mut self, row: &Row) -> Turned {
        if self.rows.remove(&row.id()).is_some() {
            return Turned::Unmarked;
        }
        if self.rows.len() >= MARKED {
            return Turned::Full;
        }
        self.rows.insert(row.id(), row.clone());
        Turned::Marked
    }

    /// The marked rows.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }

    /// Takes in how marked rows are now.
    pub fn refresh<'r>(&mut self, rows: impl IntoIterator<Item = &'r Row>)
    where
        Row: 'r,
    {
        if self.rows.is_empty() {
            return;
        }
        for row in rows {
            if let Some(known) = self.rows.get_mut(&row.id()) {
                known.clone_from(row);
            }
        }
    }

    /// Takes in the whole list: what is not in it is gone.
    pub fn keep(&mut self, rows: &[Row]) {
        let mut before = std::mem::take(&mut self.rows);
        let still = rows.iter().filter(|row| before.remove(&row.id()).is_some());
        self.rows = still.map(|row| (row.id(), row.clone())).collect();
    }

    fn change(&mut self, id: &str, change: impl FnOnce(&mut Row)) {
        if let Some(row) = id.parse().ok().and_then(|id| self.rows.get_mut(&id)) {
            change(row);
        }
    }
}

/// The marks of every list that has some.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Marks {
    /// Users.
    pub users: Marked<UserRow>,
    /// Roles.
    pub roles: Marked<RoleRow>,
    /// Conflicts.
    pub conflicts: Marked<ConflictRow>,
    /// Tokens, on Providers.
    pub tokens: Marked<TokenRow>,
    /// Requests, on Live.
    pub requests: Marked<ExchangeLine>,
}

impl Marks {
    /// How many rows of a screen's list are marked.
    pub fn count(&self, screen: Screen) -> usize {
        match screen {
            Screen::Live => self.requests.rows.len(),
            Screen::Users => self.users.rows.len(),
            Screen::Roles => self.roles.rows.len(),
            Screen::Conflicts => self.conflicts.rows.len(),
            Screen::Providers => self.tokens.rows.len(),
            Screen::Access | Screen::Journal | Screen::Setup => 0,
        }
    }

    /// Whether this row of a screen's list is marked.
    pub fn has(&self, screen: Screen, id: Uuid) -> bool {
        match screen {
            Screen::Live => self.requests.rows.contains_key(&id),
            Screen::Users => self.users.rows.contains_key(&id),
            Screen::Roles => self.roles.rows.contains_key(&id),
            Screen::Conflicts => self.conflicts.rows.contains_key(&id),
            Screen::Providers => self.tokens.rows.contains_key(&id),
            Screen::Access | Screen::Journal | Screen::Setup => false,
        }
    }

    /// Takes the mark of one row away.
    pub fn unmark(&mut self, screen: Screen, id: Uuid) {
        match screen {
            Screen::Live => drop(self.requests.rows.remove(&id)),
            Screen::Users => drop(self.users.rows.remove(&id)),
            Screen::Roles => drop(self.roles.rows.remove(&id)),
            Screen::Conflicts => drop(self.conflicts.rows.remove(&id)),
            Screen::Providers => drop(self.tokens.rows.remove(&id)),
            Screen::Access | Screen::Journal | Screen::Setup => {}
        }
    }

    /// Takes every mark of a screen's list away.
    pub fn clear(&mut self, screen: Screen) {
        match screen {
            Screen::Live => self.requests = Marked::default(),
            Screen::Users => self.users = Marked::default(),
            Screen::Roles => self.roles = Marked::default(),
            Screen::Conflicts => self.conflicts = Marked::default(),
            Screen::Providers => self.tokens = Marked::default(),
            Screen::Access | Screen::Journal | Screen::Setup => {}
        }
    }

    /// Takes a change in: what is deleted is no longer marked, and what becomes of the others is known
    /// although their page may not be on the screen.
    pub fn heed(&mut self, change: &JournalRow) {
        let id = &change.subject.id;
        let taker = || change.after.get("managed_by")?.as_str()?.parse().ok();
        match change.action {
            Action::UserDeleted | Action::RoleDeleted => {
                if let Ok(id) = id.parse() {
                    self.users.rows.remove(&id);
                    self.roles.rows.remove(&id);
                }
            }
            Action::UserSuspended => self.users.change(id, |row| row.active = false),
            Action::UserReinstated => self.users.change(id, |row| row.active = true),
            Action::UserReleased => {
                self.users
                    .change(id, |row| row.managed_by = ManagedBy::Local);
            }
            Action::RoleReleased => {
                self.roles
                    .change(id, |row| row.managed_by = ManagedBy::Local);
            }
            Action::UserTakenOver => {
                if let Some(by) = taker() {
                    self.users.change(id, |row| row.managed_by = by);
                }
            }
            Action::RoleTakenOver => {
                if let Some(by) = taker() {
                    self.roles.change(id, |row| row.managed_by = by);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::directory::{
        PermissionLevel, Provider, RoleId, Subject, SubjectKind, UserId, UserKind,
    };

    const THEN: jiff::Timestamp = jiff::Timestamp::UNIX_EPOCH;

    fn user(number: u128) -> UserRow {
        UserRow {
            id: UserId(Uuid::from_u128(number)),
            kind: UserKind::Person,
            user_name: format!("user{number}@example.com"),
            display_name: String::new(),
            active: true,
            managed_by: ManagedBy::Local,
            permission_level: PermissionLevel::User,
            roles: Vec::new(),
            external_id: None,
            identity_aliases: Vec::new(),
            created: THEN,
            last_modified: THEN,
        }
    }

    fn change(action: Action, number: u128, after: Value) -> JournalRow {
        JournalRow {
            seq: 1,
            at: THEN,
            actor: "okta".to_owned(),
            action,
            subject: Subject {
                kind: SubjectKind::User,
                id: UserId(Uuid::from_u128(number)).to_string(),
                name: String::new(),
            },
            before: Value::Null,
            after,
            exchange: None,
        }
    }

    #[test]
    fn a_row_is_marked_and_unmarked_by_its_id() {
        let mut marked = Marked::default();
        assert_eq!(marked.turn(&user(1)), Turned::Marked);
        let mut changed = user(1);
        "another".clone_into(&mut changed.user_name);
        marked.refresh([&changed, &user(2)]);
        assert_eq!(marked.rows().collect::<Vec<_>>(), [&changed]);
        assert_eq!(marked.turn(&user(1)), Turned::Unmarked);
        assert_eq!(marked, Marked::default());
    }

    #[test]
    fn marks_are_bounded_and_one_can_be_taken_away_all_the_same() {
        let mut marked = Marked::default();
        for number in 0..MARKED as u128 {
            assert_eq!(marked.turn(&user(number)), Turned::Marked);
        }
        assert_eq!(marked.turn(&user(5_000)), Turned::Full);
        assert_eq!(marked.turn(&user(5)), Turned::Unmarked);
        assert_eq!(marked.turn(&user(5_000)), Turned::Marked);
    }

    #[test]
    fn of_a_whole_list_only_what_is_still_there_stays_marked() {
        let mut marked = Marked::default();
        marked.turn(&user(1));
        marked.turn(&user(2));
        marked.keep(&[user(2), user(3)]);
        assert_eq!(marked.rows().collect::<Vec<_>>(), [&user(2)]);
    }

    #[test]
    fn what_the_journal_tells_of_a_marked_row_is_known() {
        let mut marks = Marks::default();
        marks.users.turn(&user(1));
        marks.users.turn(&user(2));
        marks.heed(&change(Action::UserSuspended, 1, json!({"active": false})));
        marks.heed(&change(
            Action::UserTakenOver,
            1,
            json!({"managed_by": "okta"}),
        ));
        marks.heed(&change(
            Action::UserTakenOver,
            2,
            json!({"managed_by": "?"}),
        ));
        let first = UserRow {
            active: false,
            managed_by: ManagedBy::Provider(Provider::Okta),
            ..user(1)
        };
        assert_eq!(marks.users.rows().collect::<Vec<_>>(), [&first, &user(2)]);
        marks.heed(&change(Action::UserReinstated, 1, json!({"active": true})));
        marks.heed(&change(
            Action::UserReleased,
            1,
            json!({"managed_by": "local"}),
        ));
        assert_eq!(marks.users.rows().collect::<Vec<_>>(), [&user(1), &user(2)]);
        marks.heed(&change(Action::UserDeleted, 1, Value::Null));
        assert_eq!(marks.count(Screen::Users), 1);
        assert!(!marks.has(Screen::Users, Uuid::from_u128(1)));
        assert!(!marks.has(Screen::Roles, Uuid::from_u128(2)));
        marks.clear(Screen::Users);
        assert_eq!(marks, Marks::default());
    }

    #[test]
    fn a_list_without_marks_takes_none() {
        let mut marks = Marks::default();
        marks.unmark(Screen::Journal, RoleId(Uuid::nil()).0);
        assert_eq!(marks.count(Screen::Access), 0);
    }
}
