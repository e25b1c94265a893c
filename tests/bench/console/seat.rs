//! The real binary in a pseudo-terminal, or without one, and a provider's token for it.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rolecall::simulate::Target as Provider;
use tempfile::TempDir;

use crate::Outcome;

/// How long anything may take before it is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whether there is a console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `rolecall`: listener and console.
    Combined,
    /// `rolecall serve`.
    Headless,
}

type Awaited = Box<dyn Fn(&vt100::Screen) -> bool + Send>;

struct Shown {
    /// `None` while nobody looks: what comes is only counted.
    parser: Option<vt100::Parser>,
    bytes: u64,
    reading: bool,
    over: bool,
    awaited: Option<Awaited>,
    seen: Option<Instant>,
}

struct Shared {
    shown: Mutex<Shown>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running program.
pub(crate) struct Seat {
    child: Box<dyn Child + Send + Sync>,
    writer: Box<dyn Write + Send>,
    shared: Arc<Shared>,
    /// Where a provider pushes to.
    pub(crate) provider: Provider,
    _master: Box<dyn MasterPty + Send>,
    _directory: TempDir,
}

/// How large the terminal is.
const SIZE: PtySize = PtySize {
    rows: 40,
    cols: 140,
    pixel_width: 0,
    pixel_height: 0,
};

impl Seat {
    /// Starts it over a fresh directory and makes a token.
    pub(crate) fn start(kind: Kind) -> Outcome<Self> {
        let directory = tempfile::tempdir()?;
        let data = directory.path().join("data");
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_rolecall"));
        if kind == Kind::Headless {
            command.arg("serve");
        }
        command.args(["--listen", &address.to_string(), "--sync-gap", "2s"]);
        command.args(["--safeguard-mass-suspension", "false"]);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("USER", "bench");
        command.env("ROLECALL_DATA", &data);
        let pair = native_pty_system().openpty(SIZE)?;
        let child = pair.slave.spawn_command(command)?;
        drop(pair.slave);
        let shared = Arc::new(Shared {
            shown: Mutex::new(Shown {
                parser: Some(vt100::Parser::new(
                    SIZE.rows.try_into()?,
                    SIZE.cols.try_into()?,
                    0,
                )),
                bytes: 0,
                reading: true,
                over: false,
                awaited: None,
                seen: None,
            }),
            changed: Condvar::new(),
        });
        let reader = pair.master.try_clone_reader()?;
        let taking = Arc::clone(&shared);
        thread::spawn(move || take(reader, &taking));
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            if start.elapsed() > PATIENCE {
                return Err("the server does not listen".into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        let token = Command::new(env!("CARGO_BIN_EXE_rolecall"))
            .env("ROLECALL_DATA", &data)
            .args(["token", "create", "--provider", "okta"])
            .output()?;
        let secret = String::from_utf8(token.stdout)?;
        let base = format!("http://{address}/scim/v2");
        Ok(Self {
            child,
            writer: pair.master.take_writer()?,
            shared,
            provider: Provider::new(&base, secret.trim())?,
            _master: pair.master,
            _directory: directory,
        })
    }

    /// The process.
    pub(crate) fn process(&self) -> u32 {
        self.child.process_id().unwrap_or(0)
    }

    /// How many bytes were drawn so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.shared.lock().bytes
    }

    /// From now on what is drawn is only counted.
    pub(crate) fn look_away(&self) {
        self.shared.lock().parser = None;
    }

    /// Takes what is drawn, or leaves it, as a frozen connection does.
    pub(crate) fn read(&self, reading: bool) {
        self.shared.lock().reading = reading;
        self.shared.changed.notify_all();
    }

    /// Types, and waits until the screen is as it should be; gives how long that took.
    pub(crate) fn press(
        &mut self,
        keys: &str,
        until: impl Fn(&vt100::Screen) -> bool + Send + 'static,
    ) -> Outcome<Duration> {
        {
            let mut shown = self.shared.lock();
            shown.awaited = Some(Box::new(until));
            shown.seen = None;
        }
        let start = Instant::now();
        self.writer.write_all(keys.as_bytes())?;
        self.writer.flush()?;
        let shown = self.shared.lock();
        let waits = |shown: &mut Shown| shown.seen.is_none() && !shown.over;
        let (shown, _) = self
            .shared
            .changed
            .wait_timeout_while(shown, PATIENCE, waits)
            .unwrap_or_else(PoisonError::into_inner);
        let Some(seen) = shown.seen else {
            let screen = shown
                .parser
                .as_ref()
                .map(|parser| parser.screen().contents());
            return Err(
                format!("{keys:?} is not answered:\n{}", screen.unwrap_or_default()).into(),
            );
        };
        Ok(seen.saturating_duration_since(start))
    }

    /// Waits until a text is on the screen.
    pub(crate) fn until(&mut self, text: &'static str) -> Outcome<()> {
        self.press("", move |screen| screen.contents().contains(text))?;
        Ok(())
    }

    /// Waits until nothing is drawn for so long.
    pub(crate) fn until_still(&self, time: Duration) -> Outcome<()> {
        let start = Instant::now();
        let mut before = (self.bytes(), Instant::now());
        while before.1.elapsed() < time {
            if start.elapsed() > 6 * PATIENCE {
                return Err("the screen does not come to rest".into());
            }
            thread::sleep(Duration::from_millis(100));
            let bytes = self.bytes();
            if bytes != before.0 {
                before = (bytes, Instant::now());
            }
        }
        Ok(())
    }
}

/// Takes what is drawn until the program ends.
fn take(mut reader: impl Read, shared: &Shared) {
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let stopped = |shown: &mut Shown| !shown.reading;
        drop(shared.changed.wait_while(shared.lock(), stopped));
        let length = reader.read(&mut bytes).unwrap_or(0);
        let now = Instant::now();
        let mut shown = shared.lock();
        let read = bytes.get(..length).unwrap_or_default();
        shown.bytes += read.len() as u64;
        shown.over = read.is_empty();
        if let Some(parser) = &mut shown.parser {
            parser.process(read);
        }
        let is = match (&shown.parser, &shown.awaited) {
            (Some(parser), Some(awaited)) => awaited(parser.screen()),
            _ => false,
        };
        if is {
            shown.awaited = None;
            shown.seen = Some(now);
        }
        shared.changed.notify_all();
        if shown.over {
            return;
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
