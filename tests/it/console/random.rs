//! Any sequence of what can happen: keys, pastes, the mouse, sizes, news, and answers that are right,
//! wrong, late, given twice, refused or lost. After every step the frame and the model are looked at.
//! `PROPTEST_CASES` asks for more of them, `PROPTEST_RNG_SEED` for the same ones again.

pub(super) mod look;
mod step;

use std::collections::VecDeque;

use jiff::SignedDuration;
use proptest::{prelude::*, test_runner::TestCaseError};
use rolecall::{
    admin::{Reply, Request, row::Page},
    console::{
        Effect, Message, Model, Settings,
        export::Written,
        message::{Ask, Failure},
        update,
    },
    directory::Provider,
};

use self::{
    look::Before,
    step::{Step, steps},
};
use super::{
    foreign::spoiled,
    property,
    sample::{self, busy, exchange_id, exchanges, fresh, held, press, settings},
};

/// A part of the token that the sample's server makes.
const SECRET: &str = "rc_okta_sample0";

/// How an answer turns out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// As the sample's server answers.
    Right,
    /// The same, and once more later.
    Twice,
    /// With other texts.
    Spoiled,
    /// As if rows had come and gone.
    Moved,
    /// No.
    Refused,
    /// The server is away.
    Lost,
    /// What another question would have got.
    Wrong,
    /// Nothing, ever.
    Never,
}

/// A console with the questions that it has asked.
struct Driver {
    model: Model,
    asked: VecDeque<(Ask, Request, bool)>,
    exporting: Vec<u64>,
    /// The text in spoiled news and answers.
    text: String,
    /// How many requests and changes have come.
    news: u64,
}

impl Driver {
    fn new(start: u8, text: String) -> Self {
        let settings = Settings {
            combined: start & 0b1 == 0,
            read_only: start & 0b110 == 0b110,
            ascii: start & 0b1_1000 == 0b1_1000,
            ..settings()
        };
        let mut model = match start % 5 {
            0 => fresh(settings, 80, 24),
            1 => held(settings, 100, 30),
            _ => busy(settings, 120, 36),
        };
        if start & 0b10_0000 != 0 {
            press(&mut model, "P");
        }
        Self {
            model,
            asked: VecDeque::new(),
            exporting: Vec::new(),
            text,
            news: 0,
        }
    }

    /// Takes a step and looks at what has become of the console.
    fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        self.step(step)?;
        look::at(&self.model)
    }

    fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Key(event) => self.send(Message::Key(*event)),
            Step::Type(text) => {
                for character in text.chars() {
                    self.send(Message::Key(step::typed(character)))?;
                }
                Ok(())
            }
            Step::Paste => self.send(Message::Paste(self.text.clone())),
            Step::Mouse(event) => self.send(Message::Mouse(*event)),
            Step::Resize(columns, rows) => self.send(Message::Resize(*columns, *rows)),
            Step::Wait(millis) => {
                self.model.now += SignedDuration::from_millis(*millis);
                self.send(Message::Tick)
            }
            Step::Requests(count, spoil) => {
                let lines = self.requests(*count, *spoil);
                self.send(Message::Exchanges(lines, u64::from(count % 3)))
            }
            Step::Changes(spoil) => {
                let rows = self.changes(*spoil);
                self.send(Message::Changes(rows))
            }
            Step::Connected(true) => {
                // What was asked on the old connection is answered by nobody.
                self.asked.clear();
                self.send(Message::Connected)
            }
            Step::Connected(false) => {
                self.asked.clear();
                self.send(Message::Disconnected(self.text.clone()))
            }
            Step::Exported(works) => self.exported(*works),
            Step::Answer(place, outcome) => {
                let place = place % self.asked.len().max(1);
                match self.asked.remove(place) {
                    Some(asked) => self.answer(asked, *outcome),
                    None => Ok(()),
                }
            }
            Step::AnswerAll => self.settle(Outcome::Right),
        }
    }

    fn send(&mut self, message: Message) -> Result<(), TestCaseError> {
        let before = Before::of(&self.model, &message);
        let effects = update(&mut self.model, message);
        self.keep(effects)?;
        before.compare(&self.model)
    }

    fn keep(&mut self, effects: Vec<Effect>) -> Result<(), TestCaseError> {
        prop_assert!(effects.len() <= 32, "{} effects at once", effects.len());
        for effect in effects {
            match effect {
                Effect::Ask {
                    ask,
                    request,
                    dry_run,
                } => {
                    let refused = self.model.settings.read_only && request.is_act();
                    prop_assert!(!refused, "a read-only console wants {request:?}");
                    self.asked.push_back((ask, request, dry_run));
                }
                Effect::Export(serial, export) => {
                    prop_assert!(export.shown.len() <= self.model.live.kept());
                    self.exporting.push(serial);
                }
                Effect::Save(serial, _) => self.exporting.push(serial),
                Effect::Copy(_) | Effect::Mouse(_) | Effect::Exit(_) => {}
            }
        }
        prop_assert!(self.asked.len() <= 256, "{} questions", self.asked.len());
        Ok(())
    }

    fn answer(
        &mut self,
        (ask, request, dry_run): (Ask, Request, bool),
        outcome: Outcome,
    ) -> Result<(), TestCaseError> {
        let right = sample::answer_to(&request, dry_run);
        let result = match (outcome, right) {
            (Outcome::Never, _) => return Ok(()),
            (Outcome::Lost, _) => Err(Failure::Lost(self.text.clone())),
            (Outcome::Refused, _) | (Outcome::Right | Outcome::Moved, None) => {
                Err(Failure::Refused(self.text.clone()))
            }
            (Outcome::Wrong, _) => Ok(Reply::Providers(Vec::new())),
            (Outcome::Spoiled | Outcome::Twice, None) => Ok(Reply::Warnings(Vec::new())),
            (Outcome::Right, Some(reply)) => Ok(reply),
            (Outcome::Twice, Some(reply)) => {
                self.asked.push_back((ask.clone(), request, dry_run));
                Ok(reply)
            }
            (Outcome::Spoiled, Some(reply)) => Ok(spoiled(&reply, &self.text)),
            (Outcome::Moved, Some(reply)) => Ok(moved(reply)),
        };
        self.send(Message::Answered(ask, result.map(Box::new)))
    }

    /// Answers everything, and what comes of it, until nothing more is asked.
    fn settle(&mut self, outcome: Outcome) -> Result<(), TestCaseError> {
        for _ in 0..200 {
            let Some(asked) = self.asked.pop_front() else {
                return Ok(());
            };
            self.answer(asked, outcome)?;
        }
        let still = self.asked.front().map(|(ask, ..)| ask);
        prop_assert!(false, "at {outcome:?} it goes on asking {still:?}");
        Ok(())
    }

    fn requests(
        &mut self,
        count: u16,
        spoil: bool,
    ) -> Vec<rolecall::service::exchange::ExchangeLine> {
        let samples = exchanges();
        let mut lines = Vec::new();
        for sample in samples.iter().cycle().take(usize::from(count)) {
            self.news += 1;
            let mut line = sample.clone();
            if spoil {
                line = spoiled(&line, &self.text);
                line.method.clone_from(&self.text);
            }
            line.id = exchange_id(1_000 + u128::from(self.news));
            line.at = self.model.now;
            lines.push(line);
        }
        lines
    }

    fn changes(&mut self, spoil: bool) -> Vec<rolecall::admin::row::JournalRow> {
        let mut rows = sample::journal();
        for row in &mut rows {
            if spoil {
                *row = spoiled(row, &self.text);
                row.after = serde_json::json!({ self.text.clone(): [self.text.clone()] });
            }
            self.news += 1;
            row.seq = 10_000 + self.news;
            row.at = self.model.now;
        }
        rows
    }

    fn exported(&mut self, works: bool) -> Result<(), TestCaseError> {
        let Some(serial) = self.exporting.pop() else {
            return Ok(());
        };
        let written = Written {
            count: 3,
            path: self.text.clone().into(),
        };
        let result = works.then_some(written).ok_or_else(|| self.text.clone());
        self.send(Message::Exported(serial, result))
    }
}

