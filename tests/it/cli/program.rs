//! The binary, run in a data directory of its own.

use std::{
    io::{BufRead as _, BufReader, Read, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Program {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout.clone()).expect("stdout is text"),
            stderr: String::from_utf8(output.stderr.clone()).expect("stderr is text"),
        }
    }

    /// Runs without a data directory.
    pub(crate) fn alone(arguments: &[&str]) -> Self {
        let output = command().args(arguments).output().expect("the binary runs");
        Self::of(&output)
    }
}

/// The binary with an environment that says nothing.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
    command
        .env_clear()
        .env("USER", "tester")
        .stdin(Stdio::null());
    command
}

/// A data directory, made by the first command that needs it.
pub(crate) struct Place {
    directory: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().expect("a temporary directory"),
        }
    }

    /// The data directory.
    pub(crate) fn data(&self) -> std::path::PathBuf {
        self.directory.path().join("data")
    }

    /// The folder around it.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// A command in this directory; arguments are separated by blanks.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = command();
        command
            .args(arguments.split_whitespace())
            .arg("--data")
            .arg(self.data());
        command
    }

    /// Runs, however it ends.
    pub(crate) fn attempt(&self, arguments: &str) -> Program {
        let output = self.command(arguments).output().expect("the binary runs");
        Program::of(&output)
    }

    /// Runs, and must succeed.
    pub(crate) fn run(&self, arguments: &str) -> Program {
        let program = self.attempt(arguments);
        assert_eq!(program.code, 0, "rolecall {arguments}: {program:?}");
        program
    }

    /// Runs with `--json`, and must print one document.
    pub(crate) fn json(&self, arguments: &str) -> Value {
        let program = self.run(&format!("{arguments} --json"));
        serde_json::from_str(&program.stdout)
            .unwrap_or_else(|error| panic!("rolecall {arguments}: {error}: {program:?}"))
    }

    /// Starts a server on a port of its own and waits until it is ready.
    pub(crate) fn serve(&self, flags: &[&str]) -> Serving {
        let mut command = self.command("serve --listen 127.0.0.1:0");
        command.args(flags);
        Self::start(command)
    }

    /// Starts this server and waits until it is ready.
    pub(crate) fn start(mut command: Command) -> Serving {
        command.stderr(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().expect("the binary runs");
        let stderr: Box<dyn Read + Send + Sync> =
            Box::new(child.stderr.take().expect("stderr is piped"));
        let stderr = BufReader::new(stderr);
        let mut serving = Serving {
            child,
            stderr,
            address: String::new(),
        };
        let mut seen = String::new();
        while serving.address.is_empty() {
            let mut line = String::new();
            let count = serving.stderr.read_line(&mut line).expect("stderr is text");
            assert!(count > 0, "the server ended before it was ready: {seen}");
            if let Some((_, url)) = line.split_once("listening on ") {
                let (_, rest) = url.split_once("://").expect("a URL");
                rest.split('/')
                    .next()
                    .unwrap_or_default()
                    .clone_into(&mut serving.address);
            }
            seen.push_str(&line);
        }
        serving
    }
}

/// A running server.
pub(crate) struct Serving {
    child: Child,
    stderr: BufReader<Box<dyn Read + Send + Sync>>,
    address: String,
}

impl Serving {
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Reads what it logs and forgets it, so that it may log as much as it likes.
    pub(crate) fn drain(&mut self) {
        let nothing: Box<dyn Read + Send + Sync> = Box::new(std::io::empty());
        let mut stderr = std::mem::replace(&mut self.stderr, BufReader::new(nothing));
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
    }

    /// Waits until something is logged.
    pub(crate) fn logs(&mut self, words: &str) {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            let count = self.stderr.read_line(&mut line).expect("stderr is text");
            assert!(count > 0, "the server ended and did not log {words:?}");
        }
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args(["-s", name, &self.pid().to_string()])
            .status()
            .expect("kill is there");
        assert!(status.success());
    }

    /// Asks the server to stop; it must do so by itself and succeed. Gives what it logged.
    pub(crate) fn stop(mut self) -> String {
        self.signal("TERM");
        let mut logged = String::new();
        self.stderr
            .read_to_string(&mut logged)
            .expect("stderr is text");
        let status = self.child.wait().expect("the server ends");
        assert!(status.success(), "{status}: {logged}");
        logged
    }

    /// Pushes an empty group, and gives status and body of the answer.
    pub(crate) fn push_group(&self, token: &str, name: &str) -> (u16, Value) {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": name,
            "members": []
        });
        self.request("POST", "/Groups", token, &body.to_string())
    }

    /// Sends one request, and gives status and body of the answer.
    pub(crate) fn request(
        &self,
        method: &str,
        target: &str,
        token: &str,
        body: &str,
    ) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.address).expect("the server listens");
        write!(
            stream,
            "{method} /scim/v2{target} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/scim+json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .expect("the server reads");
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .expect("the answer is text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a whole answer");
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let body = serde_json::from_str(body).unwrap_or(Value::Null);
        (status.expect("a status"), body)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // A test that failed leaves its server behind; one that stopped it has nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
