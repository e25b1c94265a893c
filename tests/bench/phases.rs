//! How fast the server is beside what lies beneath it, and as the directory grows: the real binary over
//! its durable file, pushed to by one client, in turns with a bare hyper server and bare durable
//! commits of redb. JSON goes to stdout, a table and the targets to stderr.
//!
//! ```sh
//! cargo bench --bench phases                                  # 1,000 and 10,000 users: four minutes
//! cargo bench --bench phases -- --short                       # a tenth of it
//! cargo bench --bench phases -- --users 1000,10000,1000000    # half an hour
//! cargo bench --bench phases -- soak                          # 1,000 requests/s with TLS for half an hour
//! ```

#[path = "phases/apart.rs"]
mod apart;
#[path = "phases/client.rs"]
mod client;
#[path = "phases/directory.rs"]
mod directory;
#[path = "phases/floor.rs"]
mod floor;
#[path = "phases/options.rs"]
mod options;
#[path = "phases/record.rs"]
mod record;
#[path = "phases/soak.rs"]
mod soak;
#[path = "phases/targets.rs"]
mod targets;

mod server;
mod target;

use std::{error::Error, slice::from_ref, time::Duration};

use serde_json::json;

use self::{
    apart::Apart,
    client::{Ask, ask},
    directory::{Directory, Phase, look_ups},
    floor::{BARE_SERVER, BareServer, redb_changes, redb_rows, serve_bare},
    options::{Options, Wanted},
    record::{Record, Subject},
    server::{Face, Memory, Server},
};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// How long bare commits are made in a round.
const COMMITTING: Duration = Duration::from_millis(700);

fn main() -> Outcome<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [argument, answers] = arguments.as_slice()
        && argument == BARE_SERVER
    {
        return runtime.block_on(serve_bare(answers.as_ref()));
    }
    if !arguments.iter().any(|argument| argument == "--bench") {
        eprintln!("this is a benchmark: run it with cargo bench --bench phases");
        return Ok(());
    }
    match Wanted::read(arguments.into_iter())? {
        Wanted::Phases(options) => runtime.block_on(measure(&options)),
        Wanted::Soak(options) => runtime.block_on(soak::soak(&options)),
        Wanted::Help => Ok(()),
    }
}

async fn measure(options: &Options) -> Outcome<()> {
    let mut directories = Vec::new();
    for &size in &options.sizes {
        let directory = Directory::new(Server::start(Face::Headless)?, size, options.share).await?;
        let filled = &directory.filled;
        eprintln!(
            "{size} users created at {:.0}/s, p99 {:.1} ms",
            filled.per_second, filled.p99_ms
        );
        directories.push(directory);
    }
    let mut record = Record::default();
    let first = directories.first().ok_or("no directory to measure")?;
    let [look_up, page] = first.answers().await?;
    let bare = BareServer::start(&look_up, &page)?;
    for &in_flight in &options.in_flight {
        for directory in &directories {
            directory.server.forget_peak();
        }
        for _ in 0..options.rounds {
            if in_flight == 1 {
                alone_and_apart(&bare, &mut directories, options, &mut record).await?;
            }
            floors(&bare, in_flight, options, &mut record).await?;
            for phase in Phase::ALL {
                for directory in &mut directories {
                    let measured = directory.measure(phase, in_flight).await?;
                    record.add(Subject::Phase(directory.size, phase), in_flight, measured);
                }
            }
        }
        for directory in &directories {
            let Memory { resident, peak } = directory.memory();
            record.add_memory(directory.size, in_flight, resident, peak);
        }
    }
    record.print();
    if options.faces {
        faces(options, &mut record).await?;
    }
    let mut targets = targets::of(&record, options);
    for directory in &mut directories {
        targets.extend(targets::of_process(&record, options, directory).await?);
    }
    for target in &targets {
        target.print();
    }
    let document = json!({
        "sizes": options.sizes,
        "look_up_bytes": look_up.len(),
        "page_bytes": page.len(),
        "measured": record.json(),
        "targets": targets.iter().map(target::Target::json).collect::<Vec<_>>(),
    });
    serde_json::to_writer_pretty(std::io::stdout().lock(), &document)?;
    println!();
    for directory in directories {
        directory.server.stop()?;
    }
    Ok(())
}

