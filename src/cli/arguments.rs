//! What the command line takes: the whole of it, as clap sees it.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};

use super::{
    access::AccessCommand,
    backup::{BackupArguments, RestoreArguments},
    conflict::ConflictCommand,
    edge_flags::EdgeFlags,
    export::ExportCommand,
    hold::HoldCommand,
    identity::IdentityCommand,
    journal::AuditArguments,
    member::MemberCommand,
    provider::ProviderCommand,
    replay::ReplayArguments,
    resource::ResourceCommand,
    role::RoleCommand,
    simulate::SimulateCommand,
    tail::TailArguments,
    token::TokenCommand,
    undo::UndoArguments,
    user::UserCommand,
    warning::WarningCommand,
    watch_flags::WatchFlags,
};
use crate::config::{
    Layer, LogFormat, Placed, StoreChoice, parse_base_url, parse_duration, parse_listen,
    store::{DatabaseLayer, Password, parse_connections, parse_node},
};
use crate::console::{ColorLevel, ThemeKind, keymap};

const EXAMPLES: &str = "\
Examples:
  rolecall                                  console and listener in one process
  rolecall serve --listen 127.0.0.1:8080    the same without a screen
  rolecall token create --provider okta     a token for the provider, printed once
  rolecall user list --json                 every command beside a running server or without one
  rolecall demo                             a look around, over a throw-away store

Exit codes: 0 done, 1 refused or failed with one line on stderr, 2 wrong usage.";

/// A self-hosted SCIM 2.0 provisioning server with an operator console in the terminal.
///
/// Without a command: the console, with the listener in the same process.
#[derive(Debug, Parser)]
#[command(
    name = "rolecall",
    version,
    after_help = EXAMPLES,
    subcommand_help_heading = "Commands",
    max_term_width = 110
)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) server: ServerFlags,
    #[command(flatten)]
    pub(super) console: ConsoleFlags,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Common options")]
pub(super) struct Common {
    /// The data directory; by default the platform's own place
    #[arg(long, global = true, value_name = "DIR", env = "ROLECALL_DATA", hide_env_values = true,
        value_parser = clap::value_parser!(PathBuf))]
    pub(super) data: Option<PathBuf>,
    /// Where the directory lives: redb, a file in the data directory; memory; or the postgres:// URL of a database
    #[arg(
        long,
        global = true,
        value_name = "STORE",
        env = "ROLECALL_STORE",
        hide_env_values = true
    )]
    pub(super) store: Option<StoreChoice>,
    /// The file whose first line is the database's password; `ROLECALL_STORE_PASSWORD` may hold it, too
    #[arg(long, global = true, value_name = "FILE", env = "ROLECALL_STORE_PASSWORD_FILE", hide_env_values = true,
        value_parser = clap::value_parser!(PathBuf))]
    store_password_file: Option<PathBuf>,
    /// How many connections to the database are open at most, as in 16
    #[arg(long, global = true, value_name = "NUMBER", env = "ROLECALL_STORE_CONNECTIONS", hide_env_values = true,
        value_parser = parse_connections)]
    store_connections: Option<usize>,
    /// What this process is called among those that share the database; by default as its machine
    #[arg(long, global = true, value_name = "NAME", env = "ROLECALL_NODE", hide_env_values = true,
        value_parser = parse_node)]
    node: Option<String>,
    /// The configuration file (TOML)
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "ROLECALL_CONFIG",
        hide_env_values = true
    )]
    pub(super) config: Option<PathBuf>,
    /// Print JSON: one document, or a line each where the command follows
    #[arg(long, global = true)]
    pub(super) json: bool,
}

