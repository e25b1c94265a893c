//! Until when a certificate is valid, read from its DER (RFC 5280 §4.1). Verifying is what rustls does;
//! this only looks.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// `[0]`, which only a version other than the first has.
const VERSION: u8 = 0xa0;

/// The end of a certificate's validity; `None` where it cannot be read.
pub(super) fn not_after(certificate: &[u8]) -> Option<Timestamp> {
    let mut whole = Reader(certificate);
    let mut certificate = Reader(whole.value(SEQUENCE)?);
    let mut signed = Reader(certificate.value(SEQUENCE)?);
    if signed.0.first() == Some(&VERSION) {
        signed.value(VERSION)?;
    }
    signed.value(INTEGER)?;
    let _algorithm = signed.value(SEQUENCE)?;
    let _issuer = signed.value(SEQUENCE)?;
    let mut validity = Reader(signed.value(SEQUENCE)?);
    let _not_before = validity.next()?;
    moment(validity.next()?)
}

/// DER that is not read yet.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The next element: its tag and its contents.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&[tag, first], rest) = self.0.split_first_chunk()?;
        let (length, rest) = match first {
            short if short < 0x80 => (usize::from(short), rest),
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let length = bytes
                    .iter()
                    .fold(0, |length, &byte| length << 8 | usize::from(byte));
                (length, rest)
            }
            _ => return None,
        };
        let (contents, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, contents))
    }

    /// The contents of the next element, which must have this tag.
    fn value(&mut self, expected: u8) -> Option<&'a [u8]> {
        let (tag, contents) = self.next()?;
        (tag == expected).then_some(contents)
    }
}

/// `YYMMDDHHMMSSZ`, of 1950 to 2049, or `YYYYMMDDHHMMSSZ` (RFC 5280 §4.1.2.5).
fn moment((tag, text): (u8, &[u8])) -> Option<Timestamp> {
    let digits = std::str::from_utf8(text.strip_suffix(b"Z")?).ok()?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = digits.split_at_checked(2)?;
            let year: i16 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = digits.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    if rest.len() != 10 {
        return None;
    }
    let part = |place: usize| rest.get(place..place + 2)?.parse::<i8>().ok();
    let time = DateTime::new(year, part(0)?, part(2)?, part(4)?, part(6)?, part(8)?, 0).ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn certificate(year: i32) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(year, 3, 4);
        let key = KeyPair::generate().expect("a key");
        params
            .self_signed(&key)
            .expect("a certificate")
            .der()
            .to_vec()
    }

    #[test]
    fn the_end_is_read_in_both_forms() {
        for year in [2026, 2049, 2050, 2120] {
            let end = not_after(&certificate(year)).expect("an end");
            assert_eq!(end.to_string(), format!("{year}-03-04T00:00:00Z"));
        }
    }

    #[test]
    fn what_is_no_certificate_has_no_end() {
        let whole = certificate(2026);
        for length in 0..whole.len() {
            assert_eq!(not_after(&whole[..length]), None, "{length}");
        }
        for (tag, text) in [
            (UTC_TIME, "260304000000"),
            (UTC_TIME, "26030400000Z"),
            (UTC_TIME, "260304+00000Z"),
            (UTC_TIME, "261304000000Z"),
            (GENERALIZED_TIME, "260304000000Z"),
            (INTEGER, "260304000000Z"),
        ] {
            assert_eq!(moment((tag, text.as_bytes())), None, "{text}");
        }
    }
}
