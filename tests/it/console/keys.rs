//! Keys as conversations: what they change, and what they ask the server.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use rolecall::{
    admin::Request,
    console::{
        Effect, Exit, Message, Model, Settings,
        action::{Action, Screen},
        message::{Ask, Failure},
        model::{Connection, Focus, overlay::Overlay},
        palette, update,
        update::{is_allowed, is_available},
    },
    directory::Provider,
};

use super::{
    draw,
    sample::{busy, conflict_id, exchange_id, exchanges, fresh, key, now, press, send, settings},
    text,
};

/// The requests among effects.
fn requests(effects: &[Effect]) -> Vec<(Request, bool)> {
    let asked = effects.iter().filter_map(|effect| match effect {
        Effect::Ask {
            request, dry_run, ..
        } => Some((request.clone(), *dry_run)),
        _ => None,
    });
    asked.collect()
}

#[test]
fn every_screen_has_its_key_and_the_last_one_is_a_key_away() {
    let mut model = busy(settings(), 120, 36);
    for screen in Screen::ALL {
        press(&mut model, &screen.number().to_string());
        assert_eq!(model.screen, screen);
    }
    press(&mut model, "-");
    assert_eq!(model.screen, Screen::Journal);
    for _ in Screen::ALL {
        press(&mut model, "tab");
    }
    assert_eq!(model.screen, Screen::Journal);
    press(&mut model, "shift-tab");
    assert_eq!(model.screen, Screen::Providers);
}

#[test]
fn the_selection_is_kept_by_id_and_the_end_is_followed() {
    let mut model = busy(settings(), 80, 24);
    assert!(model.live.is_following());
    press(&mut model, "k k k k");
    let selected = model.live.current().map(|line| line.id);
    assert_eq!(selected, Some(exchange_id(6)));
    let mut more = exchanges();
    for (number, line) in (100..).zip(&mut more) {
        line.id = exchange_id(number);
    }
    send(&mut model, Message::Exchanges(more, 0));
    assert_eq!(model.live.current().map(|line| line.id), selected);
    assert_eq!(model.live.fresh, 10);
    assert!(text(&draw(&model)).contains("10 new"));
    press(&mut model, "G");
    assert!(model.live.is_following());
    assert_eq!(
        model.live.current().map(|line| line.id),
        Some(exchange_id(109))
    );
}

#[test]
fn a_pause_freezes_the_view_and_loses_nothing() {
    let mut model = busy(settings(), 80, 24);
    press(&mut model, "space");
    send(&mut model, Message::Exchanges(exchanges(), 0));
    assert_eq!((model.live.len(), model.live.waiting()), (10, 10));
    press(&mut model, "space");
    assert_eq!((model.live.len(), model.live.waiting()), (20, 0));
}

#[test]
fn a_conflict_line_leads_to_its_conflict_and_out_of_it() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "k k k k r");
    assert_eq!(model.screen, Screen::Conflicts);
    assert_eq!(
        model.selected_conflict().map(|row| row.id),
        Some(conflict_id(1))
    );
    press(&mut model, "r");
    assert!(matches!(model.overlay, Some(Overlay::Ways { .. })));
    press(&mut model, "enter");
    assert!(text(&draw(&model)).contains("It will change:"));
    let effects = press(&mut model, "y");
    assert_eq!(
        requests(&effects),
        [(Request::LinkConflict { id: conflict_id(1) }, false)]
    );
    // Asked once, however often the key is hit meanwhile.
    assert!(press(&mut model, "y y").is_empty());
}

#[test]
fn a_line_without_conflict_says_so() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "r");
    assert_eq!(model.screen, Screen::Live);
    assert_eq!(model.toasts[0].text, "this request opened no conflict");
}

#[test]
fn what_cannot_be_taken_back_wants_the_name() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "6 j x");
    assert!(press(&mut model, "y enter").is_empty());
    press(&mut model, "backspace");
    let effects = press(&mut model, "'production enter");
    assert!(matches!(
        requests(&effects)[..],
        [(Request::RevokeToken { .. }, false)]
    ));
}

#[test]
fn a_refusal_is_told_in_the_box_that_asked() {
    let mut model = busy(settings(), 120, 36);
    let effects = press(&mut model, "3 n 'Finance enter");
    let Some(Effect::Ask { ask, .. }) = effects.first() else {
        panic!("no question")
    };
    let why = "There is a role named Finance already; choose another name.".to_owned();
    update(
        &mut model,
        Message::Answered(ask.clone(), Err(Failure::Refused(why.clone()))),
    );
    assert!(text(&draw(&model)).contains("There is a role named Finance already"));
    // And the form can be corrected.
    let effects = press(&mut model, "'2 enter");
    let name = "Finance2".to_owned();
    assert_eq!(
        requests(&effects),
        [(Request::AddRole { display_name: name }, false)]
    );
}

