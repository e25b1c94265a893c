//! Hears that some process has written something. The tables are the truth: a ring that is lost costs
//! the time until the next look, and nothing else.

use std::{
    future::poll_fn,
    pin::pin,
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
    time::{Instant, sleep, timeout_at},
};
use tokio_postgres::{AsyncMessage, Connection, NoTls};

use super::{
    database::{Database, PATIENCE},
    options::cause,
};

/// How long it waits before it rings of its own accord, where rings are heard and where they are not.
const HEARD: Duration = Duration::from_secs(1);
const UNHEARD: Duration = Duration::from_millis(200);
/// How long it waits before it connects again.
const AGAIN: Duration = Duration::from_millis(500);

/// Rings for as long as the database is used.
pub(super) fn hang(database: &Arc<Database>) -> watch::Receiver<u64> {
    let (bell, heard) = watch::channel(0);
    database.spawn(listen(Arc::downgrade(database), bell));
    heard
}

async fn listen(database: Weak<Database>, bell: watch::Sender<u64>) {
    let mut complained = false;
    loop {
        let Some(here) = database.upgrade() else {
            return;
        };
        let (config, tls) = (here.config().clone(), here.tls().cloned());
        drop(here);
        let heard = match tls {
            Some(tls) => match tokio::time::timeout(PATIENCE, config.connect(tls)).await {
                Ok(Ok((client, connection))) => hear(client, connection, &database, &bell).await,
                Ok(Err(error)) => Err(cause(&error)),
                Err(_) => Err("no answer".to_owned()),
            },
            None => match tokio::time::timeout(PATIENCE, config.connect(NoTls)).await {
                Ok(Ok((client, connection))) => hear(client, connection, &database, &bell).await,
                Ok(Err(error)) => Err(cause(&error)),
                Err(_) => Err("no answer".to_owned()),
            },
        };
        match heard {
            Ok(()) => return,
            Err(error) if !complained => {
                tracing::warn!(%error, "changes of other nodes are looked for instead of heard of");
                complained = true;
            }
            Err(_) => {}
        }
        // Whoever listens to the bell looks all the same.
        bell.send_modify(|rings| *rings += 1);
        sleep(AGAIN).await;
    }
}

/// Rings until the connection breaks, which is an error, or nobody uses the database any more.
async fn hear<S, T>(
    client: tokio_postgres::Client,
    connection: Connection<S, T>,
    database: &Weak<Database>,
    bell: &watch::Sender<u64>,
) -> Result<(), String>
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    let mut connection = pin!(connection);
    let mut listening = pin!(client.batch_execute("LISTEN rolecall"));
    let mut answered = false;
    let mut quiet = UNHEARD;
    loop {
        let due = Instant::now() + quiet;
        let next = poll_fn(|context| {
            if !answered && let std::task::Poll::Ready(outcome) = listening.as_mut().poll(context) {
                answered = true;
                return std::task::Poll::Ready(Heard::Listening(outcome.is_ok()));
            }
            connection.as_mut().poll_message(context).map(Heard::of)
        });
        match timeout_at(due, next).await {
            Err(_) | Ok(Heard::Ring) => {}
            Ok(Heard::Listening(notifies)) => {
                quiet = if notifies { HEARD } else { UNHEARD };
                let Some(database) = database.upgrade() else {
                    return Ok(());
                };
                database.set_notifies(notifies);
            }
            Ok(Heard::Other) => continue,
            Ok(Heard::End(why)) => return Err(why),
        }
        if database.strong_count() == 0 {
            return Ok(());
        }
        bell.send_modify(|rings| *rings += 1);
    }
}

enum Heard {
    /// Whether the database passes rings on.
    Listening(bool),
    Ring,
    Other,
    End(String),
}

impl Heard {
    fn of(message: Option<Result<AsyncMessage, tokio_postgres::Error>>) -> Self {
        match message {
            Some(Ok(AsyncMessage::Notification(_))) => Self::Ring,
            Some(Ok(_)) => Self::Other,
            Some(Err(error)) => Self::End(cause(&error)),
            None => Self::End("the connection ended".to_owned()),
        }
    }
}
