//! The counts as text, in the exposition format of Prometheus. The format is a line a number; a library
//! for it would bring a registry that nothing here needs.

use std::fmt::{Display, Write as _};

use jiff::Timestamp;

use crate::{
    directory::Provider,
    service::{
        Engine,
        counters::{RequestCounters, TIME_CLASSES, Times},
    },
    store::{StoreError, Totals},
};

/// Writes every metric.
///
/// # Errors
/// The store cannot be read.
pub(super) fn write(engine: &Engine, started: Timestamp) -> Result<String, StoreError> {
    let snapshot = engine.snapshot()?;
    let mut text = Text::default();
    text.metric("rolecall_build_info", "gauge", "The version that runs.");
    text.value(
        "rolecall_build_info",
        &[("version", &env!("CARGO_PKG_VERSION"))],
        1,
    );
    text.metric(
        "process_start_time_seconds",
        "gauge",
        "When the process started, in seconds since 1970.",
    );
    text.value("process_start_time_seconds", &[], started.as_second());
    requests(&mut text, &engine.recorder().counters());
    let evicted = engine.recorder().figures(engine.now()).evicted;
    text.single(
        "rolecall_exchanges_evicted_total",
        "counter",
        "Requests that are no longer in the ring that consoles read.",
        evicted,
    );
    directory(&mut text, &snapshot.totals()?);
    text.metric(
        "rolecall_warnings",
        "gauge",
        "What the operator should look at, by the check that found it.",
    );
    let mut checks = std::collections::BTreeMap::new();
    for warning in engine.warnings(&*snapshot)? {
        *checks.entry(warning.check).or_insert(0_u64) += 1;
    }
    for (check, count) in &checks {
        text.value("rolecall_warnings", &[("check", check)], count);
    }
    if let Some(ends) = engine.certificate_ends() {
        text.single(
            "rolecall_tls_certificate_expiry_timestamp_seconds",
            "gauge",
            "When the listener's TLS certificate ends, in seconds since 1970.",
            ends.as_second(),
        );
    }
    if let Some(bytes) = engine.store_size() {
        text.single(
            "rolecall_store_bytes",
            "gauge",
            "How many bytes the store takes.",
            bytes,
        );
    }
    Ok(text.0)
}

fn requests(text: &mut Text, counters: &RequestCounters) {
    let name = "rolecall_requests_total";
    text.metric(name, "counter", "Requests answered since the start.");
    for (kind, count) in &counters.requests {
        let provider = kind.provider.map_or("none", Provider::as_str);
        let labels: [(&str, &dyn Display); 3] = [
            ("provider", &provider),
            ("method", &kind.method),
            ("status", &kind.status),
        ];
        text.value(name, &labels, count);
    }
    let name = "rolecall_request_duration_seconds";
    text.metric(
        name,
        "histogram",
        "From the last byte of the head to the end of the answer's making.",
    );
    for (access, times) in [("read", &counters.reads), ("write", &counters.writes)] {
        histogram(text, name, access, times);
    }
}

fn histogram(text: &mut Text, name: &str, access: &str, times: &Times) {
    let bucket = format!("{name}_bucket");
    let mut until = 0;
    for (end, count) in TIME_CLASSES.iter().zip(times.classes) {
        until += count;
        let labels: [(&str, &dyn Display); 2] = [("access", &access), ("le", &seconds(*end))];
        text.value(&bucket, &labels, until);
    }
    text.value(
        &bucket,
        &[("access", &access), ("le", &"+Inf")],
        times.count,
    );
    text.value(
        &format!("{name}_sum"),
        &[("access", &access)],
        seconds(times.sum),
    );
    text.value(
        &format!("{name}_count"),
        &[("access", &access)],
        times.count,
    );
}

/// Microseconds as seconds, exactly.
fn seconds(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn directory(text: &mut Text, totals: &Totals) {
    let name = "rolecall_users";
    text.metric(name, "gauge", "People in the directory.");
    for (state, count) in [
        ("active", totals.users_active),
        ("suspended", totals.users_suspended),
    ] {
        text.value(name, &[("state", &state)], count);
    }
    for (name, help, managed, local) in [
        (
            "rolecall_users_managed",
            "People in the directory, by who manages them.",
            &totals.users_managed,
            totals.users_local(),
        ),
        (
            "rolecall_roles_managed",
            "Roles in the directory, by who manages them.",
            &totals.roles_managed,
            totals.roles_local(),
        ),
    ] {
        text.metric(name, "gauge", help);
        text.value(name, &[("managed_by", &"local")], local);
        for (provider, count) in managed {
            text.value(name, &[("managed_by", &provider.as_str())], count);
        }
    }
    for (name, help, count) in [
        (
            "rolecall_service_accounts",
            "Service accounts in the directory.",
            totals.service_accounts,
        ),
        (
            "rolecall_admins_active",
            "Active accounts with the level admin.",
            totals.admins_active,
        ),
        (
            "rolecall_conflicts_open",
            "Conflicts that wait for the operator.",
            totals.conflicts_open,
        ),
        (
            "rolecall_resources",
            "Resources that can be reached.",
            totals.resources,
        ),
        (
            "rolecall_journal_last",
            "The number of the newest journal entry.",
            totals.journal_last,
        ),
    ] {
        text.single(name, "gauge", help, count);
    }
}

/// The text as it grows.
#[derive(Default)]
struct Text(String);

impl Text {
    fn metric(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// Adds a number. Labels are words of rolecall's own, so that none needs escaping.
    fn value(&mut self, name: &str, labels: &[(&str, &dyn Display)], value: impl Display) {
        self.0.push_str(name);
        for (index, (label, word)) in labels.iter().enumerate() {
            let lead = if index == 0 { '{' } else { ',' };
            let _ = write!(self.0, "{lead}{label}=\"{word}\"");
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.0, "{end} {value}");
    }

    fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.metric(name, kind, help);
        self.value(name, &[], value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_format_wants_them() {
        for (micros, expected) in [
            (0, "0"),
            (500, "0.0005"),
            (1_000_000, "1"),
            (1_250_000, "1.25"),
        ] {
            assert_eq!(seconds(micros), expected);
        }
        let mut text = Text::default();
        text.single("a", "gauge", "An a.", 7);
        text.value("b", &[("x", &"y"), ("z", &1)], 2);
        assert_eq!(
            text.0,
            "# HELP a An a.\n# TYPE a gauge\na 7\nb{x=\"y\",z=\"1\"} 2\n"
        );
    }
}
