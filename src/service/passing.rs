//! What becomes due by the clock: temporary access that starts or ends, holds that end.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use crate::{
    directory::{Actor, Command, Outcome, access::next_due},
    store::{
        Store, StoreError,
        writer::{Clock, Writer},
    },
};

/// The longest sleep before something that is due: the timer stands still while the machine is
/// suspended, and does not know when its clock is set.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// How long commits are let pass before the store is looked at again, so that a busy sync does not
/// make it be looked at with every one.
const SETTLE: Duration = Duration::from_millis(20);

/// How long to wait after a failure.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Does what the clock makes due, for as long as it runs. Where nothing is due there is no timer: a
/// commit wakes it, since only a commit can make something due.
pub(super) async fn pass_time(store: Arc<dyn Store>, writer: Arc<Writer>, clock: Clock) {
    let mut doorbell = writer.doorbell();
    loop {
        // Heard before looking, so that a commit during the looking rings again.
        doorbell.borrow_and_update();
        let wait = match due(&store).await {
            Ok(None) => None,
            Ok(Some(due)) if due <= clock() => match pass(&writer).await {
                Progress::Some => continue,
                Progress::None => Some(AFTER_FAILURE),
            },
            Ok(Some(due)) => {
                let left = due.duration_since(clock());
                Some(
                    Duration::try_from(left)
                        .unwrap_or_default()
                        .min(LONGEST_SLEEP),
                )
            }
            Err(error) => {
                tracing::warn!(%error, "what is due by the clock cannot be looked up");
                Some(AFTER_FAILURE)
            }
        };
        let rung = match wait {
            None => doorbell.changed().await.is_ok(),
            Some(wait) => tokio::select! {
                rung = doorbell.changed() => rung.is_ok(),
                () = tokio::time::sleep(wait) => continue,
            },
        };
        if !rung {
            return;
        }
        tokio::time::sleep(SETTLE).await;
    }
}

async fn due(store: &Arc<dyn Store>) -> Result<Option<Timestamp>, StoreError> {
    let store = Arc::clone(store);
    let looking = tokio::task::spawn_blocking(move || Ok(next_due(&*store.snapshot()?)?));
    match looking.await {
        Ok(found) => found,
        // Only a runtime that is shutting down cancels it; there is nothing to say about that.
        Err(failed) if failed.is_cancelled() => std::future::pending().await,
        // A panic has been reported where it happened.
        Err(_) => Err(StoreError::Failed("looking it up panicked".to_owned())),
    }
}

enum Progress {
    Some,
    /// It failed, or there was nothing to do after all.
    None,
}

async fn pass(writer: &Writer) -> Progress {
    match writer.execute(Actor::System, Command::PassTime, None).await {
        Ok(done) => match done.outcome {
            Outcome::TimePassed { more: true } => Progress::Some,
            _ if done.entries.is_empty() => Progress::None,
            _ => Progress::Some,
        },
        Err(error) => {
            tracing::warn!(%error, "what is due by the clock could not be done");
            Progress::None
        }
    }
}
