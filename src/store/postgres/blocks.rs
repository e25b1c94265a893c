//! How many users and roles there are between ids, so that the page behind any number of them is found
//! without walking to it.
//!
//! Every user and every role stands in one list: persons and roles in that of who manages them, service
//! accounts in their own. What a caller sees is some of the lists merged, in the order of the ids. A
//! block counts the rows of one list from its first id up to the next block's. New ids are nearly always
//! the greatest, so blocks fill up one after the other; one that is too full becomes several.
//!
//! The blocks are moved by the transaction that moves their rows, which holds the lock on the head, and
//! the head says as of which journal entry they count. A process of an earlier version, which knows
//! nothing of them, leaves that behind: then pages are walked to, as that version does, until the next
//! process that starts has counted again.

use std::sync::LazyLock;

use deadpool_postgres::Object;
use uuid::Uuid;

use super::link::{Step, Value, step};
use crate::{
    directory::{Provider, Role, User, UserKind},
    store::Visible,
};

/// The list of service accounts.
const SERVICE_ACCOUNTS: &str = "service-account";

/// The most rows that a block counts once a transaction has ended.
const FULL: i64 = 512;

/// Whether the blocks count as of the newest journal entry.
const COUNTED: &str = "counted_to = coalesce((totals->>'journal_last')::bigint, 0)";

/// In which block of its list each row of `moved` is.
const PLACED: &str = "LATERAL (SELECT first, count FROM {blocks} b \
    WHERE b.list = moved.list AND b.first <= moved.id ORDER BY b.first DESC LIMIT 1) place";

/// $1, $2 and $3 are lists, ids, and 1 for each that has come and -1 for each that has gone.
const MOVES: &str = "INSERT INTO {blocks} AS kept (list, first, count) \
    SELECT moved.list, coalesce(place.first, {least}), sum(moved.by) \
    FROM unnest($1::text[], $2::uuid[], $3::bigint[]) AS moved (list, id, by) \
    LEFT JOIN {placed} ON true GROUP BY 1, 2 \
    ON CONFLICT (list, first) DO UPDATE SET count = kept.count + excluded.count";

/// $1 and $2 are lists, and ids that have come.
const SPLITS: &str = "WITH wide AS (SELECT list, first, coalesce((SELECT later.first FROM {blocks} later \
    WHERE later.list = found.list AND later.first > found.first ORDER BY later.first LIMIT 1), {greatest}) AS until \
    FROM (SELECT DISTINCT moved.list, place.first FROM unnest($1::text[], $2::uuid[]) AS moved (list, id) \
    CROSS JOIN {placed} WHERE place.count > {full}) found), \
    parts AS (SELECT block.list, block.first, listed.id, \
    (row_number() OVER (PARTITION BY block.list, block.first ORDER BY listed.id) - 1) / ({full} / 2) AS part \
    FROM wide block CROSS JOIN LATERAL ({listed}) listed) \
    INSERT INTO {blocks} (list, first, count) \
    SELECT list, CASE part WHEN 0 THEN first ELSE (array_agg(id ORDER BY id))[1] END, count(*) \
    FROM parts GROUP BY list, first, part \
    ON CONFLICT (list, first) DO UPDATE SET count = excluded.count";

/// $1 and $2 are lists, and ids that have gone.
const EMPTIES: &str = "DELETE FROM {blocks} kept \
    USING (SELECT DISTINCT moved.list, place.first FROM unnest($1::text[], $2::uuid[]) AS moved (list, id) \
    CROSS JOIN {placed}) gone \
    WHERE kept.list = gone.list AND kept.first = gone.first AND kept.count = 0";

const RECOUNTS: &str = "DELETE FROM {blocks}; INSERT INTO {blocks} (list, first, count) \
    SELECT list, CASE part WHEN 0 THEN {least} ELSE (array_agg(id ORDER BY id))[1] END, count(*) \
    FROM (SELECT list, id, (row_number() OVER (PARTITION BY list ORDER BY id) - 1) / ({full} / 2) AS part \
    FROM ({all}) everything) parts GROUP BY list, part";

