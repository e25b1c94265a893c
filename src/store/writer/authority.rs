//! When who may push has changed.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use super::{Answer, Done};
use crate::directory::{JournalEntry, SubjectKind};

/// A count that moves whenever a token or a provider may have changed, before anyone is told that it
/// has. What was read of them is as good as new while it stands still.
#[derive(Debug, Clone, Default)]
pub struct Authority(Arc<AtomicU64>);

impl Authority {
    /// The count now. Take it before reading, and compare later.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// A token or a provider may have changed.
    pub(crate) fn moved(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }

    /// Commands were carried out.
    pub(super) fn heed(&self, answers: &[Answer]) {
        let about_it = |done: &Done| done.entries.iter().any(is_about_it);
        if answers.iter().flatten().any(about_it) {
            self.moved();
        }
    }

    /// Another process has written these entries.
    pub(crate) fn hear(&self, entries: &[JournalEntry]) {
        if entries.iter().any(is_about_it) {
            self.moved();
        }
    }
}

fn is_about_it(entry: &JournalEntry) -> bool {
    let kind = entry.event.subject.kind;
    matches!(kind, SubjectKind::Token | SubjectKind::Provider)
}
