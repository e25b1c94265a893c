//! What stands after an operator's colon: text, numbers, and times.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::Offset};

use crate::directory::fold;

/// A part of a text, or with `=` the whole of it; without case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Text {
    /// The text contains this.
    Contains(String),
    /// The text is this.
    Is(String),
}

impl Text {
    /// Reads `ann`, or `=ann@x.io`.
    pub(super) fn read(value: &str) -> Self {
        match value.strip_prefix('=') {
            Some(whole) if !whole.trim().is_empty() => Self::Is(fold(whole)),
            _ => Self::Contains(fold(value)),
        }
    }

    /// Whether a text fits.
    pub fn fits(&self, text: &str) -> bool {
        match self {
            Self::Contains(part) => fold(text).contains(part.as_str()),
            Self::Is(whole) => fold(text) == *whole,
        }
    }

    /// The whole text, folded, where it must be just this one: what an index can look up.
    pub fn whole(&self) -> Option<&str> {
        match self {
            Self::Is(whole) => Some(whole),
            Self::Contains(_) => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Compare {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Compare {
    fn split(text: &str) -> (Option<Self>, &str) {
        for (sign, compare) in [
            (">=", Self::GreaterOrEqual),
            ("<=", Self::LessOrEqual),
            (">", Self::Greater),
            ("<", Self::Less),
            ("=", Self::Equal),
        ] {
            if let Some(rest) = text.strip_prefix(sign) {
                return (Some(compare), rest);
            }
        }
        (None, text)
    }

    fn holds<T: Ord>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

/// A number, and how it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Number {
    compare: Compare,
    number: u64,
}

impl Number {
    /// Reads `3`, `>3`, `>=3`, `<3`, `<=3` or `=3`.
    pub(super) fn read(value: &str) -> Option<Self> {
        let (compare, number) = Compare::split(value);
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        Some(Self {
            compare: compare.unwrap_or(Compare::Equal),
            number: number.parse().ok().filter(|_| digits)?,
        })
    }

    /// The number that is compared with.
    pub(super) fn number(self) -> u64 {
        self.number
    }

    /// Whether a number fits.
    pub fn fits(self, number: u64) -> bool {
        self.compare.holds(&number, &self.number)
    }
}

/// A time, and how it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum When {
    /// So far from now: less, or at least.
    Span {
        /// The distance, in seconds.
        seconds: i64,
        /// Farther than that.
        farther: bool,
    },
    /// Before a moment, or from it on.
    Moment {
        /// The moment.
        at: Timestamp,
        /// Before it.
        before: bool,
    },
    /// It has no time.
    Never,
}

impl When {
    /// Reads `5m`, `<5m`, `>30d`, `2026-03-04`, `<2026-03-04T12:00:00Z`. Days begin at midnight UTC.
    pub(super) fn read(value: &str) -> Option<Self> {
        let (compare, time) = Compare::split(value);
        let greater = matches!(compare, Some(Compare::Greater | Compare::GreaterOrEqual));
        let less = matches!(compare, Some(Compare::Less | Compare::LessOrEqual));
        if let Some(seconds) = seconds(time) {
            return Some(Self::Span {
                seconds,
                farther: greater,
            });
        }
        let at = match time.parse::<Timestamp>() {
            Ok(at) => at,
            Err(_) => midnight(time)?,
        };
        Some(Self::Moment { at, before: less })
    }

    /// Whether what fits now may not fit later, or the other way round.
    pub(super) fn moves(self) -> bool {
        matches!(self, Self::Span { .. })
    }

    /// Whether a time that has passed fits.
    pub fn fits(self, at: Option<Timestamp>, now: Timestamp) -> bool {
        self.holds(at, |at| now.duration_since(at))
    }

    /// Whether a time that is to come fits; one that has passed fits no span.
    pub fn fits_ahead(self, at: Option<Timestamp>, now: Timestamp) -> bool {
        let passed = at.is_some_and(|at| at <= now) && self.moves();
        !passed && self.holds(at, |at| at.duration_since(now))
    }

    fn holds(
        self,
        at: Option<Timestamp>,
        distance: impl FnOnce(Timestamp) -> SignedDuration,
    ) -> bool {
        match (self, at) {
            (Self::Never, at) => at.is_none(),
            (_, None) => false,
            (Self::Span { seconds, farther }, Some(at)) => {
                (distance(at).as_secs() > seconds) == farther
            }
            (Self::Moment { at: moment, before }, Some(at)) => (at < moment) == before,
        }
    }
}

fn midnight(day: &str) -> Option<Timestamp> {
    let day: Date = day.parse().ok()?;
    Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()
}

fn seconds(value: &str) -> Option<i64> {
    let unit = match value.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => return None,
    };
    let number = value.get(..value.len() - 1)?;
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    let number: i64 = number.parse().ok().filter(|_| digits)?;
    Some(number.saturating_mul(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect(text)
    }

    #[test]
    fn text_fits_in_part_or_whole() {
        for (value, text, fits) in [
            ("ANN", "Joanna", true),
            ("=ann", "Joanna", false),
            ("=Ann", "ann", true),
            ("=", "a=b", true),
        ] {
            assert_eq!(Text::read(value).fits(text), fits, "{value}");
        }
    }

    #[test]
    fn numbers_are_compared() {
        for (value, number, fits) in [
            ("3", 3, true),
            ("=3", 4, false),
            (">3", 3, false),
            (">=3", 3, true),
            ("<3", 2, true),
            ("<=3", 4, false),
        ] {
            let read = Number::read(value).expect(value);
            assert_eq!(read.fits(number), fits, "{value}");
        }
        for wrong in ["", "x", "+3", "-3", "> 3", "3.5", "99999999999999999999"] {
            assert_eq!(Number::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times_are_distances_or_moments() {
        let now = at("2026-03-04T12:00:00Z");
        for (value, past, fits) in [
            ("5m", "2026-03-04T11:55:00Z", true),
            ("5m", "2026-03-04T11:54:59Z", false),
            ("<5m", "2026-03-04T11:58:00Z", true),
            (">2w", "2026-02-01T00:00:00Z", true),
            (">2w", "2026-03-01T00:00:00Z", false),
            ("2026-03-04", "2026-03-04T00:00:00Z", true),
            (">=2026-03-04", "2026-03-03T23:59:59Z", false),
            ("<2026-03-04", "2026-03-03T23:59:59Z", true),
            ("<2026-03-04T11:00:00Z", "2026-03-04T11:00:00Z", false),
        ] {
            let read = When::read(value).expect(value);
            assert_eq!(read.fits(Some(at(past)), now), fits, "{value} {past}");
            assert!(!read.fits(None, now), "{value} never");
        }
        for (value, ahead, fits) in [
            ("<14d", "2026-03-05T12:00:00Z", true),
            ("<14d", "2026-03-25T12:00:00Z", false),
            (">14d", "2026-03-25T12:00:00Z", true),
            ("<14d", "2026-03-01T12:00:00Z", false),
            ("<2026-04-01", "2026-03-01T12:00:00Z", true),
        ] {
            let read = When::read(value).expect(value);
            assert_eq!(read.fits_ahead(Some(at(ahead)), now), fits, "{value}");
        }
        for wrong in ["", "5", "m", "5x", "-5m", "+5m", "5µ", "2026-13-01", "noon"] {
            assert_eq!(When::read(wrong), None, "{wrong}");
        }
        assert!(When::read("99999999999999d").is_some());
    }
}
