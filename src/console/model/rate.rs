//! How many requests pass a second.

use std::collections::VecDeque;

use jiff::Timestamp;

/// The seconds that the sparkline shows.
const RATE_SECONDS: u8 = 24;

/// Requests a second, for the last seconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rate {
    second: i64,
    counts: VecDeque<u32>,
}

impl Rate {
    fn advance(&mut self, now: i64) {
        if self.counts.is_empty() || now.saturating_sub(self.second) >= 2 * i64::from(RATE_SECONDS)
        {
            self.counts = std::iter::repeat_n(0, usize::from(RATE_SECONDS)).collect();
            self.second = now;
        }
        while self.second < now {
            self.counts.pop_front();
            self.counts.push_back(0);
            self.second += 1;
        }
    }

    pub(super) fn add(&mut self, at: i64, now: i64) {
        self.advance(now);
        let back = usize::try_from(self.second.saturating_sub(at)).unwrap_or(0);
        let place = usize::from(RATE_SECONDS).checked_sub(back + 1);
        if let Some(count) = place.and_then(|place| self.counts.get_mut(place)) {
            *count = count.saturating_add(1);
        }
    }

    /// The counts, oldest first; the last one is of the second that is not over.
    pub fn counts(&self, now: Timestamp) -> Vec<u32> {
        let mut rate = self.clone();
        rate.advance(now.as_second());
        rate.counts.into_iter().collect()
    }

    /// Requests in the last whole second, or in the current one where that is more.
    pub fn current(&self, now: Timestamp) -> u32 {
        let counts = self.counts(now);
        counts.iter().rev().take(2).copied().max().unwrap_or(0)
    }

    /// Whether anything is left to move.
    pub fn is_quiet(&self, now: Timestamp) -> bool {
        self.counts(now).iter().all(|count| *count == 0)
    }
}
