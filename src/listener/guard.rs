//! Who may come how often: connections of one address, failed authentications of one address,
//! requests with one token.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher as _,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{
    Limits,
    rate::{Generations, Meter, Pace, Seldom, household},
};
use crate::{directory::TokenId, store::Spent};

/// The time within which failed authentications are counted.
const FAILURES_WITHIN: Duration = Duration::from_secs(60);

/// How the keys begin under which processes tell each other what was spent.
const TOKEN: &str = "token:";
const ADDRESS: &str = "address:";

/// So many seconds' worth of requests may come at once: providers push in bursts.
const BURST_SECONDS: usize = 10;

/// What is counted of those who come.
pub(super) struct Guard {
    seats: Arc<Seats>,
    failures: Meter<IpAddr>,
    requests: Meter<TokenId>,
    known: Known,
    warned: Seldom,
}

impl Guard {
    pub(super) fn new(limits: &Limits) -> Self {
        let failures = limits.failed_authentications;
        let requests = limits.requests_per_second;
        let burst = requests.saturating_mul(BURST_SECONDS);
        Self {
            seats: Arc::new(Seats {
                most: limits.connections_per_address,
                taken: Mutex::default(),
                warned: Seldom::default(),
            }),
            failures: Meter::new(Pace::within(FAILURES_WITHIN, failures, failures)),
            requests: Meter::new(Pace::within(Duration::from_secs(1), requests, burst)),
            known: Known {
                state: RandomState::new(),
                tokens: Mutex::new(Generations::new()),
            },
            warned: Seldom::default(),
        }
    }

    /// Remembers what is spent from now on, so that other processes can be told; tells whether anything
    /// is limited that they count together.
    pub(super) fn share(&self) -> bool {
        // Both, whatever the first one says.
        self.failures.share() | self.requests.share()
    }

    /// What was spent here since this was last asked.
    pub(super) fn untold(&self) -> Vec<Spent> {
        let failures = self.failures.untold().into_iter();
        let requests = self.requests.untold().into_iter();
        let failures = failures.map(|(address, times)| Spent {
            key: format!("{ADDRESS}{address}"),
            times,
        });
        let requests = requests.map(|(token, times)| Spent {
            key: format!("{TOKEN}{token}"),
            times,
        });
        failures.chain(requests).collect()
    }

    /// Counts what others spent since a moment.
    pub(super) fn spend_elsewhere(&self, spent: &[Spent], since: Instant) {
        let now = Instant::now();
        for Spent { key, times } in spent {
            // What cannot be read is of a newer version, and counts something else.
            if let Some(token) = key.strip_prefix(TOKEN) {
                if let Ok(token) = token.parse() {
                    self.requests.spend_elsewhere(token, *times, since, now);
                }
            } else if let Some(address) = key.strip_prefix(ADDRESS)
                && let Ok(address) = address.parse()
            {
                self.failures.spend_elsewhere(address, *times, since, now);
            }
        }
    }

    /// A connection's place among those of its address; `None` where there are too many.
    pub(super) fn seat(&self, address: IpAddr) -> Option<Seat> {
        Seats::take(&self.seats, household(address))
    }

    /// How long an address has to wait that has failed to authenticate too often. A token that was
    /// let in before never waits: guessing must not shut out a provider that comes through the same
    /// proxy.
    pub(super) fn shut_out(
        &self,
        address: IpAddr,
        authorization: Option<&[u8]>,
    ) -> Option<Duration> {
        let wait = self.failures.wait(household(address), Instant::now())?;
        let is_known = authorization.is_some_and(|given| self.known.contains(given));
        (!is_known).then_some(wait)
    }

    /// Counts a failed authentication.
    pub(super) fn failed(&self, address: IpAddr) {
        let (household, now) = (household(address), Instant::now());
        // One that comes too early was let in with a known token, and counts no further.
        let _ = self.failures.spend(household, now);
        if self.failures.wait(household, now).is_some() && self.warned.is_due() {
            tracing::warn!(
                %address,
                "too many failed authentications from one address: for now it is answered 429"
            );
        }
    }

    /// Counts a request that was let in.
    ///
    /// # Errors
    /// Its token is used too fast: how long to wait.
    pub(super) fn let_in(
        &self,
        token: TokenId,
        authorization: Option<&[u8]>,
    ) -> Result<(), Duration> {
        if let Some(given) = authorization {
            self.known.remember(given);
        }
        self.requests.spend(token, Instant::now())
    }
}

