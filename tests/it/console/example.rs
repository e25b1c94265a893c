//! The example of the configuration file names every action, with the keys that it has.

use std::fmt::Write as _;

use rolecall::console::action::Action;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/rolecall.example.toml");
const BEFORE: &str = "# Every action with the keys that it has by itself:\n";

#[test]
fn the_example_names_every_action_with_its_keys() {
    let text = std::fs::read_to_string(PATH).expect("the example");
    let (above, _) = text.split_once(BEFORE).expect("the list of actions");
    let mut listed = format!("{above}{BEFORE}");
    for action in Action::ALL {
        let info = action.info();
        let entry = format!("{} = {:?}", info.name, info.keys);
        writeln!(listed, "# {entry:<34} # {}", info.title).expect("a text takes it");
    }
    if std::env::var("ROLECALL_PICTURES").is_ok_and(|value| value == "write") {
        std::fs::write(PATH, &listed).expect("written");
    } else {
        assert!(
            text == listed,
            "the example lists other actions or keys than there are: run this with ROLECALL_PICTURES=write"
        );
    }
    holds_together(&listed);
}

/// The lines of the list are entries as the file takes them.
fn holds_together(text: &str) {
    let (_, list) = text.split_once(BEFORE).expect("the list of actions");
    let entries = list.lines().map(|line| {
        let entry = line.strip_prefix("# ").expect("a comment");
        let (name, keys) = entry.split_once(" = ").expect("an entry");
        let keys = keys.split('"').nth(1).expect("a text");
        (name.to_owned(), keys.to_owned())
    });
    let entries = entries.collect();
    rolecall::console::keymap::Keymap::new(&entries).expect("the defaults, written out");
}
