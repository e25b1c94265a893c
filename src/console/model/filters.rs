//! The filters of the lists that are filtered here, the line in which a filter is typed, and what was
//! typed before.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tui_input::Input;

use crate::{
    admin::row::ConflictRow,
    console::{action::Screen, filter::FilterError},
    service::search::{
        Filter, complete::Completion, conflicts::ConflictTest, journal::JournalTest,
        providers::ProviderTest,
    },
};

/// The filter line while it is being typed.
#[derive(Debug, Clone)]
pub struct FilterEdit {
    /// What is typed.
    pub input: Input,
    /// What was there before.
    pub before: String,
    /// Why it cannot be read.
    pub error: Option<FilterError>,
    /// The place in the history, from the newest.
    pub recalled: Option<usize>,
    /// What was typed before looking into the history.
    pub draft: String,
    /// When the server is asked, if nothing more is typed until then.
    pub due: Option<Timestamp>,
    /// What is being completed.
    pub completing: Option<Completing>,
}

impl FilterEdit {
    /// A line that begins with the filter as it is.
    pub fn new(before: String) -> Self {
        Self {
            input: Input::new(before.clone()),
            before,
            error: None,
            recalled: None,
            draft: String::new(),
            due: None,
            completing: None,
        }
    }
}

/// Words that are tried one after the other at the end of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completing {
    /// What may stand there.
    pub choice: Completion,
    /// Which of them does.
    pub index: usize,
}

/// A filter with its text.
#[derive(Debug, Clone, PartialEq)]
pub struct Narrowed<T> {
    /// As it was typed.
    pub text: String,
    /// As it was read.
    pub filter: Filter<T>,
}

impl<T> Default for Narrowed<T> {
    fn default() -> Self {
        Self {
            text: String::new(),
            filter: Filter::default(),
        }
    }
}

/// Filters that are remembered, for each screen.
const HISTORY: usize = 50;

/// The filters of the lists that are filtered here, and what was typed before on each screen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filters {
    /// How the journal's filter was read.
    pub journal: Filter<JournalTest>,
    /// The conflicts'.
    pub conflicts: Narrowed<ConflictTest>,
    /// Every conflict that is here, of which some may be left out.
    pub every_conflict: Vec<ConflictRow>,
    /// The providers'.
    pub providers: Narrowed<ProviderTest>,
    history: BTreeMap<Screen, Vec<String>>,
}

impl Filters {
    /// Filters typed before on a screen, the newest last.
    pub fn history(&self, screen: Screen) -> &[String] {
        self.history.get(&screen).map_or(&[], Vec::as_slice)
    }

    /// Remembers a filter as the newest one.
    pub fn remember(&mut self, screen: Screen, text: String) {
        let known = self.history.entry(screen).or_default();
        known.retain(|known| *known != text);
        if !text.is_empty() {
            known.push(text);
        }
        if known.len() > HISTORY {
            known.remove(0);
        }
    }
}