/// What the listener is told.
#[derive(Debug, Args)]
#[command(next_help_heading = "Server options")]
pub(super) struct ServerFlags {
    /// The address that providers push to
    #[arg(long, value_name = "ADDRESS:PORT", env = "ROLECALL_LISTEN", hide_env_values = true,
        value_parser = parse_listen)]
    listen: Option<SocketAddr>,
    /// What providers are given as base URL, where a proxy stands before the listener
    #[arg(long, value_name = "URL", env = "ROLECALL_BASE_URL", hide_env_values = true,
        value_parser = parse_base_url)]
    base_url: Option<String>,
    /// How logs are written: text or json
    #[arg(
        long,
        value_name = "FORMAT",
        env = "ROLECALL_LOG",
        hide_env_values = true
    )]
    log: Option<LogFormat>,
    /// Write a line to the log for each request; it may hold names and addresses
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
        value_name = "BOOL", env = "ROLECALL_LOG_REQUESTS", hide_env_values = true)]
    log_requests: Option<bool>,
    /// Refuse every act of operators; providers go on pushing
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
        value_name = "BOOL", env = "ROLECALL_READ_ONLY", hide_env_values = true)]
    read_only: Option<bool>,
    /// Allow plain HTTP on an address that other machines reach, behind a proxy that speaks TLS
    #[arg(long)]
    pub(super) insecure_plain_http: bool,
    /// Answer /healthz, /readyz and /metrics on this address, for monitoring; by default on none
    #[arg(long, value_name = "ADDRESS:PORT", env = "ROLECALL_HEALTH_LISTEN", hide_env_values = true,
        value_parser = parse_listen)]
    health_listen: Option<SocketAddr>,
    /// The quiet that closes a sync digest, as in 30s
    #[arg(long, value_name = "TIME", env = "ROLECALL_SYNC_GAP", hide_env_values = true,
        value_parser = parse_duration)]
    sync_gap: Option<Duration>,
    #[command(flatten)]
    edge: EdgeFlags,
    #[command(flatten)]
    watch: WatchFlags,
}

/// What the console is told.
#[derive(Debug, Args)]
#[command(next_help_heading = "Console options")]
pub(super) struct ConsoleFlags {
    /// The theme: dark, light or color-blind
    #[arg(long, value_name = "NAME", env = "ROLECALL_THEME", hide_env_values = true, value_parser = parse_theme)]
    theme: Option<String>,
    /// How many colours: auto, truecolor, 256, 16 or none; auto heeds `NO_COLOR`
    #[arg(long, value_name = "COLORS", env = "ROLECALL_COLORS", hide_env_values = true, value_parser = parse_colors)]
    colors: Option<String>,
    /// Whether the mouse is used
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
        value_name = "BOOL", env = "ROLECALL_MOUSE", hide_env_values = true)]
    mouse: Option<bool>,
    /// Draw borders with plain characters
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
        value_name = "BOOL", env = "ROLECALL_ASCII", hide_env_values = true)]
    ascii: Option<bool>,
    /// Move an action to another key, as in --key new-token=n; may be repeated
    #[arg(long = "key", value_name = "ACTION=KEY", value_parser = parse_key)]
    keys: Vec<(String, String)>,
}

/// For acts.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct DryRun {
    /// Print what would change, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Listen for providers, without a screen
    #[command(after_help = "\
Logs go to stderr. Once ready, stderr has one line:
  listening on http://127.0.0.1:8080/scim/v2
SIGTERM and SIGINT finish the requests that are being answered, then stop.

Example:
  rolecall serve --data /var/lib/rolecall --listen 127.0.0.1:8080 --log json")]
    Serve(Box<ServerFlags>),
    /// Open the console onto a running server
    Attach(AttachArguments),
    /// Open the console over a throw-away store, with a simulated tenant pushing into it
    Demo(DemoArguments),
    /// Play an identity provider's side against any SCIM base URL
    #[command(subcommand)]
    Simulate(SimulateCommand),
    /// Print the state of the whole
    Status,
    /// Make, list and revoke the tokens that providers push with
    #[command(subcommand)]
    Token(TokenCommand),
    /// List, activate and deactivate providers
    #[command(subcommand)]
    Provider(ProviderCommand),
    /// List, show, add, edit, suspend, delete and release users and service accounts
    #[command(subcommand)]
    User(UserCommand),
    /// List, show, add, rename, delete and release roles
    #[command(subcommand)]
    Role(RoleCommand),
    /// Put users into roles and take them out
    #[command(subcommand)]
    Member(MemberCommand),
    /// List, show and resolve pushes that were refused because of what is already here
    #[command(subcommand)]
    Conflict(ConflictCommand),
    /// Add, list and delete what roles and users may reach
    #[command(subcommand)]
    Resource(ResourceCommand),
    /// Say who may reach what, for how long, and why
    #[command(subcommand)]
    Access(AccessCommand),
    /// List identity sets and the aliases in them
    #[command(subcommand)]
    Identity(IdentityCommand),
    /// List what the operator should know
    #[command(subcommand)]
    Warning(WarningCommand),
    /// List, approve and refuse held mass suspensions
    #[command(subcommand)]
    Hold(HoldCommand),
    /// Take the calling account's own last act back
    Undo(UndoArguments),
    /// Print the journal: every change, who made it, when and how
    Audit(AuditArguments),
    /// Follow the requests of providers as they come
    Tail(TailArguments),
    /// Write recorded requests to a file
    #[command(subcommand)]
    Export(ExportCommand),
    /// Play recorded requests again, and say what that changes
    Replay(ReplayArguments),
    /// Write the whole directory to a file, while a server runs or not
    Backup(BackupArguments),
    /// Check every index, counter and invariant of the store; exit code 1 if something is wrong
    #[command(after_help = "\