#[test]
fn a_token_is_shown_once_and_forgotten() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "t tab 'laptop enter");
    let shown = text(&draw(&model));
    assert!(shown.contains("rc_okta_sample0sample1"));
    let effects = press(&mut model, "y");
    assert!(matches!(&effects[..], [Effect::Copy(token)] if token.starts_with("rc_okta_")));
    press(&mut model, "q enter space");
    assert!(
        matches!(model.overlay, Some(Overlay::Secret(_))),
        "only Escape closes it"
    );
    press(&mut model, "esc");
    assert!(!text(&draw(&model)).contains("rc_okta_sample0"));
    assert!(!format!("{model:?}").contains("rc_okta_sample0"));
}

#[test]
fn a_token_is_asked_for_as_the_form_says() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "t right tab 'it");
    let effects = update(&mut model, Message::Key(key("enter")));
    let asked = requests(&effects);
    let [
        (
            Request::CreateToken {
                provider,
                name,
                expires,
            },
            false,
        ),
    ] = &asked[..]
    else {
        panic!("{asked:?}")
    };
    assert_eq!((*provider, name.as_deref()), (Provider::Entra, Some("it")));
    let days = expires.expect("an end").duration_since(now()).as_hours() / 24;
    assert_eq!(days, 90);
}

#[test]
fn copying_a_request_leaves_its_token_out() {
    let mut model = busy(settings(), 120, 36);
    let effects = press(&mut model, "enter l y");
    let [Effect::Copy(command)] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(
        command,
        "curl -X PATCH -H \"Authorization: Bearer $ROLECALL_TOKEN\" -H 'Content-Type: application/scim+json' \
         --data-raw '{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[{\"op\":\
         \"replace\",\"value\":{\"active\":false}}]}' 'http://127.0.0.1:8080/scim/v2/Users/0199'"
    );
}

#[test]
fn read_only_refuses_every_act() {
    let mut model = busy(
        Settings {
            read_only: true,
            ..settings()
        },
        120,
        36,
    );
    for screen in Screen::ALL {
        press(&mut model, &screen.number().to_string());
        for action in Action::ALL.iter().filter(|action| action.is_act()) {
            assert!(!is_allowed(&model, *action) && !is_available(&model, *action));
            let keys = model.settings.keymap.keys(*action);
            let effects = press(&mut model, &keys.join(" "));
            let acts = requests(&effects)
                .into_iter()
                .filter(|(request, _)| request.is_act());
            assert_eq!(acts.count(), 0, "{action:?} on {screen:?}");
            if let Some(overlay) = model.overlay.take() {
                assert!(
                    !matches!(overlay, Overlay::Form(_) | Overlay::Confirm(_)),
                    "{action:?}"
                );
            }
            model.screen = screen;
        }
    }
    assert!(
        palette::matches(&model, "")
            .iter()
            .all(|action| !action.is_act())
    );
}

#[test]
fn the_palette_reaches_actions_of_other_screens() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, ":");
    send(&mut model, Message::Paste("new role".to_owned()));
    press(&mut model, "enter");
    assert_eq!(model.screen, Screen::Roles);
    assert!(matches!(&model.overlay, Some(Overlay::Form(form)) if form.title == "New role"));
}

#[test]
fn leaving_asks_what_shall_become_of_the_listener() {
    for (combined, keys, exit) in [
        (true, "q d", Some(Exit::Detach)),
        (true, "q s", Some(Exit::StopListener)),
        (true, "q esc", None),
        (true, "ctrl-c ctrl-c", Some(Exit::Detach)),
        (false, "q y", Some(Exit::Detach)),
        (false, "q s", None),
    ] {
        let mut model = busy(
            Settings {
                combined,
                ..settings()
            },
            80,
            24,
        );
        let effects = press(&mut model, keys);
        let ended = effects.iter().find_map(|effect| match effect {
            Effect::Exit(exit) => Some(*exit),
            _ => None,
        });
        assert_eq!(ended, exit, "{combined} {keys}");
    }
}

/// Whether nothing is drawn for an hour if nothing happens.
fn is_idle(model: &Model) -> bool {
    let hour = jiff::SignedDuration::from_hours(1);
    model
        .wake()
        .is_none_or(|wake| wake.duration_since(model.now) > hour)
}

#[test]
fn an_idle_console_wants_no_waking() {
    let mut model = fresh(settings(), 120, 36);
    assert!(is_idle(&model));
    model = busy(settings(), 120, 36);
    assert!(!is_idle(&model), "a sync is running");
    model.live.syncs.clear();
    model.now = now() + jiff::SignedDuration::from_secs(120);
    send(&mut model, Message::Tick);
    model.live.syncs.clear();
    model.now += jiff::SignedDuration::from_secs(120);
    update(&mut model, Message::Tick);
    assert!(is_idle(&model));
}

