//! When to ask again. A change on the server only marks what it may have touched; what is on the
//! screen is asked for again, one question a topic at a time and not faster than a person reads.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::console::message::{Ask, Topic, earlier};

/// What is out of date, and what has been asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refresh {
    stale: BTreeSet<Topic>,
    asked: BTreeSet<Topic>,
    last: BTreeMap<Topic, Timestamp>,
    pause: BTreeMap<Topic, SignedDuration>,
    refused: BTreeMap<Topic, Ask>,
}

/// After an answer that took long, the next question that nobody waits for comes so many times that
/// later: what it costs the server stays a small part of its time.
const PATIENCE: i32 = 10;

/// The longest time that this makes.
const LONGEST: SignedDuration = SignedDuration::from_secs(30);

/// The least time between two questions that nobody waits for.
fn interval(topic: Topic) -> SignedDuration {
    SignedDuration::from_millis(match topic {
        Topic::Status | Topic::Warnings => 1_000,
        Topic::Syncs | Topic::Setup => 500,
        _ => 250,
    })
}

impl Refresh {
    /// It may be out of date.
    pub fn expire(&mut self, topic: Topic) {
        self.stale.insert(topic);
        self.refused.remove(&topic);
    }

    /// Someone waits for it.
    pub fn want(&mut self, topic: Topic) {
        self.miss(topic);
        self.refused.remove(&topic);
    }

    /// It is missing from the screen. What was refused before is not asked again for that alone.
    pub fn miss(&mut self, topic: Topic) {
        self.stale.insert(topic);
        self.last.remove(&topic);
    }

    /// The question was refused, or answered with something else: asking at once again would only
    /// bring the same.
    pub fn refuse(&mut self, ask: Ask) {
        if let Some(topic) = ask.topic() {
            self.refused.insert(topic, ask);
        }
    }

    /// Whether the question was refused, and nothing has changed since.
    pub fn is_refused(&self, ask: &Ask) -> bool {
        self.refused.values().any(|refused| refused == ask)
    }

    /// Its answer has come.
    pub fn answered(&mut self, topic: Topic, now: Timestamp) {
        self.asked.remove(&topic);
        if let Some(asked) = self.last.get(&topic) {
            let pause = now.duration_since(*asked).saturating_mul(PATIENCE);
            self.pause.insert(topic, pause.min(LONGEST));
        }
    }

    /// Nothing is under way any more.
    pub fn forget_asked(&mut self) {
        self.asked.clear();
    }

    /// Whether its answer is awaited.
    pub fn is_asked(&self, topic: Topic) -> bool {
        self.asked.contains(&topic)
    }

    /// Takes one topic whose time has come, out of the visible ones.
    pub fn take(&mut self, now: Timestamp, visible: impl Fn(Topic) -> bool) -> Option<Topic> {
        let mut stale = self.stale.iter().copied();
        let topic = stale.find(|topic| {
            visible(*topic) && !self.asked.contains(topic) && self.due(*topic) <= now
        })?;
        self.stale.remove(&topic);
        Some(topic)
    }

    /// It has been asked.
    pub fn ask(&mut self, topic: Topic, now: Timestamp) {
        self.asked.insert(topic);
        self.last.insert(topic, now);
    }

    fn due(&self, topic: Topic) -> Timestamp {
        let last = self.last.get(&topic).copied();
        let pause = self.pause.get(&topic).copied().unwrap_or_default();
        last.map_or(Timestamp::MIN, |last| {
            last.saturating_add(interval(topic).max(pause))
                .unwrap_or(Timestamp::MIN)
        })
    }

    /// When the next visible topic may be asked.
    pub fn next(&self, visible: impl Fn(Topic) -> bool) -> Option<Timestamp> {
        let waiting = self.stale.iter().copied();
        waiting
            .filter(|topic| visible(*topic) && !self.asked.contains(topic))
            .map(|topic| self.due(topic))
            .fold(None, |next, due| earlier(next, Some(due)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_of_changes_asks_once_in_a_while() {
        let at = |millis| Timestamp::from_millisecond(millis).expect("a time");
        let mut refresh = Refresh::default();
        let mut asked = 0;
        for millis in 0..1_000 {
            refresh.expire(Topic::Users);
            if let Some(topic) = refresh.take(at(millis), |_| true) {
                refresh.ask(topic, at(millis));
                refresh.answered(topic, at(millis));
                asked += 1;
            }
        }
        assert_eq!(asked, 4);
        assert_eq!(refresh.next(|_| true), Some(at(1_000)));
        refresh.want(Topic::Users);
        assert_eq!(refresh.take(at(999), |_| true), Some(Topic::Users));
        assert_eq!(refresh.next(|_| true), None);
    }

    #[test]
    fn what_was_refused_waits_for_a_change() {
        let mut refresh = Refresh::default();
        refresh.refuse(Ask::Warnings);
        refresh.miss(Topic::Warnings);
        assert!(refresh.is_refused(&Ask::Warnings));
        refresh.expire(Topic::Warnings);
        assert!(!refresh.is_refused(&Ask::Warnings));
    }

    #[test]
    fn what_takes_long_is_asked_rarely() {
        let at = |millis| Timestamp::from_millisecond(millis).expect("a time");
        let mut refresh = Refresh::default();
        for (took, next) in [(10, 250), (200, 2_000), (60_000, 30_000)] {
            refresh.want(Topic::Users);
            refresh.take(at(0), |_| true).expect("a topic");
            refresh.ask(Topic::Users, at(0));
            refresh.answered(Topic::Users, at(took));
            refresh.expire(Topic::Users);
            assert_eq!(refresh.next(|_| true), Some(at(next)));
        }
        refresh.want(Topic::Users);
        assert!(refresh.take(at(1), |_| true).is_some());
    }

    #[test]
    fn what_nobody_sees_is_not_asked_for() {
        let mut refresh = Refresh::default();
        refresh.expire(Topic::Roles);
        assert_eq!(refresh.take(Timestamp::UNIX_EPOCH, |_| false), None);
        assert_eq!(refresh.next(|_| false), None);
        assert!(refresh.take(Timestamp::UNIX_EPOCH, |_| true).is_some());
    }
}
