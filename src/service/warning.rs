//! What the operator should know.

mod people;
mod provider;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    directory::{Provider, ProviderState, Read},
    store::Snapshot,
};

/// Something that the operator should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Which check found it: `lock-out`, `held`, `no-token`, `silent`, `token-expiring`,
    /// `token-unused`, `stale-role`, `unknown-members`, `suspended-member`, `conflicts` or
    /// `certificate-expiring`; more may come.
    pub check: String,
    /// What it is about.
    pub subject: String,
    /// What is the matter.
    pub sentence: String,
    /// What to do.
    pub advice: String,
}

/// From when on the operator is warned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WarningTimes {
    /// How long a managed role may stay without a push, and a token without use.
    pub stale_after: SignedDuration,
    /// How long before its end a token is warned about.
    pub token_expiry: SignedDuration,
    /// How long before its end the listener's certificate is warned about.
    pub certificate_expiry: SignedDuration,
    /// How long an active provider may say nothing.
    pub silent_after: SignedDuration,
}

impl Default for WarningTimes {
    fn default() -> Self {
        const DAY: i64 = 24;
        Self {
            stale_after: SignedDuration::from_hours(14 * DAY),
            token_expiry: SignedDuration::from_hours(14 * DAY),
            certificate_expiry: SignedDuration::from_hours(14 * DAY),
            silent_after: SignedDuration::from_hours(2 * DAY),
        }
    }
}

/// What is the matter now, the gravest first. Looks at totals, tokens, and so many rows of an index
/// at most, so that it costs the same however large the directory is.
///
/// # Errors
/// The store cannot be read.
pub fn warnings(
    snapshot: &dyn Snapshot,
    times: &WarningTimes,
    now: Timestamp,
) -> Read<Vec<Warning>> {
    let totals = snapshot.totals()?;
    let mut warnings = Vec::new();
    warnings.extend(people::lock_out(snapshot, totals.admins_active)?);
    let tokens = snapshot.tokens()?;
    for provider in Provider::ALL {
        warnings.extend(provider::held(snapshot, provider, now)?);
    }
    for provider in Provider::ALL {
        if snapshot.provider(provider)?.state == ProviderState::Active {
            warnings.extend(provider::shut_out(provider, &tokens, now));
            warnings.extend(provider::silent(snapshot, provider, &tokens, times, now)?);
        }
    }
    let expiring = tokens
        .iter()
        .filter_map(|token| provider::expiring(token, times, now));
    warnings.extend(expiring);
    for token in &tokens {
        warnings.extend(provider::unused(snapshot, token, times, now)?);
    }
    warnings.extend(people::stale_roles(snapshot, times, now)?);
    warnings.extend(people::unknown_members(snapshot, times, now)?);
    warnings.extend(people::suspended_members(snapshot)?);
    warnings.extend(waiting(totals.conflicts_open));
    Ok(warnings)
}

/// A length of time in the unit that fits.
fn length(time: SignedDuration) -> String {
    match time.as_hours() {
        ..1 => "less than an hour".to_owned(),
        1 => "an hour".to_owned(),
        hours @ 2..48 => format!("{hours} hours"),
        hours => format!("{} days", hours / 24),
    }
}

/// A certificate that ends soon, or has ended.
pub(super) fn certificate_ending(
    ends: Timestamp,
    times: &WarningTimes,
    now: Timestamp,
) -> Option<Warning> {
    let left = ends.duration_since(now);
    if left > times.certificate_expiry {
        return None;
    }
    let sentence = if left.is_positive() {
        format!(
            "The listener's TLS certificate expires in {}.",
            length(left)
        )
    } else {
        "The listener's TLS certificate has expired, and providers refuse it.".to_owned()
    };
    Some(Warning {
        check: "certificate-expiring".to_owned(),
        subject: "TLS certificate".to_owned(),
        sentence,
        advice: "Put a renewed one, with its key, into the same files; they are read again by themselves."
            .to_owned(),
    })
}

fn waiting(conflicts: u64) -> Option<Warning> {
    if conflicts == 0 {
        return None;
    }
    let sentence = if conflicts == 1 {
        "A refused push waits for a decision.".to_owned()
    } else {
        format!("{conflicts} refused pushes wait for a decision.")
    };
    Some(Warning {
        check: "conflicts".to_owned(),
        subject: "conflicts".to_owned(),
        sentence,
        advice: "Link, rename or dismiss each of them.".to_owned(),
    })
}

#[cfg(test)]
mod tests;
