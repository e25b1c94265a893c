//! The changes that the console keeps: the newest ones as they come, and older ones that were asked
//! for. Between two that are kept some may be missing; the numbers tell.

use std::collections::VecDeque;

use super::list::Cursor;
use crate::admin::row::JournalRow;

/// Changes kept in the console.
pub const CHANGES: usize = 10_000;

/// Older changes asked for at once.
pub const OLDER: u32 = 200;

/// The Journal screen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes {
    /// In the order of their numbers.
    pub rows: VecDeque<JournalRow>,
    /// Rows that pass the filter, by their place in `rows`.
    pub shown: Vec<usize>,
    /// What the rows must contain.
    pub filter: String,
    /// Selection and window.
    pub cursor: Cursor,
    /// Whether the newest change is always the selected one.
    pub following: bool,
    /// Those after this number shall be asked for.
    pub missing: Option<u64>,
    /// The change to select once it is here.
    pub wanted: Option<u64>,
}

impl Changes {
    /// The change in a row of the list.
    pub fn row(&self, index: usize) -> Option<&JournalRow> {
        self.rows.get(*self.shown.get(index)?)
    }

    /// The selected change.
    pub fn current(&self) -> Option<&JournalRow> {
        self.row(self.cursor.index)
    }

    /// The change with a number, if it is here.
    pub fn entry(&self, seq: u64) -> Option<&JournalRow> {
        let place = self.rows.binary_search_by_key(&seq, |row| row.seq).ok()?;
        self.rows.get(place)
    }

    /// The row of the list that shows the change with a number.
    pub fn place(&self, seq: u64) -> Option<usize> {
        let place = self.rows.binary_search_by_key(&seq, |row| row.seq).ok()?;
        self.shown.iter().position(|shown| *shown == place)
    }

    /// Takes changes in among those that are here, in the order of their numbers. Where that makes
    /// too many, those farthest from `near` go. `shown` must be made anew after that.
    pub fn merge(&mut self, rows: Vec<JournalRow>, near: u64) {
        let mut all: Vec<JournalRow> = self.rows.drain(..).chain(rows).collect();
        all.sort_by_key(|row| row.seq);
        all.dedup_by_key(|row| row.seq);
        let spare = all.len().saturating_sub(CHANGES);
        if spare > 0 {
            let at = all.partition_point(|row| row.seq < near);
            // As much as can be on either side.
            let first = at.saturating_sub(CHANGES / 2).min(spare);
            all.truncate(first + CHANGES);
            all.drain(..first);
        }
        self.rows = all.into();
    }

    /// The number before a gap, or before the oldest, where one lies within so many rows of the list
    /// around the selection, upwards or downwards; `first` is the oldest change that the server keeps.
    pub fn gap(&self, up: bool, reach: usize, first: u64) -> Option<u64> {
        let selected = *self.shown.get(self.cursor.index)?;
        let step = u64::from(OLDER);
        if up {
            let from = self.shown.get(self.cursor.index.saturating_sub(reach));
            let from = if self.cursor.index < reach { 0 } else { *from? };
            let mut places = (from..=selected).rev();
            let place = places.find(|place| !self.follows_on(*place, first))?;
            let seq = self.rows.get(place)?.seq;
            return Some(seq.saturating_sub(step + 1).max(first.saturating_sub(1)));
        }
        let end = self.shown.get(self.cursor.index + reach);
        let end = end.map_or(self.rows.len(), |end| end + 1);
        let mut places = selected + 1..end;
        let place = places.find(|place| !self.follows_on(*place, first))?;
        let before = self.rows.get(place.checked_sub(1)?)?;
        Some(before.seq)
    }

    /// Whether nothing is missing right before a row.
    fn follows_on(&self, place: usize, first: u64) -> bool {
        let Some(row) = self.rows.get(place) else {
            return true;
        };
        match place
            .checked_sub(1)
            .and_then(|before| self.rows.get(before))
        {
            Some(before) => row.seq <= before.seq + 1,
            None => row.seq <= first,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::directory::{Action, Provider, Subject};

    fn row(seq: u64) -> JournalRow {
        JournalRow {
            seq,
            at: jiff::Timestamp::UNIX_EPOCH,
            actor: "okta".to_owned(),
            action: Action::ProviderActivated,
            subject: Subject::provider(Provider::Okta),
            before: Value::Null,
            after: Value::Null,
            exchange: None,
        }
    }

    fn changes(numbers: impl IntoIterator<Item = u64>, index: usize) -> Changes {
        let rows: VecDeque<_> = numbers.into_iter().map(row).collect();
        Changes {
            shown: (0..rows.len()).collect(),
            rows,
            cursor: Cursor { index, top: 0 },
            ..Changes::default()
        }
    }

    #[test]
    fn what_is_missing_is_found_near_the_selection() {
        for (numbers, index, up, first, expected) in [
            // Older ones than the oldest here.
            (vec![1_000, 1_001, 1_002], 0, true, 1, Some(799)),
            (vec![1_000, 1_001, 1_002], 2, true, 1, Some(799)),
            (vec![100, 101], 0, true, 1, Some(0)),
            (vec![100, 101], 0, true, 40, Some(39)),
            (vec![100, 101], 0, true, 100, None),
            // Between an older page and the newest ones.
            (vec![10, 11, 500, 501], 1, false, 10, Some(11)),
            (vec![10, 11, 500, 501], 3, false, 10, None),
            (vec![10, 11, 500, 501], 2, true, 10, Some(299)),
            (vec![10, 11], 1, false, 10, None),
        ] {
            let changes = changes(numbers.clone(), index);
            let found = changes.gap(up, 20, first);
            assert_eq!(found, expected, "{numbers:?} {index} {up}");
        }
    }

    #[test]
    fn memory_is_bounded_around_the_selection() {
        let most = CHANGES as u64;
        let mut changes = changes(most + 1..=2 * most, 0);
        changes.merge((most - 199..=most).map(row).collect(), most + 1);
        assert_eq!(changes.rows.len(), CHANGES);
        assert_eq!(changes.rows.front().map(|row| row.seq), Some(most - 199));
        assert!(changes.entry(most).is_some() && changes.entry(2 * most).is_none());
        // Twice the same changes nothing.
        changes.merge((most - 199..=most).map(row).collect(), most + 1);
        assert_eq!(changes.rows.len(), CHANGES);
        // The newest end is kept where that is near.
        changes.merge((2 * most..2 * most + 300).map(row).collect(), 2 * most);
        assert!(changes.entry(2 * most + 299).is_some());
        assert_eq!(changes.rows.len(), CHANGES);
    }
}
