//! Several processes over one directory, played by several stores over one state.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::State;
use crate::{
    directory::ExchangeId,
    store::{Newest, Spent},
};

/// How much each process is told at most of what the others spent, until it asks.
const KEYS: usize = 16_384;

/// What stands between the processes.
#[derive(Debug)]
pub(super) struct Between {
    bell: watch::Sender<u64>,
    /// What each process has not heard yet of what the others spent, by its number.
    untold: Mutex<BTreeMap<u64, BTreeMap<String, u32>>>,
}

impl Between {
    pub(super) fn new() -> Self {
        Self {
            bell: watch::Sender::new(0),
            untold: Mutex::default(),
        }
    }

    /// Lets another process in, and gives its number.
    pub(super) fn join(&self) -> u64 {
        let mut untold = self.untold();
        let number = untold.last_key_value().map_or(0, |(last, _)| last + 1);
        untold.insert(number, BTreeMap::new());
        number
    }

    /// Hears no more for a process.
    pub(super) fn leave(&self, number: u64) {
        self.untold().remove(&number);
    }

    pub(super) fn ring(&self) {
        self.bell.send_modify(|count| *count += 1);
    }

    pub(super) fn bell(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    /// Tells the others what a process spent, and gives what they did.
    pub(super) fn share(&self, number: u64, spent: &[Spent]) -> Vec<Spent> {
        let mut untold = self.untold();
        for (_, other) in untold.iter_mut().filter(|(other, _)| **other != number) {
            for Spent { key, times } in spent {
                let is_full = other.len() >= KEYS;
                match other.entry(key.clone()) {
                    Entry::Occupied(mut known) => {
                        *known.get_mut() = known.get().saturating_add(*times);
                    }
                    Entry::Vacant(place) if !is_full => {
                        place.insert(*times);
                    }
                    Entry::Vacant(_) => {}
                }
            }
        }
        let own = untold.get_mut(&number).map(std::mem::take);
        let told = own.unwrap_or_default().into_iter();
        told.map(|(key, times)| Spent { key, times }).collect()
    }

    fn untold(&self) -> MutexGuard<'_, BTreeMap<u64, BTreeMap<String, u32>>> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The order in which exchanges were stored.
#[derive(Debug, Clone, Default)]
pub(super) struct Marks {
    last: u64,
    stored: BTreeMap<u64, ExchangeId>,
}

impl Marks {
    pub(super) fn note(&mut self, id: ExchangeId) {
        self.last += 1;
        self.stored.insert(self.last, id);
    }
}

impl State {
    /// Forgets the marks of exchanges that are gone.
    pub(super) fn trim_marks(&mut self) {
        let exchanges = &self.exchanges;
        if let Some(marks) = &mut self.marks {
            marks.stored.retain(|_, id| exchanges.contains_key(id));
        }
    }

    pub(super) fn exchanges_stored(&self, mark: u64, limit: usize) -> Vec<(u64, String)> {
        let Some(marks) = &self.marks else {
            return Vec::new();
        };
        let later = marks.stored.range(mark.saturating_add(1)..);
        let kept = later.filter_map(|(&mark, id)| Some((mark, self.exchanges.get(id)?)));
        kept.take(limit)
            .map(|(mark, json)| (mark, json.to_string()))
            .collect()
    }

    pub(super) fn exchange_mark(&self) -> u64 {
        self.marks.as_ref().map_or(0, |marks| marks.last)
    }

    /// What later decisions must lie after; `None` where only one process writes.
    pub(super) fn newest(&self) -> Option<Newest> {
        self.marks.as_ref()?;
        let ids = [
            self.users.last_key_value().map(|(id, _)| id.0),
            self.roles.last_key_value().map(|(id, _)| id.0),
            self.conflicts.last_key_value().map(|(id, _)| id.0),
            self.resources.last_key_value().map(|(id, _)| id.0),
            self.holds.last_key_value().map(|(id, _)| id.0),
            self.tokens.last_key_value().map(|(id, _)| id.0),
        ];
        self.journal.back().map(|entry| Newest {
            at: entry.at,
            id: ids.into_iter().flatten().max().unwrap_or_default(),
        })
    }
}
