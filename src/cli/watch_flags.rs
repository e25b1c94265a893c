//! The flags of safeguards, of how long history is kept, and of when to warn.

use std::time::Duration;

use clap::Args;

use crate::config::{
    parse_duration,
    watch::{Age, Kept, WatchLayer, parse_age, parse_kept, parse_percent, parse_window},
};

/// What rolecall watches over.
#[derive(Debug, Args)]
#[command(next_help_heading = "Safeguards, history and warnings")]
pub(super) struct WatchFlags {
    /// Whether a push that would suspend or delete the last active admin is refused
    #[arg(
        long,
        value_name = "BOOL",
        env = "ROLECALL_SAFEGUARD_LAST_ADMIN",
        hide_env_values = true
    )]
    safeguard_last_admin: Option<bool>,
    /// Whether many suspensions and deletions at once are held for an operator
    #[arg(
        long,
        value_name = "BOOL",
        env = "ROLECALL_SAFEGUARD_MASS_SUSPENSION",
        hide_env_values = true
    )]
    safeguard_mass_suspension: Option<bool>,
    /// Hold more than so many of a hundred active users of a provider
    #[arg(long, value_name = "PERCENT", env = "ROLECALL_MASS_SUSPENSION_PERCENT", hide_env_values = true,
        value_parser = parse_percent)]
    mass_suspension_percent: Option<u64>,
    /// But never fewer than so many
    #[arg(
        long,
        value_name = "NUMBER",
        env = "ROLECALL_MASS_SUSPENSION_MINIMUM",
        hide_env_values = true
    )]
    mass_suspension_minimum: Option<u64>,
    /// The time within which they are counted, as in 1h
    #[arg(long, value_name = "TIME", env = "ROLECALL_MASS_SUSPENSION_WINDOW", hide_env_values = true,
        value_parser = parse_window)]
    mass_suspension_window: Option<Duration>,
    /// How many recorded requests are kept
    #[arg(
        long,
        value_name = "NUMBER",
        env = "ROLECALL_RETENTION_EXCHANGES",
        hide_env_values = true
    )]
    retention_exchanges: Option<u64>,
    /// How old a recorded request may become, as in 7d, or never
    #[arg(long, value_name = "TIME", env = "ROLECALL_RETENTION_EXCHANGES_AGE", hide_env_values = true,
        value_parser = parse_age)]
    retention_exchanges_age: Option<Age>,
    /// How many journal entries are kept, or never where none goes for its number
    #[arg(long, value_name = "N", env = "ROLECALL_RETENTION_JOURNAL", hide_env_values = true,
        value_parser = parse_kept)]
    retention_journal: Option<Kept>,
    /// How old a journal entry may become, as in 365d, or never
    #[arg(long, value_name = "TIME", env = "ROLECALL_RETENTION_JOURNAL_AGE", hide_env_values = true,
        value_parser = parse_age)]
    retention_journal_age: Option<Age>,
    /// Warn of a managed role without push, and of a token without use, for so long
    #[arg(long, value_name = "TIME", env = "ROLECALL_WARNING_STALE_AFTER", hide_env_values = true,
        value_parser = parse_duration)]
    warning_stale_after: Option<Duration>,
    /// Warn of a token so long before it expires
    #[arg(long, value_name = "TIME", env = "ROLECALL_WARNING_TOKEN_EXPIRY", hide_env_values = true,
        value_parser = parse_duration)]
    warning_token_expiry: Option<Duration>,
    /// Warn of the TLS certificate so long before it expires
    #[arg(long, value_name = "TIME", env = "ROLECALL_WARNING_CERTIFICATE_EXPIRY", hide_env_values = true,
        value_parser = parse_duration)]
    warning_certificate_expiry: Option<Duration>,
    /// Warn of an active provider that has said nothing for so long
    #[arg(long, value_name = "TIME", env = "ROLECALL_WARNING_SILENT_AFTER", hide_env_values = true,
        value_parser = parse_duration)]
    warning_silent_after: Option<Duration>,
}

impl WatchFlags {
    pub(super) fn layer(&self) -> WatchLayer {
        WatchLayer {
            last_admin: self.safeguard_last_admin,
            mass_suspension: self.safeguard_mass_suspension,
            mass_percent: self.mass_suspension_percent,
            mass_minimum: self.mass_suspension_minimum,
            mass_window: self.mass_suspension_window,
            exchanges: self.retention_exchanges,
            exchanges_age: self.retention_exchanges_age,
            journal: self.retention_journal,
            journal_age: self.retention_journal_age,
            stale_after: self.warning_stale_after,
            token_expiry: self.warning_token_expiry,
            certificate_expiry: self.warning_certificate_expiry,
            silent_after: self.warning_silent_after,
        }
    }
}
