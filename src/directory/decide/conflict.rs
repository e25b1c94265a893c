//! Conflicts: opened and repeated by refused pushes, ended when what they stood on changes.

use serde_json::{Value, json};

use super::{Decided, draft::Draft};
use crate::directory::{
    Action, Change, Conflict, ConflictId, ConflictKind, ConflictState, Decision, IdentityAlias,
    ManagedBy, Outcome, Provider, Read, Refusal, Role, Stamp, Subject, User, View,
    event::SubjectKind, fold,
};

/// What a push ran into.
pub(super) enum Clash {
    /// A role has the name.
    RoleName {
        /// As pushed.
        name: String,
        holder: Role,
    },
    /// A user or service account has the name.
    UserName {
        /// As pushed.
        name: String,
        holder: User,
    },
    /// Someone else has the alias.
    Alias { alias: IdentityAlias, holder: User },
    /// The pusher does not manage the target.
    Ownership { subject: Subject, owner: ManagedBy },
}

impl Clash {
    fn kind(&self) -> ConflictKind {
        match self {
            Self::RoleName { .. } => ConflictKind::RoleName,
            Self::UserName { .. } => ConflictKind::UserName,
            Self::Alias { .. } => ConflictKind::Alias,
            Self::Ownership { .. } => ConflictKind::Ownership,
        }
    }

    fn name(&self) -> String {
        match self {
            Self::RoleName { name, .. } | Self::UserName { name, .. } => name.clone(),
            Self::Alias { alias, .. } => alias.to_string(),
            Self::Ownership { subject, .. } => subject.name.clone(),
        }
    }

    /// What a repeat of the same push is recognised by.
    fn key(&self) -> String {
        match self {
            Self::RoleName { name, .. } | Self::UserName { name, .. } => fold(name),
            Self::Alias { alias, .. } => alias.to_string(),
            Self::Ownership { subject, .. } => subject.id.clone(),
        }
    }

    fn existing(&self) -> Subject {
        match self {
            Self::RoleName { holder, .. } => Subject::role(holder),
            Self::UserName { holder, .. } | Self::Alias { holder, .. } => Subject::user(holder),
            Self::Ownership { subject, .. } => subject.clone(),
        }
    }

    fn refusal(self, provider: Provider, conflict: ConflictId) -> Refusal {
        match self {
            Self::RoleName { name, holder } => Refusal::PushedNameTaken {
                provider,
                kind: SubjectKind::Role,
                name,
                managed_by: Some(holder.managed_by),
                conflict,
            },
            // That a service account has the name is nothing a provider may learn.
            Self::UserName { name, holder } => Refusal::PushedNameTaken {
                provider,
                kind: SubjectKind::User,
                name,
                managed_by: holder.is_person().then_some(holder.managed_by),
                conflict,
            },
            Self::Alias { alias, .. } => Refusal::AliasTaken {
                alias,
                conflict: Some(conflict),
            },
            Self::Ownership { subject, owner } => Refusal::ManagedByAnother {
                provider,
                subject,
                owner,
                conflict,
            },
        }
    }
}

/// Refuses a push and keeps the refusal as a conflict: a new one, or one try more of the same.
pub(super) fn refuse(
    view: &dyn View,
    stamp: &Stamp,
    provider: Provider,
    clash: Clash,
    payload: Value,
) -> Decided<Decision> {
    let mut draft = Draft::new(view, stamp);
    let (kind, key, existing) = (clash.kind(), clash.key(), clash.existing());
    let latest = view
        .latest_conflict(provider, kind, &key)?
        .filter(is_undecided);
    let conflict = match latest {
        Some(before) if before.existing.id == existing.id => {
            repeat(&mut draft, before, existing, payload)
        }
        stale => {
            if let Some(stale) = stale {
                end(&mut draft, stale);
            }
            let conflict = Conflict {
                id: ConflictId(stamp.fresh_conflict),
                kind,
                provider,
                name: clash.name(),
                key,
                existing,
                state: ConflictState::Open,
                tries: 1,
                first_seen: stamp.now,
                last_seen: stamp.now,
                payload,
                settled: false,
            };
            open(&mut draft, conflict)
        }
    };
    let refusal = clash.refusal(provider, conflict.id);
    let conflict = Box::new(conflict);
    Ok(draft.finish(Outcome::Refused { refusal, conflict }))
}

