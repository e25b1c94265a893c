//! A tenant that lives slowly: a first burst, then one event after another, for the demo.

use std::time::Duration;

use super::{
    Flow, SimulateOptions, Simulation,
    names::{Group, scatter},
};

/// The quiet between two events.
const PAUSE: Duration = Duration::from_millis(1_200);
/// The name conflict is tried again after so many events.
const RETRY_EVERY: u64 = 8;

/// Pushes the tenant's users and groups, then goes on until it is dropped: people join, change, leave
/// and come back, groups gain and lose members and get new names. `taken` is the name of a group that
/// the server already has as its own: its push fails until an operator resolves the conflict.
pub async fn live(options: SimulateOptions, taken: &str) {
    let (users, roles) = (options.users, options.roles);
    let seed = options.seed;
    // A few people are left for later, so that there is someone to join.
    let first = users - users / 10;
    let mut simulation = Simulation::new(options);
    let conflict = simulation.add_group(Group {
        name: taken.to_owned(),
        members: (0..first).filter(|user| user % 5 == 0).collect(),
    });
    simulation.phase("test", vec![Flow::CredentialsTest]).await;
    simulation
        .phase("assign", (0..first).map(Flow::Assign).collect())
        .await;
    simulation
        .phase("push", (0..roles).map(Flow::PushGroup).collect())
        .await;
    let mut conflict_stands = attempt(&mut simulation, conflict).await;
    let mut joined = first;
    let mut away: Option<usize> = None;
    for event in 0_u64.. {
        tokio::time::sleep(PAUSE).await;
        if conflict_stands && event % RETRY_EVERY == RETRY_EVERY - 1 {
            conflict_stands = attempt(&mut simulation, conflict).await;
            continue;
        }
        let number = scatter(seed ^ scatter(event));
        let user = position(number, joined);
        let group = position(number >> 20, roles);
        let flow = match (number >> 40) % 8 {
            0 if joined < users => {
                joined += 1;
                Flow::Assign(joined - 1)
            }
            1 | 2 => {
                if let Some(user) = away.take() {
                    Flow::Reactivate(user)
                } else {
                    away = Some(user);
                    Flow::Deactivate(user)
                }
            }
            3 | 4 => Flow::ChangeMembers(group),
            5 => Flow::ForceSync(user),
            6 => Flow::RenameGroup(group),
            _ => Flow::UpdateProfile(user),
        };
        if away.is_some_and(|away| matches!(flow, Flow::ForceSync(user) | Flow::UpdateProfile(user) if user == away)) {
            // Okta pushes no profile of someone who is not assigned.
            continue;
        }
        simulation.phase("event", vec![flow]).await;
    }
}

/// Pushes the group whose name is taken; whether the conflict stands.
async fn attempt(simulation: &mut Simulation, conflict: usize) -> bool {
    let flows = vec![Flow::PushNewGroup(conflict)];
    simulation.phase("conflict", flows).await.errors > 0
}

fn position(number: u64, count: usize) -> usize {
    usize::try_from(number % (count.max(1) as u64)).unwrap_or_default()
}
