//! What a node does while its database answers late, not at all, or otherwise than it should; and what
//! its requests cost there.

mod between;
mod cost;
mod encrypted;
mod killed;
mod layout;
mod plans;
mod trouble;

use std::sync::Arc;

use rolecall::{
    listener::ListenerOptions,
    store::{PostgresStore, Store},
};

use super::{harness::Server, postgres::Database};

/// A node over the database, or over what stands before it at this port.
async fn node(database: &Database, name: &str, port: Option<u16>) -> Server {
    let mut options = database.options(name);
    if let Some(port) = port {
        options.url = database.url_at(port);
    }
    let opened = tokio::task::spawn_blocking(move || PostgresStore::open(&options));
    let store = opened.await.expect("no panic").expect("it opens");
    let store: Arc<dyn Store> = Arc::new(store);
    Server::with_options(ListenerOptions::default(), store).await
}
