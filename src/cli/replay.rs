//! `rolecall replay`.

use std::{fs, path::PathBuf};

use anyhow::{anyhow, bail};
use clap::Args;

use super::{
    connect,
    output::{Output, note},
    simulate::target,
    table::Table,
};
use crate::{
    config::Settings,
    console::text::visible,
    directory::Provider,
    service::{Concealed, recording},
    simulate::replay::{ReplayReport, Scratch, against_copy, against_url},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Against a data directory the requests are played to a copy of it in memory, which is thrown away: nothing
here changes. Against a URL they are sent for good.

Examples:
  rolecall export exchanges --format jsonl --output monday.jsonl
  rolecall replay monday.jsonl
  rolecall replay monday.jsonl --against http://127.0.0.1:9090/scim/v2 --token \"$TOKEN\"")]
pub(super) struct ReplayArguments {
    /// A recording: JSON lines or HAR, as rolecall export exchanges writes them
    file: PathBuf,
    /// A data directory, of which a copy is used, or a SCIM base URL; by default the directory of --data
    #[arg(long, value_name = "DIR|URL")]
    against: Option<String>,
    /// The token for a URL
    #[arg(long, env = "ROLECALL_REPLAY_TOKEN", hide_env_values = true)]
    token: Option<Concealed>,
    /// With an https URL: the authorities to trust (PEM)
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// With a URL: play the requests of this provider only
    #[arg(long)]
    provider: Option<Provider>,
    /// Change nothing: what a copy always does; refused with a URL
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(
    arguments: ReplayArguments,
    mut settings: Settings,
    json: bool,
) -> anyhow::Result<()> {
    let file = &arguments.file;
    let unreadable = |error| anyhow!("the recording {} cannot be read: {error}", file.display());
    let length = fs::metadata(file).map_err(unreadable)?.len();
    if length > recording::RECORDING_BYTES as u64 {
        bail!(recording::RecordingError::TooLong(
            recording::RECORDING_BYTES
        ));
    }
    let text = fs::read_to_string(file).map_err(unreadable)?;
    let recording =
        recording::read(&text).map_err(|error| anyhow!("{}: {error}", file.display()))?;
    let url = arguments
        .against
        .as_deref()
        .filter(|url| url.contains("://"));
    let report = if let Some(url) = url {
        if arguments.dry_run {
            bail!(
                "a URL cannot be tried without sending: leave out --dry-run, or give --against a data directory"
            );
        }
        let Some(token) = &arguments.token else {
            bail!("a URL needs a token: give it with --token or ROLECALL_REPLAY_TOKEN");
        };
        {
            let target = target(url, token.expose(), arguments.ca.as_deref())?;
            against_url(&recording, target, arguments.provider).await?
        }
    } else {
        if let Some(directory) = &arguments.against {
            settings.data = directory.into();
            if !settings.data.is_dir() {
                bail!(
                    "there is no data directory {directory}; give --against an existing one or a URL"
                );
            }
        }
        let connection = connect::connect(&settings).await?;
        let scratch = Scratch::of_server(&connection.client, settings.watch.policy).await;
        connection.close().await;
        against_copy(&recording, &scratch?).await?
    };
    print(&report, url.is_none(), json)
}

fn print(report: &ReplayReport, was_copy: bool, json: bool) -> anyhow::Result<()> {
    let mut output = Output::new(json);
    if output.is_json() {
        return Ok(output.document(report)?);
    }
    let mut changes = Table::new(&["PLACE", "PROVIDER", "THEN", "NOW", "WHAT"]);
    for change in &report.changes {
        let provider = change.provider.map_or("-", Provider::as_str);
        let now = change
            .status
            .map_or_else(|| "-".to_owned(), |now| now.to_string());
        changes.row([
            &change.place.to_string(),
            provider,
            &change.recorded_status.to_string(),
            &now,
            &visible(&change.summary),
        ]);
    }
    output.table(&changes)?;
    for (provider, figures) in &report.providers {
        let verb = if was_copy { "would change" } else { "changed" };
        output.line(&format!(
            "{provider}: {} requests {verb}: {} created, {} updated, {} suspended, {} reinstated, {} deleted, \
             +{} −{} members, {} conflicts, {} errors, {} left out",
            figures.requests,
            figures.created,
            figures.updated,
            figures.suspended,
            figures.reinstated,
            figures.deleted,
            figures.members_added,
            figures.members_removed,
            figures.conflicts,
            figures.errors,
            figures.skipped,
        ))?;
    }
    if report.changes_left_out > 0 {
        note(&format!(
            "{} more changes are not shown",
            report.changes_left_out
        ));
    }
    if was_copy {
        note("played to a copy, which is gone: nothing here has changed");
    }
    Ok(())
}
