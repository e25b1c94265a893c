//! How often to draw: at most thirty frames a second in the long run and a small part of a core, and a
//! key's frame at once.

use std::time::{Duration, Instant};

/// Frames a second.
const RATE: f64 = 30.0;
/// Frames that may be saved up.
const SAVED: f64 = 4.0;
/// Frames that only keys may take.
const RESERVED: f64 = 2.0;
/// After a frame that no key asked for, so many times what it took is left to others: drawing takes
/// a twenty-fifth of a core at most.
const REST: u32 = 24;
/// The longest rest. A terminal that was not read for a while is no reason to wait for as long again.
const LONGEST_REST: Duration = Duration::from_millis(200);

/// Frames that may be drawn, earned by time.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    frames: f64,
    counted: Instant,
    rested: Instant,
}

impl Pace {
    /// Begins with all that can be saved up.
    pub fn new(now: Instant) -> Self {
        Self {
            frames: SAVED,
            counted: now,
            rested: now,
        }
    }

    fn earn(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.counted).as_secs_f64();
        self.frames = (self.frames + passed * RATE).min(SAVED);
        self.counted = now;
    }

    /// How long to wait before the next frame; zero takes it. One that is `urgent` answers a key.
    pub fn wait(&mut self, now: Instant, urgent: bool) -> Duration {
        self.earn(now);
        let rest = self.rested.saturating_duration_since(now);
        if !urgent && !rest.is_zero() {
            return rest;
        }
        let needed = if urgent { 1.0 } else { 1.0 + RESERVED };
        if self.frames >= needed {
            self.frames -= 1.0;
            return Duration::ZERO;
        }
        let wait = (needed - self.frames) / RATE;
        Duration::from_secs_f64(wait).max(Duration::from_millis(1))
    }

    /// A frame has been drawn by now, and took so long.
    pub fn drawn(&mut self, now: Instant, took: Duration) {
        self.rested = now + (took * REST).min(LONGEST_REST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_frames_a_second_and_a_key_never_waits_long() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let mut frames = 0;
        for millis in 0..10_000 {
            let now = start + Duration::from_millis(millis);
            if pace.wait(now, false).is_zero() {
                frames += 1;
            }
        }
        assert!((299..=305).contains(&frames), "{frames}");
        let now = start + Duration::from_secs(10);
        assert!(pace.wait(now, true).is_zero());
        assert!(pace.wait(now, true).is_zero());
    }

    #[test]
    fn slow_frames_are_drawn_less_often_and_a_key_is_answered_all_the_same() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let (mut frames, took) = (0, Duration::from_millis(4));
        for millis in 0..10_000 {
            let now = start + Duration::from_millis(millis);
            if pace.wait(now, false).is_zero() {
                frames += 1;
                pace.drawn(now + took, took);
            }
        }
        assert!((95..=100).contains(&frames), "{frames}");
        let now = start + Duration::from_secs(10);
        pace.drawn(now, Duration::from_secs(60));
        assert_eq!(pace.wait(now, false), LONGEST_REST);
        assert!(pace.wait(now, true).is_zero());
    }
}
