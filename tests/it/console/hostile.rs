//! Hostile and wide text wherever others can write something: shown as visible escapes, in its place.

use proptest::{prelude::*, test_runner::TestCaseError};
use ratatui::layout::Rect;
use rolecall::console::{Effect, Message, Model, update, view::geometry::geometry};

use super::{
    draw,
    foreign::{self, spoiled},
    matrix::{box_on_top, cut},
    property,
    random::look,
    sample::{self, exchanges, journal, key, now, settings},
    screens::SCENES,
    text,
};

/// A console onto a server that holds the same text wherever it passes one on.
struct Spoiled {
    model: Model,
    text: String,
}

impl Spoiled {
    fn new(text: &str, columns: u16, rows: u16) -> Self {
        let mut console = Self {
            model: Model::new(settings(), now()),
            text: text.to_owned(),
        };
        console.tell(Message::Resize(columns, rows));
        console.tell(Message::Connected);
        let mut lines = exchanges();
        for line in &mut lines {
            *line = spoiled(line, text);
        }
        let mut changes = journal();
        for change in &mut changes {
            *change = spoiled(change, text);
        }
        console.tell(Message::Changes(changes));
        console.tell(Message::Exchanges(lines, 0));
        console
    }

    /// Sends a message and answers every question that comes of it.
    fn tell(&mut self, message: Message) {
        let mut effects = update(&mut self.model, message);
        for _ in 0..64 {
            let mut next = Vec::new();
            for effect in effects {
                let Effect::Ask {
                    ask,
                    request,
                    dry_run,
                } = effect
                else {
                    continue;
                };
                if let Some(reply) = sample::answer_to(&request, dry_run) {
                    let reply = Box::new(spoiled(&reply, &self.text));
                    next.extend(update(&mut self.model, Message::Answered(ask, Ok(reply))));
                }
            }
            if next.is_empty() {
                return;
            }
            effects = next;
        }
    }

    fn press(&mut self, keys: &str) {
        for word in keys.split_whitespace() {
            if let Some(typed) = word.strip_prefix('\'') {
                for character in typed.chars() {
                    self.tell(Message::Key(key(&character.to_string())));
                }
            } else {
                self.tell(Message::Key(key(word)));
            }
        }
    }

    /// What is shown in the box on top, in the details, or in the list, without blanks.
    fn shown(&self) -> String {
        let frame = draw(&self.model);
        let places = geometry(&self.model);
        let place = if self.model.overlay.is_some() {
            box_on_top(&frame).unwrap_or_default()
        } else if self.model.focus == rolecall::console::model::Focus::Details {
            places.details
        } else {
            places.rows
        };
        text(&cut(&frame, place)).split_whitespace().collect()
    }
}

const EVIL: &str = "a\u{202e}b\u{1b}[2Jc";
const VISIBLE: &str = "a\\u{202e}b\\u{1b}[2Jc";

#[test]
fn hostile_text_is_visible_wherever_it_can_stand() {
    for keys in [
        "",
        "enter",
        "enter l",
        "enter l l",
        "enter l l l",
        "2",
        "2 enter",
        "3",
        "3 enter",
        "4",
        "4 enter",
        "5",
        "5 enter",
        "6",
        "7",
        "7 enter",
        "8",
        "w",
        "2 v",
        "2 e",
        "2 s",
        "2 x",
        "3 e",
        "3 x",
        "3 a 'bob",
        "2 a 'Eng",
        "5 x",
        "5 c 'bob@example.com enter",
        "4 L",
        "4 D",
        "6 j x",
        "t enter",
        "u",
    ] {
        let mut console = Spoiled::new(EVIL, 200, 60);
        console.press(keys);
        let shown = console.shown();
        assert!(shown.contains(VISIBLE), "after {keys:?}: {shown}");
    }
    // What is pasted is one line, and shown the same way.
    let line = EVIL.replace('\u{1b}', " ");
    let visible = "a\\u{202e}b [2Jc";
    for keys in ["/", "?", ":", "t tab", "E tab", "6 j x"] {
        let mut console = Spoiled::new(EVIL, 200, 60);
        console.press(keys);
        console.tell(Message::Paste(line.clone()));
        let words = text(&draw(&console.model));
        assert!(words.contains(visible), "after {keys:?}: {words}");
    }
    // In the header, in news, and in the heading of a filtered list.
    let mut console = Spoiled::new(EVIL, 200, 60);
    console.press("/");
    console.tell(Message::Paste("x\u{202e}y".to_owned()));
    console.press("enter");
    console
        .model
        .tell(rolecall::console::model::Mood::Bad, EVIL);
    let words = text(&draw(&console.model));
    let header = words.lines().next().unwrap_or_default();
    assert!(header.contains(VISIBLE), "{header}");
    assert!(words.contains("/x\\u{202e}y"), "{words}");
    assert!(words.contains(&format!("✗ {VISIBLE}")), "{words}");
}

