//! The language that every list is filtered by: words and operators, joined by spaces; all of them
//! must hold. What the operators are is each list's own [`Test`] to say, in a table.

use std::fmt;

use jiff::Timestamp;

use super::{
    value::{Number, Text, When},
    words::{FilterError, Word, alternatives, words},
};
use crate::directory::fold;

/// What a list's operators ask of a row.
pub trait Test: Sized + Clone + PartialEq + fmt::Debug + 'static {
    /// What they look at.
    type Row<'a>;
    /// The operators, in the order of the help.
    const OPERATORS: &'static [Operator<Self>];

    /// The test that a word without an operator makes.
    fn words(part: Text) -> Self;
    /// Whether a row passes.
    fn holds(&self, row: &Self::Row<'_>, now: Timestamp) -> bool;
}

/// One operator of a list.
#[derive(Debug)]
pub struct Operator<T: 'static> {
    /// What stands before the colon, or all of it where there is no value.
    pub name: &'static str,
    /// Whole terms to copy from.
    pub examples: &'static [&'static str],
    /// What it asks, as a part of a sentence.
    pub help: &'static str,
    /// What stands after the colon.
    pub reads: Reads<T>,
}

/// What an operator's value is.
#[derive(Debug)]
pub enum Reads<T: 'static> {
    /// Nothing: the name alone is the term.
    Nothing(fn() -> T),
    /// Text.
    Text(fn(Text) -> T),
    /// A number.
    Number(fn(Number) -> T),
    /// A time span or a moment.
    When(fn(When) -> T),
    /// A time span, a moment, or `never`.
    WhenOrNever(fn(When) -> T),
    /// One of these words.
    OneOf(&'static [&'static str], fn(&str) -> Option<T>),
    /// Something of its own, called this; `None` where it is none.
    Own(&'static str, fn(&str) -> Option<T>),
}

/// An operator without what it does: for help and completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// What stands before the colon, or all of it where there is no value.
    pub name: &'static str,
    /// Whether a colon and a value follow.
    pub takes_value: bool,
    /// Every value, where they are known.
    pub values: &'static [&'static str],
    /// Whole terms to copy from.
    pub examples: &'static [&'static str],
    /// What it asks, as a part of a sentence.
    pub help: &'static str,
}

impl<T> Operator<T> {
    /// What help and completion say of it.
    pub const fn about(&self) -> About {
        About {
            name: self.name,
            takes_value: !matches!(self.reads, Reads::Nothing(_)),
            values: match self.reads {
                Reads::OneOf(values, _) => values,
                Reads::WhenOrNever(_) => &["never"],
                _ => &[],
            },
            examples: self.examples,
            help: self.help,
        }
    }

    /// Reads one value; the sentence says what is wrong with it, and whether the test's answer moves
    /// with the clock.
    fn read(&self, value: &str) -> Result<(T, bool), String> {
        let still = |test: Option<T>, what: &str| match test {
            Some(test) => Ok((test, false)),
            None => Err(self.no(value, what)),
        };
        let when = |test: fn(When) -> T| match When::read(value) {
            Some(when) => Ok((test(when), when.moves())),
            None => Err(self.no(value, "time span")),
        };
        match self.reads {
            Reads::Nothing(_) => Err(format!("{} takes no value; write {}", self.name, self.name)),
            Reads::Text(test) => Ok((test(Text::read(value)), false)),
            Reads::Number(test) => still(Number::read(value).map(test), "number"),
            Reads::WhenOrNever(test) if value.eq_ignore_ascii_case("never") => {
                Ok((test(When::Never), false))
            }
            Reads::When(test) | Reads::WhenOrNever(test) => when(test),
            Reads::OneOf(values, test) => match test(&value.to_ascii_lowercase()) {
                Some(test) => Ok((test, false)),
                None => Err(format!(
                    "{}:{value} is none of its values; choose {}",
                    self.name,
                    or_list(values)
                )),
            },
            Reads::Own(what, test) => still(test(value), what),
        }
    }

    fn no(&self, value: &str, what: &str) -> String {
        format!(
            "{}:{value} is no {what}; write {}",
            self.name,
            or_list(self.examples)
        )
    }
}

/// Tests of which one must hold, or with `negated` none may.
#[derive(Debug, Clone, PartialEq)]
struct Term<T> {
    negated: bool,
    tests: Vec<T>,
    moves: bool,
    /// As it was typed, without the `!`.
    written: String,
}

