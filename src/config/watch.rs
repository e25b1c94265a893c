//! What rolecall watches over: safeguards, how long history is kept, and when to warn.

use std::time::Duration;

use jiff::SignedDuration;

use crate::{
    directory::{Policy, safeguard::MassSuspension},
    service::WarningTimes,
};

use super::parse_duration_or_never;

/// How old something may become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// As old as it likes.
    Unlimited,
    /// So old.
    Limited(Duration),
}

impl Age {
    /// The limit, if there is one.
    pub fn limit(self) -> Option<Duration> {
        match self {
            Self::Unlimited => None,
            Self::Limited(age) => Some(age),
        }
    }
}

/// Reads an age: a length of time, or `never` for what is kept for good.
///
/// # Errors
/// A sentence that quotes the text and shows the form.
pub fn parse_age(text: &str) -> Result<Age, String> {
    parse_duration_or_never(text).map(|age| age.map_or(Age::Unlimited, Age::Limited))
}

/// How many of something are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// All.
    All,
    /// So many, the newest ones.
    Newest(u64),
}

impl Kept {
    /// The limit, if there is one.
    pub fn limit(self) -> Option<u64> {
        match self {
            Self::All => None,
            Self::Newest(count) => Some(count),
        }
    }
}

/// Reads how many are kept: a whole number from 1, or `never` where none goes for its number.
///
/// # Errors
/// A sentence that quotes the text and shows the form.
pub fn parse_kept(text: &str) -> Result<Kept, String> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("never") {
        return Ok(Kept::All);
    }
    let count = text.parse().ok().filter(|count| *count > 0);
    let count = count.ok_or_else(|| {
        format!("{text:?} is not a whole number from 1, such as 1000000; or write never")
    })?;
    Ok(Kept::Newest(count))
}

/// Reads a share of a hundred.
///
/// # Errors
/// A sentence that quotes the text.
pub fn parse_percent(text: &str) -> Result<u64, String> {
    let percent = text.parse().ok().filter(|percent| *percent <= 100);
    percent.ok_or_else(|| format!("{text:?} is not a whole number from 0 to 100"))
}

/// Reads a window of time: something longer than nothing.
///
/// # Errors
/// A sentence that quotes the text and shows the form.
pub fn parse_window(text: &str) -> Result<Duration, String> {
    const SHORTEST: Duration = Duration::from_secs(1);
    let window = super::parse_duration(text)?;
    if window < SHORTEST {
        return Err(format!("{text:?} is too short: use at least 1s"));
    }
    Ok(window)
}

/// What one source says; `None` where it says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WatchLayer {
    /// `safeguard.last_admin.enabled`
    pub last_admin: Option<bool>,
    /// `safeguard.mass_suspension.enabled`
    pub mass_suspension: Option<bool>,
    /// `safeguard.mass_suspension.percent`
    pub mass_percent: Option<u64>,
    /// `safeguard.mass_suspension.minimum`
    pub mass_minimum: Option<u64>,
    /// `safeguard.mass_suspension.window`
    pub mass_window: Option<Duration>,
    /// `retention.exchanges`
    pub exchanges: Option<u64>,
    /// `retention.exchanges_age`
    pub exchanges_age: Option<Age>,
    /// `retention.journal`
    pub journal: Option<Kept>,
    /// `retention.journal_age`
    pub journal_age: Option<Age>,
    /// `warning.stale_after`
    pub stale_after: Option<Duration>,
    /// `warning.token_expiry`
    pub token_expiry: Option<Duration>,
    /// `warning.certificate_expiry`
    pub certificate_expiry: Option<Duration>,
    /// `warning.silent_after`
    pub silent_after: Option<Duration>,
}

/// What rolecall watches over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchSettings {
    /// What the safeguards are told to do.
    pub policy: Policy,
    /// How many exchanges are kept.
    pub exchanges: u64,
    /// How old a kept exchange may become.
    pub exchanges_age: Age,
    /// How many journal entries are kept.
    pub journal: Kept,
    /// How old a journal entry may become.
    pub journal_age: Age,
    /// From when on the operator is warned.
    pub warning: WarningTimes,
}

/// How old a kept exchange may become unless told otherwise.
const EXCHANGES_AGE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl WatchLayer {
    /// The settings of this layer over those of `file`, over the defaults.
    pub fn over(self, file: Self) -> WatchSettings {
        let policy = Policy::default();
        let mass = policy.mass_suspension;
        let times = WarningTimes::default();
        WatchSettings {
            policy: Policy {
                last_admin: self
                    .last_admin
                    .or(file.last_admin)
                    .unwrap_or(policy.last_admin),
                mass_suspension: MassSuspension {
                    enabled: self
                        .mass_suspension
                        .or(file.mass_suspension)
                        .unwrap_or(mass.enabled),
                    percent: self
                        .mass_percent
                        .or(file.mass_percent)
                        .unwrap_or(mass.percent),
                    minimum: self
                        .mass_minimum
                        .or(file.mass_minimum)
                        .unwrap_or(mass.minimum),
                    window: signed(self.mass_window.or(file.mass_window), mass.window),
                },
            },
            exchanges: self.exchanges.or(file.exchanges).unwrap_or(200_000),
            exchanges_age: self
                .exchanges_age
                .or(file.exchanges_age)
                .unwrap_or(Age::Limited(EXCHANGES_AGE)),
            journal: self.journal.or(file.journal).unwrap_or(Kept::All),
            journal_age: self
                .journal_age
                .or(file.journal_age)
                .unwrap_or(Age::Unlimited),
            warning: WarningTimes {
                stale_after: signed(self.stale_after.or(file.stale_after), times.stale_after),
                token_expiry: signed(self.token_expiry.or(file.token_expiry), times.token_expiry),
                certificate_expiry: signed(
                    self.certificate_expiry.or(file.certificate_expiry),
                    times.certificate_expiry,
                ),
                silent_after: signed(self.silent_after.or(file.silent_after), times.silent_after),
            },
        }
    }
}

/// Every length of time that is read stays far below the longest signed one.
fn signed(given: Option<Duration>, default: SignedDuration) -> SignedDuration {
    given.map_or(default, |given| {
        SignedDuration::try_from(given).unwrap_or(SignedDuration::MAX)
    })
}
