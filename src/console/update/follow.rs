//! Where links lead.

use super::{filter, navigate, older, trail};
use crate::{
    console::{
        action::Screen,
        message::Topic,
        model::{Focus, Model, ProviderLine, list::Cursor, overlay::Overlay, target::Target},
    },
    directory::{ConflictId, ExchangeId, Provider, Subject, SubjectKind},
};

/// Goes where a link leads; the place that is left can be gone back to. From details it leads into
/// details, from a list into a list.
pub(super) fn follow(model: &mut Model, target: &Target) {
    let Some(screen) = screen(target) else {
        show(model, target);
        return;
    };
    let focus = match model.focus {
        Focus::Syncs => Focus::List,
        focus => focus,
    };
    model.overlay = None;
    if screen == model.screen {
        let here = trail::here(model);
        model.trail.leave(here);
    }
    navigate::go(model, screen);
    model.focus = focus;
    model.details = Cursor::default();
    show(model, target);
    let is_asked = model.live.asked().is_some() || model.changes.wanted.is_some();
    if is_asked || model.conflict_wanted.is_some() {
        model.trail.await_answer();
    }
}

/// The screen that shows it; none for what lies on top of any.
fn screen(target: &Target) -> Option<Screen> {
    Some(match target {
        Target::Subject(Subject { kind, .. }) | Target::Named(kind, _) => match kind {
            SubjectKind::User | SubjectKind::ServiceAccount => Screen::Users,
            SubjectKind::Role => Screen::Roles,
            SubjectKind::Provider | SubjectKind::Token => Screen::Providers,
            SubjectKind::Conflict => Screen::Conflicts,
            SubjectKind::Resource => Screen::Access,
            SubjectKind::Hold => return None,
        },
        Target::Exchange(_) => Screen::Live,
        Target::Change(_) => Screen::Journal,
        Target::Of(_, screen) => *screen,
    })
}

fn show(model: &mut Model, target: &Target) {
    match target {
        Target::Subject(subject) => show_subject(model, subject),
        Target::Named(kind, name) => {
            let subject = Subject {
                kind: *kind,
                id: String::new(),
                name: name.clone(),
            };
            show_subject(model, &subject);
        }
        Target::Exchange(id) => show_exchange(model, *id),
        Target::Change(seq) => older::select(model, *seq),
        Target::Of(provider, screen) => show_those_of(model, *provider, *screen),
    }
}

fn show_subject(model: &mut Model, subject: &Subject) {
    match subject.kind {
        SubjectKind::User
        | SubjectKind::ServiceAccount
        | SubjectKind::Role
        | SubjectKind::Resource => narrow_to(model, subject),
        SubjectKind::Provider => {
            if let Ok(provider) = subject.id.parse() {
                show_provider(model, ProviderLine::Provider(provider));
            }
        }
        SubjectKind::Token => {
            if let Ok(token) = subject.id.parse() {
                show_provider(model, ProviderLine::Token(token));
            }
        }
        SubjectKind::Conflict => {
            if let Ok(id) = subject.id.parse() {
                show_conflict(model, id);
            }
        }
        SubjectKind::Hold => {
            let mut holds = model.holds.iter();
            let index = holds.position(|hold| hold.id.to_string() == subject.id);
            model.refresh.want(Topic::Warnings);
            model.refresh.want(Topic::Holds);
            model.overlay = Some(Overlay::Warnings {
                index: index.unwrap_or(0),
            });
        }
    }
}

/// Narrows the list of users, roles or resources to the one that is meant: by its id, or where that
/// is not known by the whole of its name.
fn narrow_to(model: &mut Model, subject: &Subject) {
    let by_id = Some(format!("id eq \"{}\"", subject.id)).filter(|_| !subject.id.is_empty());
    let named = |attribute: &str| {
        let name = serde_json::Value::from(subject.name.as_str());
        format!("{attribute} eq {name}")
    };
    let name = subject.name.clone();
    match subject.kind {
        SubjectKind::Role => {
            let filter = by_id.unwrap_or_else(|| named("displayName"));
            model.roles.narrow(filter, name);
            model.refresh.want(Topic::Roles);
        }
        SubjectKind::Resource => {
            let filter = if subject.id.is_empty() {
                name.clone()
            } else {
                format!("id:{}", subject.id)
            };
            model.resources.narrow(filter, name);
            model.refresh.want(Topic::Resources);
        }
        _ => {
            let filter = by_id.unwrap_or_else(|| named("userName"));
            model.users.narrow(filter, name);
            model.refresh.want(Topic::Users);
        }
    }
}

/// Shows what a provider has on a screen.
fn show_those_of(model: &mut Model, provider: Provider, screen: Screen) {
    let filter = match screen {
        Screen::Live | Screen::Conflicts => format!("provider:{provider}"),
        _ => format!("by:{provider}"),
    };
    filter::put(model, filter);
    if screen == Screen::Live {
        model.live.follow();
    }
}

/// Selects a provider or a token.
pub(super) fn show_provider(model: &mut Model, line: ProviderLine) {
    let mut lines = model.provider_lines().into_iter();
    match lines.position(|known| known == line) {
        Some(index) => model.provider_cursor.index = index,
        // The tokens may come later than the providers.
        None if model.tokens.is_empty() || model.providers.is_empty() => {
            model.provider_wanted = Some(line);
        }
        None => {}
    }
}

/// Selects a conflict, now or once it is here.
pub(super) fn show_conflict(model: &mut Model, id: ConflictId) {
    if !model.conflicts.iter().any(|row| row.id == id) {
        // It may be one that only the filter hides.
        filter::put(model, String::new());
    }
    if let Some(index) = model.conflicts.iter().position(|row| row.id == id) {
        model.conflict_cursor.index = index;
    } else {
        model.conflict_wanted = Some(id);
        model.refresh.want(Topic::Conflicts);
    }
}

/// Selects a request; one that the list does not have is asked for and shown beside it.
pub(super) fn show_exchange(model: &mut Model, id: ExchangeId) {
    model.live.leave_sync_part();
    if model.live.select(id) {
        return;
    }
    model.live.close();
    if model.live.has(id) {
        filter::put(model, String::new());
        model.live.select(id);
        return;
    }
    model.live.visit(id);
    if model.live.asked().is_some() {
        model.refresh.want(Topic::Exchange);
    }
}
