//! Lists as tables: the columns that are shown, their widths, headings and rows.

use ratatui::{layout::Rect, text::Span};

use super::{
    geometry::has_headings,
    paint::{Canvas, Target, inset, line_of, put, put_right, select, span},
};
use crate::console::{
    columns::{Column, Columns},
    model::{Focus, Model},
    text,
};

const GAP: u16 = 2;

/// The width of each column in an area of so many cells; 0 where it is dropped.
fn widths(columns: &[Column], cells: u16) -> Vec<u16> {
    let mut kept: Vec<bool> = vec![true; columns.len()];
    let need = |kept: &[bool]| -> u16 {
        let chosen = columns.iter().zip(kept).filter(|(_, kept)| **kept);
        chosen
            .map(|(column, _)| column.least + GAP)
            .sum::<u16>()
            .saturating_sub(GAP)
    };
    while need(&kept) > cells {
        let droppable = columns.iter().enumerate().filter(|(index, column)| {
            column.drop > 0 && kept.get(*index).copied().unwrap_or(false)
        });
        let Some((index, _)) = droppable.max_by_key(|(_, column)| column.drop) else {
            break;
        };
        if let Some(kept) = kept.get_mut(index) {
            *kept = false;
        }
    }
    let spare = cells.saturating_sub(need(&kept));
    let shares: u16 = columns
        .iter()
        .zip(&kept)
        .filter(|(_, kept)| **kept)
        .map(|(column, _)| column.share)
        .sum();
    let mut left = spare;
    let mut seen = 0;
    columns
        .iter()
        .zip(&kept)
        .map(|(column, kept)| {
            if !kept {
                return 0;
            }
            seen += column.share;
            let extra = if column.share == 0 {
                0
            } else if seen == shares {
                left
            } else {
                share_of(spare, column.share, shares)
            };
            left -= extra;
            column.least + extra
        })
        .collect()
}

/// The part of what is left over that falls to a column with this share of all.
fn share_of(cells: u16, share: u16, all: u16) -> u16 {
    let part = u32::from(cells) * u32::from(share) / u32::from(all.max(1));
    u16::try_from(part).unwrap_or(cells)
}

/// The columns that the current list shows, with their widths.
pub struct Table<C> {
    columns: Vec<(usize, C)>,
    shown: Vec<Column>,
    widths: Vec<u16>,
}

/// One cell of a list.
pub type Cell = Vec<Span<'static>>;

/// How a row stands.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// Its place in the list.
    pub index: usize,
    /// Whether it is the selected one.
    pub selected: bool,
    /// Whether it is marked.
    pub marked: bool,
}

impl<C: Columns> Table<C> {
    /// The columns for rows in an area.
    pub fn new(model: &Model, rows: Rect) -> Self {
        Self::adjusted(model, rows, |_, _| {})
    }

    /// The columns for rows in an area, after a change to what their table says.
    pub fn adjusted(model: &Model, rows: Rect, adjust: impl Fn(C, &mut Column)) -> Self {
        let screen = model.screen;
        let sorted = model.arranged.sorted(screen).map(|sorted| sorted.column);
        let mut columns = Vec::with_capacity(C::ALL.len());
        let mut shown = Vec::with_capacity(C::ALL.len());
        for (index, (kind, column)) in C::ALL.iter().zip(C::TABLE).enumerate() {
            if !model.arranged.is_shown(screen, index) {
                continue;
            }
            let mut column = *column;
            adjust(*kind, &mut column);
            if !column.shown || sorted == Some(index) {
                // What was asked for stays longer than what is shown anyway.
                column.drop = column.drop.min(1);
            }
            let arrow = if sorted == Some(index) { 2 } else { 0 };
            let title = u16::try_from(text::width(column.title) + arrow).unwrap_or(u16::MAX);
            if has_headings(model) {
                column.least = column.least.max(title);
            }
            columns.push((index, *kind));
            shown.push(column);
        }
        let widths = widths(&shown, inset(rows).width);
        Self {
            columns,
            shown,
            widths,
        }
    }

    /// The width of a column; 0 where it is not shown.
    pub fn width(&self, wanted: impl Fn(C) -> bool) -> u16 {
        let place = self.columns.iter().position(|(_, kind)| wanted(*kind));
        let width = place.and_then(|place| self.widths.get(place));
        width.copied().unwrap_or(0)
    }

