//! Lists: what is selected, what is visible, and which pages of a long one are here.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::admin::row::{ResourceRow, RoleRow, UserRow};

/// A selected row and the first visible one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// The selected row.
    pub index: usize,
    /// The first visible row.
    pub top: usize,
}

impl Cursor {
    /// Moves the selection by so many rows.
    pub fn step(&mut self, rows: isize, length: usize) {
        self.index = self.index.saturating_add_signed(rows);
        self.index = self.index.min(length.saturating_sub(1));
    }

    /// Keeps the selection inside the list and inside the window.
    pub fn settle(&mut self, length: usize, height: usize) {
        self.index = self.index.min(length.saturating_sub(1));
        self.top = window(length, self.index, self.top, height);
    }
}

/// The first visible row when `index` must be visible and as few rows as possible move.
pub fn window(length: usize, index: usize, top: usize, height: usize) -> usize {
    let height = height.max(1);
    let last_top = length.saturating_sub(height);
    let lowest = (index + 1).saturating_sub(height);
    top.clamp(lowest, index.max(lowest)).min(last_top)
}

/// A row that is known by its id.
pub trait Keyed {
    /// The id.
    fn id(&self) -> Uuid;
}

impl Keyed for UserRow {
    fn id(&self) -> Uuid {
        self.id.0
    }
}

impl Keyed for RoleRow {
    fn id(&self) -> Uuid {
        self.id.0
    }
}

impl Keyed for ResourceRow {
    fn id(&self) -> Uuid {
        self.id.0
    }
}

/// Rows asked for at once.
pub const PAGE: u64 = 100;
/// Pages kept; those farthest from the selection go first.
const PAGES: usize = 40;

/// A list on the server, of which only the pages around the visible rows are here.
#[derive(Debug, Clone, PartialEq)]
pub struct Paged<Row> {
    /// How many rows there are, once it is known.
    pub total: Option<u64>,
    /// How many there are without the filter, as far as it is known.
    pub every: Option<u64>,
    /// The filter that the server applies.
    pub filter: String,
    /// The name of the one thing that the filter leaves, where it was made for that.
    pub only: Option<String>,
    /// The selected row and the first visible one.
    pub cursor: Cursor,
    /// Why the server refuses the filter.
    pub refused: Option<String>,
    /// One more with every filter, so that late answers to an old one are told apart.
    pub generation: u64,
    pages: BTreeMap<u64, Vec<Row>>,
    /// Whether the pages are still those of the filter before.
    outdated: bool,
    fresh: Vec<u64>,
    selected: Option<Uuid>,
}

impl<Row> Default for Paged<Row> {
    fn default() -> Self {
        Self {
            total: None,
            every: None,
            filter: String::new(),
            only: None,
            cursor: Cursor::default(),
            refused: None,
            generation: 0,
            pages: BTreeMap::new(),
            outdated: false,
            fresh: Vec::new(),
            selected: None,
        }
    }
}

impl<Row: Keyed> Paged<Row> {
    /// The number of rows, as far as it is known.
    pub fn len(&self) -> usize {
        usize::try_from(self.total.unwrap_or(0)).unwrap_or(usize::MAX)
    }

    /// Whether the list is known to be empty.
    pub fn is_empty(&self) -> bool {
        self.total == Some(0)
    }

    /// A row, if its page is here.
    pub fn row(&self, index: usize) -> Option<&Row> {
        let index = u64::try_from(index).ok()?;
        let page = self.pages.get(&(index / PAGE))?;
        page.get(usize::try_from(index % PAGE).ok()?)
    }

    /// The selected row, if its page is here.
    pub fn current(&self) -> Option<&Row> {
        self.row(self.cursor.index)
    }

    /// Takes another filter; what was here is forgotten.
    pub fn set_filter(&mut self, filter: String) {
        *self = Self {
            filter,
            generation: self.generation + 1,
            ..Self::default()
        };
    }

    /// Lets everything go but the filter.
    pub fn forget(&mut self) {
        let filter = std::mem::take(&mut self.filter);
        self.set_filter(filter);
    }

    /// Takes another filter while it is typed: what is here stays visible until the first page of the
    /// other list has come.
    pub fn retype(&mut self, filter: String) {
        self.filter = filter;
        self.only = None;
        self.generation += 1;
        self.fresh.clear();
        self.outdated = true;
    }

    /// Leaves one thing, which the filter must stand for alone.
    pub fn narrow(&mut self, filter: String, name: String) {
        if self.filter != filter {
            self.set_filter(filter);
        }
        self.only = Some(name);
        self.cursor = Cursor::default();
        self.selected = None;
    }

    /// Shows what was shown before: the same filter, and the selection where it was.
    pub fn restore(
        &mut self,
        filter: &str,
        only: Option<String>,
        cursor: Cursor,
        selected: Option<Uuid>,
    ) {
        if self.filter != filter {
            self.set_filter(filter.to_owned());
        }
        self.only = only;
        self.cursor = cursor;
        self.selected = selected;
        if let Some(index) = selected.and_then(|id| self.index_of(id)) {
            self.cursor.index = index;
        }
    }

    /// Where the row with this id is, if its page is here.
    fn index_of(&self, id: Uuid) -> Option<usize> {
        self.pages.iter().find_map(|(page, rows)| {
            let at = rows.iter().position(|row| row.id() == id)?;
            usize::try_from(page * PAGE).ok()?.checked_add(at)
        })
    }

