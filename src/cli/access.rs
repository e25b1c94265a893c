//! `rolecall access`.

use clap::Subcommand;
use jiff::Timestamp;

use super::{
    arguments::DryRun,
    connect::{expect_reply, unexpected},
    output::{Output, moment, moment_or, note},
    session::Session,
    table::Table,
    when::When,
};
use crate::{
    admin::{
        Reply, Request,
        request::MAXIMUM_PAGE,
        row::{AccessCheckRow, AccessRow},
    },
    directory::access::{Reason, Via},
};

#[derive(Debug, Subcommand)]
pub(super) enum AccessCommand {
    /// Let the members of a role reach a resource
    #[command(after_help = "Example:\n  rolecall access grant Engineering orders")]
    Grant {
        /// The role's id or name
        role: String,
        /// The resource's id or name
        resource: String,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Let the members of a role reach a resource no longer
    #[command(after_help = "Example:\n  rolecall access revoke Engineering orders")]
    Revoke {
        /// The role's id or name
        role: String,
        /// The resource's id or name
        resource: String,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Let one user reach a resource for a time; replaces the time given before
    #[command(after_help = "\
Times are a date with time and offset, or how long from now.

Examples:
  rolecall access give ann@example.com orders --until 8h
  rolecall access give ann@example.com orders --from 2030-01-31T09:00:00Z --until 2030-01-31T18:00:00Z")]
    Give {
        /// The user's id or name
        user: String,
        /// The resource's id or name
        resource: String,
        /// When it ends: as in 8h, 2d or 2030-01-31T18:00:00Z
        #[arg(long, value_name = "TIME", value_parser = When::parse)]
        until: When,
        /// When it begins; without it, at once
        #[arg(long, value_name = "TIME", value_parser = When::parse)]
        from: Option<When>,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// End one user's temporary access early
    #[command(after_help = "Example:\n  rolecall access take ann@example.com orders")]
    Take {
        /// The user's id or name
        user: String,
        /// The resource's id or name
        resource: String,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Say whether a user reaches a resource, and why
    #[command(after_help = "\
The exit code is 0 for both answers; a script reads .allowed.

Example:
  rolecall access check ann@example.com orders --json | jq .allowed")]
    Check {
        /// The user's id or name
        user: String,
        /// The resource's id or name
        resource: String,
    },
    /// List who reaches what right now, and why
    #[command(after_help = "\
Examples:
  rolecall access list --user ann@example.com
  rolecall access list --resource orders --json")]
    List {
        /// Only what this user reaches; id or name
        #[arg(long, value_name = "USER")]
        user: Option<String>,
        /// Only who reaches this resource; id or name
        #[arg(long, value_name = "RESOURCE")]
        resource: Option<String>,
    },
}

pub(super) async fn run(command: AccessCommand, session: &mut Session) -> anyhow::Result<()> {
    match command {
        AccessCommand::Grant {
            role,
            resource,
            dry_run,
        } => grant(Request::GrantAccess { role, resource }, dry_run, session).await,
        AccessCommand::Revoke {
            role,
            resource,
            dry_run,
        } => grant(Request::RevokeAccess { role, resource }, dry_run, session).await,
        AccessCommand::Give {
            user,
            resource,
            until,
            from,
            dry_run,
        } => {
            let now = Timestamp::now();
            let request = Request::GiveAccess {
                user,
                resource,
                from: from.map(|from| from.since(now)).transpose()?,
                until: until.since(now)?,
            };
            give_or_take(request, dry_run, session).await
        }
        AccessCommand::Take {
            user,
            resource,
            dry_run,
        } => give_or_take(Request::TakeAccess { user, resource }, dry_run, session).await,
        AccessCommand::Check { user, resource } => {
            let request = Request::AccessCheck { user, resource };
            let answer = expect_reply!(session.ask(request).await?, AccessCheck);
            explain(&answer, &mut session.output)
        }
        AccessCommand::List { user, resource } => list(user, resource, session).await,
    }
}

async fn grant(request: Request, dry_run: DryRun, session: &mut Session) -> anyhow::Result<()> {
    let done = expect_reply!(session.act(request, dry_run).await?, GrantDone);
    Ok(session.output.done(&done)?)
}

async fn give_or_take(
    request: Request,
    dry_run: DryRun,
    session: &mut Session,
) -> anyhow::Result<()> {
    let done = expect_reply!(session.act(request, dry_run).await?, TemporaryAccessDone);
    Ok(session.output.done(&done)?)
}

fn explain(answer: &AccessCheckRow, output: &mut Output) -> anyhow::Result<()> {
    if output.is_json() {
        return Ok(output.document(answer)?);
    }
    let (user, resource) = (&answer.user_name, &answer.resource_name);
    if !answer.allowed {
        let why = answer.refused_because.as_deref().unwrap_or("not granted");
        return Ok(output.line(&format!("no: {user} does not reach {resource}: {why}"))?);
    }
    let ways: Vec<String> = answer.because.iter().map(way).collect();
    Ok(output.line(&format!(
        "yes: {user} reaches {resource} by {}",
        ways.join(" and ")
    ))?)
}

fn way(reason: &Reason) -> String {
    let until = reason
        .until
        .map_or_else(String::new, |until| format!(" until {}", moment(until)));
    match &reason.role {
        Some(role) => format!("role {role}{until}"),
        None => format!("temporary access{until}"),
    }
}

async fn list(
    user: Option<String>,
    resource: Option<String>,
    session: &mut Session,
) -> anyhow::Result<()> {
    let mut rows: Vec<AccessRow> = Vec::new();
    let mut after = None;
    loop {
        let request = Request::AccessList {
            user: user.clone(),
            resource: resource.clone(),
            after,
            limit: MAXIMUM_PAGE,
        };
        let Reply::Access { rows: page, next } = session.ask(request).await? else {
            return Err(unexpected());
        };
        rows.extend(page);
        if next.is_none() {
            break;
        }
        after = next;
    }
    if session.output.is_json() {
        return Ok(session.output.document(&rows)?);
    }
    if rows.is_empty() {
        note("nobody reaches anything of that");
    }
    let mut table = Table::new(&["USER", "RESOURCE", "BY", "FROM", "UNTIL"]);
    for row in &rows {
        table.row([
            &row.user_name,
            &row.resource_name,
            &by(row),
            &moment_or(row.from, ""),
            &moment_or(row.until, ""),
        ]);
    }
    Ok(session.output.table(&table)?)
}

fn by(row: &AccessRow) -> String {
    match (row.via, &row.role) {
        (Via::Role, Some(role)) => format!("role {role}"),
        (Via::Role, None) => "a role".to_owned(),
        (Via::Temporary, _) => "temporary access".to_owned(),
    }
}
