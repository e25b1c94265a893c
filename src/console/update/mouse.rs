//! The mouse: what it points at is asked from the drawing, never worked out here.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::{
    arrange, filter,
    navigate::{self, Reach},
    overlay,
    perform::perform,
};
use crate::console::{
    action::{Action, Screen},
    message::Effect,
    model::{
        Focus, Model, Mood,
        list::Cursor,
        overlay::{Overlay, Value},
    },
    view::{
        self,
        canvas::{Pane, Target},
        details,
    },
};

/// Rows that one notch of the wheel scrolls.
const NOTCH: isize = 3;

/// Takes the mouse, or leaves it to the terminal.
pub(super) fn switch(model: &mut Model, effects: &mut Vec<Effect>) {
    model.mouse = !model.mouse;
    effects.push(Effect::Mouse(model.mouse));
    let key = model.settings.keymap.key(Action::Mouse);
    let news = if model.mouse {
        format!("the mouse works here again; {key} leaves it to the terminal")
    } else {
        format!("the mouse is the terminal's, to select text; {key} takes it again")
    };
    model.tell(Mood::Plain, news);
}

/// Takes what the mouse does.
pub(super) fn mouse(model: &mut Model, event: MouseEvent, effects: &mut Vec<Effect>) {
    // With shift held the terminal selects text; one that sends it all the same means nothing by it.
    if event.modifiers.contains(KeyModifiers::SHIFT) {
        return;
    }
    let place = (event.column, event.row);
    match event.kind {
        MouseEventKind::ScrollUp => wheel(model, place, -NOTCH, effects),
        MouseEventKind::ScrollDown => wheel(model, place, NOTCH, effects),
        MouseEventKind::Down(MouseButton::Left) => {
            let target = view::targets(model).at(place);
            model.begun = None;
            if model.overlay.is_some() {
                in_box(model, target, effects);
            } else if let Some(target) = target {
                click(model, target, effects);
            }
        }
        _ => {}
    }
}

fn wheel(model: &mut Model, place: (u16, u16), rows: isize, effects: &mut Vec<Effect>) {
    let pane = view::targets(model).pane(place);
    match (pane, model.overlay.is_some()) {
        (Some(Pane::Overlay), _) => scroll_box(model, rows, effects),
        (Some(Pane::Details), false) => {
            let (shown, height) = details::current(model);
            let last = shown.lines.len().saturating_sub(height);
            let top = model.details.top.saturating_add_signed(rows);
            model.details.top = top.min(last);
        }
        (Some(Pane::List), false) => {
            let focus = std::mem::replace(&mut model.focus, Focus::List);
            let details = model.details;
            navigate::go_along(model, Reach::Rows(rows));
            if focus == Focus::Details {
                model.details = details;
            }
            model.focus = focus;
        }
        (Some(Pane::Strip), false) => {
            model.live.step_sync(rows.signum());
        }
        _ => {}
    }
}

/// Scrolls the box on top, where it is a list.
fn scroll_box(model: &mut Model, rows: isize, effects: &mut Vec<Effect>) {
    let scrolls = matches!(
        model.overlay,
        Some(
            Overlay::Help { .. }
                | Overlay::Palette { .. }
                | Overlay::Warnings { .. }
                | Overlay::Ways { .. }
                | Overlay::Arrange { .. }
        )
    );
    let code = if rows < 0 { KeyCode::Up } else { KeyCode::Down };
    for _ in 0..rows.unsigned_abs() {
        if scrolls {
            let event = KeyEvent::new(code, KeyModifiers::NONE);
            overlay::key(model, event, effects);
        }
    }
}

