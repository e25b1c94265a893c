//! Copying through the terminal, OSC 52: it reaches the clipboard of the person at the keyboard, over
//! ssh as well.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The terminal multiplexer in between, which lets the sequence through only when wrapped, and only
/// where its own settings allow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Between {
    /// None.
    Nothing,
    /// tmux, around this terminal or around the ssh that leads here.
    Tmux,
    /// tmux at the other end of an ssh, which may have been started in another tmux.
    TmuxOverSsh,
    /// GNU screen, whose own limit a sequence must be cut to.
    Screen,
    /// The one or the other: both call themselves `screen-256color`.
    TmuxOrScreen,
}

impl Between {
    /// Finds out from the environment. Over ssh nothing but `TERM` tells.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        if is_set("TMUX") {
            return if is_set("SSH_CONNECTION") || is_set("SSH_TTY") {
                Self::TmuxOverSsh
            } else {
                Self::Tmux
            };
        }
        let term = variable("TERM").unwrap_or_default();
        if is_set("STY") || term == "screen" || term.starts_with("screen.") {
            Self::Screen
        } else if term.starts_with("tmux") {
            Self::Tmux
        } else if term.starts_with("screen-") {
            Self::TmuxOrScreen
        } else {
            Self::Nothing
        }
    }
}

/// The most text that is copied, in bytes: what common terminals take.
pub const COPY_BYTES: usize = 74_000;
/// What GNU screen passes on at once.
const SCREEN_BYTES: usize = 240;

/// The bytes that ask the terminal to copy a text. Whether it does is its own affair: it does not
/// answer.
pub fn sequence(text: &str, between: Between) -> String {
    let mut end = text.len().min(COPY_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let encoded = STANDARD.encode(text.get(..end).unwrap_or_default());
    let plain = format!("\x1b]52;c;{encoded}\x07");
    match between {
        Between::Nothing => plain,
        // tmux copies by itself when it is told to (set-clipboard on), and passes on what is wrapped
        // when it is told to (allow-passthrough on).
        Between::Tmux => format!("{plain}{}", for_tmux(&plain)),
        Between::TmuxOverSsh => {
            let once = for_tmux(&plain);
            format!("{plain}{once}{}", for_tmux(&once))
        }
        Between::Screen => for_screen(&plain),
        // screen would show what is wrapped for tmux; tmux drops what is wrapped for screen.
        Between::TmuxOrScreen => format!("{plain}{}", for_screen(&plain)),
    }
}

/// Wrapped so that tmux passes it on: every escape twice.
fn for_tmux(sequence: &str) -> String {
    format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"))
}

/// Wrapped so that screen passes it on: in pieces that it takes.
fn for_screen(sequence: &str) -> String {
    let mut wrapped = String::new();
    let mut rest = sequence;
    while !rest.is_empty() {
        // All of it is ASCII.
        let (chunk, after) = rest.split_at(rest.len().min(SCREEN_BYTES));
        wrapped.push_str("\x1bP");
        wrapped.push_str(chunk);
        wrapped.push_str("\x1b\\");
        rest = after;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "\x1b]52;c;aGk=\x07";
    const FOR_TMUX: &str = "\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\";

    #[test]
    fn each_multiplexer_gets_its_wrapping() {
        assert_eq!(sequence("hi", Between::Nothing), PLAIN);
        assert_eq!(sequence("hi", Between::Tmux), format!("{PLAIN}{FOR_TMUX}"));
        let screen = "\x1bP\x1b]52;c;aGk=\x07\x1b\\";
        assert_eq!(sequence("hi", Between::Screen), screen);
        let either = sequence("hi", Between::TmuxOrScreen);
        assert_eq!(either, format!("{PLAIN}{screen}"));
    }

    #[test]
    fn two_of_tmux_take_off_a_wrapping_each() {
        let unwrapped = |wrapped: &str| {
            let inside = wrapped.strip_prefix("\x1bPtmux;")?;
            let inside = inside.strip_suffix("\x1b\\")?;
            Some(inside.replace("\x1b\x1b", "\x1b"))
        };
        let all = sequence("hi", Between::TmuxOverSsh);
        let known = format!("{PLAIN}{FOR_TMUX}");
        let twice = all.strip_prefix(&known).expect("the other forms first");
        let once = unwrapped(twice).expect("wrapped");
        assert_eq!(once, FOR_TMUX);
        assert_eq!(unwrapped(&once).as_deref(), Some(PLAIN));
    }

    #[test]
    fn screen_gets_pieces_that_it_takes_and_that_make_up_the_whole() {
        let text = "a".repeat(1_000);
        let wrapped = sequence(&text, Between::Screen);
        let mut pieces: Vec<&str> = wrapped.split("\x1b\\").collect();
        assert_eq!(pieces.pop(), Some(""));
        assert!(pieces.len() > 4);
        let inside = pieces.iter().map(|piece| {
            assert!(piece.len() <= SCREEN_BYTES + 2);
            piece.strip_prefix("\x1bP").expect("wrapped")
        });
        let whole: String = inside.collect();
        assert_eq!(whole, sequence(&text, Between::Nothing));
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        let text = "日".repeat(COPY_BYTES);
        assert!(sequence(&text, Between::Nothing).len() < 100_000);
    }

    #[test]
    fn the_multiplexer_is_known_by_its_environment() {
        let with = |name: &'static str, value: &'static str| {
            Between::detect(move |wanted| (wanted == name).then(|| value.to_owned()))
        };
        assert_eq!(with("TMUX", "/tmp/tmux-0/default,1,0"), Between::Tmux);
        assert_eq!(with("TMUX", ""), Between::Nothing);
        assert_eq!(with("STY", "1.pts"), Between::Screen);
        for (term, between) in [
            ("screen", Between::Screen),
            ("screen.xterm-256color", Between::Screen),
            ("screen-256color", Between::TmuxOrScreen),
            ("tmux-256color", Between::Tmux),
            ("xterm-256color", Between::Nothing),
        ] {
            assert_eq!(with("TERM", term), between, "{term}");
        }
        let far = |name: &str| ["TMUX", "SSH_TTY"].contains(&name).then(|| "x".to_owned());
        assert_eq!(Between::detect(far), Between::TmuxOverSsh);
    }
}
