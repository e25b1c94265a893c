//! Finding an action by its name, by what it does, or by its key.

use super::{
    action::{Action, Screen},
    model::Model,
    update::{is_allowed, is_available},
};

/// So many of the actions chosen last come first.
const RECENT: usize = 8;

/// Actions that a person does not look for by name.
fn is_movement(action: Action) -> bool {
    matches!(
        action,
        Action::Up | Action::Down | Action::PageUp | Action::PageDown | Action::Palette
    )
}

/// The actions that fit a text, the best first; of those that fit alike, the ones chosen last before
/// the others, and what works here and now before what does elsewhere.
pub fn matches(model: &Model, text: &str) -> Vec<Action> {
    let typed = text.trim();
    let all = Action::ALL.iter().copied();
    let mut found: Vec<_> = all
        .filter(|action| !is_movement(*action) && is_allowed(model, *action))
        .filter_map(|action| {
            let (class, spread) = fit(model, action, typed)?;
            let recent = model.recent.iter().position(|chosen| *chosen == action);
            let rank = if elsewhere(model.screen, action) {
                1
            } else {
                u8::from(!is_available(model, action)) * 2
            };
            Some(((class, recent.unwrap_or(RECENT), rank, spread), action))
        })
        .collect();
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().map(|(_, action)| action).collect()
}

/// Remembers that an action was chosen.
pub fn chosen(model: &mut Model, action: Action) {
    model.recent.retain(|other| *other != action);
    model.recent.insert(0, action);
    model.recent.truncate(RECENT);
}

/// Whether the action applies on other screens only.
pub fn elsewhere(screen: Screen, action: Action) -> bool {
    !action.info().screens.contains(&screen)
}

/// How well a text fits an action: the way in which it does, the best being 0, and how far apart its
/// letters are.
fn fit(model: &Model, action: Action, typed: &str) -> Option<(u8, usize)> {
    let info = action.info();
    let has_key = || {
        model
            .settings
            .keymap
            .keys(action)
            .iter()
            .any(|key| key == typed)
    };
    let by_name = named(info.title, info.name, typed);
    if by_name.is_some_and(|(class, _)| class == WHOLE) {
        return by_name;
    }
    if !elsewhere(model.screen, action) && has_key() {
        return Some((WHOLE, 0));
    }
    by_name
        .or_else(|| has_key().then_some((KEY_ELSEWHERE, 0)))
        .or_else(|| begins_words(info.help, typed).then_some((HELP, 0)))
}

const WHOLE: u8 = 0;
const BEGINNING: u8 = 1;
const WORDS: u8 = 2;
const INITIALS: u8 = 3;
const PART: u8 = 4;
const LETTERS: u8 = 5;
const KEY_ELSEWHERE: u8 = 6;
const HELP: u8 = 7;

/// How well a text fits a title, or a name in the configuration file.
fn named(title: &str, name: &str, typed: &str) -> Option<(u8, usize)> {
    let (title, wanted) = (title.to_lowercase(), typed.to_lowercase());
    let either = |fits: &dyn Fn(&str) -> bool| fits(&title) || fits(name);
    let class = if either(&|text| text == wanted) {
        WHOLE
    } else if either(&|text| text.starts_with(&wanted)) {
        BEGINNING
    } else if begins_words(&title, &wanted) || begins_words(name, &wanted) {
        WORDS
    } else {
        match spread(&title, &wanted) {
            Some(0) => INITIALS,
            _ if either(&|text| text.contains(&wanted)) => PART,
            apart => return Some((LETTERS, apart?)),
        }
    };
    Some((class, 0))
}

/// Whether each word of the one text begins a word of the other.
fn begins_words(text: &str, wanted: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let parts = text.split(|c: char| !c.is_alphanumeric());
        let parts = parts.filter(|part| !part.is_empty());
        parts.map(str::to_lowercase).collect()
    };
    let (there, wanted) = (words(text), words(wanted));
    let begins = |word: &String| there.iter().any(|other| other.starts_with(word.as_str()));
    !wanted.is_empty() && wanted.iter().all(begins)
}

/// How far apart the letters of the one text are in the other, in order; letters that begin a word or
/// follow one another are not apart. Each goes to a word's beginning where it can.
fn spread(text: &str, wanted: &str) -> Option<usize> {
    let letters: Vec<char> = text.chars().collect();
    let is_start = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| letters.get(before));
        before.is_none_or(|before| !before.is_alphanumeric())
    };
    let mut spread = 0;
    let mut next = 0;
    for letter in wanted.chars().filter(|letter| !letter.is_whitespace()) {
        let fits = |at: &usize| letters.get(*at) == Some(&letter);
        let mut starts = (next..letters.len()).filter(|at| is_start(*at));
        let at = if fits(&next) {
            next
        } else if let Some(start) = starts.find(fits) {
            start
        } else {
            let at = (next..letters.len()).find(fits)?;
            spread += at - next + 1;
            at
        };
        next = at + 1;
    }
    Some(spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_whole_by_beginning_words_part_and_letters() {
        for (typed, expected) in [
            ("new token", Some(WHOLE)),
            ("new-token", Some(WHOLE)),
            ("New", Some(BEGINNING)),
            ("tok", Some(WORDS)),
            ("tok new", Some(WORDS)),
            ("oke", Some(PART)),
            ("nt", Some(INITIALS)),
            ("nwtk", Some(LETTERS)),
            ("tn", Some(LETTERS)),
            ("nz", None),
            ("xyz", None),
            ("", Some(BEGINNING)),
        ] {
            let class = named("New token", "new-token", typed).map(|(class, _)| class);
            assert_eq!(class, expected, "{typed}");
        }
    }

    #[test]
    fn letters_that_begin_words_are_nearer_than_others() {
        assert_eq!(spread("new token", "nt"), Some(0));
        assert_eq!(spread("new token", "net"), Some(0));
        assert!(spread("give temporary access", "gta") < spread("grant a role", "gta"));
        assert!(spread("reinstate the question", "rq") < spread("export requests", "rq"));
        assert_eq!(spread("new token", "nz"), None);
    }
}
