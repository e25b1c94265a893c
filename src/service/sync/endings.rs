//! When the syncs that a follower hears come to their ends. Nobody tells: an end is a quiet gap. So
//! the follower asks for the digests once, when the gap may have passed, and sleeps otherwise.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::SyncDigest;
use crate::{directory::Provider, service::exchange::ExchangeLine};

/// How long after the gap the digests are asked for, so that the gap has passed for the server, too.
const MARGIN: SignedDuration = SignedDuration::from_millis(20);

/// The least time between two questions about an end.
const AGAIN: SignedDuration = SignedDuration::from_secs(1);

/// How long after the gap a server is asked that still says a sync runs of which nothing is heard:
/// its clock may be behind.
const GRACE: SignedDuration = SignedDuration::from_secs(10);

/// The syncs that are heard, and whose end has not been told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endings {
    gap: SignedDuration,
    heard: BTreeMap<Provider, Heard>,
}

/// What was heard of a provider since its last end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Heard {
    first: Timestamp,
    last: Timestamp,
    /// Not to be asked about before.
    patience: Timestamp,
}

impl Default for Endings {
    /// With the gap that servers have unless they are told otherwise.
    fn default() -> Self {
        Self {
            gap: SignedDuration::from_secs(30),
            heard: BTreeMap::new(),
        }
    }
}

impl Endings {
    /// Takes the server's gap, in milliseconds; 0 is of a server that does not tell.
    pub fn set_gap(&mut self, millis: u64) {
        if let Ok(millis @ 1..) = i64::try_from(millis) {
            self.gap = SignedDuration::from_millis(millis);
        }
    }

    /// The gap.
    pub fn gap(&self) -> SignedDuration {
        self.gap
    }

    /// Notes that the digests are being asked for: not again before a while.
    pub fn asked(&mut self, now: Timestamp) {
        let later = now.saturating_add(AGAIN).unwrap_or(Timestamp::MAX);
        for heard in self.heard.values_mut() {
            heard.patience = later;
        }
    }

    /// Hears an exchange. One so old that its sync has ended by now is nobody's news.
    pub fn hear(&mut self, line: &ExchangeLine, now: Timestamp) {
        let Some(provider) = line.provider else {
            return;
        };
        if self.end(line.at) < now {
            return;
        }
        let heard = self.heard.entry(provider).or_insert(Heard {
            first: line.at,
            last: line.at,
            patience: Timestamp::MIN,
        });
        heard.first = heard.first.min(line.at);
        heard.last = heard.last.max(line.at);
    }

    fn end(&self, last: Timestamp) -> Timestamp {
        let end = last.saturating_add(self.gap);
        let end = end.and_then(|end| end.saturating_add(MARGIN));
        end.unwrap_or(Timestamp::MAX)
    }

    /// When to ask for the digests; `None` while nothing is heard.
    pub fn next(&self) -> Option<Timestamp> {
        let ends = self.heard.values();
        ends.map(|heard| self.end(heard.last).max(heard.patience))
            .min()
    }

    /// Takes the digests, and gives those that have ended since they were last asked for, oldest
    /// first.
    pub fn take(&mut self, digests: &[SyncDigest], now: Timestamp) -> Vec<SyncDigest> {
        let mut ended: Vec<SyncDigest> = Vec::new();
        for (provider, heard) in std::mem::take(&mut self.heard) {
            let own = digests
                .iter()
                .filter(|digest| digest.provider == provider && digest.last >= heard.first);
            let (running, over): (Vec<_>, Vec<_>) = own.partition(|digest| digest.running);
            ended.extend(over.iter().map(|digest| (*digest).clone()));
            let patience = now.saturating_add(AGAIN).unwrap_or(Timestamp::MAX);
            if let Some(digest) = running.first() {
                let (first, last) = (digest.started, digest.last.max(heard.last));
                let end = self.end(last);
                let due = end <= now;
                if now.duration_since(end) > GRACE {
                    continue;
                }
                let patience = if due { patience } else { Timestamp::MIN };
                let heard = Heard {
                    first,
                    last,
                    patience,
                };
                self.heard.insert(provider, heard);
            } else if over.last().is_none_or(|digest| digest.last < heard.last)
                && self.end(heard.last) > now
            {
                // The digests are older than what has been heard.
                self.heard.insert(provider, heard);
            }
        }
        ended.sort_by_key(|digest| (digest.last, digest.id));
        ended
    }

    /// Forgets what was heard, as when the server has gone.
    pub fn clear(&mut self) {
        self.heard.clear();
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{directory::ExchangeId, service::exchange::Effect};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn line(second: i64) -> ExchangeLine {
        ExchangeLine {
            id: ExchangeId(Uuid::nil()),
            at: at(second),
            provider: Some(Provider::Okta),
            method: "GET".to_owned(),
            target: String::new(),
            status: 200,
            micros: 1,
            summary: String::new(),
            effect: Effect::default(),
            users: Vec::new(),
            roles: Vec::new(),
            journal: Vec::new(),
            conflict: None,
            node: None,
        }
    }

    fn digest(number: u128, from: i64, to: i64, running: bool) -> SyncDigest {
        let id = ExchangeId(Uuid::from_u128(number));
        SyncDigest {
            last: at(to),
            running,
            ..SyncDigest::begun(Provider::Okta, id, at(from))
        }
    }

    #[test]
    fn a_follower_wakes_once_at_the_end_of_the_gap_and_then_sleeps() {
        let mut endings = Endings::default();
        endings.set_gap(10_000);
        assert_eq!(endings.next(), None);
        endings.hear(&line(0), at(0));
        endings.hear(&line(4), at(4));
        assert_eq!(endings.next(), Some(at(14) + MARGIN));
        // Asked for another reason meanwhile: it runs.
        assert_eq!(endings.take(&[digest(1, 0, 4, true)], at(5)), []);
        assert_eq!(endings.next(), Some(at(14) + MARGIN));
        let over = digest(1, 0, 4, false);
        assert_eq!(endings.take(std::slice::from_ref(&over), at(15)), [over]);
        assert_eq!(endings.next(), None);
    }

    #[test]
    fn what_ended_before_it_was_heard_is_no_news() {
        let mut endings = Endings::default();
        endings.hear(&line(0), at(60));
        assert_eq!(endings.next(), None);
        endings.hear(&line(100), at(100));
        let digests = [digest(2, 100, 100, false), digest(1, 0, 0, false)];
        let told = endings.take(&digests, at(200));
        assert_eq!(told, [digest(2, 100, 100, false)]);
    }

    #[test]
    fn an_end_behind_which_the_next_sync_has_begun_is_told_too() {
        let mut endings = Endings::default();
        endings.hear(&line(0), at(0));
        endings.hear(&line(90), at(90));
        let digests = [digest(2, 90, 90, true), digest(1, 0, 0, false)];
        assert_eq!(endings.take(&digests, at(91)), [digests[1].clone()]);
        assert_eq!(endings.take(&digests, at(92)), []);
        assert!(endings.next().is_some());
    }

    #[test]
    fn a_server_whose_clock_is_behind_is_not_asked_in_a_loop() {
        let mut endings = Endings::default();
        endings.hear(&line(0), at(0));
        assert_eq!(endings.take(&[digest(1, 0, 0, true)], at(31)), []);
        assert_eq!(endings.next(), Some(at(32)));
        assert_eq!(endings.take(&[digest(1, 0, 0, true)], at(60)), []);
        assert_eq!(endings.next(), None);
    }
}
