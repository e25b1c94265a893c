//! Where logs go: to stderr, or as long as a console has the screen, to a file beside the store. The
//! panics of every thread are among them.

mod file;
mod format;

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    io::{self, Write as _},
    panic::PanicHookInfo,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::anyhow;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt as _,
    registry,
    util::SubscriberInitExt as _,
};

use self::{file::LogFile, format::WithRequest};
use crate::config::LogFormat;

/// The file's name in the data directory.
const NAME: &str = "rolecall.log";
/// From so many bytes on the file is put aside as `rolecall.log.1`, in place of the one before.
const FILE_BYTES: u64 = 8 * 1024 * 1024;
/// So many bytes are held as long as it is not known where they go; what comes after them is lost.
const HELD_BYTES: usize = 256 * 1024;

/// The logs of the process.
pub(super) struct Logs {
    destination: Shared,
}

type Shared = Arc<Mutex<Destination>>;

enum Destination {
    /// Not known yet.
    Held(Vec<u8>),
    Stderr,
    File(LogFile),
}

impl Logs {
    /// Logs that go to stderr.
    pub(super) fn on_stderr(format: LogFormat) -> Self {
        Self::start(format, Destination::Stderr)
    }

    /// Logs that are held until it is known where they go. Dropping this sends them to stderr.
    pub(super) fn held(format: LogFormat) -> Self {
        Self::start(format, Destination::Held(Vec::new()))
    }

    /// `RUST_LOG` chooses how much is logged.
    fn start(format: LogFormat, destination: Destination) -> Self {
        let destination = Arc::new(Mutex::new(destination));
        let filter: Targets = std::env::var("RUST_LOG")
            .ok()
            .and_then(|directives| directives.parse().ok())
            .unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
        let shared = Arc::clone(&destination);
        let logs = fmt::layer()
            .with_writer(move || Line(Arc::clone(&shared)))
            .with_ansi(false);
        // Only a second call in one process could fail, and its logs go where the first one said.
        let _ = match format {
            LogFormat::Text => {
                let logs = logs.map_event_format(|inner| WithRequest { inner, format });
                registry().with(filter).with(logs).try_init()
            }
            LogFormat::Json => {
                let logs = logs.json().flatten_event(true);
                let logs = logs.map_event_format(|inner| WithRequest { inner, format });
                registry().with(filter).with(logs).try_init()
            }
        };
        std::panic::set_hook(Box::new(log_panic));
        Self { destination }
    }

    /// From now on they go to the file in this directory, those that were held first. Gives its path.
    ///
    /// # Errors
    /// One sentence, when the file cannot be opened.
    pub(super) fn to_file(&self, directory: &Path) -> anyhow::Result<PathBuf> {
        let path = directory.join(NAME);
        let file = LogFile::open(path.clone(), FILE_BYTES).map_err(|error| {
            anyhow!(
                "the log file {} cannot be opened: {error}; move it away, or make room for it",
                path.display()
            )
        })?;
        self.send_to(Destination::File(file));
        Ok(path)
    }

    fn send_to(&self, next: Destination) {
        let mut destination = lock(&self.destination);
        let before = std::mem::replace(&mut *destination, next);
        if let Destination::Held(lines) = before {
            destination.take(&lines);
        }
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        let is_held = matches!(&*lock(&self.destination), Destination::Held(_));
        if is_held {
            self.send_to(Destination::Stderr);
        }
    }
}

fn lock(destination: &Shared) -> MutexGuard<'_, Destination> {
    destination.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Destination {
    /// Never fails: where a line cannot be written, there is no one left to tell.
    fn take(&mut self, line: &[u8]) {
        match self {
            Self::Held(lines) if lines.len() + line.len() <= HELD_BYTES => lines.extend(line),
            Self::Held(_) => {}
            Self::Stderr => {
                let _ = io::stderr().lock().write_all(line);
            }
            Self::File(file) => file.take(line),
        }
    }
}

/// Takes one event.
struct Line(Shared);

impl io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).take(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Logs a panic with its place; with a backtrace, too, where `RUST_BACKTRACE` asks for it.
fn log_panic(info: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("without a name");
    let place = info.location().map(ToString::to_string);
    let place = place.unwrap_or_else(|| "unknown".to_owned());
    let payload = info.payload();
    let message = payload.downcast_ref::<&str>().copied();
    let message = message.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let message = message.unwrap_or("of another kind than text");
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        tracing::error!(panic = message, place, thread, %backtrace, "a panic");
    } else {
        tracing::error!(panic = message, place, thread, "a panic");
    }
}
