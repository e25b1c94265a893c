//! What the nodes tell each other of what is limited.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use serde_json::json;

use super::{
    link::{Step, Value, step},
    rows::{Rows, cell},
    table,
};
use crate::store::{Spent, StoreError};

const TELL: &str = "INSERT INTO rolecall.spending (node, key, times) SELECT $1, key, times \
    FROM json_to_recordset($2::text::json) AS spent (key text, times bigint)";
const FORGET: &str =
    "DELETE FROM rolecall.spending WHERE node = $1 AND at < now() - interval '1 minute'";
// Numbers are not given in the order of the commits; so what is recent is looked at again.
const HEAR: &str = "SELECT id, key, times FROM rolecall.spending \
    WHERE node <> $1 AND at > now() - interval '10 seconds' ORDER BY id LIMIT 10000";

/// What was heard of others already.
#[derive(Debug)]
pub(super) struct Heard {
    /// Who tells. Two processes of one name are two.
    me: String,
    recent: Mutex<Option<BTreeSet<i64>>>,
}

impl Default for Heard {
    fn default() -> Self {
        Self {
            me: uuid::Uuid::now_v7().to_string(),
            recent: Mutex::default(),
        }
    }
}

impl Heard {
    /// Tells what this node spent, and gives what the others did since the last time.
    pub(super) fn share(&self, rows: &Rows, spent: &[Spent]) -> Result<Vec<Spent>, StoreError> {
        let mut steps: Vec<Step> = Vec::new();
        if !spent.is_empty() {
            let told: Vec<_> = spent
                .iter()
                .map(|spent| json!({"key": spent.key, "times": spent.times}))
                .collect();
            let values: Vec<Value> = vec![Box::new(self.me.clone()), Box::new(table::text(&told)?)];
            steps.push(step(TELL, values));
            steps.push(step(FORGET, vec![Box::new(self.me.clone())]));
        }
        steps.push(step(HEAR, vec![Box::new(self.me.clone())]));
        let mut answers = rows.link.all(steps)?;
        rows.link.end()?;
        let mut recent = BTreeSet::new();
        let mut others = Vec::new();
        let mut heard = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        // What was spent before this process looked for the first time is not counted.
        let known = heard.take();
        for row in answers.pop().unwrap_or_default() {
            let id: i64 = cell(&row, 0)?;
            recent.insert(id);
            if known.as_ref().is_some_and(|known| !known.contains(&id)) {
                let times: i64 = cell(&row, 2)?;
                others.push(Spent {
                    key: cell(&row, 1)?,
                    times: u32::try_from(times).unwrap_or(u32::MAX),
                });
            }
        }
        *heard = Some(recent);
        Ok(others)
    }
}
