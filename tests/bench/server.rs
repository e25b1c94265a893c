//! The real server, in a process of its own over a fresh file.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::PathBuf,
    process::{Child, ChildStderr, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use rolecall::simulate::Target;
use tempfile::TempDir;

use crate::Outcome;

/// What of the server is seen from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    /// `rolecall serve`, plain HTTP.
    Headless,
    /// `rolecall serve` with TLS.
    Tls,
    /// `rolecall`, with the console open on Live in a terminal of 140×40.
    Console,
}

/// What else the program is told, by its variables.
type Environment = Vec<(&'static str, String)>;

/// A running server with a token.
pub(crate) struct Server {
    face: Face,
    environment: Environment,
    process: Process,
    /// Where the client pushes to.
    pub(crate) target: Target,
    token: String,
    directory: TempDir,
    /// Ids of users that may be deleted.
    pub(crate) spare: Vec<String>,
}

enum Process {
    Headless(Child, BufReader<ChildStderr>),
    Console(
        Box<dyn portable_pty::Child + Send + Sync>,
        #[allow(dead_code, reason = "the terminal lasts as long as it")] Box<dyn MasterPty + Send>,
    ),
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
    /// Starts it over a file of its own, and makes a token.
    pub(crate) fn start(face: Face) -> Outcome<Self> {
        Self::start_told(face, Vec::new())
    }

    /// Starts one of several processes over a database, and makes it a token.
    #[allow(dead_code, reason = "not every benchmark has a database")]
    pub(crate) fn start_node(name: &str, store: &str) -> Outcome<Self> {
        let environment = vec![
            ("ROLECALL_STORE", store.to_owned()),
            ("ROLECALL_NODE", name.to_owned()),
        ];
        Self::start_told(Face::Headless, environment)
    }

    fn start_told(face: Face, environment: Environment) -> Outcome<Self> {
        let directory = tempfile::tempdir()?;
        if face == Face::Tls {
            let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
            let made = rcgen::generate_simple_self_signed(names)?;
            let write = |name: &str, text: String| fs::write(directory.path().join(name), text);
            write("cert.pem", pem("CERTIFICATE", made.cert.der()))?;
            let key = made.signing_key.serialize_der();
            write("key.pem", pem("PRIVATE KEY", &key))?;
        }
        let data = directory.path().join("data");
        let (process, base) = launch(face, &directory, &environment)?;
        let token = Command::new(env!("CARGO_BIN_EXE_rolecall"))
            .env("ROLECALL_DATA", data)
            .envs(environment.iter().cloned())
            .args(["token", "create", "--provider", "okta"])
            .output()?;
        if !token.status.success() {
            return Err(String::from_utf8(token.stderr)?.into());
        }
        let token = String::from_utf8(token.stdout)?.trim().to_owned();
        Ok(Self {
            face,
            environment,
            process,
            target: target(face, &base, &token, &directory)?,
            token,
            directory,
            spare: Vec::new(),
        })
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        match &self.process {
            Process::Headless(child, _) => child.id(),
            Process::Console(child, _) => child.process_id().unwrap_or_default(),
        }
    }

    /// What the process holds, from `/proc`.
    pub(crate) fn memory(&self) -> Memory {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id()));
        let status = status.unwrap_or_default();
        let mebibytes = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key));
            let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
            number.map_or(0.0, |kibibytes: f64| kibibytes / 1024.0)
        };
        Memory {
            resident: mebibytes("VmRSS:"),
            peak: mebibytes("VmHWM:"),
        }
    }

    /// Begins to count the peak anew, where the system can.
    pub(crate) fn forget_peak(&self) {
        let _ = fs::write(format!("/proc/{}/clear_refs", self.id()), "5");
    }

    /// Bytes of the store's file.
    pub(crate) fn file_bytes(&self) -> u64 {
        let file = self.directory.path().join("data/rolecall.redb");
        fs::metadata(file).map_or(0, |file| file.len())
    }

    /// Kills it, starts it again, and gives how long it took to be ready.
    pub(crate) fn crash_and_start(&mut self) -> Outcome<Duration> {
        self.process.kill();
        let start = Instant::now();
        let (process, base) = launch(self.face, &self.directory, &self.environment)?;
        let took = start.elapsed();
        self.process = process;
        self.target = target(self.face, &base, &self.token, &self.directory)?;
        Ok(took)
    }

    /// Stops it; it must end by itself.
    pub(crate) fn stop(mut self) -> Outcome<()> {
        let Process::Headless(child, stderr) = &mut self.process else {
            return Ok(());
        };
        Command::new("kill").arg(child.id().to_string()).status()?;
        let mut logged = String::new();
        stderr.read_to_string(&mut logged)?;
        let status = child.wait()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("the server ended with {status}: {logged}").into())
        }
    }
}

