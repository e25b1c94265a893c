//! Which key does what, where. The defaults come from the action table; the configuration file may
//! give any action other keys.

use std::{collections::BTreeMap, fmt};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::{Action, Screen};

/// A key with its modifiers; shift is part of the character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    control: bool,
    alt: bool,
}

const NAMED: &[(&str, KeyCode)] = &[
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("space", KeyCode::Char(' ')),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("comma", KeyCode::Char(',')),
];

impl Key {
    /// The key of an event.
    pub fn of(event: &KeyEvent) -> Self {
        let code = match event.code {
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            code => code,
        };
        Self {
            code,
            control: event.modifiers.contains(KeyModifiers::CONTROL),
            alt: event.modifiers.contains(KeyModifiers::ALT),
        }
    }

    /// Reads `t`, `ctrl-u`, `alt-x`, `f5`, `pageup`, …
    ///
    /// # Errors
    /// One sentence that quotes the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut rest = text;
        let (mut control, mut alt) = (false, false);
        loop {
            if let Some(after) = rest.strip_prefix("ctrl-").filter(|after| !after.is_empty()) {
                (rest, control) = (after, true);
            } else if let Some(after) = rest.strip_prefix("alt-").filter(|after| !after.is_empty())
            {
                (rest, alt) = (after, true);
            } else {
                break;
            }
        }
        let lower = rest.to_ascii_lowercase();
        let mut characters = rest.chars();
        let code = match (characters.next(), characters.next()) {
            (Some(character), None) if !character.is_control() && character != ' ' => {
                KeyCode::Char(character)
            }
            _ => NAMED
                .iter()
                .find(|(name, _)| *name == lower)
                .map(|(_, code)| *code)
                .or_else(|| {
                    let number: u8 = lower.strip_prefix('f')?.parse().ok()?;
                    (1..=12).contains(&number).then_some(KeyCode::F(number))
                })
                .ok_or_else(|| {
                    format!(
                        "{text:?} is no key; write one character, or a name such as enter, esc, \
                         space, tab, up, pageup, f5, with ctrl- or alt- before it where wanted"
                    )
                })?,
        };
        Ok(Self { code, control, alt })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.control {
            f.write_str("ctrl-")?;
        }
        if self.alt {
            f.write_str("alt-")?;
        }
        let arrow = match self.code {
            KeyCode::F(number) => return write!(f, "f{number}"),
            KeyCode::Char(character) if character != ' ' => return write!(f, "{character}"),
            code => NAMED.iter().find(|(_, named)| *named == code),
        };
        f.write_str(arrow.map_or("?", |(name, _)| name))
    }
}

/// One or two keys that mean an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stroke {
    first: Key,
    second: Option<Key>,
}

impl Stroke {
    fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(',') {
            Some((first, second)) => Ok(Self {
                first: Key::parse(first)?,
                second: Some(Key::parse(second)?),
            }),
            None => Ok(Self {
                first: Key::parse(text)?,
                second: None,
            }),
        }
    }

    /// Whether one of the two would hide the other.
    fn collides(self, other: Self) -> bool {
        self.first == other.first
            && (self.second == other.second || self.second.is_none() || other.second.is_none())
    }
}

impl fmt::Display for Stroke {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        self.second.map_or(Ok(()), |second| write!(f, "{second}"))
    }
}

/// What a key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Do this.
    Action(Action),
    /// Wait for the second key.
    Begun(Key),
    /// Nothing here.
    Nothing,
}

/// The keys of every action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    strokes: Vec<(Action, Vec<Stroke>)>,
}

