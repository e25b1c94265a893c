//! Each access of a session fails once, and a disk is full for a while: whoever asked is told, nothing
//! is half done, and it goes on by itself (invariant 2).

use std::sync::Arc;

use jiff::Timestamp;
use rolecall::{
    directory::{
        Actor, Command, JournalEntry, PermissionLevel, Provider, Read, RoleId, UserId, UserKind,
    },
    scim::resource::UserAttributes,
    store::{Failure, RedbStore, Snapshot, Start, Store, Visible, Writer},
};
use serde_json::json;

use super::{
    disk::{Disk, Fault},
    random::Random,
    wanted,
};
use crate::harness::{Client, Reply, Server};

/// How many users there are in the end, each with a role.
const PAIRS: usize = 4;
/// More attempts than one fault can spoil: the one it befalls, and one that finds the store so.
const ATTEMPTS: usize = 3;

struct Session {
    store: Arc<dyn Store>,
    writer: Writer,
    acknowledged: Vec<JournalEntry>,
    refused: usize,
}

impl Session {
    fn held(disk: &Disk) -> Self {
        let store: Arc<dyn Store> = Arc::new(RedbStore::open_on(disk.clone()).expect("it opens"));
        let clock = Arc::new(Timestamp::now);
        let writer = Writer::start(Arc::clone(&store), clock, Arc::default()).expect("it starts");
        Self {
            store,
            writer,
            acknowledged: Vec::new(),
            refused: 0,
        }
    }

    /// Asks until the answer is not that the store failed.
    async fn ask(&mut self, command: Command) {
        for _ in 0..ATTEMPTS {
            let answer = self.writer.execute(Actor::System, command.clone(), None);
            match answer.await {
                Ok(done) => return self.acknowledged.extend(done.entries),
                Err(Failure::Unavailable(why)) => {
                    assert!(why.ends_with('.'), "a sentence: {why}");
                    self.refused += 1;
                }
                // It was kept as a whole after all, though nobody could be told for certain.
                Err(Failure::Refused(_)) if self.refused > 0 => return,
                Err(other) => panic!("{other}"),
            }
        }
        panic!("it did not mend itself");
    }

    /// Looks until it can be read: a write mends what a read has broken.
    async fn look<T>(&mut self, look: impl Fn(&dyn Snapshot) -> Read<Option<T>>) -> T {
        for _ in 0..ATTEMPTS {
            let found = self.store.snapshot().map(|snapshot| look(&*snapshot));
            if let Ok(Ok(found)) = found {
                return found.expect("it is there");
            }
            self.refused += 1;
            self.ask(Command::PassTime).await;
        }
        panic!("it cannot be read");
    }

    async fn user(&mut self, name: &str) -> UserId {
        self.look(|snapshot| snapshot.user_named(name)).await.id
    }

    async fn role(&mut self, name: &str) -> RoleId {
        self.look(|snapshot| snapshot.role_named(name)).await.id
    }

    async fn go_through(&mut self) {
        for number in 0..PAIRS {
            let (user, role) = (format!("user{number}@x.io"), format!("role {number}"));
            self.ask(add_user(&user)).await;
            self.ask(Command::AddRole {
                display_name: role.clone(),
            })
            .await;
            let (user, role) = (self.user(&user).await, self.role(&role).await);
            self.ask(Command::Attach { role, user }).await;
            self.ask(Command::RenameRole {
                id: role,
                display_name: format!("renamed {number}"),
            })
            .await;
        }
    }
}

fn add_user(user_name: &str) -> Command {
    Command::AddUser {
        kind: UserKind::Person,
        attributes: UserAttributes {
            user_name: user_name.to_owned(),
            ..UserAttributes::default()
        },
        level: PermissionLevel::User,
    }
}

/// Everything is there once, in whole changes, and in the journal what was acknowledged, in order.
fn assert_whole(store: &dyn Store, acknowledged: &[JournalEntry], case: &str) {
    let found = store.check().expect("a check");
    assert_eq!(found, Vec::<String>::new(), "{case}");
    let snapshot = store.snapshot().expect("a snapshot");
    let totals = snapshot.totals().expect("totals");
    assert_eq!((totals.persons(), totals.roles), (4, 4), "{case}");
    let roles = snapshot.roles(Visible::Everything, Start::Offset(0), 9);
    for role in roles.expect("roles") {
        assert!(role.display_name.starts_with("renamed "), "{case}");
        assert_eq!(role.local_members, 1, "{case}");
    }
    let journal = snapshot.journal(0, usize::MAX).expect("the journal");
    let mut rest = journal.iter();
    for entry in acknowledged {
        assert!(
            rest.any(|kept| kept == entry),
            "{case}: {entry:?} is missing"
        );
    }
    assert_eq!(journal.len(), 4 * PAIRS, "{case}: an entry for each change");
}

fn empty() -> Disk {
    let disk = Disk::default();
    drop(RedbStore::open_on(disk.clone()).expect("an empty store"));
    Disk::holding(disk.bytes())
}

/// How many accesses opening takes, and how many the whole session.
async fn measured(empty: &[u8]) -> (u64, u64) {
    let disk = Disk::holding(empty.to_vec());
    let mut session = Session::held(&disk);
    let opening = disk.accesses();
    session.go_through().await;
    assert_eq!(session.refused, 0);
    assert_whole(&*session.store, &session.acknowledged, "no fault");
    (opening, disk.accesses() - opening)
}

