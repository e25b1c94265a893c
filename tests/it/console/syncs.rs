//! The strip of syncs: its focus, opened syncs, verdicts, pauses, and the header's figures.

use jiff::SignedDuration;
use rolecall::{
    admin::{Reply, Request},
    console::{
        Effect, Message, Model, Settings,
        action::Screen,
        export::Written,
        message::Ask,
        model::{
            Focus, Mood,
            live::{Part, RING},
        },
        update,
    },
    directory::Provider,
    service::sync::SyncDigest,
};

use super::{
    draw,
    sample::{ago, busy, conflict_id, exchange_id, exchanges, fresh, now, press, send, settings},
    text,
};

fn later(seconds: i64) -> jiff::Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn asks(effects: &[Effect], wanted: &Request) -> bool {
    effects
        .iter()
        .any(|effect| matches!(effect, Effect::Ask { request, .. } if request == wanted))
}

fn digest(running: bool, last: i64) -> SyncDigest {
    SyncDigest {
        running,
        last: later(last),
        requests: 3,
        ..SyncDigest::begun(Provider::Okta, exchange_id(1), ago(0))
    }
}

fn answer(model: &mut Model, digests: Vec<SyncDigest>) {
    let reply = Box::new(Reply::Syncs(digests));
    update(model, Message::Answered(Ask::Syncs, Ok(reply)));
}

/// A console that has just heard one request, on a screen.
fn heard(screen: &str) -> Model {
    let mut model = fresh(settings(), 120, 36);
    press(&mut model, screen);
    let mut line = exchanges().remove(0);
    line.at = now();
    update(&mut model, Message::Exchanges(vec![line], 0));
    model
}

#[test]
fn the_strip_takes_the_focus_and_gives_it_back() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "s");
    assert_eq!(model.focus, Focus::Syncs);
    press(&mut model, "j");
    assert_eq!(model.live.sync_index(), 1);
    let shown = text(&draw(&model));
    assert!(
        shown.contains("entra sync needs you: 2 errors (400 ×2)"),
        "{shown}"
    );
    press(&mut model, "k k k");
    assert_eq!((model.focus, model.live.sync_index()), (Focus::Syncs, 0));
    press(&mut model, "G j");
    assert_eq!(model.focus, Focus::List);
    press(&mut model, "g g k");
    assert_eq!(model.focus, Focus::Syncs, "above the first request");
    press(&mut model, "esc");
    assert_eq!(model.focus, Focus::List);
    press(&mut model, "s s");
    assert_eq!(model.focus, Focus::List);
}

#[test]
fn the_strip_scrolls_where_there_are_more_than_fit() {
    let mut model = busy(settings(), 80, 24);
    assert!(text(&draw(&model)).contains("1-2 of 4"));
    press(&mut model, "s j j");
    let shown = text(&draw(&model));
    assert!(
        shown.contains("2-3 of 4") && shown.contains("10:00"),
        "{shown}"
    );
    let mut model = busy(settings(), 60, 10);
    assert!(!text(&draw(&model)).contains("Syncs"));
    press(&mut model, "s");
    assert!(
        text(&draw(&model)).contains("1-1 of 4"),
        "it is where the focus is"
    );
}

