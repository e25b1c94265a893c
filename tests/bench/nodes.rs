//! How fast several processes over one database are: the real binary over a durable `PostgreSQL` of the
//! machine's own programs, pushed to in turns, once with each number of processes; beside it one process
//! over its durable file, and what the database does by itself. JSON goes to stdout, a table to stderr.
//!
//! ```sh
//! cargo bench --bench nodes                       # 10,000 users; 1, 2 and 4 processes
//! cargo bench --bench nodes -- --short            # a tenth of it
//! cargo bench --bench nodes -- --users 100000 --nodes 1,4 --in-flight 16
//! ```

#[allow(dead_code, reason = "the benchmark of the phases uses the rest of it")]
#[path = "phases/client.rs"]
mod client;
#[allow(dead_code, reason = "the benchmark of the phases uses the rest of it")]
#[path = "phases/directory.rs"]
mod directory;
#[path = "nodes/floor.rs"]
mod floor;
#[path = "nodes/options.rs"]
mod options;
#[allow(dead_code, unused_imports, reason = "the tests use the rest of it")]
#[path = "../it/postgres.rs"]
mod postgres;
#[path = "nodes/record.rs"]
mod record;
#[allow(dead_code, reason = "the benchmark of the phases uses the rest of it")]
mod server;

use std::{error::Error, fs};

use self::{
    directory::{Directory, Phase},
    floor::Floor,
    options::Options,
    record::{Place, Record},
    server::{Face, Server},
};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        eprintln!("this is a benchmark: run it with cargo bench --bench nodes");
        return Ok(());
    }
    let Some(options) = Options::read(arguments.into_iter())? else {
        return Ok(());
    };
    tokio::runtime::Runtime::new()?.block_on(measure(&options))
}

async fn measure(options: &Options) -> Outcome<()> {
    let machine = postgres::Server::durable();
    // Beside the nodes' database, so that neither's tables are in the other's way.
    let floor = Floor::new(postgres::Database::on(&machine)).await?;
    let database = postgres::Database::on(&machine);
    let node = |number| Server::start_node(&format!("node-{number}"), &database.url());
    let mut alone = fill("redb", Server::start(Face::Headless)?, options).await?;
    let mut shared = fill("PostgreSQL", node(1)?, options).await?;
    let mut record = Record::default();
    for &nodes in &options.nodes {
        while shared.others.len() + 1 < nodes {
            shared.others.push(node(shared.others.len() + 2)?);
        }
        for &in_flight in &options.in_flight {
            for _ in 0..options.rounds {
                floor.measure(in_flight, &mut record).await?;
                for phase in Phase::ALL {
                    let measured = alone.measure(phase, in_flight).await?;
                    record.add(Place::Alone, phase.name(), in_flight, measured);
                    let measured = shared.measure(phase, in_flight).await?;
                    record.add(Place::Shared(nodes), phase.name(), in_flight, measured);
                }
            }
        }
        let resident = shared.memory().resident;
        let held = machine
            .processes()
            .iter()
            .map(|process| held(process))
            .sum();
        record.add_memory(nodes, resident, held);
    }
    record.print(options);
    serde_json::to_writer_pretty(std::io::stdout().lock(), &record.json(options))?;
    println!();
    for server in shared.others {
        server.stop()?;
    }
    shared.server.stop()?;
    alone.server.stop()
}

async fn fill(name: &str, server: Server, options: &Options) -> Outcome<Directory> {
    let directory = Directory::new(server, options.users, options.share).await?;
    let filled = &directory.filled;
    eprintln!(
        "{name}: {} users created at {:.0}/s, p99 {:.1} ms",
        options.users, filled.per_second, filled.p99_ms
    );
    Ok(directory)
}

/// What a process holds, in MiB, with its share of what several hold together; zero where the system
/// does not tell.
fn held(process: &str) -> f64 {
    let told = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
    let line = told.lines().find_map(|line| line.strip_prefix("Pss:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.map_or(0.0, |kibibytes: f64| kibibytes / 1024.0)
}