#[test]
fn a_server_that_went_away_is_told_and_awaited() {
    let mut model = busy(settings(), 120, 36);
    let effects = update(
        &mut model,
        Message::Disconnected("no server answers".to_owned()),
    );
    assert!(requests(&effects).is_empty());
    assert!(matches!(model.connection, Connection::Down(..)));
    assert!(text(&draw(&model)).contains("server away"));
    press(&mut model, "2");
    let effects = update(&mut model, Message::Connected);
    assert!(
        requests(&effects)
            .iter()
            .any(|(request, _)| matches!(request, Request::Users { .. }))
    );
    assert!(!text(&draw(&model)).contains("server away"));
}

#[test]
fn changes_refresh_only_what_is_seen() {
    let mut model = busy(settings(), 120, 36);
    model.now += jiff::SignedDuration::from_secs(10);
    let mut rows = super::sample::journal();
    for row in &mut rows {
        row.seq += 100;
    }
    let effects = update(&mut model, Message::Changes(rows));
    let asked = requests(&effects);
    let seen = |request: &Request| matches!(request, Request::Status | Request::Syncs { .. });
    assert!(asked.iter().all(|(request, _)| seen(request)), "{asked:?}");
}

#[test]
fn a_hundred_thousand_users_are_asked_for_page_by_page() {
    use rolecall::admin::{Reply, row::Page};
    let mut model = fresh(settings(), 120, 36);
    let mut effects = update(&mut model, Message::Key(key("2")));
    let mut asked = 0;
    for step in 0..20 {
        for effect in std::mem::take(&mut effects) {
            let Effect::Ask {
                ask: ask @ Ask::Users(..),
                request: Request::Users { offset, limit, .. },
                ..
            } = effect
            else {
                continue;
            };
            asked += 1;
            let mut rows = super::sample::users();
            rows.truncate(usize::try_from(limit).expect("small"));
            for (number, row) in (offset..).zip(&mut rows) {
                row.id = rolecall::directory::UserId(uuid::Uuid::from_u128(u128::from(number)));
            }
            let reply = Reply::Users(Page::new(rows, 100_000));
            effects.extend(update(
                &mut model,
                Message::Answered(ask, Ok(Box::new(reply))),
            ));
        }
        if step == 5 {
            effects.extend(update(&mut model, Message::Key(key("G"))));
        }
    }
    assert_eq!(model.users.cursor.index, 99_999);
    assert!(model.users.current().is_some());
    assert!((2..=4).contains(&asked), "{asked} pages");
}

#[test]
fn filters_are_remembered_and_undone() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "/ 'ok enter / backspace backspace '!ok enter");
    assert_eq!(model.live.filter_text, "!ok");
    press(&mut model, "/ up up");
    assert_eq!(model.live.filter_text, "ok");
    press(&mut model, "esc");
    assert_eq!(model.live.filter_text, "!ok");
    press(&mut model, "esc");
    assert_eq!(model.live.filter_text, "");
}

#[test]
fn a_paste_is_one_line_and_presses_no_keys() {
    let mut model = busy(settings(), 120, 36);
    let effects = send(&mut model, Message::Paste("q\ny\n".to_owned()));
    assert!(effects.is_empty() && model.overlay.is_none());
    press(&mut model, "/");
    send(&mut model, Message::Paste("ann\nbob".to_owned()));
    assert_eq!(
        model.filtering.as_ref().map(|edit| edit.input.value()),
        Some("ann bob")
    );
}

#[test]
fn details_keep_their_place_and_give_the_focus_back() {
    let mut model = busy(settings(), 80, 24);
    press(&mut model, "2 j enter");
    assert_eq!(model.focus, Focus::Details);
    press(&mut model, "j j j G g g esc");
    assert_eq!(model.focus, Focus::List);
    assert_eq!(model.users.cursor.index, 1);
    let event = KeyEvent::new(KeyCode::Char('x'), KeyModifiers::ALT);
    assert!(send(&mut model, Message::Key(event)).is_empty());
}

#[test]
fn an_empty_list_of_conflicts_says_which_it_is() {
    let mut model = fresh(settings(), 80, 24);
    send(&mut model, Message::Key(key("4")));
    model.conflicts_known = true;
    model.conflicts.clear();
    model.filters.every_conflict.clear();
    let open = text(&draw(&model));
    assert!(open.contains("No open conflicts"), "{open}");
    assert!(open.contains("s shows the resolved ones."), "{open}");
    model.resolved = true;
    let every = text(&draw(&model));
    assert!(every.contains("No conflicts"), "{every}");
    assert!(!every.contains("shows the resolved"), "{every}");
}
