//! The box for order and columns.

use ratatui::layout::Rect;

use super::ask::{buttons, foot};
use crate::console::{
    columns::table,
    model::{Model, list::window},
    view::paint::{Canvas, Target, boxed, centered, line_of, put, put_right, select, span},
};

/// Draws the box: every column of the list, whether it is shown, and which one sorts.
pub(super) fn arrange(model: &Model, index: usize, area: Rect, buffer: &mut Canvas) {
    let (theme, signs) = (&model.theme, &model.signs);
    let columns = table(model.screen);
    let high = u16::try_from(columns.len()).unwrap_or(u16::MAX);
    let place = centered(area, 64, high.saturating_add(4));
    let title = format!("Order and columns of {}", model.screen.title());
    let inside = boxed(buffer, place, &title, theme.accent, model);
    let height = usize::from(inside.height.saturating_sub(2));
    let half = index.saturating_sub(height / 2);
    let top = window(columns.len(), index, half, height);
    let sorted = model.arranged.sorted(model.screen);
    for (row, column) in columns.iter().enumerate().skip(top).take(height) {
        let line = line_of(inside, row - top);
        let shown = model.arranged.is_shown(model.screen, row);
        let (sign, style) = match (column.naming, shown) {
            (true, _) => ("   ", theme.text),
            (false, true) => ("[x]", theme.text),
            (false, false) => ("[ ]", theme.muted),
        };
        let spans = vec![
            span(format!(" {sign} "), theme.accent),
            span(column.name, style),
        ];
        put(buffer, line.x, line.y, line.width, spans, model);
        let note = match sorted.filter(|sorted| sorted.column == row) {
            Some(sorted) if sorted.descending => {
                span(format!("{} greatest first", signs.descending), theme.accent)
            }
            Some(_) => span(format!("{} least first", signs.ascending), theme.accent),
            None if column.sorts => span("", theme.muted),
            None => span("no order", theme.faint),
        };
        put_right(buffer, line.right(), line.y, 20, vec![note], model);
        if row == index {
            select(buffer, line, true, model);
        }
        buffer.touchable(line, Target::Entry(row));
    }
    let pairs = [
        ("enter", "sort"),
        ("space", "show"),
        ("d", "defaults"),
        ("esc", "back"),
    ];
    buttons(model, foot(inside), &pairs, buffer);
}
