//! `rolecall identity`.

use clap::Subcommand;

use super::{connect::expect_reply, output::note, session::Session, table::Table};
use crate::admin::{
    Request,
    request::MAXIMUM_PAGE,
    row::{AliasRow, IdentitySetRow},
};

#[derive(Debug, Subcommand)]
pub(super) enum IdentityCommand {
    /// List identity sets, or who goes by which alias in one of them
    #[command(after_help = "\
Examples:
  rolecall identity list
  rolecall identity list db-set --json")]
    List {
        /// The set whose aliases are listed
        set: Option<String>,
    },
}

pub(super) async fn run(command: IdentityCommand, session: &mut Session) -> anyhow::Result<()> {
    let IdentityCommand::List { set } = command;
    match set {
        Some(set) => aliases(set, session).await,
        None => sets(session).await,
    }
}

async fn sets(session: &mut Session) -> anyhow::Result<()> {
    let mut rows: Vec<IdentitySetRow> = Vec::new();
    loop {
        let request = Request::IdentitySets {
            after: rows.last().map(|row| row.name.clone()),
            limit: MAXIMUM_PAGE,
        };
        let page = expect_reply!(session.ask(request).await?, IdentitySets);
        if page.is_empty() {
            break;
        }
        rows.extend(page);
    }
    if session.output.is_json() {
        return Ok(session.output.document(&rows)?);
    }
    if rows.is_empty() {
        note("no identity sets: one exists as soon as an alias names it");
    }
    let mut table = Table::new(&["IDENTITY SET"]);
    for row in &rows {
        table.row([&row.name]);
    }
    Ok(session.output.table(&table)?)
}

async fn aliases(set: String, session: &mut Session) -> anyhow::Result<()> {
    let mut rows: Vec<AliasRow> = Vec::new();
    loop {
        let request = Request::IdentitySet {
            set: set.clone(),
            after: rows.last().map(|row| row.alias.clone()),
            limit: MAXIMUM_PAGE,
        };
        let page = expect_reply!(session.ask(request).await?, IdentitySet);
        if page.is_empty() {
            break;
        }
        rows.extend(page);
    }
    if session.output.is_json() {
        return Ok(session.output.document(&rows)?);
    }
    if rows.is_empty() {
        note(&format!("nobody has an alias in {set}"));
    }
    let mut table = Table::new(&["ALIAS", "USER", "MANAGED BY", "USER ID"]);
    for row in &rows {
        table.row([
            &row.alias,
            &row.user_name,
            row.managed_by.as_str(),
            &row.user.to_string(),
        ]);
    }
    Ok(session.output.table(&table)?)
}