/// How many blocks count otherwise than there are rows, or are missing.
const WRONG: &str = "SELECT count(*) FROM {blocks} block \
    FULL JOIN (SELECT moved.list, place.first, count(*) AS count FROM ({all}) moved LEFT JOIN {placed} ON true \
    GROUP BY moved.list, place.first) there ON there.list = block.list AND there.first = block.first \
    WHERE coalesce(block.count, -1) <> coalesce(there.count, 0) \
    AND EXISTS (SELECT FROM rolecall.head WHERE {counted})";

/// Where a page begins: at an id, and some rows later. $1 are the lists, $2 is how many rows are left out.
/// Before a block's start there are at most as many rows as the blocks before it count; of those, the
/// last one of each list has to be walked to tell how many there are.
const PLACE: &str = "WITH counted AS (SELECT list, first, sum(count) OVER (ORDER BY first, list) - count AS before, \
    sum(count) OVER (PARTITION BY list ORDER BY first) - count AS own FROM {blocks} \
    WHERE list = ANY($1) AND EXISTS (SELECT FROM rolecall.head WHERE {counted})), \
    start AS (SELECT first FROM counted WHERE before <= $2::bigint ORDER BY before DESC, first DESC LIMIT 1), \
    open AS (SELECT DISTINCT ON (counted.list) counted.list, counted.first, counted.own, start.first AS until \
    FROM counted CROSS JOIN start WHERE counted.first <= start.first ORDER BY counted.list, counted.first DESC), \
    place AS (SELECT at, skip FROM (SELECT until AS at, ($2::bigint - sum(own + (SELECT count(*) \
    FROM (SELECT block.list, block.first, block.until) block CROSS JOIN LATERAL ({listed}) listed)))::bigint AS skip, \
    1 AS choice FROM open block GROUP BY until \
    UNION ALL SELECT {least}, $2::bigint, 2) choices ORDER BY choice LIMIT 1) ";

/// The ids of what a `block` counts, until another id.
const LISTED_USERS: &str = "SELECT id FROM rolecall.users WHERE kind = 'person' AND managed_by = block.list \
    AND id >= block.first AND id < block.until UNION ALL \
    SELECT id FROM rolecall.users WHERE kind = 'service-account' AND block.list = 'service-account' \
    AND id >= block.first AND id < block.until";
const LISTED_ROLES: &str = "SELECT id FROM rolecall.roles WHERE managed_by = block.list \
    AND id >= block.first AND id < block.until";

const ALL_USERS: &str =
    "SELECT CASE kind WHEN 'person' THEN managed_by ELSE kind END AS list, id FROM rolecall.users";
const ALL_ROLES: &str = "SELECT managed_by AS list, id FROM rolecall.roles";

/// The blocks of users, or those of roles.
pub(super) struct Blocks {
    moves: String,
    splits: String,
    empties: String,
    recounts: String,
    /// Counts what contradicts itself.
    pub(super) wrong: String,
    /// What comes before a statement that reads a page from `place` on.
    pub(super) place: String,
}

impl Blocks {
    fn over(blocks: &str, listed: &str, all: &str) -> Self {
        let filled = |sql: &str| {
            sql.replace("{placed}", PLACED)
                .replace("{listed}", listed)
                .replace("{all}", all)
                .replace("{blocks}", blocks)
                .replace("{counted}", COUNTED)
                .replace("{full}", &FULL.to_string())
                .replace("{least}", &format!("'{}'::uuid", Uuid::nil()))
                .replace("{greatest}", &format!("'{}'::uuid", Uuid::max()))
        };
        Self {
            moves: filled(MOVES),
            splits: filled(SPLITS),
            empties: filled(EMPTIES),
            recounts: filled(RECOUNTS),
            wrong: filled(WRONG),
            place: filled(PLACE),
        }
    }
}

