//! The limits as file, environment and flags give them, by the listener's own table.

use std::{collections::BTreeMap, time::Duration};

use super::parse_duration;
use crate::listener::limits::{Field, LIMITS, LONGEST_TIME, Limit, Limits, SHORTEST_TIME};

/// What one source says of the limits, by key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LimitsLayer(BTreeMap<&'static str, Amount>);

/// What a limit is set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// A number.
    Number(usize),
    /// A length of time.
    Time(Duration),
}

/// Reads what a limit is set to.
///
/// # Errors
/// A sentence that quotes the text and says what is possible.
pub fn parse_limit(limit: &Limit, text: &str) -> Result<Amount, String> {
    match limit.field {
        Field::Number { least, most, .. } => text
            .parse()
            .ok()
            .filter(|number| (least..=most).contains(number))
            .map(Amount::Number)
            .ok_or_else(|| format!("{text:?} is not a whole number from {least} to {most}")),
        Field::Time(_) => {
            let time = parse_duration(text)?;
            if (SHORTEST_TIME..=LONGEST_TIME).contains(&time) {
                return Ok(Amount::Time(time));
            }
            Err(format!("{text:?} is not a time from 100ms to 1d"))
        }
    }
}

impl LimitsLayer {
    /// Sets a limit.
    pub fn set(&mut self, limit: &Limit, amount: Amount) {
        self.0.insert(limit.key, amount);
    }

    /// The limits of this layer over those of `file`, over the defaults.
    pub fn over(&self, file: &Self) -> Limits {
        let mut limits = Limits::default();
        for limit in LIMITS {
            let given = self.0.get(limit.key).or_else(|| file.0.get(limit.key));
            match (limit.field, given) {
                (Field::Number { place, .. }, Some(Amount::Number(number))) => {
                    *place(&mut limits) = *number;
                }
                (Field::Time(place), Some(Amount::Time(time))) => *place(&mut limits) = *time,
                _ => {}
            }
        }
        limits
    }
}
