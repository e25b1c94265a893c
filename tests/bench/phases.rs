//! How the server behaves as the directory grows: the real binary over its durable file, pushed to
//! by the simulated provider. JSON goes to stdout, a table to stderr.
//!
//! ```sh
//! cargo bench --bench phases              # 1,000 and 10,000 users: a few minutes
//! cargo bench --bench phases -- --short   # a tenth of it
//! ```

mod server;
mod target;

use std::{collections::BTreeMap, error::Error};

use rolecall::simulate::{Dialect, Flow, Group, PhaseReport, SimulateOptions, Simulation};
use serde_json::{Value, json};

use self::{
    server::{Memory, Server},
    target::Target,
};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// How large the small and the large directory are.
#[derive(Clone, Copy)]
struct Sizes {
    small: usize,
    large: usize,
    /// The small directory is measured so often, and the median counts: its phases are short.
    small_runs: usize,
}

const FULL: Sizes = Sizes {
    small: 1_000,
    large: 10_000,
    small_runs: 3,
};
const SHORT: Sizes = Sizes {
    small: 200,
    large: 1_000,
    small_runs: 1,
};

/// The phases whose rate must not fall as the directory grows.
const USER_PHASES: [&str; 4] = ["look-up-and-create", "look-up", "replace", "deactivate"];
/// The members of the small group.
const FEW: usize = 100;
/// How often a short flow is repeated to be measured.
const REPEATS: usize = 200;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        eprintln!("this is a benchmark: run it with cargo bench --bench phases");
        return Ok(());
    }
    let short = arguments.iter().any(|argument| argument == "--short");
    let sizes = if short { SHORT } else { FULL };
    let runtime = tokio::runtime::Runtime::new()?;
    let mut results = Vec::new();
    for concurrency in [1, 16] {
        results.push(runtime.block_on(measure(sizes, concurrency))?);
    }
    serde_json::to_writer_pretty(
        std::io::stdout().lock(),
        &json!({"short": short, "runs": results}),
    )?;
    println!();
    Ok(())
}

/// Everything at one concurrency.
async fn measure(sizes: Sizes, concurrency: usize) -> Outcome<Value> {
    eprintln!("\n{concurrency} in flight");
    let mut small = Vec::new();
    for _ in 0..sizes.small_runs {
        small.push(Run::new(sizes.small, sizes.large, concurrency).await?);
    }
    let large = Run::new(sizes.large, sizes.large, concurrency).await?;
    let mut targets = Vec::new();
    for phase in USER_PHASES {
        let mut rates: Vec<f64> = small.iter().map(|run| run.rate(phase)).collect();
        rates.sort_by(f64::total_cmp);
        let median = rates.get(rates.len() / 2).copied().unwrap_or_default();
        let name = format!(
            "{phase}: rate at {} over rate at {}",
            sizes.large, sizes.small
        );
        targets.push(Target::at_least(&name, large.rate(phase) / median, 0.9));
    }
    let (few, all) = (large.phase("patch-few"), large.phase("patch-all"));
    let name = format!("one member: median in {} over median in {FEW}", sizes.large);
    targets.push(Target::at_most(&name, all.p50_ms / few.p50_ms, 1.3));
    let name = format!("filling a group with {} members, seconds", sizes.large);
    targets.push(Target::at_most(
        &name,
        large.phase("fill-group").seconds,
        0.5,
    ));
    let (first, last) = (large.phase("first-page"), large.phase("last-page"));
    targets.push(Target::at_most(
        "import: last page over first page",
        last.p50_ms / first.p50_ms,
        1.3,
    ));
    targets.push(Target::at_most("idle, MiB", large.idle.resident, 20.0));
    targets.push(Target::at_most(
        "after it all, MiB",
        large.after.resident,
        60.0,
    ));
    for target in &targets {
        target.print();
    }
    Ok(json!({
        "concurrency": concurrency,
        "small": small.iter().map(Run::json).collect::<Vec<_>>(),
        "large": large.json(),
        "targets": targets.iter().map(Target::json).collect::<Vec<_>>(),
    }))
}

/// One server's life.
struct Run {
    users: usize,
    phases: BTreeMap<String, PhaseReport>,
    idle: Memory,
    after: Memory,
}

