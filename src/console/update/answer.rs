//! Answers of the server.

use jiff::tz::TimeZone;

use super::{older, trail};
use crate::{
    admin::{
        Reply,
        row::{AccessRow, JournalRow, Page},
    },
    console::{
        export::Written,
        message::{Ask, Failure, Topic},
        model::{
            Connection, Model, Mood, Ways,
            filters::Narrowed,
            list::{Keyed, Paged},
            overlay::{Overlay, Preview, Purpose, Secret, Wrong},
            refresh::Refresh,
        },
        text,
    },
};

/// Takes an answer in.
pub(super) fn answered(model: &mut Model, ask: &Ask, result: Result<Box<Reply>, Failure>) {
    if let Some(topic) = ask.topic() {
        model.refresh.answered(topic, model.now);
    }
    match (ask, result) {
        (Ask::Preview(serial), result) => preview(model, *serial, result),
        (Ask::Act(serial), Ok(reply)) => acted(model, *serial, *reply),
        (Ask::Check(serial), Ok(reply)) => checked(model, *serial, *reply),
        (Ask::Act(serial), Err(Failure::Lost(why))) => {
            let sentence = format!("{why}; look whether it was done before trying again");
            failed(model, *serial, sentence);
        }
        (
            Ask::Act(serial) | Ask::Check(serial),
            Err(Failure::Refused(why) | Failure::Lost(why)),
        ) => {
            failed(model, *serial, why);
        }
        (Ask::Suggest(serial, text), Ok(reply)) => suggest(model, *serial, text, *reply),
        (Ask::Suggest(..), Err(_)) => {}
        (_, Ok(reply)) => news(model, ask, *reply),
        (ask, Err(Failure::Refused(why))) => {
            model.refresh.refuse(ask.clone());
            refused(model, ask, why);
        }
        (ask, Err(Failure::Lost(why))) => {
            if let Some(topic) = ask.topic() {
                model.refresh.expire(topic);
            }
            // Whether the server is away is for those to say who follow it: they see it come back.
            if model.connection == Connection::Up {
                model.tell(Mood::Bad, why);
            }
        }
    }
}

fn news(model: &mut Model, ask: &Ask, reply: Reply) {
    match (ask, reply) {
        (Ask::Status, Reply::Status(status)) => {
            super::away::compare_versions(model, &status);
            model.live.endings.set_gap(status.sync_gap_ms);
            model.arranged.share(status.nodes.len() > 1);
            model.status = Some(*status);
        }
        (Ask::Setup, Reply::Setup(steps)) => model.setup = steps,
        (Ask::Syncs, Reply::Syncs(syncs)) => super::syncs::receive(model, syncs),
        (Ask::SyncPage(id), Reply::SyncExchanges { lines, next }) => {
            super::syncs::receive_page(model, *id, lines, next);
        }
        (Ask::Users(generation, offset), Reply::Users(page)) => {
            model.marks.users.refresh(&page.rows);
            received(
                &mut model.users,
                &mut model.refresh,
                (*generation, *offset),
                page,
                Topic::Users,
            );
        }
        (Ask::Roles(generation, offset), Reply::Roles(page)) => {
            model.marks.roles.refresh(&page.rows);
            received(
                &mut model.roles,
                &mut model.refresh,
                (*generation, *offset),
                page,
                Topic::Roles,
            );
        }
        (Ask::User(id), Reply::User(user)) if user.row.id == *id => {
            let wanted = model.edit_wanted.take_if(|id| *id == user.row.id);
            model.marks.users.refresh([&user.row]);
            model.user = Some(*user);
            if wanted.is_some() && model.overlay.is_none() {
                super::act::edit(model);
            }
        }
        (Ask::Role(id), Reply::Role(role)) if role.row.id == *id => model.role = Some(*role),
        (Ask::Conflicts, Reply::Conflicts(rows)) => conflicts(model, rows),
        (Ask::Conflict(id), Reply::Conflict(conflict)) if conflict.row.id == *id => {
            model.conflict = Some(*conflict);
        }
        (Ask::Resources(generation, offset), Reply::Resources(page)) => {
            received(
                &mut model.resources,
                &mut model.refresh,
                (*generation, *offset),
                page,
                Topic::Resources,
            );
        }
        (Ask::Resource(id), Reply::Resource(resource)) if resource.row.id == *id => {
            model.resource = Some(*resource);
        }
        (Ask::Reaching(id), Reply::Access { rows, next }) => {
            model.reaching = Some(ways(id.0, rows, next.is_some()));
        }
        (Ask::Reached(id), Reply::Access { rows, next }) => {
            model.reached = Some(ways(id.0, rows, next.is_some()));
        }
        (Ask::Warnings, Reply::Warnings(warnings)) => model.warnings = Some(warnings),
        (Ask::Holds, Reply::Holds(rows)) => model.holds = rows,
        (Ask::Providers, Reply::Providers(rows)) => {
            providers(model, |model| model.providers = rows);
        }
        (Ask::Tokens, Reply::Tokens(rows)) => {
            model.marks.tokens.keep(&rows);
            providers(model, |model| model.tokens = rows);
        }
        (Ask::Provider(id), Reply::Provider(provider)) if provider.row.provider == *id => {
            model.provider = Some(*provider);
        }
        (Ask::Token(id), Reply::Token(token)) if token.row.id == *id => model.token = Some(*token),
        (Ask::Older(_), Reply::Journal(rows)) => older::received(model, rows),
        (Ask::Exchange(id), Reply::Exchange(exchange)) if exchange.line.id == *id => {
            model.live.keep(*exchange);
        }
        _ => {
            model.refresh.refuse(ask.clone());
            model.tell(
                Mood::Bad,
                "the server answered something else than was asked; are both sides of the same version?",
            );
        }
    }
}