/// Look-ups of one client, and the bare server's answers to it, where client and servers have a core each.
async fn alone_and_apart(
    bare: &BareServer,
    directories: &mut [Directory],
    options: &Options,
    record: &mut Record,
) -> Outcome<()> {
    let servers = directories.iter().map(|directory| directory.server.id());
    let Some(_apart) = Apart::begin(servers.chain([bare.id()])) else {
        return Ok(());
    };
    let count = look_ups(1, options.share);
    let request = |_| Ask::get("/look-up");
    let measured = ask(from_ref(&bare.target), 1, count, request, |_, _| ()).await?;
    record.add(Subject::BareAnswerApart, 1, measured);
    for directory in directories {
        let measured = directory.measure(Phase::LookUp, 1).await?;
        record.add(Subject::LookUpApart(directory.size), 1, measured);
    }
    Ok(())
}

/// What lies beneath, in the same minute.
async fn floors(
    bare: &BareServer,
    in_flight: usize,
    options: &Options,
    record: &mut Record,
) -> Outcome<()> {
    for batch in [1, 16, 64] {
        if batch <= in_flight {
            let rows = redb_rows(batch, COMMITTING)?;
            record.add_rate(Subject::BareRows(batch), in_flight, rows);
        }
    }
    if in_flight == 1 {
        // Larger ones would take a minute to fill.
        for &size in options.sizes.iter().filter(|size| **size <= 100_000) {
            let commits = redb_changes(size, COMMITTING)?;
            record.add_rate(Subject::BareChanges(size), in_flight, commits);
        }
    }
    let share = options.share;
    let pages = if in_flight == 1 { 1_000 } else { 6_000 } * share / 100;
    // What is compared with each other is measured one after the other: look-ups come next.
    for (path, subject, count) in [
        ("/page", Subject::BarePage, pages.max(in_flight)),
        ("/look-up", Subject::BareAnswer, look_ups(in_flight, share)),
    ] {
        let request = move |_| Ask::get(path);
        let measured = ask(from_ref(&bare.target), in_flight, count, request, |_, _| ()).await?;
        record.add(subject, in_flight, measured);
    }
    Ok(())
}

/// The same server headless, with TLS, and with its console open, in turns.
async fn faces(options: &Options, record: &mut Record) -> Outcome<()> {
    const USERS: usize = 1_000;
    const IN_FLIGHT: usize = 16;
    eprintln!("\nwith TLS, and with the console open, over headless:");
    let mut all = Vec::new();
    for face in [Face::Headless, Face::Tls, Face::Console] {
        all.push((
            face,
            Directory::new(Server::start(face)?, USERS, options.share).await?,
        ));
    }
    let mut rates = vec![[const { Vec::new() }; 3]; 3];
    let phases = [Phase::LookUp, Phase::Replace, Phase::PageByIndex];
    for round in 0..options.rounds.max(5) {
        for (row, phase) in phases.into_iter().enumerate() {
            for turn in 0..all.len() {
                // Each is first, second and last as often.
                let place = (turn + round) % all.len();
                let (face, directory) = &mut all[place];
                let measured = directory.measure(phase, IN_FLIGHT).await?;
                rates[row][place].push(measured.per_second);
                record.add(Subject::Face(*face, phase), IN_FLIGHT, measured);
            }
        }
    }
    for (row, phase) in phases.into_iter().enumerate() {
        let [headless, tls, console] = &rates[row];
        eprintln!(
            "  {:<20} {:.2} with TLS, {:.2} with the console",
            phase.name(),
            directory::ratio(tls, headless),
            directory::ratio(console, headless),
        );
    }
    Ok(())
}
