//! One thread, a bounded queue, group commit: every change of the directory goes through here.
//!
//! The thread takes whatever waits, up to a batch, into one transaction, and answers only when
//! that is durable. A refused command leaves its batch alone; a failed commit fails its whole
//! batch, and nothing more is written until the store has been reopened.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Instant,
};

use jiff::Timestamp;
use tokio::sync::{oneshot, watch};

use super::{Ending, Newest, Observations, Store, StoreError, Transaction, behalf, mint::Mint};
use crate::directory::{
    Command, Decision, ExchangeId, JournalEntry, Outcome, Policy, Stamp, View,
    decide::{Undecided, decide},
    event::Actor,
};

mod apply;
mod authority;
mod failure;
mod gather;
mod heard;

use self::{
    apply::decide_and_apply,
    failure::{internal, stopping, unavailable},
    gather::Pace,
};
pub use self::{authority::Authority, failure::Failure, heard::Heard};

/// The most commands that wait; a further one is turned away at once.
pub const QUEUE: usize = 1024;
/// The most commands in one transaction.
pub const BATCH: usize = 64;

/// What time it is.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A command that was carried out, durably.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// What the asker gets to see.
    pub outcome: Outcome,
    /// What the journal says of it; empty where nothing changed.
    pub entries: Vec<JournalEntry>,
    /// When it was decided.
    pub stamp: Stamp,
}

type Answer = Result<Done, Failure>;

/// What [`decide`] is; tests have others.
type Decide = fn(&dyn View, &Actor, &Command, &Stamp, &Policy) -> Result<Decision, Undecided>;

/// The only way to change the directory.
pub struct Writer {
    queue: SyncSender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
    stamps: Arc<Stamps>,
    store: Arc<dyn Store>,
    policy: Arc<Policy>,
    decide: Decide,
    heard: Heard,
    authority: Authority,
}

enum Message {
    Execute(Box<Job>),
    Observe(Arc<Observations>, SyncSender<bool>),
    Close,
}

struct Job {
    actor: Actor,
    command: Command,
    exchange: Option<ExchangeId>,
    reply: oneshot::Sender<Answer>,
}

/// The clock and what follows from it.
struct Stamps {
    clock: Clock,
    mint: Mutex<Mint>,
}

impl Stamps {
    /// Goes on after what another process has given out.
    fn follow(&self, newest: Option<Newest>) {
        if let Some(newest) = newest {
            let mut mint = self.mint.lock().unwrap_or_else(PoisonError::into_inner);
            mint.follow(newest);
        }
    }

    fn next(&self) -> Stamp {
        let clock = (self.clock)();
        let mut mint = self.mint.lock().unwrap_or_else(PoisonError::into_inner);
        mint.stamp(clock)
    }
}

impl Writer {
    /// Starts the thread, with safeguards as they are told. It goes on with stamps and ids where
    /// the store ends.
    pub fn start(
        store: Arc<dyn Store>,
        clock: Clock,
        policy: Arc<Policy>,
    ) -> Result<Self, StoreError> {
        Self::start_deciding(store, clock, policy, decide)
    }

    fn start_deciding(
        store: Arc<dyn Store>,
        clock: Clock,
        policy: Arc<Policy>,
        decide: Decide,
    ) -> Result<Self, StoreError> {
        let snapshot = store.snapshot()?;
        let mint = Mutex::new(Mint::after(&*snapshot)?);
        let heard = Heard::up_to(snapshot.totals()?.journal_last);
        drop(snapshot);
        let stamps = Arc::new(Stamps { clock, mint });
        let (queue, messages) = sync_channel(QUEUE);
        let authority = Authority::default();
        let room = Room {
            authority: authority.clone(),
            store: Arc::clone(&store),
            stamps: Arc::clone(&stamps),
            heard: heard.clone(),
            policy: Arc::clone(&policy),
            decide,
            broken: false,
            pace: Pace::default(),
        };
        let thread = thread::Builder::new()
            .name("rolecall-writer".to_owned())
            .spawn(move || room.run(&messages))
            .map_err(|error| StoreError::Failed(format!("cannot start the writer: {error}")))?;
        Ok(Self {
            queue,
            thread: Mutex::new(Some(thread)),
            stamps,
            store,
            policy,
            decide,
            heard,
            authority,
        })
    }

