//! A throw-away `PostgreSQL`, made of the machine's programs.
//!
//! One is shared by all tests, and started when the first asks for it; each test has a database of its
//! own in it ([`Database::new`]). Tests that stop, freeze or break it have a server of their own
//! ([`Server::throw_away`], [`Server::durable`]). A shell stands by, and removes everything as soon as
//! the process of the tests is gone, killed or not.

// Named, so that the benchmarks, which have this file elsewhere in their tree, find them, too.
#[path = "postgres/itself.rs"]
mod itself;
#[path = "postgres/programs.rs"]
mod programs;
#[path = "postgres/standby.rs"]
mod standby;

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    net::TcpListener,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use rolecall::store::postgres::PostgresOptions;

/// Nothing is kept when the machine crashes, which costs nothing.
const THROW_AWAY: &str = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n\
    wal_level = minimal\nmax_wal_senders = 0\n";

/// What is committed is on the disk, as in production.
const DURABLE: &str = "fsync = on\nsynchronous_commit = on\n";

/// So many connections has a store of the tests.
const CONNECTIONS: usize = 8;

/// No step of the server takes as long on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A `PostgreSQL` of the tests.
#[derive(Debug)]
pub(crate) struct Server {
    programs: PathBuf,
    /// Its data, its socket and its log.
    folder: PathBuf,
    port: u16,
    /// Ends the server once nothing holds its input.
    supervisor: Child,
    databases: AtomicU64,
}

impl Server {
    /// The one that is shared. Stop, freeze or restart only one of your own.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: OnceLock<Result<Arc<Server>, String>> = OnceLock::new();
        match SHARED.get_or_init(|| Self::make(THROW_AWAY).map(Arc::new)) {
            Ok(server) => Arc::clone(server),
            Err(message) => panic!("{message}"),
        }
    }

    /// One for this test alone, that keeps nothing if the machine crashes.
    pub(crate) fn throw_away() -> Arc<Self> {
        Self::make(THROW_AWAY).map_or_else(|message| panic!("{message}"), Arc::new)
    }

    /// One for this test alone, that keeps what it has committed, whatever is killed.
    pub(crate) fn durable() -> Arc<Self> {
        Self::make(DURABLE).map_or_else(|message| panic!("{message}"), Arc::new)
    }

    fn make(settings: &str) -> Result<Self, String> {
        let programs = programs::find()?;
        let mut told = String::new();
        // A port that was free may be taken by the time the server wants it.
        for _ in 0..5 {
            match Self::try_once(&programs, settings) {
                Ok(server) => return Ok(server),
                Err(said) => told = said,
            }
        }
        Err(format!(
            "PostgreSQL in {} did not start. It said:\n{told}",
            programs.display()
        ))
    }

    fn try_once(programs: &Path, settings: &str) -> Result<Self, String> {
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
        let port = free.map_err(|error| error.to_string())?.port();
        let mut supervisor = programs::as_ordinary_user("sh")
            .args(["-c", include_str!("postgres/supervise.sh"), "supervise"])
            .arg(programs)
            .args([&port.to_string(), settings])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            // What interrupts the tests at the keyboard lets it clean up.
            .process_group(0)
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut said = BufReader::new(supervisor.stdout.take().expect("its output is piped"));
        let mut line = String::new();
        said.read_line(&mut line)
            .map_err(|error| error.to_string())?;
        let Some(folder) = line.trim_end().strip_prefix("ready ") else {
            let _ = said.read_to_string(&mut line);
            let _ = supervisor.wait();
            return Err(line);
        };
        Ok(Self {
            programs: programs.to_owned(),
            folder: PathBuf::from(folder),
            port,
            supervisor,
            databases: AtomicU64::new(0),
        })
    }

    /// The port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What the server logs.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).expect("the server's log")
    }

    /// Runs these statements as who may do anything; gives the rows, columns separated by `|`.
    pub(crate) fn sql(&self, database: &str, statements: &str) -> String {
        match self.try_sql(database, statements) {
            Ok(rows) => rows,
            Err(said) => panic!("{statements}: {said}"),
        }
    }

    fn try_sql(&self, database: &str, statements: &str) -> Result<String, String> {
        let output = Command::new(self.programs.join("psql"))
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"])
            .args(["-U", "postgres", "-d", database, "-c", statements])
            .args(["-p", &self.port.to_string(), "-h"])
            .arg(&self.folder)
            .output()
            .expect("psql runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        if output.status.success() {
            Ok(text(&output.stdout))
        } else {
            Err(text(&output.stderr))
        }
    }

    /// Ends it as an operator does: what runs is rolled back, and everybody disconnected.
    pub(crate) fn stop(&self) {
        self.control(&["stop", "-m", "fast"]);
    }

    /// Starts it again, after whatever ended it.
    pub(crate) fn start(&self) {
        let log = self.folder.join("log");
        let deadline = Instant::now() + PATIENCE;
        // What a killed server has left behind is in the way until the last of its processes is gone.
        while !self.try_control(&["start", "-l", log.to_str().expect("a path in UTF-8")]) {
            assert!(Instant::now() < deadline, "{}", self.log());
        }
    }

    /// Ends it and starts it again.
    pub(crate) fn restart(&self) {
        self.stop();
        self.start();
    }

    /// Kills all its processes.
    pub(crate) fn kill(&self) {
        self.signal("KILL");
    }

    /// Lets no process of it go on until what this gives is dropped: connections stay, and so do
    /// new ones, and nothing answers.
    pub(crate) fn freeze(&self) -> Frozen<'_> {
        self.signal("STOP");
        Frozen { server: self }
    }

    /// Refuses every write from now on, as a standby does, or takes them again.
    pub(crate) fn read_only(&self, read_only: bool) {
        self.sql(
            "postgres",
            &format!("ALTER SYSTEM SET default_transaction_read_only = {read_only}"),
        );
        self.sql("postgres", "SELECT pg_reload_conf()");
    }

    fn control(&self, arguments: &[&str]) {
        assert!(self.try_control(arguments), "{arguments:?}: {}", self.log());
    }

    fn try_control(&self, arguments: &[&str]) -> bool {
        let status = programs::as_ordinary_user(self.programs.join("pg_ctl"))
            .args(arguments)
            .arg("-w")
            .arg("-D")
            .arg(self.folder.join("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.expect("pg_ctl runs").success()
    }

    /// To all its processes: to the first, which must not start more meanwhile, and those that it has
    /// started.
    fn signal(&self, name: &str) {
        let first = &self.first_process();
        let send = |name: &str, processes: &[&str]| {
            let sent = Command::new("kill")
                .args(["-s", name])
                .args(processes)
                .stderr(Stdio::null())
                .status();
            sent.expect("kill is there").success()
        };
        assert!(send("STOP", &[first]), "process {first} is gone");
        let all = self.processes();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        // Of the others, one that has just ended hears nothing, and need not.
        send(name, &all);
    }

    /// Its processes.
    pub(crate) fn processes(&self) -> Vec<String> {
        let first = self.first_process();
        let mut all: Vec<String> = children(&first)
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        all.push(first);
        all
    }

    /// The one that has started the others.
    fn first_process(&self) -> String {
        let file = fs::read_to_string(self.folder.join("data/postmaster.pid"));
        let file = file.expect("the server runs");
        file.lines().next().expect("a process").to_owned()
    }
}

fn children(process: &str) -> String {
    let listed = fs::read_to_string(format!("/proc/{process}/task/{process}/children"));
    let listed = listed.or_else(|_| {
        let output = Command::new("pgrep").args(["-P", process]).output()?;
        Ok::<_, std::io::Error>(String::from_utf8_lossy(&output.stdout).into_owned())
    });
    listed.expect("the system lists processes, or pgrep does")
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        let _ = self.supervisor.wait();
    }
}

