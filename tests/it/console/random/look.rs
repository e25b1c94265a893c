//! What must hold of every model and every frame.

use crossterm::event::{KeyCode, KeyModifiers};
use proptest::{prelude::*, test_runner::TestCaseError};
use ratatui::{
    buffer::{Buffer, Cell},
    layout::Rect,
};
use rolecall::console::{
    Message, Model,
    action::Screen,
    message::Ask,
    model::{
        ProviderLine,
        overlay::{Overlay, Purpose},
    },
    text::is_hidden,
    view::{self, geometry::geometry, setup::step_lines},
};
use unicode_width::UnicodeWidthStr as _;

use super::SECRET;

/// A sign that nothing draws.
const OUTSIDE: &str = "\u{10ffff}";

/// An address that is nobody's: the hint of an empty line.
const EXAMPLE: &str = "jo@example.com";

/// Looks at a model and its frame.
pub(in crate::console) fn at(model: &Model) -> Result<(), TestCaseError> {
    let words = frame(model)?;
    if !matches!(model.overlay, Some(Overlay::Secret(_))) {
        prop_assert!(
            !words.contains(SECRET),
            "a token outlives its box:\n{words}"
        );
    }
    if model.privacy {
        let words = words.replace(EXAMPLE, "");
        prop_assert!(
            !shows_an_address(&words),
            "an address is not masked:\n{words}"
        );
    }
    if model.settings.read_only {
        let acts = match &model.overlay {
            Some(Overlay::Confirm(_) | Overlay::Batch) => true,
            Some(Overlay::Form(form)) => !matches!(
                form.purpose,
                Purpose::CheckOf(_)
                    | Purpose::CheckTo(_)
                    | Purpose::Export
                    | Purpose::SyncMarkdown(_)
            ),
            _ => false,
        };
        prop_assert!(!acts, "a read-only console offers an act");
    }
    prop_assert!(model.toasts.len() <= 3);
    for screen in Screen::ALL {
        prop_assert!(model.filters.history(screen).len() <= 50);
    }
    selection(model)
}

/// Draws, and gives the text. Nothing may be drawn outside of the model's area, no cell may act on the
/// terminal, and no wide one hang over the edge.
pub(in crate::console) fn frame(model: &Model) -> Result<String, TestCaseError> {
    let (columns, rows) = (
        usize::from(model.area.width),
        usize::from(model.area.height),
    );
    let around = Rect::new(0, 0, model.area.width + 3, model.area.height + 2);
    let mut canvas = Buffer::empty(around);
    let outside = Cell::new(OUTSIDE);
    let wide = columns + 3;
    for (row, line) in canvas.content.chunks_mut(wide).enumerate() {
        let from = if row < rows { columns } else { 0 };
        line[from..].fill(outside.clone());
    }
    view::render(model, &mut canvas);
    let mut words = String::with_capacity(columns * rows * 2);
    for (row, line) in canvas.content.chunks(wide).enumerate() {
        let (inside, beyond) = line.split_at(if row < rows { columns } else { 0 });
        let clean = beyond.iter().all(|cell| *cell == outside);
        prop_assert!(clean, "drawn outside of {columns}x{rows}, in line {row}");
        for (column, cell) in inside.iter().enumerate() {
            let symbol = cell.symbol();
            words.push_str(symbol);
            if matches!(symbol.as_bytes(), [b' '..=b'~']) {
                continue;
            }
            prop_assert!(
                !symbol.chars().any(is_hidden),
                "{symbol:?} would act unseen"
            );
            prop_assert!(column + symbol.width() <= columns, "{symbol:?} at {column}");
        }
        words.push('\n');
    }
    Ok(words)
}

/// Whether an e-mail address stands in a text with more than its beginning.
fn shows_an_address(words: &str) -> bool {
    let characters: Vec<char> = words.chars().collect();
    characters.windows(4).any(|window| {
        let [before, at, first, second] = window else {
            return false;
        };
        *at == '@'
            && before.is_alphanumeric()
            && first.is_alphanumeric()
            && second.is_alphanumeric()
    })
}

/// Where the selection of the current screen is: row, first visible row, rows.
fn place(model: &Model) -> (usize, usize, usize) {
    let of = |cursor: &rolecall::console::model::list::Cursor, length| {
        (cursor.index, cursor.top, length)
    };
    match model.screen {
        Screen::Live => (
            model.live.index().unwrap_or(0),
            model.live.top(),
            model.live.len(),
        ),
        Screen::Users => of(&model.users.cursor, model.users.len()),
        Screen::Roles => of(&model.roles.cursor, model.roles.len()),
        Screen::Access => of(&model.resources.cursor, model.resources.len()),
        Screen::Conflicts => of(&model.conflict_cursor, model.conflicts.len()),
        Screen::Providers => of(&model.provider_cursor, model.provider_lines().len()),
        Screen::Journal => of(&model.changes.cursor, model.changes.shown.len()),
        Screen::Setup => of(&model.setup_cursor, model.setup.len()),
    }
}

