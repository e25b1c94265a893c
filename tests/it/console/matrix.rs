//! A screen or box in three sizes, with its text and its styles in three themes at once.
//!
//! Under the text of each size stand the styles, a letter for each cell; lines of plain text are left
//! out. A letter means the same style in every file: the legend's snapshot says what it looks like in
//! each theme. So a style that is used elsewhere changes one line here, and a colour that changes
//! changes one line of the legend.

use std::fmt::Write as _;

use insta::assert_snapshot;
use ratatui::{
    buffer::{Buffer, Cell},
    layout::Rect,
    style::{Modifier, Style},
};
use rolecall::console::{ColorLevel, Model, Settings, ThemeKind, theme::Theme};
use unicode_width::UnicodeWidthStr as _;

use super::{
    draw,
    sample::{press, settings},
    text,
};

/// The sizes that every screen and box is shown in.
pub(super) const SIZES: [(u16, u16); 3] = [(40, 12), (80, 24), (200, 60)];

/// The themes that a letter stands for.
const THEMES: [(ThemeKind, ColorLevel); 3] = [
    (ThemeKind::Dark, ColorLevel::True),
    (ThemeKind::Light, ColorLevel::True),
    (ThemeKind::Dark, ColorLevel::None),
];

/// A letter, and the style that it stands for.
type Letter = (char, &'static str, fn(&Theme) -> Style);

/// The letters, in lower case; a selected cell has its letter in upper case.
const LETTERS: &[Letter] = &[
    ('.', "text", |theme| theme.text),
    ('m', "muted", |theme| theme.muted),
    ('f', "faint", |theme| theme.faint),
    ('a', "accent", |theme| theme.accent),
    ('s', "strong", |theme| theme.strong),
    ('o', "ok", |theme| theme.ok),
    ('w', "warn", |theme| theme.warn),
    ('e', "error", |theme| theme.error),
    ('b', "accent, bold", |theme| {
        theme.accent.add_modifier(Modifier::BOLD)
    }),
    ('t', "accent, bold, underlined", |theme| {
        theme
            .accent
            .add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
    }),
    ('u', "accent, underlined", |theme| {
        theme.accent.add_modifier(Modifier::UNDERLINED)
    }),
    ('r', "accent, reversed", |theme| {
        theme.accent.add_modifier(Modifier::REVERSED)
    }),
    ('g', "warn, bold", |theme| {
        theme.warn.add_modifier(Modifier::BOLD)
    }),
    ('p', "warn, reversed", |theme| {
        theme.warn.add_modifier(Modifier::REVERSED)
    }),
    ('v', "error, bold", |theme| {
        theme.error.add_modifier(Modifier::BOLD)
    }),
    ('i', "error, underlined", |theme| {
        theme.error.add_modifier(Modifier::UNDERLINED)
    }),
    ('h', "error, reversed", |theme| {
        theme.error.add_modifier(Modifier::REVERSED)
    }),
    ('k', "ok, bold", |theme| {
        theme.ok.add_modifier(Modifier::BOLD)
    }),
    ('n', "muted, bold", |theme| {
        theme.muted.add_modifier(Modifier::BOLD)
    }),
    ('x', "muted, crossed out", |theme| {
        theme.muted.add_modifier(Modifier::CROSSED_OUT)
    }),
];

/// The letters of a selected row in a pane without the focus, in the same order.
const IDLE: &str = "_μφασωβελτυρνπηχκξψζ";

/// What a cell looks like, in each of some themes.
type Looks = Vec<(ratatui::style::Color, ratatui::style::Color, Modifier)>;

fn looks<'c>(cells: impl Iterator<Item = &'c Cell>) -> Looks {
    cells
        .map(|cell| (cell.fg, cell.bg, cell.modifier))
        .collect()
}

/// Every letter with its looks in the three themes.
fn alphabet() -> Vec<(char, Looks)> {
    let themes = THEMES.map(|(kind, level)| Theme::new(kind, level));
    let look = |style: fn(&Theme) -> Style, ground: fn(&Theme) -> Style| {
        let cells = themes.each_ref().map(|theme| {
            let mut cell = Cell::EMPTY;
            cell.set_style(theme.text)
                .set_style(style(theme))
                .set_style(ground(theme));
            cell
        });
        looks(cells.iter())
    };
    let mut letters = Vec::new();
    for (letter, _, style) in LETTERS {
        letters.push((*letter, look(*style, |_| Style::new())));
    }
    for (letter, _, style) in LETTERS {
        let upper = if *letter == '.' {
            '#'
        } else {
            letter.to_ascii_uppercase()
        };
        letters.push((upper, look(*style, |theme| theme.selected)));
    }
    for (letter, (_, _, style)) in IDLE.chars().zip(LETTERS) {
        letters.push((letter, look(*style, |theme| theme.selected_idle)));
    }
    letters
}

/// The same model in another theme.
fn themed(model: &Model, (kind, level): (ThemeKind, ColorLevel)) -> Model {
    let mut other = model.clone();
    other.settings.theme = kind;
    other.settings.colors = level;
    other.theme = Theme::new(kind, level);
    other
}

/// The box on top, by its corners.
pub(super) fn box_on_top(frame: &Buffer) -> Option<Rect> {
    let at = |x: u16, y: u16, symbol: &str| frame[(x, y)].symbol() == symbol;
    let start = frame.content.iter().position(|cell| cell.symbol() == "╭")?;
    let (left, top) = frame.pos_of(start);
    let right = (left..frame.area.right()).find(|x| at(*x, top, "╮"))?;
    let bottom = (top..frame.area.bottom()).find(|y| at(left, *y, "╰"))?;
    Some(Rect::new(left, top, right - left + 1, bottom - top + 1))
}

