//! Tables for people: aligned by what a terminal shows, never by bytes.

use std::io::{self, Write};

use crate::console::text::{visible, width};

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
        let mut widths: Vec<usize> = self.heading.iter().map(|cell| width(cell)).collect();
        for row in &self.rows {
            for (columns, cell) in widths.iter_mut().zip(row) {
                *columns = (*columns).max(width(cell));
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
    for (cell, columns) in cells.zip(widths) {
        text.push_str(cell);
        let padding = columns.saturating_sub(width(cell)) + 2;
        text.extend(std::iter::repeat_n(' ', padding));
    }
    writeln!(out, "{}", text.trim_end())
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
}
