//! A provider that pushes.

use rolecall::simulate::{Dialect, Flow, SimulateOptions, Simulation};

use super::{seat::Seat, system::process_time};
use crate::Outcome;

/// What a phase came to.
pub(crate) struct Played {
    /// Requests a second.
    pub(crate) rate: f64,
    /// What client and server used of the processor for a request, in microseconds.
    pub(crate) micros: f64,
}

/// A provider with so many users, pushing to a seat's listener.
pub(crate) struct Load {
    runtime: tokio::runtime::Runtime,
    simulation: Simulation,
    users: usize,
    server: u32,
}

impl Load {
    pub(crate) fn new(seat: &Seat, users: usize, concurrency: usize) -> Outcome<Self> {
        let options = SimulateOptions {
            target: seat.provider.clone(),
            users,
            roles: 0,
            dialect: Dialect::Oin,
            concurrency,
            seed: 1,
        };
        Ok(Self {
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?,
            simulation: Simulation::new(options),
            users,
            server: seat.process(),
        })
    }

    /// Plays a flow for every user, so many times.
    pub(crate) fn play(&mut self, flow: fn(usize) -> Flow, rounds: usize) -> Outcome<Played> {
        let used = |server| process_time(server) + process_time(std::process::id());
        let before = used(self.server);
        let flows = (0..rounds)
            .flat_map(|_| (0..self.users).map(flow))
            .collect();
        let phase = self.simulation.phase("load", flows);
        let report = self.runtime.block_on(phase);
        let used = used(self.server).saturating_sub(before);
        if let Some(error) = report.first_error {
            return Err(error.into());
        }
        let requests = f64::from(u32::try_from(report.requests)?);
        Ok(Played {
            rate: report.requests_per_second,
            micros: used.as_secs_f64() * 1e6 / requests,
        })
    }
}
