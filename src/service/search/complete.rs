//! What may stand at the end of what is typed: names of operators, and values that are known.

use super::{language::About, words::split};

/// What fits the word at the end of a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Completion {
    /// How many characters of the text stay before it.
    pub keep: usize,
    /// What may follow them, in the order of the table.
    pub words: Vec<String>,
}

/// What may come at the end of a text that is being typed; nothing inside quotes, or where nothing
/// has been begun.
pub fn complete(text: &str, operators: &[About]) -> Completion {
    let (words, open) = split(text);
    let at_word = !text.ends_with(char::is_whitespace);
    let Some(word) = words.last().filter(|_| at_word && open.is_none()) else {
        return Completion::default();
    };
    let (lead, body) = match word.text.strip_prefix('!') {
        Some(body) => (1, body),
        None => (0, word.text.as_str()),
    };
    let begun = |known: &str, begun: &str| {
        known.len() > begun.len()
            && known
                .get(..begun.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(begun))
    };
    let Some((name, value)) = body.split_once(':') else {
        if body.is_empty() {
            return Completion::default();
        }
        let fits = |about: &&About| begun(about.name, body) || about.name == body;
        let fitting = operators.iter().filter(fits);
        let words = fitting.map(|about| {
            let colon = if about.takes_value { ":" } else { "" };
            format!("{}{colon}", about.name)
        });
        return Completion {
            keep: word.at + lead,
            words: words.filter(|word| word != body).collect(),
        };
    };
    let part = value.rsplit('|').next().unwrap_or_default();
    let mut named = operators.iter();
    let values = named
        .find(|about| about.name.eq_ignore_ascii_case(name))
        .map_or(&[][..], |about| about.values);
    let fitting = values.iter().filter(|known| begun(known, part));
    Completion {
        keep: text.chars().count() - part.chars().count(),
        words: fitting.map(|known| (*known).to_owned()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::search::List;

    #[test]
    fn names_and_known_values_are_completed() {
        for (list, text, keep, words) in [
            (List::Users, "sta", 0, &["state:"][..]),
            (List::Users, "ann !STA", 5, &["state:"]),
            (List::Users, "role", 0, &["role:", "roles:"]),
            (List::Users, "in", 0, &["in-roles"]),
            (List::Users, "in-roles", 0, &[]),
            (List::Users, "state:", 6, &["active", "suspended"]),
            (List::Users, "state:active|s", 13, &["suspended"]),
            (List::Users, "by:o", 3, &["okta", "onelogin"]),
            (List::Users, "by:okta", 3, &[]),
            (List::Users, "name:a", 5, &[]),
            (List::Providers, "used:n", 5, &["never"]),
            (List::Users, "", 0, &[]),
            (List::Users, "state:active ", 0, &[]),
            (List::Users, "\"sta", 0, &[]),
            (List::Users, "!", 0, &[]),
        ] {
            let found = complete(text, &list.operators());
            assert_eq!(found.words, words, "{text}");
            if !words.is_empty() {
                assert_eq!(found.keep, keep, "{text}");
            }
        }
    }
}
