//! Keys in the box on top.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::Input;

use super::{
    act, arrange, away, batch, follow,
    key::{insert, type_into},
    navigate,
    perform::{perform, perform_anywhere},
};
use crate::{
    admin::{Request, row::Warning},
    console::{
        action::{Action, Screen},
        message::{Ask, Effect, Exit},
        model::{
            Model, Mood,
            overlay::{Confirm, Form, Names, Overlay, Secret, Value, WAYS},
            target::Target,
        },
        palette, view,
    },
    directory::SubjectKind,
};

/// Names suggested at most.
pub(super) const SUGGESTIONS: usize = 5;

/// Opens the help, searching for something.
pub(super) fn help(model: &mut Model, search: &str) {
    let input = Input::new(search.to_owned());
    model.overlay = Some(Overlay::Help { input, top: 0 });
}

/// Takes a key in the box on top.
pub(super) fn key(model: &mut Model, event: KeyEvent, effects: &mut Vec<Effect>) {
    let Some(overlay) = model.overlay.take() else {
        return;
    };
    let closes = event.code == KeyCode::Esc
        || (event.code == KeyCode::Char('c') && event.modifiers.contains(KeyModifiers::CONTROL));
    if closes {
        close(model, overlay, event, effects);
        return;
    }
    match overlay {
        Overlay::Help { input, top } => help_key(model, input, top, event),
        Overlay::Palette { input, index } => palette_key(model, input, index, event, effects),
        Overlay::Warnings { index } => warnings_key(model, index, event, effects),
        Overlay::Arrange { index } => arrange::key(model, index, event),
        Overlay::Quit => quit_key(model, event, effects),
        Overlay::Ways { conflict, index } => {
            let chosen = WAYS.iter().copied().find(|way| {
                let keys = model.settings.keymap.keys(*way);
                keys.contains(&crate::console::keymap::Key::of(&event).to_string())
            });
            let index = moved(index, WAYS.len(), event.code);
            match (chosen, event.code) {
                (Some(way), _) => perform(model, way, effects),
                (None, KeyCode::Enter) => {
                    if let Some(way) = WAYS.get(index) {
                        perform(model, *way, effects);
                    }
                }
                _ => model.overlay = Some(Overlay::Ways { conflict, index }),
            }
        }
        Overlay::Confirm(confirm) => confirm_key(model, confirm, event, effects),
        Overlay::Batch => batch::key(model, event, effects),
        Overlay::Form(form) => form_key(model, form, event, effects),
        Overlay::Secret(secret) => secret_key(model, secret, event, effects),
        Overlay::Checked(row) => {
            if !matches!(event.code, KeyCode::Enter | KeyCode::Char('q')) {
                model.overlay = Some(Overlay::Checked(row));
            }
        }
    }
}

fn close(model: &mut Model, overlay: Overlay, event: KeyEvent, effects: &mut Vec<Effect>) {
    match overlay {
        // The second ctrl-c in a row means it; the listener goes on.
        Overlay::Quit if event.code != KeyCode::Esc => effects.push(Effect::Exit(Exit::Detach)),
        Overlay::Batch => batch::close(model),
        // An act that is under way cannot be called back; its answer is told.
        Overlay::Help { input, .. } if !input.value().is_empty() && event.code == KeyCode::Esc => {
            model.overlay = Some(Overlay::Help {
                input: Input::default(),
                top: 0,
            });
        }
        _ => {}
    }
}

pub(super) fn moved(index: usize, length: usize, code: KeyCode) -> usize {
    let last = length.saturating_sub(1);
    match code {
        KeyCode::Up | KeyCode::Char('k') => index.saturating_sub(1),
        KeyCode::Down | KeyCode::Char('j') => (index + 1).min(last),
        _ => index.min(last),
    }
}

fn help_key(model: &mut Model, mut input: Input, mut top: usize, event: KeyEvent) {
    let last = view::overlay::help_length(model, input.value()).saturating_sub(1);
    match event.code {
        KeyCode::Up => top = top.saturating_sub(1),
        KeyCode::Down => top = (top + 1).min(last),
        KeyCode::PageUp => top = top.saturating_sub(10),
        KeyCode::PageDown => top = (top + 10).min(last),
        KeyCode::Enter => return,
        KeyCode::Char('q' | '?') if input.value().is_empty() => return,
        _ => {
            if type_into(&mut input, &event) {
                top = 0;
            }
        }
    }
    model.overlay = Some(Overlay::Help { input, top });
}

