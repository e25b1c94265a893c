//! Changes that are older than those that come by themselves: asked for where a link leads to one,
//! and where the selection comes near to what is missing.

use super::{filter, trail};
use crate::{
    admin::row::JournalRow,
    console::{
        action::Screen,
        message::Topic,
        model::{Model, Mood, changes::OLDER},
    },
};

/// The number of the oldest change that the server keeps.
fn first(model: &Model) -> u64 {
    let status = model.status.as_ref();
    status.map_or(1, |status| status.journal_first.max(1))
}

/// The number of the newest change that is known of.
fn newest(model: &Model) -> u64 {
    let kept = model.changes.rows.back().map_or(0, |row| row.seq);
    let status = model.status.as_ref();
    kept.max(status.map_or(0, |status| status.journal_last))
}

/// Asks for what is missing where the selection has moved to, within so many rows of it.
pub(super) fn page_in(model: &mut Model, up: bool, rows: usize) {
    // In another order what is missing lies everywhere.
    if model.arranged.sorted(Screen::Journal).is_some() {
        return;
    }
    if let Some(after) = model.changes.gap(up, rows, first(model)) {
        ask(model, after);
    }
}

fn ask(model: &mut Model, after: u64) {
    model.changes.missing = Some(after);
    model.refresh.want(Topic::Older);
}

/// Selects a change, or asks for it and selects it then.
pub(super) fn select(model: &mut Model, seq: u64) {
    model.changes.following = false;
    model.changes.wanted = None;
    if model.changes.entry(seq).is_some() {
        if model.changes.place(seq).is_none() {
            filter::put(model, String::new());
        }
        if let Some(index) = model.changes.place(seq) {
            model.changes.cursor.index = index;
        }
        return;
    }
    model.changes.wanted = Some(seq);
    // Some that came before it, for those who look around.
    let after = seq.saturating_sub(u64::from(OLDER) / 2);
    ask(
        model,
        after.max(first(model) - 1).min(seq.saturating_sub(1)),
    );
}

/// Asks for changes that a request made, where they are shown and older than those here.
pub(super) fn want_of_request(model: &mut Model) {
    let Some(line) = model.live.current() else {
        return;
    };
    let missing = line.journal.iter().copied();
    let mut missing = missing.filter(|seq| model.changes.entry(*seq).is_none());
    let Some(seq) = missing.next() else { return };
    let kept = model.changes.rows.back().map_or(0, |row| row.seq);
    // What is newer than all that is here is on its way.
    if seq < kept && seq >= first(model) && model.changes.missing != Some(seq - 1) {
        ask(model, seq - 1);
    }
}

/// Takes older changes in.
pub(super) fn received(model: &mut Model, rows: Vec<JournalRow>) {
    let selected = model.changes.current().map(|row| row.seq);
    let above =
        model.changes.cursor.index - model.changes.cursor.top.min(model.changes.cursor.index);
    let wanted = model.changes.wanted.take();
    let near = wanted.or(selected).unwrap_or_else(|| newest(model));
    model.changes.merge(rows, near);
    filter::show_changes(model);
    let place = selected.and_then(|seq| model.changes.place(seq));
    if let Some(index) = place {
        model.changes.cursor.index = index;
        model.changes.cursor.top = index.saturating_sub(above);
    }
    let Some(seq) = wanted else { return };
    if model.changes.entry(seq).is_some() {
        select(model, seq);
    } else {
        model.tell(Mood::Bad, format!("change {seq} is not in the journal"));
        trail::stay(model);
    }
}

/// The server keeps no such changes.
pub(super) fn refused(model: &mut Model, why: String) {
    let wanted = model.changes.wanted.take();
    if wanted.is_some() || model.screen == Screen::Journal {
        model.tell(Mood::Bad, why);
    }
    if wanted.is_some() {
        trail::stay(model);
    }
}
