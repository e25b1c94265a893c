//! `rolecall audit`.

use clap::Args;
use jiff::Timestamp;

use super::{
    connect::{expect_reply, unexpected},
    filter,
    output::{Output, moment, note},
    session::Session,
    table::Table,
    words,
};
use crate::{
    admin::{Reply, Request, request::MAXIMUM_PAGE, row::JournalRow},
    console::filter::journal_facts,
    service::search::{Filter, List, journal::JournalTest},
};

#[derive(Debug, Args)]
#[command(after_help = filter::help(List::Journal, "\
Without a filter, entries come in order and without a gap. With --follow each comes at least once: go on after the number
that was read last, and skip what was seen before.

Examples:
  rolecall audit --after 8800
  rolecall audit --filter 'what:suspended after:1d'
  rolecall audit --follow --json | jq .action"))]
pub(super) struct AuditArguments {
    /// Only entries with higher numbers; refused where some of them are not kept any more
    #[arg(long, value_name = "SEQ")]
    after: Option<u64>,
    /// Go on with entries as they come
    #[arg(long)]
    follow: bool,
    /// Words and operators, as in the console
    #[arg(long, value_name = "FILTER", value_parser = filter::read::<JournalTest>)]
    filter: Option<Filter<JournalTest>>,
}

/// Whether an entry is printed.
fn passes(filter: Option<&Filter<JournalTest>>, entry: &JournalRow) -> bool {
    filter.is_none_or(|filter| filter.passes(&journal_facts(entry), Timestamp::now()))
}

pub(super) async fn run(arguments: AuditArguments, session: &mut Session) -> anyhow::Result<()> {
    let mut after = match arguments.after {
        Some(after) => after,
        None => before_the_first(session).await?,
    };
    if arguments.follow && !session.connection.is_own() {
        return follow(after, arguments.filter.as_ref(), session).await;
    }
    let mut entries: Vec<JournalRow> = Vec::new();
    loop {
        let limit = MAXIMUM_PAGE;
        let mut page = expect_reply!(
            session.ask(Request::Journal { after, limit }).await?,
            Journal
        );
        let Some(last) = page.last() else { break };
        after = last.seq;
        page.retain(|entry| passes(arguments.filter.as_ref(), entry));
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

async fn follow(
    after: u64,
    filter: Option<&Filter<JournalTest>>,
    session: &mut Session,
) -> anyhow::Result<()> {
    let mut follower = session.follow(Request::FollowJournal { after }).await?;
    while let Some(reply) = follower.next().await? {
        let Reply::Journal(entries) = reply else {
            return Err(unexpected());
        };
        for entry in entries.iter().filter(|entry| passes(filter, entry)) {
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
