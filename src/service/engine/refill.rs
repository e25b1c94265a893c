//! What the record knows at the start: what an earlier process has stored.

use super::EngineOptions;
use crate::{
    directory::{Provider, Read},
    service::{
        exchange::Kept,
        recorder::{Bounds, Recorder},
    },
    store::{Snapshot, Store, StoreError},
};

/// Tells the record how many users a provider manages, so that a sync's progress can be shown. Where
/// the store cannot be read, no progress is.
pub(in crate::service) fn know_users(
    recorder: &Recorder,
    snapshot: &dyn Snapshot,
    provider: Provider,
) {
    if let Ok(totals) = snapshot.totals() {
        let users = totals.users_managed.get(&provider).copied();
        recorder.know_users(provider, users.unwrap_or(0));
    }
}

/// The record, with what an earlier process recorded, and the mark of what was stored last.
pub(super) fn taken_back(
    store: &dyn Store,
    options: &EngineOptions,
) -> Result<(Recorder, u64), StoreError> {
    let recorder = Recorder::new(Bounds {
        exchanges: options.ring_exchanges,
        bytes: options.ring_bytes,
        sync_gap: options.sync_gap,
    });
    let snapshot = store.snapshot()?;
    recorder.refill(recorded(&*snapshot, options)?);
    for provider in Provider::ALL {
        know_users(&recorder, &*snapshot, provider);
    }
    Ok((recorder, snapshot.exchange_mark()?))
}

/// What an earlier process recorded, oldest first, as much as the ring will hold. What cannot be read
/// any more is left out.
fn recorded(snapshot: &dyn Snapshot, options: &EngineOptions) -> Read<Vec<Kept>> {
    let exchanges = snapshot.exchanges(options.ring_exchanges, options.ring_bytes)?;
    Ok(exchanges.into_iter().filter_map(Kept::parse).collect())
}