#[test]
fn an_opened_sync_shows_its_requests_alone_and_all_of_them() {
    let mut model = busy(settings(), 120, 36);
    // The console has let go of what the server still has.
    let lines = exchanges().split_off(6);
    model.live.forget();
    update(&mut model, Message::Exchanges(lines, 0));
    press(&mut model, "1");
    assert_eq!(model.live.kept(), 4);
    press(&mut model, "s enter");
    assert_eq!(model.focus, Focus::List);
    assert_eq!(model.live.kept(), 9, "all but the stranger's");
    let shown = text(&draw(&model));
    for part in [
        "sync 12:01:00 okta",
        "9, 403 not here",
        "Sync",
        "403 requests are no longer kept",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    // What still comes is shown as well, once, and a filter acts on these alone.
    let mut line = exchanges().remove(9);
    send(&mut model, Message::Exchanges(vec![line.clone()], 0));
    assert_eq!(model.live.kept(), 9);
    line.id = exchange_id(77);
    send(&mut model, Message::Exchanges(vec![line], 0));
    assert_eq!(model.live.kept(), 10);
    press(&mut model, "/ 'bob enter");
    assert_eq!((model.live.len(), model.live.kept()), (2, 10));
    press(&mut model, "esc");
    assert!(model.live.opened.is_some());
    press(&mut model, "esc");
    assert!(model.live.opened.is_none());
    assert_eq!(model.live.kept(), 6, "the list of all went on");
}

#[test]
fn a_sync_leads_to_its_errors_and_conflicts() {
    let mut model = busy(settings(), 120, 50);
    press(&mut model, "s enter");
    assert_eq!(model.live.part, Part::Sync);
    press(&mut model, "l enter");
    let current = model.live.current().map(|line| line.id);
    assert_eq!(
        (model.screen, current),
        (Screen::Live, Some(exchange_id(7)))
    );
    assert_eq!(model.live.part, Part::Change);
    press(&mut model, "esc s enter l j enter");
    assert_eq!(model.screen, Screen::Conflicts);
    let selected = model.selected_conflict().map(|row| row.id);
    assert_eq!(selected, Some(conflict_id(1)));
}

#[test]
fn going_along_the_requests_shows_them() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "s enter j");
    assert_eq!(model.live.part, Part::Change);
    press(&mut model, "l h");
    assert_eq!(
        model.live.part,
        Part::Sync,
        "and the sync is one to the left"
    );
    press(&mut model, "h");
    assert_eq!(model.focus, Focus::List);
}

#[test]
fn a_sync_is_copied_and_written_as_markdown() {
    let mut model = busy(settings(), 120, 36);
    let effects = press(&mut model, "s y");
    let [Effect::Copy(copied)] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert!(copied.starts_with("## okta sync of 2026-03-04T12:01:00Z"));
    let effects = press(&mut model, "E enter");
    let [Effect::Save(serial, document)] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(document.path.to_str(), Some("sync-okta-20260304-120100.md"));
    assert_eq!(&document.text, copied);
    let path = document.path.clone();
    update(
        &mut model,
        Message::Exported(*serial, Ok(Written { count: 1, path })),
    );
    assert!(model.overlay.is_none());
    assert!(
        model
            .toasts
            .last()
            .expect("news")
            .text
            .starts_with("the sync is written to")
    );
}

#[test]
fn an_export_from_an_opened_sync_holds_its_requests_only() {
    let mut model = busy(settings(), 120, 36);
    let effects = press(&mut model, "s enter E enter");
    let [Effect::Export(_, export)] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(export.shown.len(), 9);
    assert!(
        !export.shown.contains(&exchange_id(5)),
        "it came without a token"
    );
}

#[test]
fn the_end_of_a_sync_is_told_once_wherever_one_looks() {
    for screen in ["1", "2"] {
        let mut model = heard(screen);
        answer(&mut model, vec![digest(true, 0)]);
        // The gap passes; nothing is asked before.
        let mut asked = Vec::new();
        while let Some(wake) = model.wake().filter(|_| asked.last() < Some(&later(30))) {
            model.now = wake;
            let effects = update(&mut model, Message::Tick);
            if asks(&effects, &Request::Syncs { limit: 12 }) {
                asked.push(wake);
                if wake < later(30) {
                    answer(&mut model, vec![digest(true, 0)]);
                }
            }
        }
        let last = *asked.last().expect("asked");
        assert!(last > later(30) && last < later(31), "{asked:?}");
        assert!(asked.len() <= 2, "{asked:?}");
        answer(&mut model, vec![digest(false, 0)]);
        let toast = model.toasts.last().expect("a verdict");
        assert_eq!(toast.text, "okta sync: nothing changed, 3 requests in 0:00");
        assert_eq!(toast.mood, Mood::Plain);
        answer(&mut model, vec![digest(false, 0)]);
        assert_eq!(model.toasts.len(), 1);
        assert_eq!(model.live.endings.next(), None);
    }
}