/// A server none of whose processes goes on.
#[must_use = "it goes on at once"]
pub(crate) struct Frozen<'server> {
    server: &'server Server,
}

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        self.server.signal("CONT");
    }
}

/// An empty database, which is gone with the value.
#[derive(Debug)]
pub(crate) struct Database {
    server: Arc<Server>,
    name: String,
}

impl Database {
    /// On the server that all tests share.
    pub(crate) fn new() -> Self {
        Self::on(&Server::shared())
    }

    /// On this server.
    pub(crate) fn on(server: &Arc<Server>) -> Self {
        let number = server.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{number}");
        server.sql(
            "postgres",
            &format!("CREATE DATABASE {name} OWNER rolecall"),
        );
        Self {
            server: Arc::clone(server),
            name,
        }
    }

    /// Where it is; the account may do anything in it, and nothing beside it.
    pub(crate) fn url(&self) -> String {
        self.url_at(self.port())
    }

    /// Where it is for who reaches it by another port.
    pub(crate) fn url_at(&self, port: u16) -> String {
        format!("postgres://rolecall@127.0.0.1:{port}/{}", self.name)
    }

    /// Where it is for who finds which of two servers takes changes.
    pub(crate) fn url_at_either(&self, other: u16) -> String {
        let (port, name) = (self.port(), &self.name);
        format!(
            "postgres://rolecall@127.0.0.1:{port},127.0.0.1:{other}/{name}?target_session_attrs=read-write"
        )
    }

    /// The server's port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.server.port()
    }

    /// How a process of this name reaches it.
    pub(crate) fn options(&self, node: &str) -> PostgresOptions {
        PostgresOptions {
            url: self.url(),
            password: None,
            node: node.to_owned(),
            connections: CONNECTIONS,
        }
    }

    /// Runs these statements in it as who may do anything; gives the rows, columns separated by `|`.
    pub(crate) fn sql(&self, statements: &str) -> String {
        self.server.sql(&self.name, statements)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Where the server is gone already, so is this.
        let statement = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let _ = self.server.try_sql("postgres", &statement);
    }
}
