//! The server's side of the console: asks what the model wants asked, and follows what comes.

use std::time::Duration;

use tokio::sync::mpsc;

use super::{
    export::{self, Export},
    message::{Ask, Effect, Failure, Message},
};
use crate::{
    admin::{Client, ClientError, Reply, Request},
    directory::ExchangeId,
};

/// Requests and changes asked for when following begins.
const BACKLOG: u32 = 1_000;
/// The first pause before trying again, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// Asks the server on the console's own runtime; answers come as messages.
#[derive(Debug, Clone)]
pub struct Remote {
    client: Client,
    inbox: mpsc::Sender<Message>,
}

impl Remote {
    /// Asks through `client`; answers go to `inbox`.
    pub fn new(client: Client, inbox: mpsc::Sender<Message>) -> Self {
        Self { client, inbox }
    }

    /// Asks one thing; does nothing for an effect that is not a question.
    pub fn ask(&self, effect: Effect) {
        let Effect::Ask {
            ask,
            request,
            dry_run,
        } = effect
        else {
            return;
        };
        let this = self.clone();
        tokio::spawn(async move {
            let result = if dry_run {
                this.client.preview(request).await
            } else {
                this.client.call(request).await
            };
            this.send(ask, result).await;
        });
    }

    /// Writes requests to a file; tells the form with this number.
    pub fn export(&self, serial: u64, export: Export) {
        let this = self.clone();
        tokio::spawn(async move {
            let result = export::export(&this.client, export).await;
            let _ = this.inbox.send(Message::Exported(serial, result)).await;
        });
    }

    async fn send(&self, ask: Ask, result: Result<Reply, ClientError>) {
        let result = result.map(Box::new).map_err(Failure::from);
        let _ = self.inbox.send(Message::Answered(ask, result)).await;
    }

    /// Follows requests and changes until the console ends; tells when the server comes and goes.
    pub fn follow(&self) {
        let requests = self.clone();
        tokio::spawn(async move { requests.keep_following(Stream::Exchanges(None)).await });
        let changes = self.clone();
        tokio::spawn(async move { changes.keep_following(Stream::Changes(None)).await });
    }

    async fn keep_following(self, mut stream: Stream) {
        let mut pause = PAUSES.0;
        loop {
            let ended = stream.run(&self, &mut pause).await;
            let reason = match ended {
                Ok(()) => "the server has closed the connection".to_owned(),
                Err(ClientError::Refused(why) | ClientError::Lost(why)) => why,
            };
            if self
                .inbox
                .send(Message::Disconnected(reason))
                .await
                .is_err()
            {
                return;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }
}

/// What is followed, and how far it has been seen.
enum Stream {
    Exchanges(Option<ExchangeId>),
    Changes(Option<u64>),
}

impl Stream {
    /// Follows until the connection ends.
    async fn run(&mut self, remote: &Remote, pause: &mut Duration) -> Result<(), ClientError> {
        let request = match self {
            Self::Exchanges(seen) => {
                let backlog = Request::Exchanges {
                    after: *seen,
                    limit: BACKLOG,
                };
                let reply = remote.client.call(backlog).await?;
                self.take(remote, reply).await;
                Request::FollowExchanges {
                    after: self.seen_exchange(),
                }
            }
            Self::Changes(Some(seen)) => Request::FollowJournal { after: *seen },
            Self::Changes(None) => {
                let Reply::Status(status) = remote.client.call(Request::Status).await? else {
                    return Err(ClientError::Lost(
                        "the server did not tell its status".to_owned(),
                    ));
                };
                let after = status.journal_last.saturating_sub(u64::from(BACKLOG));
                Request::FollowJournal { after }
            }
        };
        let mut follower = remote.client.follow(request).await?;
        if matches!(self, Self::Exchanges(_)) {
            let _ = remote.inbox.send(Message::Connected).await;
        }
        *pause = PAUSES.0;
        while let Some(reply) = follower.next().await? {
            self.take(remote, reply).await;
        }
        Ok(())
    }

    fn seen_exchange(&self) -> Option<ExchangeId> {
        match self {
            Self::Exchanges(seen) => *seen,
            Self::Changes(_) => None,
        }
    }

    /// Passes on what came. A full inbox holds up this connection only; the server then lets go of
    /// what this follower was too slow for, and says how much.
    async fn take(&mut self, remote: &Remote, reply: Reply) {
        let message = match (self, reply) {
            (Self::Exchanges(seen), Reply::Exchanges { lines, missed }) => {
                *seen = lines.last().map(|line| line.id).or(*seen);
                Message::Exchanges(lines, missed)
            }
            (Self::Changes(seen), Reply::Journal(rows)) => {
                *seen = rows.last().map(|row| row.seq).or(*seen);
                Message::Changes(rows)
            }
            _ => return,
        };
        let _ = remote.inbox.send(message).await;
    }
}
