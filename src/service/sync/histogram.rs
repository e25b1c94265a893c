//! Quantiles of any number of times, from a bounded count of classes.

/// Times counted in classes, each an eighth of a power of two wide, so that a quantile of any number
/// of times is known to 12 % from two kilobytes.
#[derive(Debug)]
pub(super) struct Histogram {
    classes: Vec<u32>,
    count: u64,
    largest: u64,
}

/// Classes for a power of two, as a power of two.
const FINENESS: u32 = 3;

impl Default for Histogram {
    fn default() -> Self {
        Self {
            classes: vec![0; class_of(u64::MAX) + 1],
            count: 0,
            largest: 0,
        }
    }
}

impl Histogram {
    /// Counts a time.
    pub(super) fn add(&mut self, micros: u64) {
        if let Some(class) = self.classes.get_mut(class_of(micros)) {
            *class = class.saturating_add(1);
            self.count += 1;
            self.largest = self.largest.max(micros);
        }
    }

    /// The upper end of the class that this many of 100 stay within; 0 without any.
    pub(super) fn quantile(&self, of_100: u64) -> u64 {
        let rank = (self.count * of_100).div_ceil(100);
        let mut seen = 0;
        for (class, &count) in self.classes.iter().enumerate() {
            seen += u64::from(count);
            if seen >= rank && count > 0 {
                return upper_end(class).min(self.largest);
            }
        }
        0
    }
}

/// The class of a time. Times below `2^FINENESS` have a class each.
pub(super) fn class_of(micros: u64) -> usize {
    let magnitude = micros.max(1).ilog2();
    let class = if magnitude < FINENESS {
        micros
    } else {
        let shift = magnitude - FINENESS;
        (u64::from(shift) << FINENESS) + (micros >> shift)
    };
    usize::try_from(class).unwrap_or(usize::MAX)
}

/// The largest time of a class.
pub(super) fn upper_end(class: usize) -> u64 {
    let class = class as u64;
    let width = 1 << FINENESS;
    if class < 2 * width {
        return class;
    }
    let shift = (class >> FINENESS) - 1;
    let steps = u128::from((class & (width - 1)) + width + 1);
    u64::try_from((steps << shift) - 1).unwrap_or(u64::MAX)
}