/// Takes a click on the screen, with nothing on top of it.
fn click(model: &mut Model, target: Target, effects: &mut Vec<Effect>) {
    if model.filtering.is_some() {
        filter::accept(model);
    }
    match target {
        Target::Tab(screen) => navigate::go(model, screen),
        Target::Heading(column) => arrange::sort_by(model, column),
        Target::Row(index) => row(model, index, effects),
        Target::Item(index) => item(model, index, effects),
        Target::Part(part) => {
            model.focus = Focus::Details;
            if model.live.part != part {
                model.live.part = part;
                model.details = Cursor::default();
            }
        }
        Target::Action(action) => perform(model, action, effects),
        Target::News => model.toasts.clear(),
        Target::Pane(Pane::Details) if model.focus == Focus::List => {
            perform(model, Action::Open, effects);
        }
        Target::Pane(Pane::List) => model.focus = Focus::List,
        Target::Sync(index) => sync(model, index, effects),
        Target::Entry(_) | Target::Press(_) | Target::Pane(_) => {}
    }
}

/// Selects a row; opens it where it was selected already.
fn row(model: &mut Model, index: usize, effects: &mut Vec<Effect>) {
    let selected = selected(model);
    let again = selected == Some(index) && model.focus == Focus::List;
    model.focus = Focus::List;
    if again {
        perform(model, Action::Open, effects);
    } else {
        let from = isize::try_from(selected.unwrap_or(0)).unwrap_or(0);
        let to = isize::try_from(index).unwrap_or(0);
        navigate::go_along(model, Reach::Rows(to - from));
    }
}

/// The selected row of the current list.
fn selected(model: &Model) -> Option<usize> {
    Some(match model.screen {
        Screen::Live => return model.live.index(),
        Screen::Users => model.users.cursor.index,
        Screen::Roles => model.roles.cursor.index,
        Screen::Conflicts => model.conflict_cursor.index,
        Screen::Access => model.resources.cursor.index,
        Screen::Providers => model.provider_cursor.index,
        Screen::Journal => model.changes.cursor.index,
        Screen::Setup => model.setup_cursor.index,
    })
}

/// Selects a sync; opens it where it was selected already.
fn sync(model: &mut Model, index: usize, effects: &mut Vec<Effect>) {
    let again = model.focus == Focus::Syncs && model.live.sync_index() == index;
    model.focus = Focus::Syncs;
    model.live.select_sync(index);
    if again {
        perform(model, Action::Open, effects);
    }
}

/// Selects a line of the details; follows it where it was selected already.
fn item(model: &mut Model, index: usize, effects: &mut Vec<Effect>) {
    let again = model.focus == Focus::Details && model.details.index == index;
    model.focus = Focus::Details;
    model.details.index = index;
    if again {
        perform(model, Action::Open, effects);
    }
}

/// Takes a click while a box is on top. Beside it, it closes a box that loses nothing.
fn in_box(model: &mut Model, target: Option<Target>, effects: &mut Vec<Effect>) {
    match target {
        Some(Target::Press(key)) => overlay::key(model, key.event(), effects),
        Some(Target::Entry(index)) => entry(model, index, effects),
        Some(Target::News) => model.toasts.clear(),
        Some(Target::Pane(Pane::Overlay)) => {}
        _ => {
            let harmless = matches!(
                model.overlay,
                Some(
                    Overlay::Help { .. }
                        | Overlay::Palette { .. }
                        | Overlay::Warnings { .. }
                        | Overlay::Ways { .. }
                        | Overlay::Arrange { .. }
                        | Overlay::Checked(_)
                        | Overlay::Quit
                )
            );
            if harmless {
                model.overlay = None;
            }
        }
    }
}

/// Selects a row of the box; does what Enter does where it was selected already.
fn entry(model: &mut Model, wanted: usize, effects: &mut Vec<Effect>) {
    let again = match &mut model.overlay {
        Some(
            Overlay::Palette { index, .. }
            | Overlay::Warnings { index }
            | Overlay::Ways { index, .. }
            | Overlay::Arrange { index },
        ) => std::mem::replace(index, wanted) == wanted,
        Some(Overlay::Form(form)) if !form.busy => {
            let before = std::mem::replace(&mut form.index, wanted);
            if let Some(field) = form.fields.get_mut(wanted)
                && before == wanted
                && let Value::Choice(options, chosen) = &mut field.value
            {
                *chosen = (*chosen + 1) % options.len().max(1);
            }
            false
        }
        _ => false,
    };
    if again {
        let event = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
        overlay::key(model, event, effects);
    }
}
