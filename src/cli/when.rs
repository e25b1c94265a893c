//! Moments as operators write them: a date, or how long from now.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::config::parse_duration;

/// A moment on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// This one.
    At(Timestamp),
    /// So long from now.
    In(Duration),
}

impl When {
    /// Reads an RFC 3339 date with time and offset, or a length of time.
    ///
    /// # Errors
    /// A sentence that quotes the text and shows both forms.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if let Ok(at) = text.trim().parse() {
            return Ok(Self::At(at));
        }
        parse_duration(text).map(Self::In).map_err(|_| {
            format!(
                "{text:?} is no moment: write how long from now, as in 8h or 2d, or a date with time \
                 and offset, as in 2030-01-31T18:00:00Z"
            )
        })
    }

    /// The moment, reckoned from `now`.
    ///
    /// # Errors
    /// It lies beyond the dates that there are.
    pub(super) fn since(self, now: Timestamp) -> Result<Timestamp, jiff::Error> {
        match self {
            Self::At(at) => Ok(at),
            Self::In(length) => now.checked_add(SignedDuration::try_from(length)?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_date_or_a_length_of_time_from_now() {
        let now: Timestamp = "2030-01-01T00:00:00Z".parse().expect("a moment");
        for (text, expected) in [
            ("8h", "2030-01-01T08:00:00Z"),
            ("1d12h", "2030-01-02T12:00:00Z"),
            ("2030-06-01T18:00:00+02:00", "2030-06-01T16:00:00Z"),
        ] {
            let at = When::parse(text).expect(text).since(now).expect("a date");
            assert_eq!(at.to_string(), expected, "{text}");
        }
        for text in ["", "soon", "8", "2030-06-01", "2030-06-01T18:00:00", "-8h"] {
            let complaint = When::parse(text).expect_err(text);
            assert!(complaint.contains(&format!("{text:?}")), "{complaint}");
        }
    }
}
