//! `rolecall conflict`.

use clap::Subcommand;
use jiff::Timestamp;

use super::{
    arguments::DryRun,
    connect::{expect_reply, only_one},
    filter,
    output::{Output, moment, note},
    session::Session,
    table::Table,
};
use crate::{
    admin::{
        Request,
        request::MAXIMUM_PAGE,
        row::{ConflictDetail, ConflictRow, NamedMember},
    },
    console::filter::conflict_facts,
    directory::ConflictId,
    service::search::{Filter, List, conflicts::ConflictTest},
};

#[derive(Debug, Subcommand)]
pub(super) enum ConflictCommand {
    /// List conflicts, open ones first
    #[command(after_help = filter::help(List::Conflicts, "\
Example:
  rolecall conflict list --all --filter 'kind:role-name tries:>3'"))]
    List {
        /// Resolved ones, too
        #[arg(long)]
        all: bool,
        /// Words and operators, as in the console
        #[arg(long, value_name = "FILTER", value_parser = filter::read::<ConflictTest>)]
        filter: Option<Filter<ConflictTest>>,
    },
    /// Show what was pushed beside what is here
    Show {
        /// The conflict's id, or what was pushed
        #[arg(value_name = "CONFLICT")]
        id: String,
    },
    /// Let the existing one become the provider's; its next try is then answered with it
    Link {
        /// The conflict's id, or what was pushed
        #[arg(value_name = "CONFLICT")]
        id: String,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Give the existing one another name, so that the provider's next try makes a new one
    Rename {
        /// The conflict's id, or what was pushed
        #[arg(value_name = "CONFLICT")]
        id: String,
        /// The existing one's new name
        name: String,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Decide that nothing shall happen
    Dismiss {
        /// The conflict's id, or what was pushed
        #[arg(value_name = "CONFLICT")]
        id: String,
        #[command(flatten)]
        dry_run: DryRun,
    },
}

/// The conflict with this id, or the only open one that something of this name was pushed in.
async fn find(given: &str, session: &mut Session) -> anyhow::Result<ConflictId> {
    if let Ok(id) = given.parse() {
        return Ok(id);
    }
    let (all, limit) = (false, MAXIMUM_PAGE);
    let open = expect_reply!(
        session.ask(Request::Conflicts { all, limit }).await?,
        Conflicts
    );
    let ids = open
        .iter()
        .filter(|row| row.name == given)
        .map(|row| row.id);
    only_one(
        ids,
        || format!("open conflict about {given:?}"),
        "rolecall conflict list",
    )
}

pub(super) async fn run(command: ConflictCommand, session: &mut Session) -> anyhow::Result<()> {
    let (request, dry_run) = match command {
        ConflictCommand::List { all, filter } => {
            let limit = MAXIMUM_PAGE;
            let mut rows = expect_reply!(
                session.ask(Request::Conflicts { all, limit }).await?,
                Conflicts
            );
            if let Some(filter) = filter {
                rows.retain(|row| filter.passes(&conflict_facts(row), Timestamp::now()));
            }
            return list(&rows, &mut session.output);
        }
        ConflictCommand::Show { id } => {
            let id = find(&id, session).await?;
            let detail = expect_reply!(session.ask(Request::Conflict { id }).await?, Conflict);
            return show(&detail, &mut session.output);
        }
        ConflictCommand::Link { id, dry_run } => {
            let id = find(&id, session).await?;
            (Request::LinkConflict { id }, dry_run)
        }
        ConflictCommand::Rename { id, name, dry_run } => {
            let id = find(&id, session).await?;
            (Request::RenameConflict { id, name }, dry_run)
        }
        ConflictCommand::Dismiss { id, dry_run } => {
            let id = find(&id, session).await?;
            (Request::DismissConflict { id }, dry_run)
        }
    };
    let done = expect_reply!(session.act(request, dry_run).await?, ConflictDone);
    Ok(session.output.done(&done)?)
}

fn list(rows: &[ConflictRow], output: &mut Output) -> anyhow::Result<()> {
    if output.is_json() {
        return Ok(output.document(&rows)?);
    }
    if rows.is_empty() {
        note("no conflicts");
    }
    let mut table = Table::new(&[
        "KIND", "PROVIDER", "PUSHED", "IS HERE", "STATE", "TRIES", "LAST TRY", "ID",
    ]);
    for row in rows {
        table.row([
            row.kind.as_str(),
            row.provider.as_str(),
            &row.name,
            &format!("{} {}", row.existing.kind.words(), row.existing.name),
            row.state.as_str(),
            &row.tries.to_string(),
            &moment(row.last_seen),
            &row.id.to_string(),
        ]);
    }
    if rows.len() >= MAXIMUM_PAGE as usize {
        note(&format!("only the first {MAXIMUM_PAGE} are shown"));
    }
    Ok(output.table(&table)?)
}

fn show(detail: &ConflictDetail, output: &mut Output) -> anyhow::Result<()> {
    if output.is_json() {
        return Ok(output.document(detail)?);
    }
    let row = &detail.row;
    let manager = detail.existing_managed_by.map_or_else(
        || "gone".to_owned(),
        |manager| format!("managed by {manager}"),
    );
    output.line(&format!(
        "{} pushed {}; here is {} {}, {manager}",
        row.provider,
        row.name,
        row.existing.kind.words(),
        row.existing.name
    ))?;
    output.line(&format!(
        "{} conflict, {}, tried {} times from {} to {}",
        row.kind,
        row.state,
        row.tries,
        moment(row.first_seen),
        moment(row.last_seen)
    ))?;
    let mut attributes = Table::new(&["ATTRIBUTE", "PUSHED", "IS HERE"]);
    for pair in &detail.attributes {
        attributes.row([
            &pair.name,
            &pair.incoming.to_string(),
            &pair.existing.to_string(),
        ]);
    }
    output.table(&attributes)?;
    let mut members = Table::new(&["MEMBER", "WHERE", "ID"]);
    for (list, place) in [
        (&detail.only_incoming, "only pushed"),
        (&detail.only_existing, "only here"),
        (&detail.both, "both"),
    ] {
        for NamedMember { id, user_name } in list {
            members.row([user_name.as_deref().unwrap_or("unknown here"), place, id]);
        }
    }
    Ok(output.table(&members)?)
}
