//! Text from outside, made safe to show, and made to fit. Everything that a provider, an operator or
//! a client can choose goes through [`visible`] on its way to the screen.

use std::{borrow::Cow, fmt::Write as _};

use jiff::{Timestamp, tz::TimeZone};
use ratatui::{buffer::CellWidth as _, style::Style, text::Span};
use unicode_width::UnicodeWidthChar as _;

pub use crate::service::words::{count, number, span};

/// So many combining marks may follow one character; more only deface the rows around.
const MARKS: usize = 3;

/// A character of the screen that takes more cells, as a long chain of joined consonants does, is taken
/// apart: nothing of it could be shown where there is less room.
const WIDEST: usize = 4;

/// Shows what would act on the terminal or hide from the reader as escapes: control characters,
/// bidirectional overrides, zero-width characters, and combining marks with nothing to combine with.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut marks = MARKS;
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ if is_hidden(character) => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
            }
            // Half-width sound marks have no width of their own, and a cell to themselves.
            _ if character.width() == Some(0) && !matches!(character, '\u{ff9e}' | '\u{ff9f}') => {
                if marks == MARKS {
                    let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
                    continue;
                }
                marks += 1;
                shown.push(character);
                continue;
            }
            _ => {
                shown.push(character);
                marks = 0;
                continue;
            }
        }
        marks = MARKS;
    }
    Cow::Owned(shown)
}

/// Whether a character acts without being seen: controls, formatting, tags, fillers.
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(u32::from(character),
            0x00ad | 0x034f | 0x061c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f
            | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f
            | 0xfeff | 0xffa0 | 0xfff0..=0xfffb | 0x13430..=0x13455 | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff)
}

/// Goes through what a text is drawn as, one character of the screen with its cells after another,
/// until told to stop. The cells are those that drawing takes: a sequence such as a hand with its skin
/// takes fewer than its parts, a half-width kana with its sound mark more.
fn each_drawn(text: &str, mut take: impl FnMut(&str, usize) -> bool) {
    let span = Span::raw(text);
    for drawn in span.styled_graphemes(Style::new()) {
        let cells = usize::from(drawn.symbol.cell_width());
        let goes_on = if cells <= WIDEST {
            take(drawn.symbol, cells)
        } else {
            each_part(drawn.symbol, &mut take)
        };
        if !goes_on {
            return;
        }
    }
}

/// Goes through the characters of a text, each with the marks on it, until told to stop.
fn each_part(text: &str, take: &mut impl FnMut(&str, usize) -> bool) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        let mut later = rest.char_indices().skip(1);
        let end = later.find(|(_, character)| character.width() != Some(0));
        let (part, after) = rest.split_at(end.map_or(rest.len(), |(index, _)| index));
        if !take(part, usize::from(part.cell_width())) {
            return false;
        }
        rest = after;
    }
    true
}

/// The cells that a text takes.
pub fn width(text: &str) -> usize {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return text.len();
    }
    let mut cells = 0;
    each_drawn(text, |_, wide| {
        cells += wide;
        true
    });
    cells
}

/// The beginning of a text that fits into `cells`, with an ellipsis where something is missing.
pub fn truncate(text: &str, cells: usize, ellipsis: char) -> Cow<'_, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    if cells == 0 {
        return Cow::Borrowed("");
    }
    let mut shown = String::new();
    let mut used = 1;
    each_drawn(text, |drawn, wide| {
        used += wide;
        if used <= cells {
            shown.push_str(drawn);
        }
        used <= cells
    });
    shown.push(ellipsis);
    Cow::Owned(shown)
}

/// A text that fits into `cells` as far as cutting this name in it does that. Some of the name stays.
pub fn truncate_within(text: String, name: &str, cells: usize, ellipsis: char) -> String {
    /// So much of a name tells which it is.
    const LEAST: usize = 12;
    let beyond = width(&text).saturating_sub(cells);
    let long = width(name);
    if beyond == 0 || long <= LEAST || !text.contains(name) {
        return text;
    }
    let cut = truncate(name, long.saturating_sub(beyond).max(LEAST), ellipsis);
    text.replacen(name, &cut, 1)
}

