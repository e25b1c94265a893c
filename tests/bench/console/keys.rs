//! From a key to the first frame that shows it, in the real binary.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use rolecall::simulate::Flow;

use super::{
    load::Load,
    seat::{Kind, Seat},
    system::{millis, quantile},
};
use crate::{Outcome, target::Target};

pub(crate) fn measure(short: bool) -> Outcome<Vec<Target>> {
    let presses = if short { 20 } else { 150 };
    let mut seat = Seat::start(Kind::Combined)?;
    seat.until("Live")?;
    let mut targets = typed(&mut seat, "idle", presses)?;
    let mut load = Load::new(&seat, 1_000, 16)?;
    load.play(Flow::Assign, 1)?;
    let over = Arc::new(AtomicBool::new(false));
    let ends = Arc::clone(&over);
    let pushing = thread::spawn(move || {
        let (mut rates, mut rounds) = (0.0, 0.0_f64);
        while !ends.load(Ordering::Relaxed) {
            rates += load.play(Flow::LookUp, 3).map_or(0.0, |played| played.rate);
            rounds += 1.0;
        }
        rates / rounds.max(1.0)
    });
    let loaded = typed(&mut seat, "under load", presses);
    over.store(true, Ordering::Relaxed);
    let rate = pushing.join().map_err(|_| "the provider failed")?;
    eprintln!("  the load: {rate:.0} requests/s, 16 in flight");
    targets.extend(loaded?);
    Ok(targets)
}

/// Opens the help and closes it, again and again.
fn typed(seat: &mut Seat, when: &str, presses: usize) -> Outcome<Vec<Target>> {
    let is_open = |screen: &vt100::Screen| screen.contents().contains("On Live");
    let mut times = Vec::new();
    for _ in 0..presses {
        times.push(millis(seat.press("?", is_open)?));
        thread::sleep(Duration::from_millis(70));
        times.push(millis(seat.press("\x1b", move |screen| !is_open(screen))?));
        thread::sleep(Duration::from_millis(70));
    }
    times.sort_by(f64::total_cmp);
    let target = |what: &str, of_100| {
        let name = format!("{when}: key to frame, {what} of {}, ms", times.len());
        Target::at_most(&name, quantile(&times, of_100), 10.0)
    };
    Ok(vec![
        target("median", 50),
        target("99th of a hundred", 99),
        target("slowest", 100),
    ])
}
