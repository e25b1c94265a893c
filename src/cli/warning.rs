//! `rolecall warning`.

use clap::Subcommand;

use super::{connect::expect_reply, output::note, session::Session, table::Table};
use crate::admin::Request;

#[derive(Debug, Subcommand)]
pub(super) enum WarningCommand {
    /// List what the operator should know, the gravest first, with what to do about it
    #[command(after_help = "Example:\n  rolecall warning list --json | jq -r .[].sentence")]
    List,
}

pub(super) async fn run(command: WarningCommand, session: &mut Session) -> anyhow::Result<()> {
    let WarningCommand::List = command;
    let rows = expect_reply!(session.ask(Request::Warnings).await?, Warnings);
    if session.output.is_json() {
        return Ok(session.output.document(&rows)?);
    }
    if rows.is_empty() {
        note("no warnings");
    }
    let mut table = Table::new(&["CHECK", "SUBJECT", "WHAT", "WHAT TO DO"]);
    for row in &rows {
        table.row([&row.check, &row.subject, &row.sentence, &row.advice]);
    }
    Ok(session.output.table(&table)?)
}
