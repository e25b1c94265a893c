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

    /// The event of pressing it.
    pub fn event(self) -> KeyEvent {
        let mut modifiers = KeyModifiers::NONE;
        modifiers.set(KeyModifiers::CONTROL, self.control);
        modifiers.set(KeyModifiers::ALT, self.alt);
        KeyEvent::new(self.code, modifiers)
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

/// Why the configuration's keys cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct KeyError {
    /// The entry that is to blame, by its action's name.
    pub action: String,
    /// The action whose key it takes, if it does.
    pub other: Option<&'static str>,
    /// What is wrong and what to do.
    pub sentence: String,
}

/// Reads the name of an action.
fn known(name: &str) -> Result<Action, String> {
    Action::named(name).ok_or_else(|| match nearest(name) {
        Some(near) => format!("there is no action {name:?}; did you mean {near}?"),
        None => format!("there is no action {name:?}; the help (?) names every action"),
    })
}

/// The action whose name is written almost like this one.
fn nearest(name: &str) -> Option<&'static str> {
    let names = Action::ALL.iter().map(|action| action.info().name);
    let written = name.to_lowercase().replace(['_', ' '], "-");
    let near = names
        .map(|known| (distance(&written, known), known))
        .min()?;
    (near.0 <= written.chars().count().div_ceil(3)).then_some(near.1)
}

/// How many characters must be put in, left out or changed to make one text of another.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, character) in left.chars().enumerate() {
        let mut diagonal = index;
        let mut before = index + 1;
        for (place, other) in row.iter_mut().skip(1).zip(&right) {
            let changed = diagonal + usize::from(*other != character);
            diagonal = *place;
            *place = changed.min(diagonal + 1).min(before + 1);
            before = *place;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// Checks one entry by itself: whether there is such an action, and whether these are keys.
///
/// # Errors
/// One sentence that quotes what is wrong.
pub fn check(name: &str, keys: &str) -> Result<(), String> {
    known(name)?;
    parse_strokes(keys).map(drop)
}

fn parse_strokes(keys: &str) -> Result<Vec<Stroke>, String> {
    keys.split_whitespace().map(Stroke::parse).collect()
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
    /// An action or key that does not exist, or a key that another action has on the same screen.
    pub fn new(overrides: &BTreeMap<String, String>) -> Result<Self, KeyError> {
        let wrong = |action: &str, sentence| KeyError {
            action: action.to_owned(),
            other: None,
            sentence,
        };
        for name in overrides.keys() {
            known(name).map_err(|sentence| wrong(name, sentence))?;
        }
        let mut keymap = Self {
            strokes: Vec::new(),
        };
        for action in Action::ALL.iter().copied() {
            let name = action.info().name;
            let given = overrides.get(name);
            let keys = given.map_or(action.info().keys, String::as_str);
            let strokes = parse_strokes(keys).map_err(|sentence| wrong(name, sentence))?;
            if let Some((taken, other)) = keymap.collision(action, &strokes) {
                // The entry is to blame that the configuration has; where it has both, the second.
                let other = other.info().name;
                let (blamed, other) = match given {
                    Some(_) => (name, other),
                    None => (other, name),
                };
                return Err(KeyError {
                    action: blamed.to_owned(),
                    other: Some(other),
                    sentence: format!(
                        "{taken} would mean both {blamed} and {other} on the same screen; give one \
                         of them another key"
                    ),
                });
            }
            keymap.strokes.push((action, strokes));
        }
        if keymap.keys(Action::Quit).is_empty() {
            let sentence = "the console must have a key to leave it".to_owned();
            return Err(wrong(Action::Quit.info().name, sentence));
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

    fn with(entries: &[(&str, &str)]) -> Result<Keymap, KeyError> {
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
            (("new-tokens", "T"), "did you mean new-token?"),
            (("New_Token", "T"), "did you mean new-token?"),
            (("frobnicate", "T"), "the help (?) names every action"),
            (("new-token", "ctrl-"), "\"ctrl-\" is no key"),
            (("new-token", "q"), "q would mean both new-token and quit"),
            (("quit", "t"), "t would mean both quit and new-token"),
            (("top", "t,t"), "would mean both"),
            (("quit", ""), "must have a key to leave it"),
        ] {
            let error = with(&[entry]).expect_err("refused");
            assert!(error.sentence.contains(part), "{error}");
            assert_eq!(error.action, entry.0);
        }
    }

    #[test]
    fn two_actions_may_change_their_keys_for_each_other() {
        let swapped = [("new-token", "f"), ("follow", "t")];
        let keymap = with(&swapped).expect("each key means one action");
        assert_eq!(keymap.keys(Action::Follow), ["t"]);
        let error = with(&[("new-token", "K"), ("follow", "K")]).expect_err("refused");
        assert_eq!(
            (error.action.as_str(), error.other),
            ("follow", Some("new-token"))
        );
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
