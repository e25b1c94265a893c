//! Lists that no index answers: few are looked for at a time, so that look-ups go on beside them.

use std::time::Duration;

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use crate::scim::ScimError;

/// How long one waits for its turn: well below the time after which providers hang up.
const PATIENCE: Duration = Duration::from_secs(5);

/// Turns at looking for a list row by row.
pub(super) struct Scans {
    turns: Semaphore,
}

impl Scans {
    /// So many at a time.
    pub(super) fn new(at_once: usize) -> Self {
        Self {
            turns: Semaphore::new(at_once),
        }
    }

    /// A turn, as long as it is held; those who wait get theirs in the order in which they came.
    ///
    /// # Errors
    /// 429 where none came in time.
    pub(super) async fn begin(&self) -> Result<SemaphorePermit<'_>, ScimError> {
        let turn = timeout(PATIENCE, self.turns.acquire()).await;
        turn.ok().and_then(Result::ok).ok_or_else(|| {
            ScimError::new(
                429,
                "Too many lists are being looked for at once that no index answers; try again later, or have the \
                 filter compare an attribute with an index by eq.",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_turn_is_waited_for_but_not_for_long() {
        let scans = Scans::new(1);
        let held = scans.begin().await.expect("the first turn");
        let before = tokio::time::Instant::now();
        let refused = scans.begin().await.expect_err("no turn");
        assert_eq!((refused.status, before.elapsed()), (429, PATIENCE));
        let (next, ()) = tokio::join!(scans.begin(), async { drop(held) });
        drop(next.expect("the turn that was given back"));
    }
}
