//! After every message: selections inside their lists and windows, and the questions that are due.

use crate::{
    admin::{Request, request::MAXIMUM_PAGE},
    console::{
        action::Screen,
        message::{Ask, Effect, Topic},
        model::{
            Connection, Focus, Model,
            list::{Keyed, PAGE, Paged},
            live::Part,
            refresh::Refresh,
        },
        view::{details, geometry::geometry, roles::MEMBERS, setup::step_lines},
    },
};

/// Everything that can be asked for.
pub(super) const TOPICS: &[Topic] = &[
    Topic::Status,
    Topic::Setup,
    Topic::Syncs,
    Topic::Users,
    Topic::User,
    Topic::Roles,
    Topic::Role,
    Topic::Conflicts,
    Topic::Conflict,
    Topic::Providers,
    Topic::Tokens,
    Topic::Exchange,
];

/// The rows of the current list that fit on the screen.
pub(super) fn list_height(model: &Model) -> usize {
    let rows = geometry(model).rows.height;
    match model.screen {
        Screen::Setup => usize::from(rows) / step_lines(rows),
        _ => usize::from(rows),
    }
}

/// Brings the model into a state that can be shown, and asks what is due.
pub(super) fn settle(model: &mut Model, effects: &mut Vec<Effect>) {
    windows(model);
    details_of_selection(model);
    if model.connection != Connection::Up {
        return;
    }
    for _ in TOPICS {
        let now = model.now;
        let mut refresh = std::mem::take(&mut model.refresh);
        let topic = refresh.take(now, |topic| model.is_visible(topic));
        model.refresh = refresh;
        let Some(topic) = topic else { break };
        if let Some((ask, request)) = question(model, topic) {
            model.refresh.ask(topic, now);
            effects.push(Effect::Ask {
                ask,
                request,
                dry_run: false,
            });
        }
    }
}

fn windows(model: &mut Model) {
    let height = list_height(model);
    match model.screen {
        Screen::Live => model.live.settle(height),
        Screen::Users => {
            model.users.settle(height);
            ask_for_pages(&mut model.refresh, Topic::Users, &model.users, height);
        }
        Screen::Roles => {
            model.roles.settle(height);
            ask_for_pages(&mut model.refresh, Topic::Roles, &model.roles, height);
        }
        Screen::Conflicts => model.conflict_cursor.settle(model.conflicts.len(), height),
        Screen::Providers => {
            let lines = model.provider_lines().len();
            model.provider_cursor.settle(lines, height);
        }
        Screen::Journal => {
            let length = model.changes.shown.len();
            if model.changes.following {
                model.changes.cursor.index = length.saturating_sub(1);
            }
            model.changes.cursor.settle(length, height);
        }
        Screen::Setup => model.setup_cursor.settle(model.setup.len(), height),
    }
    if model.focus == Focus::Details {
        let (shown, height) = details::current(model);
        let last = shown.items.len().saturating_sub(1);
        model.details.index = model.details.index.min(last);
        model.details.top = details::top(model, &shown, height);
    }
}

/// Someone waits for a page that is missing; one that is only old can wait.
fn ask_for_pages<Row: Keyed>(
    refresh: &mut Refresh,
    topic: Topic,
    list: &Paged<Row>,
    height: usize,
) {
    match list.wanted(height) {
        Some(_) if refresh.is_asked(topic) => refresh.expire(topic),
        Some(offset) if list.is_missing(offset) => refresh.want(topic),
        Some(_) => refresh.expire(topic),
        None => {}
    }
}

/// Asks for the details of a selection that has moved.
fn details_of_selection(model: &mut Model) {
    let visible = model.area.width >= 100 || model.focus == Focus::Details;
    if !visible {
        return;
    }
    let missing = match model.screen {
        Screen::Live => {
            let line = model
                .live
                .current()
                .filter(|line| model.live.detail(line.id).is_none());
            let wanted =
                line.is_some_and(|line| model.live.part != Part::Change || line.is_error());
            wanted.then_some(Topic::Exchange)
        }
        Screen::Users => {
            let known = model.user.as_ref().map(|user| user.row.id);
            let current = model.users.current().map(|row| row.id);
            (current.is_some() && current != known).then_some(Topic::User)
        }
        Screen::Roles => {
            let known = model.role.as_ref().map(|role| role.row.id);
            let current = model.roles.current().map(|row| row.id);
            (current.is_some() && current != known).then_some(Topic::Role)
        }
        Screen::Conflicts => {
            let known = model.conflict.as_ref().map(|conflict| conflict.row.id);
            let current = model.selected_conflict().map(|row| row.id);
            (current.is_some() && current != known).then_some(Topic::Conflict)
        }
        _ => None,
    };
    if let Some(topic) = missing.filter(|topic| !model.refresh.is_asked(*topic)) {
        model.refresh.want(topic);
    }
}

/// What to ask for a topic; nothing where nothing is missing.
fn question(model: &Model, topic: Topic) -> Option<(Ask, Request)> {
    let height = list_height(model);
    let page = u32::try_from(PAGE).unwrap_or(MAXIMUM_PAGE);
    Some(match topic {
        Topic::Status => (Ask::Status, Request::Status),
        Topic::Setup => (Ask::Setup, Request::Setup),
        Topic::Syncs => (Ask::Syncs, Request::Syncs { limit: 8 }),
        Topic::Users => {
            let offset = model.users.wanted(height)?;
            let filter = Some(model.users.filter.clone()).filter(|filter| !filter.is_empty());
            let request = Request::Users {
                filter,
                offset,
                limit: page,
            };
            (Ask::Users(model.users.generation, offset), request)
        }
        Topic::Roles => {
            let offset = model.roles.wanted(height)?;
            let filter = Some(model.roles.filter.clone()).filter(|filter| !filter.is_empty());
            let request = Request::Roles {
                filter,
                offset,
                limit: page,
            };
            (Ask::Roles(model.roles.generation, offset), request)
        }
        Topic::User => {
            let id = model.users.current()?.id;
            (
                Ask::User(id),
                Request::User {
                    user: id.to_string(),
                },
            )
        }
        Topic::Role => {
            let id = model.roles.current()?.id;
            let role = id.to_string();
            (
                Ask::Role(id),
                Request::Role {
                    role,
                    members: MEMBERS,
                },
            )
        }
        Topic::Conflicts => {
            let all = model.resolved;
            (
                Ask::Conflicts,
                Request::Conflicts {
                    all,
                    limit: MAXIMUM_PAGE,
                },
            )
        }
        Topic::Conflict => {
            let id = model.selected_conflict()?.id;
            (Ask::Conflict(id), Request::Conflict { id })
        }
        Topic::Providers => (Ask::Providers, Request::Providers),
        Topic::Tokens => (Ask::Tokens, Request::Tokens),
        Topic::Exchange => {
            let id = model.live.current()?.id;
            if model.live.detail(id).is_some() {
                return None;
            }
            (Ask::Exchange(id), Request::Exchange { id })
        }
    })
}
