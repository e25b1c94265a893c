//! What is answered without end. A follower is told at once what comes after a silence, and what
//! comes in a flood in batches: it is woken a few times a second, not once for each request.

use std::{sync::Arc, time::Duration};

use super::{Answering, answers};
use crate::{
    admin::{Reply, frame::FrameError},
    directory::ExchangeId,
    service::{Engine, recorder::LINES_AT_ONCE},
};

/// How long the next batch fills: a frame of the console, which draws no more often.
const BATCH: Duration = Duration::from_millis(33);

/// How long a follower waits before it reads a store again that could not be read.
const AWAY: Duration = Duration::from_millis(500);

/// How many journal entries a follower is given at once.
const JOURNAL_AT_ONCE: u32 = 200;

/// Each journal entry with a higher number, in order, and then what comes.
pub(super) async fn journal(
    engine: &Arc<Engine>,
    mut after: u64,
    answering: &mut impl Answering,
) -> Result<(), FrameError> {
    let mut doorbell = engine.doorbell();
    loop {
        // Heard before reading, so that a commit during the reading rings again.
        let newest = *doorbell.borrow_and_update();
        while after < newest {
            let rows = match answers::journal(engine, after, JOURNAL_AT_ONCE).await {
                Ok(rows) => rows,
                // A database that several processes share comes back without them.
                Err(refused) if refused.passes() && engine.node().is_some() => {
                    tokio::time::sleep(AWAY).await;
                    continue;
                }
                Err(refused) => return answering.give(Reply::from(refused)).await,
            };
            let Some(last) = rows.last() else { break };
            after = last.seq;
            answering.give(Reply::Journal(rows)).await?;
        }
        tokio::time::sleep(BATCH).await;
        if doorbell.changed().await.is_err() {
            return Ok(());
        }
    }
}

/// Each exchange after another, and then what comes.
pub(super) async fn exchanges(
    engine: &Arc<Engine>,
    after: Option<ExchangeId>,
    answering: &mut impl Answering,
) -> Result<(), FrameError> {
    let mut follower = engine.recorder().follow(after);
    while let Some((lines, missed)) = follower.next().await {
        let is_full = lines.len() >= LINES_AT_ONCE;
        answering.give(Reply::Exchanges { lines, missed }).await?;
        if !is_full {
            tokio::time::sleep(BATCH).await;
        }
    }
    Ok(())
}
