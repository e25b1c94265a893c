//! `rolecall user`.

use clap::{ArgGroup, Args, Subcommand};

use super::{
    arguments::DryRun,
    connect::expect_reply,
    filter,
    output::{Output, moment, note},
    session::Session,
    table::Table,
};
use crate::service::search::List;
use crate::{
    admin::{
        Reply, Request,
        request::MAXIMUM_PAGE,
        row::{UserDetail, UserRow},
    },
    directory::{IdentityAlias, PermissionLevel, Profile, UserKind},
};

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// List users and service accounts, in the order of their making
    #[command(after_help = filter::help(List::Users, "\
Examples:
  rolecall user list --filter ann
  rolecall user list --filter 'state:suspended by:okta'
  rolecall user list --filter 'active eq false' --json"))]
    List {
        /// Words and operators, or a SCIM filter
        #[arg(long, value_name = "FILTER")]
        filter: Option<String>,
    },
    /// Show one user with roles, attributes and history
    Show {
        /// Id or name
        user: String,
    },
    /// Add a person by e-mail, or a service account
    #[command(
        alias = "create",
        group(ArgGroup::new("who").required(true).args(["email", "service_account"])),
        after_help = "\
Examples:
  rolecall user add ann@example.com --given Ann --family Lee --level admin
  rolecall user add --service-account backup"
    )]
    Add {
        /// The e-mail address of a person
        email: Option<String>,
        /// The name of a service account, which no provider ever sees
        #[arg(long, value_name = "NAME", conflicts_with_all = ["given", "family"])]
        service_account: Option<String>,
        /// First name
        #[arg(long, value_name = "NAME")]
        given: Option<String>,
        /// Last name
        #[arg(long, value_name = "NAME")]
        family: Option<String>,
        /// Permission level: admin, database-admin, team-leader, auditor or user
        #[arg(long, value_name = "LEVEL", default_value = "user")]
        level: PermissionLevel,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Change what is said of a user that is managed here
    #[command(after_help = "\
What is not named stays as it is; an empty text takes a value away.

Examples:
  rolecall user edit ann@example.com --family Lee-Smith --display-name ''
  rolecall user edit ann@example.com --alias db-set,ann_ro --alias rdp-set,alee")]
    Edit {
        /// Id or name
        user: String,
        #[command(flatten)]
        profile: ProfileFlags,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// Suspend a user or service account that is managed here: every access ends at once
    #[command(after_help = "Example:\n  rolecall user suspend ann@example.com")]
    Suspend(OneUser),
    /// Reinstate a suspended user or service account that is managed here
    #[command(after_help = "Example:\n  rolecall user reinstate ann@example.com")]
    Reinstate(OneUser),
    /// Delete a user or service account that is managed here, with memberships and access
    #[command(after_help = "Example:\n  rolecall user delete ann@example.com --dry-run")]
    Delete(OneUser),
    /// Make a provider's user local again; the provider takes it over when it pushes it again
    #[command(after_help = "Example:\n  rolecall user release ann@example.com")]
    Release(OneUser),
    /// Set anyone's permission level
    Level {
        /// Id or name
        user: String,
        /// admin, database-admin, team-leader, auditor or user
        level: PermissionLevel,
        #[command(flatten)]
        dry_run: DryRun,
    },
}

/// Whom an act is about.
#[derive(Debug, Args)]
pub(super) struct OneUser {
    /// Id or name
    user: String,
    #[command(flatten)]
    dry_run: DryRun,
}

/// What `edit` changes; at least one of them.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(super) struct ProfileFlags {
    /// The e-mail address that names the user; of a service account, its name
    #[arg(long, value_name = "NAME")]
    user_name: Option<String>,
    /// First name
    #[arg(long, value_name = "NAME")]
    given: Option<String>,
    /// Last name
    #[arg(long, value_name = "NAME")]
    family: Option<String>,
    /// The name to show
    #[arg(long, value_name = "NAME")]
    display_name: Option<String>,
    /// An e-mail address; repeated for each, the primary one first; replaces those before
    #[arg(long = "email", value_name = "ADDRESS")]
    emails: Vec<String>,
    /// A name inside an identity set; repeated for each; replaces those before
    #[arg(long = "alias", value_name = "SET,ALIAS", value_parser = parse_alias)]
    aliases: Vec<IdentityAlias>,
    /// Take every identity alias away
    #[arg(long, conflicts_with = "aliases")]
    no_aliases: bool,
}

fn parse_alias(text: &str) -> Result<IdentityAlias, String> {
    IdentityAlias::parse(text)
}

impl From<ProfileFlags> for Profile {
    fn from(flags: ProfileFlags) -> Self {
        let aliases = (flags.no_aliases || !flags.aliases.is_empty())
            .then(|| flags.aliases.iter().map(ToString::to_string).collect());
        Self {
            user_name: flags.user_name,
            given_name: flags.given,
            family_name: flags.family,
            display_name: flags.display_name,
            emails: (!flags.emails.is_empty()).then_some(flags.emails),
            aliases,
        }
    }
}

