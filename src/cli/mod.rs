//! Floor 8, the subcommands: each asks the admin API, of a running server or of the store that it
//! opens itself, and prints what it was answered.

mod access;
mod arguments;
mod backup;
mod compact;
mod conflict;
mod connect;
mod console;
mod document;
mod edge_flags;
mod export;
mod filter;
mod hold;
mod identity;
mod journal;
mod logs;
mod member;
mod output;
mod provider;
mod replay;
mod resource;
mod role;
mod serve;
mod server;
mod session;
mod simulate;
mod status;
mod supervisor;
mod table;
mod tail;
mod token;
mod undo;
mod user;
mod warning;
mod watch_flags;
mod when;
mod words;

#[cfg(test)]
mod tests;

use std::{
    ffi::OsString,
    io::{self, ErrorKind, Write as _},
    path::Path,
    process::ExitCode,
};

use clap::{CommandFactory as _, FromArgMatches as _, parser::ValueSource};
use jiff::Timestamp;
use tokio::runtime::{Builder, Runtime};

use self::{
    arguments::{Arguments, Command, Common},
    output::Output,
    session::Session,
};
use crate::{
    config::{ConfigError, Layer, Settings},
    console::Clock,
};

/// Runs the program with these arguments, the first of which is its name, to its exit code: 0 done,
/// 1 refused or failed with one line on stderr, 2 wrong usage.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    main_by_clock(arguments, Timestamp::now)
}

/// As [`main`], with another clock for the console.
pub fn main_by_clock(arguments: impl IntoIterator<Item = OsString>, clock: Clock) -> ExitCode {
    let arguments = match parse(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help goes to stdout and succeeds; what cannot be printed there is no failure of ours.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match run(arguments, clock) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::note(&format!("rolecall: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Arguments, clap::Error> {
    let mut command = Arguments::command();
    let matches = command.try_get_matches_from_mut(arguments)?;
    if let Some(name) = matches.subcommand_name() {
        // Of the flags before a command, only the common ones reach it.
        let common = [
            "data",
            "store",
            "store_password_file",
            "store_connections",
            "node",
            "config",
            "json",
        ];
        let misplaced = command.get_arguments().find(|argument| {
            let id = argument.get_id().as_str();
            !common.contains(&id)
                && matches.try_contains_id(id).unwrap_or(false)
                && matches.value_source(id) == Some(ValueSource::CommandLine)
        });
        if let Some(flag) = misplaced.and_then(clap::Arg::get_long) {
            let message = format!(
                "--{flag} belongs to the console or to serve, and has no effect before {name}"
            );
            return Err(command.error(clap::error::ErrorKind::ArgumentConflict, message));
        }
    }
    Arguments::from_arg_matches(&matches)
}

/// The reader of our output has seen enough.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|cause| cause.kind() == ErrorKind::BrokenPipe)
    })
}

fn run(arguments: Arguments, clock: Clock) -> anyhow::Result<()> {
    let Arguments {
        common,
        server,
        console,
        command,
    } = arguments;
    let Some(command) = command else {
        let settings = settings(&common, |layer| console.add_to(server.add_to(layer)))?;
        return end(
            large_runtime()?,
            console::combined(&settings, server.insecure_plain_http, clock),
        );
    };
    match command {
        Command::Completions { shell } => completions(shell),
        Command::Man { directory } => manual(directory.as_deref()),
        Command::Serve(flags) => {
            let settings = settings(&common, |layer| flags.add_to(layer))?;
            end(
                large_runtime()?,
                serve::run(&settings, flags.insecure_plain_http),
            )
        }
        Command::Attach(arguments) => {
            let settings = settings(&common, |layer| arguments.add_to(layer))?;
            end(small_runtime()?, console::attach(&settings, clock))
        }
        Command::Demo(arguments) => {
            let settings = settings(&common, |layer| arguments.console.add_to(layer))?;
            end(large_runtime()?, console::demo(&arguments, settings, clock))
        }
        Command::Simulate(command) => end(large_runtime()?, simulate::run(command)),
        Command::Replay(arguments) => {
            let settings = settings(&common, |layer| server.add_to(layer))?;
            end(
                small_runtime()?,
                replay::run(arguments, settings, common.json),
            )
        }
        Command::Restore(arguments) => {
            let settings = settings(&common, |layer| server.add_to(layer))?;
            end(
                small_runtime()?,
                backup::take_in(&arguments, &settings, common.json),
            )
        }
        Command::Check => {
            let settings = settings(&common, |layer| server.add_to(layer))?;
            end(small_runtime()?, backup::check(&settings, common.json))
        }
        Command::Compact => {
            let settings = settings(&common, |layer| server.add_to(layer))?;
            end(small_runtime()?, compact::run(&settings, common.json))
        }
        command => {
            let settings = settings(&common, |layer| server.add_to(layer))?;
            end(small_runtime()?, ask(command, &settings, common.json))
        }
    }
}

