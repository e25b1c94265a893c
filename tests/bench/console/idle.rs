//! The real binary with nothing to do: what it draws, and how often its console wakes.

use std::{thread, time::Duration};

use rolecall::simulate::Flow;

use super::{
    load::Load,
    seat::{Kind, Seat},
    system::{millis, threads},
};
use crate::{Outcome, target::Target};

/// What is opened, and with which keys. The last ones lie on top of a screen.
const PLACES: [(&str, &str); 11] = [
    ("Live", "1"),
    ("Users", "2"),
    ("Roles", "3"),
    ("Conflicts", "4"),
    ("Access", "5"),
    ("Providers", "6"),
    ("Journal", "7"),
    ("Setup", "8"),
    ("the help", "?"),
    ("the palette", "\x1b:"),
    ("the warnings", "\x1bw"),
];

/// Nothing is shown of how fast requests are any more once the last one is so old.
const OLD: Duration = Duration::from_secs(123);

pub(crate) fn measure(short: bool) -> Outcome<Vec<Target>> {
    let time = Duration::from_secs(if short { 2 } else { 10 });
    let mut seat = Seat::start(Kind::Combined)?;
    seat.until("Live")?;
    seat.until_still(Duration::from_secs(2))?;
    let mut targets = watch(&seat, "Live, after the start", time);
    let mut load = Load::new(&seat, 300, 4)?;
    for flow in [Flow::Assign, Flow::UpdateProfile, Flow::Deactivate] {
        load.play(flow, 1)?;
    }
    drop(load);
    // The sync has ended, the sparkline has moved out, and the latencies have grown too old to show.
    thread::sleep(OLD);
    seat.until_still(Duration::from_secs(3))?;
    for (place, keys) in PLACES {
        seat.press(keys, |_| true)?;
        seat.until_still(Duration::from_millis(1_500))?;
        targets.extend(watch(&seat, place, time));
    }
    Ok(targets)
}

/// Watches for a while.
fn watch(seat: &Seat, place: &str, time: Duration) -> Vec<Target> {
    let look = || (seat.bytes(), threads(seat.process(), "console"));
    let (bytes, before) = look();
    thread::sleep(time);
    let (bytes_after, after) = look();
    let count = |after: u64, before: u64| {
        f64::from(u32::try_from(after.saturating_sub(before)).unwrap_or(u32::MAX))
    };
    let used = millis(after.time.saturating_sub(before.time));
    eprintln!(
        "  {place}: {} threads of the console used {used:.3} ms in {} s",
        after.count,
        time.as_secs()
    );
    let name = |what: &str| format!("{place}: {what} in {} s", time.as_secs());
    vec![
        Target::at_most(&name("bytes drawn"), count(bytes_after, bytes), 0.0),
        Target::at_most(&name("wake-ups"), count(after.sleeps, before.sleeps), 0.0),
    ]
}
