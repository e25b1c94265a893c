//! A process that is killed while it writes, or may write no further: what it has acknowledged is
//! there afterwards, whole, and its journal with it (invariants 1 and 2).

use std::{
    env,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command as Process, Stdio},
    sync::Arc,
};

use super::reopen::open_again;
use rolecall::{
    directory::{Command, event::Actor},
    store::{Done, Failure, RedbStore, Store, StoreError, Writer},
};

/// Tells the child where to write.
const DIRECTORY: &str = "ROLECALL_TEST_CRASH";
const ROUNDS: usize = 3;
/// So many acknowledgements are waited for before the kill.
const ENOUGH: usize = 300;

fn name(number: u64) -> String {
    format!("role {number}")
}

fn start(directory: &Path) -> (Arc<dyn Store>, Writer) {
    let store: Arc<dyn Store> = Arc::new(open_again(directory));
    let writer = Writer::start(
        Arc::clone(&store),
        Arc::new(jiff::Timestamp::now),
        Arc::default(),
    );
    (store, writer.expect("it starts"))
}

fn roles(store: &dyn Store) -> u64 {
    let snapshot = store.snapshot().expect("a snapshot");
    snapshot.totals().expect("totals").roles
}

async fn add(writer: &Writer, number: u64) -> Result<Done, Failure> {
    let command = Command::AddRole {
        display_name: name(number),
    };
    writer.execute(Actor::System, command, None).await
}

/// Not a test of its own: what [`what_was_acknowledged_survives_a_kill`] starts and kills.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "is started by another test"]
async fn writes_until_it_is_killed() {
    let Some(directory) = env::var_os(DIRECTORY) else {
        return;
    };
    let (store, writer) = start(Path::new(&directory));
    // A kill leaves gaps in the last batch, so that a name further on than the count may be taken.
    let mut next = 2 * roles(&*store);
    let writer = Arc::new(writer);
    loop {
        let batch: Vec<_> = (next..next + 16)
            .map(|number| {
                let writer = Arc::clone(&writer);
                tokio::spawn(async move {
                    let command = Command::AddRole {
                        display_name: name(number),
                    };
                    let done = writer.execute(Actor::System, command, None).await;
                    println!(
                        "\nacknowledged {}",
                        done.map(|_| number).expect("it is added")
                    );
                })
            })
            .collect();
        next += 16;
        for task in batch {
            task.await.expect("it ends");
        }
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut acknowledged: Vec<u64> = Vec::new();
    for _ in 0..ROUNDS {
        let mut child = Process::new(env::current_exe().expect("this program"))
            .args(["--exact", "crash::writes_until_it_is_killed"])
            .args(["--ignored", "--nocapture"])
            .env(DIRECTORY, directory.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output"));
        let before = acknowledged.len();
        let mut killed = false;
        let mut line = String::new();
        while lines.read_line(&mut line).expect("its output") > 0 {
            let number = line.strip_prefix("acknowledged ");
            // What was cut off by the kill does not count.
            if let Some(number) = number.and_then(|number| number.strip_suffix('\n')) {
                acknowledged.push(number.parse().expect("a number"));
            }
            if !killed && acknowledged.len() >= before + ENOUGH {
                assert_in_use(directory.path(), child.id());
                child.kill().expect("it is killed");
                killed = true;
            }
            line.clear();
        }
        child.wait().expect("it ends");
        assert!(killed, "the child ended by itself");
        assert_whole(directory.path(), &acknowledged);
    }
}

fn assert_in_use(directory: &Path, child: u32) {
    let error = RedbStore::open(directory).expect_err("the child has it");
    let pid = child.to_string();
    assert!(
        matches!(&error, StoreError::InUse(text) if text.contains(&pid)),
        "{error}"
    );
}

fn assert_whole(directory: &Path, acknowledged: &[u64]) {
    let store = open_again(directory);
    assert_eq!(store.check().expect("a check"), Vec::<String>::new());
    let snapshot = store.snapshot().expect("a snapshot");
    for &number in acknowledged {
        let role = snapshot.role_named(&name(number)).expect("a read");
        assert!(role.is_some(), "role {number} was acknowledged and is gone");
    }
    let totals = snapshot.totals().expect("totals");
    assert_eq!(
        totals.roles, totals.journal_last,
        "an entry for each change"
    );
}

/// Not a test of its own: what [`a_file_that_may_not_grow_refuses_and_keeps`] starts.
#[tokio::test]
#[ignore = "is started by another test"]
async fn writes_until_the_file_is_full() {
    let Some(directory) = env::var_os(DIRECTORY) else {
        return;
    };
    let (store, writer) = start(Path::new(&directory));
    let mut added = 0;
    let failure = loop {
        match add(&writer, added).await {
            Ok(_) => added += 1,
            Err(failure) => break failure,
        }
    };
    assert!(matches!(failure, Failure::Unavailable(_)), "{failure}");
    // Reopened each time, and each time there is no room.
    for _ in 0..3 {
        let failure = add(&writer, added).await.expect_err("there is no room");
        assert!(matches!(failure, Failure::Unavailable(_)), "{failure}");
        assert_eq!(roles(&*store), added, "reading goes on");
    }
    assert_eq!(store.check().expect("a check"), Vec::<String>::new());
    println!("\nadded {added}");
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_grow_refuses_and_keeps() {
    let directory = tempfile::tempdir().expect("a directory");
    // Files of at most 300 or 600 kB, by the shell's unit; the signal that says so is not wanted.
    let limited = "trap '' XFSZ; ulimit -f 600; exec \"$0\" \"$@\"";
    let child = Process::new("sh")
        .args(["-c", limited])
        .arg(env::current_exe().expect("this program"))
        .args(["--exact", "crash::writes_until_the_file_is_full"])
        .args(["--ignored", "--nocapture"])
        .env(DIRECTORY, directory.path())
        .output()
        .expect("it runs");
    let output = String::from_utf8_lossy(&child.stdout);
    let added = output.lines().find_map(|line| line.strip_prefix("added "));
    let added: u64 = added.expect(&output).parse().expect("a number");
    assert!(added > 0, "there was room for some");
    let all: Vec<u64> = (0..added).collect();
    assert_whole(directory.path(), &all);
    let (store, _writer) = start(directory.path());
    assert_eq!(roles(&*store), added, "none that was refused");
}
