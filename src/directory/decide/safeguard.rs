//! What stands between a push and the users that it would suspend or delete.

use serde_json::{Value, json};

use super::{Decided, draft::Draft};
use crate::directory::{
    Action, Change, Decision, Departure, Hold, HoldId, HoldState, Outcome, PermissionLevel, Policy,
    Provider, Read, Refusal, Stamp, Subject, User, View, event::SubjectKind,
    safeguard::MassSuspension,
};

/// A provider's push that takes a user away: suspends or deletes.
pub(super) struct Guard<'a> {
    pub(super) provider: Provider,
    pub(super) policy: &'a Policy,
}

impl Guard<'_> {
    /// Lets a user go, and counts that; or gives the decision to make instead, which holds the push.
    ///
    /// # Errors
    /// [`Refusal::LastAdmin`].
    pub(super) fn let_go(&self, draft: &mut Draft<'_>, user: &User) -> Decided<Option<Decision>> {
        self.keep_an_admin(draft.view, user)?;
        let safeguard = &self.policy.mass_suspension;
        if !safeguard.enabled {
            return Ok(None);
        }
        let (view, now) = (draft.view, draft.stamp.now);
        let mut over = None;
        if let Some(hold) = view.live_hold(self.provider)? {
            match hold.state {
                _ if !hold.is_live(now) => over = Some(hold),
                HoldState::Approved => return Ok(None),
                HoldState::Held | HoldState::Refused => {
                    return Ok(Some(self.repeat(view, draft.stamp, hold, user)));
                }
            }
        }
        if view.departure(user.id)?.is_none() {
            let window_start = safeguard.window_start(now);
            let past = view.departures(self.provider, window_start, usize::MAX)?;
            let population = view.population(self.provider)?;
            let departed = population.departed.saturating_sub(past.len() as u64);
            // As many as there were before the first of them left.
            let active = population.active.saturating_add(departed);
            if departed >= safeguard.allowed(active) {
                let counted = Counted { departed, active };
                return Ok(Some(self.open(view, draft.stamp, over, &counted, user)));
            }
            for departure in past {
                draft.change(Change::DeleteDeparture(departure));
            }
            draft.change(Change::PutDeparture(Departure {
                provider: self.provider,
                at: now,
                user: user.id,
            }));
        }
        if let Some(over) = over {
            end(draft, over);
        }
        Ok(None)
    }

    /// Lets a user be deleted. What was made within the window and is deleted again is no loss of
    /// anyone's access, and does not count: a connection test does that, `JumpCloud`'s for one.
    ///
    /// # Errors
    /// [`Refusal::LastAdmin`].
    pub(super) fn let_delete(
        &self,
        draft: &mut Draft<'_>,
        user: &User,
    ) -> Decided<Option<Decision>> {
        let safeguard = &self.policy.mass_suspension;
        if user.created < safeguard.window_start(draft.stamp.now) {
            return self.let_go(draft, user);
        }
        self.keep_an_admin(draft.view, user)?;
        Ok(None)
    }

    /// Someone must be left who can let the others in again.
    fn keep_an_admin(&self, view: &dyn View, user: &User) -> Decided<()> {
        let is_admin = user.permission_level == PermissionLevel::Admin && user.is_active();
        if !self.policy.last_admin || !is_admin {
            return Ok(());
        }
        let admins = view.active_admins(2)?;
        if admins.iter().any(|admin| *admin != user.id) {
            return Ok(());
        }
        Err(Refusal::LastAdmin {
            provider: self.provider,
            user: user.user_name.clone(),
        }
        .into())
    }

    fn open(
        &self,
        view: &dyn View,
        stamp: &Stamp,
        over: Option<Hold>,
        counted: &Counted,
        user: &User,
    ) -> Decision {
        let safeguard = &self.policy.mass_suspension;
        let mut draft = Draft::new(view, stamp);
        if let Some(over) = over {
            end(&mut draft, over);
        }
        let hold = Hold {
            id: HoldId(stamp.fresh_conflict),
            provider: self.provider,
            state: HoldState::Held,
            since: stamp.now,
            until: safeguard.window_end(stamp.now),
            departed: counted.departed,
            active: counted.active,
            allowed: safeguard.allowed(counted.active),
            attempts: 1,
            attempted: vec![Subject::user(user)],
            decided: None,
            ended: None,
        };
        put(&mut draft, Action::HoldOpened, None, hold.clone());
        self.answer(draft, hold)
    }

    fn repeat(&self, view: &dyn View, stamp: &Stamp, before: Hold, user: &User) -> Decision {
        let mut draft = Draft::new(view, stamp);
        let mut after = before.clone();
        after.attempts = after.attempts.saturating_add(1);
        after.until = self.policy.mass_suspension.window_end(stamp.now);
        let subject = Subject::user(user);
        let is_new = after.attempted.iter().all(|named| named.id != subject.id);
        if is_new && after.attempted.len() < Hold::NAMED {
            after.attempted.push(subject);
        }
        put(
            &mut draft,
            Action::HoldRepeated,
            Some(before),
            after.clone(),
        );
        self.answer(draft, after)
    }

    fn answer(&self, draft: Draft<'_>, hold: Hold) -> Decision {
        let refusal = if hold.state == HoldState::Refused {
            Refusal::HoldRefused {
                provider: self.provider,
                hold: hold.id,
            }
        } else {
            Refusal::Held {
                provider: self.provider,
                hold: hold.id,
                departed: hold.departed,
                active: hold.active,
                retry_after: self.policy.mass_suspension.retry_after(),
            }
        };
        let hold = Box::new(hold);
        draft.finish(Outcome::Held { refusal, hold })
    }
}

