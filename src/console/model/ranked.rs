//! The requests of Live in another order than time's.

use std::cmp::Ordering;

use super::{arrangement::SortedBy, sorting};
use crate::service::exchange::ExchangeLine;

/// The requests in order, by their numbers. What comes meanwhile takes its place within a second.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ranked {
    by: SortedBy,
    /// The numbers in order.
    pub(super) numbers: Vec<u64>,
    /// Whether more have come since.
    pub(super) stale: bool,
}

impl Ranked {
    /// An order of which nothing has been taken yet.
    pub(super) fn by(by: SortedBy) -> Self {
        Self {
            by,
            numbers: Vec::new(),
            stale: true,
        }
    }

    /// Takes these requests; equal ones stay in the order of time.
    pub(super) fn rank<'a>(
        &mut self,
        mut numbers: Vec<u64>,
        line: impl Fn(u64) -> Option<&'a ExchangeLine>,
    ) {
        numbers.sort_by(|left, right| match (line(*left), line(*right)) {
            (Some(left), Some(right)) => sorting::requests(self.by, left, right),
            _ => Ordering::Equal,
        });
        self.numbers = numbers;
        self.stale = false;
    }
}
