//! The tables `[safeguard…]`, `[retention]` and `[warning]`.

use serde::Deserialize;
use toml::Spanned;

use super::Source;
use crate::config::{
    ConfigError, parse_duration,
    watch::{WatchLayer, parse_age, parse_kept, parse_percent, parse_window},
};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Safeguard {
    last_admin: LastAdmin,
    mass_suspension: MassSuspension,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LastAdmin {
    enabled: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MassSuspension {
    enabled: Option<bool>,
    percent: Option<Spanned<u64>>,
    minimum: Option<u64>,
    window: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Retention {
    exchanges: Option<u64>,
    exchanges_age: Option<Spanned<String>>,
    journal: Option<Spanned<Count>>,
    journal_age: Option<Spanned<String>>,
}

/// A number, or a word in its place.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a whole number from 1, or \"never\"")]
enum Count {
    Number(i64),
    Word(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Warning {
    stale_after: Option<Spanned<String>>,
    token_expiry: Option<Spanned<String>>,
    certificate_expiry: Option<Spanned<String>>,
    silent_after: Option<Spanned<String>>,
}

/// What the three tables say.
pub(super) fn layer(
    source: &Source<'_>,
    safeguard: Safeguard,
    retention: Retention,
    warning: Warning,
) -> Result<WatchLayer, ConfigError> {
    let mass = safeguard.mass_suspension;
    let percent = mass.percent.map(|percent| {
        let text = percent.get_ref().to_string();
        Spanned::new(percent.span(), text)
    });
    let journal = retention.journal.map(|journal| {
        let text = match journal.get_ref() {
            Count::Number(number) => number.to_string(),
            Count::Word(word) => word.clone(),
        };
        Spanned::new(journal.span(), text)
    });
    Ok(WatchLayer {
        last_admin: safeguard.last_admin.enabled,
        mass_suspension: mass.enabled,
        mass_percent: source.read("percent", percent, parse_percent)?,
        mass_minimum: mass.minimum,
        mass_window: source.read("window", mass.window, parse_window)?,
        exchanges: retention.exchanges,
        exchanges_age: source.read("exchanges_age", retention.exchanges_age, parse_age)?,
        journal: source.read("journal", journal, parse_kept)?,
        journal_age: source.read("journal_age", retention.journal_age, parse_age)?,
        stale_after: source.read("stale_after", warning.stale_after, parse_duration)?,
        token_expiry: source.read("token_expiry", warning.token_expiry, parse_duration)?,
        certificate_expiry: source.read(
            "certificate_expiry",
            warning.certificate_expiry,
            parse_duration,
        )?,
        silent_after: source.read("silent_after", warning.silent_after, parse_duration)?,
    })
}
