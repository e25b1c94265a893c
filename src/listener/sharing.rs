//! Limits that count in all processes over one store together: each tells the others what it let in.

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use super::{Edge, on_blocking_thread};

/// How often processes tell each other, while any of them has something to tell.
const BUSY: Duration = Duration::from_millis(200);

/// How often they ask while there was nothing for a while.
const QUIET: Duration = Duration::from_secs(1);

/// How long a while is.
const WHILE: Duration = Duration::from_secs(10);

/// Looks for the first time, before anyone is answered here: from now on what others let in counts.
pub(super) async fn begin(edge: &Arc<Edge>) {
    if shares(edge) {
        let engine = Arc::clone(&edge.engine);
        // Where it fails, the next look is the first.
        let _ = on_blocking_thread(move || engine.share(&[])).await;
    }
}

/// Whether something is limited that is counted together with other processes.
fn shares(edge: &Edge) -> bool {
    edge.engine.node().is_some() && edge.guard.share()
}

/// Tells the other processes what was let in here, and counts what they let in, for as long as it runs.
/// Ends at once where nobody shares the store, or nothing is limited that is counted together.
///
/// What the store does not take is counted here alone: it is told too late to matter by the next time.
pub(super) async fn share_limits(edge: Arc<Edge>) {
    if !shares(&edge) {
        return;
    }
    // It must not keep alive what nobody runs any more.
    let shared: Weak<Edge> = Arc::downgrade(&edge);
    drop(edge);
    let (mut since, mut moved) = (Instant::now(), Instant::now());
    let mut fails = false;
    loop {
        let is_quiet = moved.elapsed() > WHILE;
        tokio::time::sleep(if is_quiet { QUIET } else { BUSY }).await;
        let Some(edge) = shared.upgrade() else {
            return;
        };
        let spent = edge.guard.untold();
        let is_idle = spent.is_empty();
        let asked = Instant::now();
        let engine = Arc::clone(&edge.engine);
        match on_blocking_thread(move || engine.share(&spent)).await {
            Ok(elsewhere) => {
                edge.guard.spend_elsewhere(&elsewhere, since);
                since = asked;
                fails = false;
                if !is_idle || !elsewhere.is_empty() {
                    moved = Instant::now();
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut fails, true) {
                    tracing::warn!(%error, "limits count in this process alone for now");
                }
            }
        }
    }
}
