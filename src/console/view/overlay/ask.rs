//! Boxes that ask: confirmations, the ways out of a conflict, leaving.

use std::borrow::Cow;

use ratatui::{layout::Rect, text::Span};

use crate::console::{
    keymap::Key,
    model::{
        Model,
        overlay::{Confirm, Preview, WAYS},
    },
    text,
    view::{
        details::{self, Details},
        journal::action_words,
        paint::{Canvas, Target, boxed, centered, line_of, paragraph, put, select, span, width},
    },
};

pub(super) fn keys(model: &Model, pairs: &[(&str, &str)]) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    for (key, word) in pairs {
        spans.push(span((*key).to_owned(), model.theme.accent));
        spans.push(span(format!(" {word}   "), model.theme.muted));
    }
    spans
}

/// The last line of a box.
pub(super) fn foot(inside: Rect) -> Rect {
    line_of(inside, usize::from(inside.height.saturating_sub(1)))
}

/// Writes what keys do into a line; the mouse presses them.
pub(super) fn buttons(model: &Model, line: Rect, pairs: &[(&str, &str)], buffer: &mut Canvas) {
    let mut x = line.x;
    for pair in pairs {
        let spans = keys(model, &[*pair]);
        let room = line.right().saturating_sub(x);
        let wide = u16::try_from(width(&spans)).unwrap_or(room).min(room);
        put(buffer, x, line.y, room, spans, model);
        if let Ok(key) = Key::parse(pair.0) {
            let place = Rect {
                x,
                width: wide,
                ..line
            };
            buffer.touchable(place, Target::Press(key));
        }
        x += wide;
    }
}

pub(super) fn bottom(model: &Model, inside: Rect, spans: Vec<Span<'static>>, buffer: &mut Canvas) {
    if inside.height > 0 {
        put(
            buffer,
            inside.x,
            inside.bottom() - 1,
            inside.width,
            spans,
            model,
        );
    }
}

/// Draws the question that `q` asks.
pub(super) fn quit(model: &Model, area: Rect, buffer: &mut Canvas) {
    let theme = &model.theme;
    let combined = model.settings.combined;
    let inside = boxed(
        buffer,
        centered(area, 62, if combined { 9 } else { 7 }),
        "Leave the console?",
        theme.accent,
        model,
    );
    let (lines, choices): (&str, Vec<(&str, &str)>) = if combined {
        (
            "The listener runs in this process.",
            vec![
                ("d", "Detach: leave the screen, keep serving"),
                (
                    "s",
                    "Stop the listener, too, once open requests are answered",
                ),
                ("esc", "Stay"),
            ],
        )
    } else {
        (
            "The server goes on without this console.",
            vec![("y", "Leave"), ("esc", "Stay")],
        )
    };
    let used = paragraph(buffer, inside, lines, theme.muted, model);
    for (index, (key, words)) in choices.into_iter().enumerate() {
        let line = line_of(inside, usize::from(used) + 1 + index);
        put(
            buffer,
            line.x,
            line.y,
            line.width,
            vec![
                span(format!("  {key:<5}"), theme.accent),
                span(words.to_owned(), theme.text),
            ],
            model,
        );
        if let Ok(key) = Key::parse(key) {
            buffer.touchable(line, Target::Press(key));
        }
    }
}

/// Draws the ways out of a conflict.
pub(super) fn ways(model: &Model, index: usize, area: Rect, buffer: &mut Canvas) {
    let theme = &model.theme;
    let inside = boxed(
        buffer,
        centered(area, 76, 15),
        "Resolve the conflict",
        theme.accent,
        model,
    );
    let mut y = 0;
    for (row, action) in WAYS.into_iter().enumerate() {
        let info = action.info();
        let line = line_of(inside, y);
        let key = model.settings.keymap.key(action);
        put(
            buffer,
            line.x,
            line.y,
            line.width,
            vec![
                span(format!("  {key}  "), theme.accent),
                span(info.title, theme.strong),
            ],
            model,
        );
        if row == index {
            select(buffer, line, true, model);
        }
        buffer.touchable(line, Target::Entry(row));
        let below = line_of(inside, y + 1);
        let below = Rect {
            x: below.x + 5,
            width: below.width.saturating_sub(6),
            height: inside.bottom().saturating_sub(below.y).min(2),
            ..below
        };
        y += 2 + usize::from(paragraph(buffer, below, info.help, theme.muted, model));
    }
    let pairs = [("enter", "preview"), ("esc", "back")];
    buttons(model, foot(inside), &pairs, buffer);
}

fn confirm_area(model: &Model, confirm: &Confirm, area: Rect) -> Rect {
    let wide = 78.min(area.width);
    let cells = usize::from(wide.saturating_sub(4)).max(1);
    let sentence = text::wrap(&sentence(confirm), cells).len();
    let typed = if confirm.typed.is_some() { 3 } else { 0 };
    let preview = preview_lines(model, confirm, cells).lines.len();
    let high = 2 + sentence + 1 + preview + 1 + typed + 1;
    centered(area, wide, u16::try_from(high).unwrap_or(u16::MAX))
}

