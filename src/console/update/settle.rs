//! After every message: selections inside their lists and windows, and the questions that are due.

use super::older;
use crate::{
    admin::{
        Request,
        request::{MAXIMUM_PAGE, Sort},
    },
    console::{
        action::Screen,
        columns::{Columns, ResourceColumn, RoleColumn, UserColumn},
        message::{Ask, Effect, Topic},
        model::{
            Connection, Focus, Model, ProviderLine,
            changes::OLDER,
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
    Topic::SyncPage,
    Topic::Users,
    Topic::User,
    Topic::Roles,
    Topic::Role,
    Topic::Conflicts,
    Topic::Conflict,
    Topic::Resources,
    Topic::Resource,
    Topic::Reaching,
    Topic::Reached,
    Topic::Warnings,
    Topic::Holds,
    Topic::Providers,
    Topic::Tokens,
    Topic::Exchange,
    Topic::Provider,
    Topic::Token,
    Topic::Older,
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
        if let Some((ask, request)) = question(model, topic)
            && !model.refresh.is_refused(&ask)
        {
            model.refresh.ask(topic, now);
            if topic == Topic::Syncs {
                model.live.endings.asked(now);
            }
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
        Screen::Live => {
            if model.focus == Focus::Syncs && model.live.syncs.is_empty() {
                model.focus = Focus::List;
            }
            let strip = geometry(model).strip.height.saturating_sub(1);
            model.live.settle_strip(usize::from(strip));
            model.live.settle(height);
        }
        Screen::Users => {
            model.users.settle(height);
            ask_for_pages(&mut model.refresh, Topic::Users, &model.users, height);
        }
        Screen::Roles => {
            model.roles.settle(height);
            ask_for_pages(&mut model.refresh, Topic::Roles, &model.roles, height);
        }
        Screen::Conflicts => model.conflict_cursor.settle(model.conflicts.len(), height),
        Screen::Access => {
            model.resources.settle(height);
            ask_for_pages(
                &mut model.refresh,
                Topic::Resources,
                &model.resources,
                height,
            );
        }
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
        // What is not here yet has a selection that waits for it.
        if !shown.waiting {
            model.details.index = model.details.index.min(last);
            model.details.top = details::top(model, &shown, height);
        }
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
        Some(offset) if list.is_missing(offset) => refresh.miss(topic),
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
            if model.focus == Focus::Details || !model.live.is_following() {
                older::want_of_request(model);
            }
            let line = model
                .live
                .current()
                .filter(|line| model.live.detail(line.id).is_none());
            let of_sync = model.live.part == Part::Sync || model.focus == Focus::Syncs;
            let wanted = line.is_some_and(|line| {
                !of_sync && (model.live.part != Part::Change || line.is_error())
            });
            wanted.then_some(Topic::Exchange)
        }
        Screen::Users => {
            let known = model.user.as_ref().map(|user| user.row.id);
            let current = model.users.current().map(|row| row.id);
            let ways = model.reached.as_ref().map(|ways| ways.of);
            if current.is_some() && current.map(|id| id.0) != ways {
                want(model, Topic::Reached);
            }
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
        Screen::Access => {
            let current = model.resources.current().map(|row| row.id);
            let ways = model.reaching.as_ref().map(|ways| ways.of);
            if current.is_some() && current.map(|id| id.0) != ways {
                want(model, Topic::Reaching);
            }
            let known = model.resource.as_ref().map(|resource| resource.row.id);
            (current.is_some() && current != known).then_some(Topic::Resource)
        }
        Screen::Providers => match model.provider_line() {
            Some(ProviderLine::Provider(provider)) => {
                let known = model.provider.as_ref().map(|known| known.row.provider);
                (known != Some(provider)).then_some(Topic::Provider)
            }
            Some(ProviderLine::Token(id)) => {
                let known = model.token.as_ref().map(|known| known.row.id);
                (known != Some(id)).then_some(Topic::Token)
            }
            None => None,
        },
        _ => None,
    };
    if let Some(topic) = missing {
        want(model, topic);
    }
}

/// Someone waits for it, unless its answer is on its way already.
fn want(model: &mut Model, topic: Topic) {
    if !model.refresh.is_asked(topic) {
        model.refresh.miss(topic);
    }
}

/// The order that the current list was given.
fn sorted<C: Columns, By>(model: &Model, order: impl Fn(C) -> Option<By>) -> Option<Sort<By>> {
    model.arranged.sorted(model.screen)?.asked(order)
}

/// What to ask for a topic; nothing where nothing is missing.
fn question(model: &Model, topic: Topic) -> Option<(Ask, Request)> {
    let height = list_height(model);
    let page = u32::try_from(PAGE).unwrap_or(MAXIMUM_PAGE);
    Some(match topic {
        Topic::Status => (Ask::Status, Request::Status),
        Topic::Setup => (Ask::Setup, Request::Setup),
        Topic::Syncs => {
            let limit = if model.focus == Focus::Syncs {
                ALL_SYNCS
            } else {
                SYNCS
            };
            (Ask::Syncs, Request::Syncs { limit })
        }
        Topic::SyncPage => {
            let opened = model.live.opened.as_ref()?;
            let (id, after) = (opened.digest.id, opened.wanted()?);
            let limit = SYNC_PAGE;
            (
                Ask::SyncPage(id),
                Request::SyncExchanges { id, after, limit },
            )
        }
        Topic::Users => {
            let offset = model.users.wanted(height)?;
            let filter = Some(model.users.filter.clone()).filter(|filter| !filter.is_empty());
            let request = Request::Users {
                filter,
                sort: sorted(model, UserColumn::order),
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
                sort: sorted(model, RoleColumn::order),
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
        Topic::Resources | Topic::Resource | Topic::Reaching | Topic::Reached => {
            return access_question(model, topic);
        }
        Topic::Warnings => (Ask::Warnings, Request::Warnings),
        Topic::Holds => {
            let request = Request::Holds {
                all: false,
                limit: HOLDS,
            };
            (Ask::Holds, request)
        }
        Topic::Provider => match model.provider_line()? {
            ProviderLine::Provider(provider) => {
                (Ask::Provider(provider), Request::Provider { provider })
            }
            ProviderLine::Token(_) => return None,
        },
        Topic::Token => {
            let id = model.selected_token()?.id;
            (Ask::Token(id), Request::Token { id })
        }
        Topic::Older => {
            let after = model.changes.missing?;
            let limit = OLDER;
            (Ask::Older(after), Request::Journal { after, limit })
        }
        Topic::Providers => (Ask::Providers, Request::Providers),
        Topic::Tokens => (Ask::Tokens, Request::Tokens),
        Topic::Exchange => {
            let shown = || model.live.current().map(|line| line.id);
            let id = model.live.asked().or_else(shown)?;
            if model.live.detail(id).is_some() {
                return None;
            }
            (Ask::Exchange(id), Request::Exchange { id })
        }
    })
}

/// Syncs that are asked for while nobody looks for more of them.
const SYNCS: u32 = 12;
/// Syncs that are asked for while the strip has the focus.
const ALL_SYNCS: u32 = 200;
/// Requests of an opened sync asked for at once.
const SYNC_PAGE: u32 = 500;
/// Holds that are listed: each provider has one at most that is not over.
const HOLDS: u32 = 20;
/// Ways of access asked for at once.
const WAYS: u32 = 200;

/// What to ask about access.
fn access_question(model: &Model, topic: Topic) -> Option<(Ask, Request)> {
    let ways = |user, resource| Request::AccessList {
        user,
        resource,
        after: None,
        limit: WAYS,
    };
    Some(match topic {
        Topic::Resources => {
            let offset = model.resources.wanted(list_height(model))?;
            let filter = Some(model.resources.filter.clone()).filter(|filter| !filter.is_empty());
            let request = Request::Resources {
                filter,
                sort: sorted(model, ResourceColumn::order),
                offset,
                limit: u32::try_from(PAGE).unwrap_or(MAXIMUM_PAGE),
            };
            (Ask::Resources(model.resources.generation, offset), request)
        }
        Topic::Resource => {
            let id = model.resources.current()?.id;
            let resource = id.to_string();
            (Ask::Resource(id), Request::Resource { resource })
        }
        Topic::Reaching => {
            let id = model.resources.current()?.id;
            (Ask::Reaching(id), ways(None, Some(id.to_string())))
        }
        _ => {
            let id = model.users.current()?.id;
            (Ask::Reached(id), ways(Some(id.to_string()), None))
        }
    })
}