/// An answer as it would be after rows have come and gone.
fn moved(reply: Reply) -> Reply {
    fn page<Row>(mut page: Page<Row>) -> Page<Row> {
        let gone = page.rows.len().min(1);
        page.rows.drain(..gone);
        page.total = page.total.saturating_sub(gone as u64);
        page
    }
    match reply {
        Reply::Users(rows) => Reply::Users(page(rows)),
        Reply::Roles(rows) => Reply::Roles(page(rows)),
        Reply::Resources(rows) => Reply::Resources(page(rows)),
        Reply::Conflicts(mut rows) => {
            rows.reverse();
            Reply::Conflicts(rows)
        }
        Reply::Providers(mut rows) => {
            rows.reverse();
            Reply::Providers(rows)
        }
        Reply::Tokens(mut rows) => {
            let mut more = rows.clone();
            for (number, token) in (1..).zip(&mut more) {
                token.id = rolecall::directory::TokenId(uuid::Uuid::from_u128(number));
                token.provider = Provider::Okta;
            }
            more.append(&mut rows);
            Reply::Tokens(more)
        }
        Reply::Holds(_) => Reply::Holds(Vec::new()),
        Reply::Warnings(_) => Reply::Warnings(Vec::new()),
        Reply::Syncs(_) => Reply::Syncs(Vec::new()),
        Reply::Setup(_) => Reply::Setup(Vec::new()),
        reply => reply,
    }
}

#[test]
fn any_sequence_leaves_a_console_that_can_be_shown() {
    let strategy = (any::<u8>(), super::foreign::text(), steps());
    property(96, &strategy, |(start, text, steps)| {
        let mut driver = Driver::new(start, text);
        for step in &steps {
            driver.take(step)?;
        }
        // Whatever has happened: once the server answers, the console comes to rest.
        driver.take(&Step::Connected(true))?;
        driver.settle(Outcome::Right)?;
        let wake = driver.model.wake();
        prop_assert!(
            wake.is_none_or(|wake| wake > driver.model.now),
            "it wakes at once: {wake:?} at {}",
            driver.model.now
        );
        look::no_secret(&driver.model)
    });
}

#[test]
fn a_server_that_refuses_everything_is_not_asked_without_end() {
    for outcome in [Outcome::Refused, Outcome::Wrong] {
        for keys in [
            "k k k k l",
            "2 enter",
            "3",
            "4 enter",
            "5 enter",
            "6",
            "7",
            "8",
            "w",
        ] {
            let mut driver = Driver::new(2, "no".to_owned());
            for key in keys.split_whitespace() {
                let told = driver.take(&Step::Key(sample::key(key)));
                let told = told.and_then(|()| driver.settle(outcome));
                assert!(told.is_ok(), "after {keys:?}: {told:?}");
            }
        }
    }
}
