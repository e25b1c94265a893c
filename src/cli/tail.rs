//! `rolecall tail`.

use std::io;

use clap::Args;
use jiff::{Timestamp, tz::TimeZone};

use super::{connect::unexpected, filter, output::note, session::Session};
use crate::{
    admin::{Reply, Request, request::MAXIMUM_PAGE},
    directory::Provider,
    service::{
        exchange::ExchangeLine,
        search::{Filter, List, exchanges::ExchangeTest},
    },
};

#[derive(Debug, Args)]
#[command(after_help = filter::help(List::Exchanges, "\
Beside a running server: requests as they come, until it is interrupted. Without one: those that are
recorded.

Examples:
  rolecall tail
  rolecall tail --plain --filter 'status:>=400 provider:okta'
  rolecall tail --json | jq .summary"))]
pub(super) struct TailArguments {
    /// A line of plain words each, for logs, pipes and screen readers
    #[arg(long)]
    plain: bool,
    /// Words and operators, as in the console
    #[arg(long, value_name = "FILTER", value_parser = filter::read::<ExchangeTest>)]
    filter: Option<Filter<ExchangeTest>>,
}

pub(super) async fn run(arguments: TailArguments, session: &mut Session) -> anyhow::Result<()> {
    if session.connection.is_own() {
        let request = Request::Exchanges {
            after: None,
            limit: MAXIMUM_PAGE,
        };
        let Reply::Exchanges { lines, .. } = session.ask(request).await? else {
            return Err(unexpected());
        };
        for line in &lines {
            print(line, &arguments, session)?;
        }
        note("no server runs: these are the requests that are recorded");
        return Ok(());
    }
    let mut follower = session
        .follow(Request::FollowExchanges { after: None })
        .await?;
    while let Some(reply) = follower.next().await? {
        let Reply::Exchanges { lines, missed } = reply else {
            return Err(unexpected());
        };
        if missed > 0 {
            note(&format!(
                "{missed} requests are left out: they came faster than they were read"
            ));
        }
        for line in &lines {
            print(line, &arguments, session)?;
        }
    }
    anyhow::bail!("the server has stopped")
}

fn print(line: &ExchangeLine, arguments: &TailArguments, session: &mut Session) -> io::Result<()> {
    let filter = arguments.filter.as_ref();
    if filter.is_some_and(|filter| !filter.passes(&line, Timestamp::now())) {
        return Ok(());
    }
    if session.output.is_json() {
        return session.output.json_line(line);
    }
    let words = if arguments.plain {
        plain(line)
    } else {
        aligned(line, &TimeZone::system())
    };
    session.output.line(&words)
}

/// The same words as the console's, a line each, with nothing to align.
fn plain(line: &ExchangeLine) -> String {
    format!(
        "{:.3} {} {} {}, {} ms",
        line.at,
        provider(line),
        line.status,
        line.summary,
        milliseconds(line)
    )
}

/// For a person who watches: local time, columns, errors marked.
fn aligned(line: &ExchangeLine, zone: &TimeZone) -> String {
    let mark = if line.is_error() { "✗" } else { " " };
    format!(
        "{}  {:<9} {} {mark} {}  {} ms",
        line.at
            .to_zoned_datetime(zone.clone())
            .strftime("%H:%M:%S%.3f"),
        provider(line),
        line.status,
        line.summary,
        milliseconds(line)
    )
}

fn provider(line: &ExchangeLine) -> &'static str {
    line.provider.map_or("-", Provider::as_str)
}

fn milliseconds(line: &ExchangeLine) -> u64 {
    line.micros.div_ceil(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::ExchangeId;

    #[test]
    fn a_request_is_told_in_one_line() {
        let line = ExchangeLine {
            id: ExchangeId::from_bytes([0; 16]),
            at: "2026-01-02T12:01:33.12Z".parse().expect("a moment"),
            provider: Some(Provider::Okta),
            method: "POST".to_owned(),
            target: "/Groups".to_owned(),
            status: 409,
            micros: 2_400,
            summary: "role Finance: name is taken".to_owned(),
            effect: crate::service::exchange::Effect::default(),
            users: Vec::new(),
            roles: Vec::new(),
            journal: Vec::new(),
            conflict: None,
        };
        assert_eq!(
            plain(&line),
            "2026-01-02T12:01:33.120Z okta 409 role Finance: name is taken, 3 ms"
        );
        assert_eq!(
            aligned(&line, &TimeZone::UTC),
            "12:01:33.120  okta      409 ✗ role Finance: name is taken  3 ms"
        );
    }
}
