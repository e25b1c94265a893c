//! One command within a transaction.

use super::{
    Answer, Done, Job,
    failure::{Failure, internal_error},
};
use crate::{
    directory::{Decision, Stamp, View, decide::Undecided},
    store::{StoreError, Transaction},
};

/// Decides one command and carries the decision out. The inner error is the asker's, the outer
/// one the whole transaction's.
pub(super) fn decide_and_apply(
    decide: impl Fn(&dyn View, &Job, &Stamp) -> Result<Decision, Undecided>,
    transaction: &mut dyn Transaction,
    job: &Job,
    stamp: Stamp,
) -> Result<Answer, StoreError> {
    let view: &dyn View = transaction;
    let Decision {
        changes,
        events,
        outcome,
    } = match decide(view, job, &stamp) {
        Ok(decision) => decision,
        Err(Undecided::Refused(refusal)) => return Ok(Err(Failure::Refused(refusal))),
        Err(Undecided::Unreadable(error)) => return Err(error.into()),
    };
    // The invariant that the journal stands on. (An entry alone is well: it may report what was left out.)
    if !changes.is_empty() && events.is_empty() {
        tracing::error!("a decision changes something, but has nothing for the journal");
        return Ok(Err(internal_error()));
    }
    for change in &changes {
        transaction.apply(change)?;
    }
    // Many, where a large role changes; and its entries are long, too.
    drop(changes);
    let entries = events
        .iter()
        .map(|event| transaction.append(stamp.now, &job.actor, job.exchange, event))
        .collect::<Result<_, _>>()?;
    Ok(Ok(Done {
        outcome,
        entries,
        stamp,
    }))
}
