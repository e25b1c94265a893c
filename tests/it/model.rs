//! The stores against each other, in memory, in a file and over `PostgreSQL`: the same commands, clocks
//! and ids must give the same outcomes, journals, lists, pages and totals, before and after reopening,
//! and the same backups.
//!
//! Many: `ROLECALL_MODEL_CASES=100000 cargo test --release --locked --test it model::the_file -- --nocapture`

mod database;
mod equal;
pub(crate) mod step;

use std::{
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Instant,
};

use jiff::{SignedDuration, Timestamp, ToSpan as _};
use proptest::{
    prelude::ProptestConfig,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use rolecall::{
    directory::{
        Command, ExchangeId, JournalEntry, Outcome, Policy, Refusal, Stamp, TokenId,
        decide::{Undecided, decide},
        event::Actor,
        safeguard::MassSuspension,
    },
    store::{
        Ending, MemoryStore, Observations, RedbStore, Store, StoreError,
        backup::{backup, restore},
    },
};
use uuid::Uuid;

use super::{fuzz::by_chance, reopen::open_again};
use database::OverPostgres;
use equal::assert_equal;
use step::{Step, role, steps};

/// Sequences of about fifty commands that every run of the tests compares between memory and a file;
/// `ROLECALL_MODEL_CASES` asks for more, `ROLECALL_MODEL_SEED` for those of an earlier run.
const CASES: u64 = 1_000;

/// As many between all three: the database is asked thousands of times in each.
const CASES_WITH_DATABASE: u64 = 40;

/// So many sequences come from one seed.
const PART: u64 = 5;

type Answer = Result<(Outcome, Vec<JournalEntry>), Refusal>;

/// Which stores are compared with the one in memory.
#[derive(Clone, Copy, PartialEq, Eq)]
enum With {
    File,
    FileAndDatabase,
}

/// The stores and the one clock.
struct Stores {
    directory: tempfile::TempDir,
    memory: MemoryStore,
    file: Option<RedbStore>,
    database: Option<OverPostgres>,
    ticks: u64,
}

impl Stores {
    fn new(with: With) -> Self {
        let directory = directory();
        Self {
            file: Some(RedbStore::open(directory.path()).expect("it opens")),
            directory,
            memory: MemoryStore::new(),
            database: (with == With::FileAndDatabase).then(OverPostgres::new),
            ticks: 0,
        }
    }

    fn file(&self) -> &RedbStore {
        self.file.as_ref().expect("the file is open")
    }

    /// Those that are compared with the one in memory.
    fn others(&self) -> Vec<&dyn Store> {
        let database = self.database.iter().map(OverPostgres::store);
        [self.file() as &dyn Store]
            .into_iter()
            .chain(database)
            .collect()
    }

    fn stamp(&mut self) -> Stamp {
        self.ticks += 1;
        let id = |part: u128| Uuid::from_u128((u128::from(self.ticks) << 80) | part);
        Stamp {
            now: at(self.ticks),
            fresh: id(1),
            fresh_conflict: id(2),
        }
    }

    /// Takes one batch in each; with `ending`, or failing after it.
    fn take(&mut self, batch: &[Step], fails: bool) {
        let snapshot = self.memory.snapshot().expect("a snapshot");
        let commands: Vec<_> = batch
            .iter()
            .filter_map(|step| step.command(&*snapshot))
            .map(|(actor, command)| (actor, command, self.stamp()))
            .map(with_own_secret)
            .collect();
        let in_memory = carry_out(&self.memory, &commands, fails);
        for other in self.others() {
            let there = carry_out(other, &commands, fails);
            assert_eq!(in_memory, there, "{}", other.describe());
        }
    }

    fn observe(&mut self, step: Step) {
        let stamp = self.stamp();
        let snapshot = self.memory.snapshot().expect("a snapshot");
        let tokens = snapshot.tokens().expect("tokens");
        let token = tokens.get(usize::from(step.which) % (tokens.len() + 1));
        let token = token.map_or(TokenId(stamp.fresh), |token| token.id);
        let observations = Observations {
            token_uses: [(token, (stamp.now, u64::from(step.with)))].into(),
            role_pushes: role(&*snapshot, step.which)
                .map(|id| (id, stamp.now))
                .into_iter()
                .collect(),
            exchanges: vec![(
                ExchangeId(stamp.fresh),
                format!("{{\"n\":{}}}", self.ticks).into(),
            )],
            keep_exchanges: u64::from(step.with % 8),
            keep_exchange_bytes: step.which.is_multiple_of(5).then_some(20),
            exchanges_since: step.which.is_multiple_of(7).then(|| at(self.ticks / 2)),
            journal_since: step.which.is_multiple_of(5).then(|| at(self.ticks / 2)),
            keep_journal: step.which.is_multiple_of(3).then(|| u64::from(step.with)),
        };
        self.memory.observe(&observations).expect("observed");
        for other in self.others() {
            other.observe(&observations).expect("observed");
        }
    }

    fn reopen(&mut self) {
        self.file = None;
        self.file = Some(open_again(self.directory.path()));
        if let Some(database) = &mut self.database {
            database.reopen();
        }
    }

    /// Opens again what has not been closed.
    fn open_again(&self) {
        for other in self.others() {
            other.reopen().expect("it opens again");
        }
    }

    fn assert_equal(&self) {
        let memory = self.memory.snapshot().expect("a snapshot");
        let found = self.memory.check().expect("a check");
        assert_eq!(found, Vec::<String>::new());
        for other in self.others() {
            let found = other.check().expect("a check");
            assert_eq!(found, Vec::<String>::new(), "{}", other.describe());
            assert_equal(&*memory, &*other.snapshot().expect("a snapshot"));
        }
    }

    /// A backup of each, taken in by every other kind of store, is the same directory and the same backup.
    fn assert_restorable(&self) {
        self.assert_restorable_from(self.file(), true);
        if let Some(database) = &self.database {
            self.assert_restorable_from(database.store(), false);
        }
    }

    fn assert_restorable_from(&self, source: &dyn Store, into_database: bool) {
        let backup = written(source);
        let directory = directory();
        let file = RedbStore::open(directory.path()).expect("it opens");
        let memory = MemoryStore::new();
        let database = self.database.as_ref().filter(|_| into_database);
        let database = database.map(|_| OverPostgres::new());
        let stores = [&memory as &dyn Store, &file].into_iter();
        for store in stores.chain(database.iter().map(OverPostgres::store)) {
            restore(store, &mut backup.as_slice()).expect("it is whole");
            assert_eq!(store.check().expect("a check"), Vec::<String>::new());
            assert_same_lines(&backup, store);
        }
        let (memory, file) = (memory.snapshot(), file.snapshot());
        assert_equal(&*memory.expect("memory"), &*file.expect("a file"));
    }
}

/// In memory where the system has such a place: what is compared here does not depend on the disk.
fn directory() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    made.expect("a directory")
}

