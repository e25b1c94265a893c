//! Floor 7, the console: a client of [`crate::admin`], and of nothing else.
//!
//! Messages go into [`update()`], which changes the [`Model`] and wants effects; [`view()`] draws the
//! model. Both are pure. Around them: the loop ([`mod@event_loop`]), the questions ([`mod@remote`]), the terminal
//! ([`mod@terminal`]) and its keys ([`mod@input`]), all on one thread and one runtime of the console's own, so
//! that a terminal that nobody reads holds up nothing but itself.
//!
//! What can be done is written once, in the table of [`mod@action`].

pub mod action;
pub mod clipboard;
pub mod columns;
pub mod event_loop;
pub mod export;
pub mod filter;
pub mod input;
pub mod keymap;
pub mod message;
pub mod model;
pub mod pace;
pub mod palette;
pub mod remote;
pub mod terminal;
pub mod text;
pub mod theme;
pub mod update;
pub mod view;

use std::{any::Any, collections::BTreeMap, io};

use jiff::{Timestamp, tz::TimeZone};
use ratatui::Terminal;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};

use self::{
    clipboard::Between,
    event_loop::{Outside, Surroundings},
    input::Reader,
    keymap::{KeyError, Keymap},
    remote::Remote,
    terminal::{Guard, Screen},
};
pub use self::{
    message::{Effect, Exit, Message},
    model::{Model, Settings},
    theme::{ColorLevel, ThemeKind},
    update::update,
    view::view,
};
use crate::admin::Client;

/// How the console shall be.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the configuration"
)]
pub struct ConsoleOptions {
    /// Whether the listener runs in this process: `q` then asks whether to stop it.
    pub combined: bool,
    /// Whether every act is refused.
    pub read_only: bool,
    /// Which palette.
    pub theme: ThemeKind,
    /// How many colours; `None`: what the environment tells of the terminal.
    pub colors: Option<ColorLevel>,
    /// Plain ASCII in place of lines and signs.
    pub ascii: bool,
    /// Whether the wheel scrolls and a click selects.
    pub mouse: bool,
    /// Other keys for actions, by the actions' names.
    pub keys: BTreeMap<String, String>,
    /// What providers are given as base URL, as far as it is known before the server answers.
    pub base_url: Option<String>,
}

/// What tells the console the time.
pub type Clock = fn() -> Timestamp;

/// Why the console could not go on. A listener in the same process is not touched by it.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// The configuration gives an action a key that cannot be.
    #[error("console.keys: {0}")]
    Keys(#[from] KeyError),
    /// The terminal cannot be used.
    #[error("the terminal cannot be used: {0}")]
    Terminal(#[from] io::Error),
    /// The console itself failed; the terminal has been given back.
    #[error("the console failed: {0}")]
    Panicked(String),
}

impl ConsoleOptions {
    /// What the model is made with.
    ///
    /// # Errors
    /// One sentence that names the entry of the configuration with a bad key.
    pub fn settings(&self) -> Result<Settings, ConsoleError> {
        let keymap = Keymap::new(&self.keys)?;
        let variable = |name: &str| std::env::var(name).ok();
        Ok(Settings {
            combined: self.combined,
            read_only: self.read_only,
            theme: self.theme,
            colors: self.colors.unwrap_or_else(|| ColorLevel::detect(variable)),
            ascii: self.ascii,
            keymap,
            base_url: self.base_url.clone(),
            zone: TimeZone::system(),
        })
    }
}

/// Runs the console until it is left, on a thread of its own. Blocks the calling thread; call it
/// from a thread that nothing else needs.
///
/// # Errors
/// When a key cannot be, the terminal cannot be used, or the console itself fails. The terminal is
/// given back in every case.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the console keeps what it is given"
)]
pub fn run(client: Client, options: ConsoleOptions, clock: Clock) -> Result<Exit, ConsoleError> {
    let settings = options.settings()?;
    let mouse = options.mouse;
    let thread = std::thread::Builder::new()
        .name("console".to_owned())
        .spawn(move || run_here(client, settings, mouse, clock))?;
    thread
        .join()
        .unwrap_or_else(|panic| Err(ConsoleError::Panicked(reason(panic.as_ref()))))
}

fn reason(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "for no reason that it could tell".to_owned())
}

fn run_here(
    client: Client,
    settings: Settings,
    mouse: bool,
    clock: Clock,
) -> Result<Exit, ConsoleError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let guard = Guard::enter(mouse)?;
    let ended = runtime.block_on(run_on(&guard, client, settings, mouse, clock));
    drop(guard);
    match ended {
        Err(error) if is_hangup(&error) => Ok(Exit::TerminalLost),
        ended => Ok(ended?),
    }
}

/// Whether a write failed because the terminal has gone.
fn is_hangup(error: &io::Error) -> bool {
    const EIO: i32 = 5;
    error.kind() == io::ErrorKind::BrokenPipe || error.raw_os_error() == Some(EIO)
}

async fn run_on(
    guard: &Guard,
    client: Client,
    settings: Settings,
    mouse: bool,
    clock: Clock,
) -> io::Result<Exit> {
    let mut terminal = Terminal::new(guard.screen())?;
    // Not Terminal::clear: it asks the terminal where its cursor is, and not every one answers.
    ratatui::backend::Backend::clear(terminal.backend_mut())?;
    let (inbox_sender, inbox) = mpsc::channel(256);
    let remote = Remote::new(client, inbox_sender);
    remote.follow();
    let (_reader, keys) = Reader::start()?;
    let outside = outside(keys)?;
    let between = Between::detect(|name| std::env::var(name).ok());
    let copy = move |screen: &mut Screen, text: &str| {
        use io::Write as _;
        let _ = screen.write_all(clipboard::sequence(text, between).as_bytes());
        let _ = screen.flush();
    };
    let mut model = Model::new(settings, clock());
    model.mouse = mouse;
    let around = Surroundings {
        outside,
        inbox,
        remote,
        copy,
        mouse: |on| {
            // A terminal that cannot be written to is found out by the drawing.
            let _ = terminal::capture(on);
        },
    };
    let ended = event_loop::run(&mut terminal, &mut model, around, clock).await;
    // Once it has come up, a terminal that fails is a terminal that is gone.
    Ok(ended.unwrap_or_else(|error| {
        tracing::warn!(%error, "the terminal cannot be used any more");
        Exit::TerminalLost
    }))
}

/// Keys, sizes and signals in one channel.
fn outside(
    mut keys: mpsc::Receiver<crossterm::event::Event>,
) -> io::Result<mpsc::Receiver<Outside>> {
    let mut resized = signal(SignalKind::window_change())?;
    let mut hung_up = signal(SignalKind::hangup())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let (sender, receiver) = mpsc::channel(256);
    tokio::spawn(async move {
        loop {
            let next = tokio::select! {
                _ = hung_up.recv() => Outside::Lost,
                _ = terminated.recv() => Outside::Ended,
                _ = interrupted.recv() => Outside::Ended,
                _ = resized.recv() => Outside::Resized,
                key = keys.recv() => key.map_or(Outside::Lost, Outside::Input),
            };
            let last = matches!(next, Outside::Lost | Outside::Ended);
            if sender.send(next).await.is_err() || last {
                return;
            }
        }
    });
    Ok(receiver)
}
