//! Moving: between screens, in lists, in details.

use super::{older, settle::list_height, trail};
use crate::console::{
    action::Screen,
    message::Topic,
    model::{
        Focus, Model,
        list::{Cursor, window},
    },
    view::{details, geometry::geometry},
};

/// Goes to a screen; the place that is left can be gone back to.
pub(super) fn go(model: &mut Model, screen: Screen) {
    if model.screen != screen {
        let place = trail::here(model);
        model.trail.leave(place);
    }
    enter(model, screen);
}

/// Shows a screen, and asks for what may be out of date there.
pub(super) fn enter(model: &mut Model, screen: Screen) {
    if model.screen != screen {
        model.last_screen = model.screen;
        model.screen = screen;
        model.focus = Focus::List;
        model.details = Cursor::default();
    }
    for topic in topics(screen) {
        model.refresh.want(*topic);
    }
    match screen {
        Screen::Users => model.users.expire(),
        Screen::Roles => model.roles.expire(),
        Screen::Access => model.resources.expire(),
        _ => {}
    }
}

fn topics(screen: Screen) -> &'static [Topic] {
    match screen {
        Screen::Live => &[Topic::Syncs],
        Screen::Users => &[Topic::Users, Topic::User, Topic::Reached],
        Screen::Roles => &[Topic::Roles, Topic::Role, Topic::Warnings],
        Screen::Conflicts => &[Topic::Conflicts, Topic::Conflict],
        Screen::Access => &[Topic::Resources, Topic::Resource, Topic::Reaching],
        Screen::Providers => &[
            Topic::Providers,
            Topic::Tokens,
            Topic::Provider,
            Topic::Token,
        ],
        Screen::Journal => &[],
        Screen::Setup => &[Topic::Setup],
    }
}

/// The screen so many tabs further, around the end.
pub(super) fn neighbour(screen: Screen, steps: usize) -> Screen {
    let at = Screen::ALL
        .iter()
        .position(|known| *known == screen)
        .unwrap_or(0);
    let mut all = Screen::ALL.iter().copied().cycle();
    all.nth(at + steps).unwrap_or(screen)
}

/// How far a movement goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// So many rows.
    Rows(isize),
    /// So many pages.
    Pages(isize),
    /// To the first row.
    First,
    /// To the last row.
    Last,
}

/// Moves in the pane with the focus.
pub(super) fn go_along(model: &mut Model, reach: Reach) {
    if model.focus == Focus::Details {
        in_details(model, reach);
        return;
    }
    model.details = Cursor::default();
    if model.focus == Focus::Syncs {
        in_strip(model, reach);
        return;
    }
    let page = isize::try_from(list_height(model).saturating_sub(1).max(1)).unwrap_or(1);
    let rows = match reach {
        Reach::Rows(rows) => rows,
        Reach::Pages(pages) => pages.saturating_mul(page),
        Reach::First => isize::MIN,
        Reach::Last => isize::MAX,
    };
    match model.screen {
        Screen::Live => match reach {
            Reach::First => model.live.to_top(),
            Reach::Last => model.live.follow(),
            // Above the first request lies the strip.
            Reach::Rows(-1) if model.live.index() == Some(0) && !model.live.syncs.is_empty() => {
                super::syncs::focus(model);
            }
            _ => model.live.step(rows),
        },
        Screen::Users => model.users.step(rows),
        Screen::Roles => model.roles.step(rows),
        Screen::Access => model.resources.step(rows),
        Screen::Conflicts => model.conflict_cursor.step(rows, model.conflicts.len()),
        Screen::Providers => {
            let length = model.provider_lines().len();
            model.provider_cursor.step(rows, length);
        }
        Screen::Journal => {
            let length = model.changes.shown.len();
            model.changes.cursor.step(rows, length);
            model.changes.following = reach == Reach::Last;
            older::page_in(model, rows < 0, page.unsigned_abs());
        }
        Screen::Setup => model.setup_cursor.step(rows, model.setup.len()),
    }
}

/// Moves in the strip; below its last sync lie the requests.
fn in_strip(model: &mut Model, reach: Reach) {
    let shown = geometry(model).strip.height.saturating_sub(1).max(1);
    let page = isize::try_from(shown).unwrap_or(1);
    match reach {
        Reach::Rows(rows) => {
            if !model.live.step_sync(rows) && rows == 1 {
                model.focus = Focus::List;
            }
        }
        Reach::Pages(pages) => {
            model.live.step_sync(pages.saturating_mul(page));
        }
        Reach::First => model.live.select_sync(0),
        Reach::Last => model
            .live
            .select_sync(model.live.syncs.len().saturating_sub(1)),
    }
}

/// Moves among the selectable lines of the details; past them, or without any, it scrolls.
fn in_details(model: &mut Model, reach: Reach) {
    let (shown, height) = details::current(model);
    let page = isize::try_from(height.saturating_sub(1).max(1)).unwrap_or(1);
    let last_top = shown.lines.len().saturating_sub(height);
    let count = shown.items.len();
    match reach {
        Reach::Rows(rows) => {
            let next = model.details.index.saturating_add_signed(rows);
            let reaches = next < count && next != model.details.index;
            if reaches && visible_soon(&shown.items, next, model.details.top, height) {
                model.details.index = next;
                let line = shown.items.get(next).map_or(0, |(line, _)| *line);
                let length = shown.lines.len();
                model.details.top = window(length, line, model.details.top, height);
            } else {
                let top = model.details.top.saturating_add_signed(rows);
                scroll_to(model, top.min(last_top), &shown.items, height);
            }
        }
        Reach::Pages(pages) => {
            let top = model
                .details
                .top
                .saturating_add_signed(pages.saturating_mul(page));
            scroll_to(model, top.min(last_top), &shown.items, height);
        }
        Reach::First => scroll_to(model, 0, &shown.items, height),
        Reach::Last => scroll_to(model, last_top, &shown.items, height),
    }
}

/// Whether a selectable line is in the window or right beside it.
fn visible_soon(items: &[(usize, details::Item)], index: usize, top: usize, height: usize) -> bool {
    let line = items.get(index).map(|(line, _)| *line);
    line.is_some_and(|line| line + 1 >= top && line <= top + height)
}

/// Scrolls, and selects the nearest selectable line that is then visible.
fn scroll_to(model: &mut Model, top: usize, items: &[(usize, details::Item)], height: usize) {
    let down = top > model.details.top;
    model.details.top = top;
    let visible = |line: usize| line >= top && line < top + height;
    let current = items.get(model.details.index).map(|(line, _)| *line);
    if current.is_some_and(visible) {
        return;
    }
    let mut lines = items.iter();
    let found = if down {
        lines.position(|(line, _)| visible(*line))
    } else {
        lines.rposition(|(line, _)| visible(*line))
    };
    if let Some(found) = found {
        model.details.index = found;
    }
}
