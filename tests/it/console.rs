//! The console without a terminal: every screen and box as a picture, keys as conversations.

mod actions;
mod acts;
mod columns;
mod example;
mod filters;
mod foreign;
mod hostile;
mod keys;
mod links;
mod looping;
mod marks;
mod matrix;
mod mouse;
mod palette;
mod picture;
mod random;
mod sample;
mod screens;
mod sizes;
mod syncs;

use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner},
};
use ratatui::{buffer::Buffer, layout::Rect};
use rolecall::console::{Model, view};
use unicode_width::UnicodeWidthStr as _;

/// Draws a model.
fn draw(model: &Model) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, model.area.width, model.area.height));
    view::render(model, &mut buffer);
    buffer
}

/// A picture as text, a line each.
fn text(buffer: &Buffer) -> String {
    let mut lines = Vec::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer.cell((x, y)).map_or(" ", |cell| cell.symbol());
            line.push_str(symbol);
            x += u16::try_from(symbol.width().max(1)).expect("a narrow symbol");
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}

/// A picture with its styles: runs of cells that look alike.
fn styles(buffer: &Buffer) -> String {
    let mut lines = Vec::new();
    for y in 0..buffer.area.height {
        let mut runs: Vec<(String, String)> = Vec::new();
        for x in 0..buffer.area.width {
            let cell = buffer.cell((x, y)).expect("inside");
            let look = format!("{:?}/{:?} {:?}", cell.fg, cell.bg, cell.modifier);
            match runs.last_mut() {
                Some((last, run)) if *last == look => run.push_str(cell.symbol()),
                _ => runs.push((look, cell.symbol().to_owned())),
            }
        }
        for (look, run) in runs {
            if !run.trim().is_empty() || look != "Reset/Reset NONE" {
                lines.push(format!("{y:>2} {look}: {:?}", run.trim_end()));
            }
        }
    }
    lines.join("\n")
}

/// Tries something with so many random inputs, or with as many as `PROPTEST_CASES` says. A failure
/// prints the smallest input that was found and the seed that leads to it.
fn property<S: Strategy>(
    cases: u32,
    strategy: &S,
    holds: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let mut config = Config {
        failure_persistence: None,
        max_shrink_iters: 4_000,
        ..Config::default()
    };
    if !asked {
        config.cases = cases;
    }
    let seed = match config.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0),
    };
    config.rng_seed = RngSeed::Fixed(seed);
    let mut runner = TestRunner::new(config);
    match runner.run(strategy, holds) {
        Ok(()) => {}
        Err(TestError::Fail(why, input)) => {
            panic!("{why}\nwith {input:#?}\nagain with PROPTEST_RNG_SEED={seed}")
        }
        Err(TestError::Abort(why)) => panic!("{why}; PROPTEST_RNG_SEED={seed}"),
    }
}