/// `ROLECALL_IO_FAULTS=1` has every access fail, not only each so many-th.
#[tokio::test]
async fn each_access_may_fail_once() {
    let step: usize = wanted("ROLECALL_IO_FAULTS", 17);
    let empty = empty().bytes();
    let (_, accesses) = measured(&empty).await;
    let mut refused = 0;
    for (kind, fault) in Fault::ALL.into_iter().enumerate() {
        for after in (0..accesses).skip(kind % step).step_by(step) {
            let case = format!("{fault:?} at access {after} of {accesses}");
            let disk = Disk::holding(empty.clone());
            let mut session = Session::held(&disk);
            disk.fail(after, fault);
            session.go_through().await;
            if disk.is_about_to_fail() {
                // The session took fewer accesses this time.
                continue;
            }
            refused += session.refused;
            assert_whole(&*session.store, &session.acknowledged, &case);
            let Session {
                writer,
                acknowledged,
                ..
            } = session;
            drop(writer);
            // What a failed sync has lost must not have been relied upon.
            let mut random = Random::of(after);
            let cut = disk.after_cut(disk.changes(), &mut random);
            let store = RedbStore::open_on(cut).unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_whole(&store, &acknowledged, &format!("{case}, after a cut"));
        }
    }
    println!(
        "each {step}. of {accesses} accesses failed in {} ways; {refused} answers said so",
        Fault::ALL.len()
    );
    assert!(refused > 0, "some faults were felt");
}

#[test]
fn a_store_that_cannot_be_opened_now_is_not_called_damaged() {
    let empty = empty().bytes();
    let disk = Disk::holding(empty.clone());
    drop(RedbStore::open_on(disk.clone()).expect("it opens"));
    for after in 0..disk.accesses() {
        let disk = Disk::holding(empty.clone());
        disk.fail(after, Fault::Error);
        if let Err(error) = RedbStore::open_on(disk.clone()) {
            let text = error.to_string();
            assert!(text.contains("the disk failed"), "at {after}: {text}");
            assert!(!text.contains("Move it away"), "at {after}: {text}");
        }
        drop(RedbStore::open_on(disk).expect("it opens the second time"));
    }
}

async fn push(client: &Client, name: &str) -> Reply {
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": name, "active": true,
    });
    client.post("/Users", user).await
}

/// Pushes until it is there. A provider does the same.
async fn push_until_there(client: &Client, name: &str, case: &str) -> usize {
    for refused in 0..=ATTEMPTS {
        let reply = push(client, name).await;
        match reply.status {
            201 | 409 => return refused,
            503 => {
                let detail = reply.refused(503, "");
                assert!(!detail.contains("panic"), "{case}: {detail}");
            }
            other => panic!("{case}: {other} {}", reply.text),
        }
    }
    panic!("{case}: it did not mend itself");
}

#[tokio::test]
async fn a_provider_hears_of_a_failing_disk_and_tries_again() {
    let disk = empty();
    let store: Arc<dyn Store> = Arc::new(RedbStore::open_on(disk.clone()).expect("it opens"));
    let server = Server::over(Arc::clone(&store)).await;
    let client = server.client(Provider::Okta).await;
    let mut refused = 0;
    let mut names = Vec::new();
    for fault in Fault::ALL {
        for after in 0..8 {
            let case = format!("{fault:?} after {after}");
            disk.fail(after, fault);
            let name = format!("{fault:?}{after}@x.io").to_lowercase();
            refused += push_until_there(&client, &name, &case).await;
            names.push(name);
        }
    }
    assert!(refused > 0, "some faults were felt");
    // Whatever fault still waited is felt now, and then all is well.
    disk.fail(0, Fault::Error);
    push_until_there(&client, "last@x.io", "the last one").await;
    push_until_there(&client, "very-last@x.io", "the very last one").await;
    for name in names {
        let target = format!("/Users?filter=userName eq \"{name}\"");
        let found = client.get(&target).await.expect(200);
        assert_eq!(found.counts(), (1, 1), "{name}");
    }
    assert_eq!(store.check().expect("a check"), [""; 0]);
}

#[tokio::test]
async fn it_goes_on_by_itself_when_there_is_space_again() {
    let disk = empty();
    let store: Arc<dyn Store> = Arc::new(RedbStore::open_on(disk.clone()).expect("it opens"));
    let server = Server::over(Arc::clone(&store)).await;
    let client = server.client(Provider::Okta).await;
    let before = client.make_user("before@x.io").await;
    disk.fill(true);
    for number in 0..5 {
        let reply = push(&client, &format!("while{number}@x.io")).await;
        reply.refused(503, "");
    }
    let reply = client.get(&format!("/Users/{before}")).await;
    assert!([200, 503].contains(&reply.status), "{}", reply.text);
    disk.fill(false);
    push_until_there(&client, "after@x.io", "with space again").await;
    client.get(&format!("/Users/{before}")).await.expect(200);
    let all = client.get("/Users").await.expect(200);
    assert_eq!(all.counts(), (2, 2), "none of those that were refused");
    assert_eq!(store.check().expect("a check"), [""; 0]);
}
