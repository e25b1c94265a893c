//! Colours and signs. A state is always told by a sign or a word as well, never by colour alone.

use ratatui::style::{Color, Modifier, Style};

/// Which palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThemeKind {
    /// Light text on a dark terminal.
    #[default]
    Dark,
    /// Dark text on a light terminal.
    Light,
    /// Blue and orange in place of green and red.
    ColorBlind,
}

impl std::str::FromStr for ThemeKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "dark" => Ok(Self::Dark),
            "light" => Ok(Self::Light),
            "color-blind" => Ok(Self::ColorBlind),
            _ => Err(format!(
                "there is no theme {text:?}; choose dark, light or color-blind"
            )),
        }
    }
}

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorLevel {
    /// No colours: bold, reverse and underline only.
    None,
    /// The terminal's own sixteen.
    Sixteen,
    /// The 256 of xterm.
    Indexed,
    /// 24 bits.
    #[default]
    True,
}

impl ColorLevel {
    /// Reads `auto`, which is `None`, `truecolor`, `256`, `16` or `none`.
    ///
    /// # Errors
    /// One sentence that quotes the text.
    pub fn parse(text: &str) -> Result<Option<Self>, String> {
        match text {
            "auto" => Ok(None),
            "truecolor" => Ok(Some(Self::True)),
            "256" => Ok(Some(Self::Indexed)),
            "16" => Ok(Some(Self::Sixteen)),
            "none" => Ok(Some(Self::None)),
            _ => Err(format!(
                "there are no colours {text:?}; choose auto, truecolor, 256, 16 or none"
            )),
        }
    }

    /// Reads the terminal's abilities from the environment: `NO_COLOR`, `COLORTERM`, `TERM`.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) {
            return Self::None;
        }
        let term = variable("TERM").unwrap_or_default();
        let color_term = variable("COLORTERM").unwrap_or_default();
        if term == "dumb" {
            Self::None
        } else if matches!(color_term.as_str(), "truecolor" | "24bit") || term.ends_with("-direct")
        {
            Self::True
        } else if term.contains("256color") {
            Self::Indexed
        } else {
            Self::Sixteen
        }
    }
}

/// The styles by what they mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Theme {
    /// Ordinary text.
    pub text: Style,
    /// What matters less: times, labels.
    pub muted: Style,
    /// Rules and borders.
    pub faint: Style,
    /// Where one is: the current tab, the selection's mark, keys.
    pub accent: Style,
    /// Titles and names.
    pub strong: Style,
    /// The row that the keys act on.
    pub selected: Style,
    /// The selected row of a pane without the focus.
    pub selected_idle: Style,
    /// Good, new, active.
    pub ok: Style,
    /// Wants attention.
    pub warn: Style,
    /// Failed, removed.
    pub error: Style,
    /// The ground of a box on top.
    pub surface: Style,
}

/// A colour at three depths: 24 bits, xterm's 256, the terminal's sixteen.
type Shade = (u32, u8, Color);

impl Theme {
    /// The styles of a palette at the depth that the terminal has.
    pub fn new(kind: ThemeKind, level: ColorLevel) -> Self {
        if level == ColorLevel::None {
            return Self::modifiers();
        }
        let color = |(rgb, index, named): Shade| match level {
            ColorLevel::True => Color::from_u32(rgb),
            ColorLevel::Indexed => Color::Indexed(index),
            ColorLevel::Sixteen | ColorLevel::None => named,
        };
        let fg = |shade: Shade| Style::new().fg(color(shade));
        let light = kind == ThemeKind::Light;
        let (accent, ok, warn, error): (Shade, Shade, Shade, Shade) = match kind {
            ThemeKind::Dark => (
                (0x0082_aaff, 111, Color::Cyan),
                (0x008f_c98f, 114, Color::Green),
                (0x00e5_b567, 179, Color::Yellow),
                (0x00ef_7a85, 210, Color::Red),
            ),
            ThemeKind::Light => (
                (0x001d_4ed8, 26, Color::Blue),
                (0x001f_7a3d, 28, Color::Green),
                (0x0092_5a00, 94, Color::Magenta),
                (0x00b4_2331, 124, Color::Red),
            ),
            ThemeKind::ColorBlind => (
                (0x00c9_b8ff, 183, Color::Cyan),
                (0x0056_b4e9, 74, Color::Blue),
                (0x00f0_e442, 227, Color::Yellow),
                (0x00e6_9f00, 172, Color::LightRed),
            ),
        };
        let muted: Shade = if light {
            (0x0060_6878, 241, Color::DarkGray)
        } else {
            (0x0085_8fa3, 245, Color::Gray)
        };
        let faint: Shade = if light {
            (0x00c3_c9d4, 250, Color::Gray)
        } else {
            (0x003c_4454, 238, Color::DarkGray)
        };
        let ground = |dark: Shade, bright: Shade| match level {
            // In one colour: reversed, the colours of the parts would make the bar a rainbow.
            ColorLevel::Sixteen | ColorLevel::None => Style::new()
                .fg(Color::Reset)
                .add_modifier(Modifier::REVERSED),
            _ => Style::new().bg(color(if light { bright } else { dark })),
        };
        Self {
            text: Style::new(),
            muted: fg(muted),
            faint: fg(faint),
            accent: fg(accent),
            strong: Style::new().add_modifier(Modifier::BOLD),
            selected: ground(
                (0x002b_3a55, 237, Color::Reset),
                (0x00dc_e6fb, 189, Color::Reset),
            ),
            selected_idle: match level {
                ColorLevel::Sixteen => Style::new().add_modifier(Modifier::UNDERLINED),
                _ => ground(
                    (0x0023_2936, 235, Color::Reset),
                    (0x00ec_eff4, 255, Color::Reset),
                ),
            },
            ok: fg(ok),
            warn: fg(warn),
            error: fg(error),
            surface: Style::new(),
        }
    }

