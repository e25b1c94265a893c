//! The console of another process's server, which may end and come back.

use std::sync::Arc;

use rolecall::{
    admin::server::{AdminSocket, Facts, socket_path},
    service::{Engine, EngineOptions},
    store::MemoryStore,
};

use super::screen::Seat;
use crate::cli::program::Place;

/// Pushes a role, and must succeed.
fn push(server: &crate::cli::program::Serving, token: &str, name: &str) {
    let (status, body) = server.push_group(token.trim(), name);
    assert_eq!(status, 201, "{body}");
}

#[test]
fn a_server_that_is_killed_and_comes_back_is_followed_on() {
    let place = Place::new();
    let token = place.run("token create --provider okta").stdout;
    let server = place.serve(&[]);
    push(&server, &token, "First");
    let mut seat = Seat::beside(&place.data(), &["attach"]);
    seat.until("First");
    // Only what is stored comes back with the next process.
    push(&server, &token, "Second");
    seat.until("Second");
    server.signal("KILL");
    seat.until("server away");
    assert!(seat.look(vt100::Screen::contents).contains("Second"));
    seat.keys("t");
    seat.until("nothing can be changed until it answers again");
    drop(server);
    let server = place.serve(&[]);
    push(&server, &token, "Third");
    seat.until("the server answers again");
    seat.until_true(|screen| !screen.contents().contains("server away"));
    push(&server, &token, "Fourth");
    seat.until("Fourth");
    let shown = seat.look(vt100::Screen::contents);
    for name in ["Second", "Third", "Fourth"] {
        let line = format!("role {name} created");
        assert_eq!(shown.matches(&line).count(), 1, "{name}:\n{shown}");
    }
    seat.keys("7");
    seat.until("Fourth");
    let shown = seat.look(vt100::Screen::contents);
    for name in ["First", "Second", "Third", "Fourth"] {
        assert!(shown.contains(name), "{name}:\n{shown}");
    }
    seat.keys("qy");
    seat.ends_well();
    server.stop();
}

#[test]
fn another_directory_is_shown_from_its_beginning() {
    let place = Place::new();
    let memory = ["--store", "memory"];
    let server = place.serve(&memory);
    let token = place.run("token create --provider okta").stdout;
    push(&server, &token, "Before");
    let mut seat = Seat::beside(&place.data(), &["attach"]);
    seat.until("Before");
    seat.keys("7");
    seat.until("Before");
    seat.keys("1");
    server.stop();
    seat.until("server away");
    let server = place.serve(&memory);
    seat.until("another directory than before");
    let token = place.run("token create --provider okta").stdout;
    push(&server, &token, "After");
    seat.until("After");
    assert!(!seat.look(vt100::Screen::contents).contains("Before"));
    seat.keys("3");
    seat.until("After");
    assert!(!seat.look(vt100::Screen::contents).contains("Before"));
    seat.keys("qy");
    seat.ends_well();
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_server_of_another_version_is_named() {
    let place = Place::new();
    let engine = Engine::start(Arc::new(MemoryStore::default()), EngineOptions::default());
    let facts = Facts {
        version: "9.8.7".to_owned(),
        listen: None,
        tls: false,
        base_url: None,
        started: None,
        read_only: false,
    };
    std::fs::create_dir_all(place.data()).expect("a directory");
    let socket = AdminSocket::bind(&socket_path(&place.data())).expect("a socket");
    let engine = engine.expect("an engine");
    let serving = tokio::spawn(socket.serve(engine, Arc::new(facts), std::future::pending()));
    let mut seat = Seat::beside(&place.data(), &["attach"]);
    seat.until("the server is version 9.8.7 and this console");
    seat.keys("qy");
    seat.ends_well();
    serving.abort();
}
