//! Keys: to the filter line, to the box on top, or to the screen.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest, backend::crossterm::EventHandler as _};

use super::{filter, overlay, perform::perform};
use crate::console::{
    keymap::{Key, Meaning},
    message::Effect,
    model::Model,
};

/// The most that a line takes, in characters.
const LINE_CHARACTERS: usize = 400;

/// Takes a key.
pub(super) fn key(model: &mut Model, event: KeyEvent, effects: &mut Vec<Effect>) {
    if model.filtering.is_some() {
        filter_key(model, event);
        return;
    }
    if model.overlay.is_some() {
        overlay::key(model, event, effects);
        return;
    }
    let begun = model.begun.take();
    match model
        .settings
        .keymap
        .meaning(model.screen, begun, Key::of(&event))
    {
        Meaning::Action(action) => perform(model, action, effects),
        Meaning::Begun(first) => model.begun = Some(first),
        Meaning::Nothing => {}
    }
}

fn filter_key(model: &mut Model, event: KeyEvent) {
    match event.code {
        KeyCode::Enter => filter::accept(model),
        KeyCode::Esc => filter::cancel(model),
        KeyCode::Char('c') if event.modifiers.contains(KeyModifiers::CONTROL) => {
            filter::cancel(model);
        }
        KeyCode::Tab => filter::completed(model, true),
        KeyCode::BackTab => filter::completed(model, false),
        KeyCode::Up => filter::recall(model, true),
        KeyCode::Down => filter::recall(model, false),
        KeyCode::Char('?')
            if model
                .filtering
                .as_ref()
                .is_some_and(|edit| edit.input.value().is_empty()) =>
        {
            filter::cancel(model);
            overlay::help(model, "filter");
        }
        _ => {
            let edit = model.filtering.as_mut();
            if edit.is_some_and(|edit| type_into(&mut edit.input, &event)) {
                filter::typed(model);
            }
        }
    }
}

/// Takes pasted text.
pub(super) fn paste(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    // A line is one line: what would be a key of its own must not become one.
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if let Some(edit) = &mut model.filtering {
        insert(&mut edit.input, line.trim());
        filter::typed(model);
    } else {
        overlay::paste(model, line.trim(), effects);
    }
}

/// Edits a line with a key; true when its text changed.
pub(super) fn type_into(input: &mut Input, event: &KeyEvent) -> bool {
    let alt = event.modifiers.contains(KeyModifiers::ALT);
    let moved = match event.code {
        KeyCode::Char('b') if alt => Some(InputRequest::GoToPrevWord),
        KeyCode::Char('f') if alt => Some(InputRequest::GoToNextWord),
        KeyCode::Char('d') if alt => Some(InputRequest::DeleteNextWord),
        KeyCode::Char(_) if input.value().chars().count() >= LINE_CHARACTERS => return false,
        _ => None,
    };
    let changed = match moved {
        Some(request) => input.handle(request),
        None => input.handle_event(&Event::Key(*event)),
    };
    changed.is_some_and(|changed| changed.value)
}

/// Puts text in at a line's cursor.
pub(super) fn insert(input: &mut Input, text: &str) {
    let room = LINE_CHARACTERS.saturating_sub(input.value().chars().count());
    for character in text.chars().take(room) {
        input.handle(InputRequest::InsertChar(character));
    }
}