/// Takes a page of a list. One that was found before the newest change is asked for again.
fn received<Row: Keyed>(
    list: &mut Paged<Row>,
    refresh: &mut Refresh,
    (generation, offset): (u64, u64),
    page: Page<Row>,
    topic: Topic,
) {
    if generation == list.generation {
        list.every = Some(page.of).filter(|every| *every > 0);
    }
    list.receive(generation, offset, page.rows, page.total);
    if page.behind {
        list.expire();
        refresh.expire(topic);
    }
}

fn ways(of: uuid::Uuid, rows: Vec<AccessRow>, more: bool) -> Ways {
    Ways { of, rows, more }
}

/// Takes providers or tokens; the selection stays on its line, or goes to the one that is waited for.
fn providers(model: &mut Model, take: impl FnOnce(&mut Model)) {
    let selected = model.provider_line();
    take(model);
    let line = model.provider_wanted.take().or(selected);
    if let Some(line) = line {
        super::follow::show_provider(model, line);
    }
}

/// Takes the conflicts; the selection stays on its conflict.
fn conflicts(model: &mut Model, rows: Vec<crate::admin::row::ConflictRow>) {
    let wanted = model.conflict_wanted.take();
    model.marks.conflicts.keep(&rows);
    model.filters.every_conflict = rows;
    model.conflicts_known = true;
    super::filter::show_conflicts(model);
    let is_shown = |model: &Model, id| model.conflicts.iter().any(|row| row.id == id);
    if wanted.is_some_and(|id| !is_shown(model, id)) {
        model.filters.conflicts = Narrowed::default();
        super::filter::show_conflicts(model);
    }
    let place = |id| model.conflicts.iter().position(|row| row.id == id);
    if let Some(id) = wanted {
        match place(id) {
            Some(index) => model.conflict_cursor.index = index,
            None if !model.resolved => {
                // It has been resolved since: look among those, too.
                model.resolved = true;
                model.conflict_wanted = Some(id);
                model.refresh.want(Topic::Conflicts);
            }
            None => {
                model.tell(Mood::Bad, "this conflict is no longer kept");
                trail::stay(model);
            }
        }
    }
}

