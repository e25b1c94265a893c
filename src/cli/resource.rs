//! `rolecall resource`.

use clap::Subcommand;

use super::{
    arguments::DryRun,
    connect::expect_reply,
    filter,
    output::{Output, moment, note},
    session::Session,
    table::Table,
};
use crate::admin::{
    Reply, Request,
    request::MAXIMUM_PAGE,
    row::{ResourceDetail, ResourceRow},
};
use crate::service::search::List;

#[derive(Debug, Subcommand)]
pub(super) enum ResourceCommand {
    /// Add something that roles and users may reach
    #[command(
        alias = "create",
        after_help = "\
Example:
  rolecall resource add orders --kind postgres --tag env=production --tag region=eu"
    )]
    Add {
        /// The resource's name
        name: String,
        /// What it is: postgres, ssh, …
        #[arg(long, value_name = "KIND")]
        kind: String,
        /// What else is to be said of it; may be repeated
        #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = parse_tag)]
        tags: Vec<(String, String)>,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// List resources, in the order of their making
    #[command(after_help = filter::help(List::Resources, "\
Examples:
  rolecall resource list --filter postgres
  rolecall resource list --filter 'tag:env=prod !granted'"))]
    List {
        /// Words and operators
        #[arg(long, value_name = "FILTER")]
        filter: Option<String>,
    },
    /// Show one resource with what leads to it, and history
    #[command(after_help = "Example:\n  rolecall resource show orders")]
    Show {
        /// Id or name
        resource: String,
    },
    /// Delete a resource with every grant of it
    #[command(after_help = "Example:\n  rolecall resource delete orders --dry-run")]
    Delete {
        /// Id or name
        resource: String,
        #[command(flatten)]
        dry_run: DryRun,
    },
}

fn parse_tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(format!("{text:?} is no tag: write it as in env=production")),
    }
}

pub(super) async fn run(command: ResourceCommand, session: &mut Session) -> anyhow::Result<()> {
    let (request, dry_run) = match command {
        ResourceCommand::List { filter } => return list(filter, session).await,
        ResourceCommand::Show { resource } => {
            let request = Request::Resource { resource };
            let detail = expect_reply!(session.ask(request).await?, Resource);
            return show(&detail, &mut session.output);
        }
        ResourceCommand::Add {
            name,
            kind,
            tags,
            dry_run,
        } => {
            let tags = tags.into_iter().collect();
            (Request::AddResource { name, kind, tags }, dry_run)
        }
        ResourceCommand::Delete { resource, dry_run } => {
            (Request::DeleteResource { resource }, dry_run)
        }
    };
    let done = expect_reply!(session.act(request, dry_run).await?, ResourceDone);
    Ok(session.output.done(&done)?)
}

async fn list(filter: Option<String>, session: &mut Session) -> anyhow::Result<()> {
    let page = |offset| Request::Resources {
        filter: filter.clone(),
        sort: None,
        offset,
        limit: MAXIMUM_PAGE,
    };
    let rows: Vec<ResourceRow> = session
        .every_row(page, |reply| match reply {
            Reply::Resources(page) => Some(page),
            _ => None,
        })
        .await?;
    if session.output.is_json() {
        return Ok(session.output.document(&rows)?);
    }
    if rows.is_empty() {
        note("no resources");
    }
    let mut table = Table::new(&["NAME", "KIND", "CREATED", "ID", "TAGS"]);
    for row in &rows {
        table.row([
            &row.name,
            &row.kind,
            &moment(row.created),
            &row.id.to_string(),
            &tags(row),
        ]);
    }
    Ok(session.output.table(&table)?)
}

fn tags(row: &ResourceRow) -> String {
    let tags: Vec<String> = row
        .tags
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    tags.join(" ")
}

fn show(detail: &ResourceDetail, output: &mut Output) -> anyhow::Result<()> {
    if output.is_json() {
        return Ok(output.document(detail)?);
    }
    let row = &detail.row;
    output.line(&format!("{}, {}", row.name, row.kind))?;
    output.line(&format!("id            {}", row.id))?;
    if !row.tags.is_empty() {
        output.line(&format!("tags          {}", tags(row)))?;
    }
    output.line(&format!("created       {}", moment(row.created)))?;
    output.line("")?;
    if detail.grants.is_empty() && detail.temporary_access.is_empty() {
        output.line("nobody reaches it")?;
    }
    let mut grants = Table::new(&["GRANTED TO ROLE", "ROLE ID"]);
    for grant in &detail.grants {
        grants.row([&grant.role_name, &grant.role.to_string()]);
    }
    output.table(&grants)?;
    if !detail.grants.is_empty() && !detail.temporary_access.is_empty() {
        output.line("")?;
    }
    let mut given = Table::new(&["GIVEN TO USER", "FROM", "UNTIL", "USER ID"]);
    for access in &detail.temporary_access {
        given.row([
            &access.user_name,
            &moment(access.from),
            &moment(access.until),
            &access.user.to_string(),
        ]);
    }
    output.table(&given)?;
    output.history(&detail.history)
}
