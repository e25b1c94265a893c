//! From one thing to the next by Enter, and back through the places visited.

use rolecall::console::{
    Message, Model,
    action::{Action, Screen},
    message::{Ask, Failure},
    model::Focus,
    update,
    update::{current_target, is_available},
};

use super::{
    draw,
    sample::{busy, conflict_id, exchange_id, press, settings, users},
    text,
};

/// Selects the line of the details that leads to this, and follows it; gives what was seen before.
fn follow(model: &mut Model, line: &str) -> String {
    press(model, "g g");
    for _ in 0..80 {
        let word = current_target(model).map(|target| format!("{target:?}"));
        if word.is_some_and(|word| word.contains(line)) {
            let before = shown(model);
            press(model, "enter");
            return before;
        }
        press(model, "j");
    }
    panic!("no line leads to {line}:\n{}", shown(model));
}

fn shown(model: &Model) -> String {
    text(&draw(model))
}

#[test]
fn links_lead_all_the_way_round_and_back_to_the_same_places() {
    for (columns, rows) in [(80, 24), (160, 48)] {
        let mut model = busy(settings(), columns, rows);
        // A role got members: to the role, to a member, to another role of it, to that one's conflict,
        // to the request that was refused.
        press(&mut model, "k k k enter");
        let mut seen = Vec::new();
        for (line, screen) in [
            ("Engineering", Screen::Roles),
            ("zoë", Screen::Users),
            ("Finance", Screen::Roles),
            ("kind: Conflict", Screen::Conflicts),
            ("Exchange", Screen::Live),
        ] {
            seen.push(follow(&mut model, line));
            assert_eq!(model.screen, screen, "{line}");
            assert_eq!(model.focus, Focus::Details);
        }
        assert_eq!(
            model.live.current().map(|line| line.id),
            Some(exchange_id(6))
        );
        let last = shown(&model);
        for before in seen.iter().rev() {
            press(&mut model, "[");
            assert_same(&shown(&model), before);
        }
        assert!(!is_available(&model, Action::GoBack));
        for after in seen.iter().skip(1) {
            press(&mut model, "]");
            assert_same(&shown(&model), after);
        }
        press(&mut model, "]");
        assert_same(&shown(&model), &last);
        assert!(!is_available(&model, Action::GoForward));
    }
}

/// The same but for the breadcrumb, which tells the way and not the place.
fn assert_same(left: &str, right: &str) {
    let rest = |shown: &str| {
        let mut lines: Vec<String> = shown.lines().map(str::to_owned).collect();
        lines.remove(1);
        lines.join("\n")
    };
    assert_eq!(rest(left), rest(right));
}

#[test]
fn going_back_restores_filter_and_selection() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "2 / 'user enter j j j j j");
    let selected = model.users.current().map(|row| row.id);
    press(&mut model, "enter");
    follow(&mut model, "Everyone");
    assert_eq!(model.roles.only.as_deref(), Some("Everyone"));
    assert!(shown(&model).contains("only Everyone"));
    press(&mut model, "2 esc");
    assert_eq!(model.users.filter, "");
    press(&mut model, "[ [");
    assert_eq!(model.screen, Screen::Users);
    assert_eq!(model.users.filter, "user");
    assert_eq!(model.users.current().map(|row| row.id), selected);
    assert_eq!(model.focus, Focus::Details);
}

#[test]
fn a_user_is_gone_to_by_its_id_and_the_narrowing_is_cleared() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "7 s");
    let ann = users()
        .into_iter()
        .find(|row| row.user_name == "ann@example.com");
    let ann = ann.expect("ann is in the sample");
    assert_eq!(model.users.filter, format!("id eq \"{}\"", ann.id));
    assert_eq!(model.users.current(), Some(&ann));
    press(&mut model, "esc");
    assert_eq!(
        (model.users.filter.as_str(), &model.users.only),
        ("", &None)
    );
    assert!(model.users.total.is_some_and(|total| total > 1));
}

#[test]
fn an_older_change_is_asked_for() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "2 j enter");
    follow(&mut model, "Change(211)");
    assert_eq!(model.screen, Screen::Journal);
    assert_eq!(model.changes.current().map(|row| row.seq), Some(211));
    assert!(shown(&model).contains("Grade 211"));
    // Further up and down is asked for as well, and the newest end is still there.
    press(
        &mut model,
        "esc pageup pageup pageup pageup pageup pageup pageup pageup",
    );
    assert!(model.changes.entry(1).is_some());
    press(&mut model, "G");
    assert_eq!(model.changes.current().map(|row| row.seq), Some(8_812));
}

#[test]
fn an_older_request_is_shown_beside_the_list_or_refused_where_the_link_was() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "4 enter");
    let mut request = None;
    press(&mut model, "G");
    for _ in 0..30 {
        press(&mut model, "j");
    }
    for effect in press(&mut model, "enter") {
        if let rolecall::console::Effect::Ask { ask, .. } = effect {
            request = Some(ask);
        }
    }
    let Some(ask @ Ask::Exchange(_)) = request else {
        panic!("{request:?}\n{}", shown(&model))
    };
    assert_eq!(model.screen, Screen::Live);
    let why = "The exchange is not kept.".to_owned();
    update(
        &mut model,
        Message::Answered(ask, Err(Failure::Refused(why))),
    );
    assert_eq!(model.screen, Screen::Conflicts);
    assert_eq!(
        model.selected_conflict().map(|row| row.id),
        Some(conflict_id(1))
    );
    assert_eq!(model.focus, Focus::Details);
}

#[test]
fn a_provider_leads_to_what_it_has() {
    for (line, screen) in [
        ("Of(Okta, Users)", Screen::Users),
        ("Of(Okta, Roles)", Screen::Roles),
        ("Of(Okta, Live)", Screen::Live),
        ("Of(Okta, Conflicts)", Screen::Conflicts),
        ("production", Screen::Providers),
    ] {
        let mut model = busy(settings(), 120, 36);
        press(&mut model, "6 enter");
        follow(&mut model, line);
        assert_eq!(model.screen, screen, "{line}");
        press(&mut model, "[");
        assert_eq!(model.screen, Screen::Providers);
    }
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "6 enter");
    follow(&mut model, "production");
    assert!(model.selected_token().is_some());
    follow(&mut model, "kind: Provider");
    assert!(model.selected_token().is_none());
}

#[test]
fn warnings_lead_to_what_they_are_about() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "w j j enter");
    assert_eq!(model.screen, Screen::Roles);
    assert_eq!(
        model.roles.current().map(|row| row.display_name.as_str()),
        Some("Audit")
    );
    press(&mut model, "[");
    assert_eq!(model.screen, Screen::Live);
}

#[test]
fn the_footer_says_where_enter_leads_and_the_breadcrumb_where_it_led() {
    let mut model = busy(settings(), 160, 36);
    press(&mut model, "2 j enter");
    assert!(shown(&model).contains("enter role"));
    follow(&mut model, "Engineering");
    let crumbs = "User ann@example.com";
    assert!(
        shown(&model)
            .lines()
            .nth(1)
            .is_some_and(|line| line.contains(crumbs))
    );
    press(&mut model, "P");
    assert!(!shown(&model).contains("ann@example.com"));
}