Where no server runs, every page of the file is compared with its checksum, too. Nothing is written.

Example:
  rolecall check --json | jq -r '.problems[]'")]
    Check,
    /// Give back the disk that the store does not need any more
    #[command(after_help = "\
No server may run on the directory. The file becomes shorter where much has been deleted, or where much recorded
history has gone; a server fills the room inside it again by itself, so that this is seldom needed. A power cut
meanwhile loses nothing. A damaged file is refused, and left as it is.

Example:
  rolecall compact --json | jq '.bytes_before - .bytes_after'")]
    Compact,
    /// Take a backup into an empty data directory
    Restore(RestoreArguments),
    /// Print a completion script for a shell
    #[command(
        after_help = "Example:\n  rolecall completions bash > ~/.local/share/bash-completion/completions/rolecall"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one for each command to a directory
    #[command(after_help = "\
Examples:
  rolecall man | man -l -
  rolecall man /usr/local/share/man/man1")]
    Man {
        /// Where a page for each command is written; without it, the main one is printed
        directory: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(super) struct AttachArguments {
    /// Leave every act out of the console
    #[arg(long)]
    read_only: bool,
    #[command(flatten)]
    console: ConsoleFlags,
}

#[derive(Debug, Args)]
pub(super) struct DemoArguments {
    /// How many users the simulated tenant has
    #[arg(long, value_name = "NUMBER", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) users: u32,
    /// How many roles it pushes
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(super) roles: u32,
    #[command(flatten)]
    pub(super) console: ConsoleFlags,
}

fn parse_key(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((action, key)) if !action.is_empty() && !key.is_empty() => {
            let mapping = (action.to_owned(), key.to_owned());
            keymap::check(&mapping.0, &mapping.1)?;
            Ok(mapping)
        }
        _ => Err(format!(
            "{text:?} is not a mapping: write it as in new-token=n"
        )),
    }
}

/// Kept as text: the file gives text, too.
fn parse_theme(text: &str) -> Result<String, String> {
    text.parse::<ThemeKind>().map(|_| text.to_owned())
}

fn parse_colors(text: &str) -> Result<String, String> {
    ColorLevel::parse(text).map(|_| text.to_owned())
}

impl Common {
    pub(super) fn layer(&self) -> Layer {
        Layer {
            data: self.data.clone(),
            store: self.store.clone(),
            database: DatabaseLayer {
                password: Password::from_environment(),
                password_file: self.store_password_file.clone(),
                connections: self.store_connections,
            },
            node: self.node.clone(),
            ..Layer::default()
        }
    }
}

impl ServerFlags {
    pub(super) fn add_to(&self, layer: Layer) -> Layer {
        Layer {
            listen: self.listen,
            base_url: self.base_url.clone(),
            log: self.log,
            log_requests: self.log_requests,
            read_only: self.read_only,
            health_listen: self.health_listen,
            edge: self.edge.layer(),
            sync_gap: self.sync_gap,
            watch: self.watch.layer(),
            ..layer
        }
    }
}

impl AttachArguments {
    pub(super) fn add_to(&self, layer: Layer) -> Layer {
        Layer {
            read_only: self.read_only.then_some(true),
            ..self.console.add_to(layer)
        }
    }
}

impl ConsoleFlags {
    pub(super) fn add_to(&self, layer: Layer) -> Layer {
        let keys: BTreeMap<String, Placed> = self
            .keys
            .iter()
            .map(|(action, key)| {
                let mapping = Placed {
                    text: key.clone(),
                    place: "--key".to_owned(),
                };
                (action.clone(), mapping)
            })
            .collect();
        Layer {
            theme: self.theme.clone().map(|text| Placed {
                text,
                place: "--theme".to_owned(),
            }),
            colors: self.colors.clone().map(|text| Placed {
                text,
                place: "--colors".to_owned(),
            }),
            mouse: self.mouse,
            ascii: self.ascii,
            keys,
            ..layer
        }
    }
}