impl Run {
    /// Look-ups and replacements come to `flows` in any directory: what is written in the background
    /// every few seconds must weigh on a small one as it does on a large one.
    async fn new(users: usize, flows: usize, concurrency: usize) -> Outcome<Self> {
        let server = Server::start()?;
        let idle = server.memory();
        let simulation = Simulation::new(SimulateOptions {
            target: server.target.clone(),
            users,
            roles: 0,
            dialect: Dialect::Oin,
            concurrency,
            seed: 1,
        });
        let mut run = Self {
            users,
            phases: BTreeMap::new(),
            idle,
            after: Memory::default(),
        };
        eprintln!("  {users} users");
        run.every_phase(simulation, flows).await?;
        run.after = server.memory();
        eprintln!(
            "    {:<20} {:>7.1} MiB idle, {:.1} after, {:.1} at most",
            "memory", run.idle.resident, run.after.resident, run.after.peak
        );
        server.stop()?;
        Ok(run)
    }

    async fn every_phase(&mut self, mut simulation: Simulation, flows: usize) -> Outcome<()> {
        let rounds = flows.div_ceil(self.users);
        let every = |flow: fn(usize) -> Flow| (0..self.users).map(flow).collect::<Vec<_>>();
        let users = [
            (USER_PHASES[0], every(Flow::Assign)),
            (USER_PHASES[1], vec![every(Flow::LookUp); rounds].concat()),
            (USER_PHASES[2], every(Flow::UpdateProfile)),
            (USER_PHASES[3], every(Flow::Deactivate)),
        ];
        let group = |name: &str, members: usize| Group {
            name: name.to_owned(),
            members: (0..members).collect(),
        };
        let few = simulation.add_group(group("Few", FEW));
        let all = simulation.add_group(group("All", self.users));
        let change = |group: usize| -> Vec<Flow> {
            // Each leaves and comes back, one after the other among a few members.
            let flow = |at: usize| Flow::ChangeMember {
                group,
                user: at / 2 % FEW,
                joins: at % 2 == 1,
            };
            (0..REPEATS).map(flow).collect()
        };
        let last = u64::try_from((self.users - 1) / 100 * 100 + 1)?;
        let page = |start: u64| vec![Flow::ImportPage { start }; REPEATS];
        let groups = [
            ("fill-few", vec![Flow::PushGroup(few)]),
            ("fill-group", vec![Flow::PushGroup(all)]),
            ("patch-few", change(few)),
            ("patch-all", change(all)),
            ("import", vec![Flow::ImportUsers]),
            ("first-page", page(1)),
            ("last-page", page(last)),
        ];
        for (name, flows) in users.into_iter().chain(groups) {
            let mut report = simulation.phase(name, flows.clone()).await;
            if name == USER_PHASES[2] {
                // One round at a time, since each gives everyone another title.
                for _ in 1..rounds {
                    let more = simulation.phase(name, flows.clone()).await;
                    let rate = report.requests_per_second * report.seconds
                        + more.requests_per_second * more.seconds;
                    report.requests += more.requests;
                    report.seconds += more.seconds;
                    report.requests_per_second = rate / report.seconds;
                    report.first_error = report.first_error.or(more.first_error);
                }
            }
            eprintln!(
                "    {name:<20} {:>7.0}/s  {:>8.3} s  p50 {:>7.3} ms  p99 {:>7.3} ms",
                report.requests_per_second, report.seconds, report.p50_ms, report.p99_ms
            );
            if let Some(error) = report.first_error {
                return Err(error.into());
            }
            self.phases.insert(name.to_owned(), report);
        }
        Ok(())
    }

    fn phase(&self, name: &str) -> &PhaseReport {
        &self.phases[name]
    }

    fn rate(&self, name: &str) -> f64 {
        self.phase(name).requests_per_second
    }

    fn json(&self) -> Value {
        json!({
            "users": self.users,
            "phases": self.phases.values().collect::<Vec<_>>(),
            "idle_mib": self.idle.resident,
            "after_mib": self.after.resident,
            "peak_mib": self.after.peak,
        })
    }
}