impl Keymap {
    /// The defaults, with the configuration's own keys in their place.
    ///
    /// # Errors
    /// One sentence that names the entry: an action or key that does not exist, or a key that another
    /// action has on the same screen.
    pub fn new(overrides: &BTreeMap<String, String>) -> Result<Self, String> {
        for name in overrides.keys() {
            if Action::named(name).is_none() {
                return Err(format!(
                    "console.keys: there is no action {name:?}; the help (?) names every action"
                ));
            }
        }
        let mut keymap = Self {
            strokes: Vec::new(),
        };
        for action in Action::ALL.iter().copied() {
            let name = action.info().name;
            let given = overrides.get(name);
            let keys = given.map_or(action.info().keys, String::as_str);
            let strokes = keys
                .split_whitespace()
                .map(Stroke::parse)
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| format!("console.keys.{name}: {error}"))?;
            if let Some((taken, other)) = keymap.collision(action, &strokes) {
                let blamed = if given.is_some() {
                    name
                } else {
                    other.info().name
                };
                return Err(format!(
                    "console.keys.{blamed}: {taken} would mean both {name} and {} on the same \
                     screen; give one of them another key",
                    other.info().name
                ));
            }
            keymap.strokes.push((action, strokes));
        }
        if keymap.keys(Action::Quit).is_empty() {
            return Err("console.keys.quit: the console must have a key to leave it".to_owned());
        }
        Ok(keymap)
    }

    fn collision(&self, action: Action, strokes: &[Stroke]) -> Option<(Stroke, Action)> {
        let screens = action.info().screens;
        for (other, taken) in &self.strokes {
            if !other.info().screens.iter().any(|s| screens.contains(s)) {
                continue;
            }
            for stroke in strokes {
                if taken.iter().any(|other| other.collides(*stroke)) {
                    return Some((*stroke, *other));
                }
            }
        }
        None
    }

    /// What a key means on a screen, after a first key that waits for its second.
    pub fn meaning(&self, screen: Screen, begun: Option<Key>, key: Key) -> Meaning {
        let mut meaning = Meaning::Nothing;
        for (action, strokes) in &self.strokes {
            if !action.info().screens.contains(&screen) {
                continue;
            }
            for stroke in strokes {
                match (begun, stroke.second) {
                    (Some(first), Some(second)) if first == stroke.first && second == key => {
                        return Meaning::Action(*action);
                    }
                    (None, None) if stroke.first == key => return Meaning::Action(*action),
                    (None, Some(_)) if stroke.first == key => meaning = Meaning::Begun(key),
                    _ => {}
                }
            }
        }
        meaning
    }

    /// The keys of an action, as the help shows them.
    pub fn keys(&self, action: Action) -> Vec<String> {
        let mut strokes = self.strokes.iter();
        let found = strokes.find(|(known, _)| *known == action);
        found.map_or_else(Vec::new, |(_, strokes)| {
            strokes.iter().map(Stroke::to_string).collect()
        })
    }

    /// The first key of an action, as hints show it.
    pub fn key(&self, action: Action) -> String {
        self.keys(action).into_iter().next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(entries: &[(&str, &str)]) -> Result<Keymap, String> {
        let entries = entries.iter();
        Keymap::new(
            &entries
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn the_defaults_do_not_collide() {
        with(&[]).expect("no two actions share a key on a screen");
    }

    #[test]
    fn keys_are_read_and_written_alike() {
        for text in [
            "t",
            "G",
            "ctrl-u",
            "alt-x",
            "enter",
            "shift-tab",
            "f5",
            "-",
            ":",
            "space",
        ] {
            assert_eq!(
                Key::parse(text).map(|key| key.to_string()),
                Ok(text.to_owned())
            );
        }
        for text in ["", "ctrl-", "tt", "f13", "\u{1b}"] {
            assert!(Key::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_key_can_be_given_and_a_bad_one_is_refused_by_name() {
        let keymap = with(&[("new-token", "K ctrl-t")]).expect("free keys");
        assert_eq!(keymap.keys(Action::NewToken), ["K", "ctrl-t"]);
        for (entry, part) in [
            (("new-tokens", "T"), "there is no action \"new-tokens\""),
            (
                ("new-token", "ctrl-"),
                "console.keys.new-token: \"ctrl-\" is no key",
            ),
            (("new-token", "q"), "would mean both"),
            (("top", "t,t"), "would mean both"),
            (("quit", ""), "console.keys.quit"),
        ] {
            let error = with(&[entry]).expect_err("refused");
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn two_keys_in_a_row_mean_one_action() {
        let keymap = with(&[]).expect("defaults");
        let g = Key::parse("g").expect("a key");
        assert_eq!(keymap.meaning(Screen::Live, None, g), Meaning::Begun(g));
        assert_eq!(
            keymap.meaning(Screen::Live, Some(g), g),
            Meaning::Action(Action::Top)
        );
        let x = Key::parse("x").expect("a key");
        assert_eq!(keymap.meaning(Screen::Live, Some(g), x), Meaning::Nothing);
    }
}
