//! Marks, and acts that go to every marked row: one question, one act after another, one end.

use rolecall::{
    admin::{Reply, Request},
    console::{
        Effect, Message, Model, Settings,
        action::{Action, Screen},
        message::{Ask, Failure},
        model::overlay::Overlay,
        update::is_available,
    },
    directory::{Action as Change, PermissionLevel, SubjectKind},
};
use serde_json::Value;

use super::{
    draw,
    sample::{answer_to, busy, conflict_id, journal, press, send, settings, users},
    text,
};

/// Marks root, ann, bob and deploy-bot: two local users and two of okta's.
const FOUR: &str = "2 m m m j j m";

/// The acts among effects, with what their answers are for.
fn acts(effects: &[Effect]) -> Vec<(Ask, Request)> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Ask {
                ask: ask @ Ask::Act(_),
                request,
                dry_run: false,
            } => Some((ask.clone(), request.clone())),
            _ => None,
        })
        .collect()
}

/// The one act among effects.
fn act(effects: &[Effect]) -> (Ask, Request) {
    let acts = acts(effects);
    let [act] = &acts[..] else {
        panic!("one act at a time: {effects:?}")
    };
    act.clone()
}

/// Does the act that is asked for, as the sample's server would.
fn done(model: &mut Model, effects: &[Effect]) -> Vec<Effect> {
    let (ask, request) = act(effects);
    let reply = answer_to(&request, true).expect("the sample knows it");
    send(model, Message::Answered(ask, Ok(Box::new(reply))))
}

/// Refuses the act that is asked for.
fn refused(model: &mut Model, effects: &[Effect], failure: Failure) -> Vec<Effect> {
    let (ask, _) = act(effects);
    send(model, Message::Answered(ask, Err(failure)))
}

fn shown(model: &Model) -> String {
    text(&draw(model))
}

fn told(model: &Model) -> &str {
    model.toasts.last().map_or("", |toast| &toast.text)
}

fn user(name: &str) -> String {
    let rows = users();
    let row = rows.iter().find(|row| row.user_name == name);
    row.expect("a user of the sample").id.to_string()
}

#[test]
fn marks_are_kept_by_id_through_filter_order_and_refresh() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, FOUR);
    assert_eq!(model.marks.count(Screen::Users), 4);
    assert!(shown(&model).contains("4 marked"));
    let signs = |model: &Model| {
        let lines = shown(model);
        lines.lines().filter(|line| line.starts_with('◆')).count()
    };
    assert_eq!(signs(&model), 4);
    press(&mut model, "/ 'bob enter");
    assert_eq!((signs(&model), model.marks.count(Screen::Users)), (1, 4));
    press(&mut model, "esc o enter esc 3 2");
    assert_eq!(signs(&model), 4);
    // The same key takes one mark away, the other one all of them.
    press(&mut model, "g g m");
    assert_eq!(model.marks.count(Screen::Users), 3);
    press(&mut model, "M");
    assert_eq!((signs(&model), model.marks.count(Screen::Users)), (0, 0));
    press(&mut model, "M");
    assert_eq!(told(&model), "nothing is marked");
}

#[test]
fn what_is_deleted_is_marked_no_longer() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, FOUR);
    let mut change = journal().pop().expect("a change");
    change.seq += 1;
    change.action = Change::UserDeleted;
    change.subject.kind = SubjectKind::User;
    change.subject.id = user("bob@example.com");
    send(&mut model, Message::Changes(vec![change]));
    assert_eq!(model.marks.count(Screen::Users), 3);
}

#[test]
fn one_question_then_one_act_after_another_and_one_end() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, FOUR);
    assert!(press(&mut model, "s").is_empty());
    let asked = shown(&model);
    assert!(asked.contains("Suspend 2 users?"), "{asked}");
    assert!(
        asked.contains("Left out of the 4 marked: 2 managed by okta."),
        "{asked}"
    );
    let effects = press(&mut model, "y");
    let root = user("root@example.com");
    assert_eq!(act(&effects).1, Request::SuspendUser { user: root });
    assert!(shown(&model).contains("1 of 2   root@example.com"));
    let why = "Only one active user has the level admin.".to_owned();
    let effects = refused(&mut model, &effects, Failure::Refused(why));
    let running = shown(&model);
    assert!(running.contains("2 of 2   deploy-bot"), "{running}");
    assert!(running.contains("1 refused: root@example.com"), "{running}");
    done(&mut model, &effects);
    assert!(model.overlay.is_none() && model.batch.is_none());
    assert_eq!(
        told(&model),
        "1 suspended, 1 refused: root@example.com: Only one active user has the level admin."
    );
    // What was done is marked no longer; what was not, still is.
    assert_eq!(model.marks.count(Screen::Users), 3);
}

