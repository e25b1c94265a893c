//! Two real processes over one database: one is killed or hangs, or the database is killed, under load.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Lines},
    process::{Child, ChildStdout, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    cli::program::{Place, Serving},
    faults::kill::ask,
    postgres::{Database, Server},
};

const CLIENTS: usize = 4;
/// So many answers come before and after each trouble.
const ENOUGH: usize = 40;
/// Nothing takes as long; what does is stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the clients share.
struct Load<'a> {
    token: &'a str,
    /// Where each process listens.
    addresses: Mutex<Vec<String>>,
    ends: AtomicBool,
    made: Mutex<BTreeMap<String, String>>,
    answered: AtomicUsize,
}

impl<'a> Load<'a> {
    fn new(token: &'a str, addresses: &[&str]) -> Self {
        let load = Self {
            token,
            addresses: Mutex::default(),
            ends: AtomicBool::new(false),
            made: Mutex::default(),
            answered: AtomicUsize::new(0),
        };
        load.send_to(addresses);
        load
    }

    /// Has all clients push until what this gives is dropped: whoever waits for them would wait for ever
    /// after a panic otherwise.
    fn start<'scope>(&'scope self, scope: &'scope thread::Scope<'scope, '_>) -> Stopper<'scope> {
        for client in 0..CLIENTS {
            scope.spawn(move || self.push(client));
        }
        Stopper(&self.ends)
    }

    /// Makes users at one process after the other, whichever is there.
    fn push(&self, client: usize) {
        for number in 0.. {
            if self.ends.load(Ordering::SeqCst) {
                return;
            }
            let name = format!("client{client}-{number}@x.io");
            let user = json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name,
            });
            let address = {
                let addresses = self.addresses.lock().expect("no panic");
                addresses[(client + number) % addresses.len()].clone()
            };
            let Some((status, body)) = ask(&address, self.token, ("POST", "/Users"), &user) else {
                continue;
            };
            match status {
                201 => {
                    let id = body["id"].as_str().expect("an id").to_owned();
                    self.made.lock().expect("no panic").insert(name, id);
                    self.answered.fetch_add(1, Ordering::SeqCst);
                }
                503 => {}
                _ => panic!("{status}: {body}"),
            }
        }
    }

    /// Where the requests go from now on.
    fn send_to(&self, addresses: &[&str]) {
        let addresses = addresses.iter().map(ToString::to_string).collect();
        *self.addresses.lock().expect("no panic") = addresses;
    }

    /// Waits until some more users were made.
    fn go_on(&self) {
        let (from, start) = (self.answered.load(Ordering::SeqCst), Instant::now());
        while self.answered.load(Ordering::SeqCst) < from + ENOUGH {
            assert!(start.elapsed() < PATIENCE, "nothing is made any more");
            thread::yield_now();
        }
    }
}

fn serve(place: &Place, database: &Database, node: &str) -> Serving {
    let mut server = place.serve(&["--store", &database.url(), "--node", node]);
    server.drain();
    server
}

/// Follows the journal at a process that stays.
struct Follower {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Follower {
    fn start(place: &Place, store: &str) -> Self {
        let mut command = place.command("audit --follow --json --after 0");
        command.args(["--store", store]).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        Self { child, lines }
    }

    /// The numbers of the entries that it has seen, up to this one.
    fn numbers(mut self, last: u64) -> Vec<u64> {
        let mut numbers = Vec::new();
        for line in self.lines.by_ref() {
            let entry: Value = serde_json::from_str(&line.expect("text")).expect("JSON");
            let number = entry["seq"].as_u64().expect("a number");
            numbers.push(number);
            if number >= last {
                break;
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        numbers
    }
}

/// Every user that was acknowledged is there, at each process, and the journal tells of all.
fn assert_kept(load: &Load<'_>, servers: &[&Serving]) {
    let made = load.made.lock().expect("no panic");
    for (number, (name, id)) in made.iter().enumerate() {
        let server = servers[number % servers.len()];
        let (status, user) = server.request("GET", &format!("/Users/{id}"), load.token, "");
        assert_eq!(
            (status, user["userName"].as_str()),
            (200, Some(name.as_str()))
        );
    }
}

#[test]
fn a_process_that_is_killed_and_one_that_hangs_lose_nothing() {
    let machine = Server::durable();
    let database = Database::on(&machine);
    let (first, second) = (Place::new(), Place::new());
    let mut one = serve(&first, &database, "one");
    let two = serve(&second, &database, "two");
    let store = database.url();
    let token = first
        .run(&format!("token create --provider okta --store {store}"))
        .stdout;
    let follower = Follower::start(&second, &store);
    let load = Load::new(token.trim(), &[one.address(), two.address()]);
    thread::scope(|scope| {
        let stopper = load.start(scope);
        load.go_on();
        one.signal("KILL");
        load.go_on();
        one = serve(&first, &database, "one");
        load.send_to(&[one.address(), two.address()]);
        load.go_on();
        machine.kill();
        machine.start();
        load.go_on();
        // It may hold the lock now, which the database takes from it. No balancer would send more to it.
        one.signal("STOP");
        load.send_to(&[two.address()]);
        load.go_on();
        one.signal("CONT");
        load.send_to(&[one.address(), two.address()]);
        load.go_on();
        drop(stopper);
    });
    assert_kept(&load, &[&one, &two]);
    let last = second.json(&format!("status --store {store}"))["journal_last"].as_u64();
    let last = last.expect("a number");
    let numbers = follower.numbers(last);
    assert!(numbers.iter().copied().eq(1..=last), "{numbers:?}");
    second.run(&format!("check --store {store}"));
    one.stop();
    two.stop();
}

/// The database's machine is lost, and the other one, which has whatever was acknowledged, takes its place.
#[test]
fn another_database_that_takes_the_place_of_the_first_has_what_was_acknowledged() {
    let machine = Server::durable();
    let database = Database::on(&machine);
    let standby = machine.standby();
    let place = Place::new();
    let store = database.url_at_either(standby.port());
    let mut server = place.serve(&["--store", &store, "--node", "one"]);
    server.drain();
    let token = place
        .run(&format!("token create --provider okta --store {store}"))
        .stdout;
    let load = Load::new(token.trim(), &[server.address()]);
    thread::scope(|scope| {
        let stopper = load.start(scope);
        load.go_on();
        machine.kill();
        standby.promote();
        load.go_on();
        drop(stopper);
    });
    assert_kept(&load, &[&server]);
    place.run(&format!("check --store {store}"));
    server.stop();
}

/// Ends the clients, also when what watches them panics.
struct Stopper<'a>(&'a AtomicBool);

impl Drop for Stopper<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
