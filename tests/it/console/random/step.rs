//! What can happen.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proptest::prelude::*;
use rolecall::console::action::Action;

use super::{super::sample::key, Outcome};

/// One thing that happens.
#[derive(Clone)]
pub(super) enum Step {
    Key(KeyEvent),
    /// Some keys that are letters.
    Type(&'static str),
    /// The case's text is pasted.
    Paste,
    Mouse(MouseEvent),
    Resize(u16, u16),
    /// So many milliseconds pass.
    Wait(i64),
    /// So many requests come, with the case's text in place of their own or not.
    Requests(u16, bool),
    /// Changes come.
    Changes(bool),
    /// The server answers again, or is away.
    Connected(bool),
    /// An export has worked, or not.
    Exported(bool),
    /// One of the open questions is answered.
    Answer(usize, Outcome),
    /// All of them are, rightly.
    AnswerAll,
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(event) => write!(f, "key {:?} {}", event.code, event.modifiers),
            Self::Type(text) => write!(f, "type {text:?}"),
            Self::Paste => f.write_str("paste"),
            Self::Mouse(event) => write!(f, "{:?} at {},{}", event.kind, event.column, event.row),
            Self::Resize(columns, rows) => write!(f, "resize {columns}x{rows}"),
            Self::Wait(millis) => write!(f, "wait {millis} ms"),
            Self::Requests(count, spoiled) => write!(f, "{count} requests, spoiled {spoiled}"),
            Self::Changes(spoiled) => write!(f, "changes, spoiled {spoiled}"),
            Self::Connected(up) => write!(f, "connected {up}"),
            Self::Exported(works) => write!(f, "exported {works}"),
            Self::Answer(place, outcome) => write!(f, "answer {outcome:?} to {place}"),
            Self::AnswerAll => f.write_str("answer all"),
        }
    }
}

/// The key for a character.
pub(super) fn typed(character: char) -> KeyEvent {
    KeyEvent::new(KeyCode::Char(character), KeyModifiers::NONE)
}

fn any_key() -> impl Strategy<Value = KeyEvent> {
    let bound: Vec<KeyEvent> = Action::ALL
        .iter()
        .flat_map(|action| action.info().keys.split_whitespace())
        .flat_map(|stroke| stroke.split(','))
        .map(key)
        .collect();
    let modifiers = (0..8_u8).prop_map(KeyModifiers::from_bits_truncate);
    let code = prop_oneof![
        4 => prop::char::range(' ', '~').prop_map(KeyCode::Char),
        1 => any::<char>().prop_map(KeyCode::Char),
        3 => prop::sample::select(vec![
            KeyCode::Enter, KeyCode::Esc, KeyCode::Up, KeyCode::Down, KeyCode::Left, KeyCode::Right,
            KeyCode::Tab, KeyCode::BackTab, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Home,
            KeyCode::End, KeyCode::Backspace, KeyCode::Delete, KeyCode::Insert, KeyCode::F(1),
            KeyCode::Null, KeyCode::CapsLock, KeyCode::Menu,
        ]),
    ];
    prop_oneof![
        10 => prop::sample::select(bound),
        4 => code.clone().prop_map(|code| KeyEvent::new(code, KeyModifiers::NONE)),
        1 => (code, modifiers).prop_map(|(code, modifiers)| KeyEvent::new(code, modifiers)),
    ]
}

fn any_mouse() -> impl Strategy<Value = MouseEvent> {
    let button = prop::sample::select(vec![
        MouseButton::Left,
        MouseButton::Left,
        MouseButton::Right,
        MouseButton::Middle,
    ]);
    let kind = (0..10_u8, button).prop_map(|(kind, button)| match kind {
        0..5 => MouseEventKind::Down(button),
        5 => MouseEventKind::Up(button),
        6 => MouseEventKind::Drag(button),
        7 => MouseEventKind::ScrollUp,
        8 => MouseEventKind::ScrollDown,
        _ => MouseEventKind::Moved,
    });
    // Near the beginning more often than beyond any terminal.
    let column = prop_oneof![4 => 0..120_u16, 1 => 0..310_u16, 1 => Just(u16::MAX)];
    let row = prop_oneof![4 => 0..36_u16, 1 => 0..110_u16, 1 => Just(u16::MAX)];
    (kind, column, row).prop_map(|(kind, column, row)| MouseEvent {
        kind,
        column,
        row,
        modifiers: KeyModifiers::NONE,
    })
}

fn any_size() -> impl Strategy<Value = Step> {
    let size = prop_oneof![
        6 => (36..130_u16, 8..40_u16),
        1 => (1..40_u16, 1..12_u16),
        1 => (1..=300_u16, 1..=100_u16),
    ];
    size.prop_map(|(columns, rows)| Step::Resize(columns, rows))
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        6 => Just(Outcome::Right),
        3 => Just(Outcome::Spoiled),
        2 => Just(Outcome::Moved),
        1 => Just(Outcome::Twice),
        1 => Just(Outcome::Refused),
        1 => Just(Outcome::Wrong),
        1 => Just(Outcome::Never),
        1 => Just(Outcome::Lost),
    ]
}

/// What an operator would type into a line.
const TYPED: &[&str] = &[
    "ann",
    "bob@example.com",
    "okta",
    "status:>=400",
    "!ok",
    "after:5m",
    "production",
    "Finance",
    "userName co \"ann\"",
    "eng",
    "4h",
    "prod-db",
    "new",
];

/// A sequence of them.
pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        40 => any_key().prop_map(Step::Key),
        3 => prop::sample::select(TYPED).prop_map(Step::Type),
        2 => Just(Step::Paste),
        5 => any_mouse().prop_map(Step::Mouse),
        3 => any_size(),
        3 => prop::sample::select(vec![1, 300, 1_000, 5_000, 61_000, 90_000_000]).prop_map(Step::Wait),
        2 => (1..40_u16, any::<bool>()).prop_map(|(count, spoil)| Step::Requests(count, spoil)),
        2 => any::<bool>().prop_map(Step::Changes),
        1 => any::<bool>().prop_map(Step::Connected),
        1 => any::<bool>().prop_map(Step::Exported),
        8 => (any::<usize>(), any_outcome()).prop_map(|(place, outcome)| Step::Answer(place, outcome)),
        12 => Just(Step::AnswerAll),
    ];
    prop::collection::vec(step, 0..48)
}
