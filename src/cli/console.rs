//! The commands with a screen: `rolecall` alone, `attach` and `demo`. The console runs on a thread of
//! its own, so that neither an unread terminal nor a panic in it holds the listener up.

use std::{
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
    pin::Pin,
    thread,
    time::Duration,
};

use anyhow::{anyhow, bail};
use tokio::sync::oneshot;

use super::{
    arguments::DemoArguments,
    connect,
    logs::Logs,
    output::note,
    server::{Server, told_to_stop},
};
use crate::{
    admin::{Client, Reply, Request},
    config::{ConsoleSettings, Settings, StoreChoice, edge::EdgeSettings},
    console::{
        self, Clock, ColorLevel, ConsoleError, ConsoleOptions, Exit, ThemeKind, keymap::KeyError,
    },
    directory::{PermissionLevel, Provider},
    simulate::{Dialect, SimulateOptions, Target, tenant},
};

/// How long a console that shall end may take to give the terminal back.
const LEAVE: Duration = Duration::from_secs(2);
/// What takes longer is worth a word to the person who waits.
const MOMENT: Duration = Duration::from_secs(1);

/// `rolecall` alone: listener and console in one process.
pub(super) async fn combined(
    settings: &Settings,
    insecure_plain_http: bool,
    clock: Clock,
) -> anyhow::Result<()> {
    let options = options(settings, true)?;
    require_terminal("rolecall serve runs without one")?;
    let logs = Logs::held(settings.log);
    let mut stop = std::pin::pin!(told_to_stop());
    let server = Server::start(settings, insecure_plain_http).await?;
    match open(&server, settings, &logs, options, clock) {
        Ok((mut screen, log)) => {
            let outcome = attend(&server, &mut screen, &log, stop.as_mut()).await;
            leave(server, screen).await;
            outcome
        }
        Err(error) => {
            server.stop().await;
            Err(error)
        }
    }
}

/// Opens the console of a server in this process, and the log file first. Gives the file's path.
fn open(
    server: &Server,
    settings: &Settings,
    logs: &Logs,
    options: ConsoleOptions,
    clock: Clock,
) -> anyhow::Result<(Screen, PathBuf)> {
    let log = logs.to_file(&settings.data)?;
    tracing::info!("listening on {}", server.url());
    Ok((Screen::open(server.client(), options, clock)?, log))
}

/// Waits until the operator or a signal stops the listener; a console that is left, or lost with its
/// terminal, does not.
async fn attend(
    server: &Server,
    screen: &mut Screen,
    log: &Path,
    mut stop: Pin<&mut impl Future<Output = anyhow::Result<()>>>,
) -> anyhow::Result<()> {
    let exit = tokio::select! {
        stopped = &mut stop => return stopped,
        exit = screen.closed() => exit,
    };
    match exit {
        Ok(Exit::StopListener) => return Ok(()),
        Ok(Exit::Detach) => tracing::info!("the console is left; the listener goes on"),
        Ok(Exit::TerminalLost) => tracing::info!("the terminal is gone; the listener goes on"),
        Err(error) if has_never_come_up(&error) => return Err(error),
        Err(error) => note(&format!("rolecall: {error}; the log says where")),
    }
    note(&format!(
        "still listening on {}: Ctrl-C or kill {} stops it; logs go to {}",
        server.url(),
        std::process::id(),
        log.display()
    ));
    stop.await
}

/// A console that fails leaves its listener running; one that never came up is no console.
fn has_never_come_up(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<ConsoleError>();
    matches!(
        error,
        Some(ConsoleError::Terminal(_) | ConsoleError::Keys(_))
    )
}

/// Stops the listener, which finishes what it is answering, while the console gives the terminal
/// back.
async fn leave(server: Server, screen: Screen) {
    tracing::info!("stopping: requests that are being answered are finished first");
    let mut stopping = std::pin::pin!(server.stop());
    let stopped = tokio::time::timeout(MOMENT, stopping.as_mut());
    let (stopped, is_free) = tokio::join!(stopped, screen.left());
    if stopped.is_err() {
        // A terminal that nobody reads would keep this from ending.
        if is_free {
            note("stopping: requests that are being answered are finished first");
        }
        stopping.await;
    }
}

/// `rolecall attach`: the console onto a running server.
pub(super) async fn attach(settings: &Settings, clock: Clock) -> anyhow::Result<()> {
    let options = options(settings, false)?;
    let Some(client) = connect::running_server(&settings.data).await? else {
        bail!(
            "no server runs for {}: start one with rolecall or rolecall serve, or name another directory \
             with --data",
            settings.data.display()
        );
    };
    require_terminal("rolecall tail follows without one")?;
    // A server that this console cannot understand is told of before the screen is taken.
    let Reply::Status(_) = client.call(Request::Status).await? else {
        return Err(connect::unexpected());
    };
    // What is logged waits until the screen is free.
    let _logs = Logs::held(settings.log);
    let mut stop = std::pin::pin!(told_to_stop());
    let mut screen = Screen::open(client, options, clock)?;
    tokio::select! {
        stopped = &mut stop => {
            screen.left().await;
            stopped
        }
        exit = screen.closed() => exit.map(drop),
    }
}

