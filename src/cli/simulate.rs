//! `rolecall simulate`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::output::{Output, note};
use crate::{
    config::parse_bound,
    service::Concealed,
    simulate::{self, Dialect, SimulateError, SimulateOptions, Target},
};

#[derive(Debug, Subcommand)]
pub(super) enum SimulateCommand {
    /// Play Okta's provisioning, phase by phase
    #[command(after_help = "\
Prints one JSON object a phase: requests, errors, seconds, requests_per_second, p50_ms, p99_ms.
Exit code 1 where a phase had errors; the first one is told on stderr.

Example:
  rolecall simulate okta --base http://127.0.0.1:8080/scim/v2 --token rc_okta_… --users 500 --roles 20")]
    Okta(OktaArguments),
}

#[derive(Debug, Args)]
pub(super) struct OktaArguments {
    /// The SCIM base URL
    #[arg(long, value_name = "URL")]
    base: String,
    /// With https: the authorities to trust (PEM)
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The token to push with
    #[arg(
        long,
        value_name = "TOKEN",
        env = "ROLECALL_TOKEN",
        hide_env_values = true
    )]
    token: Concealed,
    /// How many users the tenant has
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    users: u32,
    /// How many groups it pushes
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u32).range(..=10_000))]
    roles: u32,
    /// The dialect: oin (catalogue app), aiw (custom app) or patch (catalogue app with PATCH for User)
    #[arg(long, value_name = "DIALECT", default_value = "oin")]
    dialect: Dialect,
    /// How many requests are in flight at most
    #[arg(long, value_name = "NUMBER", default_value = "4", value_parser = parse_concurrency)]
    concurrency: usize,
    /// The same seed gives the same names
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
}

fn parse_concurrency(text: &str) -> Result<usize, String> {
    parse_bound(text).and_then(|number| match number {
        1..=1024 => Ok(number),
        _ => Err("at most 1024 requests can be in flight".to_owned()),
    })
}

/// Where requests go, with TLS where someone is to be trusted.
pub(super) fn target(base: &str, token: &str, ca: Option<&Path>) -> Result<Target, SimulateError> {
    match ca {
        Some(ca) => Target::trusting(base, token, ca),
        None => Target::new(base, token),
    }
}

pub(super) async fn run(command: SimulateCommand) -> anyhow::Result<()> {
    let SimulateCommand::Okta(arguments) = command;
    let options = SimulateOptions {
        target: target(
            &arguments.base,
            arguments.token.expose(),
            arguments.ca.as_deref(),
        )?,
        users: usize::try_from(arguments.users)?,
        roles: usize::try_from(arguments.roles)?,
        dialect: arguments.dialect,
        concurrency: arguments.concurrency,
        seed: arguments.seed,
    };
    let mut output = Output::new(true);
    let mut printed = Ok(());
    let (mut errors, mut first_error) = (0, None);
    let outcome = simulate::run(options, |report| {
        errors += report.errors;
        if let Some(error) = &report.first_error
            && first_error.is_none()
        {
            note(&format!("first error, in {}: {error}", report.phase));
            first_error = Some(error.clone());
        }
        if printed.is_ok() {
            printed = output.json_line(&report);
        }
    })
    .await;
    printed?;
    if outcome.is_err() {
        anyhow::bail!("the credentials test failed: check base URL and token");
    }
    if errors > 0 {
        anyhow::bail!("{errors} of the simulated flows failed");
    }
    Ok(())
}
