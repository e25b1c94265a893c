//! How far back what is kept reaches.

use jiff::Timestamp;
use serde::Deserialize;

use crate::{directory::Read, store::Snapshot};

/// When the oldest journal entry that is kept was written.
pub(super) fn entry(snapshot: &dyn Snapshot) -> Read<Option<Timestamp>> {
    let first = snapshot.journal_first()?;
    let oldest = snapshot.journal(first.saturating_sub(1), 1)?;
    Ok(oldest.first().map(|entry| entry.at))
}

/// When the oldest recorded request in the store came.
pub(super) fn exchange(snapshot: &dyn Snapshot) -> Read<Option<Timestamp>> {
    #[derive(Deserialize)]
    struct Moment {
        at: Timestamp,
    }
    let oldest = snapshot.exchanges_after(None, 1)?;
    let moment = oldest.first().map(|json| serde_json::from_str(json));
    // What an older version has written and cannot be read any more is no reason to say nothing else.
    Ok(moment.and_then(Result::ok).map(|moment: Moment| moment.at))
}
