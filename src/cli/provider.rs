//! `rolecall provider`.

use clap::Subcommand;

use super::{
    arguments::DryRun, connect::expect_reply, output::moment_or, session::Session, table::Table,
};
use crate::{
    admin::{Request, row::ProviderRow},
    directory::{Provider, ProviderState},
};

#[derive(Debug, Subcommand)]
pub(super) enum ProviderCommand {
    /// List providers with what they manage
    List,
    /// Let a provider push
    Activate {
        /// okta, entra, onelogin, jumpcloud or generic
        provider: Provider,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Let a provider push no longer, and revoke its tokens; what it manages stays as it is
    Deactivate {
        /// okta, entra, onelogin, jumpcloud or generic
        provider: Provider,
        #[command(flatten)]
        dry_run: DryRun,
    },
}

pub(super) async fn run(command: ProviderCommand, session: &mut Session) -> anyhow::Result<()> {
    let (request, dry_run) = match command {
        ProviderCommand::List => {
            let rows = expect_reply!(session.ask(Request::Providers).await?, Providers);
            if session.output.is_json() {
                return Ok(session.output.document(&rows)?);
            }
            return Ok(session.output.table(&table(&rows))?);
        }
        ProviderCommand::Activate { provider, dry_run } => {
            (Request::ActivateProvider { provider }, dry_run)
        }
        ProviderCommand::Deactivate { provider, dry_run } => {
            (Request::DeactivateProvider { provider }, dry_run)
        }
    };
    let done = expect_reply!(session.act(request, dry_run).await?, ProviderDone);
    Ok(session.output.done(&done)?)
}

/// Providers for people, also for `status`.
pub(super) fn table(rows: &[ProviderRow]) -> Table {
    let mut table = Table::new(&["PROVIDER", "STATE", "USERS", "ROLES", "TOKENS", "LAST SEEN"]);
    for row in rows {
        table.row([
            row.provider.as_str(),
            state(row.state),
            &row.users.to_string(),
            &row.roles.to_string(),
            &row.tokens.to_string(),
            &moment_or(row.last_seen, "never"),
        ]);
    }
    table
}

fn state(state: ProviderState) -> &'static str {
    match state {
        ProviderState::Active => "active",
        ProviderState::Inactive => "inactive",
    }
}
