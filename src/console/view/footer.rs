//! The line at the bottom: the keys that work here and now, from the action table; and the filter
//! line while it is typed.

use ratatui::{layout::Rect, style::Modifier, text::Span};

use super::paint::{Canvas, Piece, Target, put, put_right, span, touchable, width};
use crate::console::{
    action::{Action, Screen},
    model::{
        Focus, Model, Mood,
        filters::{Completing, FilterEdit},
    },
    text,
    update::{current_target, is_available},
};

/// Draws the filter line, or the keys.
pub(super) fn render(model: &Model, area: Rect, buffer: &mut Canvas) {
    if let Some(edit) = &model.filtering {
        filter_line(model, edit, area, buffer);
        return;
    }
    // These are always there, at the right.
    let fixed: &[Action] = if area.width < 60 {
        &[Action::Help, Action::Quit]
    } else {
        &[Action::Palette, Action::Help, Action::Quit]
    };
    let tail: Vec<Piece> = fixed.iter().map(|action| hint(model, *action)).collect();
    let tail_wide: usize = tail.iter().map(|(spans, _)| width(spans)).sum();
    let room = usize::from(area.width).saturating_sub(tail_wide);
    let mut pieces: Vec<Piece> = vec![(vec![Span::raw(" ")], None)];
    let mut used = 1;
    // In details it matters most where Enter leads.
    let first = (model.focus == Focus::Details).then_some(Action::Open);
    let rest = Action::ALL.iter().copied();
    let rest = rest.filter(|action| Some(*action) != first);
    for action in first.into_iter().chain(rest) {
        if fixed.contains(&action) || action.info().hint.is_empty() || !is_available(model, action)
        {
            continue;
        }
        let next = hint(model, action);
        let wide = width(&next.0);
        if used + wide > room {
            continue;
        }
        used += wide;
        pieces.push(next);
    }
    let spans = touchable(buffer, area.x, area.y, area.right(), pieces);
    put(buffer, area.x, area.y, area.width, spans, model);
    let wide = u16::try_from(tail_wide).unwrap_or(area.width);
    let x = area.right().saturating_sub(wide.min(area.width));
    let spans = touchable(buffer, x, area.y, area.right(), tail);
    put(buffer, x, area.y, area.width, spans, model);
}

fn hint(model: &Model, action: Action) -> Piece {
    let key = model.settings.keymap.key(action);
    if key.is_empty() {
        return (Vec::new(), None);
    }
    let word = format!(" {}", label(model, action));
    let spans = vec![
        span(key, model.theme.accent),
        span(word, model.theme.muted),
        Span::raw("   "),
    ];
    (spans, Some(Target::Action(action)))
}

/// The word for an action, as it stands now.
fn label(model: &Model, action: Action) -> &'static str {
    match action {
        Action::Pause if model.live.is_paused() => "resume",
        Action::Follow if model.live.is_following() => "stop following",
        Action::Open if model.screen == Screen::Setup => "go there",
        Action::Open if model.focus == Focus::Syncs => "open",
        Action::Syncs if model.focus == Focus::Syncs => "requests",
        Action::Open if model.focus == Focus::Details => {
            current_target(model).map_or("", |target| target.word())
        }
        Action::ShowResolved if model.resolved => "open only",
        _ => action.info().hint,
    }
}

fn filter_line(model: &Model, edit: &FilterEdit, area: Rect, buffer: &mut Canvas) {
    let theme = &model.theme;
    let mut line = vec![span(" / ", theme.accent)];
    line.extend(typed(model, edit));
    put(buffer, area.x, area.y, area.width, line, model);
    let used = 3 + edit.input.visual_cursor() + 2;
    let room = area
        .width
        .saturating_sub(u16::try_from(used).unwrap_or(area.width));
    let note = match (&edit.error, &edit.completing) {
        (Some(error), _) => {
            let sentence = model.shown(&error.message).into_owned();
            let words = format!("{} {sentence} ", model.signs.error);
            vec![span(words, theme.error)]
        }
        (None, Some(completing)) => choices(model, completing, room),
        (None, None) => {
            let keys = "enter keeps   esc undoes   tab completes   ? all operators ";
            vec![span(keys, theme.muted)]
        }
    };
    if edit.error.is_some() || usize::from(room) > width(&note) {
        put_right(buffer, area.right(), area.y, room, note, model);
    }
}