/// The selection is inside its list and on the screen.
fn selection(model: &Model) -> Result<(), TestCaseError> {
    let (index, top, length) = place(model);
    prop_assert!(index < length.max(1), "row {index} of {length}");
    let rows = geometry(model).rows.height;
    let height = match model.screen {
        Screen::Setup => usize::from(rows) / step_lines(rows),
        _ => usize::from(rows),
    };
    if length > 0 && rows > 0 {
        let visible = top <= index && index < top + height.max(1);
        prop_assert!(
            visible,
            "row {index} of {length}, {height} visible from {top}"
        );
    }
    Ok(())
}

/// What is selected on the current screen.
fn selected(model: &Model) -> Option<String> {
    Some(match model.screen {
        Screen::Live => model.live.current()?.id.to_string(),
        Screen::Users => model.users.current()?.id.to_string(),
        Screen::Roles => model.roles.current()?.id.to_string(),
        Screen::Access => model.resources.current()?.id.to_string(),
        Screen::Conflicts => model.selected_conflict()?.id.to_string(),
        Screen::Providers => match model.provider_line()? {
            ProviderLine::Provider(provider) => provider.to_string(),
            ProviderLine::Token(id) => id.to_string(),
        },
        Screen::Journal => model.changes.current()?.seq.to_string(),
        Screen::Setup => return None,
    })
}

/// Whether a row is known that could be selected.
fn is_known(model: &Model, id: &str) -> bool {
    match model.screen {
        Screen::Live => (0..model.live.len()).any(|row| {
            model
                .live
                .row(row)
                .is_some_and(|line| line.id.to_string() == id)
        }),
        Screen::Users => (0..model.users.len()).any(|row| {
            model
                .users
                .row(row)
                .is_some_and(|row| row.id.to_string() == id)
        }),
        Screen::Roles => (0..model.roles.len()).any(|row| {
            model
                .roles
                .row(row)
                .is_some_and(|row| row.id.to_string() == id)
        }),
        Screen::Access => (0..model.resources.len()).any(|row| {
            model
                .resources
                .row(row)
                .is_some_and(|row| row.id.to_string() == id)
        }),
        Screen::Conflicts => model.conflicts.iter().any(|row| row.id.to_string() == id),
        Screen::Providers => model.provider_lines().iter().any(|line| match line {
            ProviderLine::Provider(provider) => provider.as_str() == id,
            ProviderLine::Token(token) => token.to_string() == id,
        }),
        Screen::Journal => (0..model.changes.shown.len()).any(|row| {
            model
                .changes
                .row(row)
                .is_some_and(|row| row.seq.to_string() == id)
        }),
        Screen::Setup => true,
    }
}

/// What must not change by itself.
pub(super) struct Before {
    screen: Screen,
    /// What is selected, unless the message may move it.
    selected: Option<String>,
    /// Whether a token is shown that only the operator may close.
    secret: bool,
}

impl Before {
    /// What a message must leave as it is.
    pub(super) fn of(model: &Model, message: &Message) -> Self {
        let (moves, closes) = match message {
            Message::Key(event) => {
                let control = event.modifiers.contains(KeyModifiers::CONTROL);
                let closes =
                    event.code == KeyCode::Esc || (event.code == KeyCode::Char('c') && control);
                (true, closes)
            }
            Message::Mouse(_) | Message::Paste(_) => (true, false),
            // A new token is shown in place of one before; acts may lead elsewhere.
            Message::Answered(Ask::Act(_), _) => (true, true),
            _ => (false, false),
        };
        let follows = match model.screen {
            Screen::Live => model.live.is_following(),
            Screen::Journal => model.changes.following,
            Screen::Conflicts => model.conflict_wanted.is_some(),
            _ => false,
        };
        Self {
            screen: model.screen,
            selected: selected(model).filter(|_| !moves && !follows),
            secret: matches!(model.overlay, Some(Overlay::Secret(_))) && !closes,
        }
    }

    /// Whether the message did.
    pub(super) fn compare(&self, after: &Model) -> Result<(), TestCaseError> {
        if self.secret {
            let still = matches!(after.overlay, Some(Overlay::Secret(_)));
            prop_assert!(still, "a token was taken away unread");
        }
        if let Some(before) = &self.selected
            && self.screen == after.screen
            && is_known(after, before)
        {
            let now = selected(after);
            prop_assert!(
                now.as_ref() == Some(before),
                "{before} was selected, and {now:?} is"
            );
        }
        Ok(())
    }
}

/// Looks for a token in everything that the model holds.
pub(super) fn no_secret(model: &Model) -> Result<(), TestCaseError> {
    if !matches!(model.overlay, Some(Overlay::Secret(_))) {
        prop_assert!(
            !format!("{model:?}").contains(SECRET),
            "a token outlives its box"
        );
    }
    Ok(())
}
