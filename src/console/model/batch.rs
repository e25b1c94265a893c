//! One act on many rows, one row after another: what is asked first, how far it is, how it ended.

use std::collections::BTreeMap;

use tui_input::Input;
use uuid::Uuid;

use crate::{
    admin::Request,
    console::{action::Screen, text},
};

/// The act on one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The row.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// The act.
    pub request: Request,
}

/// How far a batch is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// It waits for a yes.
    Asked,
    /// It runs; this is the number of the act that is under way.
    Runs(u64),
    /// It ends with the act of this number, although more are left.
    Stops(u64),
    /// The server went away while an act was under way: how far it came.
    Lost(String),
}

/// How an act on one row ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It was done.
    Done,
    /// Nothing had to change.
    Unchanged,
    /// It was refused, and why.
    Refused(String),
}

/// One act on many rows.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Whose marks they are.
    pub screen: Screen,
    /// The question, with how many.
    pub title: String,
    /// What it means.
    pub sentence: String,
    /// What has been done to those that it has been done to: `suspended`.
    pub past: String,
    /// The acts, in order.
    pub steps: Vec<Step>,
    /// Marked rows that are left out, counted by why.
    pub left_out: BTreeMap<String, u64>,
    /// What must be typed, for acts that cannot be taken back, and what has been.
    pub typed: Option<(String, Input)>,
    /// How far it is.
    pub stage: Stage,
    /// Acts that have ended.
    pub ended: usize,
    /// Of these, those that were done.
    pub done: u64,
    /// Of these, those for which nothing had to change.
    pub unchanged: u64,
    /// Of these, those that were refused.
    pub refused: u64,
    /// The first row that was refused, and why.
    pub first_refused: Option<(String, String)>,
}

impl Batch {
    /// Whether it may go: the words are typed, and it has not gone yet.
    pub fn is_ready(&self) -> bool {
        let typed = self.typed.as_ref();
        self.stage == Stage::Asked
            && typed.is_none_or(|(words, input)| input.value().trim() == words)
    }

    /// The next act.
    pub fn next(&self) -> Option<&Step> {
        self.steps.get(self.ended)
    }

    /// Whether this is the number of the act that is under way.
    pub fn is_waiting_for(&self, serial: u64) -> bool {
        matches!(self.stage, Stage::Runs(own) | Stage::Stops(own) if own == serial)
    }

    /// Whether an act is under way.
    pub fn is_under_way(&self) -> bool {
        matches!(self.stage, Stage::Runs(_) | Stage::Stops(_))
    }

    /// Ends it after the act that is under way.
    pub fn stop(&mut self) {
        if let Stage::Runs(serial) = self.stage {
            self.stage = Stage::Stops(serial);
        }
    }

    /// Takes in how the act that is under way ended, and gives its row where that is done with.
    pub fn take(&mut self, ended: Ended) -> Option<Uuid> {
        let step = self.steps.get(self.ended)?;
        let row = step.id;
        self.ended += 1;
        match ended {
            Ended::Done => self.done += 1,
            Ended::Unchanged => self.unchanged += 1,
            Ended::Refused(why) => {
                self.refused += 1;
                if self.first_refused.is_none() {
                    self.first_refused = Some((step.name.clone(), why));
                }
                return None;
            }
        }
        Some(row)
    }

    /// `5 suspended, 2 refused: carl@x.io: why`; before it how far it came, where that is not the end.
    pub fn summary(&self) -> String {
        let number = |count: u64| text::number(count);
        let mut parts = vec![format!("{} {}", number(self.done), self.past)];
        if self.unchanged > 0 {
            parts.push(format!("{} already so", number(self.unchanged)));
        }
        if self.refused > 0 {
            parts.push(format!("{} refused", number(self.refused)));
        }
        let mut summary = parts.join(", ");
        if self.ended < self.steps.len() {
            let all = number(self.steps.len() as u64);
            summary = format!("stopped after {} of {all}: {summary}", self.ended);
        }
        if let Some((name, why)) = &self.first_refused {
            summary = format!("{summary}: {name}: {why}");
        }
        summary
    }

    /// `2 managed by okta, 1 suspended already`; empty where none is left out.
    pub fn left_out(&self) -> String {
        counted(&self.left_out)
    }
}

/// How many for each reason.
pub fn counted(reasons: &BTreeMap<String, u64>) -> String {
    let parts = reasons.iter();
    let parts = parts.map(|(why, count)| format!("{} {why}", text::number(*count)));
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(count: u128) -> Batch {
        let step = |number: u128| Step {
            id: Uuid::from_u128(number),
            name: format!("user{number}"),
            request: Request::Undo,
        };
        Batch {
            screen: Screen::Users,
            title: String::new(),
            sentence: String::new(),
            past: "suspended".to_owned(),
            steps: (1..=count).map(step).collect(),
            left_out: BTreeMap::new(),
            typed: None,
            stage: Stage::Asked,
            ended: 0,
            done: 0,
            unchanged: 0,
            refused: 0,
            first_refused: None,
        }
    }

    #[test]
    fn the_end_is_told_with_the_first_reason() {
        let mut batch = batch(4);
        assert!(batch.is_ready());
        batch.stage = Stage::Runs(7);
        assert!(!batch.is_ready());
        assert!(batch.is_waiting_for(7) && !batch.is_waiting_for(6));
        assert_eq!(batch.take(Ended::Done), Some(Uuid::from_u128(1)));
        let refused = || Ended::Refused("no".to_owned());
        assert_eq!(batch.take(refused()), None);
        assert_eq!(batch.take(refused()), None);
        assert_eq!(
            batch.summary(),
            "stopped after 3 of 4: 1 suspended, 2 refused: user2: no"
        );
        assert_eq!(batch.next().map(|step| step.id.as_u128()), Some(4));
        assert_eq!(batch.take(Ended::Unchanged), Some(Uuid::from_u128(4)));
        assert_eq!(
            batch.summary(),
            "1 suspended, 1 already so, 2 refused: user2: no"
        );
        assert_eq!(batch.take(Ended::Done), None);
    }

    #[test]
    fn it_goes_once_the_words_are_typed_and_stops_only_while_it_runs() {
        let mut batch = batch(2);
        batch.stop();
        assert_eq!(batch.stage, Stage::Asked);
        batch.typed = Some(("delete 2".to_owned(), Input::new("delete".to_owned())));
        assert!(!batch.is_ready());
        batch.typed = Some(("delete 2".to_owned(), Input::new("delete 2 ".to_owned())));
        assert!(batch.is_ready());
        batch.stage = Stage::Runs(1);
        batch.stop();
        assert_eq!(batch.stage, Stage::Stops(1));
        assert!(batch.is_waiting_for(1));
    }

    #[test]
    fn those_left_out_are_counted_by_why() {
        let mut batch = batch(1);
        assert_eq!(batch.left_out(), "");
        batch.left_out.insert("suspended already".to_owned(), 1);
        batch.left_out.insert("managed by okta".to_owned(), 2);
        assert_eq!(batch.left_out(), "2 managed by okta, 1 suspended already");
    }
}
