//! What a phase took.

use std::time::Duration;

use serde::Serialize;

use super::SimulateError;

/// One phase in figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PhaseReport {
    /// Its name.
    pub phase: String,
    /// How many requests were answered.
    pub requests: u64,
    /// How many flows failed.
    pub errors: u64,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Requests a second.
    pub requests_per_second: f64,
    /// The median time of an answer, in milliseconds.
    pub p50_ms: f64,
    /// The time that 99 of 100 answers stayed under, in milliseconds.
    pub p99_ms: f64,
    /// The first failure.
    #[serde(skip)]
    pub first_error: Option<SimulateError>,
}

impl PhaseReport {
    /// Adds the measurements up. `micros` are the answers' times in microseconds.
    pub(super) fn new(
        phase: &str,
        took: Duration,
        mut micros: Vec<u32>,
        errors: u64,
        first_error: Option<SimulateError>,
    ) -> Self {
        micros.sort_unstable();
        let requests = u32::try_from(micros.len()).unwrap_or(u32::MAX);
        let seconds = took.as_secs_f64();
        Self {
            phase: phase.to_owned(),
            requests: requests.into(),
            errors,
            seconds: round(seconds),
            requests_per_second: round(f64::from(requests) / seconds.max(1e-9)),
            p50_ms: milliseconds(&micros, 50),
            p99_ms: milliseconds(&micros, 99),
            first_error,
        }
    }
}

/// The time that `percent` of 100 stayed under, in milliseconds; 0 for none at all.
fn milliseconds(sorted: &[u32], percent: usize) -> f64 {
    let position = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    round(f64::from(sorted.get(position).copied().unwrap_or_default()) / 1_000.0)
}

fn round(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_taken_from_the_sorted_times() {
        let report = PhaseReport::new(
            "x",
            Duration::from_secs(2),
            (1..=100).rev().map(|n| n * 1_000).collect(),
            0,
            None,
        );
        assert_eq!((report.requests, report.requests_per_second), (100, 50.0));
        assert_eq!((report.p50_ms, report.p99_ms), (50.0, 99.0));
        let none = PhaseReport::new("x", Duration::ZERO, Vec::new(), 0, None);
        assert_eq!((none.p50_ms, none.requests_per_second), (0.0, 0.0));
    }
}
