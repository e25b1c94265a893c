//! What lies beneath: a bare hyper server, and bare durable commits of redb.

use std::{
    convert::Infallible,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use redb::{Database, Durability, TableDefinition, WriteTransaction};
use rolecall::simulate::Target;
use tempfile::TempDir;

use super::client::float;
use crate::Outcome;

/// The argument with which this program is the bare server, before the folder of its answers.
pub(crate) const BARE_SERVER: &str = "--bare-server";

/// The bare server in a process of its own, as rolecall is.
pub(crate) struct BareServer {
    child: Child,
    pub(crate) target: Target,
    _answers: TempDir,
}

impl BareServer {
    /// It answers `/look-up` and `/page` with these bytes: what rolecall answers, so that the client has
    /// the same work with it.
    pub(crate) fn start(look_up: &str, page: &str) -> Outcome<Self> {
        let answers = tempfile::tempdir()?;
        fs::write(answers.path().join("look-up"), look_up)?;
        fs::write(answers.path().join("page"), page)?;
        let mut child = Command::new(std::env::current_exe()?)
            .arg(BARE_SERVER)
            .arg(answers.path())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().ok_or("stdout is piped")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let target = Target::new(&format!("http://{}", line.trim()), "none")?;
        Ok(Self {
            child,
            target,
            _answers: answers,
        })
    }
}

impl BareServer {
    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for BareServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Answers with what stands in a folder: `/page` with the page, anything else with the look-up.
pub(crate) async fn serve_bare(answers: &Path) -> Outcome<()> {
    let look_up = Bytes::from(fs::read(answers.join("look-up"))?);
    let page = Bytes::from(fs::read(answers.join("page"))?);
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", socket.local_addr()?);
    std::io::stdout().flush()?;
    loop {
        let (stream, _) = socket.accept().await?;
        stream.set_nodelay(true)?;
        let (look_up, page) = (look_up.clone(), page.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let answer = match request.uri().path() {
                    "/page" => page.clone(),
                    _ => look_up.clone(),
                };
                async { Ok::<_, Infallible>(Response::new(Full::new(answer))) }
            });
            http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await
        });
    }
}

const ROWS: TableDefinition<&[u8; 16], &[u8]> = TableDefinition::new("rows");
const OTHER_ROWS: TableDefinition<&[u8; 16], &[u8]> = TableDefinition::new("other rows");

/// A kilobyte, about what a user's row and a journal entry have together.
const ROW: [u8; 1_000] = [b'x'; 1_000];

/// One commit as durable as the store's.
fn commit(
    database: &Database,
    change: impl FnOnce(&WriteTransaction) -> Outcome<()>,
) -> Outcome<()> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    transaction.set_quick_repair(true);
    change(&transaction)?;
    Ok(transaction.commit()?)
}

/// Keys that are ever larger, as the ids of what is created are.
fn key(row: usize) -> [u8; 16] {
    (row as u128).to_be_bytes()
}

/// Rows a second that redb commits by itself, durably and as the store does: `batch` rows of a kilobyte
/// in each transaction, for so long.
pub(crate) fn redb_rows(batch: usize, time: Duration) -> Outcome<f64> {
    let directory = tempfile::tempdir()?;
    let database = Database::create(directory.path().join("bare.redb"))?;
    let start = Instant::now();
    let mut rows = 0_usize;
    while start.elapsed() < time {
        commit(&database, |transaction| {
            let mut table = transaction.open_table(ROWS)?;
            for _ in 0..batch {
                table.insert(&key(rows), ROW.as_slice())?;
                rows += 1;
            }
            Ok(())
        })?;
    }
    Ok(float(rows) / start.elapsed().as_secs_f64())
}

/// Commits a second of which each changes one of so many rows, and adds one to a table that has as many: what
/// a PUT asks of redb.
pub(crate) fn redb_changes(rows: usize, time: Duration) -> Outcome<f64> {
    let directory = tempfile::tempdir()?;
    let database = Database::create(directory.path().join("bare.redb"))?;
    let half = ROW.get(..ROW.len() / 2).unwrap_or(&ROW);
    for definition in [ROWS, OTHER_ROWS] {
        commit(&database, |transaction| {
            let mut table = transaction.open_table(definition)?;
            for row in 0..rows {
                table.insert(&key(row), half)?;
            }
            Ok(())
        })?;
    }
    let start = Instant::now();
    let mut commits = 0_usize;
    while start.elapsed() < time {
        commit(&database, |transaction| {
            let changed = commits.wrapping_mul(7_919) % rows.max(1);
            transaction.open_table(ROWS)?.insert(&key(changed), half)?;
            let mut others = transaction.open_table(OTHER_ROWS)?;
            others.insert(&key(rows + commits), half)?;
            Ok(())
        })?;
        commits += 1;
    }
    Ok(float(commits) / start.elapsed().as_secs_f64())
}
