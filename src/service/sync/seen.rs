//! Telling users apart without keeping their names.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use crate::directory::fold;

/// How many users are told apart in one sync: about a megabyte.
pub(super) const BOUND: usize = 65_536;

/// Users that were seen, each counted once.
#[derive(Debug, Default)]
pub(super) struct Seen {
    hashes: HashSet<u64>,
    /// Whether there were more.
    is_full: bool,
}

impl Seen {
    /// Notes a user by name.
    pub(super) fn add(&mut self, name: &str) {
        let mut hasher = DefaultHasher::new();
        fold(name).hash(&mut hasher);
        let hash = hasher.finish();
        if self.hashes.len() < BOUND {
            self.hashes.insert(hash);
        } else if !self.hashes.contains(&hash) {
            self.is_full = true;
        }
    }

    /// How many, and whether there were more.
    pub(super) fn count(&self) -> (u64, bool) {
        (self.hashes.len() as u64, self.is_full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_counted_once_and_no_more_than_fit() {
        let mut seen = Seen::default();
        for name in ["ann@x.io", "ANN@x.io", "bob@x.io"] {
            seen.add(name);
        }
        assert_eq!(seen.count(), (2, false));
        for number in 2..BOUND {
            seen.add(&number.to_string());
        }
        assert_eq!(seen.count(), (BOUND as u64, false));
        seen.add("ann@x.io");
        assert!(!seen.count().1, "it has been counted");
        seen.add("one too many");
        assert_eq!(seen.count(), (BOUND as u64, true));
    }
}