/// A filter that has been read.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter<T> {
    terms: Vec<Term<T>>,
}

impl<T> Default for Filter<T> {
    fn default() -> Self {
        Self { terms: Vec::new() }
    }
}

impl<T: Test> Filter<T> {
    /// Reads a filter; an empty one lets everything through.
    ///
    /// # Errors
    /// The first term that cannot be read.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let words = words(text)?.into_iter();
        let terms = words.map(|word| term(&word));
        Ok(Self {
            terms: terms.collect::<Result<_, _>>()?,
        })
    }

    /// Whether everything passes.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a row that passes now may not pass later, although nothing of it changes.
    pub fn depends_on_time(&self) -> bool {
        self.terms.iter().any(|term| term.moves)
    }

    /// Whether a row passes.
    pub fn passes(&self, row: &T::Row<'_>, now: Timestamp) -> bool {
        self.terms.iter().all(|term| {
            let holds = term.tests.iter().any(|test| test.holds(row, now));
            holds != term.negated
        })
    }

    /// Every test in it.
    pub fn tests(&self) -> impl Iterator<Item = &T> {
        self.terms.iter().flat_map(|term| &term.tests)
    }

    /// The tests that hold for every row that passes: what an index may be asked for.
    pub fn required(&self) -> impl Iterator<Item = &T> {
        self.terms.iter().filter_map(|term| match &*term.tests {
            [test] if !term.negated => Some(test),
            _ => None,
        })
    }
}

/// As it can be read again.
impl<T> fmt::Display for Filter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, term) in self.terms.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            let negation = if term.negated { "!" } else { "" };
            write!(f, "{space}{negation}{}", term.written)?;
        }
        Ok(())
    }
}

fn term<T: Test>(word: &Word) -> Result<Term<T>, FilterError> {
    let (negated, body) = match word.text.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, word.text.as_str()),
    };
    let read = if body.is_empty() {
        Err("! needs a term right after it, such as !ann".to_owned())
    } else {
        tests(body)
    };
    let (tests, moves) = read.map_err(|message| FilterError {
        at: word.at,
        message,
    })?;
    Ok(Term {
        negated,
        tests,
        moves,
        written: body.to_owned(),
    })
}

/// The tests of a term, and whether one moves with the clock.
fn tests<T: Test>(body: &str) -> Result<(Vec<T>, bool), String> {
    let plain = || T::words(Text::Contains(fold(&body.replace('"', ""))));
    let Some((name, value)) = body.split_once(':') else {
        let operator = find(body).map(|operator: &Operator<T>| &operator.reads);
        return Ok(match operator {
            Some(Reads::Nothing(test)) => (vec![test()], false),
            _ => (vec![plain()], false),
        });
    };
    // A time of day, or a text in quotes, is no operator.
    if !name.starts_with(|first: char| first.is_ascii_alphabetic())
        || !name.chars().all(|c| c.is_ascii_alphabetic() || c == '-')
    {
        return Ok((vec![plain()], false));
    }
    let operator = find::<T>(name).ok_or_else(|| unknown::<T>(name))?;
    let (mut tests, mut moves) = (Vec::new(), false);
    for value in alternatives(value) {
        let takes_value = !matches!(operator.reads, Reads::Nothing(_));
        if value.trim().is_empty() && takes_value {
            return Err(format!(
                "{}: needs a value right after the colon; write {}",
                operator.name,
                or_list(operator.examples)
            ));
        }
        let (test, timed) = operator.read(&value)?;
        tests.push(test);
        moves |= timed;
    }
    Ok((tests, moves))
}

fn find<T: Test>(name: &str) -> Option<&'static Operator<T>> {
    let mut operators = T::OPERATORS.iter();
    operators.find(|operator| operator.name.eq_ignore_ascii_case(name))
}

fn unknown<T: Test>(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    let close = T::OPERATORS.iter().find(|operator| {
        let start = operator.name.get(..3).unwrap_or(operator.name);
        name.starts_with(start)
    });
    let all = T::OPERATORS.iter().map(|operator| operator.name);
    let choice = match close {
        Some(operator) => format!("write {}", or_list(operator.examples)),
        None => format!("choose {}", or_list(&all.collect::<Vec<_>>())),
    };
    format!("there is no operator {name}: here; {choice}, or put the text in quotes")
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn or_list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests;
