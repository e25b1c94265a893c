//! `tail` across a restart of its server, and into a pipe.

use std::{
    io::{BufRead as _, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdout, Stdio},
};

use super::program::{Place, Serving};

struct Tail {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    notes: Lines<BufReader<ChildStderr>>,
}

impl Tail {
    fn start(place: &Place, arguments: &str) -> Self {
        let mut command = place.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let stdout = child.stdout.take().expect("stdout is piped");
        let stderr = child.stderr.take().expect("stderr is piped");
        Self {
            child,
            lines: BufReader::new(stdout).lines(),
            notes: BufReader::new(stderr).lines(),
        }
    }

    fn line(&mut self) -> String {
        self.lines.next().expect("a line").expect("text")
    }

    fn note(&mut self) -> String {
        self.notes.next().expect("a note").expect("text")
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn push(server: &Serving, token: &str, name: &str) {
    assert_eq!(server.push_group(token.trim(), name).0, 201);
}

/// Nothing tells when the follower is heard, so requests come until it has told of one. Gives what it
/// told, and how many came.
fn push_until_heard(server: &Serving, token: &str, tail: &mut Tail, name: &str) -> (String, u32) {
    let mut pushed = 0;
    std::thread::scope(|scope| {
        let (told, heard) = std::sync::mpsc::channel();
        scope.spawn(move || told.send(tail.line()));
        loop {
            push(server, token, &format!("{name} {pushed}"));
            pushed += 1;
            if let Ok(line) = heard.try_recv() {
                return (line, pushed);
            }
        }
    })
}

#[test]
fn a_sync_that_has_ended_is_told_with_its_verdict() {
    let place = Place::new();
    let token = place.run("token create --provider okta").stdout;
    let server = place.serve(&["--sync-gap", "1s"]);
    let mut tail = Tail::start(&place, "tail --plain");
    push_until_heard(&server, &token, &mut tail, "Role");
    let verdict = std::iter::repeat_with(|| tail.line()).find(|line| line.contains("okta sync"));
    let verdict = verdict.expect("a verdict");
    assert!(verdict.contains("okta sync clean: "), "{verdict}");
    server.stop();
}

#[test]
fn requests_are_followed_across_a_restart() {
    let place = Place::new();
    let token = place.run("token create --provider okta").stdout;
    for (round, arguments) in ["tail --plain", "tail", "tail --json"].iter().enumerate() {
        let server = place.serve(&[]);
        let mut tail = Tail::start(&place, arguments);
        let (heard, pushed) =
            push_until_heard(&server, &token, &mut tail, &format!("Early {round}"));
        assert!(heard.contains("Early"), "{heard}");
        let last = format!("Early {round} {}", pushed - 1);
        let mut line = heard;
        while !line.contains(&last) {
            line = tail.line();
        }
        server.stop();
        assert!(tail.note().contains("; trying again until it answers"));
        let server = place.serve(&[]);
        // Before or after it is heard again.
        push(&server, &token, &format!("Late {round}"));
        assert_eq!(tail.note(), "the server answers again");
        push(&server, &token, &format!("Later {round}"));
        for name in ["Late", "Later"] {
            let line = tail.line();
            assert!(
                line.contains(&format!("role {name} {round} created")),
                "{line}"
            );
            assert!(line.chars().all(|c| !c.is_control()), "{line:?}");
            if *arguments == "tail --plain" {
                assert!(line.is_ascii() && line.contains(" okta 201 "), "{line}");
            }
        }
        server.stop();
    }
}

#[test]
fn a_pipe_that_nobody_reads_any_more_ends_it_cleanly() {
    let place = Place::new();
    let token = place.run("token create --provider okta").stdout;
    let server = place.serve(&[]);
    let mut child = place
        .command("tail --plain")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    // It finds out when it has something to write.
    let mut number = 0;
    let status = loop {
        push(&server, &token, &format!("Role {number}"));
        number += 1;
        if let Some(status) = child.try_wait().expect("it can be asked") {
            break status;
        }
    };
    assert!(status.success(), "{status}");
    server.stop();
}
