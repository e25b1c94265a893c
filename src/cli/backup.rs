//! `rolecall backup`, `rolecall restore` and `rolecall check`.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

use anyhow::{anyhow, bail};
use clap::Args;
use serde::Serialize;

use super::{
    arguments::DryRun,
    connect::{self, expect_reply},
    document,
    output::Output,
    session::Session,
};
use crate::{
    admin::Request,
    config::{Settings, StoreChoice},
    store::{
        MemoryStore, RedbStore, StoreError,
        backup::{Counts, RestoreError, restore},
    },
};

#[derive(Debug, Args)]
#[command(after_help = "\
No server may run on the directory, and nothing may be in it yet. Exchanges are not part of a backup.

Example:
  rolecall restore backup.jsonl --data /var/lib/rolecall-again")]
pub(super) struct RestoreArguments {
    /// What rolecall backup has written
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    dry_run: DryRun,
}

#[derive(Debug, Args)]
#[command(after_help = "\
A server may run, and goes on. The file holds names, addresses and the hashes of tokens: it is readable
by its owner only, and is never overwritten. Exchanges are not part of it.

Example:
  rolecall backup rolecall-$(date +%F).jsonl")]
pub(super) struct BackupArguments {
    /// The file to write
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// What became of a file.
#[derive(Serialize)]
struct Report<'a> {
    file: &'a Path,
    counts: &'a Counts,
    dry_run: bool,
}

/// Writes the whole directory, as it is at one moment, to a file.
pub(super) async fn write(arguments: BackupArguments, session: &mut Session) -> anyhow::Result<()> {
    let path = arguments.file;
    let counts = document::save(Request::Backup, session, &path).await?;
    session.output.counts("written", &path, &counts)
}

/// What the check found.
#[derive(Serialize)]
struct Findings<'a> {
    ok: bool,
    problems: &'a [String],
}

/// Recounts everything in the store; where no server has the file open, its pages are verified before.
///
/// # Errors
/// Something contradicts itself: each is printed, and the command fails.
pub(super) async fn check(settings: &Settings, json: bool) -> anyhow::Result<()> {
    let damage = verify(settings).await?;
    let mut session = Session {
        connection: connect::connect(settings).await?,
        output: Output::new(json),
    };
    let outcome = recount(&mut session, damage).await;
    session.connection.close().await;
    outcome
}

/// What is wrong with the file's pages, as far as it can be told: while a server writes, it cannot.
async fn verify(settings: &Settings) -> anyhow::Result<Option<String>> {
    let data = &settings.data;
    let has_file = settings.store.is_file() && RedbStore::file(data).exists();
    if !has_file || connect::running_server(data).await?.is_some() {
        return Ok(None);
    }
    match connect::patiently(|| RedbStore::verify(data)).await {
        // Who has it open is found out again, and told better, by connecting.
        Err(StoreError::InUse(_)) => Ok(None),
        verified => Ok(verified?),
    }
}

async fn recount(session: &mut Session, damage: Option<String>) -> anyhow::Result<()> {
    let counted = expect_reply!(session.ask(Request::Check).await?, Check);
    let problems: Vec<String> = damage.into_iter().chain(counted).collect();
    let ok = problems.is_empty();
    if session.output.is_json() {
        let problems = &problems;
        session.output.document(&Findings { ok, problems })?;
    } else if ok {
        session
            .output
            .line("every index, counter and invariant holds")?;
    } else {
        for problem in &problems {
            session.output.line(problem)?;
        }
    }
    if ok {
        return Ok(());
    }
    bail!(
        "the store contradicts itself ({} found): stop rolecall and restore a backup",
        problems.len()
    )
}

/// Takes a backup into the store that the settings name, all of it or nothing.
pub(super) async fn take_in(
    arguments: &RestoreArguments,
    settings: &Settings,
    json: bool,
) -> anyhow::Result<()> {
    let (path, data) = (arguments.file.as_path(), settings.data.display());
    if settings.store == StoreChoice::Memory {
        bail!("a store in memory ends with this command: restore with --store redb");
    }
    if connect::running_server(&settings.data).await?.is_some() {
        bail!("a server runs for {data}: stop it first, or name another directory with --data");
    }
    // Before the store, so that a wrong name makes no directory.
    let file = File::open(path);
    let file = file.map_err(|error| anyhow!("{} cannot be read: {error}", path.display()))?;
    let mut file = BufReader::new(file);
    let dry_run = arguments.dry_run.dry_run;
    let restored = if dry_run {
        try_out(settings, &mut file).await
    } else {
        restore(&*connect::open_store_patiently(settings).await?, &mut file)
    };
    let counts = restored.map_err(|error| match error {
        RestoreError::Line { .. } | RestoreError::Unreadable(_) => {
            anyhow!("{}: {error}", path.display())
        }
        RestoreError::NotEmpty | RestoreError::Store(_) => match &settings.store {
            StoreChoice::Postgres(url) => anyhow!("{url}: {error}"),
            StoreChoice::Redb | StoreChoice::Memory => anyhow!("{data}: {error}"),
        },
    })?;
    let sentence = if dry_run {
        "would be done: restored from"
    } else {
        "restored from"
    };
    Output::new(json).report(
        sentence,
        &Report {
            file: path,
            counts: &counts,
            dry_run,
        },
    )
}

/// Takes the backup into memory, where it goes wrong as it would in the real place.
async fn try_out(settings: &Settings, file: &mut dyn BufRead) -> Result<Counts, RestoreError> {
    if !settings.store.is_file() || settings.data.exists() {
        let store = connect::open_store_patiently(settings).await?;
        let totals = store.snapshot()?.totals().map_err(StoreError::from)?;
        if totals.journal_last > 0 {
            return Err(RestoreError::NotEmpty);
        }
    }
    restore(&MemoryStore::default(), file)
}

impl Output {
    /// Rows by kind, with the file that they were written to.
    pub(super) fn counts(
        &mut self,
        done: &str,
        file: &Path,
        counts: &Counts,
    ) -> anyhow::Result<()> {
        let dry_run = false;
        self.report(
            done,
            &Report {
                file,
                counts,
                dry_run,
            },
        )
    }

    fn report(&mut self, done: &str, report: &Report<'_>) -> anyhow::Result<()> {
        if self.is_json() {
            return Ok(self.document(report)?);
        }
        let file = report.file.display();
        let counts = report.counts.iter();
        let kinds: Vec<String> = counts
            .map(|(kind, count)| format!("{kind} {count}"))
            .collect();
        Ok(self.line(&format!("{done} {file}: {}", kinds.join(", ")))?)
    }
}
