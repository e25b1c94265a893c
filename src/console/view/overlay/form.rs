//! Boxes with lines to fill in.

use ratatui::{layout::Rect, style::Modifier, text::Span};

use super::ask::{bottom, buttons, foot};
use crate::console::{
    model::{
        Model,
        overlay::{Field, Form, Value},
    },
    text,
    view::paint::{Canvas, Target, boxed, centered, line_of, paragraph, put, select, span, width},
};

/// The width of the box.
const WIDE: u16 = 74;
/// The column of the values.
const LABEL: u16 = 14;

/// The sentence about one line, in so many cells.
fn wrong_lines(form: &Form, cells: u16) -> Vec<String> {
    let room = usize::from(cells.saturating_sub(2).max(8));
    let sentence = form.error.as_ref().map(|error| &error.sentence);
    sentence.map_or_else(Vec::new, |sentence| text::wrap(sentence, room))
}

/// The line that the error is about.
fn wrong_line(form: &Form) -> Option<usize> {
    form.error.as_ref().and_then(|error| error.line)
}

/// The cells for values, where the box is as wide as it can be in this area.
fn value_cells(area: Rect) -> u16 {
    WIDE.min(area.width).saturating_sub(4 + LABEL)
}

fn form_area(form: &Form, area: Rect) -> Rect {
    let suggestions = form.suggestions.len();
    let cells = match wrong_line(form) {
        Some(_) => value_cells(area),
        None => WIDE.min(area.width).saturating_sub(4),
    };
    let error = wrong_lines(form, cells).len();
    let high = form.fields.len() + suggestions + error + 5;
    let place = centered(area, WIDE, u16::try_from(high).unwrap_or(u16::MAX));
    // The lines must not jump while names are suggested: the top stays where it is without them.
    let still = centered(
        area,
        WIDE,
        u16::try_from(form.fields.len() + 5).unwrap_or(u16::MAX),
    );
    Rect {
        y: still.y.min(area.bottom().saturating_sub(place.height)),
        ..place
    }
}

/// The row of a line inside the box, below what stands under the lines before it.
fn row_of(form: &Form, line: usize, cells: u16) -> usize {
    let error = wrong_line(form).filter(|wrong| *wrong < line);
    let suggested = if form.index < line {
        form.suggestions.len()
    } else {
        0
    };
    1 + line + suggested + error.map_or(0, |_| wrong_lines(form, cells).len())
}

/// The first row that is shown: in a terminal too low for all lines the current one stays in sight.
fn scrolled(form: &Form, place: Rect, cells: u16) -> usize {
    let room = usize::from(place.height.saturating_sub(3));
    let below = if wrong_line(form) == Some(form.index) {
        wrong_lines(form, cells).len()
    } else {
        0
    };
    (row_of(form, form.index, cells) + below.min(1) + 1).saturating_sub(room)
}

/// Draws a form.
pub(super) fn form(model: &Model, form: &Form, area: Rect, buffer: &mut Canvas) {
    let title = model.shown(&form.title).into_owned();
    let place = form_area(form, area);
    let inside = boxed(buffer, place, &title, model.theme.accent, model);
    let cells = inside.width.saturating_sub(LABEL);
    let hidden = scrolled(form, place, cells);
    let body = Rect {
        height: inside.height.saturating_sub(1),
        ..inside
    };
    let line_at = |row: usize| match row.checked_sub(hidden) {
        Some(row) => line_of(body, row),
        None => Rect::default(),
    };
    for (index, field) in form.fields.iter().enumerate() {
        let row = row_of(form, index, cells);
        line(model, field, index == form.index, line_at(row), buffer);
        buffer.touchable(line_at(row), Target::Entry(index));
        let mut below = row + 1;
        if index == form.index {
            for (index, name) in form.suggestions.iter().enumerate() {
                let chosen = form.suggested == Some(index);
                suggestion(model, name, chosen, line_at(below), buffer);
                below += 1;
            }
        }
        if wrong_line(form) == Some(index) {
            let lines = wrong_lines(form, cells);
            for (index, words) in lines.into_iter().enumerate() {
                let at = line_at(below + index);
                complaint(model, &words, index == 0, at, LABEL, buffer);
            }
        }
    }
    if form.error.is_some() && wrong_line(form).is_none() {
        let first = row_of(form, form.fields.len(), cells) + 1;
        for (index, words) in wrong_lines(form, inside.width).into_iter().enumerate() {
            complaint(model, &words, index == 0, line_at(first + index), 0, buffer);
        }
    }
    if form.busy {
        let waiting = vec![span("under way", model.theme.muted)];
        bottom(model, inside, waiting, buffer);
    } else {
        buttons(model, foot(inside), &hints(form), buffer);
    }
}

