//! Which columns a list shows, and its order.

use rolecall::{
    admin::{
        Reply, Request,
        request::{Sort, UserOrder},
        row::StatusReport,
    },
    console::{Effect, Message, action::Screen, message::Ask, update},
    service::exchange::ExchangeLine,
};

use super::{
    draw,
    sample::{answer, busy, exchanges, fresh, key, press, send, settings, status},
    text,
};

/// Presses a key and gives what the console asks of it, unanswered.
fn asked(keys: &str, last: &str) -> Vec<Request> {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, keys);
    let effects = update(&mut model, Message::Key(key(last)));
    let requests = effects.into_iter().filter_map(|effect| match effect {
        Effect::Ask { request, .. } => Some(request),
        _ => None,
    });
    requests.collect()
}

#[test]
fn users_are_sorted_by_the_server_and_again_the_other_way_round() {
    for (keys, descending) in [("2 o", false), ("2 o enter", true)] {
        let requests = asked(keys, "enter");
        let by = UserOrder::UserName;
        let wanted = Some(Sort { by, descending });
        assert!(
            requests
                .iter()
                .any(|request| matches!(request, Request::Users { sort, offset: 0, .. } if *sort == wanted)),
            "{requests:?}"
        );
    }
    assert!(
        asked("2 o enter", "d")
            .iter()
            .any(|request| matches!(request, Request::Users { sort: None, .. }))
    );
}

#[test]
fn a_hidden_column_is_shown_and_the_naming_one_stays() {
    let mut model = busy(settings(), 200, 36);
    press(&mut model, "2");
    assert!(!text(&draw(&model)).contains("Aliases"));
    press(&mut model, "o j j j j j j j space");
    press(&mut model, "esc");
    assert!(text(&draw(&model)).contains("Aliases"));
    press(&mut model, "3 2");
    assert!(text(&draw(&model)).contains("Aliases"));
    press(&mut model, "o space");
    assert!(
        model
            .toasts
            .iter()
            .any(|toast| toast.text.contains("stays"))
    );
}

#[test]
fn conflicts_and_changes_are_sorted_here_and_the_selection_stays_on_its_row() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "4");
    let before = model.selected_conflict().map(|row| row.id);
    press(&mut model, "o enter esc");
    let names: Vec<String> = model
        .conflicts
        .iter()
        .map(|row| row.name.to_lowercase())
        .collect();
    assert!(names.is_sorted(), "{names:?}");
    assert_eq!(model.selected_conflict().map(|row| row.id), before);

    press(&mut model, "7");
    let before = model.changes.current().map(|row| row.seq);
    press(&mut model, "o enter enter esc");
    assert_eq!(model.changes.current().map(|row| row.seq), before);
    let names: Vec<String> = (0..model.changes.shown.len())
        .filter_map(|index| model.changes.row(index))
        .map(|row| row.subject.name.to_lowercase())
        .collect();
    assert!(names.is_sorted_by(|left, right| left >= right), "{names:?}");
    press(&mut model, "G");
    let numbers: Vec<u64> = (0..model.changes.shown.len())
        .filter_map(|index| model.changes.row(index))
        .map(|row| row.seq)
        .collect();
    assert!(numbers.is_sorted());
}

#[test]
fn live_sorted_by_time_taken_does_not_follow_until_it_is_told_to() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "o G");
    for _ in 0..12 {
        press(&mut model, "down");
    }
    press(&mut model, "enter enter esc");
    assert_eq!(model.screen, Screen::Live);
    assert!(!model.live.is_following());
    let took: Vec<u64> = (0..model.live.len())
        .filter_map(|index| model.live.row(index))
        .map(|line| line.micros)
        .collect();
    assert!(took.is_sorted_by(|left, right| left >= right), "{took:?}");
    assert!(text(&draw(&model)).contains("Took ↓"));
    press(&mut model, "G");
    assert!(model.live.is_following());
    assert!(!text(&draw(&model)).contains("Took"));
}

/// Two processes share a store: who answered is shown by itself, where there is room for it.
#[test]
fn the_process_that_answered_is_shown_where_there_are_several() {
    for (columns, nodes, shown) in [
        (140, &["scim-1", "scim-2"][..], true),
        (140, &["scim-1"], false),
        (70, &["scim-1", "scim-2"], false),
    ] {
        let mut model = fresh(settings(), columns, 30);
        let status = StatusReport {
            node: Some("scim-1".to_owned()),
            nodes: nodes.iter().map(ToString::to_string).collect(),
            ..status()
        };
        answer(&mut model, Ask::Status, Reply::Status(Box::new(status)));
        let lines = exchanges().into_iter().zip(nodes.iter().cycle());
        let lines = lines.map(|(line, node)| ExchangeLine {
            node: Some((*node).to_owned()),
            ..line
        });
        send(&mut model, Message::Exchanges(lines.collect(), 0));
        let live = text(&draw(&model));
        assert_eq!(live.contains("scim-1"), shown, "{live}");
        if shown {
            assert_eq!(live.contains("scim-2"), nodes.len() > 1, "{live}");
            // It can be taken away.
            for name in "o j j j j j space esc".split(' ') {
                update(&mut model, Message::Key(key(name)));
            }
            let live = text(&draw(&model));
            assert!(!live.contains("scim-1"), "{live}");
        }
    }
}
