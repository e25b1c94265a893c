//! `rolecall role`.

use clap::{Args, Subcommand};

use super::{
    arguments::DryRun,
    connect::expect_reply,
    filter,
    output::{Output, moment_or, note},
    session::Session,
    table::Table,
    user,
};
use crate::admin::{
    Reply, Request,
    request::MAXIMUM_PAGE,
    row::{RoleDetail, RoleRow},
};
use crate::service::search::List;

#[derive(Debug, Subcommand)]
pub(super) enum RoleCommand {
    /// List roles, in the order of their making
    #[command(after_help = filter::help(List::Roles, "\
Examples:
  rolecall role list --filter eng
  rolecall role list --filter 'by:okta members:0'"))]
    List {
        /// Words and operators, or a SCIM filter
        #[arg(long, value_name = "FILTER")]
        filter: Option<String>,
    },
    /// Show one role with members and history
    Show {
        /// Id or name
        role: String,
    },
    /// Add a role that is managed here
    #[command(
        alias = "create",
        after_help = "Example:\n  rolecall role add Break-glass"
    )]
    Add {
        /// The role's name
        name: String,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Give a role that is managed here another name
    #[command(after_help = "Example:\n  rolecall role rename Break-glass Emergency")]
    Rename {
        /// Id or name
        role: String,
        /// The other name
        name: String,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Delete a role that is managed here, with its memberships and grants
    #[command(after_help = "Example:\n  rolecall role delete Break-glass --dry-run")]
    Delete(OneRole),
    /// Make a provider's role local again; the provider takes it over when it pushes it again
    #[command(after_help = "Example:\n  rolecall role release Finance")]
    Release(OneRole),
}

/// Which role an act is about.
#[derive(Debug, Args)]
pub(super) struct OneRole {
    /// Id or name
    role: String,
    #[command(flatten)]
    dry_run: DryRun,
}

pub(super) async fn run(command: RoleCommand, session: &mut Session) -> anyhow::Result<()> {
    let (request, dry_run) = match command {
        RoleCommand::List { filter } => return list(filter, session).await,
        RoleCommand::Show { role } => {
            // Every member in one answer: the admin API bounds the line, not the count.
            let request = Request::Role {
                role,
                members: u32::MAX,
            };
            let detail = expect_reply!(session.ask(request).await?, Role);
            return show(&detail, &mut session.output);
        }
        RoleCommand::Add { name, dry_run } => (Request::AddRole { display_name: name }, dry_run),
        RoleCommand::Rename {
            role,
            name,
            dry_run,
        } => {
            let display_name = name;
            (Request::RenameRole { role, display_name }, dry_run)
        }
        RoleCommand::Delete(OneRole { role, dry_run }) => (Request::DeleteRole { role }, dry_run),
        RoleCommand::Release(OneRole { role, dry_run }) => (Request::ReleaseRole { role }, dry_run),
    };
    let done = expect_reply!(session.act(request, dry_run).await?, RoleDone);
    Ok(session.output.done(&done)?)
}

async fn list(filter: Option<String>, session: &mut Session) -> anyhow::Result<()> {
    let page = |offset| Request::Roles {
        filter: filter.clone(),
        sort: None,
        offset,
        limit: MAXIMUM_PAGE,
    };
    let rows: Vec<RoleRow> = session
        .every_row(page, |reply| match reply {
            Reply::Roles(page) => Some(page),
            _ => None,
        })
        .await?;
    if session.output.is_json() {
        return Ok(session.output.document(&rows)?);
    }
    if rows.is_empty() {
        note("no roles");
    }
    let mut table = Table::new(&["NAME", "MANAGED BY", "MEMBERS", "LOCAL", "LAST PUSH", "ID"]);
    for row in &rows {
        table.row([
            &row.display_name,
            row.managed_by.as_str(),
            &(row.provider_members + row.local_members).to_string(),
            &row.local_members.to_string(),
            &moment_or(row.last_push, "never"),
            &row.id.to_string(),
        ]);
    }
    Ok(session.output.table(&table)?)
}

fn show(detail: &RoleDetail, output: &mut Output) -> anyhow::Result<()> {
    if output.is_json() {
        return Ok(output.document(detail)?);
    }
    let row = &detail.row;
    output.line(&format!(
        "{}, managed by {}, {} members by the provider, {} attached here",
        row.display_name, row.managed_by, row.provider_members, row.local_members
    ))?;
    output.line(&format!("id            {}", row.id))?;
    if let Some(external_id) = &row.external_id {
        output.line(&format!("external id   {external_id}"))?;
    }
    output.line(&format!(
        "last push     {}",
        moment_or(row.last_push, "never")
    ))?;
    output.line("")?;
    let mut table = Table::new(&["MEMBER", "KIND", "STATE", "ATTACHED BY", "ID"]);
    for member in &detail.members {
        table.row([
            &member.user_name,
            user::kind(member.kind),
            user::state(member.active),
            member.origin.as_str(),
            &member.id.to_string(),
        ]);
    }
    output.table(&table)?;
    let all = row.provider_members + row.local_members;
    let shown = detail.members.len() as u64;
    if shown < all {
        output.line(&format!("and {} more", all - shown))?;
    }
    if !detail.resources.is_empty() {
        output.line("")?;
    }
    let mut reached = Table::new(&["REACHES", "KIND", "RESOURCE ID"]);
    for resource in &detail.resources {
        reached.row([&resource.name, &resource.kind, &resource.id.to_string()]);
    }
    output.table(&reached)?;
    output.history(&detail.history)
}
