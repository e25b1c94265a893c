//! The change feed as another system follows it.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Lines},
    process::{Child, ChildStdout, Stdio},
};

use rolecall::store::{Observations, RedbStore, Store as _};
use serde_json::Value;

use super::{program::Place, refusals::assert_refused};

/// A follower that can be killed.
struct Follower {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Follower {
    fn start(place: &Place, after: u64) -> Self {
        let mut command = place.command("audit --follow --json");
        command.args(["--after", &after.to_string()]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let stdout = child.stdout.take().expect("stdout is piped");
        Self {
            child,
            lines: BufReader::new(stdout).lines(),
        }
    }

    /// Takes entries in, up to this number.
    fn read_until(&mut self, seq: u64, seen: &mut BTreeMap<u64, Value>) {
        loop {
            let line = self.lines.next().expect("a line").expect("text");
            let entry: Value = serde_json::from_str(&line).expect("a JSON line");
            let number = entry["seq"].as_u64().expect("a number");
            seen.insert(number, entry);
            if number >= seq {
                return;
            }
        }
    }

    fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }
}

fn add_roles(place: &Place, names: &[&str]) {
    for name in names {
        place.run(&format!("role add {name}"));
    }
}

#[test]
fn a_follower_that_is_killed_and_resumed_misses_nothing() {
    let place = Place::new();
    let mut seen = BTreeMap::new();
    let server = place.serve(&[]);
    add_roles(&place, &["A", "B"]);
    let mut follower = Follower::start(&place, 0);
    follower.read_until(2, &mut seen);
    add_roles(&place, &["C"]);
    follower.read_until(3, &mut seen);
    follower.kill();
    add_roles(&place, &["D", "E"]);
    server.stop();
    // Without a server, and beside the next one.
    add_roles(&place, &["F"]);
    let server = place.serve(&[]);
    // As if the last one had been read but not been dealt with.
    let mut follower = Follower::start(&place, 2);
    follower.read_until(6, &mut seen);
    add_roles(&place, &["G"]);
    follower.read_until(7, &mut seen);
    let all = place.json("audit");
    server.stop();
    let ended = follower.child.wait_with_output().expect("it ends");
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(String::from_utf8_lossy(&ended.stderr).contains("the server has stopped"));
    let seen: Vec<Value> = seen.into_values().collect();
    assert_eq!(Value::Array(seen), all);
}

#[test]
fn a_cursor_from_before_what_is_kept_is_refused() {
    let place = Place::new();
    add_roles(&place, &["A", "B", "C"]);
    let store = RedbStore::open(&place.data()).expect("the store");
    let observations = Observations {
        keep_exchanges: 1,
        journal_since: Some(jiff::Timestamp::MAX),
        ..Observations::default()
    };
    store.observe(&observations).expect("room");
    drop(store);
    let told = ["begins at entry 3", "after 1"];
    assert_refused(&place.attempt("audit --after 1"), &told);
    assert_eq!(place.json("audit --after 2")[0]["seq"], 3);
    assert_eq!(place.json("audit")[0]["seq"], 3);
    let server = place.serve(&[]);
    assert_refused(&place.attempt("audit --after 1 --follow --json"), &told);
    let mut seen = BTreeMap::new();
    let mut follower = Follower::start(&place, 2);
    follower.read_until(3, &mut seen);
    follower.kill();
    assert_eq!(place.json("audit")[0]["seq"], 3);
    server.stop();
}
