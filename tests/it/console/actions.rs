//! The table of actions is whole: what it names can be found, is explained, does something or says
//! why not, and shows its key wherever keys are shown.

use std::collections::BTreeMap;

use rolecall::console::{
    Model, Settings,
    action::{Action, Screen},
    keymap::Keymap,
    message::Message,
    palette,
    update::is_available,
};

use super::{
    draw,
    matrix::{box_on_top, cut},
    sample::{busy, fresh, press, send, settings},
    text,
};

/// Actions that may well do nothing: at the end of a list there is nowhere to go, and that is seen.
fn is_movement(action: Action) -> bool {
    matches!(
        action.info().name,
        "up" | "down"
            | "page-up"
            | "page-down"
            | "top"
            | "bottom"
            | "back"
            | "next-tab"
            | "previous-tab"
            | "last-screen"
    )
}

/// Presses the first key of an action.
fn perform(model: &mut Model, action: Action) -> usize {
    let key = model.settings.keymap.key(action);
    let info = action.info();
    let keys = if key.is_empty() { info.keys } else { &key };
    press(model, keys).len()
}

/// What is on the screen without its blanks and borders, so that wrapping makes no difference.
fn squeezed(words: &str) -> String {
    words
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '│')
        .collect()
}

#[test]
fn every_action_does_something_or_says_why_not_wherever_it_applies() {
    type Make = fn(Settings, u16, u16) -> Model;
    let starts: [(Make, &str); 3] = [(busy, ""), (busy, "enter"), (fresh, "")];
    for action in Action::ALL
        .iter()
        .copied()
        .filter(|action| !is_movement(*action))
    {
        for screen in action.info().screens {
            if action.screen() == Some(*screen) {
                continue;
            }
            for (make, then) in starts {
                let mut model = make(settings(), 100, 30);
                press(&mut model, &format!("{} {then}", screen.number()));
                model.toasts.clear();
                model.overlay = None;
                // Where the step of the checklist leads elsewhere, the start is another screen.
                model.screen = *screen;
                let before = draw(&model);
                let wanted = perform(&mut model, action);
                let seen = wanted > 0 || draw(&model) != before;
                assert!(
                    seen,
                    "{} does nothing on {screen:?} after {then:?}",
                    action.info().name
                );
            }
        }
    }
}

#[test]
fn a_read_only_console_says_so_to_every_act() {
    for action in Action::ALL.iter().copied().filter(|action| action.is_act()) {
        for screen in action.info().screens {
            let settings = Settings {
                read_only: true,
                ..settings()
            };
            let mut model = busy(settings, 100, 30);
            press(&mut model, &screen.number().to_string());
            assert_eq!(perform(&mut model, action), 0, "{action:?}");
            let told = model
                .toasts
                .iter()
                .any(|toast| toast.text.contains("read-only"));
            assert!(told && model.overlay.is_none(), "{action:?} on {screen:?}");
        }
    }
}

#[test]
fn the_palette_finds_every_action_by_its_title_and_does_it() {
    for action in Action::ALL.iter().copied() {
        let info = action.info();
        let mut model = busy(settings(), 100, 30);
        let found = palette::matches(&model, info.title);
        if !found.contains(&action) {
            let steps = ["up", "down", "page-up", "page-down", "palette"];
            assert!(steps.contains(&info.name), "{} is not found", info.name);
            continue;
        }
        press(&mut model, ":");
        send(&mut model, Message::Paste(info.title.to_owned()));
        press(&mut model, "enter");
        let palette = text(&draw(&model)).contains("╭─ Palette");
        assert!(!palette, "{} leaves the palette open", info.name);
    }
}

/// The help from its beginning to its end, in a terminal where all of it fits.
fn whole_help(settings: Settings, keys: &str) -> String {
    let mut model = busy(settings, 100, 600);
    press(&mut model, keys);
    let frame = draw(&model);
    text(&cut(&frame, box_on_top(&frame).expect("a box")))
}

#[test]
fn the_help_tells_every_action_with_its_keys() {
    for keys in ["?", "6 ?"] {
        let help = squeezed(&whole_help(settings(), keys));
        for action in Action::ALL.iter().copied() {
            let info = action.info();
            assert!(
                help.contains(&squeezed(info.help)),
                "{} is not in the help",
                info.name
            );
            for key in settings().keymap.keys(action) {
                assert!(
                    help.contains(&key),
                    "{key} of {} is not in the help",
                    info.name
                );
            }
        }
    }
}

/// The line with the keys, wide enough for all of them.
fn footer(model: &Model) -> String {
    text(&draw(model))
        .lines()
        .last()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn the_footer_names_what_works_here_and_nothing_else() {
    for screen in Screen::ALL {
        let mut model = busy(settings(), 300, 30);
        press(&mut model, &screen.number().to_string());
        model.toasts.clear();
        let line = footer(&model);
        let hints = line
            .split("   ")
            .map(str::trim)
            .filter(|hint| !hint.is_empty());
        let mut named = Vec::new();
        for hint in hints {
            let (key, word) = hint.split_once(' ').unwrap_or((hint, ""));
            assert!(!word.is_empty(), "{key} has no word on {screen:?}");
            let action = Action::ALL.iter().copied().find(|action| {
                let here = action.info().screens.contains(&screen);
                here && model.settings.keymap.key(*action) == key
            });
            let action = action.unwrap_or_else(|| panic!("{hint:?} on {screen:?} is no action"));
            assert!(
                is_available(&model, action),
                "{hint:?} does not work on {screen:?}"
            );
            named.push(action);
        }
        for action in Action::ALL.iter().copied() {
            let shown = !action.info().hint.is_empty() && is_available(&model, action);
            assert!(
                !shown || named.contains(&action),
                "{action:?} is missing on {screen:?}"
            );
        }
    }
}

#[test]
fn another_key_is_taken_and_shown_wherever_keys_are() {
    for action in Action::ALL.iter().copied() {
        let info = action.info();
        let mut keys = BTreeMap::from([(info.name.to_owned(), "f9".to_owned())]);
        let keymap = Keymap::new(&keys).unwrap_or_else(|error| panic!("{error}"));
        let changed = || Settings {
            keymap: keymap.clone(),
            ..settings()
        };
        let screen = info.screens.first().copied().unwrap_or(Screen::Live);
        let mut model = busy(changed(), 300, 30);
        press(&mut model, &settings_key(screen, &keymap));
        if !info.hint.is_empty() && is_available(&model, action) {
            assert!(
                footer(&model).contains("f9 "),
                "{} in the footer",
                info.name
            );
        }
        let help = whole_help(changed(), &keymap.key(Action::Help));
        let count = help.matches("f9").count();
        // Beside what it does, and beside its name in the configuration file.
        assert_eq!(count, 2, "{} in the help", info.name);
        // And without any key it is still in the palette.
        keys.insert(info.name.to_owned(), String::new());
        if info.name != "quit" {
            let keymap = Keymap::new(&keys).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(keymap.keys(action), Vec::<String>::new());
        }
    }
}

/// The key that goes to a screen, in a keymap.
fn settings_key(screen: Screen, keymap: &Keymap) -> String {
    let action = Action::ALL
        .iter()
        .find(|action| action.screen() == Some(screen));
    action.map(|action| keymap.key(*action)).unwrap_or_default()
}
