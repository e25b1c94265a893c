//! `rolecall serve`: headless.

use super::{
    logs::Logs,
    output::note,
    server::{Server, told_to_stop},
    supervisor,
};
use crate::config::{LogFormat, Settings};

pub(super) async fn run(settings: &Settings, insecure_plain_http: bool) -> anyhow::Result<()> {
    let _logs = Logs::on_stderr(settings.log);
    // Signals are caught before anyone can see the server ready.
    let mut stop = std::pin::pin!(told_to_stop());
    let server = tokio::select! {
        biased;
        stopped = &mut stop => return stopped,
        server = Server::start(settings, insecure_plain_http) => server?,
    };
    let ready = format!("listening on {}", server.url());
    match settings.log {
        LogFormat::Text => note(&ready),
        LogFormat::Json => tracing::info!("{ready}"),
    }
    supervisor::ready(&ready);
    let alive = supervisor::keep_alive(server.engine());
    let stopped = stop.await;
    supervisor::stopping();
    if let Some(alive) = alive {
        alive.abort();
    }
    tracing::info!("stopping: requests that are being answered are finished first");
    server.stop().await;
    stopped
}
