//! The filter line, and what it does to each list.

use tui_input::Input;

use crate::{
    admin::row::JournalRow,
    console::{
        action::Screen,
        filter::Filter,
        message::Topic,
        model::{CHANGES, FilterEdit, Model},
        view::details::plain,
    },
};

/// Filters remembered.
const HISTORY: usize = 50;

/// The filter of the current screen, if it has one.
pub(super) fn active(model: &Model) -> Option<&str> {
    match model.screen {
        Screen::Live => Some(&model.live.filter_text),
        Screen::Users => Some(&model.users.filter),
        Screen::Roles => Some(&model.roles.filter),
        Screen::Access => Some(&model.resources.filter),
        Screen::Journal => Some(&model.changes.filter),
        Screen::Conflicts | Screen::Providers | Screen::Setup => None,
    }
}

/// Opens the filter line.
pub(super) fn begin(model: &mut Model) {
    let before = active(model).unwrap_or_default().to_owned();
    model.filtering = Some(FilterEdit {
        input: Input::new(before.clone()),
        before,
        error: None,
        recalled: None,
    });
}

/// Applies what is typed, as far as that needs no question to the server.
pub(super) fn typed(model: &mut Model) {
    let Some(edit) = &mut model.filtering else {
        return;
    };
    let text = edit.input.value().to_owned();
    match model.screen {
        Screen::Live => match Filter::parse(&text) {
            Ok(filter) => {
                edit.error = None;
                model.live.set_filter(text, filter, model.now);
            }
            Err(error) => edit.error = Some(error),
        },
        Screen::Journal => set_changes(model, text),
        _ => {}
    }
}

/// Keeps what is typed. A filter that cannot be read stays open.
pub(super) fn accept(model: &mut Model) {
    typed(model);
    let Some(edit) = &model.filtering else { return };
    if edit.error.is_some() {
        return;
    }
    let text = edit.input.value().trim().to_owned();
    match model.screen {
        Screen::Users if text != model.users.filter => {
            model.users.set_filter(text.clone());
            model.refresh.want(Topic::Users);
        }
        Screen::Roles if text != model.roles.filter => {
            model.roles.set_filter(text.clone());
            model.refresh.want(Topic::Roles);
        }
        Screen::Access if text != model.resources.filter => {
            model.resources.set_filter(text.clone());
            model.refresh.want(Topic::Resources);
        }
        _ => {}
    }
    model.filter_history.retain(|known| *known != text);
    if !text.is_empty() {
        model.filter_history.push(text);
    }
    if model.filter_history.len() > HISTORY {
        model.filter_history.remove(0);
    }
    model.filtering = None;
}

/// Goes back to what was there before.
pub(super) fn cancel(model: &mut Model) {
    let Some(edit) = model.filtering.take() else {
        return;
    };
    match model.screen {
        Screen::Live => {
            let filter = Filter::parse(&edit.before).unwrap_or_default();
            model.live.set_filter(edit.before, filter, model.now);
        }
        Screen::Journal => set_changes(model, edit.before),
        _ => {}
    }
}

/// Takes the filter of Live off.
pub(super) fn clear_live(model: &mut Model) {
    model
        .live
        .set_filter(String::new(), Filter::default(), model.now);
}

/// Takes the current screen's filter off; false when there was none.
pub(super) fn clear(model: &mut Model) -> bool {
    if active(model).is_none_or(str::is_empty) {
        return false;
    }
    match model.screen {
        Screen::Live => clear_live(model),
        Screen::Users => {
            model.users.set_filter(String::new());
            model.refresh.want(Topic::Users);
        }
        Screen::Roles => {
            model.roles.set_filter(String::new());
            model.refresh.want(Topic::Roles);
        }
        Screen::Access => {
            model.resources.set_filter(String::new());
            model.refresh.want(Topic::Resources);
        }
        _ => set_changes(model, String::new()),
    }
    true
}

/// Puts an earlier or later filter into the line.
pub(super) fn recall(model: &mut Model, older: bool) {
    let length = model.filter_history.len();
    let Some(edit) = &mut model.filtering else {
        return;
    };
    let next = match (edit.recalled, older) {
        (None, true) => Some(0),
        (Some(at), true) => Some((at + 1).min(length.saturating_sub(1))),
        (Some(0) | None, false) => None,
        (Some(at), false) => Some(at - 1),
    };
    let text = next.and_then(|at| {
        let place = length.checked_sub(at + 1)?;
        model.filter_history.get(place).cloned()
    });
    edit.recalled = next.filter(|_| text.is_some());
    edit.input = Input::new(text.unwrap_or_default());
    typed(model);
}

fn set_changes(model: &mut Model, text: String) {
    model.changes.filter = text;
    let changes = &mut model.changes;
    let selected = changes.current().map(|row| row.seq);
    let rows = changes.rows.iter().enumerate();
    let passing = rows.filter(|(_, row)| passes(row, &changes.filter));
    changes.shown = passing.map(|(index, _)| index).collect();
    let place = changes
        .shown
        .iter()
        .position(|index| changes.rows.get(*index).map(|row| row.seq) == selected);
    changes.cursor.index = place.unwrap_or(changes.shown.len().saturating_sub(1));
}

/// Whether a change contains every word of a filter.
fn passes(row: &JournalRow, filter: &str) -> bool {
    let filter = filter.to_lowercase();
    filter.split_whitespace().all(|word| {
        [&row.actor, &row.subject.name]
            .into_iter()
            .any(|text| text.to_lowercase().contains(word))
            || row.action.as_str().contains(word)
            || row.subject.kind.words().contains(word)
            || plain(&row.before).to_lowercase().contains(word)
            || plain(&row.after).to_lowercase().contains(word)
    })
}

/// Adds a change to the journal; the oldest goes when there are too many.
pub(super) fn append_change(model: &mut Model, row: JournalRow) {
    let changes = &mut model.changes;
    if passes(&row, &changes.filter) {
        changes.shown.push(changes.rows.len());
    }
    changes.rows.push_back(row);
    if changes.rows.len() > CHANGES {
        // Drops a tenth at once, so that the places need not be moved for each.
        let gone = CHANGES / 10;
        changes.rows.drain(..gone);
        let before = changes.shown.len();
        changes.shown.retain(|index| *index >= gone);
        let lost = before - changes.shown.len();
        for index in &mut changes.shown {
            *index -= gone;
        }
        changes.cursor.index = changes.cursor.index.saturating_sub(lost);
        changes.cursor.top = changes.cursor.top.saturating_sub(lost);
    }
}
