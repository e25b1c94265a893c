//! What other processes do that share the store: heard of by its bell, read from its tables.

use std::{
    collections::{HashSet, VecDeque},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{engine::know_users, exchange::Kept, observed::Observed};
use crate::{
    directory::ExchangeId,
    store::{Snapshot, Store, StoreError, guarded, writer::Writer},
};

/// How long the store goes unread where its bell does not ring: a ring may be lost.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How long the store rests between two looks, however often its bell rings.
const REST: Duration = Duration::from_millis(25);

/// A look that takes longer tells for now what a failed one does: that nothing is known of the others.
const PATIENCE: Duration = Duration::from_millis(400);

/// How many entries or exchanges are read at once.
const PAGE: usize = 256;

/// So many pages of each end a look; the next one follows at once.
const PAGES: usize = 16;

/// How many own exchanges are told apart from those of others at most, until they are met in the store.
const OWN: usize = 16 * 1024;

/// Own exchanges that were handed to the store and were not met there yet.
#[derive(Debug, Default)]
pub(super) struct OwnExchanges(Mutex<Own>);

#[derive(Debug, Default)]
struct Own {
    ids: HashSet<ExchangeId>,
    /// In the order of their coming; those that were met stay here until their turn.
    order: VecDeque<ExchangeId>,
}

impl OwnExchanges {
    /// These will be met in the store.
    pub(super) fn will_meet(&self, exchanges: &[Arc<Kept>]) {
        let mut own = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for exchange in exchanges {
            let id = exchange.line.id;
            if own.ids.insert(id) {
                own.order.push_back(id);
            }
            if own.order.len() > OWN
                && let Some(oldest) = own.order.pop_front()
            {
                own.ids.remove(&oldest);
            }
        }
    }

    /// Whether it is an own one, which is forgotten with that.
    fn meet(&self, id: ExchangeId) -> bool {
        let mut own = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        own.ids.remove(&id)
    }
}

/// Follows what other processes do.
pub(super) struct Following {
    pub(super) store: Arc<dyn Store>,
    pub(super) writer: Arc<Writer>,
    pub(super) observed: Arc<Observed>,
    /// The mark of the exchange that was read last.
    pub(super) mark: AtomicU64,
}

/// Whether there is more to read than one look does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    None,
    Some,
}

/// Reads what other processes did, whenever the bell rings. While the store cannot be read, nothing that
/// was read of tokens before is believed.
pub(super) async fn follow(following: Arc<Following>, mut bell: watch::Receiver<u64>) {
    let mut fails = false;
    loop {
        let began = Instant::now();
        // Heard before looking, so that what is written during the looking rings again.
        bell.borrow_and_update();
        match look(&following).await {
            Ok(rest) => {
                if std::mem::take(&mut fails) {
                    tracing::info!("the store can be read again: what other processes do is known");
                }
                if rest == Rest::Some {
                    continue;
                }
            }
            Err(error) => {
                following.writer.authority().moved();
                if !std::mem::replace(&mut fails, true) {
                    tracing::warn!(%error, "what other processes do is not known for now");
                }
                sleep_until(began + LOOK_EVERY).await;
                continue;
            }
        }
        sleep_until(began + REST).await;
        let next = sleep_until(began + LOOK_EVERY);
        tokio::select! {
            // Without a bell there is the clock.
            rung = bell.changed() => if rung.is_err() { sleep(LOOK_EVERY).await },
            () = next => {}
        }
    }
}

/// One look, on a thread that may block.
async fn look(following: &Arc<Following>) -> Result<Rest, StoreError> {
    let looked = Arc::clone(following);
    let mut looking = tokio::task::spawn_blocking(move || guarded(|| looked.look()));
    loop {
        match timeout(PATIENCE, &mut looking).await {
            Ok(Ok(looked)) => return looked,
            // Only a runtime that is shutting down cancels it; there is nothing to say about that.
            Ok(Err(failed)) if failed.is_cancelled() => std::future::pending().await,
            // A panic has been reported where it happened.
            Ok(Err(_)) => return Err(StoreError::Failed("looking at it panicked".to_owned())),
            Err(_) => following.writer.authority().moved(),
        }
    }
}

impl Following {
    fn look(&self) -> Result<Rest, StoreError> {
        let snapshot = self.store.snapshot()?;
        let journal = self.read_journal(&*snapshot)?;
        let exchanges = self.read_exchanges(&*snapshot)?;
        Ok(if journal == Rest::Some {
            journal
        } else {
            exchanges
        })
    }

    /// What others wrote, between what this process wrote itself.
    fn read_journal(&self, snapshot: &dyn Snapshot) -> Result<Rest, StoreError> {
        let (heard, authority) = (self.writer.heard(), self.writer.authority());
        for _ in 0..PAGES {
            let (after, between) = heard.unread();
            let between = between.and_then(|between| usize::try_from(between).ok());
            let most = between.unwrap_or(PAGE).min(PAGE);
            let entries = snapshot.journal(after, most)?;
            let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
                return Ok(Rest::None);
            };
            if first.seq > after.saturating_add(1) {
                // What is not kept any more may have been about a token.
                authority.moved();
            }
            authority.hear(&entries);
            heard.read(last.seq);
            if entries.len() < most {
                return Ok(Rest::None);
            }
        }
        Ok(Rest::Some)
    }

    /// What passed elsewhere.
    fn read_exchanges(&self, snapshot: &dyn Snapshot) -> Result<Rest, StoreError> {
        for _ in 0..PAGES {
            let mark = self.mark.load(Ordering::Acquire);
            let stored = snapshot.exchanges_stored(mark, PAGE)?;
            let Some((last, _)) = stored.last() else {
                return Ok(Rest::None);
            };
            self.mark.store(*last, Ordering::Release);
            let is_all = stored.len() < PAGE;
            self.take(snapshot, stored);
            if is_all {
                return Ok(Rest::None);
            }
        }
        Ok(Rest::Some)
    }

    /// Takes in what others stored. What cannot be read, as what a newer version wrote, is left out.
    fn take(&self, snapshot: &dyn Snapshot, stored: Vec<(u64, String)>) {
        let read = stored.into_iter();
        let read = read.filter_map(|(_, json)| Kept::parse(json));
        let own = self.observed.own.as_ref();
        let others = read.filter(|exchange| own.is_none_or(|own| !own.meet(exchange.line.id)));
        let others: Vec<Kept> = others.collect();
        if others.is_empty() {
            return;
        }
        let recorder = &self.observed.recorder;
        for provider in recorder.take_elsewhere(others) {
            know_users(recorder, snapshot, provider);
        }
    }
}