fn line(model: &Model, field: &Field, current: bool, at: Rect, buffer: &mut Canvas) {
    if at.is_empty() {
        return;
    }
    let theme = &model.theme;
    let label = if current { theme.accent } else { theme.muted };
    put(
        buffer,
        at.x,
        at.y,
        LABEL,
        vec![span(field.label, label)],
        model,
    );
    let room = at.width.saturating_sub(LABEL);
    let value = match &field.value {
        Value::Choice(options, chosen) => {
            choice(model, options, *chosen, current, usize::from(room))
        }
        Value::Text(input) | Value::Name(input, _) if input.value().is_empty() => {
            vec![span(field.hint, theme.faint)]
        }
        Value::Text(input) | Value::Name(input, _) => {
            let shown = model.shown(input.value()).into_owned();
            let skipped = if current {
                input.visual_scroll(usize::from(room.max(2)) - 1)
            } else {
                0
            };
            let shown: String = shown.chars().skip(skipped).collect();
            vec![span(shown, theme.text)]
        }
    };
    put(buffer, at.x + LABEL, at.y, room, value, model);
}

fn suggestion(model: &Model, name: &str, chosen: bool, at: Rect, buffer: &mut Canvas) {
    if at.is_empty() {
        return;
    }
    let area = Rect {
        x: at.x + LABEL,
        width: at.width.saturating_sub(LABEL),
        ..at
    };
    put(
        buffer,
        area.x + 1,
        area.y,
        area.width.saturating_sub(1),
        vec![span(model.shown(name).into_owned(), model.theme.muted)],
        model,
    );
    if chosen {
        select(buffer, area, true, model);
    }
}

fn complaint(model: &Model, words: &str, first: bool, at: Rect, indent: u16, buffer: &mut Canvas) {
    if at.is_empty() {
        return;
    }
    let lead = if first { model.signs.error } else { " " };
    let style = model.theme.error;
    let x = at.x + indent;
    put(buffer, x, at.y, 2, vec![span(lead, style)], model);
    let below = Rect {
        x: x + 2,
        width: at.width.saturating_sub(indent + 2),
        ..at
    };
    paragraph(buffer, below, &model.shown(words), style, model);
}

fn hints(form: &Form) -> Vec<(&'static str, &'static str)> {
    let mut pairs = vec![("enter", "done")];
    if form.fields.len() > 1 {
        pairs.push(("tab", "next line"));
    }
    match form.fields.get(form.index).map(|field| &field.value) {
        Some(Value::Choice(..)) => pairs.push(("left right", "choose")),
        Some(Value::Name(..)) if !form.suggestions.is_empty() => {
            pairs.push(("up down", "choose"));
        }
        _ => {}
    }
    pairs.push(("esc", "back"));
    pairs
}

fn choice(
    model: &Model,
    options: &[&'static str],
    chosen: usize,
    current: bool,
    room: usize,
) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let mut spans = Vec::new();
    for (index, option) in options.iter().enumerate() {
        let style = if index != chosen {
            theme.muted
        } else if current {
            theme.accent.add_modifier(Modifier::REVERSED)
        } else {
            theme.strong
        };
        spans.push(span(format!(" {option} "), style));
    }
    if width(&spans) > room {
        let option = options.get(chosen).copied().unwrap_or_default();
        return vec![span(
            format!("< {option} >"),
            if current { theme.accent } else { theme.text },
        )];
    }
    spans
}

/// A form's cursor.
pub(super) fn form_cursor(form: &Form, area: Rect) -> Option<(u16, u16)> {
    let place = form_area(form, area);
    let field = form.fields.get(form.index)?;
    let (Value::Text(input) | Value::Name(input, _)) = &field.value else {
        return None;
    };
    let cells = place.width.saturating_sub(4 + LABEL);
    let row = row_of(form, form.index, cells).checked_sub(scrolled(form, place, cells))?;
    let room = usize::from(cells.max(2)) - 1;
    let across = input
        .visual_cursor()
        .saturating_sub(input.visual_scroll(room));
    let across = u16::try_from(across).unwrap_or(u16::MAX);
    let x = (place.x + 2 + LABEL).saturating_add(across);
    let y = (place.y + 1).saturating_add(u16::try_from(row).unwrap_or(u16::MAX));
    (y < place.bottom()).then_some((x.min(place.right().saturating_sub(3)), y))
}
