//! Lengths of time as people write them: `90d`, `12h`, `never`.

use std::time::Duration;

/// The units, the longest first, in milliseconds.
const UNITS: [(&str, u64); 6] = [
    ("w", 7 * 24 * 60 * 60 * 1000),
    ("d", 24 * 60 * 60 * 1000),
    ("h", 60 * 60 * 1000),
    ("ms", 1),
    ("m", 60 * 1000),
    ("s", 1000),
];

/// No length of time may be longer, so that adding one to a date stays a date: a thousand years.
const LONGEST: Duration = Duration::from_secs(1_000 * 365 * 24 * 60 * 60);

/// Reads a length of time: whole numbers with `ms`, `s`, `m`, `h`, `d` or `w`, as in `90d` or `1h30m`.
///
/// # Errors
/// A sentence that quotes the text and shows the form.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let complaint = || {
        format!("{text:?} is not a length of time: write numbers with units, as in 30s, 12h or 90d")
    };
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(complaint());
    }
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, tail) = rest.split_at(digits);
        let number: u64 = number.parse().map_err(|_| complaint())?;
        let (unit, milliseconds) = UNITS
            .into_iter()
            .find(|(unit, _)| tail.starts_with(unit))
            .ok_or_else(complaint)?;
        rest = tail.strip_prefix(unit).unwrap_or_default();
        total = number
            .checked_mul(milliseconds)
            .map(Duration::from_millis)
            .and_then(|part| total.checked_add(part))
            .filter(|total| *total <= LONGEST)
            .ok_or_else(|| format!("{text:?} is longer than a thousand years"))?;
    }
    Ok(total)
}

/// Reads a length of time, or `never` as `None`.
///
/// # Errors
/// As [`parse_duration`].
pub fn parse_duration_or_never(text: &str) -> Result<Option<Duration>, String> {
    if text.trim().eq_ignore_ascii_case("never") {
        return Ok(None);
    }
    parse_duration(text)
        .map(Some)
        .map_err(|complaint| format!("{complaint}; or write never"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("30s", 30),
            ("5m", 300),
            ("12h", 43_200),
            ("90d", 7_776_000),
            ("2w", 1_209_600),
            ("1h30m", 5_400),
            ("1500ms", 1),
            ("0s", 0),
        ] {
            assert_eq!(
                parse_duration(text).map(|duration| duration.as_secs()),
                Ok(seconds),
                "{text}"
            );
        }
        assert_eq!(parse_duration_or_never("Never"), Ok(None));
    }

    #[test]
    fn what_is_no_duration_is_refused_and_quoted() {
        for text in ["", "5", "d", "-1d", "1 day", "1d!", "1.5h", "never", "é"] {
            let complaint = parse_duration(text).expect_err(text);
            assert!(complaint.contains(&format!("{text:?}")), "{complaint}");
        }
        assert!(parse_duration("99999999999999999999d").is_err());
        assert!(parse_duration("999999999999d").is_err());
    }
}
