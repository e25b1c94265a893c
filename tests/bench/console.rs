//! What the console costs, measured against its limits: nothing while idle, little while it rains,
//! and never anything to the listener. A table goes to stderr; with `--json` the figures go to stdout.
//!
//! ```sh
//! cargo bench --bench console                    # about seven minutes
//! cargo bench --bench console -- --short         # about one
//! cargo bench --bench console -- frames flood    # some of: idle flood frames keys throughput
//! ```

mod target;

/// The parts, under the name that the samples of the console's tests are made for.
mod console {
    pub(crate) mod counted;
    pub(crate) mod flood;
    pub(crate) mod frames;
    pub(crate) mod idle;
    pub(crate) mod keys;
    pub(crate) mod load;
    pub(crate) mod seat;
    pub(crate) mod system;
    pub(crate) mod throughput;

    #[allow(
        dead_code,
        unused_imports,
        reason = "the tests of the console use the rest of it"
    )]
    #[path = "../../it/console/sample/mod.rs"]
    mod sample;
}

use std::error::Error;

use serde_json::json;

use self::{
    console::{flood, frames, idle, keys, throughput},
    target::Target,
};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A part measures, writes what it finds to stderr, and gives what has a bound.
type Part = fn(short: bool) -> Outcome<Vec<Target>>;

const PARTS: [(&str, Part); 5] = [
    ("frames", frames::measure),
    ("flood", flood::measure),
    ("idle", idle::measure),
    ("keys", keys::measure),
    ("throughput", throughput::measure),
];

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    if !has("--bench") {
        eprintln!("this is a benchmark: run it with cargo bench --bench console");
        return Ok(());
    }
    let short = has("--short");
    let all = !PARTS.iter().any(|(name, _)| has(name));
    let mut results = serde_json::Map::new();
    for (name, part) in PARTS {
        if !all && !has(name) {
            continue;
        }
        eprintln!("\n{name}");
        let targets = part(short)?;
        targets.iter().for_each(Target::print);
        let targets = targets.iter().map(Target::json).collect();
        results.insert(name.to_owned(), targets);
    }
    if has("--json") {
        serde_json::to_writer_pretty(
            std::io::stdout().lock(),
            &json!({"short": short, "targets": results}),
        )?;
        println!();
    }
    Ok(())
}
