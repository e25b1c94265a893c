//! A process that is killed while it writes: what it has acknowledged is there afterwards, whole,
//! and its journal with it (invariant 1).

use std::{
    env,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command as Process, Stdio},
    sync::Arc,
};

use rolecall::{
    directory::{Command, event::Actor},
    store::{RedbStore, Store, StoreError, Writer},
};

/// Tells the child where to write.
const DIRECTORY: &str = "ROLECALL_TEST_CRASH";
const ROUNDS: usize = 3;
/// So many acknowledgements are waited for before the kill.
const ENOUGH: usize = 300;

fn name(number: u64) -> String {
    format!("role {number}")
}

/// Not a test of its own: what [`what_was_acknowledged_survives_a_kill`] starts and kills.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "is started by another test"]
async fn writes_until_it_is_killed() {
    let Some(directory) = env::var_os(DIRECTORY) else {
        return;
    };
    let store: Arc<dyn Store> = Arc::new(RedbStore::open(Path::new(&directory)).expect("opens"));
    let snapshot = store.snapshot().expect("a snapshot");
    let mut next = snapshot.totals().expect("totals").roles;
    drop(snapshot);
    let writer = Writer::start(store, Arc::new(jiff::Timestamp::now)).expect("it starts");
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
    let store = RedbStore::open(directory).expect("it opens");
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