fn palette_key(
    model: &mut Model,
    mut input: Input,
    mut index: usize,
    event: KeyEvent,
    effects: &mut Vec<Effect>,
) {
    let found = palette::matches(model, input.value());
    index = index.min(found.len().saturating_sub(1));
    match event.code {
        KeyCode::Up => index = index.saturating_sub(1),
        KeyCode::Down => index += 1,
        KeyCode::Tab => {
            if let Some(action) = found.get(index) {
                input = Input::new(action.info().title.to_owned());
                index = 0;
            }
        }
        KeyCode::Enter => {
            match found.get(index) {
                Some(action) => {
                    palette::chosen(model, *action);
                    perform_anywhere(model, *action, effects);
                }
                None => model.overlay = Some(Overlay::Palette { input, index }),
            }
            return;
        }
        _ => {
            if type_into(&mut input, &event) {
                index = 0;
            }
        }
    }
    model.overlay = Some(Overlay::Palette { input, index });
}

/// Holds come first, then the warnings.
fn warnings_key(model: &mut Model, index: usize, event: KeyEvent, effects: &mut Vec<Effect>) {
    let holds = model.holds.len();
    let index = moved(index, holds + model.warnings().count(), event.code);
    let hold = model.holds.get(index).cloned();
    match (event.code, hold) {
        (KeyCode::Char('q' | 'w'), _) => {}
        (KeyCode::Char('a' | 'x'), Some(_)) if model.settings.read_only => {
            model.tell(Mood::Bad, "this console is read-only");
            model.overlay = Some(Overlay::Warnings { index });
        }
        (KeyCode::Char('a' | 'x'), Some(hold)) => {
            act::decide(model, &hold, event.code == KeyCode::Char('a'), effects);
        }
        (KeyCode::Enter, Some(_)) => navigate::go(model, Screen::Live),
        (KeyCode::Enter, None) => {
            let warning = index.checked_sub(holds);
            let warning = warning.and_then(|index| model.warnings().nth(index));
            let target = warning.and_then(target_of);
            if let Some(target) = target {
                follow::follow(model, &target);
                return;
            }
            let screen = warning.map(|warning| match warning.check.as_str() {
                check if check.contains("token") || check.contains("silent") => Screen::Providers,
                check if check.contains("role") || check.contains("stale") => Screen::Roles,
                check if check.contains("conflict") => Screen::Conflicts,
                check if check.contains("held") || check.contains("unknown") => Screen::Live,
                _ => Screen::Users,
            });
            if let Some(screen) = screen {
                navigate::go(model, screen);
            }
        }
        _ => model.overlay = Some(Overlay::Warnings { index }),
    }
}

/// What a warning is about, where it names one thing.
fn target_of(warning: &Warning) -> Option<Target> {
    let name = warning.subject.as_str();
    // Where it is about many at once, it has a plural for its subject.
    let named = |kind| Some(Target::Named(kind, name.to_owned()));
    match warning.check.as_str() {
        "stale-role" | "unknown-members" if name != "roles" => named(SubjectKind::Role),
        "no-token" | "silent" => name.parse().ok().map(Target::provider),
        "token-expiring" | "token-unused" => named(SubjectKind::Token),
        "lock-out" | "suspended-member" if name.contains('@') => named(SubjectKind::User),
        _ => None,
    }
}

fn quit_key(model: &mut Model, event: KeyEvent, effects: &mut Vec<Effect>) {
    let exit = match event.code {
        KeyCode::Char('d') if model.settings.combined => Exit::Detach,
        KeyCode::Char('s') if model.settings.combined => Exit::StopListener,
        KeyCode::Char('y' | 'q') | KeyCode::Enter if !model.settings.combined => Exit::Detach,
        KeyCode::Char('n' | 'q') => return,
        _ => {
            model.overlay = Some(Overlay::Quit);
            return;
        }
    };
    effects.push(Effect::Exit(exit));
}

fn confirm_key(
    model: &mut Model,
    mut confirm: Box<Confirm>,
    event: KeyEvent,
    effects: &mut Vec<Effect>,
) {
    if confirm.typed.is_none() && matches!(event.code, KeyCode::Char('n' | 'q')) {
        return;
    }
    let bare = !(event.modifiers).intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    let goes = match &mut confirm.typed {
        None => bare && matches!(event.code, KeyCode::Char('y' | 'Y')),
        Some(_) if event.code == KeyCode::Enter => true,
        Some((_, input)) => {
            type_into(input, &event);
            false
        }
    };
    if goes && confirm.is_ready() && !away::refuses_acts(model) {
        confirm.busy = true;
        effects.push(Effect::Ask {
            ask: Ask::Act(confirm.serial),
            request: confirm.request.clone(),
            dry_run: false,
        });
    }
    model.overlay = Some(Overlay::Confirm(confirm));
}

