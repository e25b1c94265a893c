//! `rolecall member`.

use clap::Subcommand;

use super::{arguments::DryRun, connect::expect_reply, session::Session};
use crate::admin::Request;

#[derive(Debug, Subcommand)]
pub(super) enum MemberCommand {
    /// Put a user or service account into a role
    #[command(after_help = "Example:\n  rolecall member attach Break-glass ann@example.com")]
    Attach {
        /// The role's id or name
        role: String,
        /// The user's id or name
        user: String,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Take a user or service account out of a role
    Detach {
        /// The role's id or name
        role: String,
        /// The user's id or name
        user: String,
        #[command(flatten)]
        dry_run: DryRun,
    },
}

pub(super) async fn run(command: MemberCommand, session: &mut Session) -> anyhow::Result<()> {
    let (request, dry_run) = match command {
        MemberCommand::Attach {
            role,
            user,
            dry_run,
        } => (Request::Attach { role, user }, dry_run),
        MemberCommand::Detach {
            role,
            user,
            dry_run,
        } => (Request::Detach { role, user }, dry_run),
    };
    let done = expect_reply!(session.act(request, dry_run).await?, MembershipDone);
    Ok(session.output.done(&done)?)
}
