//! What is noted in memory and stored in the background, and how much of what was stored is kept.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use super::{engine::EngineOptions, following::OwnExchanges, notes::Notes, recorder::Recorder};
use crate::{
    directory::{ExchangeId, Read},
    store::{
        Observations, Snapshot, Store, first_exchange_since,
        writer::{Clock, Writer},
    },
};

/// How often it is looked whether something has become too old or too much while nothing passes.
const TRIM_EVERY: Duration = Duration::from_secs(60);

/// The most bytes of exchanges that are kept, however few those are: long ones shall not fill the disk.
const EXCHANGE_BYTES: u64 = 512 * 1024 * 1024;

/// How much of what was stored is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keep {
    exchanges: u64,
    exchanges_for: Option<Duration>,
    journal: Option<u64>,
    journal_for: Option<Duration>,
}

impl Keep {
    /// As the options say.
    pub(super) fn of(options: &EngineOptions) -> Self {
        Self {
            exchanges: options.keep_exchanges,
            exchanges_for: options.keep_exchanges_for,
            journal: options.keep_journal,
            journal_for: options.keep_journal_for,
        }
    }

    /// Whether something may have to go while nothing passes: age does it, and what operators do.
    fn needs_a_clock(&self) -> bool {
        self.exchanges_for.is_some() || self.journal.is_some() || self.journal_for.is_some()
    }

    /// Observations of nothing, by which what is too old or too much goes.
    fn observations(&self, now: Timestamp) -> Observations {
        let before = |age: Option<Duration>| {
            let age = SignedDuration::try_from(age?).ok()?;
            now.checked_sub(age).ok()
        };
        Observations {
            keep_exchanges: self.exchanges,
            keep_exchange_bytes: Some(EXCHANGE_BYTES),
            exchanges_since: before(self.exchanges_for),
            journal_since: before(self.journal_for),
            keep_journal: self.journal,
            ..Observations::default()
        }
    }
}

/// Whether these observations, by nothing but their bounds, would let something go. Costs the same
/// however much is kept.
fn lets_go(observations: &Observations, snapshot: &dyn Snapshot) -> Read<bool> {
    if let Some(since) = observations.exchanges_since {
        let newest_old = ExchangeId(uuid::Uuid::from_u128(
            first_exchange_since(since).0.as_u128().saturating_sub(1),
        ));
        let oldest = snapshot.exchanges_after(None, 1)?;
        let later = snapshot.exchanges_after(Some(newest_old), 1)?;
        if oldest.first() != later.first() {
            return Ok(true);
        }
    }
    let (first, last) = (snapshot.journal_first()?, snapshot.totals()?.journal_last);
    if last <= first {
        return Ok(false);
    }
    if observations
        .keep_journal
        .is_some_and(|keep| last - first >= keep.max(1))
    {
        return Ok(true);
    }
    let Some(since) = observations.journal_since else {
        return Ok(false);
    };
    let oldest = snapshot.journal(first.saturating_sub(1), 1)?;
    Ok(oldest.first().is_some_and(|entry| entry.at < since))
}

/// What is noted in memory, and stored in the background.
pub(super) struct Observed {
    pub(super) recorder: Recorder,
    pub(super) notes: Notes,
    pub(super) clock: Clock,
    pub(super) keep: Keep,
    /// `None` where no other process shares the store.
    pub(super) own: Option<OwnExchanges>,
}

/// Stores observations whenever there are some, a while after the first, and sooner under pressure.
/// Where nothing happens it only looks now and then for what has become too old, and sleeps without
/// a timer where nothing ever does.
pub(super) async fn store_observations(
    observed: Arc<Observed>,
    store: Arc<dyn Store>,
    writer: Arc<Writer>,
    closing: Arc<Notify>,
    flush_every: Duration,
) {
    let needs_a_clock = observed.keep.needs_a_clock();
    let mut is_closing = false;
    while !is_closing {
        tokio::select! {
            () = closing.notified() => is_closing = true,
            () = observed.recorder.stirred() => tokio::select! {
                () = closing.notified() => is_closing = true,
                () = observed.recorder.pressing() => {}
                () = tokio::time::sleep(flush_every) => {}
            },
            () = tokio::time::sleep(TRIM_EVERY), if needs_a_clock => {}
        }
        let (observed, store, writer) = (
            Arc::clone(&observed),
            Arc::clone(&store),
            Arc::clone(&writer),
        );
        let flushing = tokio::task::spawn_blocking(move || observed.flush(&*store, &writer));
        // A panic has been reported where it happened; the next round may do better.
        let _ = flushing.await;
    }
}

impl Observed {
    fn flush(&self, store: &dyn Store, writer: &Writer) {
        let (unsaved, lost) = self.recorder.take_unsaved();
        if lost > 0 {
            tracing::warn!(
                lost,
                "more passed than could be stored; the oldest was let go"
            );
        }
        if let Some(own) = &self.own {
            own.will_meet(&unsaved);
        }
        let mut observations = self.keep.observations((self.clock)());
        observations.exchanges = unsaved
            .iter()
            .map(|exchange| (exchange.line.id, Arc::clone(exchange.json())))
            .collect();
        self.notes.hand_over(&mut observations);
        if observations.exchanges.is_empty()
            && observations.token_uses.is_empty()
            && observations.role_pushes.is_empty()
            && !is_due(&observations, store)
        {
            return;
        }
        let observations = Arc::new(observations);
        if !writer.observe(&observations) {
            self.notes.take_back(&observations);
            self.recorder.take_back(unsaved);
            // Without this the next round would wait for something else to happen.
            self.recorder.stir();
        }
    }
}

/// Whether something is to go, as far as the store can be read; where not, the next look may tell.
fn is_due(observations: &Observations, store: &dyn Store) -> bool {
    let snapshot = store.snapshot().ok();
    snapshot.is_some_and(|snapshot| lets_go(observations, &*snapshot).unwrap_or(false))
}
