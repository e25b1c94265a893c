//! Phases: many flows, several at once, measured.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use tokio::task::JoinSet;

use super::{
    Flow, PhaseReport, SimulateError, SimulateOptions, connection::Connection, flow::Tenant,
    names::Group,
};

/// A tenant and its connections to the server.
pub struct Simulation {
    tenant: Arc<Tenant>,
    options: SimulateOptions,
    connections: Vec<Connection>,
}

impl Simulation {
    /// A tenant that has pushed nothing yet.
    pub fn new(options: SimulateOptions) -> Self {
        let tenant = Tenant::new(&options);
        Self {
            tenant: Arc::new(tenant),
            options,
            connections: Vec::new(),
        }
    }

    /// Adds a group to the tenant and gives its position.
    pub fn add_group(&self, group: Group) -> usize {
        self.tenant.add_group(group)
    }

    /// How many requests are in flight at most, from the next phase on.
    pub fn set_concurrency(&mut self, concurrency: usize) {
        self.options.concurrency = concurrency.max(1);
    }

    /// Runs flows, as many at once as the options say, and measures them. A worker whose server is
    /// gone stops; flows on what was never pushed do nothing.
    pub async fn phase(&mut self, name: &str, flows: Vec<Flow>) -> PhaseReport {
        self.tenant.next_round();
        let workers = self.options.concurrency.clamp(1, flows.len().max(1));
        while self.connections.len() < workers {
            let connection = Connection::new(self.options.target.clone());
            self.connections.push(connection);
        }
        let flows = Arc::new(flows);
        let next = Arc::new(AtomicUsize::new(0));
        let started = Instant::now();
        let mut running = JoinSet::new();
        for connection in self.connections.drain(..workers) {
            let (tenant, flows, next) = (self.tenant.clone(), flows.clone(), next.clone());
            running.spawn(work(tenant, flows, next, connection));
        }
        let (mut micros, mut errors, mut first_error) = (Vec::new(), 0, None);
        while let Some(worker) = running.join_next().await {
            let Ok((mut connection, failed, failure)) = worker else {
                errors += 1;
                continue;
            };
            micros.append(&mut connection.micros);
            errors += failed;
            first_error = first_error.or(failure);
            self.connections.push(connection);
        }
        PhaseReport::new(name, started.elapsed(), micros, errors, first_error)
    }
}

async fn work(
    tenant: Arc<Tenant>,
    flows: Arc<Vec<Flow>>,
    next: Arc<AtomicUsize>,
    mut connection: Connection,
) -> (Connection, u64, Option<SimulateError>) {
    let (mut errors, mut first_error) = (0, None);
    while let Some(flow) = flows.get(next.fetch_add(1, Ordering::Relaxed)) {
        if let Err(error) = tenant.perform(&mut connection, flow).await {
            errors += 1;
            let gone = matches!(error, SimulateError::Connection(_));
            first_error.get_or_insert(error);
            if gone {
                break;
            }
        }
    }
    (connection, errors, first_error)
}
