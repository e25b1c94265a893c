//! `rolecall export`.

use std::path::PathBuf;

use anyhow::bail;
use clap::{Subcommand, ValueEnum};

use super::{
    connect::{expect_reply, unexpected},
    document,
    session::Session,
};
use crate::{
    admin::{
        Reply, Request,
        request::{ExportFormat, MAXIMUM_EXPORT},
    },
    directory::ExchangeId,
};

#[derive(Debug, Subcommand)]
pub(super) enum ExportCommand {
    /// Write the recorded requests, with secrets blotted out, oldest first
    #[command(after_help = "\
The file is readable by its owner only, and is never overwritten. HAR is what browsers' network
panels read.

Examples:
  rolecall export exchanges --format jsonl --output monday.jsonl
  rolecall export exchanges --format har > monday.har")]
    Exchanges {
        /// har or jsonl
        #[arg(long, value_name = "FORMAT")]
        format: Format,
        /// Only those after this one
        #[arg(long, value_name = "ID", value_parser = parse_exchange)]
        after: Option<ExchangeId>,
        /// At most so many, oldest first
        #[arg(long, value_name = "NUMBER", default_value_t = MAXIMUM_EXPORT,
            value_parser = clap::value_parser!(u32).range(1..=i64::from(MAXIMUM_EXPORT)))]
        limit: u32,
        /// The file; without it, stdout
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Write what one sync did, as Markdown; without an id, the newest sync
    #[command(after_help = "Example:\n  rolecall export sync > sync.md")]
    Sync {
        /// The sync's id: that of its first request
        #[arg(value_parser = parse_sync)]
        id: Option<ExchangeId>,
        /// The file; without it, stdout
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

fn parse_exchange(text: &str) -> Result<ExchangeId, String> {
    text.parse().map_err(|_| {
        format!("{text:?} is not the id of a recorded request: rolecall tail --json shows them")
    })
}

fn parse_sync(text: &str) -> Result<ExchangeId, String> {
    text.parse()
        .map_err(|_| format!("{text:?} is not a sync's id: leave it out for the newest sync"))
}

/// The form of an export.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// HTTP Archive 1.2
    Har,
    /// One exchange a line
    Jsonl,
}

impl From<Format> for ExportFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Har => Self::Har,
            Format::Jsonl => Self::Jsonl,
        }
    }
}

pub(super) async fn run(command: ExportCommand, session: &mut Session) -> anyhow::Result<()> {
    match command {
        ExportCommand::Exchanges {
            format,
            after,
            limit,
            output,
        } => {
            let request = Request::ExportExchanges {
                format: format.into(),
                after,
                limit,
            };
            let Some(path) = output else {
                return document::print(request, session).await;
            };
            let counts = document::save(request, session, &path).await?;
            session.output.counts("written", &path, &counts)
        }
        ExportCommand::Sync { id, output } => {
            let id = match id {
                Some(id) => id,
                None => newest_sync(session).await?,
            };
            match session.ask(Request::SyncMarkdown { id }).await? {
                Reply::Text { text } => document::write_text(&text, output.as_deref()),
                _ => Err(unexpected()),
            }
        }
    }
}

async fn newest_sync(session: &Session) -> anyhow::Result<ExchangeId> {
    let syncs = expect_reply!(session.ask(Request::Syncs { limit: 1 }).await?, Syncs);
    match syncs.first() {
        Some(sync) => Ok(sync.id),
        None => bail!("no sync is recorded yet: one is, as soon as a provider pushes"),
    }
}
