//! What the console shows and does not write.

use super::screen::Seat;
use crate::{
    cli::{private::assert_private, program::Place},
    secrets::{
        search::{Secrets, Written},
        talk::say,
    },
};

/// Sends the token as it should be sent, and in two ways in which it should not.
fn use_token(address: &str, token: &str) {
    for (target, expected) in [
        ("/Users", "200"),
        (&*format!("/Users?x={token}"), "200"),
        (&*format!("/{token}"), "404"),
    ] {
        let request = format!(
            "GET /scim/v2{target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
             Connection: close\r\n\r\n"
        );
        let answer = say(address, request.as_bytes());
        assert_eq!(answer.get(9..12), Some(expected), "{target}: {answer}");
    }
}

#[test]
fn a_token_that_the_console_shows_is_written_nowhere() {
    let place = Place::new();
    let arguments = ["--listen", "127.0.0.1:0", "--log", "json"];
    let mut seat = Seat::talkative(&place.data(), &arguments);
    seat.until("Waiting for the first request");
    seat.keys("t\r");
    seat.until("This is the only time");
    let shown = seat.look(vt100::Screen::contents);
    let mut words = shown.split_whitespace();
    let token = words.find(|word| word.starts_with("rc_okta_"));
    let token = token.expect("the token is shown").to_owned();
    seat.keys("y");
    seat.until("copied, if the terminal allows it");
    seat.keys("\x1b");
    seat.until_true(|screen| !screen.contents().contains("rc_okta_"));
    use_token(&seat.address(), &token);
    seat.until("404");
    // What Live shows, as a file in the home directory would hold it, and an attached console, too.
    let mut attached = Seat::talkative(&place.data(), &["attach"]);
    attached.until("404");
    let mut written = Written::default();
    written.text("the screen", &seat.look(vt100::Screen::contents));
    written.text("the other screen", &attached.written());
    attached.keys("qy");
    attached.ends_well();
    seat.keys("qs");
    seat.ends_well();

    let names = assert_private(place.path());
    assert!(names.iter().any(|name| name == "rolecall.log"), "{names:?}");
    let mut secrets = Secrets::default();
    secrets.token("the token", &token);
    written.folder(place.path());
    let found = written.found(&secrets);
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(written.holds("rolecall.log", "listening on http://"));
    assert!(written.holds("rolecall.redb", "…redacted…"));
    assert!(written.holds("the other screen", "404"));
}
