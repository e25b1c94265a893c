//! How far the requests of a server have been followed.

use std::collections::{HashSet, VecDeque};

use crate::{directory::ExchangeId, service::exchange::ExchangeLine};

/// The newest requests whose ids are remembered.
const REMEMBERED: usize = 1_024;

/// The newest requests that have come, so that a server which is followed again leaves none out and
/// tells none twice.
#[derive(Debug, Default)]
pub struct SeenRequests {
    /// In the order of their coming.
    newest: VecDeque<ExchangeId>,
    /// Those that may come once more.
    known: HashSet<ExchangeId>,
}

impl SeenRequests {
    /// Begins to follow again; gives the one to follow after, the oldest that is remembered: the
    /// server may have recorded one with an earlier id later. `None` where none has come.
    pub fn resume(&mut self) -> Option<ExchangeId> {
        self.known = self.newest.iter().copied().collect();
        self.newest.front().copied()
    }

    /// The newest one; where there is none, an id that every request comes after.
    pub fn newest(&self) -> ExchangeId {
        let least = ExchangeId::from_bytes([0; 16]);
        self.newest.back().copied().unwrap_or(least)
    }

    /// Takes what has come; gives what has not come before.
    pub fn take(&mut self, mut lines: Vec<ExchangeLine>) -> Vec<ExchangeLine> {
        if !self.known.is_empty() {
            lines.retain(|line| !self.known.contains(&line.id));
        }
        let older = lines.len().saturating_sub(REMEMBERED);
        self.newest
            .extend(lines.iter().skip(older).map(|line| line.id));
        let older = self.newest.len().saturating_sub(REMEMBERED);
        self.newest.drain(..older);
        lines
    }
}
