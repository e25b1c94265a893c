//! The exchanges that a sync is made of, as far as they are kept: page by page, from the store and
//! from what waits to be stored.

use std::ops::ControlFlow;

use jiff::SignedDuration;

use super::{
    Engine,
    exchange::{Exchange, ExchangeLine},
    sync::SyncDigest,
};
use crate::{
    directory::{ExchangeId, Read},
    store::{Snapshot, first_exchange_since},
};

/// A page of a sync.
#[derive(Debug, Clone, PartialEq)]
pub struct SyncPage {
    /// The lines, in the order of their ids.
    pub lines: Vec<ExchangeLine>,
    /// What to ask the next page with; `None` where this was the last.
    pub next: Option<ExchangeId>,
}

/// How many exchanges are looked through for a page: other providers' lie between.
const LOOKED_THROUGH: usize = 4_000;

/// How many are read at once.
const STEP: usize = 200;

/// How far an id's time may be from the exchange's.
const SLACK: SignedDuration = SignedDuration::from_secs(1);

/// A page of at most `limit` exchanges of a sync after an id, or from its beginning on. Syncs of one
/// provider do not overlap, so that time and provider tell which are its own.
///
/// # Errors
/// The store cannot be read.
pub fn page(
    engine: &Engine,
    snapshot: &dyn Snapshot,
    sync: &SyncDigest,
    after: Option<ExchangeId>,
    limit: usize,
) -> Read<SyncPage> {
    let start = sync.started.saturating_sub(SLACK).unwrap_or(sync.started);
    let mut page = Sieve {
        sync,
        limit,
        after: after.unwrap_or_else(|| first_exchange_since(start)),
        lines: Vec::new(),
        looked_through: 0,
    };
    loop {
        let stored = snapshot.exchanges_after(Some(page.after), STEP)?;
        let before = page.after;
        for json in stored {
            // One that cannot be read any more is left out, as everywhere.
            let Ok(line) = serde_json::from_str::<ExchangeLine>(&json) else {
                continue;
            };
            if let ControlFlow::Break(page) = page.take(&line) {
                return Ok(page);
            }
        }
        if page.after == before {
            break;
        }
    }
    // Those that wait to be stored.
    let waiting = engine
        .recorder()
        .exchanges_after(Some(page.after), LOOKED_THROUGH);
    for exchange in waiting {
        if let ControlFlow::Break(page) = page.take(&exchange.line) {
            return Ok(page);
        }
    }
    Ok(page.end(None))
}

/// One exchange, from memory or from the store.
///
/// # Errors
/// The store cannot be read.
pub fn exchange(
    engine: &Engine,
    snapshot: &dyn Snapshot,
    id: ExchangeId,
) -> Read<Option<Exchange>> {
    if let Some(kept) = engine.recorder().get(id) {
        return Ok(kept.exchange());
    }
    let before = id.0.as_u128().checked_sub(1);
    let before = before.map(|before| ExchangeId(uuid::Uuid::from_u128(before)));
    let stored = snapshot.exchanges_after(before, 1)?;
    let found = stored
        .first()
        .and_then(|json| serde_json::from_str::<Exchange>(json).ok());
    Ok(found.filter(|exchange| exchange.line.id == id))
}

/// Lets a sync's own exchanges through until the page is full.
struct Sieve<'a> {
    sync: &'a SyncDigest,
    limit: usize,
    after: ExchangeId,
    lines: Vec<ExchangeLine>,
    looked_through: usize,
}

impl Sieve<'_> {
    fn take(&mut self, line: &ExchangeLine) -> ControlFlow<SyncPage> {
        let sync = self.sync;
        if line.at.duration_since(sync.last) > SLACK {
            return ControlFlow::Break(self.end(None));
        }
        self.after = line.id;
        self.looked_through += 1;
        let is_own =
            line.provider == Some(sync.provider) && (sync.started..=sync.last).contains(&line.at);
        if is_own {
            self.lines.push(line.clone());
        }
        if self.lines.len() >= self.limit || self.looked_through >= LOOKED_THROUGH {
            return ControlFlow::Break(self.end(Some(self.after)));
        }
        ControlFlow::Continue(())
    }

    fn end(&mut self, next: Option<ExchangeId>) -> SyncPage {
        SyncPage {
            lines: std::mem::take(&mut self.lines),
            next,
        }
    }
}
