//! What the terminal sends, as events. Read here rather than by crossterm, whose reader spins without
//! end once a terminal has hung up, and cannot be stopped.

use std::{
    os::fd::{AsFd as _, OwnedFd},
    sync::Arc,
};

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use tokio::{
    io::AsyncReadExt as _,
    net::unix::pipe,
    sync::{Notify, mpsc},
};

/// The most that one paste may bring, in bytes.
const PASTE_BYTES: usize = 64 * 1024;
/// The longest escape sequence, in bytes.
const SEQUENCE_BYTES: usize = 64;

/// Turns bytes into events. Holds what a sequence still lacks.
#[derive(Debug, Default)]
pub struct Decoder {
    bytes: Vec<u8>,
    paste: Option<Vec<u8>>,
}

/// What the beginning of the bytes is.
enum Part {
    /// So many bytes, and what they mean.
    Whole(usize, Option<Event>),
    /// A paste begins after so many bytes.
    Paste(usize),
    /// More is needed.
    Beginning,
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

impl Decoder {
    /// The events that are complete with these bytes. An escape that nothing follows in the same
    /// read is the Escape key.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.bytes.extend_from_slice(bytes);
        let mut events = Vec::new();
        while !self.bytes.is_empty() {
            if let Some(paste) = &mut self.paste {
                const END: &[u8] = b"\x1b[201~";
                let end = self.bytes.windows(END.len()).position(|part| part == END);
                let kept = end.unwrap_or_else(|| self.bytes.len().saturating_sub(END.len() - 1));
                let room = PASTE_BYTES.saturating_sub(paste.len());
                paste.extend(self.bytes.iter().take(kept.min(room)));
                self.bytes.drain(..kept);
                if end.is_none() {
                    break;
                }
                self.bytes.drain(..END.len());
                let pasted = self.paste.take().unwrap_or_default();
                events.push(Event::Paste(String::from_utf8_lossy(&pasted).into_owned()));
                continue;
            }
            match part(&self.bytes) {
                Part::Whole(length, event) => {
                    self.bytes.drain(..length.min(self.bytes.len()));
                    events.extend(event);
                }
                Part::Paste(length) => {
                    self.bytes.drain(..length);
                    self.paste = Some(Vec::new());
                }
                Part::Beginning if self.bytes.len() > SEQUENCE_BYTES => self.bytes.clear(),
                Part::Beginning => break,
            }
        }
        events
    }
}

fn part(bytes: &[u8]) -> Part {
    let none = KeyModifiers::NONE;
    let one = |code| Part::Whole(1, Some(key(code, none)));
    let Some(first) = bytes.first().copied() else {
        return Part::Beginning;
    };
    match first {
        0x1b => escape(bytes),
        b'\r' | b'\n' => one(KeyCode::Enter),
        b'\t' => one(KeyCode::Tab),
        0x7f | 0x08 => one(KeyCode::Backspace),
        0x00 => Part::Whole(1, Some(key(KeyCode::Char(' '), KeyModifiers::CONTROL))),
        0x01..=0x1a => {
            let letter = char::from(b'a' + first - 1);
            Part::Whole(1, Some(key(KeyCode::Char(letter), KeyModifiers::CONTROL)))
        }
        0x1c..=0x1f => Part::Whole(1, None),
        _ => character(bytes, none),
    }
}

fn character(bytes: &[u8], modifiers: KeyModifiers) -> Part {
    let length = match bytes.first().copied().unwrap_or_default() {
        ..0x80 => 1,
        0xc2..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf5 => 4,
        _ => return Part::Whole(1, None),
    };
    let Some(whole) = bytes.get(..length) else {
        return Part::Beginning;
    };
    match std::str::from_utf8(whole) {
        Ok(text) => {
            let event = text
                .chars()
                .next()
                .map(|c| key(KeyCode::Char(c), modifiers));
            Part::Whole(length, event)
        }
        Err(_) => Part::Whole(1, None),
    }
}

