//! `rolecall audit`.

use clap::Args;

use super::{
    connect::{expect_reply, unexpected},
    output::{Output, moment, note},
    session::Session,
    table::Table,
    words,
};
use crate::admin::{Reply, Request, request::MAXIMUM_PAGE, row::JournalRow};

#[derive(Debug, Args)]
#[command(after_help = "\
Entries come in order and without a gap. With --follow each comes at least once: go on after the number
that was read last, and skip what was seen before.

Examples:
  rolecall audit --after 8800
  rolecall audit --follow --json | jq .action")]
pub(super) struct AuditArguments {
    /// Only entries with higher numbers; refused where some of them are not kept any more
    #[arg(long, value_name = "SEQ")]
    after: Option<u64>,
    /// Go on with entries as they come
    #[arg(long)]
    follow: bool,
}

pub(super) async fn run(arguments: AuditArguments, session: &mut Session) -> anyhow::Result<()> {
    let mut after = match arguments.after {
        Some(after) => after,
        None => before_the_first(session).await?,
    };
    if arguments.follow && !session.connection.is_own() {
        return follow(after, session).await;
    }
    let mut entries: Vec<JournalRow> = Vec::new();
    loop {
        let limit = MAXIMUM_PAGE;
        let page = expect_reply!(
            session.ask(Request::Journal { after, limit }).await?,
            Journal
        );
        let Some(last) = page.last() else { break };
        after = last.seq;
        if session.output.is_json() {
            entries.extend(page);
            continue;
        }
        for entry in &page {
            print(entry, &mut session.output)?;
        }
    }
    if arguments.follow {
        for entry in &entries {
            session.output.json_line(entry)?;
        }
        note("no server runs: these are the entries so far");
    } else if session.output.is_json() {
        session.output.document(&entries)?;
    }
    Ok(())
}

/// The number after which everything comes that is kept.
async fn before_the_first(session: &Session) -> anyhow::Result<u64> {
    let status = expect_reply!(session.ask(Request::Status).await?, Status);
    Ok(status.journal_first.saturating_sub(1))
}

async fn follow(after: u64, session: &mut Session) -> anyhow::Result<()> {
    let mut follower = session.follow(Request::FollowJournal { after }).await?;
    while let Some(reply) = follower.next().await? {
        let Reply::Journal(entries) = reply else {
            return Err(unexpected());
        };
        for entry in &entries {
            if session.output.is_json() {
                session.output.json_line(entry)?;
            } else {
                print(entry, &mut session.output)?;
            }
        }
    }
    anyhow::bail!("the server has stopped")
}

fn print(entry: &JournalRow, output: &mut Output) -> std::io::Result<()> {
    output.line(&format!(
        "{:>6}  {}  {}  {}",
        entry.seq,
        moment(entry.at),
        entry.actor,
        words::change(entry)
    ))
}

impl Output {
    /// The newest journal entries about something, under a heading.
    pub(super) fn history(&mut self, history: &[JournalRow]) -> anyhow::Result<()> {
        if history.is_empty() {
            return Ok(());
        }
        self.line("")?;
        let mut table = Table::new(&["WHEN", "JOURNAL", "WHO", "WHAT"]);
        for entry in history {
            table.row([
                &moment(entry.at),
                &entry.seq.to_string(),
                &entry.actor,
                &words::change(entry),
            ]);
        }
        Ok(self.table(&table)?)
    }
}
