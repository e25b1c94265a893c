//! Batches, refusals, panics and failed commits, against a store that does as it is told.

use std::sync::{
    Condvar,
    atomic::{AtomicUsize, Ordering},
};

use super::*;
use crate::directory::Refusal;
use crate::{
    directory::Event,
    store::{MemoryStore, Snapshot, Work, check},
};

/// A store in memory that fails, breaks off or waits when it is told to.
#[derive(Default)]
struct Moody {
    memory: MemoryStore,
    /// So many of the next commits fail.
    failing: AtomicUsize,
    /// So many of the next reopenings fail.
    closed: AtomicUsize,
    reopened: AtomicUsize,
    /// How many transactions have come to the gate, and passed it.
    arrived: AtomicUsize,
    transactions: AtomicUsize,
    /// Transactions wait while this is true.
    gate: Mutex<bool>,
    opened: Condvar,
}

impl Moody {
    fn hold(&self, held: bool) {
        *self.gate.lock().expect("the gate") = held;
        self.opened.notify_all();
    }
}

fn spend(count: &AtomicUsize) -> bool {
    let spent = count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
        left.checked_sub(1)
    });
    spent.is_ok()
}

impl Store for Moody {
    fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.memory.snapshot()
    }

    fn write(&self, work: &mut Work<'_>) -> Result<(), StoreError> {
        self.arrived.fetch_add(1, Ordering::SeqCst);
        let gate = self.gate.lock().expect("the gate");
        drop(
            self.opened
                .wait_while(gate, |held| *held)
                .expect("the gate"),
        );
        self.transactions.fetch_add(1, Ordering::SeqCst);
        self.memory.write(&mut |transaction| {
            let ending = work(transaction)?;
            if ending == Ending::Commit && spend(&self.failing) {
                return Err(StoreError::Failed("the disk is full".to_owned()));
            }
            Ok(ending)
        })
    }

    fn observe(&self, observations: &Observations) -> Result<(), StoreError> {
        self.memory.observe(observations)
    }

    fn describe(&self) -> String {
        "moody".to_owned()
    }

    fn reopen(&self) -> Result<(), StoreError> {
        if spend(&self.closed) {
            return Err(StoreError::Failed("the disk is gone".to_owned()));
        }
        self.reopened.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

fn noon() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a time")
}

fn start() -> (Arc<Moody>, Arc<Writer>) {
    let store = Arc::new(Moody::default());
    let shared: Arc<dyn Store> = store.clone();
    let writer = Writer::start(shared, Arc::new(noon), Arc::default()).expect("it starts");
    (store, Arc::new(writer))
}

fn operator() -> Actor {
    Actor::Operator {
        name: "olga".to_owned(),
    }
}

fn add_role(name: &str) -> Command {
    Command::AddRole {
        display_name: name.to_owned(),
    }
}

async fn add(writer: &Writer, name: &str) -> Result<Done, Failure> {
    writer.execute(operator(), add_role(name), None).await
}

/// Has all of these wait before the first is carried out.
async fn together(store: &Moody, writer: &Arc<Writer>, names: &[&str]) -> Vec<Answer> {
    store.hold(true);
    let tasks: Vec<_> = names
        .iter()
        .map(|name| {
            let (writer, name) = (Arc::clone(writer), (*name).to_owned());
            tokio::spawn(async move { add(&writer, &name).await })
        })
        .collect();
    // One thread runs the tasks in turn: after this, each has put its command into the queue.
    tokio::task::yield_now().await;
    store.hold(false);
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("the task ends"));
    }
    answers
}

fn numbers(answers: &[Answer]) -> Vec<Option<u64>> {
    let number = |answer: &Answer| Some(answer.as_ref().ok()?.entries.first()?.seq);
    answers.iter().map(number).collect()
}

#[tokio::test]
async fn a_refusal_leaves_its_batch_alone() {
    let (store, writer) = start();
    let answers = together(&store, &writer, &["one", "two", "ONE", "three"]).await;
    assert_eq!(numbers(&answers), [Some(1), Some(2), None, Some(3)]);
    assert!(matches!(
        answers[2],
        Err(Failure::Refused(Refusal::NameTaken { .. }))
    ));
    assert!(
        store.transactions.load(Ordering::SeqCst) <= 2,
        "one batch, at most two"
    );
    assert_eq!(*writer.doorbell().borrow(), 3);
    let snapshot = store.snapshot().expect("a snapshot");
    assert_eq!(check(&*snapshot).expect("a check"), Vec::<String>::new());
}

#[tokio::test]
async fn the_doorbell_rings_after_the_commit_and_only_for_changes() {
    let (store, writer) = start();
    let mut bell = writer.doorbell();
    let done = add(&writer, "one").await.expect("added");
    bell.changed().await.expect("it rings");
    assert_eq!(*bell.borrow_and_update(), done.entries[0].seq);
    let snapshot = store.snapshot().expect("a snapshot");
    assert_eq!(snapshot.journal(0, 9).expect("the journal"), done.entries);
    add(&writer, "one").await.expect_err("the name is taken");
    assert!(!bell.has_changed().expect("the writer lives"));
}

#[tokio::test]
async fn a_failed_commit_fails_all_and_is_mended_before_the_next() {
    let (store, writer) = start();
    add(&writer, "before").await.expect("added");
    store.failing.store(1, Ordering::SeqCst);
    // Once right after the failure, and once before the next command.
    store.closed.store(2, Ordering::SeqCst);
    let failed = add(&writer, "lost").await.expect_err("the disk is full");
    assert!(
        matches!(&failed, Failure::Unavailable(why) if why.contains("disk is full")),
        "{failed}"
    );
    let closed = add(&writer, "also lost")
        .await
        .expect_err("the disk is gone");
    assert!(
        matches!(&closed, Failure::Unavailable(why) if why.contains("disk is gone")),
        "{closed}"
    );
    assert_eq!(*writer.doorbell().borrow(), 1);
    let after = add(&writer, "after").await.expect("added");
    assert_eq!(store.reopened.load(Ordering::SeqCst), 1);
    assert_eq!(after.entries[0].seq, 2, "no gap where nothing was kept");
    let snapshot = store.snapshot().expect("a snapshot");
    assert_eq!(snapshot.role_named("lost").expect("a read"), None);
}

