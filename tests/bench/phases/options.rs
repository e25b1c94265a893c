//! What is asked of the benchmark.

use crate::Outcome;

/// What is measured.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// How many users the directories have, smallest first.
    pub(crate) sizes: Vec<usize>,
    /// How many requests are in flight.
    pub(crate) in_flight: Vec<usize>,
    /// How many requests a phase has, in hundredths of the usual number.
    pub(crate) share: usize,
    /// How often everything that is compared with a floor is measured, in turns with the floor.
    pub(crate) rounds: usize,
    /// Whether headless is compared with TLS and with an open console.
    pub(crate) faces: bool,
}

/// What the program says of itself.
const HELP: &str = "\
usage: cargo bench --bench phases -- [--short] [--users N,N,…] [--in-flight N,N,…] [--share PERCENT]
                                     [--rounds N] [--no-faces]

  --short          200 and 1,000 users, a tenth of the requests: a minute
  --users          the directories' sizes; 1000,10000 unless told, up to 1000000
  --in-flight      1,16,64 unless told
  --share          so many hundredths of the usual number of requests
  --rounds         how often what is compared with a floor is measured, in turns with it; 5
  --no-faces       leaves TLS and the console out";

impl Options {
    /// Reads the arguments; `None` where only help was asked for.
    pub(crate) fn read(arguments: impl Iterator<Item = String>) -> Outcome<Option<Self>> {
        let mut options = Self {
            sizes: vec![1_000, 10_000],
            in_flight: vec![1, 16, 64],
            share: 100,
            rounds: 5,
            faces: true,
        };
        let mut arguments = arguments.filter(|argument| argument != "--bench");
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let value = arguments.next();
                value.ok_or_else(|| format!("{argument} needs a value\n{HELP}"))
            };
            match argument.as_str() {
                "--short" => {
                    options.sizes = vec![200, 1_000];
                    options.share = 10;
                    options.rounds = 3;
                }
                "--users" => options.sizes = numbers(&value()?)?,
                "--in-flight" => options.in_flight = numbers(&value()?)?,
                "--share" => options.share = value()?.parse::<usize>()?.max(1),
                "--rounds" => options.rounds = value()?.parse::<usize>()?.max(1),
                "--no-faces" => options.faces = false,
                "--help" => {
                    eprintln!("{HELP}");
                    return Ok(None);
                }
                other => return Err(format!("{other} is no option\n{HELP}").into()),
            }
        }
        Ok(Some(options))
    }
}

fn numbers(list: &str) -> Outcome<Vec<usize>> {
    let mut numbers = Vec::new();
    for number in list.split(',') {
        numbers.push(number.trim().parse::<usize>()?.max(1));
    }
    numbers.sort_unstable();
    Ok(numbers)
}
