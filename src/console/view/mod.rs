//! What the model looks like. Pure: a model and an area make a picture, and nothing else does.

pub mod canvas;
pub mod details;
pub mod geometry;
pub mod paint;

mod access;
mod change;
mod conflicts;
mod crumbs;
mod footer;
mod header;
mod journal;
mod live;
mod narrowed;
pub mod overlay;
mod provider;
mod providers;
pub mod roles;
pub mod setup;
pub mod table;
mod users;

use ratatui::{Frame, buffer::Buffer, layout::Rect};

use self::{
    canvas::Targets,
    geometry::{Geometry, SMALLEST, geometry},
    paint::{Canvas, Pane, Target, line_of, paragraph, put, rule, span},
    table::{Cell, Standing, Table},
};
use super::{
    action::{Action, Screen},
    columns::Columns,
    model::{
        Focus, Model,
        list::{Keyed, Paged},
        overlay::Overlay,
    },
    text,
};

pub use self::conflicts::problem;

/// Draws the model. Its `area` must be the frame's; where they differ for a moment, what is outside
/// the frame is not drawn.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    render(model, frame.buffer_mut());
    if let Some((x, y)) = cursor(model)
        && frame.area().contains((x, y).into())
    {
        frame.set_cursor_position((x, y));
    }
}

/// Draws the model into a buffer.
pub fn render(model: &Model, buffer: &mut Buffer) {
    let mut canvas = Canvas::over(std::mem::take(buffer));
    draw(model, &mut canvas);
    *buffer = canvas.into_buffer();
}

/// Where on the screen is what the mouse can act on.
pub fn targets(model: &Model) -> Targets {
    let mut canvas = Canvas::remembering(model.area);
    draw(model, &mut canvas);
    canvas.into_targets()
}

fn draw(model: &Model, buffer: &mut Canvas) {
    let area = model.area.intersection(buffer.area);
    if area.is_empty() {
        return;
    }
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        card(model, area, buffer);
        return;
    }
    buffer.set_style(area, model.theme.text);
    let places = geometry(model);
    header::render(model, places.header, buffer);
    let rest = header::tabs(model, places.tabs, buffer);
    crumbs::render(model, rest, buffer);
    for (place, pane) in [(places.rows, Pane::List), (places.details, Pane::Details)] {
        buffer.touchable(place, Target::Pane(pane));
    }
    if !places.rows.is_empty() {
        match model.screen {
            Screen::Live => live::render(model, &places, buffer),
            Screen::Users => users::render(model, &places, buffer),
            Screen::Roles => roles::render(model, &places, buffer),
            Screen::Conflicts => conflicts::render(model, &places, buffer),
            Screen::Access => access::render(model, &places, buffer),
            Screen::Providers => providers::render(model, &places, buffer),
            Screen::Journal => journal::render(model, &places, buffer),
            Screen::Setup => setup::render(model, &places, buffer),
        }
    }
    divider(model, &places, buffer);
    details::render(model, &places, buffer);
    rule(buffer, places.bottom_rule, Vec::new(), Vec::new(), model);
    if !places.divider.is_empty() && !places.bottom_rule.is_empty() {
        let (x, y) = (places.divider.x, places.bottom_rule.y);
        buffer.set_stringn(x, y, model.signs.tee_up, 1, model.theme.faint);
    }
    footer::render(model, places.footer, buffer);
    overlay::render(model, area, buffer);
    footer::toasts(model, places.footer.y, area, buffer);
}

fn cursor(model: &Model) -> Option<(u16, u16)> {
    if model.area.width < SMALLEST.0 || model.area.height < SMALLEST.1 {
        return None;
    }
    let places = geometry(model);
    footer::cursor(model, places.footer).or_else(|| overlay::cursor(model, model.area))
}

fn divider(model: &Model, places: &Geometry, buffer: &mut Canvas) {
    let place = places.divider;
    for (line, y) in (place.top()..place.bottom()).enumerate() {
        let sign = if line == 0 {
            model.signs.tee
        } else {
            model.signs.bar
        };
        buffer.set_stringn(
            place.x,
            y,
            sign,
            usize::from(place.width),
            model.theme.faint,
        );
    }
}

