//! What the listener answers with the console open, over what it answers without: the same load in
//! turns, so that whatever else the machine does weighs on all alike.

use rolecall::simulate::Flow;

use super::{
    load::{Load, Played},
    seat::{Kind, Seat},
    system::{quantile, threads},
};
use crate::{Outcome, target::Target};

const USERS: usize = 1_000;
const IN_FLIGHT: usize = 16;

/// A server with its load.
struct Side {
    name: &'static str,
    seat: Seat,
    load: Load,
}

impl Side {
    fn new(name: &'static str, kind: Kind) -> Outcome<Self> {
        let mut seat = Seat::start(kind)?;
        if kind == Kind::Combined {
            seat.until("Live")?;
        }
        seat.look_away();
        let mut load = Load::new(&seat, USERS, IN_FLIGHT)?;
        load.play(Flow::Assign, 1)?;
        Ok(Self { name, seat, load })
    }
}

/// Makes the flow of requests for one user's number.
type MakeFlow = fn(usize) -> Flow;

pub(crate) fn measure(short: bool) -> Outcome<Vec<Target>> {
    let rounds = if short { 5 } else { 15 };
    let mut sides = [
        Side::new("headless", Kind::Headless)?,
        Side::new("open on Live", Kind::Combined)?,
        Side::new("open and not read", Kind::Combined)?,
    ];
    sides[2].seat.read(false);
    let mut targets = Vec::new();
    let flows: [(&str, MakeFlow, usize); 2] = [
        ("look-ups", Flow::LookUp, 10),
        ("read + PUT", Flow::UpdateProfile, 2),
    ];
    for (name, flow, repeats) in flows {
        let mut played: [Vec<Played>; 3] = Default::default();
        for round in 0..=rounds {
            for turn in 0..sides.len() {
                // Each is first, second and last as often.
                let place = (turn + round) % sides.len();
                let phase = sides[place].load.play(flow, repeats)?;
                // The first round fills the unread terminal and warms everything up.
                if round > 0 {
                    played[place].push(phase);
                }
            }
        }
        for (side, played) in sides.iter().zip(&played) {
            side.print(name, played);
        }
        for place in [1, 2] {
            let pairs = || played[place].iter().zip(&played[0]);
            let rates = median(pairs().map(|(open, headless)| open.rate / headless.rate));
            let costs = median(pairs().map(|(open, headless)| headless.micros / open.micros));
            let side = sides[place].name;
            let rate = format!("{name}, {side}: requests/s over headless");
            targets.push(Target::at_least(&rate, rates, 0.95));
            let cost = format!("{name}, {side}: headless processor time over its");
            targets.push(Target::at_least(&cost, costs, 0.95));
        }
    }
    Ok(targets)
}

impl Side {
    fn print(&self, load: &str, played: &[Played]) {
        let rates = sorted(played.iter().map(|phase| phase.rate));
        let console = threads(self.seat.process(), "console").time;
        eprintln!(
            "  {load:<10} {:<17} {:>6.0}/s ({:.0} to {:.0}), {:>4.0} µs of processor a request; console so far {:.2} s",
            self.name,
            quantile(&rates, 50),
            quantile(&rates, 0),
            quantile(&rates, 100),
            median(played.iter().map(|phase| phase.micros)),
            console.as_secs_f64()
        );
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    quantile(&sorted(values), 50)
}
