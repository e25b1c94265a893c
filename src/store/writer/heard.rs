//! How far the journal is known in this process, and the doorbell that tells it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

/// How many stretches of own entries are remembered beyond what is known; those of further ones are
/// read again.
const STRETCHES: usize = 1024;

/// How far the journal is known. Where only this process writes, that is all of it at any time; where
/// several do, what the others have written is read between this one's own entries.
#[derive(Debug, Clone)]
pub struct Heard(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// `None` once the writer has stopped: whoever listens is told so.
    bell: Mutex<Option<watch::Sender<u64>>>,
    ear: watch::Receiver<u64>,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    /// Every entry up to this one.
    to: u64,
    /// First and last of each stretch of own entries beyond it.
    own: BTreeMap<u64, u64>,
}

impl Known {
    /// Goes on through what is known already.
    fn go_on(&mut self) {
        while let Some(stretch) = self.own.first_entry()
            && *stretch.key() <= self.to.saturating_add(1)
        {
            self.to = self.to.max(stretch.remove());
        }
    }
}

impl Heard {
    /// Up to an entry, which is the newest one.
    pub(super) fn up_to(entry: u64) -> Self {
        let (bell, ear) = watch::channel(entry);
        Self(Arc::new(Inner {
            bell: Mutex::new(Some(bell)),
            ear,
            known: Mutex::new(Known {
                to: entry,
                own: BTreeMap::new(),
            }),
        }))
    }

    /// This process has written these entries, and everyone may hear it.
    pub(super) fn wrote(&self, first: u64, last: u64) {
        let mut known = self.known();
        if first <= known.to.saturating_add(1) {
            known.to = known.to.max(last);
            known.go_on();
        } else if known.own.len() < STRETCHES {
            known.own.insert(first, last);
        }
        drop(known);
        self.ring(last);
    }

    /// Where to read on: after which entry, and at most how many, where after those come own ones.
    pub(crate) fn unread(&self) -> (u64, Option<u64>) {
        let known = self.known();
        let own = known.own.first_key_value();
        let between = own.map(|(first, _)| first.saturating_sub(known.to.saturating_add(1)));
        (known.to, between)
    }

    /// What others have written is known up to this entry, and everyone may hear it.
    pub(crate) fn read(&self, last: u64) {
        let mut known = self.known();
        known.to = known.to.max(last);
        known.go_on();
        drop(known);
        self.ring(last);
    }

    /// Tells the number of the newest entry, which never goes back.
    pub(super) fn bell(&self) -> watch::Receiver<u64> {
        let bell = self.sender();
        bell.as_ref()
            .map_or_else(|| self.0.ear.clone(), watch::Sender::subscribe)
    }

    /// Nothing more is heard: the bell is taken away.
    pub(super) fn end(&self) {
        self.sender().take();
    }

    fn ring(&self, entry: u64) {
        let bell = self.sender();
        let Some(bell) = &*bell else { return };
        bell.send_if_modified(|newest| {
            let is_newer = entry > *newest;
            *newest = entry.max(*newest);
            is_newer
        });
    }

    fn sender(&self) -> MutexGuard<'_, Option<watch::Sender<u64>>> {
        self.0.bell.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_entries_are_known_and_those_between_are_read() {
        let heard = Heard::up_to(10);
        let mut bell = heard.bell();
        heard.wrote(11, 12);
        assert_eq!(heard.unread(), (12, None));
        heard.wrote(15, 16);
        heard.wrote(18, 20);
        assert_eq!(*bell.borrow_and_update(), 20);
        assert_eq!(heard.unread(), (12, Some(2)));
        heard.read(13);
        assert_eq!(heard.unread(), (13, Some(1)));
        assert!(!bell.has_changed().expect("a bell"), "it went back");
        heard.read(14);
        assert_eq!(heard.unread(), (16, Some(1)));
        heard.read(17);
        assert_eq!(heard.unread(), (20, None));
        heard.read(25);
        assert_eq!(*bell.borrow_and_update(), 25);
        heard.wrote(22, 24);
        assert_eq!(heard.unread(), (25, None));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let heard = Heard::up_to(0);
        for entry in 1..10_000 {
            heard.wrote(2 * entry, 2 * entry);
        }
        assert_eq!(heard.known().own.len(), STRETCHES);
        assert_eq!(heard.unread(), (0, Some(1)));
    }

    #[test]
    fn whoever_listens_is_told_that_nothing_more_is_heard() {
        let heard = Heard::up_to(7);
        let bell = heard.bell();
        heard.end();
        assert!(bell.has_changed().is_err());
        assert!(heard.bell().has_changed().is_err());
        heard.read(9);
        assert_eq!(*bell.borrow(), 7);
    }
}