    /// Bold, dim, underline and reverse only.
    fn modifiers() -> Self {
        let plain = Style::new();
        Self {
            text: plain,
            muted: plain,
            faint: plain.add_modifier(Modifier::DIM),
            accent: plain.add_modifier(Modifier::BOLD),
            strong: plain.add_modifier(Modifier::BOLD),
            selected: plain.add_modifier(Modifier::REVERSED),
            selected_idle: plain.add_modifier(Modifier::UNDERLINED),
            ok: plain,
            warn: plain.add_modifier(Modifier::BOLD),
            error: plain.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            surface: plain,
        }
    }
}

/// The signs, as Unicode or as plain ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signs {
    /// Active.
    pub active: &'static str,
    /// Suspended, inactive.
    pub idle: &'static str,
    /// Failed.
    pub error: &'static str,
    /// Wants attention.
    pub warn: &'static str,
    /// Done.
    pub done: &'static str,
    /// Still to do.
    pub open: &'static str,
    /// Becomes.
    pub arrow: &'static str,
    /// Between parts.
    pub dot: &'static str,
    /// Less.
    pub minus: &'static str,
    /// The selected row's mark.
    pub mark: &'static str,
    /// A marked row.
    pub marked: &'static str,
    /// The least first.
    pub ascending: &'static str,
    /// The greatest first.
    pub descending: &'static str,
    /// A sync.
    pub running: &'static str,
    /// A horizontal line.
    pub rule: &'static str,
    /// A vertical line.
    pub bar: &'static str,
    /// A vertical line beginning under a rule.
    pub tee: &'static str,
    /// A vertical line ending at a rule.
    pub tee_up: &'static str,
    /// The corners of a box: top left, top right, bottom left, bottom right.
    pub corners: [&'static str; 4],
    /// Something is left out.
    pub ellipsis: char,
    /// Steps of a sparkline, the lowest first.
    pub spark: [&'static str; 8],
    /// The parts of a bar: its beginning, a full cell, an empty one, its end.
    pub bar_parts: [&'static str; 4],
}

impl Signs {
    /// For any terminal with a Unicode font.
    pub const UNICODE: Self = Self {
        active: "●",
        idle: "○",
        error: "✗",
        warn: "⚠",
        done: "✓",
        open: "○",
        arrow: "→",
        dot: "·",
        minus: "−",
        mark: "▌",
        marked: "◆",
        ascending: "↑",
        descending: "↓",
        running: "▸",
        rule: "─",
        bar: "│",
        tee: "┬",
        tee_up: "┴",
        corners: ["╭", "╮", "╰", "╯"],
        ellipsis: '…',
        spark: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        bar_parts: ["▕", "█", "░", "▏"],
    };

    /// For terminals and screen readers that know ASCII only.
    pub const ASCII: Self = Self {
        active: "*",
        idle: "o",
        error: "x",
        warn: "!",
        done: "v",
        open: "o",
        arrow: "->",
        dot: "-",
        minus: "-",
        mark: ">",
        marked: "+",
        ascending: "^",
        descending: "v",
        running: ">",
        rule: "-",
        bar: "|",
        tee: "+",
        tee_up: "+",
        corners: ["+", "+", "+", "+"],
        ellipsis: '~',
        spark: ["_", ".", ",", ":", "-", "=", "+", "#"],
        bar_parts: ["[", "#", ".", "]"],
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_depth_follows_the_environment() {
        for (variables, level) in [
            (vec![("TERM", "xterm")], ColorLevel::Sixteen),
            (vec![("TERM", "xterm-256color")], ColorLevel::Indexed),
            (
                vec![("TERM", "xterm-256color"), ("COLORTERM", "truecolor")],
                ColorLevel::True,
            ),
            (
                vec![("NO_COLOR", "1"), ("COLORTERM", "truecolor")],
                ColorLevel::None,
            ),
            (
                vec![("NO_COLOR", ""), ("TERM", "xterm")],
                ColorLevel::Sixteen,
            ),
            (vec![("TERM", "dumb")], ColorLevel::None),
            (
                vec![("TERM", "dumb"), ("COLORTERM", "truecolor")],
                ColorLevel::None,
            ),
            (vec![], ColorLevel::Sixteen),
        ] {
            let detected = ColorLevel::detect(|name| {
                let found = variables.iter().find(|(variable, _)| *variable == name);
                found.map(|(_, value)| (*value).to_owned())
            });
            assert_eq!(detected, level, "{variables:?}");
        }
    }

    #[test]
    fn colours_are_chosen_by_name() {
        for (text, chosen) in [
            ("auto", None),
            ("truecolor", Some(ColorLevel::True)),
            ("256", Some(ColorLevel::Indexed)),
            ("16", Some(ColorLevel::Sixteen)),
            ("none", Some(ColorLevel::None)),
        ] {
            assert_eq!(ColorLevel::parse(text), Ok(chosen));
        }
        assert!(ColorLevel::parse("8").is_err_and(|why| why.contains("\"8\"")));
    }

    #[test]
    fn without_colour_no_style_has_a_colour_and_the_selection_still_shows() {
        let theme = Theme::new(ThemeKind::Dark, ColorLevel::None);
        for style in [theme.muted, theme.accent, theme.error, theme.selected] {
            assert!(style.fg.is_none() && style.bg.is_none());
        }
        assert!(theme.selected.add_modifier.contains(Modifier::REVERSED));
    }
}
