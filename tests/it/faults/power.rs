//! The power goes at any moment of a session, and once more while the store recovers: everything that
//! was acknowledged is there, each journal entry with its change, and nothing else (invariant 1).

use std::{
    ops::RangeInclusive,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use jiff::{Timestamp, ToSpan as _};
use rolecall::{
    directory::{Actor, Command, ExchangeId, JournalEntry},
    store::{Observations, RedbStore, Snapshot, Store, Writer, backup::backup, writer::Clock},
};
use uuid::Uuid;

use super::{disk::Disk, random::Random, wanted};
use crate::model::step::Step;

/// How many commands, and notes of what was observed, a session has at most.
const ROUNDS: usize = 24;
/// The power goes so many times in each session.
const CUTS: usize = 32;

/// What was durable, as the asker was told, once the disk had taken so many changes.
struct Moment {
    changes: usize,
    journal_last: u64,
    directory: Vec<u8>,
}

/// A session that went well, from which every cut is made.
struct Session {
    disk: Disk,
    moments: Vec<Moment>,
    journal: Vec<JournalEntry>,
}

/// The clock ticks a microsecond at each look.
fn clock() -> Clock {
    let ticks = AtomicI64::new(0);
    Arc::new(move || {
        let ticks = ticks.fetch_add(1, Ordering::Relaxed);
        Timestamp::UNIX_EPOCH + ticks.microseconds()
    })
}

fn written(snapshot: &dyn Snapshot) -> Vec<u8> {
    let mut bytes = Vec::new();
    backup(snapshot, Timestamp::UNIX_EPOCH, &mut bytes).expect("a backup");
    bytes
}

fn journal(snapshot: &dyn Snapshot) -> Vec<JournalEntry> {
    snapshot.journal(0, usize::MAX).expect("the journal")
}

impl Moment {
    fn now(disk: &Disk, store: &dyn Store) -> Self {
        let snapshot = store.snapshot().expect("a snapshot");
        Self {
            changes: disk.changes(),
            journal_last: snapshot.totals().expect("totals").journal_last,
            directory: written(&*snapshot),
        }
    }
}

impl Session {
    async fn held(random: &mut Random) -> Self {
        let empty = Disk::default();
        drop(RedbStore::open_on(empty.clone()).expect("an empty store"));
        let disk = Disk::holding(empty.bytes());
        let store: Arc<dyn Store> =
            Arc::new(RedbStore::open_on(disk.clone()).expect("it opens again"));
        let writer = Writer::start(Arc::clone(&store), clock(), Arc::default());
        let writer = Arc::new(writer.expect("it starts"));
        // Opening writes, too; nothing was acknowledged before.
        let mut moments = vec![Moment {
            changes: 0,
            ..Moment::now(&disk, &*store)
        }];
        let mut told = Vec::new();
        for round in 0..ROUNDS {
            if random.below(8) == 0 {
                let observations = observations(&*store, round);
                let writer = Arc::clone(&writer);
                let observing = tokio::task::spawn_blocking(move || writer.observe(&observations));
                assert!(observing.await.expect("it ends"), "it is written");
            } else {
                told.extend(carry_out(&*store, &writer, random).await);
            }
            moments.push(Moment::now(&disk, &*store));
        }
        drop(writer);
        let journal = journal(&*store.snapshot().expect("a snapshot"));
        told.sort_by_key(|entry| entry.seq);
        assert_eq!(told, journal, "what was told is what there is");
        Self {
            disk,
            moments,
            journal,
        }
    }

    /// The moment that was reached for certain when the power went, and the one after it.
    fn around(&self, at: usize) -> (&Moment, &Moment) {
        let reached = self
            .moments
            .iter()
            .rposition(|moment| moment.changes <= at)
            .expect("the first one is reached at once");
        let next = (reached + 1).min(self.moments.len() - 1);
        (&self.moments[reached], &self.moments[next])
    }

    fn assert_kept(&self, store: &RedbStore, at: usize, case: &str) {
        let found = store.check().expect("a check");
        assert_eq!(found, Vec::<String>::new(), "{case}");
        let snapshot = store.snapshot().expect("a snapshot");
        let journal = journal(&*snapshot);
        let (reached, next) = self.around(at);
        let range: RangeInclusive<u64> = reached.journal_last..=next.journal_last;
        let last = journal.len() as u64;
        assert!(range.contains(&last), "{case}: {last} is not in {range:?}");
        assert_eq!(journal, self.journal[..journal.len()], "{case}");
        // Of commands that came in one batch, the state in between was not looked at.
        if last == reached.journal_last || last == next.journal_last {
            let directory = written(&*snapshot);
            let is_one = directory == reached.directory || directory == next.directory;
            assert!(is_one, "{case}: another directory than the journal tells");
        }
    }
}

/// One to three commands at a time, so that some share a transaction. Gives the entries they were
/// told of.
async fn carry_out(
    store: &dyn Store,
    writer: &Arc<Writer>,
    random: &mut Random,
) -> Vec<JournalEntry> {
    let mut asked = Vec::new();
    for _ in 0..=random.below(3) {
        let snapshot = store.snapshot().expect("a snapshot");
        let Some((actor, mut command)) = Step::of(random.bytes()).command(&*snapshot) else {
            continue;
        };
        if let Command::CreateToken { hash, .. } = &mut command {
            hash.0[..4].copy_from_slice(&random.bytes());
        }
        let writer = Arc::clone(writer);
        asked.push(tokio::spawn(async move {
            writer.execute(actor, command, None).await
        }));
    }
    let mut entries = Vec::new();
    for answer in asked {
        // A refusal changes nothing.
        if let Ok(done) = answer.await.expect("it ends") {
            entries.extend(done.entries);
        }
    }
    entries
}

fn observations(store: &dyn Store, round: usize) -> Arc<Observations> {
    let snapshot = store.snapshot().expect("a snapshot");
    let tokens = snapshot.tokens().expect("tokens");
    let id = ExchangeId(Uuid::from_u128(1 + round as u128));
    Arc::new(Observations {
        token_uses: tokens
            .iter()
            .map(|token| (token.id, (Timestamp::UNIX_EPOCH, 3)))
            .collect(),
        exchanges: vec![(id, format!("{{\"round\":{round}}}").into())],
        keep_exchanges: 4,
        ..Observations::default()
    })
}

/// It goes on: one more change is made, durably, and the numbers go on, too.
async fn assert_goes_on(store: RedbStore, case: &str) {
    let store: Arc<dyn Store> = Arc::new(store);
    let writer = Writer::start(Arc::clone(&store), clock(), Arc::default()).expect("it starts");
    let last = *writer.doorbell().borrow();
    let command = Command::AddRole {
        display_name: "after the cut".to_owned(),
    };
    let done = writer.execute(Actor::System, command, None).await;
    let done = done.unwrap_or_else(|failure| panic!("{case}: {failure}"));
    assert_eq!(done.entries[0].seq, last + 1, "{case}");
    assert_eq!(store.check().expect("a check"), [""; 0], "{case}");
}

fn opened(disk: &Disk, case: &str) -> RedbStore {
    RedbStore::open_on(disk.clone()).unwrap_or_else(|error| panic!("{case}: {error}"))
}

#[tokio::test]
async fn what_was_acknowledged_survives_power_cuts() {
    let first: u64 = wanted("ROLECALL_POWER_SEED", 0);
    let cuts: usize = wanted("ROLECALL_POWER_CUTS", 160);
    for seed in (first..).take(cuts.div_ceil(CUTS)) {
        let mut random = Random::of(seed);
        let session = Session::held(&mut random).await;
        for _ in 0..CUTS {
            let at = random.below(session.disk.changes() + 1);
            let case = format!("ROLECALL_POWER_SEED={seed}, cut at change {at}");
            let disk = session.disk.after_cut(at, &mut random);
            let store = opened(&disk, &case);
            session.assert_kept(&store, at, &case);
            drop(store);
            let again = random.below(disk.changes() + 1);
            let case = format!("{case}, and again at change {again} of the recovery");
            let store = opened(&disk.after_cut(again, &mut random), &case);
            session.assert_kept(&store, at, &case);
            assert_goes_on(store, &case).await;
        }
        println!("seed {seed}: the power went {CUTS} times, and as often again");
    }
}
