//! Every way out of the console, and what goes on after it.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
};

use super::{knock, screen::Seat};
use crate::cli::program::Place;

const FIRST: &str = "Waiting for the first request";

#[test]
fn q_and_s_stop_the_listener() {
    let mut seat = Seat::rolecall(80, 24);
    seat.until(FIRST);
    assert!(seat.is_raw());
    let address = seat.address();
    seat.keys("q");
    seat.until("Stop the listener");
    seat.keys("s");
    seat.ends_well();
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn q_and_d_detach_and_serve_on() {
    let mut seat = Seat::rolecall(110, 30);
    seat.until(FIRST);
    let address = seat.address();
    seat.keys("qd");
    seat.until("still listening on http://");
    seat.until("rolecall.log");
    seat.is_given_back();
    assert_eq!(knock(&address), "401");
    seat.signal("TERM");
    let log = seat.data().join("rolecall.log");
    let logged = std::fs::read_to_string(&log).expect("a log");
    assert!(logged.contains("listening on http://"), "{logged}");
    assert!(logged.contains("the console is left"), "{logged}");
    let mode = std::fs::metadata(&log).expect("a log").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    seat.ends_well();
}

#[test]
fn ctrl_c_twice_detaches_and_a_third_one_stops() {
    let mut seat = Seat::rolecall(80, 24);
    seat.until(FIRST);
    let address = seat.address();
    seat.keys("\x03");
    seat.until("Stop the listener");
    seat.keys("\x03");
    seat.until("still listening on http://");
    seat.is_given_back();
    assert_eq!(knock(&address), "401");
    seat.keys("\x03");
    seat.ends_well();
}

#[test]
fn ctrl_z_is_a_key_like_any_other() {
    let mut seat = Seat::rolecall(80, 24);
    seat.until(FIRST);
    let address = seat.address();
    seat.keys("\x1a");
    seat.keys("2");
    seat.until("No users yet");
    assert_eq!(knock(&address), "401");
    seat.keys("qs");
    seat.ends_well();
}

#[test]
fn a_lost_terminal_leaves_the_listener_listening() {
    let seat = Seat::rolecall(80, 24);
    seat.until(FIRST);
    let address = seat.address();
    seat.signal("HUP");
    seat.until("still listening on http://");
    seat.is_given_back();
    assert_eq!(knock(&address), "401");
    seat.signal("TERM");
    seat.ends_well();
}

/// Begins to push a user, up to the moment at which the listener waits for the body.
fn begin_request(address: &str, token: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("the listener listens");
    write!(
        stream,
        "POST /scim/v2/Users HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/scim+json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    )
    .expect("the listener reads");
    let mut goes_on = [0; 25];
    stream.read_exact(&mut goes_on).expect("it goes on");
    assert_eq!(&goes_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[test]
fn a_signal_to_end_finishes_what_is_being_answered() {
    let place = Place::new();
    let token = place.run("token create --provider okta").stdout;
    let seat = Seat::beside(&place.data(), &["--listen", "127.0.0.1:0"]);
    seat.until(FIRST);
    let body =
        r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann@x.io"}"#;
    let mut held = begin_request(&seat.address(), token.trim(), body);
    seat.signal("TERM");
    seat.until("requests that are being answered are finished first");
    seat.is_given_back();
    held.write_all(body.as_bytes()).expect("the listener reads");
    let mut answer = String::new();
    held.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    seat.ends_well();
    assert_eq!(place.json("user list")[0]["user_name"], "ann@x.io");
}

#[test]
fn an_interrupt_ends_the_console_alone() {
    let place = Place::new();
    let server = place.serve(&[]);
    for signal in ["INT", "TERM", "HUP"] {
        let seat = Seat::beside(&place.data(), &["attach"]);
        seat.until(FIRST);
        seat.signal(signal);
        seat.ends_well();
    }
    assert_eq!(knock(server.address()), "401");
    server.stop();
}

#[test]
fn a_terminal_that_nobody_reads_does_not_keep_the_program() {
    let place = Place::new();
    let server = place.serve(&[]);
    for arguments in [
        &["attach"][..],
        &["--listen", "127.0.0.1:0", "--store", "memory"],
    ] {
        let elsewhere = Place::new();
        let data = if arguments.len() == 1 {
            &place
        } else {
            &elsewhere
        };
        let mut seat = Seat::beside(&data.data(), arguments);
        seat.until(FIRST);
        seat.stop_reading();
        // More pictures than a terminal takes unread.
        seat.keys(&"1234567".repeat(40));
        seat.signal("TERM");
        seat.ends_unread();
    }
    server.stop();
}
