//! Boxes that find: help, palette.

use ratatui::{layout::Rect, text::Span};
use tui_input::Input;

use crate::console::{
    action::{Action, Screen},
    filter,
    model::{Model, list::window},
    palette, text,
    update::is_allowed,
    view::paint::{Canvas, Target, boxed, centered, line_of, put, put_right, select, span},
};

fn help_area(area: Rect) -> Rect {
    centered(area, 92, area.height.saturating_sub(2))
}

/// The lines of the help that fit a search: keys here, keys elsewhere, the filter's operators.
pub(super) fn help_lines(model: &Model, search: &str) -> Vec<Vec<Span<'static>>> {
    let cells = usize::from(inside_of(help_area(model.area)).width);
    let theme = &model.theme;
    let wanted = search.trim().to_lowercase();
    let fits = |text: &str| text.to_lowercase().contains(&wanted);
    let mut lines: Vec<Vec<Span<'static>>> = Vec::new();
    let mut group = |title: String, rows: Vec<(String, String)>| {
        if rows.is_empty() {
            return;
        }
        if !lines.is_empty() {
            lines.push(Vec::new());
        }
        lines.push(vec![span(title, theme.accent)]);
        let keys = rows
            .iter()
            .map(|(keys, _)| text::width(keys))
            .max()
            .unwrap_or(0)
            .clamp(8, if cells < 60 { 10 } else { 24 });
        for (key, words) in rows {
            let room = cells.saturating_sub(keys + 4).max(12);
            for (index, line) in text::wrap(&words, room).into_iter().enumerate() {
                let key = if index == 0 { key.as_str() } else { "" };
                lines.push(vec![
                    span(format!("  {key:<keys$}  "), theme.strong),
                    span(line, theme.text),
                ]);
            }
        }
    };
    let rows = |actions: &mut dyn Iterator<Item = Action>| -> Vec<(String, String)> {
        actions
            .filter(|action| is_allowed(model, *action))
            .map(|action| {
                (
                    model.settings.keymap.keys(action).join("  "),
                    action.info().help.to_owned(),
                )
            })
            .filter(|(keys, help)| fits(keys) || fits(help))
            .collect()
    };
    let own = |action: &Action| action.info().screens.len() < Screen::ALL.len();
    let all = || Action::ALL.iter().copied();
    let here = rows(&mut all().filter(|a| own(a) && a.info().screens.contains(&model.screen)));
    group(format!("On {}", model.screen.title()), here);
    group(
        "Everywhere".to_owned(),
        rows(&mut all().filter(|a| !own(a))),
    );
    for screen in Screen::ALL
        .into_iter()
        .filter(|screen| *screen != model.screen)
    {
        let theirs = |a: &Action| {
            own(a)
                && a.info().screens.first() == Some(&screen)
                && !a.info().screens.contains(&model.screen)
        };
        group(
            format!("On {}", screen.title()),
            rows(&mut all().filter(theirs)),
        );
    }
    let configured = all().map(|action| {
        let keys = model.settings.keymap.keys(action).join("  ");
        (keys, action.info().name.to_owned())
    });
    group(
        "Names in the configuration file, under [console.keys]".to_owned(),
        configured
            .filter(|(keys, name)| fits(keys) || fits(name))
            .collect(),
    );
    if let Some(list) = filter::list(model.screen) {
        let title = format!("The filter of {}", model.screen.title());
        let named = fits(&title);
        let operators = list.help().into_iter();
        let operators = operators.map(|(form, words)| (form, words.to_owned()));
        let fitting = operators.filter(|(form, words)| named || fits(form) || fits(words));
        group(title, fitting.collect());
    }
    lines
}

/// Draws the help.
pub(super) fn help(model: &Model, input: &Input, top: usize, area: Rect, buffer: &mut Canvas) {
    let inside = boxed(buffer, help_area(area), "Help", model.theme.accent, model);
    search_line(model, input, "type to search", inside, buffer);
    let lines = help_lines(model, input.value());
    let height = usize::from(inside.height.saturating_sub(2));
    let top = top.min(lines.len().saturating_sub(height));
    if lines.is_empty() {
        put(
            buffer,
            inside.x,
            inside.y + 2,
            inside.width,
            vec![span("Nothing fits.", model.theme.muted)],
            model,
        );
    }
    for (row, spans) in lines.into_iter().skip(top).take(height).enumerate() {
        let line = line_of(inside, row + 2);
        put(buffer, line.x, line.y, line.width, spans, model);
    }
}

fn search_line(model: &Model, input: &Input, hint: &str, inside: Rect, buffer: &mut Canvas) {
    let typed = input.value();
    let text = if typed.is_empty() {
        span(hint.to_owned(), model.theme.muted)
    } else {
        span(model.shown(typed).into_owned(), model.theme.text)
    };
    put(
        buffer,
        inside.x,
        inside.y,
        inside.width,
        vec![span("/ ", model.theme.accent), text],
        model,
    );
}

fn after_typed(input: &Input, inside: Rect) -> (u16, u16) {
    let across = u16::try_from(input.visual_cursor()).unwrap_or(u16::MAX);
    let x = inside.x.saturating_add(2).saturating_add(across);
    (x.min(inside.right().saturating_sub(1)), inside.y)
}

fn inside_of(area: Rect) -> Rect {
    Rect {
        x: area.x + 2,
        y: area.y + 1,
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(2),
    }
}

/// The help's cursor.
pub(super) fn help_cursor(input: &Input, area: Rect) -> (u16, u16) {
    after_typed(input, inside_of(help_area(area)))
}

fn palette_area(area: Rect) -> Rect {
    let high = 16.min(area.height.saturating_sub(4)).max(6);
    let place = centered(area, 72, high);
    Rect {
        y: area.y + (area.height - place.height).min(3),
        ..place
    }
}

/// Draws the palette.
pub(super) fn palette(model: &Model, input: &Input, index: usize, area: Rect, buffer: &mut Canvas) {
    let inside = boxed(
        buffer,
        palette_area(area),
        "Palette",
        model.theme.accent,
        model,
    );
    search_line(model, input, "what do you want to do?", inside, buffer);
    let found = palette::matches(model, input.value());
    if found.is_empty() {
        put(
            buffer,
            inside.x,
            inside.y + 2,
            inside.width,
            vec![span("No action has this name.", model.theme.muted)],
            model,
        );
    }
    let height = usize::from(inside.height.saturating_sub(2));
    let index = index.min(found.len().saturating_sub(1));
    let top = window(found.len(), index, index.saturating_sub(height / 2), height);
    for (row, action) in found.iter().enumerate().skip(top).take(height) {
        let line = line_of(inside, row - top + 2);
        let info = action.info();
        let mut spans = vec![span(format!(" {}", info.title), model.theme.text)];
        if palette::elsewhere(model.screen, *action)
            && let Some(screen) = info.screens.first()
        {
            spans.push(span(format!("  on {}", screen.title()), model.theme.muted));
        }
        put(buffer, line.x, line.y, line.width, spans, model);
        let key = model.settings.keymap.key(*action);
        put_right(
            buffer,
            line.right(),
            line.y,
            12,
            vec![span(key, model.theme.accent)],
            model,
        );
        if row == index {
            select(buffer, line, true, model);
        }
        buffer.touchable(line, Target::Entry(row));
    }
}

/// The palette's cursor.
pub(super) fn palette_cursor(input: &Input, area: Rect) -> (u16, u16) {
    after_typed(input, inside_of(palette_area(area)))
}