/// How many users left, and of how many.
struct Counted {
    departed: u64,
    active: u64,
}

/// A user is active again, and no longer counts as gone.
pub(super) fn came_back(draft: &mut Draft<'_>, user: &User) -> Read<()> {
    if let Some(departure) = draft.view.departure(user.id)? {
        draft.change(Change::DeleteDeparture(departure));
    }
    Ok(())
}

/// The provider may go on. What has been counted so far is thereby approved, too.
pub(super) fn approve(
    view: &dyn View,
    stamp: &Stamp,
    safeguard: &MassSuspension,
    id: HoldId,
) -> Decided<Decision> {
    let before = live(view, stamp, id, HoldState::Approved)?;
    let mut draft = Draft::new(view, stamp);
    draft.change(Change::ForgetDepartures(before.provider));
    let decided = HoldState::Approved;
    Ok(decide(
        draft,
        safeguard,
        Action::HoldApproved,
        before,
        decided,
    ))
}

/// The provider may not go on.
pub(super) fn refuse(
    view: &dyn View,
    stamp: &Stamp,
    safeguard: &MassSuspension,
    id: HoldId,
) -> Decided<Decision> {
    let before = live(view, stamp, id, HoldState::Refused)?;
    let draft = Draft::new(view, stamp);
    let decided = HoldState::Refused;
    Ok(decide(
        draft,
        safeguard,
        Action::HoldRefused,
        before,
        decided,
    ))
}

fn decide(
    mut draft: Draft<'_>,
    safeguard: &MassSuspension,
    action: Action,
    before: Hold,
    state: HoldState,
) -> Decision {
    let now = draft.stamp.now;
    let after = Hold {
        state,
        until: safeguard.window_end(now),
        decided: Some(now),
        ..before.clone()
    };
    put(&mut draft, action, Some(before), after.clone());
    draft.finish(Outcome::Hold(Box::new(after)))
}

/// The hold, if it can still be decided so.
fn live(view: &dyn View, stamp: &Stamp, id: HoldId, state: HoldState) -> Decided<Hold> {
    let hold = view.hold(id)?.ok_or_else(|| Refusal::NotFound {
        kind: SubjectKind::Hold,
        given: id.to_string(),
    })?;
    let why = if !hold.is_live(stamp.now) {
        "The hold is over; a provider that tries again is counted anew.".to_owned()
    } else if hold.state == state {
        format!("The hold is {state} already.")
    } else {
        return Ok(hold);
    };
    Err(Refusal::HoldNotResolvable { hold: id, why }.into())
}

/// The hold is over.
pub(super) fn end(draft: &mut Draft<'_>, before: Hold) {
    let after = Hold {
        ended: Some(draft.stamp.now),
        ..before.clone()
    };
    put(draft, Action::HoldEnded, Some(before), after);
}

fn put(draft: &mut Draft<'_>, action: Action, before: Option<Hold>, after: Hold) {
    let was = before.as_ref().map_or(Value::Null, shown);
    draft.event(action, Subject::hold(&after), was, shown(&after));
    draft.change(Change::PutHold {
        before: before.map(Box::new),
        after: Box::new(after),
    });
}

/// What the journal shows of a hold: not everyone who was about to go, which the hold keeps.
fn shown(hold: &Hold) -> Value {
    json!({
        "provider": hold.provider,
        "state": hold.state,
        "until": hold.until,
        "departed": hold.departed,
        "active": hold.active,
        "allowed": hold.allowed,
        "attempts": hold.attempts,
        "last_attempted": hold.attempted.last(),
        "ended": hold.ended,
    })
}
