//! What stands between a node and its database: it counts how often the one waits for the other, and can
//! come between them.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// A way to the database's port.
pub(super) struct Between {
    address: SocketAddr,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    /// How often a node has sent something after it had heard all that it had asked for.
    round_trips: AtomicU64,
    /// The next connection over which a commit goes is cut before its answer comes back.
    cut_commit: AtomicBool,
    cuts: watch::Sender<u64>,
}

impl Between {
    pub(super) async fn before(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Seen::default());
        let shared = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((node, _)) = listener.accept().await {
                let seen = Arc::clone(&shared);
                tokio::spawn(async move {
                    if let Ok(database) = TcpStream::connect(("127.0.0.1", port)).await {
                        pass(node, database, &seen).await;
                    }
                });
            }
        });
        Self { address, seen }
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    /// How many round trips there were until now.
    pub(super) fn round_trips(&self) -> u64 {
        self.seen.round_trips.load(Ordering::SeqCst)
    }

    /// Has the answer to the next commit never arrive.
    pub(super) fn cut_next_commit(&self) -> watch::Receiver<u64> {
        self.seen.cut_commit.store(true, Ordering::SeqCst);
        self.seen.cuts.subscribe()
    }
}

/// Passes bytes on until one side ends.
async fn pass(mut node: TcpStream, mut database: TcpStream, seen: &Seen) {
    let (mut asked, mut told) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let mut waits = false;
    let mut cut = false;
    loop {
        tokio::select! {
            read = node.read(&mut asked), if !cut => {
                let Ok(length @ 1..) = read else { return };
                // Nobody waits for the end of what only read.
                let ends = asked[..length].windows(8).any(|word| word == b"ROLLBACK");
                if !std::mem::replace(&mut waits, true) && !ends {
                    seen.round_trips.fetch_add(1, Ordering::SeqCst);
                }
                let commits = asked[..length].windows(8).any(|word| word == b"; COMMIT");
                cut |= commits && seen.cut_commit.swap(false, Ordering::SeqCst);
                if database.write_all(&asked[..length]).await.is_err() {
                    return;
                }
            }
            read = database.read(&mut told) => {
                let Ok(length @ 1..) = read else { return };
                waits = false;
                if cut {
                    if told[..length].windows(7).any(|word| word == b"COMMIT\0") {
                        seen.cuts.send_modify(|cuts| *cuts += 1);
                        return;
                    }
                    continue;
                }
                if node.write_all(&told[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}