impl Process {
    fn kill(&mut self) {
        // It may have ended already.
        match self {
            Self::Headless(child, _) => {
                let _ = child.kill();
                let _ = child.wait();
            }
            Self::Console(child, _) => {
                let _ = child.kill();
                let _ = child.wait();
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill();
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

fn target(face: Face, base: &str, token: &str, directory: &TempDir) -> Outcome<Target> {
    let authority = directory.path().join("cert.pem");
    Ok(match face {
        Face::Tls => Target::trusting(base, token, &authority)?,
        Face::Headless | Face::Console => Target::new(base, token)?,
    })
}

/// Starts the program and waits until it is ready; gives its base URL.
fn launch(
    face: Face,
    directory: &TempDir,
    environment: &Environment,
) -> Outcome<(Process, String)> {
    let path = |name: &str| -> PathBuf { directory.path().join(name) };
    // Many leave within the hour, which the safeguard would hold.
    let lenient = ["--safeguard-mass-suspension", "false"];
    if face == Face::Console {
        return launch_console(&path("data"), &lenient);
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
    command
        // As the systemd unit and the container file have it.
        .env("MIMALLOC_PURGE_DELAY", "20")
        .env("ROLECALL_DATA", path("data"))
        .envs(environment.iter().cloned())
        .args(["serve", "--listen", "127.0.0.1:0"])
        .args(lenient)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    if face == Face::Tls {
        command.arg("--tls-certificate").arg(path("cert.pem"));
        command.arg("--tls-key").arg(path("key.pem"));
    }
    let mut child = command.spawn()?;
    let mut stderr = BufReader::new(child.stderr.take().ok_or("stderr is piped")?);
    let mut line = String::new();
    loop {
        line.clear();
        if stderr.read_line(&mut line)? == 0 {
            return Err("the server ended before it was ready".into());
        }
        if let Some((_, base)) = line.trim_end().split_once("listening on ") {
            let base = base.to_owned();
            return Ok((Process::Headless(child, stderr), base));
        }
    }
}

fn launch_console(data: &std::path::Path, lenient: &[&str]) -> Outcome<(Process, String)> {
    let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_rolecall"));
    command.args(["--listen", &address.to_string()]);
    command.args(lenient);
    command.env("TERM", "xterm-256color");
    command.env("ROLECALL_DATA", data);
    let size = PtySize {
        rows: 40,
        cols: 140,
        ..PtySize::default()
    };
    let pair = native_pty_system().openpty(size)?;
    let child = pair.slave.spawn_command(command)?;
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader()?;
    thread::spawn(move || {
        let mut bytes = vec![0; 64 * 1024];
        while matches!(reader.read(&mut bytes), Ok(1..)) {}
    });
    let start = Instant::now();
    while std::net::TcpStream::connect(address).is_err() {
        if start.elapsed() > Duration::from_secs(20) {
            return Err("the console's listener does not answer".into());
        }
        thread::sleep(Duration::from_millis(20));
    }
    let base = format!("http://{address}/scim/v2");
    Ok((Process::Console(child, pair.master), base))
}
