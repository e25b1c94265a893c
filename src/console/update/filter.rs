//! The filter line, and what it does to each list.

use jiff::SignedDuration;
use tui_input::Input;

use crate::{
    admin::row::JournalRow,
    console::{
        action::Screen,
        filter::{conflict_facts, journal_facts, list},
        message::Topic,
        model::{
            CHANGES, Model,
            filters::{Completing, FilterEdit, Narrowed},
            sorting,
        },
    },
    service::search::{Filter, complete::complete},
};

/// The pause in typing after which the server is asked.
const PAUSE: SignedDuration = SignedDuration::from_millis(150);

/// The filter of the current screen, if it has one.
pub(super) fn active(model: &Model) -> Option<&str> {
    match model.screen {
        Screen::Live => Some(&model.live.filter_text),
        Screen::Users => Some(&model.users.filter),
        Screen::Roles => Some(&model.roles.filter),
        Screen::Conflicts => Some(&model.filters.conflicts.text),
        Screen::Access => Some(&model.resources.filter),
        Screen::Providers => Some(&model.filters.providers.text),
        Screen::Journal => Some(&model.changes.filter),
        Screen::Setup => None,
    }
}

/// Opens the filter line.
pub(super) fn begin(model: &mut Model) {
    let before = active(model).unwrap_or_default().to_owned();
    model.filtering = Some(FilterEdit::new(before));
}

/// Whether the server filters the current screen's list.
fn is_remote(model: &Model) -> bool {
    matches!(model.screen, Screen::Users | Screen::Roles | Screen::Access)
}

/// Reads what is typed. A list that is here is filtered at once; one of the server's after a pause. A
/// filter that cannot be read leaves the list as it is.
pub(super) fn typed(model: &mut Model) {
    let remote = is_remote(model);
    let (screen, now) = (model.screen, model.now);
    let Some(edit) = &mut model.filtering else {
        return;
    };
    edit.completing = None;
    let text = edit.input.value().to_owned();
    edit.error = list(screen).and_then(|list| list.check(&text).err());
    edit.due = None;
    if edit.error.is_some() {
        return;
    }
    if remote {
        edit.due = now.checked_add(PAUSE).ok();
    } else {
        put(model, text);
    }
}

/// Asks the server for what was typed, when nothing more has been typed for a while.
pub(super) fn tick(model: &mut Model) {
    let now = model.now;
    let due = |edit: &mut FilterEdit| edit.due.take_if(|due| *due <= now).is_some();
    if let Some(edit) = &mut model.filtering
        && due(edit)
    {
        let text = edit.input.value().to_owned();
        put(model, text);
    }
    again(model);
}

/// Keeps what is typed. A filter that cannot be read stays open.
pub(super) fn accept(model: &mut Model) {
    let Some(edit) = &model.filtering else { return };
    if edit.error.is_some() {
        return;
    }
    let text = edit.input.value().trim().to_owned();
    model.filtering = None;
    put(model, text.clone());
    model.filters.remember(model.screen, text);
}

/// Goes back to what was there before.
pub(super) fn cancel(model: &mut Model) {
    if let Some(edit) = model.filtering.take() {
        put(model, edit.before);
    }
}

/// Filters the current screen's list. A text that cannot be read is left to the server to refuse, or
/// lets everything through.
pub(super) fn put(model: &mut Model, text: String) {
    if active(model) == Some(text.as_str()) {
        return;
    }
    match model.screen {
        Screen::Live => {
            let filter = Filter::parse(&text).unwrap_or_default();
            model.live.set_filter(text, filter, model.now);
        }
        Screen::Users => {
            model.users.retype(text);
            model.refresh.want(Topic::Users);
        }
        Screen::Roles => {
            model.roles.retype(text);
            model.refresh.want(Topic::Roles);
        }
        Screen::Access => {
            model.resources.retype(text);
            model.refresh.want(Topic::Resources);
        }
        Screen::Conflicts => {
            let filter = Filter::parse(&text).unwrap_or_default();
            model.filters.conflicts = Narrowed { text, filter };
            show_conflicts(model);
        }
        Screen::Providers => {
            let selected = model.provider_line();
            let filter = Filter::parse(&text).unwrap_or_default();
            model.filters.providers = Narrowed { text, filter };
            let lines = model.provider_lines();
            let place = lines.iter().position(|line| Some(*line) == selected);
            model.provider_cursor.index = place.unwrap_or(0);
        }
        Screen::Journal => {
            model.filters.journal = Filter::parse(&text).unwrap_or_default();
            model.changes.filter = text;
            show_changes(model);
        }
        Screen::Setup => {}
    }
}

/// Takes the current screen's filter off; false when there was none.
pub(super) fn clear(model: &mut Model) -> bool {
    if active(model).is_none_or(str::is_empty) {
        return false;
    }
    put(model, String::new());
    true
}

