//! `rolecall export`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::{document, session::Session};
use crate::admin::{
    Request,
    request::{ExportFormat, MAXIMUM_EXPORT},
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
        /// Only the newest so many
        #[arg(long, value_name = "NUMBER", default_value_t = MAXIMUM_EXPORT,
            value_parser = clap::value_parser!(u32).range(1..=i64::from(MAXIMUM_EXPORT)))]
        limit: u32,
        /// The file; without it, stdout
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
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
    let ExportCommand::Exchanges {
        format,
        limit,
        output,
    } = command;
    let request = Request::ExportExchanges {
        format: format.into(),
        after: None,
        limit,
    };
    match output {
        None => {
            document::print(request, session).await?;
            Ok(())
        }
        Some(path) => {
            let counts = document::save(request, session, &path).await?;
            session.output.counts("written", &path, &counts)
        }
    }
}
