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

/// How the long load is.
#[derive(Debug, Clone)]
pub(crate) struct Soak {
    pub(crate) users: usize,
    pub(crate) roles: usize,
    /// Requests a second.
    pub(crate) rate: usize,
    pub(crate) seconds: usize,
}

/// What to do.
pub(crate) enum Wanted {
    Phases(Options),
    Soak(Soak),
    /// What the program says of itself was said.
    Help,
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
  --no-faces       leaves TLS and the console out

       cargo bench --bench phases -- soak [--short] [--users N] [--roles N] [--rate N] [--seconds N]

  100,000 users, 10,000 roles, 1,000 requests/s, 1,800 s unless told; --short: 1,000, 100, 1,000/s, 10 s";

impl Wanted {
    /// Reads the arguments.
    pub(crate) fn read(arguments: impl Iterator<Item = String>) -> Outcome<Self> {
        let arguments = arguments.filter(|argument| argument != "--bench");
        let mut arguments = arguments.peekable();
        let soaks = arguments.next_if(|argument| argument == "soak").is_some();
        if arguments
            .peek()
            .is_some_and(|argument| argument == "--help")
        {
            eprintln!("{HELP}");
            return Ok(Self::Help);
        }
        Ok(if soaks {
            Self::Soak(Soak::read(arguments)?)
        } else {
            Self::Phases(Options::read(arguments)?)
        })
    }
}

impl Soak {
    fn read(mut arguments: impl Iterator<Item = String>) -> Outcome<Self> {
        let mut options = Self {
            users: 100_000,
            roles: 10_000,
            rate: 1_000,
            seconds: 1_800,
        };
        while let Some(argument) = arguments.next() {
            if argument == "--short" {
                options = Self {
                    users: 1_000,
                    roles: 100,
                    rate: 1_000,
                    seconds: 10,
                };
                continue;
            }
            let place = match argument.as_str() {
                "--users" => &mut options.users,
                "--roles" => &mut options.roles,
                "--rate" => &mut options.rate,
                "--seconds" => &mut options.seconds,
                other => return Err(format!("{other} is no option\n{HELP}").into()),
            };
            let value = arguments.next();
            let value = value.ok_or_else(|| format!("{argument} needs a value\n{HELP}"))?;
            *place = value.parse::<usize>()?.max(1);
        }
        Ok(options)
    }
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Outcome<Self> {
        let mut options = Self {
            sizes: vec![1_000, 10_000],
            in_flight: vec![1, 16, 64],
            share: 100,
            rounds: 5,
            faces: true,
        };
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
                other => return Err(format!("{other} is no option\n{HELP}").into()),
            }
        }
        Ok(options)
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
