//! The box of an act on every marked row: the question, then how far it is.

use ratatui::{layout::Rect, text::Span};

use super::ask::{bottom, buttons, foot};
use crate::console::{
    model::{
        Model,
        batch::{Batch, Stage},
    },
    text,
    view::{
        details::Details,
        paint::{Canvas, boxed, centered, line_of, put, span},
    },
};

/// Names that are listed; the others are counted.
const NAMES: usize = 5;
/// The cells of the bar.
const BAR: usize = 40;

fn place(model: &Model, batch: &Batch, area: Rect) -> Rect {
    let wide = 78.min(area.width);
    let cells = usize::from(wide.saturating_sub(4)).max(1);
    let typed = if is_typed(batch) { 3 } else { 0 };
    let high = body(model, batch, cells).lines.len() + typed + 4;
    centered(area, wide, u16::try_from(high).unwrap_or(u16::MAX))
}

/// Whether words are typed into the box now.
fn is_typed(batch: &Batch) -> bool {
    batch.typed.is_some() && batch.stage == Stage::Asked
}

/// What the box says.
fn body(model: &Model, batch: &Batch, cells: usize) -> Details {
    let mut lines = Details::default();
    match &batch.stage {
        Stage::Asked => asked(&mut lines, model, batch, cells),
        Stage::Runs(_) | Stage::Stops(_) => progress(&mut lines, model, batch, cells),
        Stage::Lost(sentence) => {
            let sentence = format!("{} {}", model.signs.error, model.shown(sentence));
            lines.paragraph(&sentence, model.theme.error, cells);
        }
    }
    lines
}

fn asked(lines: &mut Details, model: &Model, batch: &Batch, cells: usize) {
    let theme = &model.theme;
    let mut sentence = batch.sentence.clone();
    if batch.typed.is_some() {
        sentence.push_str(" This cannot be taken back.");
    }
    lines.paragraph(&model.shown(&sentence), theme.text, cells);
    let left_out: u64 = batch.left_out.values().sum();
    if left_out > 0 {
        let sentence = format!(
            "{} Left out of the {} marked: {}.",
            model.signs.warn,
            text::number(batch.steps.len() as u64 + left_out),
            batch.left_out()
        );
        lines.paragraph(&sentence, theme.warn, cells);
    }
    lines.gap();
    for step in batch.steps.iter().take(NAMES) {
        let name = model.shown(&step.name);
        lines.line(vec![span(format!("  {name}"), theme.strong)]);
    }
    let more = batch.steps.len().saturating_sub(NAMES);
    if more > 0 {
        let words = format!("  and {} more", text::number(more as u64));
        lines.line(vec![span(words, theme.muted)]);
    }
}

fn progress(lines: &mut Details, model: &Model, batch: &Batch, cells: usize) {
    let theme = &model.theme;
    let count = batch.steps.len();
    let at = text::number((batch.ended + 1).min(count) as u64);
    let all = text::number(count as u64);
    let mut current = vec![span(format!("{at} of {all}"), theme.accent)];
    if let Some(step) = batch.next() {
        let name = model.shown(&step.name);
        current.push(span(format!("   {name}"), theme.strong));
    }
    lines.line(current);
    let [left, full, empty, right] = model.signs.bar_parts;
    let wide = BAR.min(cells.saturating_sub(2));
    let done = wide * batch.ended / count.max(1);
    lines.line(vec![
        span(left, theme.faint),
        span(full.repeat(done), theme.accent),
        span(empty.repeat(wide.saturating_sub(done)), theme.faint),
        span(right, theme.faint),
    ]);
    if let Some((name, why)) = &batch.first_refused {
        let refused = text::number(batch.refused);
        let sentence = format!(
            "{} {refused} refused: {}: {}",
            model.signs.error,
            model.shown(name),
            model.shown(why)
        );
        lines.paragraph(&sentence, theme.error, cells);
    }
}

/// Draws the box.
pub(super) fn batch(model: &Model, batch: &Batch, area: Rect, buffer: &mut Canvas) {
    let theme = &model.theme;
    let border = if is_typed(batch) {
        theme.warn
    } else {
        theme.accent
    };
    let place = place(model, batch, area);
    let title = model.shown(&batch.title).into_owned();
    let inside = boxed(buffer, place, &title, border, model);
    let below = if is_typed(batch) { 4 } else { 1 };
    let room = usize::from(inside.height.saturating_sub(below));
    let lines = body(model, batch, usize::from(inside.width).max(1)).lines;
    for (row, line) in lines.into_iter().take(room).enumerate() {
        let at = line_of(inside, row);
        put(buffer, at.x, at.y, at.width, line.spans, model);
    }
    if let Some((words, input)) = batch.typed.as_ref().filter(|_| is_typed(batch))
        && inside.height > 3
    {
        let y = inside.bottom() - 3;
        let prompt = vec![
            span("Type ", theme.muted),
            span(words.clone(), theme.strong),
            span(" to go on:", theme.muted),
        ];
        put(buffer, inside.x, y - 1, inside.width, prompt, model);
        let typed = model.shown(input.value()).into_owned();
        let typed = vec![span("> ", theme.accent), span(typed, theme.text)];
        put(buffer, inside.x, y, inside.width, typed, model);
    }
    let pairs: &[(&str, &str)] = match (&batch.stage, batch.typed.is_some()) {
        (Stage::Stops(_), _) => {
            let waiting: Vec<Span<'_>> = vec![span("stops after this one", theme.muted)];
            return bottom(model, inside, waiting, buffer);
        }
        (Stage::Runs(_), _) => &[("esc", "stop after this one")],
        (Stage::Lost(_), _) => &[("esc", "back")],
        (Stage::Asked, true) => &[("enter", "go on"), ("esc", "back")],
        (Stage::Asked, false) => &[("y", "yes"), ("esc", "no")],
    };
    buttons(model, foot(inside), pairs, buffer);
}

/// The cursor in the words that are typed.
pub(super) fn cursor(model: &Model, batch: &Batch, area: Rect) -> Option<(u16, u16)> {
    let (_, input) = batch.typed.as_ref().filter(|_| is_typed(batch))?;
    let place = place(model, batch, area);
    let across = u16::try_from(input.visual_cursor()).unwrap_or(u16::MAX);
    let x = (place.x + 4)
        .saturating_add(across)
        .min(place.right().saturating_sub(3));
    Some((x, place.bottom().saturating_sub(4)))
}
