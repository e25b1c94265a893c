//! How often something may happen, by whom: the generic cell rate algorithm, which needs one instant
//! for each key. It is short enough to be our own, and its table has a bound that no library's has.

use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How many keys are remembered: this many, and as many of those before them.
const KEYS: usize = 4096;

/// How often something may happen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Once each so long, on average.
    pub interval: Duration,
    /// So often at once.
    pub burst: u32,
}

impl Pace {
    /// So often within a span, and all of it at once; `None` for 0, which is no limit.
    pub(super) fn within(span: Duration, number: usize, burst: usize) -> Option<Self> {
        let number = u32::try_from(number).ok().filter(|number| *number > 0)?;
        Some(Self {
            interval: span / number,
            burst: u32::try_from(burst).unwrap_or(u32::MAX).max(1),
        })
    }

    fn tolerance(self) -> Duration {
        self.interval * (self.burst - 1)
    }
}

/// Counts what happens by key, and tells who is too fast.
#[derive(Debug)]
pub(super) struct Meter<Key> {
    /// `None`: as often as one likes.
    pace: Option<Pace>,
    counted: Mutex<Counted<Key>>,
}

#[derive(Debug)]
struct Counted<Key> {
    /// When the next event would be due, had all come at the pace.
    due: Generations<Key, Instant>,
    /// What other processes were not told yet; `None` where there are none, or there is no pace.
    untold: Option<HashMap<Key, u32>>,
}

impl<Key: Copy + Eq + Hash> Meter<Key> {
    pub(super) fn new(pace: Option<Pace>) -> Self {
        Self {
            pace,
            counted: Mutex::new(Counted {
                due: Generations::new(),
                untold: None,
            }),
        }
    }

    /// Remembers what is spent from now on, so that it can be told elsewhere; tells whether there is
    /// anything to count.
    pub(super) fn share(&self) -> bool {
        if self.pace.is_some() {
            self.counted().untold.get_or_insert_default();
        }
        self.pace.is_some()
    }

    /// What was spent here since this was last asked.
    pub(super) fn untold(&self) -> HashMap<Key, u32> {
        let mut counted = self.counted();
        counted
            .untold
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Counts what happened elsewhere since a moment. It was let in there, so that it counts in any
    /// case; still, nobody waits for longer than twice what they may do at once.
    pub(super) fn spend_elsewhere(&self, key: Key, times: u32, since: Instant, now: Instant) {
        let Some(pace) = self.pace else {
            return;
        };
        let mut counted = self.counted();
        let due = counted.due.get(key).map_or(since, |due| (*due).max(since));
        let latest = now + 2 * (pace.tolerance() + pace.interval);
        let moved = due.checked_add(pace.interval.saturating_mul(times));
        let moved = moved.map_or(latest, |moved| moved.min(latest));
        counted.due.insert(key, due.max(moved));
    }

    /// How long one has to wait for the next event to be allowed; `None`: it may happen now.
    pub(super) fn wait(&self, key: Key, now: Instant) -> Option<Duration> {
        let pace = self.pace?;
        let due = *self.counted().due.get(key)?;
        due.checked_duration_since(now)?
            .checked_sub(pace.tolerance())
            .filter(|wait| !wait.is_zero())
    }

    /// Counts an event, unless it comes too early: then after how long it may.
    pub(super) fn spend(&self, key: Key, now: Instant) -> Result<(), Duration> {
        let Some(pace) = self.pace else {
            return Ok(());
        };
        let mut counted = self.counted();
        let due = counted.due.get(key).map_or(now, |due| (*due).max(now));
        let early = due.duration_since(now).saturating_sub(pace.tolerance());
        if early.is_zero() {
            counted.due.insert(key, due + pace.interval);
            if let Some(untold) = &mut counted.untold
                && (untold.len() < KEYS || untold.contains_key(&key))
            {
                *untold.entry(key).or_default() += 1;
            }
            Ok(())
        } else {
            Err(early)
        }
    }

    fn counted(&self) -> MutexGuard<'_, Counted<Key>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A table of bounded size that forgets what was not written for longest, half of it at a time, so
/// that forgetting costs nothing however many keys an attacker makes.
#[derive(Debug)]
pub(super) struct Generations<Key, Value> {
    young: HashMap<Key, Value>,
    old: HashMap<Key, Value>,
}

impl<Key: Copy + Eq + Hash, Value> Generations<Key, Value> {
    pub(super) fn new() -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
        }
    }

    pub(super) fn get(&self, key: Key) -> Option<&Value> {
        self.young.get(&key).or_else(|| self.old.get(&key))
    }

