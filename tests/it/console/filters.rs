//! Filters as they are typed, on every screen.

use jiff::SignedDuration;
use rolecall::{
    admin::Request,
    console::{
        Effect, Message, Model,
        action::Screen,
        message::Ask,
        model::{ProviderLine, overlay::Overlay},
        update,
    },
};

use super::{
    draw,
    sample::{busy, exchange_id, exchanges, key, now, press, reply, send, settings},
    text,
};

/// The filter that the server was last asked for; empty where it was asked for everything.
fn asked(effects: &[Effect]) -> Option<String> {
    let mut asked = effects.iter().filter_map(|effect| match effect {
        Effect::Ask {
            request:
                Request::Users { filter, .. }
                | Request::Roles { filter, .. }
                | Request::Resources { filter, .. },
            ..
        } => Some(filter.clone().unwrap_or_default()),
        _ => None,
    });
    asked.next_back()
}

fn type_text(model: &mut Model, text: &str) -> Vec<Effect> {
    let characters = text.chars().map(|c| c.to_string());
    characters
        .flat_map(|c| update(model, Message::Key(key(&c))))
        .collect()
}

fn typed(model: &Model) -> Option<&str> {
    model.filtering.as_ref().map(|edit| edit.input.value())
}

fn error(model: &Model) -> Option<(usize, &str)> {
    let error = model.filtering.as_ref()?.error.as_ref()?;
    Some((error.at, error.message.as_str()))
}

#[test]
fn a_list_of_the_server_is_asked_for_after_a_pause() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "2 /");
    let effects = type_text(&mut model, "state:suspended");
    assert_eq!(asked(&effects), None);
    assert_eq!(model.users.filter, "");
    let wake = model.wake().expect("a moment");
    assert_eq!(wake, now() + SignedDuration::from_millis(150));
    model.now = wake;
    let effects = update(&mut model, Message::Tick);
    assert_eq!(asked(&effects), Some("state:suspended".to_owned()));
    // What was there stays until the answer has come, and the line stays open.
    assert!(model.users.current().is_some());
    assert_eq!(typed(&model), Some("state:suspended"));
    let next = model.wake();
    assert!(next.is_none_or(|next| next > model.now));
}

#[test]
fn what_cannot_be_read_is_not_asked_for() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "2 /");
    type_text(&mut model, "ann stat");
    assert_eq!(error(&model), None);
    type_text(&mut model, "e:x");
    let (at, message) = error(&model).expect("an error");
    assert_eq!(at, 4);
    assert!(message.contains("choose active or suspended"), "{message}");
    assert_eq!(model.filtering.as_ref().and_then(|edit| edit.due), None);
    press(&mut model, "enter");
    assert_eq!(typed(&model), Some("ann state:x"));
    assert!(text(&draw(&model)).contains("choose active or suspended"));
    press(&mut model, "esc");
    assert_eq!((typed(&model), model.users.filter.as_str()), (None, ""));
}

#[test]
fn escape_brings_back_what_was_there() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "3 / 'name:e enter");
    assert_eq!(model.roles.filter, "name:e");
    press(&mut model, "/ 'ng");
    model.now = model.wake().expect("a moment");
    send(&mut model, Message::Tick);
    assert_eq!(model.roles.filter, "name:eng");
    press(&mut model, "esc");
    assert_eq!(model.roles.filter, "name:e");
    press(&mut model, "esc");
    assert_eq!(model.roles.filter, "");
    assert!(model.roles.total.is_some_and(|total| total > 0));
}

#[test]
fn a_late_answer_to_an_older_filter_is_left_out() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "2 / 'a");
    model.now = model.wake().expect("a moment");
    let first = update(&mut model, Message::Tick);
    type_text(&mut model, "b");
    model.now = model.wake().expect("a moment");
    update(&mut model, Message::Tick);
    let mut late = first.into_iter().filter_map(|effect| match effect {
        Effect::Ask {
            ask: ask @ Ask::Users(..),
            request,
            dry_run,
        } => Some((ask, reply(&request, dry_run)?)),
        _ => None,
    });
    let (ask, answer) = late.next().expect("a question");
    let effects = update(&mut model, Message::Answered(ask, Ok(Box::new(answer))));
    // Its place is free now for the question that waits.
    assert_eq!(asked(&effects), Some("ab".to_owned()));
}

#[test]
fn conflicts_are_filtered_here_and_a_link_is_never_hidden() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "4");
    let every = model.conflicts.len();
    assert!(every > 1);
    press(&mut model, "/ 'kind:role-name");
    let left = model.conflicts.len();
    assert!(left > 0 && left < every);
    let picture = text(&draw(&model));
    assert!(picture.contains("/kind:role-name"), "{picture}");
    assert!(picture.contains(&format!("{left} of {every}")), "{picture}");
    press(&mut model, "esc / 'xyz enter");
    assert!(model.conflicts.is_empty());
    assert!(text(&draw(&model)).contains("Nothing matches the filter"));
    press(&mut model, "esc");
    assert_eq!(model.conflicts.len(), every);

    // From a request of Live to its conflict, whatever the filter is.
    press(&mut model, "/ 'kind:alias enter 1 g g");
    while model.live.conflict().is_none() {
        press(&mut model, "j");
    }
    let wanted = model.live.conflict();
    press(&mut model, "r");
    assert_eq!(model.screen, Screen::Conflicts);
    assert_eq!(model.selected_conflict().map(|row| row.id), wanted);
}