/// Those of users.
pub(super) static USERS: LazyLock<Blocks> =
    LazyLock::new(|| Blocks::over("rolecall.user_blocks", LISTED_USERS, ALL_USERS));
/// Those of roles.
pub(super) static ROLES: LazyLock<Blocks> =
    LazyLock::new(|| Blocks::over("rolecall.role_blocks", LISTED_ROLES, ALL_ROLES));

/// In which list a user stands.
pub(super) fn list_of_user(user: &User) -> &'static str {
    match user.kind {
        UserKind::Person => user.managed_by.as_str(),
        UserKind::ServiceAccount => SERVICE_ACCOUNTS,
    }
}

/// In which list a role stands.
pub(super) fn list_of_role(role: &Role) -> &'static str {
    role.managed_by.as_str()
}

/// The lists that a caller sees.
pub(super) fn lists(visible: Visible) -> Vec<&'static str> {
    match visible {
        Visible::To(provider) => vec!["local", provider.as_str()],
        Visible::Everything => {
            let all = Provider::ALL.into_iter().map(Provider::as_str);
            all.chain(["local", SERVICE_ACCOUNTS]).collect()
        }
    }
}

/// What has come into lists, and gone from them.
#[derive(Default)]
pub(super) struct Moved {
    come: Vec<(&'static str, Uuid)>,
    gone: Vec<(&'static str, Uuid)>,
}

impl Moved {
    /// Something moves from one list, if it was there, to another, if it stays.
    pub(super) fn note(
        &mut self,
        id: Uuid,
        before: Option<&'static str>,
        now: Option<&'static str>,
    ) {
        if before != now {
            self.gone.extend(before.map(|list| (list, id)));
            self.come.extend(now.map(|list| (list, id)));
        }
    }

    /// What the blocks make of it, when their rows have been moved.
    pub(super) fn steps(self, blocks: &'static Blocks) -> Vec<Step> {
        let mut steps = Vec::new();
        let all = || self.come.iter().chain(&self.gone);
        if all().next().is_none() {
            return steps;
        }
        let (come, gone) = (self.come.iter().map(|_| 1), self.gone.iter().map(|_| -1));
        let by: Vec<i64> = come.chain(gone).collect();
        let [lists, ids] = arrays(all());
        steps.push(step(&blocks.moves, vec![lists, ids, Box::new(by)]));
        if !self.come.is_empty() {
            steps.push(step(&blocks.splits, arrays(self.come.iter()).into()));
        }
        if !self.gone.is_empty() {
            steps.push(step(&blocks.empties, arrays(self.gone.iter()).into()));
        }
        steps
    }
}

fn arrays<'a>(rows: impl Iterator<Item = &'a (&'static str, Uuid)>) -> [Value; 2] {
    let (lists, ids): (Vec<&'static str>, Vec<Uuid>) = rows.copied().unzip();
    [Box::new(lists), Box::new(ids)]
}

/// Counts again where the blocks are behind the journal.
///
/// # Errors
/// The database failed, or takes no changes.
pub(super) async fn count_again(client: &Object) -> Result<(), tokio_postgres::Error> {
    let behind = format!("SELECT FROM rolecall.head WHERE ({COUNTED}) IS NOT TRUE");
    if client.query_opt(&behind, &[]).await?.is_none() {
        return Ok(());
    }
    let (users, roles) = (&USERS.recounts, &ROLES.recounts);
    let all = format!(
        "BEGIN; SET LOCAL statement_timeout = 0; \
         SELECT set_config(name, 'on', true) FROM pg_settings WHERE name = 'enable_seqscan'; \
         SELECT FROM rolecall.head WHERE single FOR UPDATE; {users}; {roles}; \
         UPDATE rolecall.head SET counted_to = coalesce((totals->>'journal_last')::bigint, 0) WHERE single; COMMIT"
    );
    let outcome = client.batch_execute(&all).await;
    if outcome.is_err() {
        client.batch_execute("ROLLBACK").await?;
    }
    outcome
}
