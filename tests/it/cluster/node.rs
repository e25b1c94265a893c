//! One of several processes over one store, in this process.

use std::{env, net::SocketAddr, sync::Arc};

use rolecall::{
    directory::{Actor, Command, Outcome, Provider, TokenId},
    listener::{Limits, Listener, ListenerOptions},
    service::{Engine, EngineOptions, Secret, recorder::Recorder},
    store::{MemoryStore, Store, postgres::PostgresStore},
};
use tokio::sync::oneshot;

use crate::{
    harness::{Client, within},
    postgres::Database,
};

/// What processes share: a database where `ROLECALL_TEST_STORE` says so, or else what plays one.
pub(super) enum Shared {
    Memory(MemoryStore),
    Database(Database),
}

impl Shared {
    pub(super) fn new() -> Arc<Self> {
        let is_database = env::var("ROLECALL_TEST_STORE").is_ok_and(|kind| kind == "postgres");
        Arc::new(if is_database {
            Self::Database(Database::new())
        } else {
            Self::Memory(MemoryStore::shared())
        })
    }

    /// A process's store.
    pub(super) fn store(&self, node: &str) -> Arc<dyn Store> {
        match self {
            Self::Memory(store) => Arc::new(store.beside()),
            Self::Database(database) => {
                let store = PostgresStore::open(&database.options(node));
                Arc::new(store.expect("a database"))
            }
        }
    }
}

/// A process: an engine with its listener.
pub(super) struct Node {
    pub(super) engine: Arc<Engine>,
    pub(super) address: SocketAddr,
    /// The listener ends with it.
    _running: oneshot::Sender<()>,
    /// Outlives the engine.
    _shared: Option<Arc<Shared>>,
}

/// Two processes over one store, called one and two.
pub(super) async fn two(limits: Limits) -> (Node, Node) {
    two_over(&Shared::new(), limits).await
}

/// Two processes over this store.
pub(super) async fn two_over(shared: &Arc<Shared>, limits: Limits) -> (Node, Node) {
    let start = |name| Node::start(name, shared, limits);
    (start("one").await, start("two").await)
}

impl Node {
    pub(super) async fn start(name: &str, shared: &Arc<Shared>, limits: Limits) -> Self {
        Self {
            _shared: Some(Arc::clone(shared)),
            ..Self::over(name, shared.store(name), limits).await
        }
    }

    /// Over this store.
    pub(super) async fn over(name: &str, store: Arc<dyn Store>, limits: Limits) -> Self {
        let options = EngineOptions {
            node: name.to_owned(),
            ..EngineOptions::default()
        };
        let engine = Engine::start(store, options).expect("a readable store");
        let options = ListenerOptions {
            limits,
            ..ListenerOptions::default()
        };
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = Listener::bind(anywhere, options, Arc::clone(&engine)).await;
        let listener = listener.expect("a free port");
        let address = listener.local_address();
        let (running, ended) = oneshot::channel::<()>();
        tokio::spawn(listener.run(async {
            let _ = ended.await;
        }));
        Self {
            engine,
            address,
            _running: running,
            _shared: None,
        }
    }

    pub(super) fn recorder(&self) -> &Recorder {
        self.engine.recorder()
    }

    /// Has an operator's command carried out.
    pub(super) async fn operate(&self, command: Command) -> Outcome {
        let operator = Actor::Operator {
            name: "test".to_owned(),
        };
        let done = within(self.engine.execute(operator, command, None)).await;
        done.expect("the operator may").outcome
    }

    /// A new token of a provider, which comes to this process.
    pub(super) async fn client(&self, provider: Provider) -> (TokenId, Client) {
        let mut random = [0; 32];
        getrandom::fill(&mut random).expect("randomness");
        let secret = Secret::generate(provider, random);
        let made = self.operate(Command::CreateToken {
            provider,
            name: "test".to_owned(),
            expires: None,
            hash: secret.hash(),
            prefix: secret.prefix(),
        });
        let Outcome::Token(token) = made.await else {
            panic!("no token was made");
        };
        let client = Client {
            address: self.address,
            headers: format!(
                "Authorization: Bearer {}\r\nContent-Type: application/scim+json\r\n",
                secret.expose()
            ),
        };
        (token.id, client)
    }

    /// A client that comes to this process instead.
    pub(super) fn turned(&self, client: &Client) -> Client {
        Client {
            address: self.address,
            headers: client.headers.clone(),
        }
    }
}
