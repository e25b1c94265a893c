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

/// Whose push it was.
pub(super) enum Pusher {
    /// POST: what was to be made under the name.
    New {
        /// As pushed.
        name: String,
    },
    /// PUT, PATCH or DELETE of the row with this id.
    Row(String),
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

    /// What a repeat of the same push is recognised by. Two rows that are to get the same name or
    /// alias are two pushes; a POST is known by the name that it pushes.
    fn key(&self, pusher: &Pusher) -> String {
        match (self, pusher) {
            (Self::RoleName { name, .. } | Self::UserName { name, .. }, Pusher::New { .. }) => {
                fold(name)
            }
            (Self::RoleName { name, .. } | Self::UserName { name, .. }, Pusher::Row(id)) => {
                format!("{}\n{id}", fold(name))
            }
            (Self::Alias { alias, .. }, Pusher::New { name }) => {
                format!("{alias}\n{}", fold(name))
            }
            (Self::Alias { alias, .. }, Pusher::Row(id)) => format!("{alias}\n{id}"),
            (Self::Ownership { subject, .. }, _) => subject.id.clone(),
        }
    }

    /// The row that was to get what someone else has.
    fn pusher(&self, pusher: Pusher) -> Option<String> {
        match (self, pusher) {
            (Self::Ownership { .. }, _) | (_, Pusher::New { .. }) => None,
            (_, Pusher::Row(id)) => Some(id),
        }
    }

    fn existing(&self) -> Subject {
        match self {
            Self::RoleName { holder, .. } => Subject::role(holder),
            Self::UserName { holder, .. } | Self::Alias { holder, .. } => Subject::user(holder),
            Self::Ownership { subject, .. } => subject.clone(),
        }
    }

    fn refusal(self, provider: Provider, conflict: &Conflict) -> Refusal {
        let (renames, conflict) = (conflict.pusher.is_some(), conflict.id);
        match self {
            Self::RoleName { name, holder } => Refusal::PushedNameTaken {
                provider,
                kind: SubjectKind::Role,
                name,
                managed_by: Some(holder.managed_by),
                renames,
                conflict,
            },
            // That a service account has the name is nothing a provider may learn.
            Self::UserName { name, holder } => Refusal::PushedNameTaken {
                provider,
                kind: SubjectKind::User,
                name,
                managed_by: holder.is_person().then_some(holder.managed_by),
                renames,
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
    pusher: Pusher,
    payload: Value,
) -> Decided<Decision> {
    let mut draft = Draft::new(view, stamp);
    let (kind, key, existing) = (clash.kind(), clash.key(&pusher), clash.existing());
    let pusher = clash.pusher(pusher);
    let latest = view
        .latest_conflict(provider, kind, &key)?
        .filter(is_undecided);
    let conflict = match latest {
        Some(before) if before.existing.id == existing.id && before.pusher == pusher => {
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
                pusher,
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
    let refusal = clash.refusal(provider, &conflict);
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
    let latest = latest_of_name(draft.view, provider, kind, name)?;
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
    let latest = latest_of_name(view, provider, kind, name)?;
    Ok(latest.filter(|conflict| waits_for_retry(conflict) && conflict.existing.id == existing))
}

/// The newest conflict that a POST of the name has left.
fn latest_of_name(
    view: &dyn View,
    provider: Provider,
    kind: ConflictKind,
    name: &str,
) -> Read<Option<Conflict>> {
    let latest = view.latest_conflict(provider, kind, &fold(name))?;
    Ok(latest.filter(|conflict| conflict.pusher.is_none()))
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
