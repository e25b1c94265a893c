//! Following the server across its restarts: what came while nobody listened is asked for, so that
//! nothing is left out and nothing is told twice.

use std::{convert::Infallible, time::Duration};

use jiff::Timestamp;

use super::{Remote, SeenRequests};
use crate::{
    admin::{
        ClientError, Follower, Reply, Request,
        row::{JournalRow, StatusReport},
    },
    console::message::Message,
    directory::ExchangeId,
};

/// Requests and changes asked for when following begins.
const BACKLOG: u32 = 1_000;
/// The first pause before trying again, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// Follows until nobody takes the messages any more.
pub(super) async fn keep_following(remote: &Remote) {
    let mut seen = Seen::default();
    let mut pause = PAUSES.0;
    loop {
        let reason = match seen.follow(remote, &mut pause).await {
            Err(ClientError::Refused(why) | ClientError::Lost(why)) => why,
        };
        let gone = Message::Disconnected(reason);
        if remote.inbox.send(gone).await.is_err() {
            return;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// How far the server has been followed.
#[derive(Default)]
struct Seen {
    requests: SeenRequests,
    /// The newest change.
    change: Option<(u64, Timestamp)>,
    /// The number of the newest change that the server had when it was last reached.
    last: u64,
}

impl Seen {
    /// Follows until the connection ends, which is always for a reason.
    async fn follow(
        &mut self,
        remote: &Remote,
        pause: &mut Duration,
    ) -> Result<Infallible, ClientError> {
        let Reply::Status(status) = remote.client.call(Request::Status).await? else {
            return Err(unexpected());
        };
        if self.is_of_another(remote, &status).await? {
            *self = Self::default();
            remote.tell(Message::Replaced).await?;
        }
        self.last = status.journal_last;
        // From the oldest one remembered: the server may have recorded one with an earlier id later.
        let after = match self.requests.resume() {
            Some(oldest) => oldest,
            None => self.begin(remote).await?,
        };
        let after = Request::FollowExchanges { after: Some(after) };
        let requests = remote.client.follow(after).await?;
        let oldest = status.journal_first.saturating_sub(1);
        let newest = status.journal_last.saturating_sub(u64::from(BACKLOG));
        let after = self.change.map_or(newest, |(seq, _)| seq).max(oldest);
        let changes = Request::FollowJournal { after };
        let changes = remote.client.follow(changes).await?;
        remote.tell(Message::Connected).await?;
        *pause = PAUSES.0;
        let (ended, _) = tokio::try_join!(
            take_requests(remote, requests, &mut self.requests),
            take_changes(remote, changes, &mut self.change),
        )?;
        Ok(ended)
    }

    /// Asks for the newest requests; gives the one to follow after.
    async fn begin(&mut self, remote: &Remote) -> Result<ExchangeId, ClientError> {
        let newest = Request::Exchanges {
            after: None,
            limit: BACKLOG,
        };
        let Reply::Exchanges { lines, missed } = remote.client.call(newest).await? else {
            return Err(unexpected());
        };
        let lines = self.requests.take(lines);
        let after = self.requests.newest();
        remote.tell(Message::Exchanges(lines, missed)).await?;
        Ok(after)
    }

    /// Whether the server has another directory than the one that was followed: its journal does not
    /// have the newest change.
    async fn is_of_another(
        &self,
        remote: &Remote,
        status: &StatusReport,
    ) -> Result<bool, ClientError> {
        if self.last > status.journal_last {
            return Ok(true);
        }
        let Some((seq, at)) = self.change else {
            return Ok(false);
        };
        if seq > status.journal_last {
            return Ok(true);
        }
        if seq < status.journal_first {
            return Ok(false);
        }
        let same = Request::Journal {
            after: seq.saturating_sub(1),
            limit: 1,
        };
        let Reply::Journal(rows) = remote.client.call(same).await? else {
            return Err(unexpected());
        };
        let is_same = |row: &JournalRow| row.seq == seq && row.at == at;
        Ok(!rows.first().is_some_and(is_same))
    }
}

/// Passes requests on. A full inbox holds up this connection only; the server then lets go of what
/// this follower was too slow for, and says how many.
async fn take_requests(
    remote: &Remote,
    mut follower: Follower,
    seen: &mut SeenRequests,
) -> Result<Infallible, ClientError> {
    loop {
        let Some(reply) = follower.next().await? else {
            return Err(closed());
        };
        let Reply::Exchanges { lines, missed } = reply else {
            return Err(unexpected());
        };
        let lines = seen.take(lines);
        if !lines.is_empty() || missed > 0 {
            remote.tell(Message::Exchanges(lines, missed)).await?;
        }
    }
}

/// Passes changes on.
async fn take_changes(
    remote: &Remote,
    mut follower: Follower,
    seen: &mut Option<(u64, Timestamp)>,
) -> Result<Infallible, ClientError> {
    loop {
        let Some(reply) = follower.next().await? else {
            return Err(closed());
        };
        let Reply::Journal(rows) = reply else {
            return Err(unexpected());
        };
        *seen = rows.last().map(|row| (row.seq, row.at)).or(*seen);
        remote.tell(Message::Changes(rows)).await?;
    }
}

fn closed() -> ClientError {
    ClientError::Lost("the server has closed the connection".to_owned())
}

fn unexpected() -> ClientError {
    ClientError::Lost(
        "the server answered something else than was asked: are both of the same version?"
            .to_owned(),
    )
}