    /// Carries out a command. When this is ready, the change is durable; whoever stops waiting
    /// for it does not stop the command.
    pub async fn execute(
        &self,
        actor: Actor,
        command: Command,
        exchange: Option<ExchangeId>,
    ) -> Result<Done, Failure> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Job {
            actor,
            command,
            exchange,
            reply,
        });
        match self.queue.try_send(Message::Execute(job)) {
            Ok(()) => answer.await.unwrap_or_else(|_| Err(stopping())),
            Err(TrySendError::Full(_)) => Err(Failure::Overloaded),
            Err(TrySendError::Disconnected(_)) => Err(stopping()),
        }
    }

    /// What a command would do by now: decided like any other, with its journal entries numbered
    /// as they would be, but nothing is kept.
    pub fn preview(&self, actor: &Actor, command: &Command) -> Result<Done, Failure> {
        let snapshot = self.store.snapshot().map_err(|error| unavailable(&error))?;
        let last = snapshot.totals().map_err(|error| unavailable(&error))?;
        let stamp = self.stamps.next();
        let deciding =
            AssertUnwindSafe(|| (self.decide)(&*snapshot, actor, command, &stamp, &self.policy));
        let decision = match catch_unwind(deciding) {
            Ok(Ok(decision)) => decision,
            Ok(Err(Undecided::Refused(refusal))) => return Err(Failure::Refused(refusal)),
            Ok(Err(Undecided::Unreadable(error))) => return Err(unavailable(&error)),
            Err(panic) => return Err(internal(&*panic)),
        };
        let entries = (last.journal_last + 1..).zip(decision.events);
        Ok(Done {
            entries: entries
                .map(|(seq, event)| JournalEntry {
                    seq,
                    at: stamp.now,
                    actor: actor.clone(),
                    event,
                    exchange: None,
                })
                .collect(),
            outcome: decision.outcome,
            stamp,
        })
    }

    /// Writes observations, and waits for that, so that no more than these are held in memory. A store that
    /// does one thing at a time writes them after the commands that wait already. Blocks the thread. Tells
    /// whether they were written; if not, the caller still has them and can try again.
    pub fn observe(&self, observations: &Arc<Observations>) -> bool {
        if self.store.observes_beside() {
            return observed(&*self.store, observations);
        }
        let (reply, written) = sync_channel(1);
        let message = Message::Observe(Arc::clone(observations), reply);
        self.queue.try_send(message).is_ok() && written.recv() == Ok(true)
    }

    /// Tells the number of the newest journal entry, each time it has changed.
    pub fn doorbell(&self) -> watch::Receiver<u64> {
        self.heard.bell()
    }

    /// How far the journal is known.
    pub(crate) fn heard(&self) -> &Heard {
        &self.heard
    }

    /// Moves whenever a token or a provider has changed.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Carries out what waits, then stops; waits for that. Commands that come later are told so.
    pub fn close(&self) {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take() {
            let _ = self.queue.send(Message::Close);
            // A panic of the thread has been reported where it happened.
            let _ = thread.join();
        }
        self.heard.end();
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

/// What the thread has.
struct Room {
    authority: Authority,
    store: Arc<dyn Store>,
    stamps: Arc<Stamps>,
    heard: Heard,
    policy: Arc<Policy>,
    decide: Decide,
    /// A write has failed, and the store has not been reopened since.
    broken: bool,
    pace: Pace,
}

/// Why a batch came to nothing.
enum Trouble {
    /// The command at this place broke off; the others are not to blame.
    Panicked(usize, Failure),
    /// The store failed, and with it the whole batch.
    Failed(Failure),
}

impl Room {
    fn run(mut self, messages: &Receiver<Message>) {
        let mut closing = false;
        loop {
            let first = if closing {
                messages.try_recv().ok()
            } else {
                self.pace.wait(messages)
            };
            let next = match first {
                Some(Message::Execute(job)) => {
                    let (batch, next) = self.pace.gather(*job, messages);
                    self.carry_out(batch);
                    next
                }
                Some(message) => Some(message),
                None => return,
            };
            match next {
                Some(Message::Observe(observations, reply)) => {
                    let written = self.observe(&observations);
                    self.mend_at_once();
                    // Who asked may have gone away meanwhile; they are written all the same.
                    let _ = reply.send(written);
                }
                Some(Message::Close) => closing = true,
                Some(Message::Execute(_)) | None => {}
            }
        }
    }

    /// Reopens the store after a write has failed: at once rather than before the next write, since
    /// until then reads may fail, too; and before anyone is answered, so that whoever has read the
    /// answer finds it open. Where it fails, that has been logged, and the next write tries again.
    fn mend_at_once(&mut self) {
        if self.broken {
            // What has failed in its very last step may be there all the same.
            self.authority.moved();
        }
        let _ = self.mend();
    }

    fn carry_out(&mut self, batch: Vec<Job>) {
        let (start, commands) = (Instant::now(), batch.len());
        self.carry_out_together(batch);
        self.pace.note(commands, start.elapsed());
    }

    fn carry_out_together(&mut self, batch: Vec<Job>) {
        if let Err(failure) = self.mend() {
            return answer(batch, || Err(failure.clone()));
        }
        match self.attempt(&batch) {
            Ok(answers) => self.release(batch, answers),
            Err(Trouble::Failed(failure)) => {
                self.mend_at_once();
                answer(batch, || Err(failure.clone()));
            }
            Err(Trouble::Panicked(place, failure)) => {
                self.mend_at_once();
                for (index, job) in batch.into_iter().enumerate() {
                    if index == place {
                        answer(vec![job], || Err(failure.clone()));
                    } else {
                        self.carry_out_alone(job);
                    }
                }
            }
        }
    }

    fn carry_out_alone(&mut self, job: Job) {
        let result = self
            .mend()
            .map_err(Trouble::Failed)
            .and_then(|()| self.attempt(std::slice::from_ref(&job)));
        match result {
            Ok(answers) => self.release(vec![job], answers),
            Err(Trouble::Failed(failure) | Trouble::Panicked(_, failure)) => {
                self.mend_at_once();
                answer(vec![job], || Err(failure.clone()));
            }
        }
    }

    /// Reopens the store where a write has failed before.
    fn mend(&mut self) -> Result<(), Failure> {
        if !self.broken {
            return Ok(());
        }
        // What panicked once may do so again while it is let go.
        let reopened = catch_unwind(AssertUnwindSafe(|| self.store.reopen()))
            .map_err(|panic| internal(&*panic))?;
        reopened.map_err(|error| {
            tracing::error!(%error, "the store cannot be reopened");
            unavailable(&error)
        })?;
        tracing::warn!("the store has been reopened after a failed write");
        self.broken = false;
        Ok(())
    }

    /// One transaction for all of them.
    fn attempt(&mut self, batch: &[Job]) -> Result<Vec<Answer>, Trouble> {
        let mut answers = Vec::with_capacity(batch.len());
        let mut panicked = None;
        let (stamps, policy) = (&self.stamps, &*self.policy);
        let decide = |view: &dyn View, job: &Job, stamp: &Stamp| {
            (self.decide)(view, &job.actor, &job.command, stamp, policy)
        };
        let commands: Vec<&Command> = batch.iter().map(|job| &job.command).collect();
        let mut work = |transaction: &mut dyn Transaction| {
            // The store may begin anew with what other processes have written meanwhile.
            answers.clear();
            let mut ending = Ending::Discard;
            transaction.foresee(&commands)?;
            stamps.follow(transaction.newest()?);
            for (place, job) in batch.iter().enumerate() {
                let one = || decide_and_apply(decide, transaction, job, stamps.next());
                match catch_unwind(AssertUnwindSafe(|| behalf::work(job.exchange, one))) {
                    Ok(answer) => answers.push(answer?.inspect(|done| {
                        if !done.entries.is_empty() {
                            ending = Ending::Commit;
                        }
                    })),
                    Err(panic) => {
                        let told = behalf::work(job.exchange, || internal(&*panic));
                        panicked = Some((place, told));
                        return Ok(Ending::Discard);
                    }
                }
            }
            Ok(ending)
        };
        let written = catch_unwind(AssertUnwindSafe(|| self.store.write(&mut work)));
        let failure = match (written, panicked) {
            (Ok(Ok(())), None) => return Ok(answers),
            (Ok(Ok(())), Some((place, failure))) => {
                return Err(Trouble::Panicked(place, failure));
            }
            (Ok(Err(error)), _) => {
                let requests = behalf::Several(batch.iter().filter_map(|job| job.exchange));
                tracing::error!(%error, commands = batch.len(), %requests, "a write failed");
                unavailable(&error)
            }
            (Err(panic), _) => internal(&*panic),
        };
        self.broken = true;
        Err(Trouble::Failed(failure))
    }

    /// Tells everyone what is durable now.
    fn release(&self, batch: Vec<Job>, answers: Vec<Answer>) {
        let entries = answers.iter().flatten().flat_map(|done| &done.entries);
        let numbers = entries.map(|entry| entry.seq);
        let written = numbers.fold(None, |span, number| {
            let (first, last) = span.unwrap_or((number, number));
            Some((first.min(number), last.max(number)))
        });
        self.authority.heed(&answers);
        // The bell first, so that whoever has an answer finds that it has rung.
        if let Some((first, last)) = written {
            self.heard.wrote(first, last);
        }
        for (job, answer) in batch.into_iter().zip(answers) {
            // Whoever asked may be gone; the change stays.
            let _ = job.reply.send(answer);
        }
    }

    fn observe(&mut self, observations: &Observations) -> bool {
        if self.mend().is_err() {
            return false;
        }
        let is_written = observed(&*self.store, observations);
        self.broken |= !is_written;
        is_written
    }
}

/// Has the store write observations, and tells whether it did.
fn observed(store: &dyn Store, observations: &Observations) -> bool {
    match catch_unwind(AssertUnwindSafe(|| store.observe(observations))) {
        Ok(Ok(())) => return true,
        Ok(Err(error)) => tracing::error!(%error, "observations could not be written"),
        Err(panic) => {
            internal(&*panic);
        }
    }
    false
}

fn answer(batch: Vec<Job>, answer: impl Fn() -> Answer) {
    for job in batch {
        let _ = job.reply.send(answer());
    }
}

#[cfg(test)]
mod tests;
