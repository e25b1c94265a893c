//! What other processes recorded that share the store.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use super::Recorder;
use crate::{directory::Provider, service::exchange::Kept};

impl Recorder {
    /// Takes in what other processes have stored, beside what this one records, and gives the providers
    /// of which a sync begins with that. It is not stored again, and is in no counter of this process.
    pub(in crate::service) fn take_elsewhere(&self, exchanges: Vec<Kept>) -> BTreeSet<Provider> {
        let mut begins = BTreeSet::new();
        let mut state = self.state();
        if state.closed {
            return begins;
        }
        let kept = state.ring.exchanges.iter();
        let known: HashSet<_> = kept.map(|kept| kept.line.id).collect();
        let new = exchanges.into_iter();
        for exchange in new.filter(|exchange| !known.contains(&exchange.line.id)) {
            if state.note(&exchange.line) {
                begins.extend(exchange.line.provider);
            }
            state.figures.total += 1;
            state.figures.errors += u64::from(exchange.line.is_error());
            let bounds = state.bounds;
            let evicted = (state.ring).push(Arc::new(exchange), bounds.exchanges, bounds.bytes);
            state.figures.evicted += evicted;
        }
        drop(state);
        self.recorded.notify_waiters();
        begins
    }

    /// The names of the processes that answered what is kept in memory, in order.
    pub fn nodes(&self) -> BTreeSet<String> {
        let state = self.state();
        let mut nodes = BTreeSet::new();
        for kept in &state.ring.exchanges {
            if let Some(node) = &kept.line.node
                && !nodes.contains(node)
            {
                nodes.insert(node.clone());
            }
        }
        nodes
    }
}
