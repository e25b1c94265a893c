//! What is asked of the benchmark.

use crate::Outcome;

/// What is measured.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// How many users the directories have.
    pub(crate) users: usize,
    /// With how many processes over the database, fewest first.
    pub(crate) nodes: Vec<usize>,
    /// How many requests are in flight.
    pub(crate) in_flight: Vec<usize>,
    /// How many requests a phase has, in hundredths of the usual number.
    pub(crate) share: usize,
    /// How often everything is measured, in turns.
    pub(crate) rounds: usize,
}

/// What the program says of itself.
const HELP: &str = "\
usage: cargo bench --bench nodes -- [--short] [--users N] [--nodes N,N,…] [--in-flight N,N,…] [--share PERCENT]
                                    [--rounds N]

  --short          1,000 users, a tenth of the requests, once: a minute
  --users          the directories' size; 10000 unless told
  --nodes          how many processes share the database; 1,2,4 unless told
  --in-flight      1,16,64 unless told
  --share          so many hundredths of the usual number of requests
  --rounds         how often everything is measured, in turns; 3

It starts a PostgreSQL of its own, durable, from the machine's programs.";

impl Options {
    /// Reads the arguments; `None` where what the program says of itself was said.
    pub(crate) fn read(arguments: impl Iterator<Item = String>) -> Outcome<Option<Self>> {
        let mut arguments = arguments.filter(|argument| argument != "--bench");
        let mut options = Self {
            users: 10_000,
            nodes: vec![1, 2, 4],
            in_flight: vec![1, 16, 64],
            share: 100,
            rounds: 3,
        };
        while let Some(argument) = arguments.next() {
            let mut numbers = || {
                let list = arguments.next();
                let list = list.ok_or_else(|| format!("{argument} needs a value\n{HELP}"))?;
                let each = list.split(',').map(|number| number.trim().parse::<usize>());
                let mut numbers = each.collect::<Result<Vec<_>, _>>()?;
                numbers.sort_unstable();
                Outcome::Ok(numbers)
            };
            let mut number = || Outcome::Ok(numbers()?.first().copied().unwrap_or(1).max(1));
            match argument.as_str() {
                "--help" => {
                    eprintln!("{HELP}");
                    return Ok(None);
                }
                "--short" => {
                    options.users = 1_000;
                    options.share = 10;
                    options.rounds = 1;
                }
                "--users" => options.users = number()?,
                "--share" => options.share = number()?,
                "--rounds" => options.rounds = number()?,
                "--nodes" => options.nodes = numbers()?,
                "--in-flight" => options.in_flight = numbers()?,
                other => return Err(format!("{other} is no option\n{HELP}").into()),
            }
        }
        Ok(Some(options))
    }
}
