//! What was measured so far.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    client::{Measured, median},
    directory::Phase,
};
use crate::server::Face;

/// What a figure is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The bare server's answer, the bytes of a look-up's.
    BareAnswer,
    /// The same to one client, where client and server have a core each.
    BareAnswerApart,
    /// Its answer, the bytes of a page.
    BarePage,
    /// Rows of bare redb, so many in a commit.
    BareRows(usize),
    /// Commits of bare redb that change a row in each of two tables of so many, as a PUT does.
    BareChanges(usize),
    /// A phase on a directory of so many users.
    Phase(usize, Phase),
    /// Look-ups of one client in a directory of so many users, where client and server have a core each.
    LookUpApart(usize),
    /// A phase on a small directory, seen in another way.
    Face(Face, Phase),
}

impl Subject {
    fn name(self) -> String {
        match self {
            Self::BareAnswer => "bare hyper, a look-up".to_owned(),
            Self::BareAnswerApart => "bare hyper, a core each".to_owned(),
            Self::LookUpApart(_) => "look-up, a core each".to_owned(),
            Self::BarePage => "bare hyper, a page".to_owned(),
            Self::BareRows(batch) => format!("bare redb, {batch} a commit"),
            Self::BareChanges(_) => "bare redb, two tables".to_owned(),
            Self::Phase(_, phase) => phase.name().to_owned(),
            Self::Face(face, phase) => format!("{} ({face:?})", phase.name()),
        }
    }

    /// How many users there are.
    fn users(self) -> Option<usize> {
        match self {
            Self::Phase(users, _) | Self::LookUpApart(users) | Self::BareChanges(users) => {
                Some(users)
            }
            _ => None,
        }
    }
}

/// Every measurement, in the order in which the subjects came up.
#[derive(Debug, Default)]
pub(crate) struct Record {
    rows: Vec<Row>,
    /// Users, requests in flight, MiB at their end, MiB at most meanwhile.
    memory: Vec<(usize, usize, f64, f64)>,
}

/// What it is of, how many requests were in flight, and what each round came to.
type Row = (Subject, usize, Vec<Measured>);

impl Record {
    pub(crate) fn add(&mut self, subject: Subject, in_flight: usize, measured: Measured) {
        let mut rows = self.rows.iter_mut();
        match rows.find(|row| row.0 == subject && row.1 == in_flight) {
            Some(row) => row.2.push(measured),
            None => self.rows.push((subject, in_flight, vec![measured])),
        }
    }

    pub(crate) fn add_rate(&mut self, subject: Subject, in_flight: usize, per_second: f64) {
        let measured = Measured {
            per_second,
            ..Measured::default()
        };
        self.add(subject, in_flight, measured);
    }

    pub(crate) fn add_memory(&mut self, users: usize, in_flight: usize, resident: f64, peak: f64) {
        self.memory.push((users, in_flight, resident, peak));
    }

    /// The most memory that a server took with so many requests in flight, in MiB.
    pub(crate) fn peak(&self, users: usize, in_flight: usize) -> Option<f64> {
        let mut memory = self.memory.iter();
        let (.., peak) = memory.find(|row| (row.0, row.1) == (users, in_flight))?;
        Some(*peak)
    }

    /// What was measured, round by round.
    pub(crate) fn of(&self, subject: Subject, in_flight: usize) -> &[Measured] {
        let mut rows = self.rows.iter();
        rows.find(|row| row.0 == subject && row.1 == in_flight)
            .map_or(&[], |row| &row.2)
    }

    /// The rates, round by round.
    pub(crate) fn rates(&self, subject: Subject, in_flight: usize) -> Vec<f64> {
        let of = self.of(subject, in_flight).iter();
        of.map(|measured| measured.per_second).collect()
    }

    /// The table: the median rate of all rounds, and the median of their p50 and p99.
    pub(crate) fn print(&self) {
        let mut by_load: BTreeMap<usize, Vec<&Row>> = BTreeMap::new();
        for row in &self.rows {
            by_load.entry(row.1).or_default().push(row);
        }
        for (in_flight, rows) in by_load {
            eprintln!("\n{in_flight} in flight");
            for (subject, _, measured) in rows {
                let of = |value: fn(&Measured) -> f64| median(measured.iter().map(value).collect());
                let size = subject.users().map(|users| users.to_string());
                let size = size.unwrap_or_default();
                eprintln!(
                    "  {:<23} {size:>7} {:>9.0}/s   p50 {:>8.3} ms   p99 {:>8.3} ms",
                    subject.name(),
                    of(|measured| measured.per_second),
                    of(|measured| measured.p50_ms),
                    of(|measured| measured.p99_ms),
                );
            }
            for (users, _, resident, peak) in self.memory.iter().filter(|row| row.1 == in_flight) {
                eprintln!(
                    "  memory                 {users:>8} {resident:>9.1} MiB, {peak:.1} at most"
                );
            }
        }
    }

    pub(crate) fn json(&self) -> Value {
        let row = |(subject, in_flight, rounds): &Row| {
            let users = subject.users();
            json!({"subject": subject.name(), "users": users, "in_flight": in_flight, "rounds": rounds})
        };
        self.rows.iter().map(row).collect()
    }
}
