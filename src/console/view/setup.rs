//! Setup: the steps of connecting a provider, ticked as the traffic shows them.

use super::{
    empty,
    geometry::Geometry,
    paint::{Canvas, Target, line_of, put, rule, select, span},
};
use crate::console::{model::Model, text};

/// The lines that one step takes.
pub const LINES: usize = 3;

/// Draws the checklist.
pub fn render(model: &Model, places: &Geometry, buffer: &mut Canvas) {
    let (theme, signs) = (&model.theme, &model.signs);
    let done = model.setup.iter().filter(|step| step.done).count();
    let note = format!("{done} of {} done", model.setup.len());
    rule(
        buffer,
        places.heading,
        vec![span("Connect a provider", theme.accent)],
        vec![span(note, theme.muted)],
        model,
    );
    if model.setup.is_empty() {
        empty(model, places.rows, buffer, "Asking the server", &[]);
        return;
    }
    let area = places.rows;
    let high = step_lines(area.height);
    let cells = usize::from(area.width.saturating_sub(8)).max(10);
    for (index, step) in model.setup.iter().enumerate().skip(model.setup_cursor.top) {
        let first = (index - model.setup_cursor.top) * high;
        if first >= usize::from(area.height) {
            break;
        }
        let line = line_of(area, first);
        let (sign, style) = if step.done {
            (signs.done, theme.ok)
        } else {
            (signs.open, theme.muted)
        };
        let title = if step.done { theme.muted } else { theme.strong };
        let title = vec![
            span(format!("  {sign}  "), style),
            span(model.shown(&step.title).into_owned(), title),
        ];
        put(buffer, line.x, line.y, line.width, title, model);
        if model.setup_cursor.index == index {
            select(buffer, line, true, model);
        }
        buffer.touchable(line, Target::Row(index));
        for (below, text) in text::wrap(&model.shown(&step.hint), cells)
            .into_iter()
            .take(high.saturating_sub(2).max(high - 1))
            .enumerate()
        {
            let line = line_of(area, first + 1 + below);
            put(
                buffer,
                line.x + 5,
                line.y,
                line.width.saturating_sub(5),
                vec![span(text, theme.muted)],
                model,
            );
        }
    }
}

/// The lines of one step in a list of this height.
pub fn step_lines(height: u16) -> usize {
    match height {
        ..12 => 1,
        12..18 => 2,
        _ => LINES,
    }
}