#[test]
fn no_leaves_everything_as_it_is() {
    for key in ["n", "q", "esc", "ctrl-c"] {
        let mut model = busy(settings(), 120, 36);
        press(&mut model, FOUR);
        assert!(press(&mut model, &format!("s {key}")).is_empty(), "{key}");
        assert!(model.overlay.is_none() && model.batch.is_none(), "{key}");
        assert_eq!(model.marks.count(Screen::Users), 4);
    }
}

#[test]
fn what_cannot_be_taken_back_is_asked_with_how_many() {
    for (keys, words) in [
        ("2 m m m j j m x", "delete 2"),
        ("2 m m m j j m R", "release 2"),
        ("3 m m m x", "delete 2"),
        ("4 m m D", "dismiss 2"),
        ("6 j m m x", "revoke 2"),
    ] {
        let mut model = busy(settings(), 120, 36);
        press(&mut model, keys);
        assert!(matches!(model.overlay, Some(Overlay::Batch)), "{keys}");
        assert!(shown(&model).contains(words), "{}", shown(&model));
        assert!(press(&mut model, "y enter").is_empty(), "{keys}");
        let words = words.replace(' ', " space '");
        let effects = press(&mut model, &format!("backspace '{words} enter"));
        assert!(act(&effects).1.is_act(), "{keys}");
    }
}

#[test]
fn escape_stops_after_the_act_that_is_under_way() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, &format!("{FOUR} s"));
    let effects = press(&mut model, "y");
    assert!(press(&mut model, "esc").is_empty());
    assert!(shown(&model).contains("stops after this one"));
    assert_eq!(acts(&done(&mut model, &effects)), []);
    assert_eq!(told(&model), "stopped after 1 of 2: 1 suspended");
    assert!(model.overlay.is_none());
    assert_eq!(model.marks.count(Screen::Users), 3);
}

#[test]
fn a_lost_server_stops_the_rest_and_the_box_says_how_far_it_came() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, &format!("{FOUR} s"));
    let effects = press(&mut model, "y");
    let effects = done(&mut model, &effects);
    let lost = Failure::Lost("the server hung up".to_owned());
    assert_eq!(acts(&refused(&mut model, &effects, lost)), []);
    let gone = "the server is away".to_owned();
    send(&mut model, Message::Disconnected(gone));
    let said = shown(&model);
    assert!(said.contains("stopped after 1 of 2: 1 suspended"), "{said}");
    assert!(
        said.contains("deploy-bot was suspended before trying again"),
        "{said}"
    );
    press(&mut model, "esc");
    assert!(model.overlay.is_none() && model.batch.is_none());
    assert_eq!(model.marks.count(Screen::Users), 3);
    // Until it answers again nothing is begun.
    press(&mut model, "s");
    assert!(model.overlay.is_none());
}

#[test]
fn a_read_only_console_marks_and_copies_but_does_not_act() {
    let settings = Settings {
        read_only: true,
        ..settings()
    };
    let mut model = busy(settings, 120, 36);
    press(&mut model, FOUR);
    assert_eq!(model.marks.count(Screen::Users), 4);
    press(&mut model, "s");
    assert!(model.overlay.is_none());
    assert!(told(&model).contains("read-only"));
}

#[test]
fn an_act_works_where_one_marked_row_may_be_changed_so() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "2 m j");
    // Bob is okta's, but root is marked.
    assert!(is_available(&model, Action::SuspendUser));
    assert!(!is_available(&model, Action::ReinstateUser));
    press(&mut model, "M m m S");
    assert!(model.overlay.is_none());
    assert_eq!(
        told(&model),
        "none of the 2 marked can be reinstated: 2 managed by okta"
    );
    assert!(is_available(&model, Action::Release));
    press(&mut model, "M");
    assert!(!is_available(&model, Action::UnmarkAll));
}

