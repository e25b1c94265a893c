//! One directory in the middle of a Force Sync, always the same: what snapshots and pictures show.

mod access;
mod acts;
mod conflicts;
mod directory;
mod providers;
mod syncs;
mod traffic;

use std::{cell::Cell, collections::BTreeMap};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rolecall::{
    admin::{
        Reply, Request,
        row::{Done, NewToken, Page},
    },
    console::{
        ColorLevel, Effect, Message, Model, Settings, ThemeKind, keymap::Keymap, message::Ask,
        model::list::Keyed, update,
    },
    directory::{Action, ConflictState, ExchangeId, SubjectKind, TokenId},
};
use serde_json::{Value, json};
use uuid::Uuid;

pub(super) use self::{
    access::{ahead, hold_id, resource_id},
    conflicts::conflict_id,
    directory::{status, users},
    traffic::{exchanges, journal},
};
use self::{
    conflicts::{conflict_detail, conflicts},
    directory::{providers, quiet_status, role_detail, roles, tokens, user_detail, warnings},
    providers::{past, provider_detail, token_detail},
    syncs::syncs,
    traffic::{entry, exchange, setup, subject},
};

/// The moment of every snapshot.
pub(super) fn now() -> Timestamp {
    "2026-03-04T12:01:34Z".parse().expect("a time")
}

/// So many seconds before it.
pub(super) fn ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

fn uuid(kind: u128, number: u128) -> Uuid {
    Uuid::from_u128(0x0195_6100_0000_7000_8000_0000_0000_0000 + (kind << 32) + number)
}

pub(super) fn exchange_id(number: u128) -> ExchangeId {
    ExchangeId(uuid(1, number))
}

pub(super) fn settings() -> Settings {
    Settings {
        combined: true,
        read_only: false,
        theme: ThemeKind::Dark,
        colors: ColorLevel::True,
        ascii: false,
        keymap: Keymap::new(&BTreeMap::new()).expect("the defaults are in order"),
        base_url: Some("http://127.0.0.1:8080/scim/v2".to_owned()),
        zone: TimeZone::UTC,
    }
}

/// A console that has just been opened onto a server where nothing has happened yet.
pub(super) fn fresh(settings: Settings, columns: u16, rows: u16) -> Model {
    let mut model = Model::new(settings, now());
    send(&mut model, Message::Resize(columns, rows));
    send(&mut model, Message::Connected);
    answer(
        &mut model,
        Ask::Status,
        Reply::Status(Box::new(quiet_status())),
    );
    model
}

/// A console in the middle of a sync.
pub(super) fn busy(settings: Settings, columns: u16, rows: u16) -> Model {
    HELD.set(false);
    syncing(settings, columns, rows)
}

fn syncing(settings: Settings, columns: u16, rows: u16) -> Model {
    let mut model = fresh(settings, columns, rows);
    answer(&mut model, Ask::Status, Reply::Status(Box::new(status())));
    send(&mut model, Message::Changes(journal()));
    send(&mut model, Message::Exchanges(exchanges(), 0));
    answer(&mut model, Ask::Syncs, Reply::Syncs(syncs()));
    model
}

thread_local! {
    /// Whether the sample's server holds a mass suspension.
    static HELD: Cell<bool> = const { Cell::new(false) };
}

/// A console in the middle of a sync of which the rest is held.
pub(super) fn held(settings: Settings, columns: u16, rows: u16) -> Model {
    HELD.set(true);
    syncing(settings, columns, rows)
}

/// Sends a message and answers every question that comes of it, as the sample's server would.
pub(super) fn send(model: &mut Model, message: Message) -> Vec<Effect> {
    let mut effects = update(model, message);
    let mut left = Vec::new();
    for _ in 0..64 {
        if effects.is_empty() {
            break;
        }
        let mut next = Vec::new();
        for effect in effects {
            match &effect {
                Effect::Ask {
                    ask,
                    request,
                    dry_run,
                } => match reply(request, *dry_run) {
                    Some(reply) => next.extend(update(
                        model,
                        Message::Answered(ask.clone(), Ok(Box::new(reply))),
                    )),
                    None => left.push(effect),
                },
                _ => left.push(effect),
            }
        }
        effects = next;
    }
    left
}

