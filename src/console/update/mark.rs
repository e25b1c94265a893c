//! Marking rows.

use super::{
    available::has_selection,
    navigate::{self, Reach},
};
use crate::console::{
    action::Screen,
    model::{
        Focus, Model, Mood,
        marks::{MARKED, Turned},
    },
    text,
};

/// Whether the selected row is one that can be marked.
pub(super) fn can_be_marked(model: &Model) -> bool {
    match model.screen {
        Screen::Providers => model.selected_token().is_some(),
        _ => has_selection(model),
    }
}

/// Marks the selected row, or takes its mark away, and goes on to the next one.
pub(super) fn turn(model: &mut Model) {
    let turned = match model.screen {
        Screen::Live => {
            let row = model.live.current();
            row.map(|row| model.marks.requests.turn(row))
        }
        Screen::Users => {
            let row = model.users.current();
            row.map(|row| model.marks.users.turn(row))
        }
        Screen::Roles => {
            let row = model.roles.current();
            row.map(|row| model.marks.roles.turn(row))
        }
        Screen::Conflicts => {
            let row = model.selected_conflict().cloned();
            row.map(|row| model.marks.conflicts.turn(&row))
        }
        Screen::Providers => {
            let row = model.selected_token().cloned();
            row.map(|row| model.marks.tokens.turn(&row))
        }
        Screen::Access | Screen::Journal | Screen::Setup => None,
    };
    match turned {
        Some(Turned::Full) => {
            let most = text::number(MARKED as u64);
            let sentence = format!("{most} rows are marked, and no more can be at once");
            model.tell(Mood::Bad, sentence);
        }
        Some(_) if model.focus == Focus::List => navigate::go_along(model, Reach::Rows(1)),
        _ => {}
    }
}

/// Takes every mark of the list away.
pub(super) fn clear(model: &mut Model) {
    model.marks.clear(model.screen);
}
