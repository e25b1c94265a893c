//! The other half of a check: that no index, list or block has more entries than the rows ask for.

use std::collections::BTreeMap;

use redb::{ReadableTable, ReadableTableMetadata};

use super::{
    encoding::{listed, role_list, user_list},
    read::Rows,
    rows::Row,
    tables::{Bytes, Id, Listed, ReadTables, Tables},
    unreadable,
    write::email_keys,
};
use crate::{
    directory::{Conflict, ConflictState, Hold, Read, Role, User},
    store::is_undecided,
};

/// How many entries each table should have, by its name, and how many it has.
#[derive(Default)]
struct Tally(BTreeMap<&'static str, (u64, u64)>);

impl Tally {
    fn should(&mut self, table: &'static str, entries: usize) {
        let entries = u64::try_from(entries).unwrap_or(u64::MAX);
        self.0.entry(table).or_default().0 += entries;
    }

    fn has(&mut self, table: &'static str, entries: u64) {
        self.0.entry(table).or_default().1 += entries;
    }
}

/// What does not add up, a sentence each.
pub(super) fn check(rows: &Rows<ReadTables>) -> Read<Vec<String>> {
    let mut tally = Tally::default();
    should(&rows.0, &mut tally)?;
    has(&rows.0, &mut tally)?;
    let differing = tally
        .0
        .into_iter()
        .filter(|(_, (should, has))| should != has);
    let mut found: Vec<String> = differing
        .map(|(table, (should, has))| {
            format!("The table {table} has {has} entries, but there should be {should}.")
        })
        .collect();
    lists_are_right(&rows.0, &mut found)?;
    found.extend(rows.check_exchanges()?);
    Ok(found)
}

fn should(tables: &ReadTables, tally: &mut Tally) -> Read<()> {
    each(tables.users()?, |user: User| {
        tally.should("user_names", 1);
        tally.should("user_external_ids", user.external_ids.len());
        tally.should("user_emails", email_keys(&user).len());
        tally.should("aliases", user.aliases.len());
        tally.should("user_lists", 1);
        Ok(())
    })?;
    each(tables.roles()?, |role: Role| {
        tally.should("role_names", 1);
        tally.should("role_external_ids", role.external_ids.len());
        tally.should("role_lists", 1);
        let members = role.provider_members + role.local_members;
        let members = usize::try_from(members).unwrap_or(usize::MAX);
        tally.should("members", members);
        tally.should("memberships", members);
        Ok(())
    })?;
    each(tables.conflict_rows()?, |conflict: Conflict| {
        let open = conflict.state == ConflictState::Open;
        tally.should("conflicts_open", usize::from(open));
        tally.should("conflict_keys", 1);
        let undecided = is_undecided(conflict.state);
        tally.should("conflicts_existing", usize::from(undecided));
        Ok(())
    })?;
    each(tables.hold_rows()?, |hold: Hold| {
        tally.should("live_holds", usize::from(hold.ended.is_none()));
        Ok(())
    })?;
    let rows = |rows: Result<u64, redb::StorageError>| {
        usize::try_from(rows.map_err(unreadable)?).map_err(unreadable)
    };
    tally.should("resource_names", rows(tables.resources()?.len())?);
    tally.should("granted", rows(tables.grants()?.len())?);
    let temporary = rows(tables.temporary_access()?.len())?;
    tally.should("temporary_access_to", temporary);
    tally.should("temporary_access_due", temporary);
    tally.should("departure_times", rows(tables.departures()?.len())?);
    each(tables.tokens()?, |_: serde::de::IgnoredAny| {
        tally.should("token_hashes", 1);
        Ok(())
    })
}

fn has(tables: &ReadTables, tally: &mut Tally) -> Read<()> {
    macro_rules! count {
        ($($table:ident),*) => {
            $(tally.has(stringify!($table), tables.$table()?.len().map_err(unreadable)?);)*
        };
    }
    count!(user_names, user_external_ids, user_emails, aliases);
    count!(role_names, role_external_ids, members, memberships);
    count!(user_lists, role_lists);
    count!(
        conflicts_open,
        conflict_keys,
        conflicts_existing,
        token_hashes
    );
    count!(resource_names, granted, departure_times, live_holds);
    count!(temporary_access_to, temporary_access_due);
    Ok(())
}

fn each<T: Row>(
    rows: &impl ReadableTable<Id, Bytes>,
    mut visit: impl FnMut(T) -> Read<()>,
) -> Read<()> {
    for row in rows.range::<&[u8; 16]>(..).map_err(unreadable)? {
        visit(T::read(row.map_err(unreadable)?.1.value())?)?;
    }
    Ok(())
}

fn lists_are_right(tables: &ReadTables, found: &mut Vec<String>) -> Read<()> {
    let (users, roles) = (tables.user_lists()?, tables.role_lists()?);
    let user_key = |user: User| listed(user_list(&user), user.id.as_bytes());
    let role_key = |role: Role| listed(role_list(&role), role.id.as_bytes());
    each_is_listed(tables.users()?, users, user_key, found)?;
    each_is_listed(tables.roles()?, roles, role_key, found)?;
    blocks_are_right(users, tables.user_blocks()?, found)?;
    blocks_are_right(roles, tables.role_blocks()?, found)
}

/// That every row stands in its list. There are no other entries where the table has as many as there
/// are rows.
fn each_is_listed<T: Row>(
    rows: &impl ReadableTable<Id, Bytes>,
    lists: &impl ReadableTable<Listed, ()>,
    key: impl Fn(T) -> [u8; 17],
    found: &mut Vec<String>,
) -> Read<()> {
    let mut missing = 0_u64;
    each(rows, |row: T| {
        let entry = lists.get(&key(row)).map_err(unreadable)?;
        missing += u64::from(entry.is_none());
        Ok(())
    })?;
    if missing > 0 {
        found.push(format!(
            "{missing} rows are not in the list of who manages them."
        ));
    }
    Ok(())
}

/// That every block counts the rows up to the next block, and that no row comes before the first one.
fn blocks_are_right(
    lists: &impl ReadableTable<Listed, ()>,
    blocks: &impl ReadableTable<Listed, u64>,
    found: &mut Vec<String>,
) -> Read<()> {
    let mut rows = lists
        .range::<&[u8; 17]>(..)
        .map_err(unreadable)?
        .map(|row| Ok(*row.map_err(unreadable)?.0.value()))
        .peekable();
    let mut wrong = 0_u64;
    let mut counts = (0, 0);
    for block in blocks.range::<&[u8; 17]>(..).map_err(unreadable)? {
        let (first, count) = block.map_err(unreadable)?;
        let mut before = 0;
        while let Some(row) = rows.next_if(|row| row.as_ref().is_ok_and(|row| row < first.value()))
        {
            row?;
            before += 1;
        }
        wrong += u64::from(before != counts.0);
        counts = (count.value(), 0);
    }
    for row in rows {
        row?;
        counts.1 += 1;
    }
    wrong += u64::from(counts.0 != counts.1);
    if wrong > 0 {
        found.push(format!("{wrong} blocks do not count the rows in them."));
    }
    Ok(())
}
