//! `rolecall hold`.

use clap::Subcommand;

use super::{
    arguments::DryRun,
    connect::expect_reply,
    output::{moment, note},
    session::Session,
    table::Table,
    words,
};
use crate::{
    admin::{Request, request::MAXIMUM_PAGE},
    directory::HoldId,
};

#[derive(Debug, Subcommand)]
pub(super) enum HoldCommand {
    /// List mass suspensions that were held, the newest first
    #[command(after_help = "Example:\n  rolecall hold list --all")]
    List {
        /// Those that are over, too
        #[arg(long)]
        all: bool,
    },
    /// Let the provider go on; its own next try is then answered as if nothing had been held
    #[command(
        after_help = "Example:\n  rolecall hold approve 01900000-0000-7000-8000-000000000000"
    )]
    Approve {
        /// The hold's id
        #[arg(value_parser = parse_id)]
        id: HoldId,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Turn the provider's suspensions away until the hold ends
    #[command(after_help = "Example:\n  rolecall hold refuse 01900000-0000-7000-8000-000000000000")]
    Refuse {
        /// The hold's id
        #[arg(value_parser = parse_id)]
        id: HoldId,
        #[command(flatten)]
        dry_run: DryRun,
    },
}

fn parse_id(text: &str) -> Result<HoldId, String> {
    text.parse()
        .map_err(|_| format!("{text:?} is not a hold's id: rolecall hold list shows them"))
}

pub(super) async fn run(command: HoldCommand, session: &mut Session) -> anyhow::Result<()> {
    let (request, dry_run) = match command {
        HoldCommand::List { all } => return list(all, session).await,
        HoldCommand::Approve { id, dry_run } => (Request::ApproveHold { id }, dry_run),
        HoldCommand::Refuse { id, dry_run } => (Request::RefuseHold { id }, dry_run),
    };
    let done = expect_reply!(session.act(request, dry_run).await?, HoldDone);
    Ok(session.output.done(&done)?)
}

async fn list(all: bool, session: &mut Session) -> anyhow::Result<()> {
    let limit = MAXIMUM_PAGE;
    let rows = expect_reply!(session.ask(Request::Holds { all, limit }).await?, Holds);
    if session.output.is_json() {
        return Ok(session.output.document(&rows)?);
    }
    if rows.is_empty() {
        note("no holds");
    }
    let mut table = Table::new(&[
        "PROVIDER",
        "STATE",
        "LEFT",
        "OF",
        "HELD TRIES",
        "SINCE",
        "UNTIL",
        "ID",
        "WHOM",
    ]);
    for row in &rows {
        let names: Vec<&str> = row
            .attempted
            .iter()
            .map(|user| user.name.as_str())
            .collect();
        let state = if row.ended.is_some() {
            "over"
        } else {
            row.state.as_str()
        };
        table.row([
            row.provider.as_str(),
            state,
            &row.departed.to_string(),
            &row.active.to_string(),
            &row.attempts.to_string(),
            &moment(row.since),
            &moment(row.ended.unwrap_or(row.until)),
            &row.id.to_string(),
            &words::listed(&names),
        ]);
    }
    if rows.len() >= limit as usize {
        note(&format!("only the newest {limit} are shown"));
    }
    Ok(session.output.table(&table)?)
}
