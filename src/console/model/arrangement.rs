//! Which columns of a list are shown, and by which one it is sorted: the operator's choice, for each
//! screen, as long as the console runs.

use std::{cmp::Ordering, collections::BTreeMap};

use crate::{
    console::{
        action::Screen,
        columns::{Column, Columns, table},
    },
    service::search::Sort,
};

/// By which column a list is sorted, by its place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortedBy {
    /// The column.
    pub column: usize,
    /// The greatest first.
    pub descending: bool,
}

impl SortedBy {
    /// The order of two rows, of which this is the order by the column.
    pub fn apply(self, order: Ordering) -> Ordering {
        if self.descending {
            order.reverse()
        } else {
            order
        }
    }

    /// The column, where the list's columns are of this kind.
    pub fn column<C: Columns>(self) -> Option<C> {
        C::ALL.get(self.column).copied()
    }

    /// What the server is asked for.
    pub fn asked<C: Columns, By>(self, order: impl Fn(C) -> Option<By>) -> Option<Sort<By>> {
        Some(Sort {
            by: order(self.column()?)?,
            descending: self.descending,
        })
    }
}

/// The choice for one list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arrangement {
    /// The columns whose showing differs from the table's word, by their place in the table.
    turned: Vec<usize>,
    /// The order; `None`: the list's own.
    pub sorted: Option<SortedBy>,
}

/// The choices of every screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arrangements {
    choices: BTreeMap<Screen, Arrangement>,
    /// Whether several processes share the store.
    shared: bool,
}

impl Arrangements {
    /// Whether a column is shown, where there is room.
    pub fn is_shown(&self, screen: Screen, column: usize) -> bool {
        let shown = |column: &Column| column.shown || (column.shared && self.shared);
        let shown = table(screen).get(column).is_some_and(shown);
        let turned = self.choices.get(&screen);
        shown != turned.is_some_and(|choice| choice.turned.contains(&column))
    }

    /// Whether several processes share the store.
    pub fn is_shared(&self) -> bool {
        self.shared
    }

    /// Notes whether several processes share the store: columns for that are shown or hidden anew.
    pub fn share(&mut self, shared: bool) {
        if self.shared == shared {
            return;
        }
        self.shared = shared;
        for (screen, choice) in &mut self.choices {
            let table = table(*screen);
            let is_shared = |index: &usize| table.get(*index).is_some_and(|column| column.shared);
            choice.turned.retain(|index| !is_shared(index));
        }
    }

    /// The order of a list; `None`: its own.
    pub fn sorted(&self, screen: Screen) -> Option<SortedBy> {
        self.choices.get(&screen)?.sorted
    }

    /// Whether anything was chosen for a screen.
    pub fn is_changed(&self, screen: Screen) -> bool {
        self.choices
            .get(&screen)
            .is_some_and(|choice| *choice != Arrangement::default())
    }

    /// Shows or hides a column; false for the one that names the row.
    pub fn turn(&mut self, screen: Screen, column: usize) -> bool {
        if table(screen).get(column).is_none_or(|column| column.naming) {
            return false;
        }
        let choice = self.choices.entry(screen).or_default();
        match choice.turned.iter().position(|known| *known == column) {
            Some(place) => {
                choice.turned.swap_remove(place);
            }
            None => choice.turned.push(column),
        }
        true
    }

    /// Sorts by a column, or the other way round where it is sorted by it already; false where the
    /// list cannot be sorted by it.
    pub fn sort(&mut self, screen: Screen, column: usize) -> bool {
        if !table(screen).get(column).is_some_and(|column| column.sorts) {
            return false;
        }
        let choice = self.choices.entry(screen).or_default();
        let before = choice.sorted.filter(|sorted| sorted.column == column);
        choice.sorted = Some(SortedBy {
            column,
            descending: before.is_some_and(|sorted| !sorted.descending),
        });
        true
    }

    /// Takes a list's order back to its own.
    pub fn unsort(&mut self, screen: Screen) {
        if let Some(choice) = self.choices.get_mut(&screen) {
            choice.sorted = None;
        }
    }

    /// Forgets what was chosen for a screen.
    pub fn forget(&mut self, screen: Screen) {
        self.choices.remove(&screen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::columns::{UserColumn, table};

    fn place(name: &str) -> usize {
        let mut users = table(Screen::Users).iter();
        users
            .position(|column| column.name == name)
            .expect("a column")
    }

    #[test]
    fn the_naming_column_stays_and_others_come_and_go() {
        let mut choices = Arrangements::default();
        assert!(!choices.turn(Screen::Users, place("User")));
        assert!(!choices.is_changed(Screen::Users));
        assert!(choices.turn(Screen::Users, place("Id")));
        assert!(choices.is_shown(Screen::Users, place("Id")));
        assert!(!choices.is_shown(Screen::Roles, place("Id")));
        assert!(choices.turn(Screen::Users, place("Id")));
        assert!(!choices.is_changed(Screen::Users));
        assert!(!choices.turn(Screen::Setup, 0));
    }

    #[test]
    fn the_same_column_again_turns_the_order_round() {
        let mut choices = Arrangements::default();
        assert!(!choices.sort(Screen::Users, place("Id")));
        for descending in [false, true, false] {
            assert!(choices.sort(Screen::Users, place("Level")));
            let sorted = choices.sorted(Screen::Users).expect("an order");
            assert_eq!(sorted.descending, descending);
            assert_eq!(sorted.column(), Some(UserColumn::Level));
        }
        choices.unsort(Screen::Users);
        assert_eq!(choices.sorted(Screen::Users), None);
    }
}
