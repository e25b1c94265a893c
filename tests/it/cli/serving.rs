//! `serve`, `simulate`, `tail` and pipes.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use serde_json::Value;

use super::program::Place;

#[test]
fn a_lost_terminal_does_not_stop_the_server() {
    let place = Place::new();
    let server = place.serve(&["--log", "json"]);
    server.signal("HUP");
    assert_eq!(place.json("status")["listen"], server.address());
    for line in server.stop().lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
}

#[test]
fn a_read_only_server_refuses_every_act() {
    let place = Place::new();
    let server = place.serve(&["--read-only"]);
    let refused = place.attempt("role add Finance");
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("read-only"), "{refused:?}");
    place.run("role list");
    server.stop();
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let place = Place::new();
    place.run("role add Finance");
    for arguments in ["audit", "audit --json", "completions bash"] {
        let mut child = place
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{arguments}: {output:?}");
        assert!(output.stderr.is_empty(), "{arguments}: {output:?}");
    }
}

#[test]
fn every_dialect_goes_through_without_an_error() {
    for dialect in ["oin", "aiw", "patch"] {
        let place = Place::new();
        let server = place.serve(&["--store", "memory"]);
        let token = place.run("token create --provider okta").stdout;
        let simulate = format!(
            "simulate okta --base http://{}/scim/v2 --token {} --users 12 --roles 3 --dialect {dialect}",
            server.address(),
            token.trim()
        );
        let program = place.run(&simulate);
        let phases: Vec<Value> = program
            .stdout
            .lines()
            .map(|line| serde_json::from_str(line).expect("a JSON object a phase"))
            .collect();
        assert_eq!(phases.len(), 11, "{program:?}");
        for phase in &phases {
            assert_eq!(phase["errors"], 0, "{dialect}: {phase}");
            assert!(phase["requests"].as_u64() > Some(0), "{dialect}: {phase}");
            for field in ["seconds", "requests_per_second", "p50_ms", "p99_ms"] {
                assert!(phase[field].is_number(), "{field} is missing in {phase}");
            }
        }
        let status = place.json("status");
        assert_eq!(status["users"]["active"], 12, "{dialect}: {status}");
        assert_eq!(status["roles"]["managed"], 3, "{dialect}: {status}");
        let again = place.run(&simulate);
        assert!(!again.stdout.contains("\"errors\":1"), "{again:?}");
        server.stop();
    }
}

#[test]
fn a_failing_simulation_tells_the_first_error() {
    let place = Place::new();
    let server = place.serve(&["--store", "memory"]);
    let program = place.attempt(&format!(
        "simulate okta --base http://{}/scim/v2 --token rc_okta_wrong",
        server.address()
    ));
    assert_eq!(program.code, 1, "{program:?}");
    assert!(program.stderr.contains("answered 401"), "{program:?}");
    server.stop();
}

/// The log names each request by the id that exports and `tail` show.
#[test]
fn requests_are_in_the_log_under_their_ids() {
    let place = Place::new();
    for (format, flags) in [
        ("text", &["--log-requests"] as &[_]),
        ("json", &["--log-requests", "--log", "json"]),
        ("none", &[]),
    ] {
        let server = place.serve(flags);
        let token = place.run("token create --provider okta").stdout;
        let name = format!("Role \"{format}\"");
        assert_eq!(server.push_group(token.trim(), &name).0, 201);
        let recorded = place.run("export exchanges --format jsonl").stdout;
        let newest = recorded.lines().last().expect("an exchange");
        let recorded: Value = serde_json::from_str(newest).expect("JSON");
        let id = recorded["id"].as_str().expect("an id");
        let logged = server.stop();
        let mut lines = logged.lines().filter(|line| line.contains("a request"));
        match format {
            "text" => {
                let line = lines.next().expect("a line");
                assert!(line.ends_with(&format!(" request={id}")), "{line}");
                assert!(line.contains("status=201"), "{line}");
            }
            "json" => {
                let line: Value =
                    serde_json::from_str(lines.next().expect("a line")).expect("JSON");
                assert_eq!(line["request"], id, "{line}");
                assert_eq!(line["path"], "/scim/v2/Groups", "{line}");
                let summary = line["summary"].as_str().expect("words");
                assert!(summary.contains(&name), "{line}");
            }
            _ => {}
        }
        assert_eq!(lines.next(), None);
    }
}

#[test]
fn requests_and_changes_are_followed_as_they_come() {
    let place = Place::new();
    let server = place.serve(&[]);
    let token = place.run("token create --provider okta").stdout;
    let follow = |arguments: &str| {
        let mut child = place
            .command(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        (child, lines)
    };
    let (mut audit, mut entries) = follow("audit --follow --json");
    let first: Value = serde_json::from_str(&entries.next().expect("an entry").expect("text"))
        .expect("a JSON line");
    assert_eq!(first["seq"], 1);
    let (mut tail, mut lines) = follow("tail --json");
    // Nothing tells when the follower is heard, so requests come until it has told of one.
    let told = AtomicBool::new(false);
    let seen = thread::scope(|scope| {
        scope.spawn(|| {
            while !told.load(Ordering::Relaxed) {
                assert!(server.push_group(token.trim(), "Finance").0 < 500);
            }
        });
        let line = lines.next().expect("a line").expect("text");
        told.store(true, Ordering::Relaxed);
        line
    });
    let line: Value = serde_json::from_str(&seen).expect("a JSON line");
    assert_eq!(line["target"], "/scim/v2/Groups");
    assert!(line["summary"].is_string(), "{line}");
    let pushed = entries.find_map(|entry| {
        let entry: Value = serde_json::from_str(&entry.expect("text")).expect("a JSON line");
        (entry["action"] == "role-created").then_some(entry)
    });
    assert_eq!(pushed.expect("the change")["subject"]["name"], "Finance");
    for child in [&mut audit, &mut tail] {
        child.kill().expect("it runs");
        child.wait().expect("it ends");
    }
    server.stop();
}
