//! The operator's acts, key by key: what they ask the server, and what they refuse.

use rolecall::{
    admin::Request,
    console::{
        Effect, Message,
        action::{Action, Screen},
        export::Written,
        message::Failure,
        model::overlay::Overlay,
        update,
        update::is_available,
    },
    directory::Profile,
};

use super::{
    draw,
    sample::{ahead, busy, held, hold_id, now, press, resource_id, settings},
    text,
};

/// The one act among effects.
fn act(effects: &[Effect]) -> Request {
    let mut acts = effects.iter().filter_map(|effect| match effect {
        Effect::Ask {
            request,
            dry_run: false,
            ..
        } => Some(request.clone()),
        _ => None,
    });
    let act = acts.next().expect("an act");
    assert!(acts.next().is_none(), "more than one");
    act
}

#[test]
fn an_edit_sends_only_what_has_changed() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "2 e tab");
    let effects = press(&mut model, "'X tab tab tab tab 'rdp-set,root;ssh,r enter");
    let Request::EditUser { profile, .. } = act(&effects) else {
        panic!("{effects:?}")
    };
    let aliases = vec!["rdp-set,root".to_owned(), "ssh,r".to_owned()];
    let expected = Profile {
        given_name: Some("Break-glassX".to_owned()),
        aliases: Some(aliases),
        ..Profile::default()
    };
    assert_eq!(profile, expected);
}

#[test]
fn an_edit_waits_for_what_it_edits_where_details_are_not_shown() {
    let mut model = busy(settings(), 80, 24);
    press(&mut model, "2 e");
    assert!(matches!(&model.overlay, Some(Overlay::Form(form)) if form.fields.len() == 6));
    press(&mut model, "esc j j j j j e");
    assert!(matches!(&model.overlay, Some(Overlay::Form(form)) if form.title == "Edit deploy-bot"));
}

#[test]
fn an_error_stands_at_its_line_and_the_cursor_goes_there() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "2 e tab tab tab tab tab 'rdp-set");
    assert!(press(&mut model, "tab enter").is_empty());
    let Some(Overlay::Form(form)) = &model.overlay else {
        panic!("no form")
    };
    assert_eq!(form.index, 5);
    assert_eq!(form.error.as_ref().and_then(|wrong| wrong.line), Some(5));
    let shown = text(&draw(&model));
    assert!(shown.contains("✗ The identity alias"), "{shown}");
    // A refusal by the server stands at the line whose text it quotes.
    let effects = press(&mut model, "', 'root enter");
    let Some(Effect::Ask { ask, .. }) = effects.first() else {
        panic!("no question")
    };
    let why = "The identity alias \"root\" in the set \"rdp-set\" is someone else's.".to_owned();
    update(
        &mut model,
        Message::Answered(ask.clone(), Err(Failure::Refused(why))),
    );
    let Some(Overlay::Form(form)) = &model.overlay else {
        panic!("no form")
    };
    assert_eq!(form.error.as_ref().and_then(|wrong| wrong.line), Some(5));
}

#[test]
fn what_a_provider_manages_is_refused_with_the_place_to_change_it() {
    let mut model = busy(settings(), 120, 36);
    for (keys, place) in [
        ("2 j e", "Assignments"),
        ("2 j s", "Assignments"),
        ("2 j S", "Assignments"),
        ("2 j x", "Assignments"),
        ("3 G e", "Push Groups"),
        ("3 G x", "Push Groups"),
    ] {
        model.users.cursor.index = 0;
        model.toasts.clear();
        assert!(press(&mut model, keys).is_empty(), "{keys}");
        assert!(model.overlay.is_none(), "{keys}");
        let told = &model.toasts.last().expect("told why").text;
        assert!(
            told.contains(place) && told.contains("release it with R"),
            "{told}"
        );
    }
}

#[test]
fn what_cannot_be_taken_back_is_asked_by_name() {
    for (keys, name) in [
        ("2 x", "root@example.com"),
        ("2 j R", "ann@example.com"),
        ("3 x", "Break-glass"),
        ("3 j j R", "Engineering"),
        ("5 x", "prod-db"),
    ] {
        let mut model = busy(settings(), 120, 36);
        press(&mut model, keys);
        assert!(press(&mut model, "y enter").is_empty(), "{keys}");
        let effects = press(&mut model, &format!("backspace '{name} enter"));
        assert!(act(&effects).is_act(), "{keys}");
    }
}