/// Puts an earlier or later filter into the line.
pub(super) fn recall(model: &mut Model, older: bool) {
    let known = model.filters.history(model.screen);
    let Some(edit) = &mut model.filtering else {
        return;
    };
    let next = match (edit.recalled, older) {
        (None, true) => Some(0),
        (Some(at), true) => Some(at + 1),
        (Some(0) | None, false) => None,
        (Some(at), false) => Some(at - 1),
    };
    let text = match next {
        None if edit.recalled.is_none() => return,
        None => edit.draft.clone(),
        Some(at) => match known.iter().rev().nth(at) {
            Some(text) => text.clone(),
            None => return,
        },
    };
    if edit.recalled.is_none() {
        edit.draft = edit.input.value().to_owned();
    }
    edit.recalled = next;
    edit.input = Input::new(text);
    typed(model);
}

/// Completes the word at the end of the line, or tries the next one that fits.
pub(super) fn completed(model: &mut Model, forward: bool) {
    let Some(list) = list(model.screen) else {
        return;
    };
    let Some(edit) = &mut model.filtering else {
        return;
    };
    let mut completing = match edit.completing.take() {
        Some(Completing { choice, index }) => {
            let length = choice.words.len().max(1);
            let index = if forward {
                (index + 1) % length
            } else {
                (index + length - 1) % length
            };
            Completing { choice, index }
        }
        None => Completing {
            choice: complete(edit.input.value(), &list.operators()),
            index: 0,
        },
    };
    let Some(word) = completing.choice.words.get(completing.index) else {
        return;
    };
    let kept = edit.input.value().chars().take(completing.choice.keep);
    let text: String = kept.chain(word.chars()).collect();
    edit.input = Input::new(text);
    typed(model);
    // One word that fits leaves nothing to try; its values are next.
    let several = completing.choice.words.len() > 1;
    if let Some(edit) = &mut model.filtering {
        completing.choice.words.truncate(CHOICES);
        edit.completing = several.then_some(completing);
    }
}

/// The most words that are tried one after the other.
const CHOICES: usize = 20;

/// Filters again, by the clock, what is here.
fn again(model: &mut Model) {
    match model.screen {
        Screen::Conflicts if model.filters.conflicts.filter.depends_on_time() => {
            show_conflicts(model);
        }
        Screen::Journal if model.filters.journal.depends_on_time() => show_changes(model),
        _ => {}
    }
}

/// Takes the conflicts that pass; the selection stays on its conflict.
pub(super) fn show_conflicts(model: &mut Model) {
    let selected = model.selected_conflict().map(|row| row.id);
    let filter = &model.filters.conflicts.filter;
    let every = model.filters.every_conflict.iter();
    let passing = every.filter(|row| filter.passes(&conflict_facts(row), model.now));
    model.conflicts = passing.cloned().collect();
    if let Some(sorted) = model.arranged.sorted(Screen::Conflicts) {
        let order = |left: &_, right: &_| sorting::conflicts(sorted, left, right);
        model.conflicts.sort_by(order);
    }
    let mut rows = model.conflicts.iter();
    if let Some(index) = rows.position(|row| Some(row.id) == selected) {
        model.conflict_cursor.index = index;
    }
}

/// Takes the changes that pass; the selection stays on its change.
pub(super) fn show_changes(model: &mut Model) {
    let changes = &mut model.changes;
    let selected = changes.current().map(|row| row.seq);
    let rows = changes.rows.iter().enumerate();
    let passing = rows.filter(|(_, row)| {
        let filter = &model.filters.journal;
        filter.passes(&journal_facts(row), model.now)
    });
    changes.shown = passing.map(|(index, _)| index).collect();
    if let Some(sorted) = model.arranged.sorted(Screen::Journal) {
        let rows = &changes.rows;
        changes
            .shown
            .sort_by(|left, right| match (rows.get(*left), rows.get(*right)) {
                (Some(left), Some(right)) => sorting::changes(sorted, left, right),
                _ => std::cmp::Ordering::Equal,
            });
    }
    let place = changes
        .shown
        .iter()
        .position(|index| changes.rows.get(*index).map(|row| row.seq) == selected);
    changes.cursor.index = place.unwrap_or(changes.shown.len().saturating_sub(1));
}

/// Adds a change to the journal; the oldest goes when there are too many.
pub(super) fn append_change(model: &mut Model, row: JournalRow) {
    let passes = model
        .filters
        .journal
        .passes(&journal_facts(&row), model.now);
    let sorted = model.arranged.sorted(Screen::Journal);
    let changes = &mut model.changes;
    if passes {
        let place = sorted.map_or(changes.shown.len(), |sorted| {
            changes.shown.partition_point(|index| {
                let before = changes.rows.get(*index);
                before.is_some_and(|before| sorting::changes(sorted, before, &row).is_le())
            })
        });
        changes.shown.insert(place, changes.rows.len());
        if place <= changes.cursor.index && changes.shown.len() > 1 && !changes.following {
            changes.cursor.index += usize::from(sorted.is_some());
        }
    }
    changes.rows.push_back(row);
    if changes.rows.len() > CHANGES {
        // Drops a tenth at once, so that the places need not be moved for each.
        let gone = CHANGES / 10;
        changes.rows.drain(..gone);
        let above = changes.shown.iter().take(changes.cursor.index);
        let lost = above.filter(|index| **index < gone).count();
        changes.shown.retain(|index| *index >= gone);
        for index in &mut changes.shown {
            *index -= gone;
        }
        changes.cursor.index = changes.cursor.index.saturating_sub(lost);
        changes.cursor.top = changes.cursor.top.saturating_sub(lost);
    }
}
