//! What the console does about what happens: a model and a message make a changed model and a list
//! of effects. Pure; the time is the model's `now`.

mod act;
mod answer;
mod arrange;
mod available;
mod away;
mod batch;
mod copy;
mod filter;
mod follow;
mod key;
mod mark;
mod mouse;
mod navigate;
mod older;
mod overlay;
mod perform;
mod settle;
mod syncs;
mod trail;
mod unavailable;

use ratatui::layout::Rect;

pub(super) use self::syncs::verdict;
pub use self::{
    available::{current_target, is_allowed, is_available},
    trail::crumb,
};
use super::{
    message::{Effect, Message, Topic},
    model::Model,
};
use crate::{admin::row::JournalRow, directory::SubjectKind};

/// Takes a message in.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let mut effects = Vec::new();
    match message {
        Message::Key(event) => key::key(model, event, &mut effects),
        Message::Paste(text) => key::paste(model, &text, &mut effects),
        Message::Mouse(event) => mouse::mouse(model, event, &mut effects),
        Message::Resize(columns, rows) => model.area = Rect::new(0, 0, columns, rows),
        Message::Tick => tick(model),
        Message::Connected => away::connected(model),
        Message::Disconnected(reason) => away::disconnected(model, reason),
        Message::Replaced => away::replaced(model),
        Message::Exchanges(lines, missed) => {
            let now = model.now;
            model.live.receive(lines, missed, now);
            for topic in [Topic::Status, Topic::Syncs, Topic::Setup, Topic::Provider] {
                model.refresh.expire(topic);
            }
        }
        Message::Changes(rows) => changes(model, rows),
        Message::Exported(serial, result) => answer::exported(model, serial, result),
        Message::Answered(ask, result) if batch::is_waiting_for(model, &ask) => {
            batch::answered(model, result, &mut effects);
        }
        Message::Answered(ask, result) => answer::answered(model, &ask, result),
    }
    settle::settle(model, &mut effects);
    effects
}

fn tick(model: &mut Model) {
    let now = model.now;
    model.toasts.retain(|toast| toast.until > now);
    model.live.tick(now);
    filter::tick(model);
    syncs::tick(model);
}

/// New changes: into the journal, and a mark on everything that they may have touched.
fn changes(model: &mut Model, rows: Vec<JournalRow>) {
    for row in rows {
        let last = model.changes.rows.back().map_or(0, |row| row.seq);
        if row.seq <= last {
            continue;
        }
        for topic in touched(&row) {
            model.refresh.expire(*topic);
            match topic {
                Topic::Users => model.users.expire(),
                Topic::Roles => model.roles.expire(),
                Topic::Resources => model.resources.expire(),
                _ => {}
            }
        }
        model.marks.heed(&row);
        filter::append_change(model, row);
    }
}

fn touched(row: &JournalRow) -> &'static [Topic] {
    const USER: &[Topic] = &[
        Topic::Users,
        Topic::User,
        Topic::Role,
        Topic::Reached,
        Topic::Resource,
        Topic::Reaching,
        Topic::Warnings,
        Topic::Status,
        Topic::Setup,
    ];
    const ROLE: &[Topic] = &[
        Topic::Roles,
        Topic::Role,
        Topic::Users,
        Topic::User,
        Topic::Reached,
        Topic::Resource,
        Topic::Reaching,
        Topic::Warnings,
        Topic::Status,
        Topic::Setup,
    ];
    const RESOURCE: &[Topic] = &[
        Topic::Resources,
        Topic::Resource,
        Topic::Reaching,
        Topic::Reached,
        Topic::User,
        Topic::Role,
    ];
    const HOLD: &[Topic] = &[Topic::Holds, Topic::Warnings, Topic::Syncs, Topic::Status];
    const PROVIDER: &[Topic] = &[
        Topic::Providers,
        Topic::Provider,
        Topic::Tokens,
        Topic::Token,
        Topic::Status,
        Topic::Setup,
    ];
    const CONFLICT: &[Topic] = &[Topic::Conflicts, Topic::Conflict, Topic::Status];
    match row.subject.kind {
        SubjectKind::User | SubjectKind::ServiceAccount => USER,
        SubjectKind::Role => ROLE,
        SubjectKind::Provider | SubjectKind::Token => PROVIDER,
        SubjectKind::Conflict => CONFLICT,
        SubjectKind::Resource => RESOURCE,
        SubjectKind::Hold => HOLD,
    }
}

#[cfg(test)]
mod tests;
