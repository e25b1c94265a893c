//! The safeguards against a sync that locks everyone out: what they are told to do, and what they
//! keep count of. The decisions themselves are made with every push of a user.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    event::Subject,
    id::{HoldId, UserId},
    provider::Provider,
};

/// What the safeguards are told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Whether a push that would suspend or delete the last active admin is refused.
    pub last_admin: bool,
    /// When many suspensions and deletions at once are held.
    pub mass_suspension: MassSuspension,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            last_admin: true,
            mass_suspension: MassSuspension::default(),
        }
    }
}

/// When many suspensions and deletions at once are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MassSuspension {
    /// Whether they are at all.
    pub enabled: bool,
    /// More than so many of a hundred active users of the provider.
    pub percent: u64,
    /// And at least so many.
    pub minimum: u64,
    /// Within this time. A hold ends when nothing is tried for as long.
    pub window: SignedDuration,
}

impl Default for MassSuspension {
    fn default() -> Self {
        Self {
            enabled: true,
            percent: 20,
            minimum: 10,
            window: SignedDuration::from_hours(1),
        }
    }
}

impl MassSuspension {
    /// How many of so many active users may leave within the window.
    pub fn allowed(&self, active: u64) -> u64 {
        let share = active.saturating_mul(self.percent) / 100;
        share.max(self.minimum.saturating_sub(1))
    }

    /// The moment before which nothing counts any more.
    pub fn window_start(&self, now: Timestamp) -> Timestamp {
        now.checked_sub(self.window).unwrap_or(Timestamp::MIN)
    }

    /// When a hold ends that was tried or decided now.
    pub fn window_end(&self, now: Timestamp) -> Timestamp {
        now.checked_add(self.window).unwrap_or(Timestamp::MAX)
    }

    /// The seconds after which a held push is worth another try: often enough to go through soon
    /// after an approval, seldom enough that a provider's tries last for hours.
    pub fn retry_after(&self) -> u64 {
        const LONGEST: u64 = 300;
        u64::try_from(self.window.as_secs())
            .unwrap_or(1)
            .clamp(1, LONGEST)
    }
}

/// How many users a provider has, and how many of them left lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Population {
    /// Persons that it manages and that are active.
    pub active: u64,
    /// Its suspensions and deletions that are counted, past ones included until they are let go.
    pub departed: u64,
}

/// One suspension or deletion by a provider, counted until the window is over, or the user is
/// reinstated. The user may be gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// Who suspended or deleted.
    pub provider: Provider,
    /// When.
    pub at: Timestamp,
    /// Whom.
    pub user: UserId,
}

/// What an operator has said about a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HoldState {
    /// Nothing yet: pushes are answered 429.
    Held,
    /// That the provider may go on: pushes go through.
    Approved,
    /// That it may not: pushes are answered 403.
    Refused,
}

impl HoldState {
    /// The name in rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Approved => "approved",
            Self::Refused => "refused",
        }
    }
}

impl fmt::Display for HoldState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A mass suspension that was stopped until an operator has looked at it.
///
/// It ends when, for the length of the window, nothing more was tried; an approved one ends that
/// long after the approval. Then suspensions and deletions are counted anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Names it on the command line.
    pub id: HoldId,
    /// Whose sync it is.
    pub provider: Provider,
    /// What an operator has said.
    pub state: HoldState,
    /// When the first push was held.
    pub since: Timestamp,
    /// When it ends, unless something more is tried before.
    pub until: Timestamp,
    /// How many users had left within the window by then.
    pub departed: u64,
    /// Of how many that had been active.
    pub active: u64,
    /// How many of them may leave without a hold.
    pub allowed: u64,
    /// How many pushes were held or refused.
    pub attempts: u64,
    /// Whom they were about, each once; the first [`Hold::NAMED`].
    pub attempted: Vec<Subject>,
    /// When an operator last decided about it.
    pub decided: Option<Timestamp>,
    /// When it was found to be over.
    pub ended: Option<Timestamp>,
}

impl Hold {
    /// The most users that a hold names.
    pub const NAMED: usize = 50;

    /// Whether it still has a say at this moment.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_may_leave() {
        let safeguard = MassSuspension::default();
        for (active, allowed) in [(0, 9), (10, 9), (45, 9), (49, 9), (50, 10), (1_000, 200)] {
            assert_eq!(safeguard.allowed(active), allowed, "{active}");
        }
        let zero = MassSuspension {
            minimum: 0,
            percent: 0,
            ..safeguard
        };
        assert_eq!(zero.allowed(1_000), 0);
    }

    #[test]
    fn a_hold_has_its_say_until_its_end() {
        let at = |seconds| Timestamp::from_second(seconds).expect("a time");
        let hold = |ended| Hold {
            id: HoldId(uuid::Uuid::nil()),
            provider: Provider::Okta,
            state: HoldState::Held,
            since: at(0),
            until: at(10),
            departed: 10,
            active: 20,
            allowed: 9,
            attempts: 1,
            attempted: Vec::new(),
            decided: None,
            ended,
        };
        for (ended, now, is_live) in [
            (None, 9, true),
            (None, 10, false),
            (None, 11, false),
            (Some(at(3)), 4, false),
        ] {
            assert_eq!(hold(ended).is_live(at(now)), is_live, "{ended:?} {now}");
        }
    }

    #[test]
    fn another_try_is_worth_it_soon() {
        let every = |window| MassSuspension {
            window,
            ..MassSuspension::default()
        };
        for (seconds, expected) in [(3_600, 300), (120, 120), (0, 1), (-5, 1)] {
            let window = SignedDuration::from_secs(seconds);
            assert_eq!(every(window).retry_after(), expected, "{seconds}");
        }
    }
}