fn escape(bytes: &[u8]) -> Part {
    let none = KeyModifiers::NONE;
    match bytes.get(1).copied() {
        None | Some(0x1b) => Part::Whole(1, Some(key(KeyCode::Esc, none))),
        Some(b'[') => sequence(bytes),
        Some(b'O') => match bytes.get(2).copied() {
            None => Part::Beginning,
            Some(letter) => Part::Whole(3, named(letter).map(|code| key(code, none))),
        },
        Some(_) => match part(bytes.get(1..).unwrap_or_default()) {
            Part::Whole(length, Some(Event::Key(event))) => {
                let event = key(event.code, event.modifiers | KeyModifiers::ALT);
                Part::Whole(length + 1, Some(event))
            }
            Part::Whole(length, _) => Part::Whole(length + 1, None),
            other => other,
        },
    }
}

fn named(letter: u8) -> Option<KeyCode> {
    Some(match letter {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P' => KeyCode::F(1),
        b'Q' => KeyCode::F(2),
        b'R' => KeyCode::F(3),
        b'S' => KeyCode::F(4),
        b'M' => KeyCode::Enter,
        _ => return None,
    })
}

fn numbered(number: u32) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::F(u8::try_from(number - 10).ok()?),
        17..=21 => KeyCode::F(u8::try_from(number - 11).ok()?),
        23..=24 => KeyCode::F(u8::try_from(number - 12).ok()?),
        _ => return None,
    })
}

/// The modifiers of `ESC [ 1 ; modifier letter`.
fn modifiers(parameter: u32) -> KeyModifiers {
    let bits = parameter.saturating_sub(1);
    let mut modifiers = KeyModifiers::NONE;
    modifiers.set(KeyModifiers::SHIFT, bits & 1 != 0);
    modifiers.set(KeyModifiers::ALT, bits & 2 != 0);
    modifiers.set(KeyModifiers::CONTROL, bits & 4 != 0);
    modifiers
}

/// `ESC [ … final`: cursor keys, numbered keys, mouse, focus, paste.
fn sequence(bytes: &[u8]) -> Part {
    let body = bytes.get(2..).unwrap_or_default();
    let Some(end) = body.iter().position(|byte| (0x40..=0x7e).contains(byte)) else {
        return Part::Beginning;
    };
    let length = end + 3;
    let last = body.get(end).copied().unwrap_or_default();
    let text = std::str::from_utf8(body.get(..end).unwrap_or_default()).unwrap_or_default();
    if let Some(mouse) = text.strip_prefix('<') {
        return Part::Whole(length, mouse_event(mouse, last == b'M'));
    }
    let mut numbers = text.split(';').map(|number| number.parse().unwrap_or(0));
    let first: u32 = numbers.next().unwrap_or(0);
    let held = modifiers(numbers.next().unwrap_or(0));
    let event = match (last, first) {
        (b'~', 200) => return Part::Paste(length),
        (b'~', number) => numbered(number).map(|code| key(code, held)),
        (b'Z', _) => Some(key(KeyCode::BackTab, KeyModifiers::SHIFT)),
        (letter, _) => named(letter).map(|code| key(code, held)),
    };
    Part::Whole(length, event)
}

fn mouse_event(text: &str, pressed: bool) -> Option<Event> {
    let mut numbers = text.split(';').map(str::parse::<u16>);
    let button = numbers.next()?.ok()?;
    let column = numbers.next()?.ok()?.saturating_sub(1);
    let row = numbers.next()?.ok()?.saturating_sub(1);
    // Bits 2 to 4 are the keys held: shift, alt, control. Bit 5 is a movement, of which nothing is made.
    let kind = match button & !0b1_1100 {
        64 => MouseEventKind::ScrollUp,
        65 => MouseEventKind::ScrollDown,
        0 if pressed => MouseEventKind::Down(MouseButton::Left),
        _ => return None,
    };
    let mut modifiers = KeyModifiers::NONE;
    modifiers.set(KeyModifiers::SHIFT, button & 4 != 0);
    modifiers.set(KeyModifiers::ALT, button & 8 != 0);
    modifiers.set(KeyModifiers::CONTROL, button & 16 != 0);
    Some(Event::Mouse(MouseEvent {
        kind,
        column,
        row,
        modifiers,
    }))
}

/// Reads the terminal on a thread of its own until it is dropped or the terminal is gone; then the
/// channel closes.
pub struct Reader {
    stop: Arc<Notify>,
}

