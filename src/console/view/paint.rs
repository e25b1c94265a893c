//! The brushes: spans cut to fit, rules, tables, boxes. Text from outside must have been through
//! [`Model::shown`] before it gets here.

use ratatui::{
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

pub use super::canvas::{Canvas, Pane, Target};
use crate::console::{model::Model, text};

/// A text with its style.
pub fn span(text: impl Into<String>, style: Style) -> Span<'static> {
    Span::styled(text.into(), style)
}

/// The width of spans in cells.
pub fn width(spans: &[Span<'_>]) -> usize {
    spans.iter().map(|span| text::width(&span.content)).sum()
}

/// Spans, and what a click on them means.
pub type Piece = (Vec<Span<'static>>, Option<Target>);

/// The spans of pieces that stand in a row from a cell on; the mouse finds each of them there.
pub fn touchable(
    buffer: &mut Canvas,
    x: u16,
    y: u16,
    right: u16,
    pieces: Vec<Piece>,
) -> Vec<Span<'static>> {
    let mut left = x;
    let mut row = Vec::new();
    for (spans, target) in pieces {
        let room = right.saturating_sub(left);
        let wide = u16::try_from(width(&spans)).unwrap_or(room).min(room);
        if let Some(target) = target {
            buffer.touchable(Rect::new(left, y, wide, 1), target);
        }
        left += wide;
        row.extend(spans);
    }
    row
}

/// The spans that fit into so many cells, the last one with an ellipsis where something is missing.
pub fn fit(spans: Vec<Span<'static>>, cells: usize, ellipsis: char) -> Vec<Span<'static>> {
    if width(&spans) <= cells {
        return spans;
    }
    let mut left = cells;
    let mut fitted = Vec::with_capacity(spans.len());
    let last = spans.len().saturating_sub(1);
    for (index, span) in spans.into_iter().enumerate() {
        let wide = text::width(&span.content);
        if wide < left || (wide == left && index == last) {
            left -= wide;
            fitted.push(span);
            continue;
        }
        let padded = format!("{} ", span.content);
        let cut = text::truncate(&padded, left, ellipsis).into_owned();
        fitted.push(Span::styled(cut, span.style));
        break;
    }
    fitted
}

/// Writes spans from a cell on, in at most so many cells.
pub fn put(
    buffer: &mut Canvas,
    x: u16,
    y: u16,
    cells: u16,
    spans: Vec<Span<'static>>,
    model: &Model,
) {
    let clip = buffer.area.intersection(Rect::new(x, y, cells, 1));
    if clip.is_empty() {
        return;
    }
    let fitted = fit(spans, usize::from(clip.width), model.signs.ellipsis);
    buffer.set_line(clip.x, clip.y, &Line::from(fitted), clip.width);
}

/// Writes spans so that they end at a cell; gives their width.
pub fn put_right(
    buffer: &mut Canvas,
    right: u16,
    y: u16,
    cells: u16,
    spans: Vec<Span<'static>>,
    model: &Model,
) -> u16 {
    let wide = u16::try_from(width(&spans)).unwrap_or(cells).min(cells);
    put(buffer, right.saturating_sub(wide), y, wide, spans, model);
    wide
}

/// Draws a horizontal line with a title at its left and a note at its right.
pub fn rule(
    buffer: &mut Canvas,
    area: Rect,
    title: Vec<Span<'static>>,
    note: Vec<Span<'static>>,
    model: &Model,
) {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return;
    }
    let line = model.signs.rule.repeat(usize::from(area.width));
    buffer.set_stringn(
        area.x,
        area.y,
        line,
        usize::from(area.width),
        model.theme.faint,
    );
    let room = area.width.saturating_sub(2);
    let used = if title.is_empty() {
        0
    } else {
        over(buffer, area.x + 1, area.y, room, title, model)
    };
    let wide = u16::try_from(width(&note))
        .unwrap_or(u16::MAX)
        .saturating_add(2);
    if !note.is_empty() && wide < room - used {
        let x = area.right() - 1 - wide;
        over(buffer, x, area.y, wide, note, model);
    }
}

/// Writes spans with a blank at each side over a line, of whose look nothing stays; gives their width.
fn over(
    buffer: &mut Canvas,
    x: u16,
    y: u16,
    room: u16,
    spans: Vec<Span<'static>>,
    model: &Model,
) -> u16 {
    let mut padded = vec![Span::raw(" ")];
    padded.extend(spans);
    padded.push(Span::raw(" "));
    let wide = u16::try_from(width(&padded)).unwrap_or(room).min(room);
    let place = Rect::new(x, y, wide, 1).intersection(buffer.area);
    buffer.set_style(place, Style::reset());
    put(buffer, x, y, wide, padded, model);
    wide
}

/// The area of a row's cells: beside the mark.
pub fn inset(area: Rect) -> Rect {
    Rect {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        ..area
    }
}

/// One line of an area.
pub fn line_of(area: Rect, index: usize) -> Rect {
    let down = u16::try_from(index).unwrap_or(u16::MAX);
    Rect {
        y: area.y.saturating_add(down),
        height: 1,
        ..area
    }
    .intersection(area)
}

/// Makes a row the selected one.
pub fn select(buffer: &mut Canvas, area: Rect, focused: bool, model: &Model) {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return;
    }
    let style = if focused {
        model.theme.selected
    } else {
        model.theme.selected_idle
    };
    buffer.set_style(area, style);
    let mark = if focused {
        model.theme.accent
    } else {
        model.theme.muted
    };
    buffer.set_stringn(area.x, area.y, model.signs.mark, 1, mark.patch(style));
}

