//! What is noted beside the directory: uses of tokens, pushes of roles, recorded exchanges, and what of
//! them goes again.

use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    link::{Step, Value, step},
    rows::{Rows, cell, count, moment, number},
    table,
};
use crate::store::{Observations, StoreError, TRIM_AT_ONCE, first_exchange_since};

// Numbers go on from the last one, and follow the clock: what the database forgets when it crashes, whose
// numbers others may have read, has smaller ones than what is stored then.
const LOCK: &str = "SELECT greatest(stored, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint), count, bytes \
    FROM rolecall.exchange_head WHERE single FOR UPDATE";
const INSERT: &str = "WITH new AS (INSERT INTO rolecall.exchanges (id, stored, node, bytes, exchange) \
    SELECT id, $1::bigint + place, $2::text, bytes, exchange::json \
    FROM unnest($3::uuid[], $4::bigint[], $5::text[]) WITH ORDINALITY AS given (id, bytes, exchange, place) \
    ON CONFLICT (id) DO NOTHING RETURNING bytes) \
    SELECT count(*), coalesce(sum(bytes), 0)::bigint FROM new";
const TRIM: &str = "WITH oldest AS (SELECT id, row_number() OVER (ORDER BY id) AS place, \
    sum(bytes) OVER (ORDER BY id) - bytes AS before \
    FROM (SELECT id, bytes FROM rolecall.exchanges ORDER BY id LIMIT $3) first), \
    gone AS (DELETE FROM rolecall.exchanges kept USING oldest WHERE kept.id = oldest.id \
    AND (oldest.place <= $1 OR oldest.before < $2::bigint) RETURNING kept.bytes) \
    SELECT count(*), coalesce(sum(bytes), 0)::bigint FROM gone";
const TRIM_SINCE: &str = "WITH gone AS (DELETE FROM rolecall.exchanges WHERE id IN \
    (SELECT id FROM rolecall.exchanges WHERE id < $1 ORDER BY id LIMIT $2) RETURNING bytes) \
    SELECT count(*), coalesce(sum(bytes), 0)::bigint FROM gone";
const MOVE: &str =
    "UPDATE rolecall.exchange_head SET stored = $1, count = $2, bytes = $3 WHERE single";
// The ids twice, so that the database does not rather look at every row than believe in few.
const USES: &str = "UPDATE rolecall.tokens kept SET requests = kept.requests + used.requests, \
    last_used = greatest(coalesce(kept.last_used, used.at), used.at) \
    FROM json_to_recordset($1::text::json) AS used (id uuid, at timestamptz, requests bigint) \
    WHERE kept.id = used.id AND kept.id = ANY($2)";
const PUSHES: &str = "UPDATE rolecall.roles kept \
    SET last_push = greatest(coalesce(kept.last_push, pushed.at), pushed.at) \
    FROM json_to_recordset($1::text::json) AS pushed (id uuid, at timestamptz) \
    WHERE kept.id = pushed.id AND kept.id = ANY($2)";
const TRIM_JOURNAL: &str = "DELETE FROM rolecall.journal WHERE seq IN \
    (SELECT seq FROM rolecall.journal ORDER BY seq LIMIT $1) \
    AND (at < $2::text::timestamptz OR seq <= (SELECT max(seq) FROM rolecall.journal) - $3) \
    AND seq < (SELECT max(seq) FROM rolecall.journal)";

/// How many exchanges there are, and their bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Amount {
    exchanges: i64,
    bytes: i64,
}

impl Rows {
    /// Stores exchanges and lets the oldest go, and gives what is still to be sent for that. Who does so
    /// waits for who does the same, and for nobody else.
    pub(super) fn keep_exchanges(
        &self,
        observations: &Observations,
    ) -> Result<Option<Step>, StoreError> {
        let trims = observations.exchanges_since.is_some();
        if observations.exchanges.is_empty() && !trims {
            return Ok(None);
        }
        let head = self.link.rows(LOCK, Vec::new())?;
        let Some(head) = head.first() else {
            return Err(StoreError::Damaged(
                "the table rolecall.exchange_head has no row; restore a backup of the database"
                    .to_owned(),
            ));
        };
        let stored: i64 = cell(head, 0)?;
        let mut kept = Amount {
            exchanges: cell(head, 1)?,
            bytes: cell(head, 2)?,
        };
        if !observations.exchanges.is_empty() {
            let new = self.put(stored, observations)?;
            kept.exchanges += new.exchanges;
            kept.bytes += new.bytes;
        }
        for (sql, values) in trimming(observations, kept) {
            let gone = self.amount(sql, values)?;
            kept.exchanges -= gone.exchanges;
            kept.bytes -= gone.bytes;
        }
        let values: Vec<Value> = vec![
            Box::new(stored + count(observations.exchanges.len())),
            Box::new(kept.exchanges),
            Box::new(kept.bytes),
        ];
        Ok(Some(step(MOVE, values)))
    }