impl Reader {
    /// Begins to read standard input, which must be a terminal in raw mode.
    ///
    /// # Errors
    /// When no thread or descriptor can be had.
    pub fn start() -> std::io::Result<(Self, mpsc::Receiver<Event>)> {
        let terminal = std::io::stdin().as_fd().try_clone_to_owned()?;
        let stop = Arc::new(Notify::new());
        let (sender, receiver) = mpsc::channel(256);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        let stopped = Arc::clone(&stop);
        std::thread::Builder::new()
            .name("console-input".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = stopped.notified() => {}
                        () = read(terminal, sender) => {}
                    }
                });
            })?;
        Ok((Self { stop }, receiver))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.stop.notify_one();
    }
}

async fn read(terminal: OwnedFd, sender: mpsc::Sender<Event>) {
    // Nothing in the receiver is about pipes but its name: it waits until the descriptor is readable,
    // reads once, and waits again after a read that did not fill the buffer. So a blocking descriptor
    // does as well, and the modes that the terminal shares with others need not be touched.
    let Ok(mut terminal) = pipe::Receiver::from_owned_fd_unchecked(terminal) else {
        return;
    };
    let mut decoder = Decoder::default();
    let mut bytes = [0; 4_096];
    while let Ok(length @ 1..) = terminal.read(&mut bytes).await {
        for event in decoder.push(bytes.get(..length).unwrap_or_default()) {
            if sender.send(event).await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(bytes: &[u8]) -> String {
        let mut decoder = Decoder::default();
        let events = decoder.push(bytes);
        let words = events.iter().map(|event| match event {
            Event::Key(event) => super::super::keymap::Key::of(event).to_string(),
            Event::Paste(text) => format!("paste({text})"),
            Event::Mouse(event) => format!("{:?}@{},{}", event.kind, event.column, event.row),
            other => format!("{other:?}"),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn bytes_become_keys() {
        for (bytes, events) in [
            (&b"aG:"[..], "a G :"),
            ("é日".as_bytes(), "é 日"),
            (b"\r\t\x7f", "enter tab backspace"),
            (b"\x03\x15", "ctrl-c ctrl-u"),
            (b"\x1b", "esc"),
            (b"\x1b\x1b", "esc esc"),
            (b"\x1b[A\x1b[B\x1bOC\x1b[D", "up down right left"),
            (b"\x1b[5~\x1b[6~\x1b[H\x1b[4~", "pageup pagedown home end"),
            (b"\x1b[Z", "shift-tab"),
            (b"\x1b[1;5A", "ctrl-up"),
            (b"\x1bx", "alt-x"),
            (b"\x1b[15~\x1bOP", "f5 f1"),
            (b"\x1b[200~two\nlines\x1b[201~q", "paste(two\nlines) q"),
            (b"\x1b[<65;10;3M", "ScrollDown@9,2"),
            (b"\x1b[<0;1;1M\x1b[<0;1;1m", "Down(Left)@0,0"),
            (b"\x1b[<0;5;5m\x1b[<32;5;5M\x1b[<35;5;5M\x1b[<2;5;5M", ""),
            (b"\x1b[<4;2;3M\x1b[<64;2;3M", "Down(Left)@1,2 ScrollUp@1,2"),
            (b"\x1b[?1;2c", ""),
            (b"\xff\xfea", "a"),
        ] {
            assert_eq!(keys(bytes), events, "{bytes:?}");
        }
    }

    #[test]
    fn a_sequence_in_two_reads_is_one_key() {
        let mut decoder = Decoder::default();
        assert!(decoder.push(b"\x1b[").is_empty());
        assert_eq!(decoder.push(b"A").len(), 1);
        assert!(
            decoder
                .push("日".as_bytes().get(..2).unwrap_or_default())
                .is_empty()
        );
        assert_eq!(
            decoder
                .push("日".as_bytes().get(2..).unwrap_or_default())
                .len(),
            1
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_in_bounds(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..16)) {
            let mut decoder = Decoder::default();
            for chunk in chunks {
                decoder.push(&chunk);
                prop_assert!(decoder.bytes.len() <= SEQUENCE_BYTES + 64);
            }
        }
    }
}
