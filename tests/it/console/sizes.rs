//! Every screen and box in terminals of any size: nothing panics, nothing is drawn over, the cursor
//! stays inside, and where there is too little room a card says so.

use ratatui::{
    Terminal,
    backend::{Backend as _, TestBackend},
};
use rolecall::console::{Message, Model, view, view::geometry::SMALLEST};

use super::{
    draw,
    random::look,
    sample::{busy, press, send, settings},
    screens::SCENES,
    text,
};

/// Draws as the loop does, and looks at what came of it.
fn look_at(model: &mut Model, columns: u16, rows: u16, name: &str) {
    send(model, Message::Resize(columns, rows));
    let told = look::at(model);
    assert!(told.is_ok(), "{name} at {columns}x{rows}: {told:?}");
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("a screen in memory");
    terminal
        .draw(|frame| view(model, frame))
        .expect("a screen in memory");
    let cursor = terminal
        .backend_mut()
        .get_cursor_position()
        .expect("a cursor");
    assert!(
        cursor.x < columns && cursor.y < rows,
        "{name} at {columns}x{rows}: {cursor}"
    );
    if model.overlay.is_some() {
        return;
    }
    let words = text(terminal.backend().buffer());
    let mut lines = words.lines();
    let header = lines.next().unwrap_or_default();
    let tabs = lines.next().unwrap_or_default();
    let footer = lines.last().unwrap_or_default();
    assert!(
        header.starts_with(" rolecall"),
        "{name} at {columns}x{rows}: {header}"
    );
    // The breadcrumb behind the last tab may be cut.
    let tabs = tabs.split_once("  8").map_or(tabs, |(tabs, _)| tabs);
    for line in [header, tabs] {
        assert!(!line.contains('…'), "{name} at {columns}x{rows}: {line}");
    }
    if model.filtering.is_none() {
        let whole = footer.ends_with("q quit") && !footer.contains('…');
        assert!(whole, "{name} at {columns}x{rows}: {footer}");
    }
}

/// Each scene takes other sizes, so that all of them together take every width and height.
fn some_sizes(of: usize) {
    let range = |from: u16, to: u16, step: usize| {
        let count = usize::from(to - from) + 1;
        from + u16::try_from(step % count).expect("within the range")
    };
    for (index, scene) in SCENES
        .iter()
        .enumerate()
        .filter(|(index, _)| index % 2 == of)
    {
        let mut model = scene.model(80, 24);
        for step in 0..6 {
            let columns = range(40, 300, index * 4 + step * 47);
            let rows = range(10, 100, index * 3 + step * 17);
            look_at(&mut model, columns, rows, scene.name);
        }
        for (columns, rows) in [(40, 10), (41, 16), (59, 11), (60, 15), (99, 30), (100, 10)] {
            look_at(&mut model, columns, rows, scene.name);
        }
    }
}

#[test]
fn every_scene_at_any_size() {
    some_sizes(0);
}

#[test]
fn every_other_scene_at_any_size() {
    some_sizes(1);
}

#[test]
fn the_header_and_the_footer_fit_at_every_width() {
    for keys in ["", "space", "2", "4", "6 j", "8", "enter l"] {
        let mut model = busy(settings(), 80, 24);
        press(&mut model, keys);
        for columns in 40..=300 {
            look_at(&mut model, columns, 12, keys);
        }
    }
}

#[test]
fn below_the_smallest_there_is_a_card_and_a_way_out() {
    let (columns, rows) = SMALLEST;
    let small = (1..columns).step_by(6).map(|columns| (columns, 30));
    let low = (1..rows).map(|rows| (200, rows));
    for (columns, rows) in small.chain(low) {
        for scene in SCENES.iter().step_by(9) {
            let mut model = scene.model(80, 24);
            send(&mut model, Message::Resize(columns, rows));
            let told = look::at(&model);
            assert!(told.is_ok(), "{} at {columns}x{rows}: {told:?}", scene.name);
            let words: String = text(&draw(&model)).split_whitespace().collect();
            assert!(words.starts_with('r') && !words.contains('│'), "{words}");
        }
    }
    let mut model = busy(settings(), 30, 9);
    for (key, part) in [
        ("q", "d detaches"),
        ("esc", "press q"),
        (":", "press esc and q"),
    ] {
        press(&mut model, key);
        let words = text(&draw(&model)).replace('\n', " ");
        assert!(words.contains(part), "{words}");
    }
}

#[test]
fn the_screens_are_named_in_the_smallest_usual_terminal() {
    let mut model = busy(settings(), 80, 24);
    let names = "1 Live 2 Users 3 Roles 4 Conflicts ⚠2 5 Access 6 Providers 7 Journal 8 Setup";
    for screen in 1..=8 {
        press(&mut model, &screen.to_string());
        let picture = text(&draw(&model));
        assert!(picture.contains(names), "{picture}");
    }
}
