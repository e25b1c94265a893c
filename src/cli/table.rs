//! Tables for people: aligned by what a terminal shows, never by bytes.

use std::{
    borrow::Cow,
    fmt::Write as _,
    io::{self, Write},
};

use unicode_width::UnicodeWidthStr as _;

/// A table with a heading; its last column is not padded.
pub(super) struct Table {
    heading: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings, without rows.
    pub(super) fn new(heading: &'static [&'static str]) -> Self {
        Self {
            heading,
            rows: Vec::new(),
        }
    }

    /// Adds a row. Cells may hold anything: what does not show, or would move the cursor, is escaped.
    pub(super) fn row<const N: usize>(&mut self, cells: [&str; N]) {
        debug_assert_eq!(N, self.heading.len(), "a cell for each heading");
        self.rows.push(
            cells
                .iter()
                .map(|cell| visible(cell).into_owned())
                .collect(),
        );
    }

    /// Writes heading and rows; nothing for a table without rows.
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let mut widths: Vec<usize> = self.heading.iter().map(|cell| cell.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        line(out, &widths, self.heading.iter().copied())?;
        for row in &self.rows {
            line(out, &widths, row.iter().map(String::as_str))?;
        }
        Ok(())
    }
}

fn line<'a>(
    out: &mut impl Write,
    widths: &[usize],
    cells: impl Iterator<Item = &'a str>,
) -> io::Result<()> {
    let mut text = String::new();
    for (cell, width) in cells.zip(widths) {
        text.push_str(cell);
        let padding = width.saturating_sub(cell.width()) + 2;
        text.extend(std::iter::repeat_n(' ', padding));
    }
    writeln!(out, "{}", text.trim_end())
}

/// The text with everything that a terminal would obey or hide, shown as an escape.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_hidden(c) {
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Controls, bidirectional overrides, zero-width characters and line separators.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_by_what_is_shown() {
        let mut table = Table::new(&["NAME", "STATE"]);
        table.row(["ann", "active"]);
        table.row(["株式会社", "suspended"]);
        table.row(["e\u{301}", ""]);
        let mut out = Vec::new();
        table.write(&mut out).expect("memory takes everything");
        assert_eq!(
            String::from_utf8(out).expect("text"),
            "NAME      STATE\nann       active\n株式会社  suspended\ne\u{301}\n"
        );
    }

    #[test]
    fn what_a_terminal_would_obey_or_hide_is_shown() {
        for (text, shown) in [
            ("plain ünï", "plain ünï"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("a\u{200b}b\n", "a\\u{200b}b\\u{a}"),
            ("\u{9b}31m", "\\u{9b}31m"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }
}