#[test]
fn access_is_granted_given_and_taken() {
    let mut model = busy(settings(), 120, 36);
    let resource = resource_id(1).to_string();
    let effects = press(&mut model, "5 A 'Eng down enter");
    assert_eq!(
        act(&effects),
        Request::GrantAccess {
            role: "Engineering".to_owned(),
            resource: resource.clone(),
        }
    );
    let mut model = busy(settings(), 120, 36);
    let effects = press(
        &mut model,
        "5 T 'bob@example.com tab backspace backspace '90m enter",
    );
    assert_eq!(
        act(&effects),
        Request::GiveAccess {
            user: "bob@example.com".to_owned(),
            resource: resource.clone(),
            from: None,
            until: ahead(5_400),
        }
    );
    let mut model = busy(settings(), 120, 36);
    let effects = press(&mut model, "5 enter j j d y");
    assert!(matches!(act(&effects), Request::TakeAccess { .. }));
    let mut model = busy(settings(), 120, 36);
    let effects = press(&mut model, "5 enter d y");
    assert!(matches!(act(&effects), Request::RevokeAccess { .. }));
}

#[test]
fn an_end_before_its_beginning_is_refused_at_its_line() {
    let mut model = busy(settings(), 120, 36);
    assert!(press(&mut model, "5 T 'bob tab tab tab '5h enter").is_empty());
    let Some(Overlay::Form(form)) = &model.overlay else {
        panic!("no form")
    };
    let wrong = form.error.as_ref().expect("an error");
    assert_eq!(wrong.line, Some(1), "{}", wrong.sentence);
    assert!(now() < ahead(1));
}

#[test]
fn a_hold_is_seen_everywhere_and_decided_among_the_warnings() {
    for (key, approves) in [("a", true), ("x", false)] {
        let mut model = held(settings(), 120, 36);
        assert!(text(&draw(&model)).contains("HELD okta 14"));
        press(&mut model, "5 w");
        press(&mut model, key);
        let expected = if approves {
            Request::ApproveHold { id: hold_id() }
        } else {
            Request::RefuseHold { id: hold_id() }
        };
        assert_eq!(act(&press(&mut model, "y")), expected);
    }
    let mut model = busy(settings(), 120, 36);
    assert!(!is_available(&model, Action::ApproveHold));
    press(&mut model, "w a");
    assert!(matches!(model.overlay, Some(Overlay::Warnings { .. })));
}

#[test]
fn the_last_own_act_is_taken_back_after_a_look_at_it() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "u");
    assert!(text(&draw(&model)).contains("root@example.com has the permission level admin"));
    assert_eq!(act(&press(&mut model, "y")), Request::Undo);
}

#[test]
fn the_palette_and_the_journal_lead_to_access() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, ": 'new space 'res enter");
    assert_eq!(model.screen, Screen::Access);
    assert!(matches!(&model.overlay, Some(Overlay::Form(form)) if form.title == "New resource"));
}

#[test]
fn an_export_holds_what_is_shown() {
    let mut model = busy(settings(), 120, 36);
    let effects = press(&mut model, "/ 'status:>=400 enter E right enter");
    let [Effect::Export(serial, export)] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(export.path.to_str(), Some("rolecall-20260304-120134.jsonl"));
    assert_eq!(export.shown.len(), model.live.len());
    assert!(model.live.len() < model.live.kept());
    let why = "there is such a file".to_owned();
    update(&mut model, Message::Exported(*serial, Err(why)));
    assert!(text(&draw(&model)).contains("there is such a file"));
    let effects = press(&mut model, "enter");
    let [Effect::Export(serial, export)] = &effects[..] else {
        panic!("{effects:?}")
    };
    let written = Written {
        count: 2,
        path: export.path.clone(),
    };
    update(&mut model, Message::Exported(*serial, Ok(written)));
    assert!(model.overlay.is_none());
}

#[test]
fn a_check_tells_yes_or_no_and_why() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "2 j c 'prod-db enter");
    assert!(text(&draw(&model)).contains("ann@example.com does not reach prod-db"));
    press(&mut model, "enter");
    assert!(model.overlay.is_none());
}