fn refused(model: &mut Model, ask: &Ask, why: String) {
    match ask {
        Ask::Users(generation, _) if *generation == model.users.generation => {
            model.users.refused = Some(why);
            model.users.total = Some(0);
        }
        Ask::Roles(generation, _) if *generation == model.roles.generation => {
            model.roles.refused = Some(why);
            model.roles.total = Some(0);
        }
        Ask::Resources(generation, _) if *generation == model.resources.generation => {
            model.resources.refused = Some(why);
            model.resources.total = Some(0);
        }
        // An older filter's, or of a selection that has gone meanwhile: the list says so.
        Ask::Users(..)
        | Ask::Roles(..)
        | Ask::Resources(..)
        | Ask::User(_)
        | Ask::Role(_)
        | Ask::Resource(_)
        | Ask::Reaching(_)
        | Ask::Reached(_)
        | Ask::Token(_) => {}
        Ask::Exchange(id) if model.live.asked() == Some(*id) => {
            model.live.end_visit();
            model.tell(Mood::Bad, why);
            trail::stay(model);
        }
        Ask::Older(_) => older::refused(model, why),
        Ask::SyncPage(id) => {
            model.live.page_refused(*id);
            model.tell(Mood::Bad, why);
        }
        _ => model.tell(Mood::Bad, why),
    }
}

/// The changes that an act made or would make.
pub(super) fn changes(reply: Reply) -> Option<Vec<JournalRow>> {
    Some(match reply {
        Reply::UserDone(done) => done.changes,
        Reply::RoleDone(done) => done.changes,
        Reply::MembershipDone(done) => done.changes,
        Reply::ProviderDone(done) => done.changes,
        Reply::TokenDone(done) => done.changes,
        Reply::ConflictDone(done) => done.changes,
        Reply::ResourceDone(done) => done.changes,
        Reply::GrantDone(done) => done.changes,
        Reply::TemporaryAccessDone(done) => done.changes,
        Reply::HoldDone(done) => done.changes,
        Reply::UndoDone(done) => done.changes,
        _ => return None,
    })
}

fn preview(model: &mut Model, serial: u64, result: Result<Box<Reply>, Failure>) {
    if let Some(Overlay::Confirm(confirm)) = &mut model.overlay
        && confirm.serial == serial
    {
        if let Ok(reply) = &result
            && let Reply::UndoDone(done) = reply.as_ref()
        {
            confirm.sentence = format!("Takes back your last act: {}.", done.row.summary);
        }
        confirm.preview = match result {
            Ok(reply) => changes(*reply).map_or(Preview::Waiting, Preview::Changes),
            Err(Failure::Refused(why) | Failure::Lost(why)) => Preview::Refused(why),
        };
    }
}

fn acted(model: &mut Model, serial: u64, reply: Reply) {
    let said = match &model.overlay {
        Some(Overlay::Confirm(confirm)) if confirm.serial == serial => Some(confirm.done.clone()),
        Some(Overlay::Form(form)) if form.serial == serial => {
            told(&form.purpose, &reply, &model.settings.zone)
        }
        _ => None,
    };
    if let Reply::NewToken(token) = reply {
        // The only copy: it is shown whatever lies on top by now.
        model.overlay = Some(Overlay::Secret(Box::new(Secret {
            token: *token,
            copied: false,
        })));
    } else {
        if said.is_some() {
            model.overlay = None;
        }
        let nothing = changes(reply).is_some_and(|changes| changes.is_empty());
        if nothing {
            model.tell(Mood::Plain, "nothing had to change");
        } else {
            model.tell(Mood::Good, said.unwrap_or_else(|| "done".to_owned()));
        }
    }
    look_again(model);
}

/// After an act: everything may have changed, and what is on the screen is asked for at once.
pub(super) fn look_again(model: &mut Model) {
    model.users.expire();
    model.roles.expire();
    model.resources.expire();
    for topic in super::settle::TOPICS {
        if model.is_visible(*topic) && *topic != Topic::Exchange {
            model.refresh.want(*topic);
        } else if *topic != Topic::Exchange {
            model.refresh.expire(*topic);
        }
    }
}

