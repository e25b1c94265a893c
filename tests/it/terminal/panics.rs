//! Panics while the console has the screen. The program is run by this test binary through its own
//! entry, with a clock that panics when a test asks for it.

use std::{path::PathBuf, thread};

use jiff::Timestamp;

use super::{knock, screen::Seat};
use crate::cli::program::Place;

/// Asks for a panic on the console's thread.
const HERE: &str = "panic-here";
/// Asks for a panic on another thread.
const ELSEWHERE: &str = "panic-elsewhere";
/// Asks for a panic of a task on the console's thread.
const TASK: &str = "panic-in-a-task";

fn clock() -> Timestamp {
    let folder = PathBuf::from(std::env::var_os("ROLECALL_DATA").expect("the test sets it"));
    let is_asked = |name: &str| std::fs::remove_file(folder.join(name)).is_ok();
    if is_asked(ELSEWHERE) {
        let other = thread::spawn(|| panic!("another thread panics"));
        assert!(other.join().is_err());
    }
    if is_asked(TASK) {
        tokio::spawn(async { panic!("a task panics") });
    }
    assert!(!is_asked(HERE), "the console panics");
    Timestamp::now()
}

#[test]
#[ignore = "run by the tests here, in a pseudo-terminal"]
fn child_that_may_panic() {
    let arguments = std::env::var("PROGRAM_ARGUMENTS").expect("the test sets it");
    let words = ["rolecall"].into_iter().chain(arguments.split_whitespace());
    let code = rolecall::cli::main_by_clock(words.map(Into::into), clock);
    println!("ended with {code:?}");
}

fn ask(place: &Place, panic: &str) {
    std::fs::write(place.data().join(panic), "").expect("the data directory is there");
}

#[test]
fn a_console_that_panics_gives_the_terminal_back_and_serves_on() {
    let place = Place::new();
    let mut seat = Seat::that_may_panic(&place.data(), &["--listen", "127.0.0.1:0"]);
    seat.until("Waiting for the first request");
    let address = seat.address();
    ask(&place, HERE);
    seat.keys("2");
    seat.until("still listening on http://");
    seat.is_given_back();
    let shown = seat.look(vt100::Screen::contents);
    assert!(
        shown.contains("rolecall: the console failed: the console panics; the log says where"),
        "{shown}"
    );
    let log = std::fs::read_to_string(place.data().join("rolecall.log")).expect("a log");
    let line = log.lines().find(|line| line.contains("a panic"));
    let line = line.expect("the panic is logged");
    for part in [
        "ERROR",
        "the console panics",
        "terminal/panics.rs:",
        "thread=\"console\"",
    ] {
        assert!(line.contains(part), "{part} is missing in {line}");
    }
    assert!(log.contains(" backtrace="), "{log}");
    assert_eq!(knock(&address), "401");
    seat.signal("TERM");
    seat.until("ended with ExitCode(unix_exit_status(0))");
    seat.ends_well();
}

#[test]
fn a_panic_elsewhere_is_logged_and_leaves_the_screen_alone() {
    let place = Place::new();
    let mut seat = Seat::that_may_panic(&place.data(), &["--listen", "127.0.0.1:0"]);
    seat.until("Waiting for the first request");
    for (panic, words, key, title) in [
        (ELSEWHERE, "another thread panics", "2", "No users yet"),
        (TASK, "a task panics", "3", "No roles yet"),
    ] {
        ask(&place, panic);
        seat.keys(key);
        seat.until(title);
        assert!(seat.look(vt100::Screen::alternate_screen) && seat.is_raw());
        assert!(!seat.look(vt100::Screen::contents).contains(words));
    }
    seat.keys("qs");
    seat.until("ended with ExitCode(unix_exit_status(0))");
    assert!(!seat.written().contains("panics\""));
    let log = std::fs::read_to_string(place.data().join("rolecall.log")).expect("a log");
    for words in ["another thread panics", "a task panics"] {
        assert!(log.contains(words), "{words} is missing in {log}");
    }
    seat.ends_well();
}

#[test]
fn an_attached_console_that_panics_ends_with_a_sentence() {
    let place = Place::new();
    let server = place.serve(&[]);
    let mut seat = Seat::that_may_panic(&place.data(), &["attach"]);
    seat.until("Waiting for the first request");
    ask(&place, HERE);
    seat.keys("2");
    seat.until("rolecall: the console failed: the console panics");
    seat.until("ended with ExitCode(unix_exit_status(1))");
    let written = seat.written();
    assert!(written.contains("terminal/panics.rs:"), "{written}");
    seat.ends_well();
    assert_eq!(knock(server.address()), "401");
    server.stop();
}
