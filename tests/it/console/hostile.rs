//! Any keys, any size, any text: never a panic, never a character that acts on the terminal.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proptest::prelude::*;
use rolecall::console::{Message, text::is_hidden};

use super::{
    draw,
    sample::{busy, exchanges, send, settings},
};

fn any_message() -> impl Strategy<Value = Message> {
    let code = prop_oneof![
        6 => prop::sample::select("12345678235hjklgGfy/:?wtrnNavdxsLRDPeSTAcuE-q o".chars().collect::<Vec<_>>()).prop_map(KeyCode::Char),
        1 => any::<char>().prop_map(KeyCode::Char),
        4 => prop::sample::select(vec![
            KeyCode::Enter, KeyCode::Esc, KeyCode::Up, KeyCode::Down, KeyCode::Left, KeyCode::Right, KeyCode::Tab,
            KeyCode::BackTab, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Home, KeyCode::End, KeyCode::Backspace,
        ]),
    ];
    let mouse = (0..4_u8, 0..210_u16, 0..70_u16).prop_map(|(kind, column, row)| {
        let kind = match kind {
            0 => MouseEventKind::ScrollUp,
            1 => MouseEventKind::ScrollDown,
            _ => MouseEventKind::Down(MouseButton::Left),
        };
        Message::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        })
    });
    prop_oneof![
        20 => code.prop_map(|code| Message::Key(KeyEvent::new(code, KeyModifiers::NONE))),
        2 => (0..310_u16, 0..110_u16).prop_map(|(columns, rows)| Message::Resize(columns, rows)),
        2 => mouse,
        1 => ".*".prop_map(Message::Paste),
        1 => Just(Message::Tick),
        1 => Just(Message::Exchanges(exchanges(), 3)),
        1 => Just(Message::Disconnected("gone".to_owned())),
        1 => Just(Message::Connected),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_keys_at_any_size_do_no_harm(messages in prop::collection::vec(any_message(), 0..60)) {
        let mut model = busy(settings(), 100, 30);
        for message in messages {
            send(&mut model, message);
            draw(&model);
        }
    }

    #[test]
    fn no_text_from_outside_acts_on_the_terminal(text in r"[\x00-\x1f\u{7f}-\u{9f}\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{feff}a日\u{301}]{1,12}") {
        let mut model = busy(settings(), 160, 40);
        let mut lines = exchanges();
        for line in &mut lines {
            line.summary.clone_from(&text);
            line.target.clone_from(&text);
        }
        let mut changes = super::sample::journal();
        for (number, change) in (9_000..).zip(&mut changes) {
            change.seq = number;
            change.subject.name.clone_from(&text);
            change.actor.clone_from(&text);
            change.after = serde_json::json!({ (text.clone()): text.clone() });
        }
        send(&mut model, Message::Exchanges(lines, 0));
        send(&mut model, Message::Changes(changes));
        model.tell(rolecall::console::model::Mood::Bad, &text);
        for screen in ["1", "7", ":", "?"] {
            super::sample::press(&mut model, screen);
            for cell in &draw(&model).content {
                prop_assert!(!cell.symbol().chars().any(is_hidden), "{:?}", cell.symbol());
            }
        }
    }
}