    /// Puts the exchanges behind the last number, and gives how many were new.
    fn put(&self, after: i64, observations: &Observations) -> Result<Amount, StoreError> {
        let exchanges = &observations.exchanges;
        let ids: Vec<Uuid> = exchanges.iter().map(|(id, _)| id.0).collect();
        let bytes: Vec<i64> = exchanges
            .iter()
            .map(|(_, json)| count(json.len()))
            .collect();
        let texts: Vec<String> = exchanges.iter().map(|(_, json)| json.to_string()).collect();
        let values: Vec<Value> = vec![
            Box::new(after),
            Box::new(self.node.clone()),
            Box::new(ids),
            Box::new(bytes),
            Box::new(texts),
        ];
        self.amount(INSERT, values)
    }

    fn amount(&self, sql: &'static str, values: Vec<Value>) -> Result<Amount, StoreError> {
        let rows = self.link.rows(sql, values)?;
        Ok(match rows.first() {
            Some(row) => Amount {
                exchanges: cell(row, 0)?,
                bytes: cell(row, 1)?,
            },
            None => Amount::default(),
        })
    }

    /// What notes uses of tokens and pushes of roles that are here.
    pub(super) fn uses(observations: &Observations) -> Result<Vec<Step>, StoreError> {
        let mut steps: Vec<Step> = Vec::new();
        let uses: Vec<Json> = observations
            .token_uses
            .iter()
            .map(|(id, (at, requests))| json!({"id": id, "at": at, "requests": requests}))
            .collect();
        if !uses.is_empty() {
            let ids: Vec<Uuid> = observations.token_uses.keys().map(|id| id.0).collect();
            steps.push(step(
                USES,
                vec![Box::new(table::text(&uses)?), Box::new(ids)],
            ));
        }
        let pushes: Vec<Json> = observations
            .role_pushes
            .iter()
            .map(|(id, at)| json!({"id": id, "at": at}))
            .collect();
        if !pushes.is_empty() {
            let ids: Vec<Uuid> = observations.role_pushes.keys().map(|id| id.0).collect();
            steps.push(step(
                PUSHES,
                vec![Box::new(table::text(&pushes)?), Box::new(ids)],
            ));
        }
        Ok(steps)
    }

    /// Lets go of journal entries for their age or number. The newest stays: time and numbers go on
    /// from there.
    pub(super) fn trim_journal(&self, observations: &Observations) -> Result<(), StoreError> {
        let (since, keep) = (observations.journal_since, observations.keep_journal);
        if since.is_none() && keep.is_none() {
            return Ok(());
        }
        let values: Vec<Value> = vec![
            Box::new(count(TRIM_AT_ONCE)),
            Box::new(moment(since.unwrap_or(jiff::Timestamp::MIN))),
            Box::new(keep.map_or(i64::MAX, number)),
        ];
        self.link.rows(TRIM_JOURNAL, values).map(drop)
    }
}

/// What lets go of the exchanges that are older, or more, than is to be kept.
fn trimming(observations: &Observations, kept: Amount) -> Vec<(&'static str, Vec<Value>)> {
    let mut all: Vec<(&'static str, Vec<Value>)> = Vec::new();
    let most = count(TRIM_AT_ONCE);
    let beyond = kept
        .exchanges
        .saturating_sub(number(observations.keep_exchanges));
    let bytes_beyond = observations
        .keep_exchange_bytes
        .map_or(0, |keep| kept.bytes.saturating_sub(number(keep)));
    if beyond > 0 || bytes_beyond > 0 {
        let values: Vec<Value> = vec![
            Box::new(beyond.max(0)),
            Box::new(bytes_beyond.max(0)),
            Box::new(most),
        ];
        all.push((TRIM, values));
    }
    if let Some(since) = observations.exchanges_since {
        let first = first_exchange_since(since).0;
        all.push((TRIM_SINCE, vec![Box::new(first), Box::new(most)]));
    }
    all
}
