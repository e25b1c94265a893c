//! `rolecall undo`.

use clap::Args;

use super::{arguments::DryRun, connect::expect_reply, session::Session};
use crate::admin::Request;

#[derive(Debug, Args)]
#[command(after_help = "\
Only the calling account's own last act, and only where there is a way back: what was deleted stays so.

Example:
  rolecall undo --dry-run")]
pub(super) struct UndoArguments {
    #[command(flatten)]
    dry_run: DryRun,
}

pub(super) async fn run(arguments: UndoArguments, session: &mut Session) -> anyhow::Result<()> {
    let reply = session.act(Request::Undo, arguments.dry_run).await?;
    let done = expect_reply!(reply, UndoDone);
    Ok(session.output.done(&done)?)
}
