//! `rolecall tail`.

use std::{convert::Infallible, io, time::Duration};

use clap::Args;
use jiff::{Timestamp, tz::TimeZone};

use super::{connect::unexpected, filter, output::note, session::Session};
use crate::{
    admin::{ClientError, Reply, Request, request::MAXIMUM_PAGE},
    console::remote::SeenRequests,
    directory::{ExchangeId, Provider},
    service::{
        exchange::ExchangeLine,
        search::{Filter, List, exchanges::ExchangeTest},
        sync::Endings,
    },
};

#[derive(Debug, Args)]
#[command(after_help = filter::help(List::Exchanges, "\
Beside a running server: requests as they come, and without a filter how each sync went when it has
ended, until it is interrupted; a server that stops is waited for, and nothing that it records is left
out. Without a server: the requests that are recorded.

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
    let mut tail = Tail::begin(&arguments, session).await?;
    let mut pause = PAUSES.0;
    loop {
        let Err(ended) = tail.follow(session).await;
        let why = ended.downcast::<ClientError>()?;
        if !tail.is_away {
            pause = PAUSES.0;
            note(&format!("{why}; trying again until it answers"));
            tail.is_away = true;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// The newest request alone: what comes after it is told.
const NEWEST: Request = Request::Exchanges {
    after: None,
    limit: 1,
};
/// The first pause before trying again, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));
/// How many of the newest syncs are looked at for those that have ended.
const SYNCS: u32 = 20;

/// What has been told so far.
struct Tail<'a> {
    arguments: &'a TailArguments,
    seen: SeenRequests,
    /// What was there before.
    start: ExchangeId,
    is_away: bool,
    /// The syncs whose ends are told. `None` for scripts, which read requests and nothing else, and for
    /// whoever filters, and asks for those only.
    endings: Option<Endings>,
}

impl<'a> Tail<'a> {
    async fn begin(arguments: &'a TailArguments, session: &Session) -> anyhow::Result<Self> {
        let Reply::Exchanges { lines, .. } = session.ask(NEWEST).await? else {
            return Err(unexpected());
        };
        let mut seen = SeenRequests::default();
        seen.take(lines);
        let tells_ends = !session.output.is_json() && arguments.filter.is_none();
        Ok(Self {
            arguments,
            start: seen.newest(),
            seen,
            is_away: false,
            endings: tells_ends.then(Endings::default),
        })
    }

    /// Prints what comes until the server goes away, or nobody reads what is printed.
    async fn follow(&mut self, session: &mut Session) -> anyhow::Result<Infallible> {
        // Only an answer says that it is there.
        let Reply::Status(status) = session.ask(Request::Status).await? else {
            return Err(unexpected());
        };
        if std::mem::take(&mut self.is_away) {
            note("the server answers again");
        }
        if let Some(endings) = &mut self.endings {
            endings.set_gap(status.sync_gap_ms);
        }
        let after = self.seen.resume().unwrap_or(self.start);
        let request = Request::FollowExchanges { after: Some(after) };
        let mut follower = session.follow(request).await?;
        loop {
            // Kept while ends are told: a line that is half read must not be lost.
            let mut next = std::pin::pin!(follower.next());
            let reply = loop {
                let wait = self.endings.as_ref().and_then(Endings::next).map(until);
                tokio::select! {
                    reply = &mut next => break reply?,
                    () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => {
                        self.tell_ends(session).await?;
                    }
                }
            };
            let Some(reply) = reply else {
                return Err(ClientError::Lost("the server has stopped".to_owned()).into());
            };
            let Reply::Exchanges { lines, missed } = reply else {
                return Err(unexpected());
            };
            if missed > 0 {
                note(&format!(
                    "{missed} requests are left out: they came faster than they were read"
                ));
            }
            for line in &self.seen.take(lines) {
                print(line, self.arguments, session)?;
                if let Some(endings) = &mut self.endings {
                    endings.hear(line, Timestamp::now());
                }
            }
        }
    }

    /// Says how the syncs went that have ended.
    async fn tell_ends(&mut self, session: &mut Session) -> anyhow::Result<()> {
        let Some(endings) = &mut self.endings else {
            return Ok(());
        };
        let now = Timestamp::now();
        endings.asked(now);
        let Reply::Syncs(syncs) = session.ask(Request::Syncs { limit: SYNCS }).await? else {
            return Err(unexpected());
        };
        for sync in endings.take(&syncs, now) {
            let verdict = sync.verdict();
            let words = if self.arguments.plain {
                format!("{:.3} {verdict}", sync.last)
            } else {
                let zoned = sync.last.to_zoned_datetime(TimeZone::system());
                format!("{}  {verdict}", zoned.strftime("%H:%M:%S%.3f"))
            };
            session.output.line(&words)?;
        }
        Ok(())
    }
}

/// From now until a moment; none where it has passed.
fn until(moment: Timestamp) -> Duration {
    Duration::try_from(moment.duration_since(Timestamp::now())).unwrap_or_default()
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
        "{:.3} {} {} {}, {} ms{}",
        line.at,
        provider(line),
        line.status,
        line.summary,
        milliseconds(line),
        node(line, ", at ")
    )
}

/// For a person who watches: local time, columns, errors marked.
fn aligned(line: &ExchangeLine, zone: &TimeZone) -> String {
    let mark = if line.is_error() { "✗" } else { " " };
    format!(
        "{}  {:<9} {} {mark} {}  {} ms{}",
        line.at
            .to_zoned_datetime(zone.clone())
            .strftime("%H:%M:%S%.3f"),
        provider(line),
        line.status,
        line.summary,
        milliseconds(line),
        node(line, "  ")
    )
}

/// Which process answered, where several share a store.
fn node(line: &ExchangeLine, before: &str) -> String {
    let node = line.node.as_ref();
    node.map_or_else(String::new, |node| format!("{before}{node}"))
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
            node: None,
        };
        assert_eq!(
            plain(&line),
            "2026-01-02T12:01:33.120Z okta 409 role Finance: name is taken, 3 ms"
        );
        assert_eq!(
            aligned(&line, &TimeZone::UTC),
            "12:01:33.120  okta      409 ✗ role Finance: name is taken  3 ms"
        );
        let line = ExchangeLine {
            node: Some("scim-2".to_owned()),
            ..line
        };
        assert!(plain(&line).ends_with(", 3 ms, at scim-2"));
        assert!(aligned(&line, &TimeZone::UTC).ends_with("  3 ms  scim-2"));
    }
}
