//! A decision while it is being made.

use serde_json::{Value, json};

use crate::directory::{
    Action, Change, ConflictId, Decision, Event, Facts, ManagedBy, Outcome, Stamp, Subject, View,
};

/// The rows and journal entries so far. Dropping it changes nothing, which is how a refusal late
/// in a decision takes back everything before it.
pub(super) struct Draft<'a> {
    /// The directory as it is, without what this draft holds.
    pub(super) view: &'a dyn View,
    /// The time, and ids to give.
    pub(super) stamp: &'a Stamp,
    changes: Vec<Change>,
    events: Vec<Event>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(view: &'a dyn View, stamp: &'a Stamp) -> Self {
        Self {
            view,
            stamp,
            changes: Vec::new(),
            events: Vec::new(),
        }
    }

    pub(super) fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    pub(super) fn event(&mut self, action: Action, subject: Subject, before: Value, after: Value) {
        self.note(action, subject, before.into(), after.into());
    }

    pub(super) fn note(&mut self, action: Action, subject: Subject, before: Facts, after: Facts) {
        self.events.push(Event {
            action,
            subject,
            before,
            after,
        });
    }

    /// Whether this draft has written the conflict.
    pub(super) fn has_written(&self, conflict: ConflictId) -> bool {
        self.changes.iter().any(
            |change| matches!(change, Change::PutConflict { after, .. } if after.id == conflict),
        )
    }

    /// The journal's entry for a row that came under a provider, or was released.
    pub(super) fn moved(
        &mut self,
        action: Action,
        subject: Subject,
        before: ManagedBy,
        after: ManagedBy,
    ) {
        self.event(
            action,
            subject,
            json!({ "managed_by": before }),
            json!({ "managed_by": after }),
        );
    }

    pub(super) fn finish(self, outcome: Outcome) -> Decision {
        Decision {
            changes: self.changes,
            events: self.events,
            outcome,
        }
    }

    /// A decision that nothing has to change.
    pub(super) fn unchanged(outcome: Outcome) -> Decision {
        Decision {
            changes: Vec::new(),
            events: Vec::new(),
            outcome,
        }
    }
}
