//! What the service manager is told (`sd_notify`): ready, stopping, and that the server is alive. Where
//! there is no such manager, nothing.

use std::{sync::Arc, time::Duration};

use sd_notify::NotifyState;
use tokio::{task::JoinHandle, time::timeout};

use crate::service::Engine;

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}

/// The server answers, and where.
pub(super) fn ready(sentence: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(sentence)]);
}

/// The server finishes what it is answering, and ends.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Tells that the server is alive, as often as the service manager wants to hear it; only where a look
/// at the store succeeds, so that a server that hangs is started again.
pub(super) fn keep_alive(engine: Arc<Engine>) -> Option<JoinHandle<()>> {
    let patience = sd_notify::watchdog_enabled()?;
    let pause = (patience / 3).max(Duration::from_millis(100));
    Some(tokio::spawn(async move {
        loop {
            let engine = Arc::clone(&engine);
            let look = tokio::task::spawn_blocking(move || {
                engine.snapshot().and_then(|view| Ok(view.totals()?))
            });
            match timeout(pause, look).await {
                Ok(Ok(Ok(_))) => tell(&[NotifyState::Watchdog]),
                Ok(Ok(Err(error))) => {
                    tracing::error!(%error, "the store cannot be read; the service manager is not told that all is well");
                }
                // A panic has been reported where it happened.
                Ok(Err(_)) => {}
                Err(_) => tracing::error!("a look at the store takes too long"),
            }
            tokio::time::sleep(pause).await;
        }
    }))
}
