//! Order and columns: the box, and what a choice does to the list.

use crossterm::event::{KeyCode, KeyEvent};

use super::{filter, overlay::moved};
use crate::console::{
    action::Screen,
    columns::table,
    message::Topic,
    model::{Model, Mood, list::Cursor, overlay::Overlay},
};

/// Opens the box at the column that the list is sorted by, or at the one that names the rows.
pub(super) fn open(model: &mut Model) {
    let sorted = model.arranged.sorted(model.screen);
    let named = || table(model.screen).iter().position(|column| column.naming);
    let index = sorted
        .map(|sorted| sorted.column)
        .or_else(named)
        .unwrap_or(0);
    model.overlay = Some(Overlay::Arrange { index });
}

/// Takes a key in the box.
pub(super) fn key(model: &mut Model, index: usize, event: KeyEvent) {
    let screen = model.screen;
    let index = moved(index, table(screen).len(), event.code);
    match event.code {
        KeyCode::Char('q' | 'o') => return,
        KeyCode::Char(' ') if !model.arranged.turn(screen, index) => {
            model.tell(Mood::Plain, "this column names the row, and stays");
        }
        KeyCode::Enter => sort_by(model, index),
        KeyCode::Char('d') => {
            model.arranged.forget(screen);
            reorder(model);
        }
        _ => {}
    }
    model.overlay = Some(Overlay::Arrange { index });
}

/// Sorts the current list by a column, or the other way round.
pub(super) fn sort_by(model: &mut Model, column: usize) {
    if model.arranged.sort(model.screen, column) {
        reorder(model);
    } else if let Some(column) = table(model.screen).get(column) {
        let name = column.name.to_lowercase();
        model.tell(Mood::Plain, format!("this list cannot be sorted by {name}"));
    }
}

/// Takes the list of time back to time's order, which can be followed.
pub(super) fn in_time(model: &mut Model) {
    if model.arranged.sorted(model.screen).is_some() {
        model.arranged.unsort(model.screen);
        reorder(model);
    }
}

/// Brings the current list into its order.
fn reorder(model: &mut Model) {
    let sorted = model.arranged.sorted(model.screen);
    match model.screen {
        Screen::Live => model.live.sort(sorted),
        Screen::Users => {
            model.users.forget();
            model.refresh.want(Topic::Users);
        }
        Screen::Roles => {
            model.roles.forget();
            model.refresh.want(Topic::Roles);
        }
        Screen::Access => {
            model.resources.forget();
            model.refresh.want(Topic::Resources);
        }
        Screen::Conflicts => filter::show_conflicts(model),
        Screen::Journal => {
            model.changes.following &= sorted.is_none();
            filter::show_changes(model);
        }
        Screen::Providers => model.provider_cursor = Cursor::default(),
        Screen::Setup => {}
    }
}