fn written(store: &dyn Store) -> Vec<u8> {
    let mut bytes = Vec::new();
    let snapshot = store.snapshot().expect("a snapshot");
    backup(&*snapshot, Timestamp::UNIX_EPOCH, &mut bytes).expect("a backup");
    bytes
}

fn assert_same_lines(backup: &[u8], store: &dyn Store) {
    let there = written(store);
    let lines = |backup| <[u8]>::split(backup, |byte| *byte == b'\n');
    let (one, other) = (lines(backup), lines(&there));
    if let Some((one, other)) = one.zip(other).find(|(one, other)| one != other) {
        let (one, other) = (String::from_utf8_lossy(one), String::from_utf8_lossy(other));
        assert_eq!(one, other, "{}", store.describe());
    }
    assert_eq!(backup.len(), there.len(), "{}", store.describe());
}

/// No two tokens have the same secret.
fn with_own_secret(
    (actor, mut command, stamp): (Actor, Command, Stamp),
) -> (Actor, Command, Stamp) {
    if let Command::CreateToken { hash, .. } = &mut command {
        let (head, _) = hash.0.split_at_mut(16);
        head.copy_from_slice(stamp.fresh.as_bytes());
    }
    (actor, command, stamp)
}

fn at(ticks: u64) -> Timestamp {
    let microseconds = i64::try_from(ticks).expect("few ticks").microseconds();
    Timestamp::UNIX_EPOCH + microseconds
}

