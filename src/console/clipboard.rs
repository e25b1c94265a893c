//! Copying through the terminal, OSC 52: it reaches the clipboard of the person at the keyboard, over
//! ssh as well.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The terminal multiplexer in between, which lets the sequence through only when wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Between {
    /// None.
    Nothing,
    /// tmux.
    Tmux,
    /// GNU screen, whose own limit a sequence must be cut to.
    Screen,
}

impl Between {
    /// Finds out from the environment.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        if variable("TMUX").is_some_and(|value| !value.is_empty()) {
            return Self::Tmux;
        }
        let term = variable("TERM").unwrap_or_default();
        if variable("STY").is_some() || term == "screen" || term.starts_with("screen.") {
            Self::Screen
        } else {
            Self::Nothing
        }
    }
}

/// The most text that is copied, in bytes: what common terminals take.
pub const COPY_BYTES: usize = 74_000;
/// What GNU screen passes on at once.
const SCREEN_BYTES: usize = 240;

/// The bytes that make the terminal copy a text.
pub fn sequence(text: &str, between: Between) -> String {
    let mut end = text.len().min(COPY_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let encoded = STANDARD.encode(text.get(..end).unwrap_or_default());
    let plain = format!("\x1b]52;c;{encoded}\x07");
    match between {
        Between::Nothing => plain,
        // tmux copies by itself when it is told to (set-clipboard), else passes the wrapped one on.
        Between::Tmux => format!("{plain}\x1bPtmux;\x1b{plain}\x1b\\"),
        Between::Screen => {
            let mut wrapped = String::new();
            let mut rest = plain.as_str();
            while !rest.is_empty() {
                let (chunk, after) = rest.split_at(rest.len().min(SCREEN_BYTES));
                wrapped.push_str("\x1bP");
                wrapped.push_str(chunk);
                wrapped.push_str("\x1b\\");
                rest = after;
            }
            wrapped
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_multiplexer_gets_its_wrapping() {
        assert_eq!(sequence("hi", Between::Nothing), "\x1b]52;c;aGk=\x07");
        let tmux = sequence("hi", Between::Tmux);
        assert!(tmux.ends_with("\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\"));
        let screen = sequence(&"a".repeat(1_000), Between::Screen);
        assert!(
            screen
                .split("\x1b\\")
                .all(|chunk| chunk.len() <= SCREEN_BYTES + 2)
        );
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
        assert_eq!(with("STY", "1.pts"), Between::Screen);
        assert_eq!(with("TERM", "screen"), Between::Screen);
        assert_eq!(with("TERM", "screen-256color"), Between::Nothing);
    }
}
