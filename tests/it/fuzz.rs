//! The fuzz targets on stable: every committed input, and inputs mutated from them by chance, blind to
//! coverage. `tests/fuzz` runs the same targets under libFuzzer.
//!
//! Long, 60 s a target (`ROLECALL_FUZZ_SECONDS`, `ROLECALL_FUZZ_SEED`):
//! `cargo test --release --locked --test it fuzz -- --ignored --nocapture`

mod bodies;
mod growth;
mod members;
mod mutation;

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::Path,
    sync::{
        Arc, Mutex,
        mpsc::{RecvTimeoutError, channel},
    },
    thread,
    time::{Duration, Instant},
};

use bodies::{TARGETS, Target};
use mutation::Mutator;
pub(crate) use mutation::by_chance;

/// Mutated inputs of each target that every run of the tests tries.
const FEW: usize = 500;

/// An input that takes longer is taken for endless; the slowest seen takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);

fn corpus(target: Target) -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz/corpus")
        .join(target.name);
    let entries = fs::read_dir(&directory).expect("every target has a corpus");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    let inputs: Vec<_> = paths
        .iter()
        .map(|path| fs::read(path).expect("an input"))
        .collect();
    assert!(!inputs.is_empty(), "{} is empty", directory.display());
    inputs
}

/// Runs one input; where it panics, says which it was.
fn run(target: Target, input: &[u8]) {
    let run = catch_unwind(AssertUnwindSafe(|| (target.body)(input)));
    if let Err(panic) = run {
        let shown = input.escape_ascii();
        eprintln!(
            "the target {} broke its promise on b\"{shown}\"",
            target.name
        );
        resume_unwind(panic);
    }
}

#[test]
fn every_committed_input_keeps_the_promises() {
    for target in TARGETS {
        for input in corpus(target) {
            run(target, &input);
        }
    }
}

#[test]
fn mutated_inputs_keep_the_promises() {
    for target in TARGETS {
        let corpus = corpus(target);
        let mut mutator = Mutator::new(0x5eed);
        for _ in 0..FEW {
            run(target, &mutator.mutated(&corpus));
        }
    }
}

#[test]
#[ignore = "takes a minute a target"]
fn mutated_inputs_keep_the_promises_for_long() {
    let set = |name| std::env::var(name).ok()?.parse::<u64>().ok();
    let seconds = set("ROLECALL_FUZZ_SECONDS").unwrap_or(60);
    let seed = set("ROLECALL_FUZZ_SEED").unwrap_or_else(mutation::by_chance);
    println!("seed {seed}, {seconds} s a target");
    for target in TARGETS {
        let length = Duration::from_secs(seconds);
        println!("{:<8} {}", target.name, for_long(target, length, seed));
    }
}

/// What the current input is and how many have been tried.
type Progress = Arc<Mutex<(u64, Vec<u8>)>>;

/// Runs a target on a thread of its own, so that an input without end is found and named.
fn for_long(target: Target, length: Duration, seed: u64) -> String {
    let progress = Progress::default();
    let (done, finished) = channel();
    let told = Arc::clone(&progress);
    let work = thread::spawn(move || {
        let corpus = corpus(target);
        let mut mutator = Mutator::new(seed);
        let (begin, mut slowest) = (Instant::now(), (Duration::ZERO, 0));
        while begin.elapsed() < length {
            let input = mutator.mutated(&corpus);
            if let Ok(mut told) = told.lock() {
                told.0 += 1;
                told.1.clone_from(&input);
            }
            let start = growth::spent(begin);
            run(target, &input);
            let taken = growth::spent(begin).saturating_sub(start);
            slowest = slowest.max((taken, input.len()));
        }
        let _ = done.send(slowest);
    });
    let mut tried = 0;
    loop {
        match finished.recv_timeout(PATIENCE) {
            Ok((time, bytes)) => {
                let tried = progress.lock().expect("a number").0;
                return format!("{tried} inputs, the slowest {time:.1?} for {bytes} bytes");
            }
            Err(RecvTimeoutError::Disconnected) => {
                resume_unwind(work.join().expect_err("it broke a promise"));
            }
            Err(RecvTimeoutError::Timeout) => {
                let now = progress.lock().expect("a number");
                let shown = now.1.escape_ascii().to_string();
                assert_ne!(now.0, tried, "{} does not end on b\"{shown}\"", target.name);
                tried = now.0;
            }
        }
    }
}