/// The borders of the box on top are whole, however long what it holds.
fn box_is_whole(model: &Model) -> Result<(), TestCaseError> {
    let frame = draw(model);
    let at = |x: u16, y: u16| frame[(x, y)].symbol();
    let Some(place) = box_on_top(&frame) else {
        return Err(TestCaseError::fail("a box without its corners"));
    };
    for y in place.top() + 1..place.bottom() - 1 {
        let (left, right) = (at(place.left(), y), at(place.right() - 1, y));
        prop_assert!(left == "│" && right == "│", "line {y}:\n{}", text(&frame));
    }
    prop_assert!(
        at(place.right() - 1, place.bottom() - 1) == "╯",
        "{}",
        text(&frame)
    );
    Ok(())
}

/// The line between list and details is whole.
fn divider_is_whole(model: &Model) -> Result<(), TestCaseError> {
    let frame = draw(model);
    let place = geometry(model).divider;
    for y in place.top()..place.bottom() {
        if place.width > 0 {
            let symbol = frame[(place.x, y)].symbol();
            prop_assert!(matches!(symbol, "│" | "┬"), "line {y}:\n{}", text(&frame));
        }
    }
    Ok(())
}

#[test]
fn any_text_stays_in_its_place() {
    let scene = 0..SCENES.len();
    let size = prop_oneof![4 => (40..200_u16, 10..50_u16), 1 => (1..40_u16, 1..12_u16)];
    property(
        96,
        &(foreign::text(), scene, size),
        |(text, scene, (columns, rows))| {
            // Borders in what others write would be taken for the console's own.
            let text: String = text
                .chars()
                .filter(|c| !('\u{2500}'..'\u{2580}').contains(c))
                .collect();
            let scene = &SCENES[scene];
            let mut console = Spoiled::new(&text, columns, rows);
            console.press(scene.keys);
            look::at(&console.model)?;
            // News may lie over a border.
            console.model.toasts.clear();
            if columns < 40 || rows < 10 {
                return Ok(());
            }
            if console.model.overlay.is_some() {
                box_is_whole(&console.model)
            } else {
                divider_is_whole(&console.model)
            }
        },
    );
}

/// Stands for others' text where it does no harm: nothing else is written with it.
const HARMLESS: &str = "ж";

#[test]
fn no_text_moves_the_columns_beside_it() {
    let screen = prop::sample::select(vec!["", "2", "3", "6 j"]);
    property(
        48,
        &(foreign::text(), screen, 60..200_u16),
        |(text, keys, columns)| {
            let frames = [HARMLESS, &text].map(|text| {
                let mut console = Spoiled::new(text, columns, 24);
                console.press(keys);
                console.model.toasts.clear();
                (draw(&console.model), geometry(&console.model).rows)
            });
            let [(harmless, rows), (hostile, _)] = &frames;
            let own = |symbol: &str| !matches!(symbol, " " | HARMLESS | "…" | ",");
            for (x, y) in cells(*rows) {
                let symbol = harmless[(x, y)].symbol();
                let same = !own(symbol) || hostile[(x, y)].symbol() == symbol;
                prop_assert!(
                    same,
                    "{symbol:?} at {x},{y} has moved:\n{}",
                    super::text(hostile)
                );
            }
            Ok(())
        },
    );
}

fn cells(place: Rect) -> impl Iterator<Item = (u16, u16)> {
    (place.top()..place.bottom())
        .flat_map(move |y| (place.left()..place.right()).map(move |x| (x, y)))
}
