//! `rolecall compact`.

use anyhow::bail;
use serde::Serialize;

use super::{connect, output::Output, status::size};
use crate::{
    config::{Settings, StoreChoice},
    store::{RedbStore, redb::Compacted},
};

/// What was given back.
#[derive(Serialize)]
struct Report {
    file: String,
    bytes_before: u64,
    bytes_after: u64,
}

/// Gives back the disk that the store does not need any more.
///
/// # Errors
/// A server runs, there is no store, or it is damaged.
pub(super) async fn run(settings: &Settings, json: bool) -> anyhow::Result<()> {
    let data = settings.data.display();
    match &settings.store {
        StoreChoice::Redb => {}
        StoreChoice::Memory => {
            bail!("a store in memory takes no disk: compact is for --store redb")
        }
        StoreChoice::Postgres(_) => bail!(
            "PostgreSQL gives back disk by itself (autovacuum), or with VACUUM FULL: compact is for --store redb"
        ),
    }
    if connect::running_server(&settings.data).await?.is_some() {
        bail!("a server runs for {data}: stop it first, for compact needs the file for itself");
    }
    let path = RedbStore::file(&settings.data);
    if !path.exists() {
        bail!("there is no store in {data}: name its directory with --data");
    }
    let compacted = connect::patiently(|| RedbStore::compact(&settings.data)).await?;
    let Compacted { before, after } = compacted;
    let file = path.display().to_string();
    let mut output = Output::new(json);
    if json {
        return Ok(output.document(&Report {
            file,
            bytes_before: before,
            bytes_after: after,
        })?);
    }
    let (from, to) = (size(before), size(after));
    Ok(output.line(&format!("compacted {file}: {from} before, {to} now"))?)
}
