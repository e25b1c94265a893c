//! What the database does by itself: single rows, found or made durable one at a time, over some
//! connections.

use std::time::{Duration, Instant};

use tokio_postgres::{Client, NoTls};

use super::{
    client::{Measured, float},
    postgres::Database,
    record::{Place, Record},
};
use crate::Outcome;

/// How long it goes on in a round.
const TIME: Duration = Duration::from_millis(700);
/// How many rows there are to be found.
const ROWS: i64 = 10_000;
/// The bytes of a row.
const BYTES: usize = 1_000;

const INSERT: &str = "INSERT INTO bare (value) VALUES ($1)";
const SELECT: &str = "SELECT value FROM bare WHERE id = $1";

/// A table of single rows.
pub(crate) struct Floor {
    clients: Vec<Client>,
    _database: Database,
}

impl Floor {
    /// An empty table, and connections to it.
    pub(crate) async fn new(database: Database) -> Outcome<Self> {
        let table =
            "CREATE TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, value text)";
        let rows = format!(
            "INSERT INTO bare (value) SELECT repeat('x', {BYTES}) FROM generate_series(1, {ROWS})"
        );
        let mut clients = Vec::new();
        for _ in 0..16 {
            let (client, connection) = tokio_postgres::connect(&database.url(), NoTls).await?;
            tokio::spawn(connection);
            clients.push(client);
        }
        if let Some(client) = clients.first() {
            // Public schemas take tables of nobody but their owner.
            client.batch_execute("CREATE SCHEMA rolecall").await?;
            client.batch_execute("SET search_path = rolecall").await?;
            client.batch_execute(table).await?;
            client.batch_execute(&rows).await?;
        }
        for client in &clients {
            client.batch_execute("SET search_path = rolecall").await?;
        }
        Ok(Self {
            clients,
            _database: database,
        })
    }

    /// Over as many connections as requests are in flight, 16 at most.
    pub(crate) async fn measure(&self, in_flight: usize, record: &mut Record) -> Outcome<()> {
        let clients = self.clients.get(..in_flight).unwrap_or(&self.clients);
        let selects = over(clients, async |client| {
            let statement = client.prepare(SELECT).await?;
            repeat(async |number| {
                let id = i64::try_from(number).unwrap_or_default() * 7_919 % ROWS + 1;
                client.query_one(&statement, &[&id]).await.map(drop)
            })
            .await
        });
        record.add(Place::Bare, "rows found", in_flight, selects.await?);
        let value = "x".repeat(BYTES);
        let inserts = over(clients, async |client| {
            let statement = client.prepare(INSERT).await?;
            repeat(async |_| client.execute(&statement, &[&value]).await.map(drop)).await
        });
        record.add(Place::Bare, "rows inserted", in_flight, inserts.await?);
        Ok(())
    }
}

/// What all clients came to, each with one request in flight.
async fn over(
    clients: &[Client],
    work: impl AsyncFn(&Client) -> Result<usize, tokio_postgres::Error>,
) -> Outcome<Measured> {
    let start = Instant::now();
    let work = clients.iter().map(|client| work(client));
    let requests = futures_util::future::try_join_all(work).await?;
    let (requests, seconds) = (requests.iter().sum(), start.elapsed().as_secs_f64());
    Ok(Measured {
        requests,
        seconds,
        per_second: float(requests) / seconds,
        ..Measured::default()
    })
}

/// Does something over and over; how often.
async fn repeat(
    once: impl AsyncFn(usize) -> Result<(), tokio_postgres::Error>,
) -> Result<usize, tokio_postgres::Error> {
    let start = Instant::now();
    let mut times = 0;
    while start.elapsed() < TIME {
        once(times).await?;
        times += 1;
    }
    Ok(times)
}
