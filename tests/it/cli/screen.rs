//! The commands with a screen, in a pseudo-terminal.

use std::{
    io::{Read, Write},
    num::NonZero,
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::program::Place;

/// Nothing here takes as long; what does is stuck.
const PATIENCE: Duration = Duration::from_secs(20);

/// The binary in a terminal of its own.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    /// Open as long as the terminal is there.
    _master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    parser: vt100::Parser,
}

impl Terminal {
    fn open(place: &Place, arguments: &[&str]) -> Self {
        let size = PtySize {
            rows: 28,
            cols: 110,
            ..PtySize::default()
        };
        let pair = native_pty_system()
            .openpty(size)
            .expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_rolecall"));
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("USER", "tester");
        command.env("TMPDIR", place.path());
        command.env("ROLECALL_DATA", place.data());
        command.args(arguments);
        let child = pair.slave.spawn_command(command).expect("the binary runs");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let (sender, output) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            keys: pair.master.take_writer().expect("a writer"),
            _master: pair.master,
            output,
            parser: vt100::Parser::new(cells(size.rows), cells(size.cols), 0),
        }
    }

    /// Waits until the screen shows the text.
    fn wait_for(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.screen().contains(text) {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(bytes) = self.output.recv_timeout(left) else {
                panic!("{text:?} is not on the screen:\n{}", self.screen());
            };
            self.parser.process(&bytes);
        }
    }

    fn screen(&self) -> String {
        self.parser.screen().contents()
    }

    fn press(&mut self, keys: &str) {
        self.keys
            .write_all(keys.as_bytes())
            .expect("the terminal takes keys");
        self.keys.flush().expect("the terminal takes keys");
    }

    /// Waits for the end, and gives exit code and the last screen.
    fn ended(mut self) -> (u32, String) {
        let deadline = Instant::now() + PATIENCE;
        let left = |deadline: Instant| deadline.saturating_duration_since(Instant::now());
        // The output ends with the process.
        loop {
            match self.output.recv_timeout(left(deadline)) {
                Ok(bytes) => self.parser.process(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end:\n{}", self.screen()),
            }
        }
        let status = self.child.wait().expect("it ends");
        let screen = self.parser.screen();
        assert!(
            !screen.alternate_screen(),
            "the terminal was not given back"
        );
        (status.exit_code(), self.screen())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A test that failed leaves its process behind; one that has ended has nothing to kill.
        let _ = self.child.kill();
    }
}

fn cells(number: u16) -> NonZero<u16> {
    NonZero::new(number).expect("a terminal has cells")
}

#[test]
fn the_demo_shows_a_tenant_and_leaves_nothing_behind() {
    let place = Place::new();
    let mut terminal = Terminal::open(&place, &["demo", "--users", "20", "--roles", "3"]);
    terminal.wait_for("okta");
    terminal.wait_for("Finance");
    terminal.press("4");
    terminal.wait_for("role name is taken");
    terminal.press("q");
    terminal.wait_for("Stop the listener");
    terminal.press("s");
    let (code, screen) = terminal.ended();
    assert_eq!(code, 0, "{screen}");
    let left = std::fs::read_dir(place.path()).expect("the folder").count();
    assert_eq!(left, 0, "the demo left its store behind");
}

#[test]
fn the_console_alone_serves_and_stops() {
    let place = Place::new();
    let mut terminal = Terminal::open(&place, &["--listen", "127.0.0.1:0"]);
    terminal.wait_for("Live");
    assert!(place.json("status")["listen"].is_string());
    terminal.press("q");
    terminal.wait_for("Stop the listener");
    terminal.press("s");
    let (code, screen) = terminal.ended();
    assert_eq!(code, 0, "{screen}");
    assert_eq!(place.json("status")["listen"], serde_json::Value::Null);
}

#[test]
fn a_detached_console_serves_on_until_it_is_interrupted() {
    let place = Place::new();
    let mut terminal = Terminal::open(&place, &["--listen", "127.0.0.1:0"]);
    terminal.wait_for("Live");
    terminal.press("q");
    terminal.wait_for("Detach");
    terminal.press("d");
    terminal.wait_for("still listening");
    assert!(place.json("status")["listen"].is_string());
    terminal.press("\u{3}");
    let (code, screen) = terminal.ended();
    assert_eq!(code, 0, "{screen}");
}

#[test]
fn a_console_attaches_to_a_server() {
    let place = Place::new();
    let server = place.serve(&[]);
    place.run("role add Finance");
    let mut terminal = Terminal::open(&place, &["attach", "--read-only"]);
    terminal.wait_for("READ-ONLY");
    terminal.press("3");
    terminal.wait_for("Finance");
    terminal.press("q");
    terminal.wait_for("Leave");
    terminal.press("y");
    let (code, screen) = terminal.ended();
    assert_eq!(code, 0, "{screen}");
    server.stop();
}
