//! Lists that take long: few are made at a time, so that look-ups go on beside those that no index answers,
//! and long pages do not take memory for all clients at once.

use std::time::Duration;

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use crate::scim::ScimError;

/// How long one waits for its turn: well below the time after which providers hang up.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many long pages are made at a time, or as many as there are processors: each thread that makes one
/// keeps memory of its own, and more of them would make no more pages.
const PAGES: usize = 4;

/// Turns at making a list.
pub(super) struct Scans {
    /// At looking for it row by row.
    turns: Semaphore,
    /// At a long page that an index finds.
    pages: Semaphore,
}

impl Scans {
    /// So many that no index answers at a time.
    pub(super) fn new(at_once: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        Self {
            turns: Semaphore::new(at_once),
            pages: Semaphore::new(cores.max(PAGES)),
        }
    }

    /// A turn at a long page, as long as it is held. One comes within moments.
    pub(super) async fn page(&self) -> Option<SemaphorePermit<'_>> {
        self.pages.acquire().await.ok()
    }

    /// A turn at looking for a list row by row, as long as it is held; those who wait get theirs in the
    /// order in which they came.
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
