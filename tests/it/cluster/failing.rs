//! What a process does while its store cannot be read.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rolecall::{
    directory::{Command, Provider},
    listener::Limits,
    store::{MemoryStore, Observations, Snapshot, Spent, Store, StoreError, Work},
};
use tokio::sync::watch;

use super::node::Node;
use crate::harness::{Client, within};

/// A process's store, until it is cut off.
struct Cut {
    store: MemoryStore,
    off: Arc<AtomicBool>,
}

impl Cut {
    fn check(&self) -> Result<(), StoreError> {
        if self.off.load(Ordering::Acquire) {
            return Err(StoreError::Failed("it is cut off".to_owned()));
        }
        Ok(())
    }
}

impl Store for Cut {
    fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.check()?;
        self.store.snapshot()
    }

    fn write(&self, work: &mut Work<'_>) -> Result<(), StoreError> {
        self.check()?;
        self.store.write(work)
    }

    fn observe(&self, observations: &Observations) -> Result<(), StoreError> {
        self.check()?;
        self.store.observe(observations)
    }

    fn describe(&self) -> String {
        "cut".to_owned()
    }

    fn reopen(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn bell(&self) -> Option<watch::Receiver<u64>> {
        self.store.bell()
    }

    fn share(&self, spent: &[Spent]) -> Result<Vec<Spent>, StoreError> {
        self.check()?;
        self.store.share(spent)
    }
}

async fn until(client: &Client, status: u16) {
    within(async {
        // Discovery asks for nothing but the token.
        while client.get("/ServiceProviderConfig").await.status != status {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// A token that was good is not believed for long by who cannot know whether it still is, and what
/// happened meanwhile is known once that can be told again.
#[tokio::test]
async fn who_is_cut_off_believes_no_token() {
    let store = MemoryStore::shared();
    let off = Arc::new(AtomicBool::new(false));
    let cut = Cut {
        store: store.beside(),
        off: Arc::clone(&off),
    };
    let one = Node::over("one", Arc::new(store), Limits::default()).await;
    let two = Node::over("two", Arc::new(cut), Limits::default()).await;
    let (id, revoked) = one.client(Provider::Okta).await;
    let (_, good) = one.client(Provider::Okta).await;
    let (revoked, good) = (two.turned(&revoked), two.turned(&good));
    for client in [&revoked, &good] {
        client.get("/ServiceProviderConfig").await.expect(200);
    }
    off.store(true, Ordering::Release);
    let within_two_seconds = Duration::from_secs(2);
    tokio::time::timeout(within_two_seconds, until(&revoked, 503))
        .await
        .expect("it is not believed any more");
    one.operate(Command::RevokeToken { id }).await;
    off.store(false, Ordering::Release);
    until(&good, 200).await;
    revoked.get("/ServiceProviderConfig").await.expect(401);
    // What came while it was cut off was not lost.
    let mut bell = two.engine.doorbell();
    let newest = *one.engine.doorbell().borrow();
    let heard = within(bell.wait_for(|entry| *entry == newest)).await;
    assert_eq!(*heard.expect("it has rung"), newest);
}
