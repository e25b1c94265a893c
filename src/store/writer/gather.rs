//! How the next command is waited for, and which ones are made durable together.

use std::{
    sync::mpsc::{Receiver, TryRecvError},
    thread,
    time::{Duration, Instant},
};

use super::{BATCH, Job, Message};

/// A batch of so many is not held back for more: making it durable costs each of them little, and
/// meanwhile others are read and decided on the other cores. With sixteen clients two halves take turns
/// so, which is a fifth faster than all of them at once.
const WORTH_WAITING: usize = 8;

/// How long commands are waited for at most that may join a batch.
const LONGEST: Duration = Duration::from_millis(2);

/// So long the thread stays awake where the next command is likely to come soon: about as long as a client that
/// goes on as soon as it is answered takes to ask again. To sleep, and to be woken on a core that has gone to
/// sleep, takes as long as deciding and writing a row do.
const AWAKE: Duration = Duration::from_micros(200);

/// A command that comes within this time after the batch before makes the next one likely to come soon. Longer than
/// [`AWAKE`] by what it takes to be woken.
const SOON: Duration = Duration::from_micros(350);

/// How it went last.
#[derive(Debug, Default)]
pub(super) struct Pace {
    commands: usize,
    took: Duration,
    /// The next command is likely to come soon.
    soon: bool,
}

impl Pace {
    /// A batch of so many commands was carried out in this time.
    pub(super) fn note(&mut self, commands: usize, took: Duration) {
        (self.commands, self.took) = (commands, took);
    }

    /// Waits for what is to be done next; `None` once nobody is left who could ask. Where requests come one
    /// right after the other, the thread stays awake a little, and lets others have the core meanwhile.
    pub(super) fn wait(&mut self, messages: &Receiver<Message>) -> Option<Message> {
        let start = Instant::now();
        let awake = self.soon;
        while awake && start.elapsed() < AWAKE {
            match messages.try_recv() {
                Ok(message) => return Some(message),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => thread::yield_now(),
            }
        }
        let message = messages.recv().ok();
        // Who was waited for in vain comes at a pace that is not worth it.
        self.soon = !awake && start.elapsed() < SOON;
        message
    }

    /// Takes what waits into a batch; what is no command comes after it. Where the last batch held
    /// several, those who have been answered are probably about to ask again: as many are waited for, no
    /// longer than that batch took, rather than letting them wait while one of them is made durable
    /// alone.
    pub(super) fn gather(
        &self,
        first: Job,
        messages: &Receiver<Message>,
    ) -> (Vec<Job>, Option<Message>) {
        let until = Instant::now() + self.took.min(LONGEST);
        let mut batch = vec![first];
        while batch.len() < BATCH {
            let message = messages.try_recv().ok().or_else(|| {
                let waits = batch.len() < self.commands.min(WORTH_WAITING);
                let left = until.saturating_duration_since(Instant::now());
                waits.then(|| messages.recv_timeout(left).ok())?
            });
            match message {
                Some(Message::Execute(job)) => batch.push(*job),
                other => return (batch, other),
            }
        }
        (batch, None)
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc::sync_channel, thread};

    use tokio::sync::oneshot;

    use super::*;
    use crate::directory::{Command, event::Actor};

    fn job() -> Job {
        Job {
            actor: Actor::System,
            command: Command::AddRole {
                display_name: "Ops".to_owned(),
            },
            exchange: None,
            reply: oneshot::channel().0,
        }
    }

    fn pace(commands: usize) -> Pace {
        Pace {
            commands,
            took: Duration::MAX,
            soon: false,
        }
    }

    #[test]
    fn what_comes_is_waited_for_awake_or_asleep_until_nobody_is_left() {
        for soon in [false, true] {
            let mut pace = Pace { soon, ..pace(1) };
            let (queue, messages) = sync_channel(1);
            let sending = thread::spawn(move || queue.send(Message::Execute(Box::new(job()))));
            assert!(matches!(pace.wait(&messages), Some(Message::Execute(_))));
            assert!(sending.join().is_ok_and(|sent| sent.is_ok()));
            assert!(pace.wait(&messages).is_none());
        }
    }

    #[test]
    fn what_waits_is_one_batch_up_to_what_is_no_command() {
        let (queue, messages) = sync_channel(99);
        for _ in 0..3 {
            assert!(queue.send(Message::Execute(Box::new(job()))).is_ok());
        }
        assert!(queue.send(Message::Close).is_ok());
        let (batch, next) = pace(64).gather(job(), &messages);
        assert_eq!(batch.len(), 4);
        assert!(matches!(next, Some(Message::Close)));
        for _ in 0..99 {
            assert!(queue.send(Message::Execute(Box::new(job()))).is_ok());
        }
        let (batch, next) = pace(64).gather(job(), &messages);
        assert_eq!((batch.len(), next.is_none()), (BATCH, true));
    }

    #[test]
    fn who_is_alone_is_not_held_back() {
        // The queue stays open and empty: whoever waited for more would do so to the end.
        let (_queue, messages) = sync_channel(1);
        for commands in [0, 1] {
            let (batch, next) = pace(commands).gather(job(), &messages);
            assert_eq!((batch.len(), next.is_none()), (1, true));
        }
    }

    #[test]
    fn as_many_as_before_are_waited_for() {
        let (queue, messages) = sync_channel(1);
        let sending = thread::spawn(move || {
            for _ in 0..2 {
                assert!(queue.send(Message::Execute(Box::new(job()))).is_ok());
            }
            queue
        });
        let mut commands = 1;
        // Each is waited for a little while only, so that a slow machine needs more than one batch.
        while commands < 3 {
            let (batch, _) = pace(3).gather(job(), &messages);
            commands += batch.len() - 1;
        }
        assert_eq!(commands, 3);
        drop(sending.join());
    }
}
