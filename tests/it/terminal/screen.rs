//! A seat in front of a terminal: what is typed goes in, what is written is drawn.

use std::{
    io::{Read as _, Write},
    num::NonZero,
    process::Command,
    sync::{Arc, Condvar, Mutex},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rolecall::console::terminal::Guard;
use tempfile::TempDir;

/// How long anything may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(20);

struct Shown {
    parser: vt100::Parser,
    reading: bool,
    over: bool,
}

type Shared = Arc<(Mutex<Shown>, Condvar)>;

/// A program in a pseudo-terminal.
pub(super) struct Seat {
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    child: Option<Box<dyn Child + Send + Sync>>,
    shown: Shared,
    _directory: TempDir,
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).expect("a terminal has cells")
}

impl Seat {
    /// The console with its listener, on a port and a directory of its own.
    pub(super) fn rolecall(columns: u16, rows: u16) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_rolecall"));
        command.args(["--listen", "127.0.0.1:0", "--data"]);
        command.arg(directory.path().join("data"));
        Self::start(command, columns, rows, directory)
    }

    /// A child of this test binary, which runs one of its own ignored tests.
    pub(super) fn child(test: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut command = CommandBuilder::new(std::env::current_exe().expect("this binary"));
        command.args([test, "--exact", "--ignored", "--nocapture"]);
        Self::start(command, 80, 24, directory)
    }

    fn start(mut command: CommandBuilder, columns: u16, rows: u16, directory: TempDir) -> Self {
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("USER", "tester");
        let pair = native_pty_system()
            .openpty(size(columns, rows))
            .expect("a pseudo-terminal");
        let child = pair
            .slave
            .spawn_command(command)
            .expect("the program starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let writer = pair.master.take_writer().expect("a writer");
        let shown: Shared = Arc::new((
            Mutex::new(Shown {
                parser: vt100::Parser::new(cells(rows), cells(columns), 0),
                reading: true,
                over: false,
            }),
            Condvar::new(),
        ));
        let shared = Arc::clone(&shown);
        thread::spawn(move || {
            let mut bytes = [0; 4_096];
            loop {
                {
                    let held = shared.0.lock().expect("no reader panics");
                    let waits = |shown: &mut Shown| !shown.reading;
                    drop(shared.1.wait_while(held, waits).expect("no reader panics"));
                }
                let length = reader.read(&mut bytes).unwrap_or(0);
                let mut shown = shared.0.lock().expect("no reader panics");
                if length == 0 {
                    shown.over = true;
                    shared.1.notify_all();
                    return;
                }
                shown.parser.process(&bytes[..length]);
                shared.1.notify_all();
            }
        });
        Self {
            master: Some(pair.master),
            writer: Some(writer),
            child: Some(child),
            shown,
            _directory: directory,
        }
    }

    /// What can be seen now.
    pub(super) fn look<Seen>(&self, look: impl FnOnce(&vt100::Screen) -> Seen) -> Seen {
        let shown = self.shown.0.lock().expect("no reader panics");
        look(shown.parser.screen())
    }

    /// Waits until the screen is as it should be.
    pub(super) fn until_true(&self, is: impl Fn(&vt100::Screen) -> bool) {
        let shown = self.shown.0.lock().expect("no reader panics");
        let waits = |shown: &mut Shown| !is(shown.parser.screen()) && !shown.over;
        let (shown, _) = self
            .shown
            .1
            .wait_timeout_while(shown, PATIENCE, waits)
            .expect("no reader panics");
        let screen = shown.parser.screen();
        assert!(is(screen), "never seen; instead:\n{}", screen.contents());
    }

    /// Waits until a text is on the screen.
    pub(super) fn until(&self, text: &str) {
        self.until_true(|screen| screen.contents().contains(text));
    }

    /// Types.
    pub(super) fn keys(&mut self, keys: &str) {
        let writer = self.writer.as_mut().expect("the terminal is there");
        writer
            .write_all(keys.as_bytes())
            .expect("the terminal takes keys");
        writer.flush().expect("the terminal takes keys");
    }

    /// Makes the terminal another size.
    pub(super) fn resize(&mut self, columns: u16, rows: u16) {
        self.shown
            .0
            .lock()
            .expect("no reader panics")
            .parser
            .screen_mut()
            .set_size(cells(rows), cells(columns));
        let master = self.master.as_ref().expect("the terminal is there");
        master.resize(size(columns, rows)).expect("another size");
    }

    /// The listener's address, from the header.
    pub(super) fn address(&self) -> String {
        self.until_true(|screen| address(screen).is_some());
        self.look(address).expect("seen just now")
    }

    fn pid(&self) -> u32 {
        let child = self.child.as_ref().expect("the program runs");
        child.process_id().expect("the program runs")
    }

    /// Sends a signal by its name.
    pub(super) fn signal(&self, name: &str) {
        signal(self.pid(), name);
    }

    /// Stops taking what is written, as a frozen connection does.
    pub(super) fn stop_reading(&self) {
        self.shown.0.lock().expect("no reader panics").reading = false;
    }

    /// Takes what is written again.
    pub(super) fn read_again(&self) {
        self.shown.0.lock().expect("no reader panics").reading = true;
        self.shown.1.notify_all();
    }

    /// Every mode that the console sets is unset.
    pub(super) fn is_given_back(&self) {
        self.until_true(|screen| {
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
        });
    }

    /// The program ends by itself, successfully, and has given the terminal back.
    pub(super) fn ends_well(mut self) {
        let mut child = self.child.take().expect("the program runs");
        let status = child.wait().expect("the program ends");
        self.is_given_back();
        assert!(
            status.success(),
            "{status:?}:\n{}",
            self.look(vt100::Screen::contents)
        );
    }

    /// Closes the terminal.
    pub(super) fn hang_up(mut self) -> Process {
        let pid = self.pid();
        let child = self.child.take().expect("the program runs");
        self.writer = None;
        self.master = None;
        Process {
            pid,
            child,
            _seat: self,
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn address(screen: &vt100::Screen) -> Option<String> {
    let contents = screen.contents();
    let header = contents.lines().next()?;
    let word = header
        .split_whitespace()
        .find(|word| word.starts_with("127.0.0.1:"));
    word.map(str::to_owned)
}

fn signal(pid: u32, name: &str) {
    let status = Command::new("kill")
        .args(["-s", name, &pid.to_string()])
        .status()
        .expect("kill is there");
    assert!(status.success());
}

/// A program whose terminal is gone.
pub(super) struct Process {
    pid: u32,
    child: Box<dyn Child + Send + Sync>,
    _seat: Seat,
}

impl Process {
    /// Sends a signal by its name.
    pub(super) fn signal(&self, name: &str) {
        signal(self.pid, name);
    }

    /// Takes next to no time of the processor; nothing spins on the terminal that is gone.
    #[cfg(target_os = "linux")]
    pub(super) fn is_idle(&self) {
        let ticks = || {
            let stat =
                std::fs::read_to_string(format!("/proc/{}/stat", self.pid)).expect("it runs");
            let fields: Vec<&str> = stat
                .rsplit(')')
                .next()
                .unwrap_or("")
                .split_whitespace()
                .collect();
            let field = |index: usize| fields[index].parse::<u64>().expect("a number");
            field(11) + field(12)
        };
        let (start, before) = (Instant::now(), ticks());
        // Time must pass to be measured.
        thread::sleep(Duration::from_millis(500));
        let most = u64::try_from(start.elapsed().as_millis() / 10 / 4).expect("short");
        assert!(ticks() - before <= most, "{} ticks", ticks() - before);
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn is_idle(&self) {}

    /// Waits for the end.
    pub(super) fn ends(mut self) {
        let status = self.child.wait().expect("the program ends");
        assert!(status.success(), "{status:?}");
    }
}

#[test]
#[ignore = "run by a test of the terminal, in a pseudo-terminal"]
fn child_whose_console_panics() {
    let console = thread::spawn(|| {
        let _guard = Guard::enter(true).expect("a terminal");
        panic!("the console panics");
    });
    assert!(console.join().is_err());
    println!("the rest goes on");
}

#[test]
#[ignore = "run by a test of the terminal, in a pseudo-terminal"]
fn child_where_another_thread_panics() {
    let guard = Guard::enter(true).expect("a terminal");
    let other = thread::spawn(|| panic!("another thread panics"));
    assert!(other.join().is_err());
    println!("still drawing");
    let mut key = [0];
    std::io::stdin().read_exact(&mut key).expect("a key");
    drop(guard);
}
