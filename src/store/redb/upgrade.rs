//! Older layouts become the latest one when the store is opened, in one transaction.

use redb::ReadableTable as _;

use super::{
    encoding::parse,
    failed,
    open::SCHEMA,
    read::Rows,
    tables::{Tables as _, WriteTables},
};
use crate::{
    directory::{Conflict, Role, User},
    store::{Ending, StoreError, Totals},
};

/// From layout 1, which knew no access, safeguards or surveys: makes their tables, lists users and
/// roles in them, and counts anew.
pub(super) fn to_latest(rows: &mut Rows<WriteTables<'_>>) -> Result<Ending, StoreError> {
    rows.0.make_all()?;
    let mut totals = Totals {
        journal_last: rows.stored_totals()?.journal_last,
        ..Totals::default()
    };
    for id in ids(rows.0.users.read()?)? {
        let Some(user): Option<User> = row(rows.0.users.read()?, &id)? else {
            continue;
        };
        totals.add_user(&user);
        rows.list_user(&user)?;
    }
    for id in ids(rows.0.roles.read()?)? {
        let Some(role): Option<Role> = row(rows.0.roles.read()?, &id)? else {
            continue;
        };
        totals.add_role(&role);
        rows.list_role(None, Some(&role), None)?;
    }
    for entry in rows
        .0
        .conflict_rows()?
        .range::<&[u8; 16]>(..)
        .map_err(failed)?
    {
        let conflict: Conflict = parse(entry.map_err(failed)?.1.value())?;
        totals.add_conflict(&conflict);
    }
    rows.0.kept = Some(totals);
    rows.finish()?;
    rows.0.meta.put("schema", SCHEMA)?;
    Ok(Ending::Commit)
}

type Id = super::tables::Id;

/// Every id: a table cannot be walked while others are changed.
fn ids(
    rows: &impl redb::ReadableTable<Id, super::tables::Bytes>,
) -> Result<Vec<[u8; 16]>, StoreError> {
    let all = rows.range::<&[u8; 16]>(..).map_err(failed)?;
    all.map(|entry| Ok(*entry.map_err(failed)?.0.value()))
        .collect()
}

fn row<T: serde::de::DeserializeOwned>(
    rows: &impl redb::ReadableTable<Id, super::tables::Bytes>,
    id: &[u8; 16],
) -> Result<Option<T>, StoreError> {
    Ok(super::read::row(rows, id)?)
}