/// Breaks a text into lines of at most `cells`, between words where that works.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let wide = width(word);
        if used > 0 && used + 1 + wide > cells {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        if wide <= cells {
            line.push_str(word);
            used += wide;
            continue;
        }
        each_drawn(word, |drawn, wide| {
            if used + wide > cells && used > 0 {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push_str(drawn);
            used += wide;
            true
        });
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// How long ago something was: `now`, `8 s`, `3 m`, `2 h`, `5 d`, `7 w`, `2 y`.
pub fn age(now: Timestamp, then: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(then.as_second());
    match seconds {
        i64::MIN..=0 => "now".to_owned(),
        1..60 => format!("{seconds} s"),
        60..3_600 => format!("{} m", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        86_400..1_209_600 => format!("{} d", seconds / 86_400),
        1_209_600..63_072_000 => format!("{} w", seconds / 604_800),
        _ => format!("{} y", seconds / 31_536_000),
    }
}

/// How long until something is: `in 8 d`, or `over`.
pub fn until(now: Timestamp, then: Timestamp) -> String {
    if then <= now {
        "over".to_owned()
    } else {
        format!("in {}", age(then, now))
    }
}

/// When [`until`] says something else; `None` once it is over.
pub fn next_change(now: Timestamp, then: Timestamp) -> Option<Timestamp> {
    let left = then.as_second().saturating_sub(now.as_second());
    let unit = match left {
        ..=0 => return None,
        1..60 => 1,
        60..3_600 => 60,
        3_600..86_400 => 3_600,
        _ => 86_400,
    };
    let shown = left / unit * unit;
    Timestamp::from_second(then.as_second() - shown + 1).ok()
}

/// Microseconds as people read them: `0.4 ms`, `41 ms`, `1.2 s`.
pub fn latency(micros: u64) -> String {
    match micros {
        0 => "0 ms".to_owned(),
        1..10_000 => format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100),
        10_000..1_000_000 => format!("{} ms", micros / 1_000),
        1_000_000..60_000_000 => {
            format!("{}.{} s", micros / 1_000_000, micros % 1_000_000 / 100_000)
        }
        _ => format!("{} s", number(micros / 1_000_000)),
    }
}

/// The wall clock with milliseconds.
pub fn clock_millis(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone())
        .strftime("%H:%M:%S.%3f")
        .to_string()
}

/// The wall clock; with the day where it is not today's.
pub fn clock(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let at = at.to_zoned_datetime(zone.clone());
    let same_day = at.date() == now.to_zoned_datetime(zone.clone()).date();
    let form = if same_day { "%H:%M:%S" } else { "%b %d %H:%M" };
    at.strftime(form).to_string()
}

/// When something was, in at most seven cells: the clock, the day, or the month.
pub fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let at = at.to_zoned_datetime(zone.clone());
    let now = now.to_zoned_datetime(zone.clone());
    let form = if at.date() == now.date() {
        "%H:%M"
    } else if at.year() == now.year() {
        "%b %d"
    } else {
        "%Y-%m"
    };
    at.strftime(form).to_string()
}

/// Date and time.
pub fn date_time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone())
        .strftime("%Y-%m-%d %H:%M:%S")
        .to_string()
}

