//! The newest journal entries about one thing.
//!
//! The journal has no index by subject: the newest entries are looked through, so many and so long at
//! most. What is older is in the journal, but not in a detail pane.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::super::rows;
use crate::{
    admin::row::JournalRow,
    directory::{JournalEntry, Read, Subject},
    store::Snapshot,
};

/// How many entries are looked through.
const DEPTH: u64 = 5_000;

/// How long they are looked through: an entry about many members takes its time.
const PATIENCE: Duration = Duration::from_millis(200);

/// How many of them are looked at together.
const STEP: u64 = 100;

/// How many entries are told.
const ENTRIES: usize = 20;

/// The newest entries about it, or about its memberships, newest first.
pub(super) fn about(snapshot: &dyn Snapshot, id: &str) -> Read<Vec<JournalRow>> {
    newest(snapshot, |entry| is_about(entry, id))
}

/// The newest entries about subjects that are wanted, newest first.
pub(super) fn of(
    snapshot: &dyn Snapshot,
    is_wanted: impl Fn(&Subject) -> bool,
) -> Read<Vec<JournalRow>> {
    newest(snapshot, |entry| is_wanted(&entry.event.subject))
}

fn newest(
    snapshot: &dyn Snapshot,
    is_wanted: impl Fn(&JournalEntry) -> bool,
) -> Read<Vec<JournalRow>> {
    let newest = snapshot.totals()?.journal_last;
    let oldest = newest.saturating_sub(DEPTH);
    let mut found = Vec::new();
    let mut end = newest;
    let began = Instant::now();
    while end > oldest && found.len() < ENTRIES && began.elapsed() < PATIENCE {
        let start = end.saturating_sub(STEP).max(oldest);
        let step = usize::try_from(end - start).unwrap_or(usize::MAX);
        let entries = snapshot.journal(start, step)?;
        let newest_first = entries.into_iter().rev();
        found.extend(
            newest_first
                .filter(|entry| is_wanted(entry))
                .map(rows::journal),
        );
        end = start;
    }
    found.truncate(ENTRIES);
    Ok(found)
}

fn is_about(entry: &JournalEntry, id: &str) -> bool {
    entry.event.subject.id == id
        || names_member(&entry.event.before, id)
        || names_member(&entry.event.after, id)
}

fn names_member(side: &Value, id: &str) -> bool {
    let members = side.get("members").and_then(Value::as_array);
    members
        .into_iter()
        .flatten()
        .any(|member| member.get("id").and_then(Value::as_str) == Some(id))
}