    pub(super) fn insert(&mut self, key: Key, value: Value) {
        if self.young.len() >= KEYS && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}

/// Whom an address stands for: itself, or for IPv6 the network of 64 bits that one client is given.
pub(super) fn household(address: IpAddr) -> IpAddr {
    const NETWORK: u128 = !(u64::MAX as u128);
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & NETWORK).into(),
        address @ IpAddr::V4(_) => address,
    }
}

/// Lets a warning through that would otherwise be written as often as a stranger likes.
#[derive(Debug, Default)]
pub(super) struct Seldom(Mutex<Option<Instant>>);

impl Seldom {
    /// Whether it is long enough ago.
    pub(super) fn is_due(&self) -> bool {
        const REST: Duration = Duration::from_secs(10);
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|last| last.elapsed() >= REST);
        if is_due {
            *last = Some(Instant::now());
        }
        is_due
    }
}

/// Whole seconds to wait, as `Retry-After` has them: at least one.
pub(super) fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_pace_holds() {
        let second = Duration::from_secs(1);
        let meter = Meter::new(Pace::within(second, 2, 3));
        let start = Instant::now();
        for _ in 0..3 {
            assert_eq!(meter.wait('a', start), None);
            assert_eq!(meter.spend('a', start), Ok(()));
        }
        assert_eq!(meter.spend('a', start), Err(second / 2));
        assert_eq!(meter.wait('a', start), Some(second / 2));
        assert_eq!(meter.spend('b', start), Ok(()));
        assert_eq!(meter.spend('a', start + second / 2), Ok(()));
        assert!(meter.spend('a', start + second / 2).is_err());
        let later = start + 10 * second;
        for _ in 0..3 {
            assert_eq!(meter.spend('a', later), Ok(()));
        }
        assert!(meter.spend('a', later).is_err());
    }

    #[test]
    fn what_happened_elsewhere_counts_and_is_not_told_back() {
        let second = Duration::from_secs(1);
        let meter = Meter::new(Pace::within(second, 2, 4));
        let start = Instant::now();
        assert!(meter.untold().is_empty());
        assert_eq!(meter.spend('a', start), Ok(()));
        assert!(meter.untold().is_empty(), "nobody else is there");
        assert!(meter.share());
        assert_eq!(meter.spend('a', start), Ok(()));
        assert_eq!(meter.untold(), HashMap::from([('a', 1)]));
        meter.spend_elsewhere('a', 2, start, start);
        assert_eq!(meter.wait('a', start), Some(second / 2));
        assert!(meter.spend('a', start).is_err());
        meter.spend_elsewhere('b', 1, start, start + second);
        for _ in 0..4 {
            assert_eq!(meter.spend('b', start + second), Ok(()), "it is long ago");
        }
        meter.spend_elsewhere('a', u32::MAX, start, start);
        assert_eq!(meter.wait('a', start), Some(5 * second / 2));
        assert_eq!(meter.untold(), HashMap::from([('b', 4)]));
        assert!(!Meter::<char>::new(None).share());
    }

    #[test]
    fn what_is_not_limited_never_waits() {
        let meter = Meter::new(Pace::within(Duration::from_secs(1), 0, 10));
        let now = Instant::now();
        for _ in 0..100_000 {
            assert_eq!(meter.spend(1, now), Ok(()));
        }
        assert_eq!(meter.wait(1, now), None);
    }

    #[test]
    fn the_table_is_bounded_and_forgets_the_oldest() {
        let mut table = Generations::new();
        for key in 0..1_000_000 {
            table.insert(key, key);
            assert_eq!(table.get(key), Some(&key));
        }
        assert!(table.young.len() + table.old.len() <= 2 * KEYS);
        assert_eq!(table.get(1_000_000 - KEYS), Some(&(1_000_000 - KEYS)));
        assert_eq!(table.get(0), None);
    }

    #[test]
    fn an_ipv6_client_is_its_network() {
        for (one, other, same) in [
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true),
            ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
            ("203.0.113.7", "203.0.113.8", false),
            ("203.0.113.7", "::ffff:203.0.113.7", true),
        ] {
            let household = |text: &str| household(text.parse().expect("an address"));
            assert_eq!(household(one) == household(other), same, "{one} {other}");
        }
    }

    #[test]
    fn retry_after_is_a_whole_second_at_least() {
        for (milliseconds, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2)] {
            assert_eq!(whole_seconds(Duration::from_millis(milliseconds)), seconds);
        }
    }
}