/// What is typed, with the term marked that cannot be read.
fn typed(model: &Model, edit: &FilterEdit) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let text = edit.input.value();
    let shown = |text: &str, style| span(model.shown(text).into_owned(), style);
    let Some(error) = &edit.error else {
        return vec![shown(text, theme.text)];
    };
    let place = |characters: usize| {
        let mut indices = text.char_indices();
        indices.nth(characters).map_or(text.len(), |(at, _)| at)
    };
    let (before, rest) = text.split_at(place(error.at));
    let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (wrong, after) = rest.split_at(length);
    let marked = theme.error.add_modifier(Modifier::UNDERLINED);
    vec![
        shown(before, theme.text),
        shown(wrong, marked),
        shown(after, theme.text),
    ]
}

/// Words that fit, as many as there is room for, the one that is tried first.
fn choices(model: &Model, completing: &Completing, room: u16) -> Vec<Span<'static>> {
    let words = completing.choice.words.iter().enumerate();
    let (skipped, kept): (Vec<_>, Vec<_>) = words.partition(|(index, _)| *index < completing.index);
    let mut spans = Vec::new();
    for (index, word) in kept.into_iter().chain(skipped) {
        let style = if index == completing.index {
            model.theme.accent
        } else {
            model.theme.muted
        };
        let next = span(format!("{word}  "), style);
        if width(&spans) + width(std::slice::from_ref(&next)) > usize::from(room) {
            break;
        }
        spans.push(next);
    }
    spans
}

/// Where the cursor stands in the filter line.
pub(super) fn cursor(model: &Model, area: Rect) -> Option<(u16, u16)> {
    let edit = model.filtering.as_ref()?;
    let across = u16::try_from(edit.input.visual_cursor()).unwrap_or(u16::MAX);
    let x = area.x.saturating_add(3).saturating_add(across);
    Some((x.min(area.right().saturating_sub(1)), area.y))
}

/// Draws the news above the line, the newest lowest; a long one takes as many lines as it needs.
pub(super) fn toasts(model: &Model, above: u16, area: Rect, buffer: &mut Canvas) {
    let cells = usize::from(area.width.saturating_sub(7)).max(8);
    let mut y = above;
    for toast in model.toasts.iter().rev() {
        let (sign, style) = match toast.mood {
            Mood::Good => (model.signs.done, model.theme.ok),
            Mood::Bad => (model.signs.error, model.theme.error),
            Mood::Plain => (model.signs.dot, model.theme.accent),
        };
        let lines = text::wrap(&model.shown(&toast.text), cells);
        let widest = lines
            .iter()
            .map(|line| text::width(line))
            .max()
            .unwrap_or(0);
        let last = lines.len().saturating_sub(1);
        for (index, words) in lines.into_iter().enumerate().rev() {
            y = y.saturating_sub(1);
            if y <= area.y + 1 {
                return;
            }
            let lead = if index == 0 { sign } else { " " };
            let end = if index == last { "  " } else { "" };
            let spans = vec![
                span(format!("  {lead} "), style),
                span(format!("{words}{end}"), model.theme.strong),
            ];
            let wide = u16::try_from(widest + 6)
                .unwrap_or(area.width)
                .min(area.width);
            let x = area.right().saturating_sub(wide);
            let place = Rect::new(x, y, wide, 1).intersection(buffer.area);
            for x in place.left()..place.right() {
                if let Some(cell) = buffer.cell_mut((x, y)) {
                    cell.reset();
                }
            }
            buffer.touchable(place, Target::News);
            buffer.set_style(place, model.theme.selected_idle);
            put(buffer, place.x, y, wide, spans, model);
        }
    }
}