#[test]
fn a_provider_stays_above_a_token_that_passes() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "6 / 'used:never enter");
    let lines = model.provider_lines();
    let tokens = lines
        .iter()
        .filter(|line| matches!(line, ProviderLine::Token(_)));
    assert_eq!(tokens.count(), 1);
    assert!(matches!(lines.first(), Some(ProviderLine::Provider(_))));
    press(&mut model, "esc / 'revoked enter");
    let lines = model.provider_lines();
    assert_eq!(lines.len(), 2);
    assert!(text(&draw(&model)).contains("/revoked"));
}

#[test]
fn the_journal_knows_its_own_operators() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "7");
    let every = model.changes.rows.len();
    press(&mut model, "/ 'kind:role");
    let left = model.changes.shown.len();
    assert!(left > 0 && left < every);
    assert_eq!(error(&model), None);
    press(&mut model, "'x");
    assert!(error(&model).is_some());
    assert_eq!(model.changes.shown.len(), left);
    press(&mut model, "esc");
    assert_eq!(model.changes.shown.len(), every);
}

#[test]
fn spans_follow_the_clock() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "7 / 'after:1h enter");
    let before = model.changes.shown.len();
    assert!(before > 0);
    let wake = model.wake().expect("a moment");
    assert!(wake <= model.now + SignedDuration::from_secs(1));
    model.now += SignedDuration::from_hours(48);
    update(&mut model, Message::Tick);
    assert_eq!(model.changes.shown.len(), 0);
}

/// The same requests once more, each slower than before.
fn later(model: &mut Model) {
    let mut more = exchanges();
    for (number, line) in (100..).zip(&mut more) {
        line.id = exchange_id(number);
        line.micros += 1;
    }
    update(model, Message::Exchanges(more, 0));
}

#[test]
fn what_stands_for_a_hidden_request_stays_when_others_come() {
    let selected = |model: &Model| model.live.current().map(|line| line.id);
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "k");
    let hidden = selected(&model);
    press(&mut model, "/ 'R tab 'E");
    assert_eq!(model.live.filter_text, "role:E");
    let (before, rows) = (selected(&model), model.live.len());
    assert_ne!(before, hidden);
    later(&mut model);
    assert!(model.live.len() > rows);
    assert_eq!(selected(&model), before);
    press(&mut model, "esc");
    assert_eq!(selected(&model), hidden);

    // By the clock, which lets the hidden one pass.
    press(&mut model, "/ '!after:3s enter");
    let (before, rows) = (selected(&model), model.live.len());
    assert_ne!(before, hidden);
    model.now += SignedDuration::from_secs(1);
    update(&mut model, Message::Tick);
    assert!(model.live.len() > rows);
    assert_eq!(selected(&model), before);

    // And sorted by the time taken.
    press(&mut model, "esc o G");
    for _ in 0..12 {
        press(&mut model, "down");
    }
    press(&mut model, "enter enter esc / 'verb:patch enter");
    let (before, rows) = (selected(&model), model.live.len());
    later(&mut model);
    model.now += SignedDuration::from_secs(1);
    update(&mut model, Message::Tick);
    assert!(model.live.len() > rows);
    assert_eq!(selected(&model), before);
}

#[test]
fn each_screen_has_its_own_history() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "2 / 'state:active enter / backspace 'd enter");
    assert_eq!(model.users.filter, "state:active");
    press(&mut model, "esc esc");
    press(&mut model, "/ 'bob enter esc");
    press(&mut model, "3 / up");
    assert_eq!(typed(&model), Some(""));
    press(&mut model, "esc 2 / 'draft up");
    assert_eq!(typed(&model), Some("bob"));
    press(&mut model, "up");
    assert_eq!(typed(&model), Some("state:active"));
    press(&mut model, "up up");
    assert_eq!(typed(&model), Some("state:active"));
    press(&mut model, "down down");
    assert_eq!(typed(&model), Some("draft"));
}

#[test]
fn tab_completes_names_and_values() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "2 / 'ann");
    type_text(&mut model, " !sta");
    press(&mut model, "tab");
    assert_eq!(typed(&model), Some("ann !state:"));
    press(&mut model, "tab");
    assert_eq!(typed(&model), Some("ann !state:active"));
    assert!(text(&draw(&model)).contains("active  suspended"));
    press(&mut model, "tab");
    assert_eq!(typed(&model), Some("ann !state:suspended"));
    press(&mut model, "shift-tab enter");
    assert_eq!(model.users.filter, "ann !state:active");
}

#[test]
fn a_question_mark_lists_the_operators_of_this_list() {
    for (screen, operator) in [
        ("4", "tries:>3"),
        ("6", "expires:<14d"),
        ("1", "verb:patch"),
    ] {
        let mut model = busy(settings(), 120, 40);
        press(&mut model, &format!("{screen} / ?"));
        assert!(matches!(model.overlay, Some(Overlay::Help { .. })));
        let picture = text(&draw(&model));
        assert!(picture.contains(operator), "{picture}");
    }
    // In the middle of a line it is a character.
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "2 / 'a ?");
    assert_eq!(typed(&model), Some("a?"));
}

#[test]
fn counts_say_how_many_there_are_without_the_filter() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "2");
    let every = model.users.total.expect("a total");
    press(&mut model, "/ 'ann enter");
    let picture = text(&draw(&model));
    assert!(picture.contains(&format!("out of {every}")), "{picture}");
    assert!(picture.contains("/ann"));
}
