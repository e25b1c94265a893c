//! Floor 7, an identity provider's side over real HTTP: the requests, headers and order of Okta's
//! provisioning, for trying a set-up, for load, and for the demo's tenant.

mod body;
mod connection;
mod flow;
mod names;
mod phase;
pub mod replay;
mod simulation;
mod target;
pub mod tenant;

pub use connection::{Answer, Connection};
pub use flow::Flow;
pub use names::{Group, Person};
pub use phase::PhaseReport;
pub use simulation::Simulation;
pub use target::Target;

use std::str::FromStr;

/// Which of Okta's dialects is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// A catalogue app: profiles by GET and PUT, `active` and groups by PATCH.
    #[default]
    Oin,
    /// A custom app: everything by GET and PUT.
    Aiw,
    /// A catalogue app with "PATCH for User": everything by PATCH.
    Patch,
}

impl FromStr for Dialect {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "oin" => Ok(Self::Oin),
            "aiw" => Ok(Self::Aiw),
            "patch" => Ok(Self::Patch),
            _ => Err(format!(
                "there is no dialect {text:?}: use oin (a catalogue app), aiw (a custom app) or \
                 patch (a catalogue app with PATCH for User)"
            )),
        }
    }
}

/// Why a request of the simulation did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SimulateError {
    /// The base URL cannot be used.
    #[error("{0}")]
    Base(String),
    /// The server could not be reached, or went away.
    #[error("{0}")]
    Connection(String),
    /// The server answered with an error, or with something that is no SCIM answer.
    #[error("{request} answered {status}: {detail}")]
    Answer {
        /// Method and target.
        request: String,
        /// The status.
        status: u16,
        /// The server's `detail`, or what is wrong with the answer.
        detail: String,
    },
}

/// What to simulate.
#[derive(Debug, Clone)]
pub struct SimulateOptions {
    /// Where, and with which token.
    pub target: Target,
    /// How many users the tenant has.
    pub users: usize,
    /// How many groups it pushes.
    pub roles: usize,
    /// The dialect.
    pub dialect: Dialect,
    /// How many requests are in flight at most.
    pub concurrency: usize,
    /// The same seed gives the same names.
    pub seed: u64,
}

/// Plays every phase once, in the order in which an administrator would come to them; `report` gets
/// each phase as it ends.
///
/// # Errors
/// Where the credentials test fails; errors of later phases are counted in their reports.
pub async fn run(
    options: SimulateOptions,
    mut report: impl FnMut(PhaseReport),
) -> Result<(), SimulateError> {
    let (users, roles) = (options.users, options.roles);
    let mut simulation = Simulation::new(options);
    let test = simulation
        .phase("credentials-test", vec![Flow::CredentialsTest])
        .await;
    let failure = test.first_error.clone();
    report(test);
    if let Some(failure) = failure {
        return Err(failure);
    }
    let every_user = |flow: fn(usize) -> Flow| (0..users).map(flow).collect::<Vec<_>>();
    // A tenth leaves and comes back: more at once would be held as a mass suspension.
    let leavers = |flow: fn(usize) -> Flow| (0..users).step_by(10).map(flow).collect::<Vec<_>>();
    let every_role = |flow: fn(usize) -> Flow| (0..roles).map(flow).collect::<Vec<_>>();
    let phases = [
        ("assign-users", every_user(Flow::Assign)),
        ("push-groups", every_role(Flow::PushGroup)),
        ("update-profiles", every_user(Flow::UpdateProfile)),
        ("deactivate-users", leavers(Flow::Deactivate)),
        ("reactivate-users", leavers(Flow::Reactivate)),
        ("rename-groups", every_role(Flow::RenameGroup)),
        ("rename-groups-back", every_role(Flow::RenameGroup)),
        ("change-members", every_role(Flow::ChangeMembers)),
        ("import", vec![Flow::ImportUsers, Flow::ImportGroups]),
        ("force-sync", every_user(Flow::ForceSync)),
    ];
    for (name, flows) in phases {
        report(simulation.phase(name, flows).await);
    }
    Ok(())
}