#[tokio::test]
async fn every_command_of_a_failed_batch_hears_of_it() {
    let (store, writer) = start();
    store.failing.store(2, Ordering::SeqCst);
    let answers = together(&store, &writer, &["one", "two", "ONE"]).await;
    for answer in answers {
        assert!(matches!(answer, Err(Failure::Unavailable(_))), "{answer:?}");
    }
    let snapshot = store.snapshot().expect("a snapshot");
    assert_eq!(snapshot.totals().expect("totals").roles, 0);
}

#[tokio::test]
async fn a_full_queue_turns_away_at_once_and_closing_finishes_what_waits() {
    let (store, writer) = start();
    store.hold(true);
    let mut tasks = Vec::new();
    let mut turned_away = 0;
    for number in 0..QUEUE + 2 * BATCH {
        let writer = Arc::clone(&writer);
        let name = format!("role {number}");
        let task = tokio::spawn(async move { add(&writer, &name).await });
        tokio::task::yield_now().await;
        if task.is_finished() {
            assert_eq!(task.await.expect("it ends"), Err(Failure::Overloaded));
            turned_away += 1;
        } else {
            tasks.push(task);
        }
        // The first is at the gate before the others come: nothing is taken from the queue later on.
        while store.arrived.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
    }
    assert!((BATCH..=2 * BATCH).contains(&turned_away), "{turned_away}");
    let rest = Arc::new(Observations::default());
    assert!(!writer.observe(&rest), "kept for later");
    store.hold(false);
    let closing = Arc::clone(&writer);
    let closed = tokio::task::spawn_blocking(move || closing.close());
    closed.await.expect("it closes");
    for task in tasks {
        task.await
            .expect("it ends")
            .expect("what waited was carried out");
    }
    let late = add(&writer, "late").await.expect_err("it is closed");
    assert_eq!(late, stopping());
    writer.close();
}

#[tokio::test]
async fn a_preview_tells_and_keeps_nothing() {
    let (store, writer) = start();
    add(&writer, "one").await.expect("added");
    let preview = writer
        .preview(&operator(), &add_role("two"))
        .expect("a preview");
    assert_eq!(preview.entries[0].seq, 2);
    let refused = writer.preview(&operator(), &add_role("One"));
    assert!(matches!(refused, Err(Failure::Refused(_))));
    let snapshot = store.snapshot().expect("a snapshot");
    assert_eq!(snapshot.totals().expect("totals").roles, 1);
    let done = add(&writer, "two").await.expect("added");
    assert_eq!(done.entries[0].event, preview_event(&preview, &done));
    assert!(done.stamp.now > preview.stamp.now);
}

/// The previewed event with the id that was minted in the end.
fn preview_event(preview: &Done, done: &Done) -> Event {
    let event = &preview.entries[0].event;
    let text = serde_json::to_string(event).expect("JSON");
    let previewed = preview.stamp.fresh.to_string();
    let text = text.replace(&previewed, &done.stamp.fresh.to_string());
    serde_json::from_str(&text).expect("an event")
}

#[tokio::test]
async fn stamps_rise_while_the_clock_stands_and_after_a_restart() {
    let (store, writer) = start();
    let first = add(&writer, "one").await.expect("added").stamp;
    let second = add(&writer, "two").await.expect("added").stamp;
    assert!(second.now > first.now && second.fresh > first.fresh);
    writer.close();
    let an_hour_before: Clock = Arc::new(|| noon() - jiff::SignedDuration::from_hours(1));
    let shared: Arc<dyn Store> = store;
    let writer = Writer::start(shared, an_hour_before, Arc::default()).expect("it starts");
    assert_eq!(*writer.doorbell().borrow(), 2);
    let third = add(&writer, "three").await.expect("added").stamp;
    assert!(third.now > second.now && third.fresh > second.fresh);
}

/// Decides as ever, but breaks off at one name.
fn breaking_off(
    view: &dyn View,
    actor: &Actor,
    command: &Command,
    stamp: &Stamp,
    policy: &Policy,
) -> Result<Decision, Undecided> {
    assert_ne!(*command, add_role("panic"), "on purpose");
    decide(view, actor, command, stamp, policy)
}

#[tokio::test]
async fn a_panic_answers_one_command_and_the_others_go_on() {
    let store = Arc::new(Moody::default());
    let shared: Arc<dyn Store> = store.clone();
    let writer = Writer::start_deciding(shared, Arc::new(noon), Arc::default(), breaking_off);
    let writer = Arc::new(writer.expect("it starts"));
    let answers = together(&store, &writer, &["one", "two", "panic", "three"]).await;
    assert_eq!(numbers(&answers), [Some(1), Some(2), None, Some(3)]);
    assert!(
        matches!(&answers[2], Err(Failure::Unavailable(why)) if why.contains("internal error")),
        "{:?}",
        answers[2]
    );
    let preview = writer.preview(&operator(), &add_role("panic"));
    assert!(matches!(preview, Err(Failure::Unavailable(_))));
    add(&writer, "four").await.expect("it goes on");
    assert_eq!(
        store.reopened.load(Ordering::SeqCst),
        0,
        "the store is not to blame"
    );
}