/// A part of a frame.
pub(super) fn cut(frame: &Buffer, place: Rect) -> Buffer {
    let mut part = Buffer::empty(Rect::new(0, 0, place.width, place.height));
    for y in 0..place.height {
        for x in 0..place.width {
            part[(x, y)] = frame[(place.x + x, place.y + y)].clone();
        }
    }
    part
}

/// The lines of letters, and the looks that have none.
fn letters(frames: &[Buffer], unnamed: &mut Vec<Looks>) -> String {
    let alphabet = alphabet();
    let mut lines = String::new();
    let Some(first) = frames.first() else {
        return lines;
    };
    for y in 0..first.area.height {
        let mut line = String::new();
        let mut x = 0;
        while x < first.area.width {
            let look = looks(frames.iter().map(|frame| &frame[(x, y)]));
            let known = alphabet.iter().find(|(_, known)| *known == look);
            let letter = known.map_or_else(
                || {
                    let at = unnamed
                        .iter()
                        .position(|known| *known == look)
                        .unwrap_or_else(|| {
                            unnamed.push(look.clone());
                            unnamed.len() - 1
                        });
                    char::from_digit(u32::try_from(at).expect("few"), 36).unwrap_or('?')
                },
                |(letter, _)| *letter,
            );
            let wide = first[(x, y)].symbol().width().max(1);
            line.extend(std::iter::repeat_n(letter, wide));
            x += u16::try_from(wide).expect("narrow");
        }
        let line = line.trim_end_matches('.');
        if !line.is_empty() {
            let _ = writeln!(lines, "{y:>2} {line}");
        }
    }
    lines
}

/// A console in every size, with its styles.
pub(super) fn matrix(make: fn(Settings, u16, u16) -> Model, keys: &str) -> String {
    let mut page = String::new();
    let mut unnamed = Vec::new();
    for (columns, rows) in SIZES {
        let mut model = make(settings(), columns, rows);
        press(&mut model, keys);
        let mut frames = THEMES.map(|theme| draw(&themed(&model, theme)));
        let of_box = (columns > 100 && model.overlay.is_some())
            .then(|| frames.first().and_then(box_on_top))
            .flatten();
        if let Some(place) = of_box {
            // What lies around it is another snapshot's, and dimmed.
            frames = frames.map(|frame| cut(&frame, place));
        }
        let words = frames.each_ref().map(text);
        let alike = words.iter().all(|other| *other == words[0]);
        assert!(alike, "a theme changes what is said: {words:#?}");
        let part = if of_box.is_some() { ", the box" } else { "" };
        let _ = writeln!(page, "== {columns}x{rows}{part}\n{}\n-- styles", words[0]);
        page.push_str(&letters(&frames, &mut unnamed));
    }
    for (number, look) in unnamed.iter().enumerate() {
        let _ = writeln!(page, "{number} is {look:?}");
    }
    page
}

/// A style in words.
fn described(style: Style) -> String {
    let mut words = Vec::new();
    if let Some(color) = style.fg {
        words.push(color.to_string());
    }
    if let Some(color) = style.bg {
        words.push(format!("on {color}"));
    }
    if !style.add_modifier.is_empty() {
        words.push(format!("{:?}", style.add_modifier).to_lowercase());
    }
    words.join(" ")
}

#[test]
fn the_legend() {
    let mut page = String::new();
    for kind in [ThemeKind::Dark, ThemeKind::Light, ThemeKind::ColorBlind] {
        for level in [
            ColorLevel::True,
            ColorLevel::Indexed,
            ColorLevel::Sixteen,
            ColorLevel::None,
        ] {
            if level == ColorLevel::None && kind != ThemeKind::Dark {
                continue;
            }
            let theme = Theme::new(kind, level);
            let _ = writeln!(page, "== {kind:?} {level:?}");
            for (letter, name, style) in LETTERS {
                let _ = writeln!(page, "{letter} {name}: {}", described(style(&theme)));
            }
            let (selected, idle) = (described(theme.selected), described(theme.selected_idle));
            let _ = writeln!(
                page,
                "upper case, selected: {selected}\nGreek, selected elsewhere: {idle}"
            );
        }
    }
    assert_snapshot!("legend", page);
}

#[test]
fn every_theme_tells_its_styles_apart_and_marks_the_selection() {
    for kind in [ThemeKind::Dark, ThemeKind::Light, ThemeKind::ColorBlind] {
        for level in [ColorLevel::True, ColorLevel::Indexed, ColorLevel::Sixteen] {
            let theme = Theme::new(kind, level);
            let states = [theme.text, theme.accent, theme.ok, theme.warn, theme.error];
            for (index, state) in states.iter().enumerate() {
                let others = states.iter().skip(index + 1);
                assert!(
                    others.clone().all(|other| other != state),
                    "{kind:?} {level:?}"
                );
            }
        }
        for level in [
            ColorLevel::True,
            ColorLevel::Indexed,
            ColorLevel::Sixteen,
            ColorLevel::None,
        ] {
            let theme = Theme::new(kind, level);
            assert!(theme.selected != theme.text && theme.selected != theme.selected_idle);
            assert!(theme.selected_idle != theme.text, "{kind:?} {level:?}");
        }
    }
    let letters = alphabet();
    for (index, (letter, look)) in letters.iter().enumerate() {
        let same = letters
            .iter()
            .skip(index + 1)
            .find(|(_, other)| other == look);
        assert!(
            same.is_none(),
            "{letter} and {same:?} look alike in every theme"
        );
    }
}