pub(super) fn answer(model: &mut Model, ask: Ask, reply: Reply) {
    update(model, Message::Answered(ask, Ok(Box::new(reply))));
}

/// Presses keys: words of the keymap, or `'text` to type text.
pub(super) fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for word in keys.split_whitespace() {
        if let Some(text) = word.strip_prefix('\'') {
            for character in text.chars() {
                let event = KeyEvent::new(KeyCode::Char(character), KeyModifiers::NONE);
                effects.extend(send(model, Message::Key(event)));
            }
        } else {
            effects.extend(send(model, Message::Key(key(word))));
        }
    }
    effects
}

/// The event of a key's name.
pub(super) fn key(word: &str) -> KeyEvent {
    let mut modifiers = KeyModifiers::NONE;
    let mut rest = word;
    for (lead, modifier) in [
        ("ctrl-", KeyModifiers::CONTROL),
        ("alt-", KeyModifiers::ALT),
    ] {
        if let Some(after) = rest.strip_prefix(lead).filter(|after| !after.is_empty()) {
            rest = after;
            modifiers |= modifier;
        }
    }
    let code = match rest {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "space" => KeyCode::Char(' '),
        "comma" => KeyCode::Char(','),
        "tab" => KeyCode::Tab,
        "shift-tab" => KeyCode::BackTab,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pageup" => KeyCode::PageUp,
        "pagedown" => KeyCode::PageDown,
        "backspace" => KeyCode::Backspace,
        "delete" => KeyCode::Delete,
        _ => match rest.strip_prefix('f').map(str::parse) {
            Some(Ok(number)) => KeyCode::F(number),
            _ => KeyCode::Char(rest.chars().next().expect("a key")),
        },
    };
    KeyEvent::new(code, modifiers)
}

/// What the sample's server answers, to the question how it is as well.
pub(super) fn answer_to(request: &Request, dry_run: bool) -> Option<Reply> {
    match request {
        Request::Status => Some(Reply::Status(Box::new(status()))),
        request => reply(request, dry_run),
    }
}

