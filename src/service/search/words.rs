//! A filter's text as words: split at spaces, what is in quotes kept together.

/// Why a filter cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// The first character of the term, counted from 0.
    pub at: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl std::fmt::Display for FilterError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "at character {}: {}", self.at + 1, self.message)
    }
}

impl std::error::Error for FilterError {}

/// The longest filter, in characters.
pub const FILTER_CHARACTERS: usize = 400;

/// A word with its quotes, and the place of its first character, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub at: usize,
    pub text: String,
}

/// Splits a filter into its words.
///
/// # Errors
/// It is too long, or a quote is not closed.
pub(super) fn words(text: &str) -> Result<Vec<Word>, FilterError> {
    if text.chars().count() > FILTER_CHARACTERS {
        return Err(FilterError {
            at: FILTER_CHARACTERS,
            message: format!("a filter has at most {FILTER_CHARACTERS} characters"),
        });
    }
    let (words, open) = split(text);
    match open {
        Some(at) => Err(FilterError {
            at,
            message: "the quote is not closed".to_owned(),
        }),
        None => Ok(words),
    }
}

/// The words, and where a quote begins that is not closed.
pub(super) fn split(text: &str) -> (Vec<Word>, Option<usize>) {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut open = None;
    for (at, character) in text.chars().enumerate() {
        if character.is_whitespace() && open.is_none() {
            words.extend(word.take());
            continue;
        }
        if character == '"' {
            open = if open.is_some() { None } else { Some(at) };
        }
        let word = word.get_or_insert_with(|| Word {
            at,
            text: String::new(),
        });
        word.text.push(character);
    }
    words.extend(word);
    (words, open)
}

/// The alternatives in an operator's value, without quotes: `okta|entra`.
pub(super) fn alternatives(value: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut quoted = false;
    for character in value.chars() {
        match character {
            '"' => quoted = !quoted,
            '|' if !quoted => found.push(String::new()),
            _ => {
                if let Some(last) = found.last_mut() {
                    last.push(character);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_at_spaces_outside_quotes() {
        let split = |text| {
            let words = words(text).expect(text).into_iter();
            words.map(|word| (word.at, word.text)).collect::<Vec<_>>()
        };
        let word = |at, text: &str| (at, text.to_owned());
        assert_eq!(split("  "), []);
        assert_eq!(split(" a  b:c"), [word(1, "a"), word(4, "b:c")]);
        assert_eq!(
            split("a \"b c\" d"),
            [word(0, "a"), word(2, "\"b c\""), word(8, "d")]
        );
        assert_eq!(split("a:\"b c\""), [word(0, "a:\"b c\"")]);
        assert_eq!(split("é\tü"), [word(0, "é"), word(2, "ü")]);
        assert_eq!(words("é \"ü").map_err(|error| error.at), Err(2));
    }

    #[test]
    fn a_value_has_alternatives_outside_quotes() {
        for (value, expected) in [
            ("a", &["a"][..]),
            ("a|b", &["a", "b"]),
            ("\"a|b\"|c", &["a|b", "c"]),
            ("a|", &["a", ""]),
            ("", &[""]),
        ] {
            assert_eq!(alternatives(value), expected, "{value}");
        }
    }
}