#[test]
fn a_level_and_a_role_are_asked_once_for_all() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, &format!("{FOUR} v 'a enter"));
    let asked = shown(&model);
    assert!(asked.contains("at this level already"), "{asked}");
    let (_, request) = act(&press(&mut model, "y"));
    let Request::SetLevel { level, .. } = request else {
        panic!("{request:?}")
    };
    assert!(PermissionLevel::ALL.contains(&level));

    let mut model = busy(settings(), 120, 36);
    press(&mut model, &format!("{FOUR} a enter"));
    assert!(shown(&model).contains("the role is missing"));
    press(&mut model, "'Engineering enter");
    let asked = shown(&model);
    assert!(asked.contains("Attach 2 users to Engineering?"), "{asked}");
    assert!(asked.contains("2 in it already"), "{asked}");
    let role = "Engineering".to_owned();
    let user = user("root@example.com");
    assert_eq!(
        act(&press(&mut model, "y")).1,
        Request::Attach { role, user }
    );

    let mut model = busy(settings(), 120, 36);
    press(&mut model, "3 m m a 'bob@example.com enter");
    assert!(shown(&model).contains("Attach bob@example.com to 2 roles?"));
    let (_, request) = act(&press(&mut model, "y"));
    assert!(matches!(request, Request::Attach { user, .. } if user == "bob@example.com"));
}

#[test]
fn conflicts_are_dismissed_together_and_those_that_are_over_are_left_out() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "4 s m m m D");
    assert!(shown(&model).contains("1 not open"), "{}", shown(&model));
    let effects = press(&mut model, "'dismiss space '2 enter");
    let id = conflict_id(1);
    assert_eq!(act(&effects).1, Request::DismissConflict { id });
}

#[test]
fn tokens_are_marked_and_providers_are_not() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "6 m");
    assert_eq!(told(&model), "select a token first");
    press(&mut model, "j m m");
    assert_eq!(model.marks.count(Screen::Providers), 2);
    assert!(shown(&model).contains("2 marked"));
}

/// What was copied.
fn copied(effects: &[Effect]) -> String {
    let [Effect::Copy(text)] = effects else {
        panic!("{effects:?}")
    };
    text.clone()
}

#[test]
fn every_marked_row_is_copied() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, FOUR);
    let names = copied(&press(&mut model, "y"));
    let expected = [
        "root@example.com",
        "ann@example.com",
        "bob@example.com",
        "deploy-bot",
    ];
    assert_eq!(names.lines().collect::<Vec<_>>(), expected);
    let json: Value = serde_json::from_str(&copied(&press(&mut model, "Y"))).expect("JSON");
    assert_eq!(json.as_array().map(Vec::len), Some(4));
    press(&mut model, "1 m k k k m");
    let commands = copied(&press(&mut model, "y"));
    assert!(commands.lines().all(|line| line.starts_with("curl ")));
    assert_eq!(commands.lines().count(), 2);
}

#[test]
fn an_export_holds_exactly_the_marked_requests() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "k k m k k k m E");
    assert!(shown(&model).contains("Export 2 marked requests"));
    let effects = press(&mut model, "enter");
    let [Effect::Export(_, export)] = &effects[..] else {
        panic!("{effects:?}")
    };
    let marked = model.marks.requests.rows().map(|line| line.id);
    assert!(export.shown.iter().copied().eq(marked));
    assert_eq!(export.shown.len(), 2);
}

#[test]
fn a_token_that_comes_in_between_does_not_hide_how_it_ended() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, &format!("{FOUR} s"));
    let effects = press(&mut model, "y");
    let token = Request::CreateToken {
        provider: rolecall::directory::Provider::Okta,
        name: None,
        expires: None,
    };
    let reply = answer_to(&token, false).expect("a token");
    assert!(matches!(reply, Reply::NewToken(_)));
    send(
        &mut model,
        Message::Answered(Ask::Act(u64::MAX), Ok(Box::new(reply))),
    );
    assert!(matches!(model.overlay, Some(Overlay::Secret(_))));
    let effects = done(&mut model, &effects);
    done(&mut model, &effects);
    assert_eq!(told(&model), "2 suspended");
    assert!(matches!(model.overlay, Some(Overlay::Secret(_))));
}