pub(super) async fn run(command: UserCommand, session: &mut Session) -> anyhow::Result<()> {
    let (request, dry_run) = match command {
        UserCommand::List { filter } => return list(filter, session).await,
        UserCommand::Show { user } => {
            let detail = expect_reply!(session.ask(Request::User { user }).await?, User);
            return show(&detail, &mut session.output);
        }
        UserCommand::Add {
            email,
            service_account,
            given,
            family,
            level,
            dry_run,
        } => {
            let request = Request::AddUser {
                service_account: service_account.is_some(),
                user_name: service_account.or(email).unwrap_or_default(),
                given,
                family,
                level,
            };
            (request, dry_run)
        }
        UserCommand::Edit {
            user,
            profile,
            dry_run,
        } => {
            let profile = profile.into();
            (Request::EditUser { user, profile }, dry_run)
        }
        UserCommand::Suspend(OneUser { user, dry_run }) => (Request::SuspendUser { user }, dry_run),
        UserCommand::Reinstate(OneUser { user, dry_run }) => {
            (Request::ReinstateUser { user }, dry_run)
        }
        UserCommand::Delete(OneUser { user, dry_run }) => (Request::DeleteUser { user }, dry_run),
        UserCommand::Release(OneUser { user, dry_run }) => (Request::ReleaseUser { user }, dry_run),
        UserCommand::Level {
            user,
            level,
            dry_run,
        } => (Request::SetLevel { user, level }, dry_run),
    };
    let done = expect_reply!(session.act(request, dry_run).await?, UserDone);
    Ok(session.output.done(&done)?)
}

async fn list(filter: Option<String>, session: &mut Session) -> anyhow::Result<()> {
    let page = |offset| Request::Users {
        filter: filter.clone(),
        sort: None,
        offset,
        limit: MAXIMUM_PAGE,
    };
    let rows: Vec<UserRow> = session
        .every_row(page, |reply| match reply {
            Reply::Users(page) => Some(page),
            _ => None,
        })
        .await?;
    if session.output.is_json() {
        return Ok(session.output.document(&rows)?);
    }
    if rows.is_empty() {
        note("no users");
    }
    let mut table = Table::new(&[
        "NAME",
        "SHOWN AS",
        "STATE",
        "MANAGED BY",
        "LEVEL",
        "ID",
        "ROLES",
    ]);
    for row in &rows {
        table.row([
            &row.user_name,
            &row.display_name,
            state(row.active),
            row.managed_by.as_str(),
            level_or_kind(row),
            &row.id.to_string(),
            &row.roles.join(", "),
        ]);
    }
    Ok(session.output.table(&table)?)
}

pub(super) fn state(active: bool) -> &'static str {
    if active { "active" } else { "suspended" }
}

pub(super) fn kind(kind: UserKind) -> &'static str {
    match kind {
        UserKind::Person => "person",
        UserKind::ServiceAccount => "service account",
    }
}

fn level_or_kind(row: &UserRow) -> &'static str {
    match row.kind {
        UserKind::Person => row.permission_level.as_str(),
        UserKind::ServiceAccount => "service account",
    }
}

fn show(detail: &UserDetail, output: &mut Output) -> anyhow::Result<()> {
    if output.is_json() {
        return Ok(output.document(detail)?);
    }
    let row = &detail.row;
    output.line(&format!(
        "{} ({}), {}, {}, managed by {}",
        row.user_name,
        row.display_name,
        kind(row.kind),
        state(row.active),
        row.managed_by
    ))?;
    output.line(&format!("id            {}", row.id))?;
    output.line(&format!("level         {}", row.permission_level))?;
    if let Some(external_id) = &row.external_id {
        output.line(&format!("external id   {external_id}"))?;
    }
    if !row.identity_aliases.is_empty() {
        let aliases = row.identity_aliases.join("  ");
        output.line(&format!("aliases       {aliases}"))?;
    }
    output.line(&format!("created       {}", moment(row.created)))?;
    output.line(&format!("last change   {}", moment(row.last_modified)))?;
    output.line("")?;
    if detail.memberships.is_empty() {
        output.line("in no role")?;
    }
    let mut table = Table::new(&["ROLE", "ROLE MANAGED BY", "ATTACHED BY", "ROLE ID"]);
    for role in &detail.memberships {
        table.row([
            &role.display_name,
            role.managed_by.as_str(),
            role.origin.as_str(),
            &role.id.to_string(),
        ]);
    }
    output.table(&table)?;
    if !detail.temporary_access.is_empty() {
        output.line("")?;
    }
    let mut given = Table::new(&["GIVEN ACCESS TO", "FROM", "UNTIL", "RESOURCE ID"]);
    for access in &detail.temporary_access {
        given.row([
            &access.resource_name,
            &moment(access.from),
            &moment(access.until),
            &access.resource.to_string(),
        ]);
    }
    output.table(&given)?;
    output.history(&detail.history)
}
