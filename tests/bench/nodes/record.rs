//! What was measured so far.

use serde_json::{Value, json};

use super::{
    client::{Measured, median},
    directory::{Phase, ratio},
    options::Options,
};

/// Where something was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// At the database, with nothing before it.
    Bare,
    /// At one process over its file.
    Alone,
    /// At so many processes over the database.
    Shared(usize),
}

impl Place {
    fn name(self) -> String {
        match self {
            Self::Bare => "bare PostgreSQL".to_owned(),
            Self::Alone => "redb".to_owned(),
            Self::Shared(nodes) => format!("PostgreSQL, {nodes} nodes"),
        }
    }
}

/// Where, what, how many requests were in flight, and what each round came to.
type Row = (Place, &'static str, usize, Vec<Measured>);

/// Every measurement.
#[derive(Debug, Default)]
pub(crate) struct Record {
    rows: Vec<Row>,
    /// Nodes, MiB of one of them, MiB of the database's processes.
    memory: Vec<(usize, f64, f64)>,
}

impl Record {
    pub(crate) fn add(
        &mut self,
        place: Place,
        what: &'static str,
        in_flight: usize,
        measured: Measured,
    ) {
        let mut rows = self.rows.iter_mut();
        match rows.find(|row| (row.0, row.1, row.2) == (place, what, in_flight)) {
            Some(row) => row.3.push(measured),
            None => self.rows.push((place, what, in_flight, vec![measured])),
        }
    }

    pub(crate) fn add_memory(&mut self, nodes: usize, node: f64, database: f64) {
        self.memory.push((nodes, node, database));
    }

    /// The median rate of all rounds.
    fn rate(&self, place: Place, what: &str, in_flight: usize) -> f64 {
        let mut rows = self.rows.iter();
        let row = rows.find(|row| (row.0, row.1, row.2) == (place, what, in_flight));
        let rates = row.map(|row| row.3.iter().map(|measured| measured.per_second).collect());
        median(rates.unwrap_or_default())
    }

    /// What is divided by what: requests per second over rows per second, and nodes over one file.
    fn ratios(&self, options: &Options) -> Vec<(String, f64)> {
        let mut ratios = Vec::new();
        for &in_flight in &options.in_flight {
            for &nodes in &options.nodes {
                let rate = |phase: Phase| self.rate(Place::Shared(nodes), phase.name(), in_flight);
                let bare = |what| self.rate(Place::Bare, what, in_flight);
                for (phase, what) in [
                    (Phase::LookUp, "rows found"),
                    (Phase::Create, "rows inserted"),
                    (Phase::Replace, "rows inserted"),
                    (Phase::Member, "rows inserted"),
                ] {
                    let name = format!(
                        "{} over bare {what}, {nodes} nodes, {in_flight} in flight",
                        phase.name()
                    );
                    ratios.push((name, ratio(&[rate(phase)], &[bare(what)])));
                }
            }
        }
        ratios
    }

    /// The table: for each load the rates at each place, of nodes with the ratio to one file.
    pub(crate) fn print(&self, options: &Options) {
        for &in_flight in &options.in_flight {
            eprint!(
                "\n{:<20} {:>10}",
                format!("{in_flight} in flight, 1/s"),
                "redb"
            );
            for nodes in &options.nodes {
                eprint!(" {:>17}", format!("{nodes} nodes"));
            }
            eprintln!();
            for phase in Phase::ALL {
                let alone = self.rate(Place::Alone, phase.name(), in_flight);
                eprint!("{:<20} {alone:>10.0}", phase.name());
                for &nodes in &options.nodes {
                    let rate = self.rate(Place::Shared(nodes), phase.name(), in_flight);
                    eprint!(" {rate:>9.0} ({:>5.2})", rate / alone);
                }
                eprintln!();
            }
            for what in ["rows found", "rows inserted"] {
                let rate = self.rate(Place::Bare, what, in_flight);
                eprintln!(
                    "{:<20} {rate:>10.0} over {} connections",
                    format!("bare {what}"),
                    in_flight.min(16)
                );
            }
        }
        eprintln!();
        for (name, ratio) in self.ratios(options) {
            eprintln!("{ratio:>6.2}  {name}");
        }
        for (nodes, node, database) in &self.memory {
            eprintln!(
                "memory with {nodes} nodes: {node:.1} MiB a node, {database:.1} MiB the database"
            );
        }
        for (place, what, in_flight, rounds) in &self.rows {
            let refused: usize = rounds.iter().map(|measured| measured.refused).sum();
            if refused > 0 {
                eprintln!(
                    "{refused} turned away: {what}, {}, {in_flight} in flight",
                    place.name()
                );
            }
        }
    }

    pub(crate) fn json(&self, options: &Options) -> Value {
        let row = |(place, what, in_flight, rounds): &Row| json!({"place": place.name(), "what": what, "in_flight": in_flight, "rounds": rounds});
        let memory = |(nodes, node, database): &(usize, f64, f64)| json!({"nodes": nodes, "node_mib": node, "database_mib": database});
        json!({
            "users": options.users,
            "measured": self.rows.iter().map(row).collect::<Vec<_>>(),
            "ratios": self.ratios(options).into_iter().collect::<std::collections::BTreeMap<_, _>>(),
            "memory": self.memory.iter().map(memory).collect::<Vec<_>>(),
        })
    }
}