fn form_key(model: &mut Model, mut form: Box<Form>, event: KeyEvent, effects: &mut Vec<Effect>) {
    if form.busy {
        model.overlay = Some(Overlay::Form(form));
        return;
    }
    let lines = form.fields.len();
    match event.code {
        KeyCode::Enter => {
            take_suggestion(&mut form);
            act::submit(model, form, effects);
            return;
        }
        KeyCode::Down if !form.suggestions.is_empty() => {
            let next = form.suggested.map_or(0, |at| at + 1);
            form.suggested = Some(next.min(form.suggestions.len() - 1));
        }
        KeyCode::Up if form.suggested.is_some() => {
            form.suggested = form.suggested.and_then(|at| at.checked_sub(1));
        }
        KeyCode::Tab if !form.suggestions.is_empty() => {
            form.suggested = form.suggested.or(Some(0));
            take_suggestion(&mut form);
        }
        KeyCode::Tab | KeyCode::Down => form.index = (form.index + 1) % lines.max(1),
        KeyCode::BackTab | KeyCode::Up => {
            form.index = (form.index + lines.max(1) - 1) % lines.max(1);
        }
        _ => {
            let changed = edit_field(&mut form, event);
            if changed {
                form.error = None;
                suggest(&mut form, effects);
            }
        }
    }
    model.overlay = Some(Overlay::Form(form));
}

fn edit_field(form: &mut Form, event: KeyEvent) -> bool {
    let Some(field) = form.fields.get_mut(form.index) else {
        return false;
    };
    match (&mut field.value, event.code) {
        (Value::Text(input) | Value::Name(input, _), _) => type_into(input, &event),
        (Value::Choice(options, index), KeyCode::Left | KeyCode::Char('h')) => {
            *index = (*index + options.len().max(1) - 1) % options.len().max(1);
            true
        }
        (Value::Choice(options, index), KeyCode::Right | KeyCode::Char('l' | ' ')) => {
            *index = (*index + 1) % options.len().max(1);
            true
        }
        (Value::Choice(options, index), KeyCode::Char(letter)) => {
            let found = options.iter().position(|option| option.starts_with(letter));
            *index = found.unwrap_or(*index);
            found.is_some()
        }
        _ => false,
    }
}

/// Puts the selected suggestion into its line.
fn take_suggestion(form: &mut Form) {
    let Some(name) = form
        .suggested
        .and_then(|at| form.suggestions.get(at).cloned())
    else {
        return;
    };
    if let Some(input) = form
        .fields
        .get_mut(form.index)
        .and_then(|field| field.input())
    {
        *input = Input::new(name);
    }
    form.suggestions.clear();
    form.suggested = None;
}

/// Asks for names that fit.
fn suggest(form: &mut Form, effects: &mut Vec<Effect>) {
    let Some(Value::Name(input, names)) = form.fields.get(form.index).map(|field| &field.value)
    else {
        return;
    };
    form.suggested = None;
    if input.value().trim().is_empty() {
        form.suggestions.clear();
        return;
    }
    let typed = input.value().trim().to_owned();
    // In quotes it is looked for as it stands, whatever it looks like.
    let filter = Some(format!("\"{}\"", typed.replace('"', "")));
    let limit = u32::try_from(SUGGESTIONS).unwrap_or(1);
    let offset = 0;
    let request = match names {
        Names::Users => Request::Users {
            filter,
            sort: None,
            offset,
            limit,
        },
        Names::Roles => Request::Roles {
            filter,
            sort: None,
            offset,
            limit,
        },
        Names::Resources => Request::Resources {
            filter,
            sort: None,
            offset,
            limit,
        },
    };
    effects.push(Effect::Ask {
        ask: Ask::Suggest(form.serial, typed.clone()),
        request,
        dry_run: false,
    });
}

fn secret_key(
    model: &mut Model,
    mut secret: Box<Secret>,
    event: KeyEvent,
    effects: &mut Vec<Effect>,
) {
    // Nothing but Escape closes it: what is lost here is lost for good.
    if matches!(event.code, KeyCode::Char('y' | 'c')) {
        effects.push(Effect::Copy(secret.token.token.clone()));
        secret.copied = true;
    }
    model.overlay = Some(Overlay::Secret(secret));
}

/// Takes pasted text in the box on top.
pub(super) fn paste(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    match &mut model.overlay {
        Some(Overlay::Help { input, .. } | Overlay::Palette { input, .. }) => insert(input, text),
        Some(Overlay::Confirm(confirm)) => {
            if let Some((_, input)) = &mut confirm.typed {
                insert(input, text);
            }
        }
        Some(Overlay::Batch) => {
            if let Some((_, input)) = model.batch.as_mut().and_then(|b| b.typed.as_mut()) {
                insert(input, text);
            }
        }
        Some(Overlay::Form(form)) if !form.busy => {
            let index = form.index;
            if let Some(input) = form.fields.get_mut(index).and_then(|field| field.input()) {
                insert(input, text);
            }
            suggest(form, effects);
        }
        _ => {}
    }
}

/// The action that a step of the checklist or a key of a box stands for.
pub(super) fn for_step(step: &str) -> Action {
    match step {
        "token" => Action::NewToken,
        "first-group" => Action::Roles,
        "first-user" | "break-glass" => Action::Users,
        _ => Action::Live,
    }
}
