//! Going back and forward through the places visited.

use super::{filter, follow, navigate, older};
use crate::{
    console::{
        action::Screen,
        message::Topic,
        model::{
            Focus, Model, ProviderLine,
            list::{Cursor, Keyed, Paged},
            trail::{At, Place},
        },
    },
    directory::Subject,
};

/// What is seen now.
pub(super) fn here(model: &Model) -> Place {
    let (at, cursor, only) = selection(model);
    Place {
        screen: model.screen,
        filter: filter::active(model).unwrap_or_default().to_owned(),
        only,
        at,
        cursor,
        focus: model.focus,
        part: model.live.part,
        details: model.details,
        resolved: model.resolved,
        crumb: crumb(model),
    }
}

/// What is seen now is called in the breadcrumb: one thing by its name, a list by its screen's.
pub fn crumb(model: &Model) -> String {
    let (.., only) = selection(model);
    let is_one = model.focus == Focus::Details || only.is_some();
    let name = name(model).filter(|_| is_one);
    name.unwrap_or_else(|| model.screen.title().to_owned())
}

/// What is selected, where in its list, and what the list is narrowed to.
fn selection(model: &Model) -> (Option<At>, Cursor, Option<String>) {
    fn of<Row: Keyed>(list: &Paged<Row>) -> (Option<At>, Cursor, Option<String>) {
        let id = list.current().map(|row| At::Row(row.id()));
        (id, list.cursor, list.only.clone())
    }
    let live = || {
        if model.focus == Focus::List && model.live.is_following() {
            return Some(At::Newest);
        }
        model.live.current().map(|line| At::Exchange(line.id))
    };
    match model.screen {
        Screen::Live => (live(), Cursor::default(), None),
        Screen::Users => of(&model.users),
        Screen::Roles => of(&model.roles),
        Screen::Access => of(&model.resources),
        Screen::Conflicts => {
            let at = model.selected_conflict().map(|row| At::Conflict(row.id));
            (at, model.conflict_cursor, None)
        }
        Screen::Providers => {
            let at = model.provider_line().map(At::Provider);
            (at, model.provider_cursor, None)
        }
        Screen::Journal => {
            let newest = model.focus == Focus::List && model.changes.following;
            let seq = model.changes.current().map(|row| At::Change(row.seq));
            let at = if newest { Some(At::Newest) } else { seq };
            (at, model.changes.cursor, None)
        }
        Screen::Setup => {
            let at = At::Step(model.setup_cursor.index);
            (Some(at), model.setup_cursor, None)
        }
    }
}

/// What the selected row is called.
fn name(model: &Model) -> Option<String> {
    let of = |subject: &Subject| {
        let kind = subject.kind.words();
        let mut letters = kind.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        let kind: String = first.into_iter().chain(letters).collect();
        format!("{kind} {}", subject.name)
    };
    match model.screen {
        Screen::Live => model.live.current().map(|line| line.summary.clone()),
        Screen::Users => {
            let row = model.users.current().map(|row| &row.user_name);
            let name = row.or(model.users.only.as_ref());
            name.map(|name| format!("User {name}"))
        }
        Screen::Roles => {
            let row = model.roles.current().map(|row| &row.display_name);
            let name = row.or(model.roles.only.as_ref());
            name.map(|name| format!("Role {name}"))
        }
        Screen::Access => {
            let row = model.resources.current().map(|row| &row.name);
            let name = row.or(model.resources.only.as_ref());
            name.map(|name| format!("Resource {name}"))
        }
        Screen::Conflicts => {
            let row = model.selected_conflict();
            row.map(|row| format!("Conflict {}", row.name))
        }
        Screen::Providers => match model.provider_line()? {
            ProviderLine::Provider(provider) => Some(of(&Subject::provider(provider))),
            ProviderLine::Token(_) => {
                let token = model.selected_token()?;
                Some(format!("Token {}", token.name))
            }
        },
        Screen::Journal => {
            let row = model.changes.current();
            row.map(|row| format!("Change {}", row.seq))
        }
        Screen::Setup => None,
    }
}

/// Goes back to the place before.
pub(super) fn back(model: &mut Model) {
    let here = here(model);
    if let Some(place) = model.trail.back(here) {
        restore(model, place);
    }
}

/// Goes forward again.
pub(super) fn forward(model: &mut Model) {
    let here = here(model);
    if let Some(place) = model.trail.forward(here) {
        restore(model, place);
    }
}

/// What a link led to is not there: stays where the link was.
pub(super) fn stay(model: &mut Model) {
    if let Some(place) = model.trail.undo_leave() {
        restore(model, place);
    }
}

/// Shows a place as it was left.
fn restore(model: &mut Model, place: Place) {
    navigate::enter(model, place.screen);
    match (place.screen, place.at) {
        (Screen::Live, at) => {
            model.live.part = place.part;
            if model.live.filter_text != place.filter {
                filter::put(model, place.filter);
            }
            match at {
                Some(At::Exchange(id)) => follow::show_exchange(model, id),
                Some(At::Newest) => model.live.follow(),
                _ => {}
            }
        }
        (Screen::Users, at) => rows(&mut model.users, &place, at),
        (Screen::Roles, at) => rows(&mut model.roles, &place, at),
        (Screen::Access, at) => rows(&mut model.resources, &place, at),
        (Screen::Journal, at) => {
            if model.changes.filter != place.filter {
                filter::put(model, place.filter);
            }
            match at {
                Some(At::Change(seq)) => older::select(model, seq),
                at => model.changes.following = at == Some(At::Newest),
            }
        }
        (Screen::Conflicts, at) => {
            filter::put(model, place.filter);
            if model.resolved != place.resolved {
                model.resolved = place.resolved;
                model.refresh.want(Topic::Conflicts);
            }
            if let Some(At::Conflict(id)) = at {
                follow::show_conflict(model, id);
            }
        }
        (Screen::Providers, at) => {
            filter::put(model, place.filter);
            if let Some(At::Provider(line)) = at {
                follow::show_provider(model, line);
            }
        }
        (Screen::Setup, Some(At::Step(index))) => model.setup_cursor.index = index,
        _ => {}
    }
    model.focus = place.focus;
    model.details = place.details;
}

fn rows<Row: Keyed>(list: &mut Paged<Row>, place: &Place, at: Option<At>) {
    let id = match at {
        Some(At::Row(id)) => Some(id),
        _ => None,
    };
    list.restore(&place.filter, place.only.clone(), place.cursor, id);
}