    /// What is here may have changed; it stays visible until it has been asked for again.
    pub fn expire(&mut self) {
        self.fresh.clear();
    }

    /// The first row of the next page to ask for, if a visible one or its neighbour is missing.
    pub fn wanted(&self, height: usize) -> Option<u64> {
        if self.outdated {
            return Some(0);
        }
        let top = u64::try_from(self.cursor.top).unwrap_or(0);
        let height = u64::try_from(height).unwrap_or(0);
        let margin = height / 2;
        let first = top.saturating_sub(margin) / PAGE;
        let mut last = (top + height + margin) / PAGE;
        if let Some(total) = self.total {
            last = last.min(total.saturating_sub(1) / PAGE);
        }
        let visible = top / PAGE..=((top + height) / PAGE).min(last);
        let mut pages = visible.chain(first..=last);
        let page = pages.find(|page| !self.fresh.contains(page))?;
        Some(page * PAGE)
    }

    /// Whether nothing is here of the page that begins with this row.
    pub fn is_missing(&self, offset: u64) -> bool {
        self.outdated || !self.pages.contains_key(&(offset / PAGE))
    }

    /// Takes a page. The selection stays on its row, wherever that has moved to within the page.
    pub fn receive(&mut self, generation: u64, offset: u64, rows: Vec<Row>, total: u64) {
        if generation != self.generation {
            return;
        }
        let page = offset / PAGE;
        if std::mem::take(&mut self.outdated) {
            self.pages.clear();
            self.cursor = Cursor::default();
        }
        self.refused = None;
        self.total = Some(total);
        if let Some(at) = self
            .selected
            .and_then(|id| rows.iter().position(|row| row.id() == id))
        {
            let at = usize::try_from(offset).unwrap_or(0) + at;
            let moved = at.abs_diff(self.cursor.index);
            if self.cursor.index / 100 == at / 100 || moved < 100 {
                self.cursor.index = at;
            }
        }
        self.pages.insert(page, rows);
        self.fresh.retain(|fresh| *fresh != page);
        self.fresh.push(page);
        let here = u64::try_from(self.cursor.index).unwrap_or(0) / PAGE;
        while self.pages.len() > PAGES {
            let farthest = self.pages.keys().copied();
            let Some(page) = farthest.max_by_key(|page| page.abs_diff(here)) else {
                break;
            };
            self.pages.remove(&page);
            self.fresh.retain(|fresh| *fresh != page);
        }
    }

    /// Keeps selection and window inside the list, and remembers the selected row by its id.
    pub fn settle(&mut self, height: usize) {
        // As long as the length is not known, the selection waits where it is.
        if self.total.is_none() {
            return;
        }
        self.cursor.settle(self.len(), height);
        if let Some(id) = self.current().filter(|_| !self.outdated).map(Keyed::id) {
            self.selected = Some(id);
        }
    }

    /// Moves the selection by so many rows.
    pub fn step(&mut self, rows: isize) {
        self.cursor.step(rows, self.len());
        self.selected = self.current().map(Keyed::id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq)]
    struct Numbered(u128);

    impl Keyed for Numbered {
        fn id(&self) -> Uuid {
            Uuid::from_u128(self.0)
        }
    }

    fn rows(from: u128) -> Vec<Numbered> {
        (from..from + 100).map(Numbered).collect()
    }

    #[test]
    fn the_window_moves_as_little_as_it_can() {
        for ((length, index, top, height), expected) in [
            ((100, 5, 0, 10), 0),
            ((100, 10, 0, 10), 1),
            ((100, 3, 5, 10), 3),
            ((100, 99, 0, 10), 90),
            ((3, 2, 2, 10), 0),
            ((0, 0, 0, 10), 0),
            ((5, 4, 0, 0), 4),
        ] {
            assert_eq!(window(length, index, top, height), expected);
        }
    }

    #[test]
    fn only_the_visible_pages_are_asked_for() {
        let mut list = Paged::<Numbered>::default();
        assert_eq!(list.wanted(20), Some(0));
        list.receive(0, 0, rows(0), 100_000);
        assert_eq!(list.wanted(20), None);
        list.step(50_000);
        list.settle(20);
        assert_eq!(list.wanted(20), Some(49_900));
        list.receive(0, 49_900, rows(49_900), 100_000);
        assert_eq!(list.wanted(20), Some(50_000));
        list.receive(0, 50_000, rows(50_000), 100_000);
        assert_eq!(list.current(), Some(&Numbered(50_000)));
        assert_eq!(list.wanted(20), None);
        list.expire();
        assert_eq!(list.wanted(20), Some(49_900));
    }

    #[test]
    fn the_selection_follows_its_row() {
        let mut list = Paged::<Numbered>::default();
        list.receive(0, 0, rows(0), 100);
        list.step(7);
        list.settle(20);
        list.receive(0, 0, rows(3), 100);
        assert_eq!(list.current(), Some(&Numbered(7)));
        assert_eq!(list.cursor.index, 4);
    }

    #[test]
    fn pages_are_bounded_and_old_answers_ignored() {
        let mut list = Paged::<Numbered>::default();
        for page in 0..100 {
            list.receive(0, page * 100, rows(u128::from(page) * 100), 10_000);
        }
        assert_eq!(list.pages.len(), PAGES);
        list.set_filter("x".to_owned());
        list.receive(0, 0, rows(0), 10_000);
        assert_eq!(list.total, None);
    }
}