/// What a form's act has done, in words.
fn told(purpose: &Purpose, reply: &Reply, zone: &TimeZone) -> Option<String> {
    Some(match (purpose, reply) {
        (Purpose::Level(_), Reply::UserDone(done)) => {
            let (name, level) = (&done.row.user_name, done.row.permission_level);
            format!("{name} has the level {level} now")
        }
        (Purpose::Edit(..), Reply::UserDone(done)) => format!("{} is changed", done.row.user_name),
        (Purpose::RenameRole(_), Reply::RoleDone(done)) => {
            format!("the role is called {} now", done.row.display_name)
        }
        (_, Reply::ResourceDone(done)) => format!("resource {} is here", done.row.name),
        (_, Reply::GrantDone(done)) => {
            let row = &done.row;
            format!(
                "the members of {} reach {} now",
                row.role_name, row.resource_name
            )
        }
        (_, Reply::TemporaryAccessDone(done)) => {
            let row = &done.row;
            let until = text::date_time(row.until, zone);
            format!("{} has {} until {until}", row.user_name, row.resource_name)
        }
        (_, Reply::UserDone(done)) => format!("{} is here", done.row.user_name),
        (_, Reply::RoleDone(done)) => format!("role {} is here", done.row.display_name),
        (_, Reply::MembershipDone(done)) => {
            format!("{} is in {} now", done.row.user_name, done.row.role_name)
        }
        _ => return Some("done".to_owned()),
    })
}

/// Takes in how an export ended.
pub(super) fn exported(model: &mut Model, serial: u64, result: Result<Written, String>) {
    match result {
        Ok(written) => {
            let mut what = text::count(written.count, "request");
            if let Some(Overlay::Form(form)) = &model.overlay
                && form.serial == serial
            {
                if matches!(form.purpose, Purpose::SyncMarkdown(_)) {
                    "the sync is".clone_into(&mut what);
                }
                model.overlay = None;
            }
            let path = written.path.display();
            let sentence = format!("{what} written to {path}, readable by you only");
            model.tell(Mood::Good, sentence);
        }
        Err(why) => failed(model, serial, why),
    }
}

/// Shows whether someone reaches something, in place of the form that asked.
fn checked(model: &mut Model, serial: u64, reply: Reply) {
    let asked = matches!(&model.overlay, Some(Overlay::Form(form)) if form.serial == serial);
    if let Reply::AccessCheck(row) = reply
        && asked
    {
        model.overlay = Some(Overlay::Checked(row));
    }
}

fn failed(model: &mut Model, serial: u64, why: String) {
    match &mut model.overlay {
        Some(Overlay::Confirm(confirm)) if confirm.serial == serial => {
            confirm.busy = false;
            confirm.preview = Preview::Refused(why);
        }
        Some(Overlay::Form(form)) if form.serial == serial => {
            form.blame(Wrong {
                line: form.blamed(&why),
                sentence: why,
            });
        }
        _ => model.tell(Mood::Bad, why),
    }
}

/// Takes names for a form; those for what is no longer typed come too late.
fn suggest(model: &mut Model, serial: u64, text: &str, reply: Reply) {
    let names: Vec<String> = match reply {
        Reply::Users(page) => page.rows.into_iter().map(|row| row.user_name).collect(),
        Reply::Roles(page) => page.rows.into_iter().map(|row| row.display_name).collect(),
        Reply::Resources(page) => page.rows.into_iter().map(|row| row.name).collect(),
        _ => return,
    };
    if let Some(Overlay::Form(form)) = &mut model.overlay
        && form.serial == serial
        && form.get(form.index) == text
    {
        form.suggestions = names;
        form.suggestions.retain(|name| *name != text);
        form.suggestions.truncate(super::overlay::SUGGESTIONS);
        form.suggested = None;
    }
}
