//! `rolecall serve`: headless.

use std::io;

use tracing_subscriber::EnvFilter;

use super::{
    output::note,
    server::{Server, told_to_stop},
};
use crate::{
    config::{LogFormat, Settings},
    listener::BASE_PATH,
};

pub(super) async fn run(settings: &Settings, insecure_plain_http: bool) -> anyhow::Result<()> {
    start_logs(settings.log);
    // Signals are caught before anyone can see the server ready.
    let mut stop = std::pin::pin!(told_to_stop());
    let server = tokio::select! {
        biased;
        stopped = &mut stop => return stopped,
        server = Server::start(settings, insecure_plain_http) => server?,
    };
    let ready = format!("listening on http://{}{BASE_PATH}", server.address());
    match settings.log {
        LogFormat::Text => note(&ready),
        LogFormat::Json => tracing::info!("{ready}"),
    }
    let stopped = stop.await;
    tracing::info!("stopping: requests that are being answered are finished first");
    server.stop().await;
    stopped
}

/// Logs go to stderr; `RUST_LOG` chooses how much.
fn start_logs(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    // Only a second call in one process could fail, and its logs go where the first one said.
    let _ = match format {
        LogFormat::Text => logs.with_ansi(false).try_init(),
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
    };
}