/// Few users are many here, so that holds come about.
fn policy(stamp: &Stamp) -> Policy {
    Policy {
        last_admin: true,
        mass_suspension: MassSuspension {
            enabled: true,
            percent: 20,
            minimum: 1 + u64::from(stamp.now.as_microsecond() % 3 != 0),
            window: SignedDuration::from_micros(40),
        },
    }
}

/// Decides and applies as the writer does.
fn carry_out(
    store: &dyn Store,
    commands: &[(Actor, Command, Stamp)],
    fails: bool,
) -> Result<Vec<Answer>, String> {
    let mut answers = Vec::new();
    let done = store.write(&mut |transaction| {
        // A store may ask again, where others were in the way.
        answers.clear();
        let all: Vec<_> = commands.iter().map(|(_, command, _)| command).collect();
        transaction.foresee(&all)?;
        for (actor, command, stamp) in commands {
            let decision = match decide(transaction, actor, command, stamp, &policy(stamp)) {
                Ok(decision) => decision,
                Err(Undecided::Refused(refusal)) => {
                    answers.push(Err(refusal));
                    continue;
                }
                Err(Undecided::Unreadable(error)) => return Err(error.into()),
            };
            for change in &decision.changes {
                transaction.apply(change)?;
            }
            let entries = decision
                .events
                .iter()
                .map(|event| transaction.append(stamp.now, actor, None, event))
                .collect::<Result<_, _>>()?;
            answers.push(Ok((decision.outcome, entries)));
        }
        if fails {
            return Err(StoreError::Failed("on purpose".to_owned()));
        }
        Ok(Ending::Commit)
    });
    match done {
        Ok(()) => Ok(answers),
        Err(error) => Err(error.to_string()),
    }
}

/// Takes every batch in each store, and compares what can be read of them.
fn agree(with: With, batches: &[Vec<Step>]) {
    let mut stores = Stores::new(with);
    for batch in batches {
        let first = batch[0];
        match first.with % 16 {
            0 => stores.observe(first),
            1 => stores.reopen(),
            2 => stores.open_again(),
            fails => stores.take(batch, fails == 3),
        }
        if first.which.is_multiple_of(8) {
            stores.assert_equal();
        }
    }
    stores.assert_equal();
    stores.reopen();
    stores.assert_equal();
    stores.assert_restorable();
}

/// What chance deals for a seed; a sequence that fails is told with it, as short as can be found.
fn dealt(with: With, cases: u32, seed: u64) {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let run = TestRunner::new_with_rng(config, random).run(&steps(), |batches| {
        agree(with, &batches);
        Ok(())
    });
    if let Err(failure) = run {
        panic!("ROLECALL_MODEL_SEED={seed} ROLECALL_MODEL_CASES={cases} finds: {failure}");
    }
}

/// Deals so many sequences, on all cores.
fn compare(with: With, cases: u64) {
    let set = |name| std::env::var(name).ok()?.parse::<u64>().ok();
    let cases = set("ROLECALL_MODEL_CASES").unwrap_or(cases);
    let seed = set("ROLECALL_MODEL_SEED").unwrap_or_else(|| by_chance() >> 16);
    let begin = Instant::now();
    // A part is dealt from a seed of its own, so that it can be dealt again alone.
    let parts = cases.div_ceil(PART);
    let next = AtomicU64::new(0);
    let done = AtomicU64::new(0);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let part = next.fetch_add(1, Ordering::Relaxed);
                    if part >= parts {
                        break;
                    }
                    let count = PART.min(cases - part * PART);
                    dealt(with, u32::try_from(count).expect("few"), seed + part);
                    let done = done.fetch_add(count, Ordering::Relaxed) + count;
                    println!(
                        "seed {}: {done} of {cases} agree, {:.0?}",
                        seed + part,
                        begin.elapsed()
                    );
                }
            });
        }
    });
}

#[test]
fn the_file_and_the_memory_agree() {
    compare(With::File, CASES);
}

#[test]
fn the_database_agrees_with_both() {
    compare(With::FileAndDatabase, CASES_WITH_DATABASE);
}