/// What it means; and that it cannot be taken back, where that is so.
fn sentence(confirm: &Confirm) -> Cow<'_, str> {
    match confirm.typed {
        None => Cow::Borrowed(&confirm.sentence),
        Some(_) => Cow::Owned(format!("{} This cannot be taken back.", confirm.sentence)),
    }
}

/// What the act would do.
fn preview_lines(model: &Model, confirm: &Confirm, cells: usize) -> Details {
    let theme = &model.theme;
    let mut lines = Details::default();
    match &confirm.preview {
        Preview::Waiting => lines.line(vec![span("asking what it would change", theme.muted)]),
        Preview::Refused(sentence) => {
            for (index, line) in text::wrap(&model.shown(sentence), cells.saturating_sub(2).max(1))
                .into_iter()
                .enumerate()
            {
                let lead = if index == 0 {
                    format!("{} ", model.signs.error)
                } else {
                    "  ".to_owned()
                };
                lines.line(vec![span(lead, theme.error), span(line, theme.text)]);
            }
        }
        Preview::Changes(changes) if changes.is_empty() => {
            lines.line(vec![span("It would change nothing.", theme.muted)]);
        }
        Preview::Changes(changes) => {
            lines.line(vec![span("It will change:", theme.muted)]);
            for change in changes.iter().take(6) {
                lines.line(vec![
                    span(
                        format!("  {}", model.shown(&change.subject.name)),
                        theme.strong,
                    ),
                    span(format!("  {} ", change.subject.kind.words()), theme.muted),
                    span(action_words(change.action), theme.accent),
                ]);
                let mut detail = Details::default();
                details::add_difference(&mut detail, model, &change.before, &change.after);
                let rest = detail.lines.len().saturating_sub(4);
                for line in detail.lines.into_iter().take(4) {
                    let mut spans = vec![Span::raw("  ")];
                    spans.extend(line.spans);
                    lines.line(spans);
                }
                if rest > 0 {
                    lines.line(vec![span(format!("    and {rest} more"), theme.muted)]);
                }
            }
            if changes.len() > 6 {
                lines.line(vec![span(
                    format!("  and {} changes more", changes.len() - 6),
                    theme.muted,
                )]);
            }
        }
    }
    lines
}

/// Draws a confirmation.
pub(super) fn confirm(model: &Model, confirm: &Confirm, area: Rect, buffer: &mut Canvas) {
    let theme = &model.theme;
    let border = if confirm.typed.is_some() {
        theme.warn
    } else {
        theme.accent
    };
    let place = confirm_area(model, confirm, area);
    let title = model.shown(&confirm.title).into_owned();
    let inside = boxed(buffer, place, &title, border, model);
    let below = if confirm.typed.is_some() { 4 } else { 1 };
    let above = Rect {
        height: inside.height.saturating_sub(below),
        ..inside
    };
    let used = paragraph(
        buffer,
        above,
        &model.shown(&sentence(confirm)),
        theme.text,
        model,
    );
    let lines = preview_lines(model, confirm, usize::from(inside.width));
    for (index, line) in lines.lines.into_iter().enumerate() {
        let row = usize::from(used) + 1 + index;
        if row >= usize::from(above.height) {
            break;
        }
        let line_area = line_of(above, row);
        put(
            buffer,
            line_area.x,
            line_area.y,
            line_area.width,
            line.spans,
            model,
        );
    }
    let refused = matches!(confirm.preview, Preview::Refused(_));
    if let Some((name, input)) = confirm.typed.as_ref().filter(|_| inside.height > 3) {
        let y = inside.bottom() - 3;
        put(
            buffer,
            inside.x,
            y - 1,
            inside.width,
            vec![
                span("Type ", theme.muted),
                span(model.shown(name).into_owned(), theme.strong),
                span(" to go on:", theme.muted),
            ],
            model,
        );
        let typed = model.shown(input.value()).into_owned();
        put(
            buffer,
            inside.x,
            y,
            inside.width,
            vec![span("> ", theme.accent), span(typed, theme.text)],
            model,
        );
    }
    let pairs: &[(&str, &str)] = match (confirm.busy, refused, confirm.typed.is_some()) {
        (true, ..) => {
            let waiting = vec![span("under way", theme.muted)];
            return bottom(model, inside, waiting, buffer);
        }
        (_, true, _) => &[("esc", "back")],
        (_, _, true) => &[("enter", "go on"), ("esc", "back")],
        _ => &[("y", "yes"), ("esc", "no")],
    };
    buttons(model, foot(inside), pairs, buffer);
}

/// A confirmation's cursor.
pub(super) fn confirm_cursor(model: &Model, confirm: &Confirm, area: Rect) -> Option<(u16, u16)> {
    let (_, input) = confirm.typed.as_ref()?;
    let place = confirm_area(model, confirm, area);
    let across = u16::try_from(input.visual_cursor()).unwrap_or(u16::MAX);
    let x = (place.x + 4)
        .saturating_add(across)
        .min(place.right().saturating_sub(3));
    Some((x, place.bottom().saturating_sub(4)))
}