/// What the sample's server answers.
pub(super) fn reply(request: &Request, dry_run: bool) -> Option<Reply> {
    Some(match request {
        Request::Users { filter, offset, .. } => {
            Reply::Users(page(users(), filter.as_deref(), *offset, |u| &u.user_name))
        }
        Request::Roles { filter, offset, .. } => {
            Reply::Roles(page(roles(), filter.as_deref(), *offset, |r| {
                &r.display_name
            }))
        }
        Request::User { user } => {
            let row = users()
                .into_iter()
                .find(|row| row.id.to_string() == *user || row.user_name == *user)?;
            Reply::User(Box::new(user_detail(row)))
        }
        Request::Role { role, .. } => {
            let row = roles()
                .into_iter()
                .find(|row| row.id.to_string() == *role)?;
            Reply::Role(Box::new(role_detail(row)))
        }
        Request::Resources { filter, offset, .. } => {
            Reply::Resources(page(access::resources(), filter.as_deref(), *offset, |r| {
                &r.name
            }))
        }
        Request::Resource { resource } => {
            let rows = access::resources();
            let row = rows
                .into_iter()
                .find(|row| row.id.to_string() == *resource)?;
            Reply::Resource(Box::new(access::resource_detail(row)))
        }
        Request::AccessList { user, resource, .. } => {
            let mut rows = access::ways();
            let is = |id: Uuid, wanted: &Option<String>| {
                wanted
                    .as_ref()
                    .is_none_or(|wanted| id.to_string() == *wanted)
            };
            rows.retain(|row| is(row.user.0, user) && is(row.resource.0, resource));
            Reply::Access { rows, next: None }
        }
        Request::AccessCheck { user, resource } => {
            Reply::AccessCheck(Box::new(access::check(user, resource)?))
        }
        Request::Warnings => Reply::Warnings(warnings()),
        Request::Holds { .. } if HELD.get() => Reply::Holds(access::holds()),
        Request::Holds { .. } => Reply::Holds(Vec::new()),
        Request::Providers => Reply::Providers(providers()),
        Request::Tokens => Reply::Tokens(tokens()),
        Request::Provider { provider } => Reply::Provider(Box::new(provider_detail(*provider)?)),
        Request::Token { id } => Reply::Token(Box::new(token_detail(*id)?)),
        Request::Journal { after, limit } => {
            let last = after.saturating_add(u64::from(*limit)).min(8_801);
            Reply::Journal((after + 1..=last).map(past).collect())
        }
        Request::Conflicts { all, .. } => {
            let mut rows = conflicts();
            rows.retain(|row| *all || row.state == ConflictState::Open);
            Reply::Conflicts(rows)
        }
        Request::Conflict { id } => {
            let row = conflicts().into_iter().find(|row| row.id == *id)?;
            Reply::Conflict(Box::new(conflict_detail(row)))
        }
        Request::Syncs { .. } => Reply::Syncs(syncs()),
        Request::SyncExchanges { id, after, .. } => syncs::page(*id, *after),
        Request::Exchange { id } => Reply::Exchange(Box::new(exchange(*id)?)),
        Request::Setup => Reply::Setup(setup()),
        Request::CreateToken {
            provider,
            name,
            expires,
        } => Reply::NewToken(Box::new(NewToken {
            id: TokenId(uuid(5, 9)),
            provider: *provider,
            name: name.clone().unwrap_or_else(|| "okta 2".to_owned()),
            token: "rc_okta_sample0sample1sample2sample3sample4sampleabc".to_owned(),
            created: now(),
            expires: *expires,
        })),
        Request::LinkConflict { id } if dry_run => {
            let row = conflicts().into_iter().find(|row| row.id == *id)?;
            let changes = vec![
                entry(
                    8813,
                    Action::RoleTakenOver,
                    subject(SubjectKind::Role, "Finance"),
                    json!({"managed_by": "local"}),
                    json!({"managed_by": "okta"}),
                ),
                entry(
                    8814,
                    Action::MembersAdded,
                    subject(SubjectKind::Role, "Finance"),
                    Value::Null,
                    json!({"members": [{"name": "dora@example.com", "origin": "provider"}, {"name": "eve@example.com", "origin": "provider"}]}),
                ),
            ];
            Reply::ConflictDone(Box::new(Done {
                row,
                changes,
                dry_run: true,
            }))
        }
        Request::RevokeToken { id } if dry_run => {
            let row = tokens().into_iter().find(|row| row.id == *id)?;
            let changes = vec![entry(
                8813,
                Action::TokenRevoked,
                subject(SubjectKind::Token, &row.name),
                Value::Null,
                Value::Null,
            )];
            Reply::TokenDone(Box::new(Done {
                row,
                changes,
                dry_run: true,
            }))
        }
        request if dry_run => return acts::preview(request),
        _ => return None,
    })
}

/// A page of the rows that pass, as the links and the filter line ask for them: the one with an id,
/// the one with the whole of a name, those of a provider, or those whose name contains a text.
fn page<Row: Clone + Keyed>(
    rows: Vec<Row>,
    filter: Option<&str>,
    offset: u64,
    name: impl Fn(&Row) -> &String,
) -> Page<Row> {
    let of = rows.len() as u64;
    let words = filter.unwrap_or_default().replace('"', "");
    let quoted = |filter: &str| {
        Some(
            filter
                .split_once(" eq \"")?
                .1
                .trim_end_matches('"')
                .to_owned(),
        )
    };
    let passes = |row: &Row| {
        let Some(filter) = filter else { return true };
        match (quoted(filter), filter.strip_prefix("id:")) {
            (Some(whole), _) if filter.starts_with("id ") => row.id().to_string() == whole,
            (Some(whole), _) => *name(row) == whole,
            (None, Some(id)) => row.id().to_string() == id,
            (None, None) if filter == "by:okta" => name(row).contains('n'),
            (None, None) => name(row).contains(&words),
        }
    };
    let rows: Vec<Row> = rows.into_iter().filter(passes).collect();
    let total = rows.len() as u64;
    let from = usize::try_from(offset).expect("a small offset");
    Page {
        rows: rows.into_iter().skip(from).take(100).collect(),
        total,
        of,
        behind: false,
    }
}