#[test]
fn what_waits_for_someone_is_told_as_bad_news() {
    let mut model = heard("1");
    model.now = later(31);
    let sync = SyncDigest {
        held: 14,
        held_waiting: 14,
        ..digest(false, 0)
    };
    answer(&mut model, vec![sync]);
    let toast = model.toasts.last().expect("a verdict");
    assert_eq!(toast.mood, Mood::Bad);
    assert!(
        toast
            .text
            .starts_with("okta sync held: 14 suspensions wait for you")
    );
}

#[test]
fn after_a_sync_the_console_sleeps() {
    let mut model = heard("1");
    let mut ticks = 0;
    // The next one is that of midnight.
    while let Some(wake) = model.wake().filter(|wake| *wake < later(3_600)) {
        model.now = wake;
        let effects = update(&mut model, Message::Tick);
        if asks(&effects, &Request::Syncs { limit: 12 }) {
            let running = model.now < later(30);
            answer(&mut model, vec![digest(running, 0)]);
        }
        ticks += 1;
        assert!(ticks < 100, "{wake}");
    }
    assert!(model.now < later(200));
}

#[test]
fn a_pause_keeps_what_is_seen_and_counts_what_it_cannot_keep() {
    let mut model = busy(settings(), 200, 36);
    let before = text(&draw(&model));
    press(&mut model, "space");
    let frozen = model.live.row(0).map(|line| line.id);
    let many = RING + 5;
    let lines = (0..many).map(|number| {
        let mut line = exchanges().remove(0);
        line.id = exchange_id(1_000 + number as u128);
        line
    });
    update(&mut model, Message::Exchanges(lines.collect(), 0));
    assert_eq!((model.live.waiting(), model.live.lost()), (RING, 5));
    assert_eq!(model.live.row(0).map(|line| line.id), frozen);
    answer(&mut model, Vec::new());
    let paused = text(&draw(&model));
    // All but the header and the rule that says so.
    let rows = |text: &str| {
        let lines = text.lines().skip(2).take(20);
        let lines = lines.filter(|line| !line.contains("Requests"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(rows(&before), rows(&paused));
    assert!(
        paused.contains("PAUSED +20,000") && paused.contains("5 evicted"),
        "{paused}"
    );
    press(&mut model, "space");
    assert_eq!((model.live.kept(), model.live.waiting()), (RING, 0));
    assert_eq!(model.live.lost(), 15);
    assert!(model.live.syncs.is_empty(), "the strip goes on as well");
}

#[test]
fn the_weightiest_of_the_header_stays_at_every_width() {
    for columns in 40..=300 {
        let mut model = busy(
            Settings {
                read_only: true,
                ..settings()
            },
            columns,
            30,
        );
        press(&mut model, "space");
        let header = text(&draw(&model))
            .lines()
            .next()
            .expect("a line")
            .to_owned();
        assert!(
            header.contains("PAUSED") && header.contains("READ-ONLY"),
            "{header}"
        );
        assert!(header.contains("rolecall"), "{header}");
        if columns >= 140 {
            for part in ["p50", "p95", "✗ 3", "⚠ 3", "127.0.0.1:8080"] {
                assert!(header.contains(part), "{part}: {header}");
            }
        }
    }
}

#[test]
fn latencies_are_of_now_or_not_shown() {
    let mut model = busy(settings(), 120, 36);
    assert!(text(&draw(&model)).contains("p95 41 ms "));
    model.now = later(121);
    let effects = update(&mut model, Message::Tick);
    assert!(asks(&effects, &Request::Status));
    let status = model.status.as_mut().expect("a status");
    (status.requests.p50_micros, status.requests.p95_micros) = (0, 0);
    assert!(
        !text(&draw(&model))
            .lines()
            .next()
            .expect("a line")
            .contains("p95")
    );
}
