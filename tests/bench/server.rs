//! The real server, in a process of its own over a fresh file.

use std::{
    error::Error,
    fs,
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, ChildStderr, Command, Stdio},
};

use rolecall::simulate::Target;
use tempfile::TempDir;

/// A running server with a token.
pub(crate) struct Server {
    child: Child,
    stderr: BufReader<ChildStderr>,
    /// Where the client pushes to.
    pub(crate) target: Target,
    _directory: TempDir,
}

/// What the server's process holds in memory, in MiB; zero where the system does not tell.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Memory {
    /// Now.
    pub(crate) resident: f64,
    /// At most, so far.
    pub(crate) peak: f64,
}

impl Server {
    /// Starts it and makes a token.
    pub(crate) fn start() -> Result<Self, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let program = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
            command.env("ROLECALL_DATA", directory.path().join("data"));
            command
        };
        let mut child = program()
            // Everyone leaves at once in one phase, which the safeguard would hold.
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--safeguard-mass-suspension",
                "false",
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut stderr = BufReader::new(child.stderr.take().ok_or("stderr is piped")?);
        let mut line = String::new();
        let base = loop {
            line.clear();
            if stderr.read_line(&mut line)? == 0 {
                return Err("the server ended before it was ready".into());
            }
            if let Some((_, base)) = line.trim_end().split_once("listening on ") {
                break base.to_owned();
            }
        };
        let token = program()
            .args(["token", "create", "--provider", "okta"])
            .output()?;
        if !token.status.success() {
            return Err(String::from_utf8(token.stderr)?.into());
        }
        Ok(Self {
            child,
            stderr,
            target: Target::new(&base, String::from_utf8(token.stdout)?.trim())?,
            _directory: directory,
        })
    }

    /// What the process holds, from `/proc`.
    pub(crate) fn memory(&self) -> Memory {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let mebibytes = |key: &str| {
            status
                .lines()
                .find_map(|line| {
                    line.strip_prefix(key)?
                        .split_whitespace()
                        .next()?
                        .parse()
                        .ok()
                })
                .map_or(0.0, |kibibytes: f64| kibibytes / 1024.0)
        };
        Memory {
            resident: mebibytes("VmRSS:"),
            peak: mebibytes("VmHWM:"),
        }
    }

    /// Stops it; it must end by itself.
    pub(crate) fn stop(mut self) -> Result<(), Box<dyn Error>> {
        Command::new("kill")
            .arg(self.child.id().to_string())
            .status()?;
        let mut logged = String::new();
        self.stderr.read_to_string(&mut logged)?;
        let status = self.child.wait()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("the server ended with {status}: {logged}").into())
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Stopped already, unless a phase failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
