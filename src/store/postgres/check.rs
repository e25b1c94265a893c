//! What only this store can contradict itself in: the rows by which others are found.

use super::{
    blocks,
    rows::{Rows, cell},
};
use crate::{directory::Read, store::StoreError};

/// Each counts rows that nothing belongs to, and what they are called.
const STRAYS: &[(&str, &str)] = &[
    (
        "SELECT count(*) FROM rolecall.user_external_ids k LEFT JOIN rolecall.users u ON u.id = k.user_id \
         WHERE u.id IS NULL OR NOT u.external_ids ? k.provider",
        "external ids of users",
    ),
    (
        "SELECT count(*) FROM rolecall.role_external_ids k LEFT JOIN rolecall.roles r ON r.id = k.role_id \
         WHERE r.id IS NULL OR NOT r.external_ids ? k.provider",
        "external ids of roles",
    ),
    (
        "SELECT count(*) FROM rolecall.user_emails k LEFT JOIN rolecall.users u ON u.id = k.user_id \
         WHERE u.id IS NULL",
        "addresses",
    ),
    (
        "SELECT count(*) FROM rolecall.identity_aliases k LEFT JOIN rolecall.users u ON u.id = k.user_id \
         WHERE u.id IS NULL OR NOT u.aliases @> \
         jsonb_build_array(jsonb_build_object('set', k.identity_set, 'alias', k.alias))",
        "identity aliases",
    ),
    (
        "SELECT count(*) FROM rolecall.memberships m LEFT JOIN rolecall.roles r ON r.id = m.role_id \
         LEFT JOIN rolecall.users u ON u.id = m.user_id WHERE r.id IS NULL OR u.id IS NULL",
        "memberships",
    ),
    (
        "SELECT count(*) FROM rolecall.unknown_members m LEFT JOIN rolecall.roles r ON r.id = m.role \
         WHERE r.id IS NULL",
        "lists of unknown members",
    ),
    (
        "SELECT abs(h.count - (SELECT count(*) FROM rolecall.exchanges)) FROM rolecall.exchange_head h",
        "miscounted exchanges",
    ),
];

/// What walks through whole tables may do so as it likes, until its transaction ends.
const WHOLE_TABLES: &str = "SELECT set_config(name, 'on', true) FROM pg_settings \
    WHERE name IN ('enable_seqscan', 'enable_hashjoin', 'enable_mergejoin', 'enable_material')";

/// What contradicts itself, a sentence each.
pub(super) fn check(rows: &Rows) -> Read<Vec<String>> {
    rows.ask(WHOLE_TABLES, Vec::new())?;
    let mut found = Vec::new();
    let wrong: [(&'static str, &str); 2] = [
        (&blocks::USERS.wrong, "miscounted blocks of users"),
        (&blocks::ROLES.wrong, "miscounted blocks of roles"),
    ];
    for (sql, what) in STRAYS.iter().chain(&wrong) {
        let counted = rows.ask(sql, Vec::new())?;
        let strays: i64 = counted.first().map_or(Ok(0), |row| cell(row, 0))?;
        if strays != 0 {
            found.push(format!("There are {strays} {what} that belong to nothing."));
        }
    }
    Ok(found)
}

impl Rows {
    /// How many bytes the tables take, with their indexes.
    pub(super) fn size(&self) -> Result<u64, StoreError> {
        let sql = "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c \
                   JOIN pg_namespace n ON n.oid = c.relnamespace \
                   WHERE n.nspname = 'rolecall' AND c.relkind = 'r'";
        let rows = self.link.rows(sql, Vec::new())?;
        let bytes: i64 = rows.first().map_or(Ok(0), |row| cell(row, 0))?;
        Ok(super::rows::natural(bytes))
    }
}