/// Hides who the e-mail addresses in a text belong to, for a shared screen: `a***@x***`.
pub fn mask(text: &str) -> Cow<'_, str> {
    if !text.contains('@') {
        return Cow::Borrowed(text);
    }
    let part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '%' | '\'');
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let local = before.trim_end_matches(part).len();
        let domain = after.len() - after.trim_start_matches(part).len();
        shown.push_str(&before[..local]);
        for piece in [&before[local..], &after[..domain]] {
            shown.extend(piece.chars().next());
            shown.push_str(if piece.is_empty() { "" } else { "***" });
            if piece.as_ptr() == before[local..].as_ptr() {
                shown.push('@');
            }
        }
        rest = &after[domain..];
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_shown_as_escapes() {
        for (text, shown) in [
            ("plain", "plain"),
            ("Zoë 日本", "Zoë 日本"),
            ("a\u{1b}[31mb", "a\\u{1b}[31mb"),
            ("line\nbreak\tand\r", "line\\nbreak\\tand\\r"),
            ("evil\u{202e}txt.exe", "evil\\u{202e}txt.exe"),
            ("zero\u{200b}width", "zero\\u{200b}width"),
            ("\u{301}alone", "\\u{301}alone"),
            ("e\u{301}", "e\u{301}"),
            (
                "e\u{301}\u{301}\u{301}\u{301}",
                "e\u{301}\u{301}\u{301}\\u{301}",
            ),
            ("\u{85}", "\\u{85}"),
        ] {
            assert_eq!(visible(text), shown, "{text:?}");
        }
    }

    #[test]
    fn a_name_is_cut_before_what_was_done_to_it() {
        let cut =
            |text: &str, name: &str, cells| truncate_within(text.to_owned(), name, cells, '…');
        let text = "katherine.mccarthy122@example.com suspended";
        let name = "katherine.mccarthy122@example.com";
        assert_eq!(cut(text, name, 43), text);
        assert_eq!(cut(text, name, 36), "katherine.mccarthy122@exa… suspended");
        assert_eq!(cut(text, name, 5), "katherine.m… suspended");
        assert_eq!(cut(text, "ann@x.io", 5), text);
        assert_eq!(
            cut("role Operations +3", "Operations", 5),
            "role Operations +3"
        );
    }

    #[test]
    fn texts_are_cut_between_cells() {
        for (text, cells, shown) in [
            ("short", 5, "short"),
            ("longer", 5, "long…"),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("any", 0, ""),
            ("any", 1, "…"),
            ("👍🏽👍🏽", 4, "👍🏽👍🏽"),
            ("👍🏽👍🏽", 3, "👍🏽…"),
            ("ｶﾞｷﾞ", 6, "ｶﾞｷﾞ"),
            ("ｶﾞｷﾞ", 5, "ｶﾞ…"),
            ("🇩🇪!", 2, "…"),
            ("क्षि!", 4, "क्षि!"),
            ("क्क्क्क्क्क्क्क्", 8, "क्क्क्क्क्क्क्क्"),
            ("क्क्क्क्क्क्क्क्", 4, "क्क्क्…"),
        ] {
            let cut = truncate(text, cells, '…');
            assert_eq!(cut, shown);
            assert!(width(&cut) <= cells);
        }
    }

    #[test]
    fn words_wrap_and_long_ones_break() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 3), [""]);
        assert_eq!(wrap("क्क्क्क्क्क्", 4), ["क्क्क्क्", "क्क्"]);
    }

    #[test]
    fn figures_read_as_people_write_them() {
        let now: Timestamp = "2026-03-04T12:00:00Z".parse().unwrap();
        for (seconds, shown) in [
            (0, "now"),
            (59, "59 s"),
            (60, "1 m"),
            (3_600, "1 h"),
            (172_800, "2 d"),
            (1_209_600, "2 w"),
            (63_072_000, "2 y"),
        ] {
            let then = Timestamp::from_second(now.as_second() - seconds).unwrap();
            assert_eq!(age(now, then), shown);
        }
        for (left, after) in [
            (0, None),
            (42, Some(1)),
            (60, Some(1)),
            (119, Some(60)),
            (7_300, Some(101)),
        ] {
            let then = Timestamp::from_second(now.as_second() + left).unwrap();
            let change = next_change(now, then).map(|at| at.as_second() - now.as_second());
            assert_eq!(change, after, "{left}");
        }
        for (at, shown) in [
            ("2026-03-04T09:30:00Z", "09:30"),
            ("2026-03-03T23:59:00Z", "Mar 03"),
            ("2025-12-31T12:00:00Z", "2025-12"),
        ] {
            assert_eq!(moment(at.parse().unwrap(), now, &TimeZone::UTC), shown);
        }
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(number(12), "12");
        assert_eq!(count(1, "conflict"), "1 conflict");
        assert_eq!(latency(412), "0.4 ms");
        assert_eq!(latency(41_900), "41 ms");
        assert_eq!(latency(1_250_000), "1.2 s");
    }

    #[test]
    fn addresses_are_masked_wherever_they_stand() {
        for (text, shown) in [
            ("ann@x.io suspended", "a***@x*** suspended"),
            ("to <bob.b@y.com>, cy@z", "to <b***@y***>, c***@z***"),
            ("no address", "no address"),
            ("@", "@"),
        ] {
            assert_eq!(mask(text), shown);
        }
    }
}
