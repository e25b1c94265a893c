//! `rolecall token`.

use std::time::Duration;

use clap::Subcommand;
use jiff::{SignedDuration, Timestamp};

use super::{
    arguments::DryRun,
    connect::{expect_reply, only_one},
    output::{moment, moment_or, note},
    session::Session,
    table::Table,
};
use crate::{
    admin::{
        Request,
        row::{NewToken, TokenRow},
    },
    config::parse_duration_or_never,
    console::text::visible,
    directory::{Provider, TokenId},
};

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token for a provider, and activate the provider; printed once, never again
    #[command(
        alias = "add",
        after_help = "\
Stdout gets the token alone, so that a script can keep it:
  TOKEN=$(rolecall token create --provider okta --name staging --expires 90d)"
    )]
    Create {
        /// okta, entra, onelogin, jumpcloud or generic
        #[arg(long)]
        provider: Provider,
        /// What to call it
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// How long it is accepted: as in 90d or 12h, or never, which nothing reminds you to renew
        #[arg(long, value_name = "TIME", default_value = "365d", value_parser = parse_expiry)]
        expires: Expiry,
        #[command(flatten)]
        dry_run: DryRun,
    },
    /// List tokens, never their secrets
    List,
    /// Refuse a token from now on
    Revoke {
        /// The token's id or name, as `token list` shows it
        #[arg(value_name = "TOKEN")]
        id: String,
        #[command(flatten)]
        dry_run: DryRun,
    },
}

/// How long a token is accepted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expiry(Option<Duration>);

fn parse_expiry(text: &str) -> Result<Expiry, String> {
    match parse_duration_or_never(text)? {
        Some(Duration::ZERO) => Err("a token that expires at once is of no use".to_owned()),
        expiry => Ok(Expiry(expiry)),
    }
}

/// The token with this id, or the only one of this name that is not revoked.
async fn find(given: &str, session: &mut Session) -> anyhow::Result<TokenId> {
    if let Ok(id) = given.parse() {
        return Ok(id);
    }
    let tokens = expect_reply!(session.ask(Request::Tokens).await?, Tokens);
    let named = |row: &&TokenRow| row.name == given && row.revoked.is_none();
    let ids = tokens.iter().filter(named).map(|row| row.id);
    only_one(
        ids,
        || format!("token named {given:?} that is not revoked"),
        "rolecall token list",
    )
}

pub(super) async fn run(command: TokenCommand, session: &mut Session) -> anyhow::Result<()> {
    match command {
        TokenCommand::Create {
            provider,
            name,
            expires,
            dry_run,
        } => {
            let request = Request::CreateToken {
                provider,
                name,
                expires: expires_at(expires)?,
            };
            let token = expect_reply!(session.act(request, dry_run).await?, NewToken);
            print_new(&token, dry_run, session)
        }
        TokenCommand::List => {
            let rows = expect_reply!(session.ask(Request::Tokens).await?, Tokens);
            list(&rows, session)
        }
        TokenCommand::Revoke { id, dry_run } => {
            let id = find(&id, session).await?;
            let request = Request::RevokeToken { id };
            let done = expect_reply!(session.act(request, dry_run).await?, TokenDone);
            Ok(session.output.done(&done)?)
        }
    }
}

fn expires_at(Expiry(expiry): Expiry) -> anyhow::Result<Option<Timestamp>> {
    expiry
        .map(|duration| Ok(Timestamp::now().checked_add(SignedDuration::try_from(duration)?)?))
        .transpose()
}

fn print_new(token: &NewToken, dry_run: DryRun, session: &mut Session) -> anyhow::Result<()> {
    if session.output.is_json() {
        return Ok(session.output.document(token)?);
    }
    let until = token.expires.map_or_else(
        || "never expires".to_owned(),
        |at| format!("expires {}", moment(at)),
    );
    let name = visible(&token.name);
    if dry_run.dry_run {
        let sentence = format!(
            "would be done: token {name} for {} created, {until}",
            token.provider
        );
        return Ok(session.output.line(&sentence)?);
    }
    session.output.line(&token.token)?;
    note(&format!(
        "token {name} for {}, {until}. It is shown this once: give it to the provider now, and revoke \
         it with: rolecall token revoke {}",
        token.provider, token.id
    ));
    Ok(())
}

fn list(rows: &[TokenRow], session: &mut Session) -> anyhow::Result<()> {
    if session.output.is_json() {
        return Ok(session.output.document(&rows)?);
    }
    if rows.is_empty() {
        note("no tokens: make one with rolecall token create --provider okta");
    }
    let now = Timestamp::now();
    let mut table = Table::new(&[
        "NAME",
        "PROVIDER",
        "STARTS WITH",
        "STATE",
        "CREATED",
        "EXPIRES",
        "LAST USED",
        "ID",
    ]);
    for row in rows {
        table.row([
            &row.name,
            row.provider.as_str(),
            &row.prefix,
            state(row, now),
            &moment(row.created),
            &moment_or(row.expires, "never"),
            &moment_or(row.last_used, "never"),
            &row.id.to_string(),
        ]);
    }
    Ok(session.output.table(&table)?)
}

fn state(row: &TokenRow, now: Timestamp) -> &'static str {
    if row.revoked.is_some() {
        "revoked"
    } else if row.expires.is_some_and(|expires| expires <= now) {
        "expired"
    } else {
        "live"
    }
}
