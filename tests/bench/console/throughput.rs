//! What the listener answers with the console open, over what it answers without: the same load in
//! turns, so that whatever else the machine does weighs on all alike.

use rolecall::simulate::Flow;

use super::{
    load::Load,
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

pub(crate) fn measure(short: bool) -> Outcome<Vec<Target>> {
    let rounds = if short { 5 } else { 15 };
    let mut sides = [
        Side::new("headless", Kind::Headless)?,
        Side::new("open on Live", Kind::Combined)?,
        Side::new("open and not read", Kind::Combined)?,
    ];
    sides[2].seat.read(false);
    let mut targets = Vec::new();
    let flows: [(&str, fn(usize) -> Flow, usize); 2] = [
        ("look-ups", Flow::LookUp, 10),
        ("read + PUT", Flow::UpdateProfile, 2),
    ];
    for (name, flow, repeats) in flows {
        let mut rates: [Vec<f64>; 3] = Default::default();
        for round in 0..=rounds {
            for turn in 0..sides.len() {
                // Each is first, second and last as often.
                let place = (turn + round) % sides.len();
                let rate = sides[place].load.play(flow, repeats)?;
                // The first round fills the unread terminal and warms everything up.
                if round > 0 {
                    rates[place].push(rate);
                }
            }
        }
        for (place, side) in sides.iter().enumerate() {
            let mut sorted = rates[place].clone();
            sorted.sort_by(f64::total_cmp);
            let console = threads(side.seat.process(), "console");
            eprintln!(
                "  {name:<11} {:<18} median {:>6.0}/s, {:.0} to {:.0}; console threads so far {:.2} s",
                side.name,
                quantile(&sorted, 50),
                quantile(&sorted, 0),
                quantile(&sorted, 100),
                console.time.as_secs_f64()
            );
        }
        for place in [1, 2] {
            let pairs = rates[place].iter().zip(&rates[0]);
            let mut ratios: Vec<f64> = pairs.map(|(open, headless)| open / headless).collect();
            ratios.sort_by(f64::total_cmp);
            let name = format!("{name}: {} over headless", sides[place].name);
            targets.push(Target::at_least(&name, quantile(&ratios, 50), 0.95));
        }
    }
    Ok(targets)
}
