//! An operator's own last act, and the command that takes it back.

use std::time::{Duration, Instant};

use super::super::{refused::Refused, rows};
use crate::{
    admin::row::UndoRow,
    directory::{Actor, Command, Event, JournalEntry, Read, summary::summarise, undo::inverse},
    store::Snapshot,
};

/// How many entries are looked through, and how long.
const DEPTH: u64 = 100_000;
const PATIENCE: Duration = Duration::from_secs(2);

/// How many of them are looked at together.
const STEP: u64 = 500;

/// What the actor did last, and what takes it back.
pub(super) fn last_act(
    snapshot: &dyn Snapshot,
    actor: &Actor,
) -> Result<(Command, UndoRow), Refused> {
    let act = newest_of(snapshot, actor)?;
    if act.is_empty() {
        return Err(Refused::because(format!(
            "There is nothing to take back: the newest part of the journal has no act of {actor}."
        )));
    }
    let events: Vec<Event> = act.iter().map(|entry| entry.event.clone()).collect();
    let summary = summarise(&events);
    let command = inverse(&events).ok_or_else(|| {
        Refused::because(format!(
            "Your last act cannot be taken back: {summary}. What was deleted, released, revoked or decided stays so; \
             make what you need anew."
        ))
    })?;
    let undone = act.into_iter().map(rows::journal).collect();
    Ok((command, UndoRow { summary, undone }))
}

/// The entries of the actor's newest command, oldest first. Every command has a moment of its own,
/// which all its entries carry.
fn newest_of(snapshot: &dyn Snapshot, actor: &Actor) -> Read<Vec<JournalEntry>> {
    let newest = snapshot.totals()?.journal_last;
    let oldest = newest.saturating_sub(DEPTH);
    let began = Instant::now();
    let mut act: Vec<JournalEntry> = Vec::new();
    let mut end = newest;
    while end > oldest && began.elapsed() < PATIENCE {
        let start = end.saturating_sub(STEP).max(oldest);
        let step = usize::try_from(end - start).unwrap_or(usize::MAX);
        for entry in snapshot.journal(start, step)?.into_iter().rev() {
            let belongs = match act.first() {
                Some(first) => first.at == entry.at,
                None => entry.actor == *actor,
            };
            if belongs {
                act.push(entry);
            } else if !act.is_empty() {
                act.reverse();
                return Ok(act);
            }
        }
        end = start;
    }
    act.reverse();
    Ok(act)
}
