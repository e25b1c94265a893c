//! The real binary in a pseudo-terminal: what the person in front of it sees, and what must go on when
//! the terminal does not.

mod attached;
mod leaving;
mod panics;
mod screen;
mod secrets;

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use rolecall::console::clipboard::{self, Between};

use self::screen::Seat;

/// The status that the listener answers a request without token with.
fn knock(address: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the listener listens");
    write!(
        stream,
        "GET /scim/v2/Users HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .expect("the listener reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[test]
fn the_first_picture_teaches_and_follows_the_size() {
    let mut seat = Seat::rolecall(80, 24);
    seat.until("Waiting for the first request");
    seat.until("/scim/v2");
    assert!(seat.look(|screen| screen.alternate_screen() && screen.hide_cursor()));
    assert_eq!(knock(&seat.address()), "401");
    seat.until("401");
    seat.resize(50, 14);
    seat.until("? help");
    seat.until_true(|screen| {
        screen.contents().lines().count() <= 14 && screen.contents().contains("401")
    });
    seat.resize(30, 8);
    seat.until("rolecall needs 40 by 10");
    seat.resize(120, 36);
    seat.until("Change");
    seat.keys("qs");
    seat.ends_well();
}

#[test]
fn every_key_of_a_screen_answers() {
    let mut seat = Seat::rolecall(100, 30);
    seat.until("Waiting for the first request");
    for (key, title) in [
        ("2", "No users yet"),
        ("3", "No roles yet"),
        ("4", "No open conflicts"),
        ("6", "okta"),
        ("8", "Connect a provider"),
        ("7", "Journal"),
        ("?", "type to search"),
    ] {
        seat.keys(key);
        seat.until(title);
    }
    seat.keys("\x1b");
    // What follows an escape at once would be taken for a key with Alt.
    seat.until_true(|screen| !screen.contents().contains("type to search"));
    for (key, title) in [
        (":new role\r", "New role"),
        ("Finance\r", "role Finance is here"),
        ("/fin\r", "/fin"),
    ] {
        seat.keys(key);
        seat.until(title);
    }
    seat.keys("qs");
    seat.ends_well();
}

#[test]
fn a_token_made_here_opens_the_door() {
    let mut seat = Seat::rolecall(100, 30);
    seat.until("Waiting for the first request");
    seat.keys("t\r");
    seat.until("This is the only time");
    let shown = seat.look(vt100::Screen::contents);
    let token = shown
        .split_whitespace()
        .find(|word| word.starts_with("rc_okta_"));
    let token = token.expect("the token is shown").to_owned();
    seat.keys("y");
    seat.until("copied, if the terminal allows it");
    let copied = clipboard::sequence(&token, Between::Nothing);
    assert!(seat.written().contains(&copied));
    seat.keys("\x1b");
    seat.until_true(|screen| !screen.contents().contains("rc_okta_"));
    let address = seat.address();
    let mut stream = TcpStream::connect(&address).expect("the listener listens");
    write!(
        stream,
        "GET /scim/v2/Users HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    )
    .expect("the listener reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    seat.keys("qs");
    seat.ends_well();
}

#[test]
fn a_hung_up_terminal_leaves_the_listener_listening_and_idle() {
    let seat = Seat::rolecall(80, 24);
    seat.until("Waiting for the first request");
    let address = seat.address();
    let process = seat.hang_up();
    assert_eq!(knock(&address), "401");
    process.is_idle();
    assert_eq!(knock(&address), "401");
    process.signal("TERM");
    process.ends();
}

#[test]
fn a_terminal_that_nobody_reads_holds_up_nothing_else() {
    let mut seat = Seat::rolecall(200, 60);
    seat.until("Waiting for the first request");
    let address = seat.address();
    seat.stop_reading();
    for _ in 0..400 {
        // One client that has no token is slowed down in the end.
        let status = knock(&address);
        assert!(["401", "429"].contains(&status.as_str()), "{status}");
    }
    seat.read_again();
    seat.until_true(|screen| {
        let shown = screen.contents();
        shown.contains("401") || shown.contains("429")
    });
    seat.keys("qs");
    seat.ends_well();
}
