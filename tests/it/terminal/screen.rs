//! A seat in front of a terminal: what is typed goes in, what is written is drawn.

use std::{
    io::{Read as _, Write},
    num::NonZero,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Condvar, Mutex},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

/// How long anything may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(20);

struct Shown {
    parser: vt100::Parser,
    /// Everything that was written.
    written: Vec<u8>,
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
    /// The line discipline's modes before the program.
    modes: String,
    directory: Option<TempDir>,
}

/// What the console sets, and what unsets it.
const MODES: [(&str, &str); 8] = [
    ("\x1b[?1049h", "\x1b[?1049l"),
    ("\x1b[?2004h", "\x1b[?2004l"),
    ("\x1b[?1000h", "\x1b[?1000l"),
    ("\x1b[?1002h", "\x1b[?1002l"),
    ("\x1b[?1003h", "\x1b[?1003l"),
    ("\x1b[?1015h", "\x1b[?1015l"),
    ("\x1b[?1006h", "\x1b[?1006l"),
    ("\x1b[?25l", "\x1b[?25h"),
];

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
        Self::start(command, columns, rows, Some(directory))
    }

    /// The program with these arguments, over a data directory that the test has.
    pub(super) fn beside(data: &Path, arguments: &[&str]) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_rolecall"));
        command.args(arguments);
        command.arg("--data");
        command.arg(data);
        Self::start(command, 110, 30, None)
    }

    /// The same, logging all there is to log, and with nothing forbidden to others by itself.
    pub(super) fn talkative(data: &Path, arguments: &[&str]) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_rolecall"));
        command.args(arguments);
        command.arg("--data");
        command.arg(data);
        command.env("RUST_LOG", "trace");
        command.umask(Some(0));
        Self::start(command, 110, 30, None)
    }

    /// The program with these arguments, but run by this test binary, so that it can be made to
    /// panic: see [`super::panics`].
    pub(super) fn that_may_panic(data: &Path, arguments: &[&str]) -> Self {
        let mut command = CommandBuilder::new(std::env::current_exe().expect("this binary"));
        let child = "terminal::panics::child_that_may_panic";
        command.args([child, "--exact", "--ignored", "--nocapture"]);
        command.env("PROGRAM_ARGUMENTS", arguments.join(" "));
        command.env("ROLECALL_DATA", data);
        command.env("RUST_BACKTRACE", "1");
        Self::start(command, 110, 30, None)
    }

    fn start(
        mut command: CommandBuilder,
        columns: u16,
        rows: u16,
        directory: Option<TempDir>,
    ) -> Self {
        forget_environment(&mut command);
        command.env("TERM", "xterm-256color");
        command.env("USER", "tester");
        let pair = native_pty_system()
            .openpty(size(columns, rows))
            .expect("a pseudo-terminal");
        let modes = modes(pair.master.as_ref());
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
                written: Vec::new(),
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
                shown.written.extend(&bytes[..length]);
                shared.1.notify_all();
            }
        });
        Self {
            master: Some(pair.master),
            writer: Some(writer),
            child: Some(child),
            shown,
            modes,
            directory,
        }
    }

    /// The data directory of [`Self::rolecall`].
    pub(super) fn data(&self) -> PathBuf {
        let directory = self.directory.as_ref().expect("it has one of its own");
        directory.path().join("data")
    }

    /// What can be seen now.
    pub(super) fn look<Seen>(&self, look: impl FnOnce(&vt100::Screen) -> Seen) -> Seen {
        let shown = self.shown.0.lock().expect("no reader panics");
        look(shown.parser.screen())
    }

    /// Everything that was written until now.
    pub(super) fn written(&self) -> String {
        let shown = self.shown.0.lock().expect("no reader panics");
        String::from_utf8_lossy(&shown.written).into_owned()
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

    /// Every mode that the console sets is unset: on the screen, by what was written, and in the line
    /// discipline.
    pub(super) fn is_given_back(&self) {
        self.until_true(|screen| {
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
        });
        let shown = self.shown.0.lock().expect("no reader panics");
        let written = String::from_utf8_lossy(&shown.written);
        for (set, unset) in MODES {
            let last = |sequence: &str| written.rfind(sequence);
            assert!(last(set) < last(unset) || last(set).is_none(), "{unset:?}");
        }
        assert!(written.contains(MODES[0].0), "it never took the screen");
        drop(shown);
        let master = self.master.as_ref().expect("the terminal is there");
        assert_eq!(modes(master.as_ref()), self.modes, "raw mode is still on");
    }

    /// Whether each key reaches the program as it is, control characters included.
    pub(super) fn is_raw(&self) -> bool {
        let master = self.master.as_ref().expect("the terminal is there");
        modes(master.as_ref()) != self.modes
    }

    /// The program ends by itself, successfully, and has given the terminal back.
    pub(super) fn ends_well(self) {
        let (code, screen) = self.ends();
        assert_eq!(code, 0, "{screen}");
    }

    /// The program ends by itself, and has given the terminal back. Gives its exit code, and what is
    /// on the screen then.
    pub(super) fn ends(mut self) -> (u32, String) {
        let mut child = self.child.take().expect("the program runs");
        let status = child.wait().expect("the program ends");
        self.is_given_back();
        (status.exit_code(), self.look(vt100::Screen::contents))
    }

    /// The program ends by itself, successfully, although nobody reads what it writes; keys are read
    /// by the line again.
    pub(super) fn ends_unread(mut self) {
        let mut child = self.child.take().expect("the program runs");
        let status = child.wait().expect("the program ends");
        assert!(status.success(), "{status:?}");
        assert!(!self.is_raw());
        // Lets the thread go that reads.
        self.read_again();
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

/// The line discipline's modes.
fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().expect("a terminal has modes"))
}

/// What the test set is kept; what the machine's own environment says is not.
fn forget_environment(command: &mut CommandBuilder) {
    let kept = [
        "PROGRAM_ARGUMENTS",
        "ROLECALL_DATA",
        "RUST_BACKTRACE",
        "RUST_LOG",
    ];
    let set: Vec<_> = kept
        .iter()
        .filter_map(|name| Some((*name, command.get_env(name)?.to_owned())))
        .collect();
    command.env_clear();
    for (name, value) in set {
        command.env(name, value);
    }
}
