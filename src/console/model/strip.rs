//! The selection in the strip of syncs, kept by id.

use super::{list::window, live::Live};
use crate::{directory::ExchangeId, service::sync::SyncDigest};

/// The selected sync and the first visible one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Strip {
    /// The selected one; `None`: the newest.
    pub selected: Option<ExchangeId>,
    /// The first visible one.
    pub top: usize,
}

impl Live {
    /// The place of the selected sync.
    pub fn sync_index(&self) -> usize {
        let selected = self.strip.selected;
        let mut syncs = self.syncs.iter();
        let place = selected.and_then(|id| syncs.position(|sync| sync.id == id));
        place.unwrap_or(0)
    }

    /// The selected sync.
    pub fn sync(&self) -> Option<&SyncDigest> {
        self.syncs.get(self.sync_index())
    }

    /// Moves the selection in the strip; false where it cannot go so far.
    pub fn step_sync(&mut self, rows: isize) -> bool {
        let index = self.sync_index();
        let wanted = index.saturating_add_signed(rows);
        let last = self.syncs.len().saturating_sub(1);
        self.select_sync(wanted.min(last));
        wanted <= last && (rows > 0 || index > 0)
    }

    /// Selects the sync in this place of the strip.
    pub fn select_sync(&mut self, index: usize) {
        self.strip.selected = self.syncs.get(index).map(|sync| sync.id);
    }

    /// Keeps the selected sync visible.
    pub fn settle_strip(&mut self, height: usize) {
        let index = self.sync_index();
        self.strip.top = window(self.syncs.len(), index, self.strip.top, height);
    }
}
