//! `rolecall status`.

use jiff::Timestamp;

use super::{connect::expect_reply, provider, session::Session};
use crate::admin::{Request, row::StatusReport};

pub(super) async fn run(session: &mut Session) -> anyhow::Result<()> {
    let report = expect_reply!(session.ask(Request::Status).await?, Status);
    if session.output.is_json() {
        return Ok(session.output.document(&report)?);
    }
    for line in lines(&report) {
        session.output.line(&line)?;
    }
    if !report.providers.is_empty() {
        session.output.line("")?;
        session.output.table(&provider::table(&report.providers))?;
    }
    for warning in &report.warnings {
        session.output.line("")?;
        session
            .output
            .line(&format!("warning: {} {}", warning.sentence, warning.advice))?;
    }
    Ok(())
}

fn lines(report: &StatusReport) -> Vec<String> {
    let listener = match &report.listen {
        Some(address) => {
            let tls = if report.tls { " with TLS" } else { "" };
            let since = length(report.uptime_s);
            format!("listening on {address}{tls} for {since}")
        }
        None => "no server runs".to_owned(),
    };
    let (users, roles) = (&report.users, &report.roles);
    let mut lines = vec![
        format!("rolecall {}, {listener}", report.version),
        format!(
            "store      {}{}",
            report.store,
            report
                .store_bytes
                .map_or_else(String::new, |bytes| format!(", {}", size(bytes)))
        ),
        format!(
            "users      {} active, {} suspended, {} of them local; {} service accounts",
            users.active, users.suspended, users.local, users.service_accounts
        ),
        format!(
            "roles      {}, {} of them managed by a provider",
            roles.total, roles.managed
        ),
        format!("conflicts  {} open", report.conflicts_open),
        journal(report),
        format!(
            "requests   {} since the start, {} answered with an error{}",
            report.requests.total,
            report.requests.errors,
            since(report.exchanges_oldest)
        ),
    ];
    if let Some(node) = &report.node {
        let others = report.nodes.iter().filter(|name| *name != node);
        let others: Vec<&str> = others.map(String::as_str).collect();
        lines.push(match others.as_slice() {
            [] => format!("node       {node}"),
            others => format!(
                "node       {node}; requests also came to {}",
                others.join(", ")
            ),
        });
    }
    lines
}

fn journal(report: &StatusReport) -> String {
    let (first, last) = (report.journal_first, report.journal_last);
    let kept = if first > 1 {
        format!(", {} of them kept", (last + 1).saturating_sub(first))
    } else {
        String::new()
    };
    let since = since(report.journal_oldest);
    format!("journal    {last} entries{kept}{since}")
}

/// How far back something reaches.
fn since(oldest: Option<Timestamp>) -> String {
    oldest.map_or_else(String::new, |oldest| {
        format!("; kept since {}", oldest.strftime("%Y-%m-%d %H:%M UTC"))
    })
}

/// A size for people, in units of 1,024.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let (mut whole, mut tenth, mut unit) = (bytes, 0, 0);
    while whole >= 1_024 && unit + 1 < UNITS.len() {
        tenth = whole % 1_024 * 10 / 1_024;
        whole /= 1_024;
        unit += 1;
    }
    let unit_name = UNITS.get(unit).copied().unwrap_or_default();
    if unit == 0 || whole >= 100 {
        format!("{whole} {unit_name}")
    } else {
        format!("{whole}.{tenth} {unit_name}")
    }
}

/// A length of time for people: its two greatest units.
fn length(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}