    /// Draws the headings; the one that the list is sorted by has an arrow.
    pub fn headings(&self, model: &Model, area: Rect, buffer: &mut Canvas) {
        let sorted = model.arranged.sorted(model.screen);
        let arrow = if sorted.is_some_and(|sorted| sorted.descending) {
            model.signs.descending
        } else {
            model.signs.ascending
        };
        for (place, (index, column)) in self.places(inset(area)) {
            let by = sorted.is_some_and(|sorted| sorted.column == index);
            let style = if by {
                model.theme.accent
            } else {
                model.theme.muted
            };
            let mut spans = vec![span(column.title, style)];
            if by {
                spans.push(span(format!(" {arrow}"), style));
            }
            cell(model, column, place, spans, buffer);
            if column.sorts {
                buffer.touchable(place, Target::Heading(index));
            }
        }
    }

    /// Draws a row.
    pub fn row(
        &self,
        model: &Model,
        area: Rect,
        standing: Standing,
        make: impl Fn(C) -> Cell,
        buffer: &mut Canvas,
    ) {
        let kinds = self.columns.iter().map(|(_, kind)| *kind);
        let kinds: Vec<C> = kinds
            .zip(&self.widths)
            .filter_map(|(kind, width)| (*width > 0).then_some(kind))
            .collect();
        for ((place, (_, column)), kind) in self.places(inset(area)).zip(kinds) {
            cell(model, column, place, make(kind), buffer);
        }
        stand(model, area, standing, buffer);
    }

    /// Where each column that has room is in a line.
    fn places(&self, line: Rect) -> impl Iterator<Item = (Rect, (usize, &Column))> {
        let mut x = line.x;
        let columns = self.columns.iter().zip(&self.shown).zip(&self.widths);
        columns
            .filter(|(_, width)| **width > 0)
            .map(move |(((index, _), column), width)| {
                let room = (*width).min(line.right().saturating_sub(x));
                let place = Rect {
                    x,
                    width: room,
                    ..line
                };
                x = x.saturating_add(width + GAP);
                (place, (*index, column))
            })
    }
}

fn cell(model: &Model, column: &Column, place: Rect, spans: Cell, buffer: &mut Canvas) {
    if column.right {
        put_right(buffer, place.right(), place.y, place.width, spans, model);
    } else {
        put(buffer, place.x, place.y, place.width, spans, model);
    }
}

/// Shows how a row stands: selected, marked; and lets the mouse find it.
pub fn stand(model: &Model, area: Rect, standing: Standing, buffer: &mut Canvas) {
    if standing.selected {
        select(buffer, area, model.focus == Focus::List, model);
    }
    if standing.marked {
        let sign = vec![span(model.signs.marked, model.theme.accent)];
        put(buffer, area.x, area.y, 1, sign, model);
    }
    buffer.touchable(area, Target::Row(standing.index));
}

/// What the rule of the current list says: how many rows are marked, if any, before the rest.
pub fn note(model: &Model, rest: Cell) -> Cell {
    let count = model.marks.count(model.screen);
    if count == 0 {
        return rest;
    }
    let words = format!("{} marked", text::number(count as u64));
    let mut note = vec![span(words, model.theme.accent)];
    if !rest.is_empty() {
        let dot = format!(" {} ", model.signs.dot);
        note.push(span(dot, model.theme.muted));
    }
    note.extend(rest);
    note
}

/// The lines of an area that a list with so many rows fills from its first visible one on.
pub fn lines(rows: Rect, top: usize, length: usize) -> impl Iterator<Item = (usize, Rect)> {
    (0..usize::from(rows.height))
        .map(move |line| (top + line, line_of(rows, line)))
        .take_while(move |(index, _)| *index < length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::columns::{figures, fixed, flexible};

    #[test]
    fn columns_share_the_room_and_the_least_needed_goes_first() {
        let columns = [
            fixed("a", 10, 0),
            flexible("b", 10, 1, 0),
            fixed("c", 8, 2),
            figures("d", 5, 1),
        ];
        for (cells, expected) in [
            (100, [10, 71, 8, 5]),
            (39, [10, 10, 8, 5]),
            (38, [10, 19, 0, 5]),
            (25, [10, 13, 0, 0]),
            (5, [10, 10, 0, 0]),
        ] {
            assert_eq!(widths(&columns, cells), expected, "{cells}");
        }
    }
}
