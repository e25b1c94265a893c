//! One sync, opened: Live shows its requests alone, those that only the server still has included.

use std::collections::{HashSet, VecDeque};

use jiff::Timestamp;

use super::live::{Live, Part, RING};
use crate::{
    directory::ExchangeId,
    service::{exchange::ExchangeLine, sync::SyncDigest},
};

/// A sync whose requests alone are shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// What it did, as of the last answer.
    pub digest: SyncDigest,
    /// How far its requests have been asked for.
    loading: Loading,
    /// Those that came meanwhile, to be shown after the older ones.
    waiting: VecDeque<ExchangeLine>,
    /// What is shown already.
    known: HashSet<ExchangeId>,
    /// The list of all requests.
    pub(super) behind: Box<Live>,
}

/// How far a sync's requests have been asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loading {
    /// What comes after this one is missing; `None`: everything.
    After(Option<ExchangeId>),
    /// All that is kept is here.
    Done,
    /// There are more than are shown.
    Full,
}

impl Opened {
    /// What to ask the next page with; `None` where all that can be shown is here.
    pub fn wanted(&self) -> Option<Option<ExchangeId>> {
        match self.loading {
            Loading::After(after) => Some(after),
            Loading::Done | Loading::Full => None,
        }
    }

    /// How many of its requests are not shown, once the others are here.
    pub fn missing(&self) -> u64 {
        match self.loading {
            Loading::After(_) => 0,
            Loading::Done | Loading::Full => {
                let shown = self.known.len() as u64;
                self.digest.requests.saturating_sub(shown)
            }
        }
    }

    /// Whether there are more than a console keeps.
    pub fn is_full(&self) -> bool {
        self.loading == Loading::Full
    }
}

impl Live {
    /// Shows the requests of one sync alone.
    pub fn open(&mut self, digest: SyncDigest) {
        self.close();
        let mut all = std::mem::take(self);
        all.hand_over(self);
        self.part = Part::Sync;
        self.opened = Some(Opened {
            digest,
            loading: Loading::After(None),
            waiting: VecDeque::new(),
            known: HashSet::new(),
            behind: Box::new(all),
        });
        self.unfollow();
    }

    /// Shows all requests again; false where it does so already.
    pub fn close(&mut self) -> bool {
        let Some(opened) = self.opened.take() else {
            return false;
        };
        let mut all = *opened.behind;
        self.hand_over(&mut all);
        *self = all;
        true
    }

    /// Takes newer digests; those that are shown while the view is frozen stay.
    pub fn take_syncs(&mut self, syncs: Vec<SyncDigest>) {
        if self.is_paused() {
            self.later_syncs = Some(syncs);
            return;
        }
        if let Some(opened) = &mut self.opened {
            let found = syncs.iter().find(|sync| sync.id == opened.digest.id);
            if let Some(newer) = found {
                opened.digest = newer.clone();
            }
        }
        self.syncs = syncs;
    }

    /// Takes new requests of the opened sync; none of another.
    pub(super) fn receive_opened(&mut self, lines: &[ExchangeLine], now: Timestamp) {
        let gap = self.endings.gap();
        let Some(opened) = &mut self.opened else {
            return;
        };
        let mut own = Vec::new();
        for line in lines {
            let digest = &mut opened.digest;
            let is_own = Some(digest.provider) == line.provider
                && line.at >= digest.started
                && line.at.duration_since(digest.last) <= gap;
            if !is_own || opened.known.contains(&line.id) {
                continue;
            }
            digest.last = digest.last.max(line.at);
            if opened.loading == Loading::Done {
                opened.known.insert(line.id);
                own.push(line.clone());
            } else if opened.waiting.len() < RING {
                opened.waiting.push_back(line.clone());
            }
        }
        self.queue(own, now);
    }

    /// Takes a page of a sync's requests. One of a sync that is not opened any more comes too late.
    pub fn receive_page(
        &mut self,
        id: ExchangeId,
        lines: Vec<ExchangeLine>,
        next: Option<ExchangeId>,
        now: Timestamp,
    ) {
        let Some(opened) = self.opened.as_mut().filter(|own| own.digest.id == id) else {
            return;
        };
        if opened.wanted().is_none() {
            return;
        }
        let room = RING.saturating_sub(opened.known.len());
        let is_full = lines.len() > room || (lines.len() == room && next.is_some());
        let mut fresh = Vec::new();
        for line in lines.into_iter().take(room) {
            if opened.known.insert(line.id) {
                fresh.push(line);
            }
        }
        opened.loading = match next {
            _ if is_full => Loading::Full,
            Some(next) => Loading::After(Some(next)),
            None => Loading::Done,
        };
        if opened.loading == Loading::Done {
            for line in std::mem::take(&mut opened.waiting) {
                if opened.known.insert(line.id) {
                    fresh.push(line);
                }
            }
        }
        let was_empty = self.kept() == 0;
        self.queue(fresh, now);
        if was_empty {
            self.to_top();
        }
        self.fresh = 0;
    }

    /// A page of a sync's requests will not come: what is here is all.
    pub fn page_refused(&mut self, id: ExchangeId) {
        if let Some(opened) = self.opened.as_mut().filter(|own| own.digest.id == id) {
            opened.loading = Loading::Done;
        }
    }

    /// Shows a request in the details, not the sync.
    pub fn leave_sync_part(&mut self) {
        if self.part == Part::Sync {
            self.part = Part::Change;
        }
    }

    /// The parts of the details that there are.
    pub fn parts(&self) -> &'static [Part] {
        if self.opened.is_some() {
            &Part::ALL
        } else {
            Part::ALL.split_first().map_or(&[], |(_, others)| others)
        }
    }

    /// Turns the parts of the details; false where there is none on that side.
    pub fn turn(&mut self, forward: bool) -> bool {
        let parts = self.parts();
        let at = parts.iter().position(|part| *part == self.part);
        let at = at.unwrap_or(0);
        let next = if forward {
            Some((at + 1) % parts.len().max(1))
        } else {
            at.checked_sub(1)
        };
        match next.and_then(|next| parts.get(next)) {
            Some(part) => self.part = *part,
            None => return false,
        }
        true
    }
}
