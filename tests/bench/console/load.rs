//! A provider that pushes.

use rolecall::simulate::{Dialect, Flow, SimulateOptions, Simulation};

use super::seat::Seat;
use crate::Outcome;

/// A provider with so many users, pushing to a seat's listener.
pub(crate) struct Load {
    runtime: tokio::runtime::Runtime,
    simulation: Simulation,
    users: usize,
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
        })
    }

    /// Plays a flow for every user, so many times; gives requests a second.
    pub(crate) fn play(&mut self, flow: fn(usize) -> Flow, rounds: usize) -> Outcome<f64> {
        let flows = (0..rounds)
            .flat_map(|_| (0..self.users).map(flow))
            .collect();
        let phase = self.simulation.phase("load", flows);
        let report = self.runtime.block_on(phase);
        match report.first_error {
            Some(error) => Err(error.into()),
            None => Ok(report.requests_per_second),
        }
    }
}
