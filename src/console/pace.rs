//! How often to draw: at most thirty frames a second in the long run, and a key's frame at once.

use std::time::{Duration, Instant};

/// Frames a second.
const RATE: f64 = 30.0;
/// Frames that may be saved up.
const SAVED: f64 = 4.0;
/// Frames that only keys may take.
const RESERVED: f64 = 2.0;

/// Frames that may be drawn, earned by time.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    frames: f64,
    counted: Instant,
}

impl Pace {
    /// Begins with all that can be saved up.
    pub fn new(now: Instant) -> Self {
        Self {
            frames: SAVED,
            counted: now,
        }
    }

    fn earn(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.counted).as_secs_f64();
        self.frames = (self.frames + passed * RATE).min(SAVED);
        self.counted = now;
    }

    /// How long to wait before the next frame; zero takes it.
    pub fn wait(&mut self, now: Instant, urgent: bool) -> Duration {
        self.earn(now);
        let needed = if urgent { 1.0 } else { 1.0 + RESERVED };
        if self.frames >= needed {
            self.frames -= 1.0;
            return Duration::ZERO;
        }
        let wait = (needed - self.frames) / RATE;
        Duration::from_secs_f64(wait).max(Duration::from_millis(1))
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
}