/// Runs to the end, and leaves behind what cannot be waited for: a console whose terminal nobody reads.
fn end(runtime: Runtime, command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let outcome = runtime.block_on(command);
    runtime.shutdown_background();
    outcome
}

/// The commands that are clients of the admin API.
async fn ask(command: Command, settings: &Settings, json: bool) -> anyhow::Result<()> {
    let mut session = Session {
        connection: connect::connect(settings).await?,
        output: Output::new(json),
    };
    let session_of = &mut session;
    let outcome = match command {
        Command::Status => status::run(session_of).await,
        Command::Token(command) => token::run(command, session_of).await,
        Command::Provider(command) => provider::run(command, session_of).await,
        Command::User(command) => user::run(command, session_of).await,
        Command::Role(command) => role::run(command, session_of).await,
        Command::Member(command) => member::run(command, session_of).await,
        Command::Conflict(command) => conflict::run(command, session_of).await,
        Command::Resource(command) => resource::run(command, session_of).await,
        Command::Access(command) => access::run(command, session_of).await,
        Command::Identity(command) => identity::run(command, session_of).await,
        Command::Warning(command) => warning::run(command, session_of).await,
        Command::Hold(command) => hold::run(command, session_of).await,
        Command::Undo(arguments) => undo::run(arguments, session_of).await,
        Command::Export(command) => export::run(command, session_of).await,
        Command::Backup(arguments) => backup::write(arguments, session_of).await,
        Command::Audit(arguments) => journal::run(arguments, session_of).await,
        Command::Tail(arguments) => tail::run(arguments, session_of).await,
        Command::Serve(_)
        | Command::Attach(_)
        | Command::Demo(_)
        | Command::Simulate(_)
        | Command::Restore(_)
        | Command::Check
        | Command::Compact
        | Command::Replay(_)
        | Command::Completions { .. }
        | Command::Man { .. } => Ok(()),
    };
    session.connection.close().await;
    outcome
}

/// Flags and environment over the configuration file.
fn settings(common: &Common, flags: impl FnOnce(Layer) -> Layer) -> Result<Settings, ConfigError> {
    let file = match &common.config {
        Some(path) => Layer::from_file(path)?,
        None => Layer::default(),
    };
    flags(common.layer()).over(file)
}

/// For what asks one question after another.
fn small_runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// For what serves or loads: a few threads, however many cores there are.
fn large_runtime() -> io::Result<Runtime> {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    Builder::new_multi_thread()
        .worker_threads(cores.clamp(2, 8))
        .enable_all()
        .build()
}

fn completions(shell: clap_complete::Shell) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "rolecall", &mut script);
    let mut out = io::stdout().lock();
    out.write_all(&script)?;
    Ok(out.flush()?)
}

/// Prints the main page, or writes every page.
fn manual(directory: Option<&Path>) -> anyhow::Result<()> {
    let command = Arguments::command().disable_help_subcommand(true);
    let Some(directory) = directory else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        let mut out = io::stdout().lock();
        out.write_all(&page)?;
        return Ok(out.flush()?);
    };
    clap_mangen::generate_to(command, directory).map_err(|error| {
        anyhow::anyhow!(
            "the manual pages cannot be written to {}: {error}; make the directory first",
            directory.display()
        )
    })
}