/// `Authorization` headers that were let in, as keyed hashes: cheap to compare with, of no use to
/// anyone, and no proof of anything but that the caller is no guesser.
struct Known {
    state: RandomState,
    tokens: Mutex<Generations<u64, ()>>,
}

impl Known {
    fn contains(&self, authorization: &[u8]) -> bool {
        let hash = self.state.hash_one(authorization);
        self.tokens().get(hash).is_some()
    }

    fn remember(&self, authorization: &[u8]) {
        let hash = self.state.hash_one(authorization);
        let mut tokens = self.tokens();
        if tokens.get(hash).is_none() {
            tokens.insert(hash, ());
        }
    }

    fn tokens(&self) -> MutexGuard<'_, Generations<u64, ()>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The connections that there are, by address. Bounded by their number.
struct Seats {
    /// Of one address; 0: no limit.
    most: usize,
    taken: Mutex<HashMap<IpAddr, usize>>,
    warned: Seldom,
}

impl Seats {
    fn take(seats: &Arc<Self>, address: IpAddr) -> Option<Seat> {
        let mut taken = seats.taken();
        let here = taken.entry(address).or_default();
        if seats.most > 0 && *here >= seats.most {
            drop(taken);
            if seats.warned.is_due() {
                tracing::warn!(
                    %address,
                    most = seats.most,
                    "too many connections from one address: further ones are closed"
                );
            }
            return None;
        }
        *here += 1;
        Some(Seat {
            seats: Arc::clone(seats),
            address,
        })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection's place among those of its address, free again once it is dropped.
pub(super) struct Seat {
    seats: Arc<Seats>,
    address: IpAddr,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken();
        if let Some(here) = taken.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_address_has_so_many_connections_and_gets_them_back() {
        let guard = Guard::new(&Limits {
            connections_per_address: 2,
            ..Limits::default()
        });
        let (here, there) = (address("203.0.113.7"), address("203.0.113.8"));
        let first = guard.seat(here).expect("a seat");
        let _second = guard.seat(here).expect("a seat");
        assert!(guard.seat(here).is_none());
        assert!(guard.seat(there).is_some());
        drop(first);
        assert!(guard.seat(here).is_some());
        assert_eq!(guard.seats.taken().len(), 1);
    }

    #[test]
    fn what_is_spent_counts_in_the_other_process() {
        let limits = Limits {
            failed_authentications: 3,
            requests_per_second: 1,
            ..Limits::default()
        };
        let (here, there) = (Guard::new(&limits), Guard::new(&limits));
        assert!(here.share() && there.share());
        let address = address("2001:db8::7");
        let token = TokenId::from_bytes([7; 16]);
        let begin = Instant::now();
        for _ in 0..3 {
            here.failed(address);
        }
        for _ in 0..BURST_SECONDS {
            assert_eq!(here.let_in(token, None), Ok(()));
        }
        let spent = here.untold();
        assert_eq!(spent.iter().map(|spent| spent.times).sum::<u32>(), 13);
        assert!(here.untold().is_empty());
        assert_eq!(there.shut_out(address, None), None);
        there.spend_elsewhere(&spent, begin);
        assert!(there.shut_out(address, None).is_some());
        assert!(there.let_in(token, None).is_err());
        assert!(there.untold().is_empty());
        let strange = ["token:x", "address:", "other:1", ""].map(|key| Spent {
            key: key.to_owned(),
            times: u32::MAX,
        });
        there.spend_elsewhere(&strange, begin);
        let unlimited = Limits {
            failed_authentications: 0,
            ..Limits::default()
        };
        assert!(!Guard::new(&unlimited).share());
    }

    #[test]
    fn who_fails_too_often_is_shut_out_but_not_with_a_known_token() {
        let guard = Guard::new(&Limits {
            failed_authentications: 3,
            ..Limits::default()
        });
        let (here, there) = (address("203.0.113.7"), address("203.0.113.8"));
        let token = TokenId::from_bytes([1; 16]);
        assert_eq!(guard.let_in(token, Some(b"Bearer good")), Ok(()));
        for _ in 0..3 {
            assert_eq!(guard.shut_out(here, Some(b"Bearer bad")), None);
            guard.failed(here);
        }
        let wait = guard.shut_out(here, Some(b"Bearer bad")).expect("shut out");
        assert!(wait <= FAILURES_WITHIN / 3);
        assert!(guard.shut_out(here, None).is_some());
        assert_eq!(guard.shut_out(here, Some(b"Bearer good")), None);
        assert_eq!(guard.shut_out(there, Some(b"Bearer bad")), None);
    }
}
