//! A measure with its bound.

use serde_json::{Value, json};

/// A measure with its bound.
pub(crate) struct Target {
    name: String,
    measured: f64,
    bound: f64,
    met: bool,
    sign: char,
}

impl Target {
    /// It must not be less.
    pub(crate) fn at_least(name: &str, measured: f64, bound: f64) -> Self {
        Self {
            name: name.to_owned(),
            measured,
            bound,
            met: measured >= bound,
            sign: '≥',
        }
    }

    /// It must not be more.
    pub(crate) fn at_most(name: &str, measured: f64, bound: f64) -> Self {
        Self {
            met: measured <= bound,
            sign: '≤',
            ..Self::at_least(name, measured, bound)
        }
    }

    /// Whether it was measured at all.
    #[allow(dead_code, reason = "not every benchmark leaves something out")]
    pub(crate) fn is_known(&self) -> bool {
        !self.measured.is_nan()
    }

    /// Writes it to stderr, as a line of the table.
    pub(crate) fn print(&self) {
        let verdict = if self.met { "met" } else { "MISSED" };
        eprintln!(
            "  {verdict:<7} {:<60} {:>7.2} (bound {} {})",
            self.name, self.measured, self.sign, self.bound
        );
    }

    /// As JSON.
    pub(crate) fn json(&self) -> Value {
        json!({"target": self.name, "measured": self.measured, "bound": self.bound, "met": self.met})
    }
}
