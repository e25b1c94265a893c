//! Which rows a filter leaves, and in which order: worked out once for all pages of a list, and kept
//! as long as it holds. One list is worked out at a time, so that searching never takes more than one
//! core, and while the directory moves no more than a part of that.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use uuid::Uuid;

use super::search::{List, ResourceOrder, RoleOrder, Sort, UserOrder};

/// The most rows that are put in order, or that a filter may leave.
pub const MAXIMUM_ROWS: usize = 200_000;

/// How many lists are kept.
const LISTS: usize = 6;

/// How long a list holds that the clock moves.
const MOMENT: Duration = Duration::from_secs(1);

/// A list that took some time to work out may be behind by this many times that.
const PATIENCE: u32 = 10;

/// By no more than this.
const LATEST: Duration = Duration::from_secs(2);

/// An order of any list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Of users.
    Users(Sort<UserOrder>),
    /// Of roles.
    Roles(Sort<RoleOrder>),
    /// Of resources.
    Resources(Sort<ResourceOrder>),
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Of which list.
    pub list: List,
    /// The filter, as it was typed.
    pub filter: String,
    /// The order; `None`: of their making.
    pub order: Option<Order>,
}

/// The rows in their order.
#[derive(Debug, Clone)]
pub struct Ordered {
    /// Their ids.
    pub ids: Arc<[Uuid]>,
    /// Whether something has changed since that may change it.
    pub behind: bool,
}

#[derive(Debug)]
struct Kept {
    asked: Asked,
    ids: Arc<[Uuid]>,
    /// The number of the newest journal entry that it is of.
    journal: u64,
    /// Whether the clock alone changes it.
    moves: bool,
    made: Instant,
    took: Duration,
}

impl Kept {
    /// The list, if it still holds, or is behind by little enough.
    fn at(&self, journal: u64, now: Instant) -> Option<Ordered> {
        let age = now.saturating_duration_since(self.made);
        let behind = self.journal != journal;
        let holds = if behind {
            age < LATEST.min(self.took.saturating_mul(PATIENCE))
        } else {
            !self.moves || age < MOMENT.max(self.took.saturating_mul(PATIENCE))
        };
        holds.then(|| Ordered {
            ids: Arc::clone(&self.ids),
            behind,
        })
    }
}

/// The lists that are kept.
#[derive(Default)]
pub struct Listings {
    /// The one used last is the last one.
    kept: Mutex<Vec<Kept>>,
    working: Mutex<()>,
}

impl fmt::Debug for Listings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = lock(&self.kept).len();
        f.debug_struct("Listings")
            .field("kept", &kept)
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Listings {
    /// The rows that were asked for, as of about this journal number; `work` finds them where they
    /// are not kept, and says whether the clock alone changes them. Blocks while another list is
    /// worked out.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn find<E>(
        &self,
        asked: Asked,
        journal: u64,
        work: impl FnOnce() -> Result<(Vec<Uuid>, bool), E>,
    ) -> Result<Ordered, E> {
        if let Some(ordered) = self.kept(&asked, journal) {
            return Ok(ordered);
        }
        let _alone = lock(&self.working);
        // Whoever worked before may have left it.
        if let Some(ordered) = self.kept(&asked, journal) {
            return Ok(ordered);
        }
        let begun = Instant::now();
        let (ids, moves) = work()?;
        let ids: Arc<[Uuid]> = ids.into();
        let mut kept = lock(&self.kept);
        kept.retain(|kept| kept.asked != asked);
        if kept.len() >= LISTS {
            kept.remove(0);
        }
        kept.push(Kept {
            asked,
            ids: Arc::clone(&ids),
            journal,
            moves,
            made: begun,
            took: begun.elapsed(),
        });
        Ok(Ordered { ids, behind: false })
    }

    fn kept(&self, asked: &Asked, journal: u64) -> Option<Ordered> {
        let mut kept = lock(&self.kept);
        let place = kept.iter().position(|kept| kept.asked == *asked)?;
        let ordered = kept.get(place)?.at(journal, Instant::now())?;
        kept[place..].rotate_left(1);
        Some(ordered)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn asked(filter: &str) -> Asked {
        Asked {
            list: List::Users,
            filter: filter.to_owned(),
            order: None,
        }
    }

    #[test]
    fn a_list_is_worked_out_once_until_something_changes() {
        let listings = Listings::default();
        let worked = Cell::new(0);
        let find = |filter: &str, journal| {
            let ids = vec![Uuid::from_u128(u128::from(journal))];
            let found = listings.find(asked(filter), journal, || {
                worked.set(worked.get() + 1);
                Ok::<_, ()>((ids, false))
            });
            found.expect("a list").ids
        };
        find("a", 1);
        find("a", 1);
        assert_eq!(worked.get(), 1);
        find("b", 1);
        assert_eq!(worked.get(), 2);
        // It took no time, so it is never behind by long.
        std::thread::yield_now();
        find("a", 9);
        for number in 0..LISTS {
            find(&number.to_string(), 9);
        }
        assert_eq!(lock(&listings.kept).len(), LISTS);
    }

    #[test]
    fn the_one_used_last_stays() {
        let listings = Listings::default();
        let find = |filter: &str| {
            let found = listings.find(asked(filter), 1, || Ok::<_, ()>((Vec::new(), false)));
            found.expect("a list");
        };
        for number in 0..LISTS {
            find(&number.to_string());
        }
        find("0");
        find("new");
        assert!(listings.kept(&asked("0"), 1).is_some());
        assert!(listings.kept(&asked("1"), 1).is_none());
    }

    #[test]
    fn what_took_long_may_be_behind_for_a_while() {
        let now = Instant::now();
        let kept = |took, moves| Kept {
            asked: asked(""),
            ids: Vec::new().into(),
            journal: 7,
            moves,
            made: now,
            took: Duration::from_millis(took),
        };
        let after = |millis| now + Duration::from_millis(millis);
        let behind = |kept: &Kept, journal, at| kept.at(journal, at).map(|ordered| ordered.behind);
        assert_eq!(behind(&kept(50, false), 7, after(60_000)), Some(false));
        assert_eq!(behind(&kept(50, false), 8, after(499)), Some(true));
        assert_eq!(behind(&kept(50, false), 8, after(500)), None);
        assert_eq!(behind(&kept(900, false), 8, after(2_000)), None);
        assert_eq!(behind(&kept(50, true), 7, after(999)), Some(false));
        assert_eq!(behind(&kept(50, true), 7, after(1_000)), None);
    }

    #[test]
    fn a_failure_is_not_kept() {
        let listings = Listings::default();
        let failed = listings.find(asked(""), 1, || Err("no"));
        assert_eq!(failed.err(), Some("no"));
        assert!(listings.kept(&asked(""), 1).is_none());
    }
}