/// What a terminal shows that is too small for anything else.
fn card(model: &Model, area: Rect, buffer: &mut Canvas) {
    let quit = model.settings.keymap.key(Action::Quit);
    let way_out = match &model.overlay {
        Some(Overlay::Quit) if model.settings.combined => {
            "Leave? d detaches and keeps serving, s stops the listener, esc stays.".to_owned()
        }
        Some(Overlay::Quit) => "Leave? y leaves, esc stays.".to_owned(),
        Some(_) => format!("Make it larger, or press esc and {quit}."),
        None => format!("Make it larger, or press {quit}."),
    };
    let text = format!(
        "rolecall needs {} by {} cells; this terminal has {} by {}. {way_out}",
        SMALLEST.0, SMALLEST.1, area.width, area.height
    );
    paragraph(buffer, area, &text, model.theme.text, model);
}

/// Says what an empty place is for, and what to do.
pub(crate) fn empty(model: &Model, area: Rect, buffer: &mut Canvas, title: &str, lines: &[String]) {
    if area.height == 0 || area.width < 8 {
        return;
    }
    let cells = area.width.saturating_sub(6).min(84);
    let wrapped: Vec<String> = lines
        .iter()
        .flat_map(|line| text::wrap(line, usize::from(cells)))
        .collect();
    let high = u16::try_from(wrapped.len())
        .unwrap_or(u16::MAX)
        .saturating_add(2);
    let mut y = area.y + area.height.saturating_sub(high) / 3;
    put(
        buffer,
        area.x + 3,
        y,
        cells,
        vec![span(title.to_owned(), model.theme.strong)],
        model,
    );
    y += 1 + u16::from(area.height > high);
    for line in wrapped {
        if y >= area.bottom() {
            return;
        }
        put(
            buffer,
            area.x + 3,
            y,
            cells,
            vec![span(line, model.theme.muted)],
            model,
        );
        y += 1;
    }
}

/// Draws a list of which only the visible rows are built.
pub(crate) fn paged_list<Row: Keyed, C: Columns>(
    model: &Model,
    places: &Geometry,
    buffer: &mut Canvas,
    title: &str,
    list: &Paged<Row>,
    cell: impl Fn(&Row, C) -> Cell,
    teach: &[String],
) {
    let theme = &model.theme;
    let focused = model.focus == Focus::List;
    let mut name = vec![span(
        title.to_owned(),
        if focused { theme.accent } else { theme.muted },
    )];
    if !list.filter.is_empty() {
        let words = match &list.only {
            Some(only) => format!("  only {}", model.shown(only)),
            None => format!("  /{}", model.shown(&list.filter)),
        };
        name.push(span(words, theme.warn));
    }
    let note = match list.total {
        Some(0) | None => Vec::new(),
        Some(total) => {
            let at = text::number(list.cursor.index as u64 + 1);
            let every = list.every.filter(|_| !list.filter.is_empty());
            let every = every.map_or_else(String::new, |every| {
                format!(", out of {}", text::number(every))
            });
            let note = format!("{at} of {}{every}", text::number(total));
            vec![span(note, theme.muted)]
        }
    };
    let note = table::note(model, note);
    rule(buffer, line_of(places.heading, 0), name, note, model);
    if let Some(sentence) = &list.refused {
        empty(
            model,
            places.rows,
            buffer,
            "The filter cannot be used",
            &[model.shown(sentence).into_owned()],
        );
        return;
    }
    match list.total {
        None => return empty(model, places.rows, buffer, "Asking the server", &[]),
        Some(0) if list.filter.is_empty() => {
            return empty(
                model,
                places.rows,
                buffer,
                &format!("No {} yet", title.to_lowercase()),
                teach,
            );
        }
        Some(0) => {
            let lines = ["esc clears the filter.".to_owned()];
            return empty(
                model,
                places.rows,
                buffer,
                "Nothing matches the filter",
                &lines,
            );
        }
        Some(_) => {}
    }
    let table = Table::<C>::new(model, places.rows);
    table.headings(model, line_of(places.heading, 1), buffer);
    for (index, area) in table::lines(places.rows, list.cursor.top, list.len()) {
        let standing = Standing {
            index,
            selected: list.cursor.index == index,
            marked: list
                .row(index)
                .is_some_and(|row| model.marks.has(model.screen, row.id())),
        };
        let Some(found) = list.row(index) else {
            let waiting = vec![span(model.signs.ellipsis.to_string(), theme.faint)];
            put(buffer, area.x + 1, area.y, area.width, waiting, model);
            table::stand(model, area, standing, buffer);
            continue;
        };
        table.row(model, area, standing, |column| cell(found, column), buffer);
    }
}