/// `rolecall demo`: everything in a throw-away directory, with a simulated tenant.
pub(super) async fn demo(
    arguments: &DemoArguments,
    settings: Settings,
    clock: Clock,
) -> anyhow::Result<()> {
    require_terminal("rolecall simulate okta pushes to a server without one")?;
    let directory = tempfile::Builder::new()
        .prefix("rolecall-demo-")
        .tempdir()
        .map_err(|error| anyhow!("there is no place for a throw-away store: {error}"))?;
    let settings = Settings {
        data: directory.path().to_owned(),
        store: StoreChoice::Redb,
        listen: ([127, 0, 0, 1], 0).into(),
        base_url: None,
        edge: EdgeSettings::default(),
        read_only: false,
        ..settings
    };
    let options = options(&settings, true)?;
    let logs = Logs::held(settings.log);
    let mut stop = std::pin::pin!(told_to_stop());
    let server = Server::start(&settings, false).await?;
    let token = furnish(&server.client()).await?;
    let tenant = SimulateOptions {
        target: Target::local(server.address(), &token)?,
        users: usize::try_from(arguments.users)?,
        roles: usize::try_from(arguments.roles)?,
        dialect: Dialect::Oin,
        concurrency: 4,
        seed: 7,
    };
    let living = tokio::spawn(tenant::live(tenant, TAKEN_ROLE));
    let (mut screen, log) = open(&server, &settings, &logs, options, clock)?;
    let outcome = attend(&server, &mut screen, &log, stop.as_mut()).await;
    living.abort();
    leave(server, screen).await;
    outcome
}

/// The local role whose name the demo's tenant pushes, too.
const TAKEN_ROLE: &str = "Finance";

/// What an operator has made before the provider comes: an administrator, a role whose name is also a
/// group's, and the provider's token, which is given back.
async fn furnish(client: &Client) -> anyhow::Result<String> {
    let administrator = "root@example.com";
    let acts = [
        Request::AddUser {
            user_name: administrator.to_owned(),
            service_account: false,
            given: Some("Break".to_owned()),
            family: Some("Glass".to_owned()),
            level: PermissionLevel::Admin,
        },
        Request::AddRole {
            display_name: TAKEN_ROLE.to_owned(),
        },
        Request::Attach {
            role: TAKEN_ROLE.to_owned(),
            user: administrator.to_owned(),
        },
    ];
    for act in acts {
        client.call(act).await?;
    }
    let request = Request::CreateToken {
        provider: Provider::Okta,
        name: Some("demo".to_owned()),
        expires: None,
    };
    match client.call(request).await? {
        Reply::NewToken(token) => Ok(token.token),
        _ => Err(connect::unexpected()),
    }
}

fn require_terminal(instead: &str) -> anyhow::Result<()> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return Ok(());
    }
    bail!("the console needs a terminal, and this is none: {instead}")
}

/// What the console is told. Whether a listener runs in this process is `combined`.
fn options(settings: &Settings, combined: bool) -> anyhow::Result<ConsoleOptions> {
    let console = &settings.console;
    let theme = match &console.theme {
        Some(theme) => theme.read(str::parse)?,
        None => ThemeKind::default(),
    };
    let colors = match &console.colors {
        Some(colors) => colors.read(ColorLevel::parse)?,
        None => None,
    };
    let keys = console.keys.iter();
    let keys = keys.map(|(action, key)| (action.clone(), key.text.clone()));
    let options = ConsoleOptions {
        combined,
        read_only: settings.read_only,
        theme,
        colors,
        ascii: console.ascii,
        mouse: console.mouse,
        keys: keys.collect(),
        base_url: settings.base_url.clone(),
    };
    // Known before anything is started.
    match options.settings() {
        Err(ConsoleError::Keys(error)) => Err(placed(&error, console)),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(options),
    }
}

/// What is wrong with the keys, with the places where they are written.
fn placed(error: &KeyError, console: &ConsoleSettings) -> anyhow::Error {
    let place = |action: &str| console.keys.get(action).map(|key| key.place.as_str());
    let here = place(&error.action).unwrap_or("console.keys");
    match error.other.and_then(|other| Some((other, place(other)?))) {
        Some((other, there)) => anyhow!("{here}: {error} ({other} has it at {there})"),
        None => anyhow!("{here}: {error}"),
    }
}

/// The console on its thread, which nothing waits for without a bound: an unread terminal may hold it
/// for ever.
struct Screen {
    /// `None` once it has been told.
    exit: Option<oneshot::Receiver<anyhow::Result<Exit>>>,
}

impl Screen {
    fn open(client: Client, options: ConsoleOptions, clock: Clock) -> anyhow::Result<Self> {
        let (sender, exit) = oneshot::channel();
        thread::Builder::new()
            .name("console".to_owned())
            .spawn(move || {
                let exit = console::run(client, options, clock).map_err(anyhow::Error::from);
                // Where no one waits any more, the process is about to end.
                let _ = sender.send(exit);
            })
            .map_err(|error| anyhow!("the console's thread cannot be started: {error}"))?;
        Ok(Self { exit: Some(exit) })
    }

    /// Waits until the console has ended and given the terminal back.
    async fn closed(&mut self) -> anyhow::Result<Exit> {
        let Some(exit) = &mut self.exit else {
            return Ok(Exit::Detach);
        };
        let outcome = exit.await;
        self.exit = None;
        outcome.unwrap_or_else(|_| Err(anyhow!("the console has failed")))
    }

    /// Gives a console that a signal has told to end, too, the time to give the terminal back; false
    /// where it does not, since nobody reads what it writes.
    async fn left(mut self) -> bool {
        let left = tokio::time::timeout(LEAVE, self.closed()).await.is_ok();
        if !left {
            tracing::warn!("the terminal is not being read, and cannot be given back in full");
            console::terminal::let_go();
        }
        left
    }
}