/// Clears a place for a box on top, draws its border, and gives its inside.
pub fn boxed(buffer: &mut Canvas, area: Rect, title: &str, border: Style, model: &Model) -> Rect {
    let area = area.intersection(buffer.area);
    if area.width < 4 || area.height < 3 {
        return Rect::default();
    }
    buffer.touchable(area, Target::Pane(Pane::Overlay));
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.reset();
                cell.set_style(model.theme.surface);
            }
        }
    }
    let [top_left, top_right, bottom_left, bottom_right] = model.signs.corners;
    let line = model.signs.rule.repeat(usize::from(area.width) - 2);
    let right = area.right() - 1;
    let bottom = area.bottom() - 1;
    buffer.set_string(
        area.x,
        area.y,
        format!("{top_left}{line}{top_right}"),
        border,
    );
    buffer.set_string(
        area.x,
        bottom,
        format!("{bottom_left}{line}{bottom_right}"),
        border,
    );
    for y in area.y + 1..bottom {
        buffer.set_string(area.x, y, model.signs.bar, border);
        buffer.set_string(right, y, model.signs.bar, border);
    }
    if !title.is_empty() {
        let spans = vec![span(format!(" {title} "), model.theme.strong)];
        put(buffer, area.x + 2, area.y, area.width - 4, spans, model);
    }
    Rect {
        x: area.x + 2,
        y: area.y + 1,
        width: area.width - 4,
        height: area.height - 2,
    }
}

/// A place of this size in the middle.
pub fn centered(area: Rect, wide: u16, high: u16) -> Rect {
    let wide = wide.min(area.width);
    let high = high.min(area.height);
    Rect {
        x: area.x + (area.width - wide) / 2,
        y: area.y + (area.height - high) / 2,
        width: wide,
        height: high,
    }
}

/// Writes wrapped text into an area; gives the lines it took.
pub fn paragraph(
    buffer: &mut Canvas,
    area: Rect,
    content: &str,
    style: Style,
    model: &Model,
) -> u16 {
    let mut used = 0;
    for line in text::wrap(content, usize::from(area.width)) {
        if used >= area.height {
            break;
        }
        put(
            buffer,
            area.x,
            area.y + used,
            area.width,
            vec![span(line, style)],
            model,
        );
        used += 1;
    }
    used
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_cut_across_styles() {
        let spans = || vec![span("one ", Style::new()), span("two", Style::new())];
        let shown = |cells| {
            fit(spans(), cells, '…')
                .iter()
                .map(|span| span.content.to_string())
                .collect::<String>()
        };
        assert_eq!(shown(7), "one two");
        assert_eq!(shown(6), "one t…");
        assert_eq!(shown(4), "one…");
        assert_eq!(shown(2), "o…");
        assert_eq!(shown(0), "");
    }
}
