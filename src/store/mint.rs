//! Time and ids for decisions: always later than before, whatever the clock does.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Newest, Snapshot, Start, Visible};
use crate::directory::{Read, Stamp};

/// The greatest number that the counter in an id can hold.
const COUNTER_MAX: u16 = 0x0fff;

/// Makes stamps. Each moment is later than every earlier one, to the microsecond, and each id
/// greater than every earlier one, also where the clock is set back, and after a restart.
pub(super) struct Mint {
    last: Timestamp,
    ids: Ids,
}

/// Makes ids, each greater than every earlier one: `UUIDv7` (RFC 9562 §5.7) with a counter after the
/// milliseconds (§6.2, method 1).
#[derive(Debug, Default)]
pub(crate) struct Ids {
    /// The milliseconds since 1970 and the counter of the last id.
    last: (u64, u16),
    random: Random,
}

/// Random bytes, fetched many at a time: each time is a call of the system.
#[derive(Debug, Default)]
struct Random {
    bytes: Vec<u8>,
}

impl Mint {
    /// Goes on where the directory ends.
    pub(super) fn after(snapshot: &dyn Snapshot) -> Read<Self> {
        let totals = snapshot.totals()?;
        let users = totals.persons() + totals.service_accounts;
        let user = snapshot.users(
            Visible::Everything,
            Start::Offset(users.saturating_sub(1)),
            1,
        )?;
        let role = snapshot.roles(
            Visible::Everything,
            Start::Offset(totals.roles.saturating_sub(1)),
            1,
        )?;
        let conflict = snapshot.conflicts(true, None, 1)?;
        // Made by hand, so there are few.
        let resources = snapshot.resources(None, usize::MAX)?;
        let hold = snapshot.holds(true, None, 1)?;
        let ids = (user.iter().map(|user| user.id.0))
            .chain(role.iter().map(|role| role.id.0))
            .chain(conflict.iter().map(|conflict| conflict.id.0))
            .chain(resources.last().into_iter().map(|resource| resource.id.0))
            .chain(hold.iter().map(|hold| hold.id.0))
            .chain(snapshot.tokens()?.into_iter().map(|token| token.id.0));
        let newest = snapshot.journal(totals.journal_last.saturating_sub(1), 1)?;
        Ok(Self {
            last: newest.last().map_or(Timestamp::MIN, |entry| entry.at),
            ids: Ids {
                last: ids.max().map_or((0, 0), parts),
                random: Random::default(),
            },
        })
    }

    /// Goes on after this, too.
    pub(super) fn follow(&mut self, newest: Newest) {
        self.last = self.last.max(newest.at);
        self.ids.last = self.ids.last.max(parts(newest.id));
    }

    /// The stamp for the next decision, by what the clock says.
    pub(super) fn stamp(&mut self, clock: Timestamp) -> Stamp {
        let microsecond = (clock.as_microsecond()).max(self.last.as_microsecond() + 1);
        // Out of range only at the end of all time, where the clock's own word must do.
        self.last = Timestamp::from_microsecond(microsecond).unwrap_or(clock);
        Stamp {
            now: self.last,
            fresh: self.id(),
            fresh_conflict: self.id(),
        }
    }

    fn id(&mut self) -> Uuid {
        self.ids.next(self.last)
    }
}

impl Ids {
    /// The next id, by what the clock says.
    pub(crate) fn next(&mut self, clock: Timestamp) -> Uuid {
        let clock = u64::try_from(clock.as_millisecond()).unwrap_or(0);
        let (last, counter) = self.last;
        self.last = if clock > last {
            (clock, 0)
        } else if counter < COUNTER_MAX {
            (last, counter + 1)
        } else {
            (last + 1, 0)
        };
        let (milliseconds, counter) = self.last;
        let mut tail = [0; 10];
        let (head, random) = tail.split_at_mut(2);
        head.copy_from_slice(&counter.to_be_bytes());
        // The counter alone keeps ids apart; the random part guards against a restored backup, and
        // keeps those of other processes apart.
        random.copy_from_slice(&self.random.next());
        uuid::Builder::from_unix_timestamp_millis(milliseconds, &tail).into_uuid()
    }
}

impl Random {
    fn next(&mut self) -> [u8; 8] {
        /// How many are fetched.
        const AT_ONCE: usize = 512;
        if let Some((rest, next)) = self.bytes.split_last_chunk() {
            let (left, next) = (rest.len(), *next);
            self.bytes.truncate(left);
            return next;
        }
        let (mut next, mut more) = ([0; 8], vec![0; AT_ONCE]);
        let _ = getrandom::fill(&mut next);
        if getrandom::fill(&mut more).is_ok() {
            self.bytes = more;
        }
        next
    }
}

/// Milliseconds since 1970 and the counter of an id.
fn parts(id: Uuid) -> (u64, u16) {
    let bits = id.as_u128();
    let milliseconds = u64::try_from(bits >> 80).unwrap_or(0);
    let counter = u16::try_from((bits >> 64) & u128::from(COUNTER_MAX)).unwrap_or(0);
    (milliseconds, counter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{MemoryStore, Store as _};

    fn mint() -> Mint {
        let snapshot = MemoryStore::new().snapshot().expect("memory can be read");
        Mint::after(&*snapshot).expect("memory can be read")
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn stamps_rise_while_the_clock_stands_or_falls() {
        let mut mint = mint();
        let noon = at("2026-03-01T12:00:00.123456789Z");
        let first = mint.stamp(noon);
        assert_eq!(first.now, at("2026-03-01T12:00:00.123456Z"));
        let mut before = first;
        for clock in std::iter::repeat_n(noon, 5_000)
            .chain(std::iter::repeat_n(at("2026-03-01T11:00:00Z"), 5_000))
        {
            let stamp = mint.stamp(clock);
            assert!(stamp.now > before.now);
            assert!(stamp.fresh > before.fresh_conflict);
            assert!(stamp.fresh_conflict > stamp.fresh);
            before = stamp;
        }
        let later = mint.stamp(at("2026-03-01T13:00:00Z"));
        assert_eq!(later.now, at("2026-03-01T13:00:00Z"));
        assert_eq!(later.fresh.get_version_num(), 7);
    }

    #[test]
    fn parts_are_what_an_id_was_made_of() {
        let mut mint = mint();
        mint.stamp(at("2026-03-01T12:00:00.5Z"));
        let id = mint.id();
        assert_eq!(parts(id), mint.ids.last);
        assert_eq!(mint.ids.last.1, 2);
    }
}
