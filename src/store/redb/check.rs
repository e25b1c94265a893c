//! The other half of a check: that no index, list or block has more entries than the rows ask for.

use std::collections::BTreeMap;

use redb::{ReadableTable, ReadableTableMetadata};
use serde::de::DeserializeOwned;

use super::{
    encoding::parse,
    read::Rows,
    tables::{Bytes, Id, ReadTables, Tables},
    unreadable,
};
use crate::{
    directory::{Conflict, ConflictState, Read, Role, User},
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
    Ok(differing
        .map(|(table, (should, has))| {
            format!("The table {table} has {has} entries, but there should be {should}.")
        })
        .collect())
}

fn should(tables: &ReadTables, tally: &mut Tally) -> Read<()> {
    each(tables.users()?, |user: User| {
        tally.should("user_names", 1);
        tally.should("user_external_ids", user.external_ids.len());
        tally.should("user_emails", user.folded_emails().len());
        tally.should("aliases", user.aliases.len());
        tally.should("persons", usize::from(user.is_person()));
        tally.should("user_blocks", 1);
        tally.should("person_blocks", usize::from(user.is_person()));
    })?;
    each(tables.roles()?, |role: Role| {
        tally.should("role_names", 1);
        tally.should("role_external_ids", role.external_ids.len());
        tally.should("role_blocks", 1);
        let members = role.provider_members + role.local_members;
        let members = usize::try_from(members).unwrap_or(usize::MAX);
        tally.should("members", members);
        tally.should("memberships", members);
    })?;
    each(tables.conflict_rows()?, |conflict: Conflict| {
        let open = conflict.state == ConflictState::Open;
        tally.should("conflicts_open", usize::from(open));
        tally.should("conflict_keys", 1);
        let undecided = is_undecided(conflict.state);
        tally.should("conflicts_existing", usize::from(undecided));
    })?;
    each(tables.tokens()?, |_: serde::de::IgnoredAny| {
        tally.should("token_hashes", 1);
    })
}

fn has(tables: &ReadTables, tally: &mut Tally) -> Read<()> {
    macro_rules! count {
        ($($table:ident),*) => {
            $(tally.has(stringify!($table), tables.$table()?.len().map_err(unreadable)?);)*
        };
    }
    count!(user_names, user_external_ids, user_emails, aliases, persons);
    count!(role_names, role_external_ids, members, memberships);
    count!(
        conflicts_open,
        conflict_keys,
        conflicts_existing,
        token_hashes
    );
    tally.has("user_blocks", sum(tables.user_blocks()?)?);
    tally.has("person_blocks", sum(tables.person_blocks()?)?);
    tally.has("role_blocks", sum(tables.role_blocks()?)?);
    Ok(())
}

fn each<T: DeserializeOwned>(
    rows: &impl ReadableTable<Id, Bytes>,
    mut visit: impl FnMut(T),
) -> Read<()> {
    for row in rows.range::<&[u8; 16]>(..).map_err(unreadable)? {
        visit(parse(row.map_err(unreadable)?.1.value())?);
    }
    Ok(())
}

fn sum(blocks: &impl ReadableTable<Id, u64>) -> Read<u64> {
    let mut sum = 0;
    for block in blocks.range::<&[u8; 16]>(..).map_err(unreadable)? {
        sum += block.map_err(unreadable)?.1.value();
    }
    Ok(sum)
}