fn open(draft: &mut Draft<'_>, conflict: Conflict) -> Conflict {
    let subject = Subject::conflict(&conflict);
    draft.event(
        Action::ConflictOpened,
        subject,
        Value::Null,
        shown(&conflict),
    );
    draft.change(Change::PutConflict {
        before: None,
        after: Box::new(conflict.clone()),
    });
    conflict
}

/// A dismissed conflict stays dismissed however often the push is repeated.
fn repeat(draft: &mut Draft<'_>, before: Conflict, existing: Subject, payload: Value) -> Conflict {
    let after = Conflict {
        existing,
        payload,
        tries: before.tries.saturating_add(1),
        last_seen: draft.stamp.now,
        ..before.clone()
    };
    put(draft, Action::ConflictRepeated, before, after)
}

/// Writes a conflict that has changed, with its journal entry.
pub(super) fn put(
    draft: &mut Draft<'_>,
    action: Action,
    before: Conflict,
    after: Conflict,
) -> Conflict {
    draft.event(
        action,
        Subject::conflict(&after),
        shown(&before),
        shown(&after),
    );
    draft.change(Change::PutConflict {
        before: Some(Box::new(before)),
        after: Box::new(after.clone()),
    });
    after
}

/// What the journal shows of a conflict: not the payload, which the conflict keeps.
fn shown(conflict: &Conflict) -> Value {
    json!({
        "kind": conflict.kind,
        "provider": conflict.provider,
        "name": conflict.name,
        "existing": conflict.existing,
        "state": conflict.state,
        "tries": conflict.tries,
        "settled": conflict.settled,
    })
}

/// Whether the operator may still decide about it.
pub(super) fn is_undecided(conflict: &Conflict) -> bool {
    matches!(
        conflict.state,
        ConflictState::Open | ConflictState::Dismissed
    )
}

/// What the conflict stood on has changed.
pub(super) fn end(draft: &mut Draft<'_>, before: Conflict) -> Conflict {
    let after = Conflict {
        state: ConflictState::Gone,
        ..before.clone()
    };
    put(draft, Action::ConflictGone, before, after)
}

/// Ends the undecided conflicts about a row for which `ended` says so. One that the same decision
/// has written already is left alone.
pub(super) fn end_where(
    draft: &mut Draft<'_>,
    existing: &str,
    ended: impl Fn(&Conflict) -> bool,
) -> Read<()> {
    for conflict in draft.view.conflicts_about(existing)? {
        if ended(&conflict) && !draft.has_written(conflict.id) {
            end(draft, conflict);
        }
    }
    Ok(())
}

/// A pushed name turned out to be free: what an earlier push of it ran into is no longer there.
pub(super) fn end_of_name(
    draft: &mut Draft<'_>,
    provider: Provider,
    kind: ConflictKind,
    name: &str,
) -> Read<()> {
    let latest = draft.view.latest_conflict(provider, kind, &fold(name))?;
    if let Some(conflict) = latest
        && (is_undecided(&conflict) || waits_for_retry(&conflict))
    {
        end(draft, conflict);
    }
    Ok(())
}

/// The conflict that was linked to `existing` and whose push has not been repeated yet.
pub(super) fn linked(
    view: &dyn View,
    provider: Provider,
    kind: ConflictKind,
    name: &str,
    existing: &str,
) -> Read<Option<Conflict>> {
    let latest = view.latest_conflict(provider, kind, &fold(name))?;
    Ok(latest.filter(|conflict| waits_for_retry(conflict) && conflict.existing.id == existing))
}

fn waits_for_retry(conflict: &Conflict) -> bool {
    conflict.state == ConflictState::Linked && !conflict.settled
}

/// The provider's retry has got its answer.
pub(super) fn settle(draft: &mut Draft<'_>, before: Conflict) {
    let after = Conflict {
        settled: true,
        ..before.clone()
    };
    put(draft, Action::ConflictSettled, before, after);
}
