//! Who sees what, in order: lists of ids, and finding the n-th of several lists together without
//! walking those before it.
//!
//! Every user and every role stands in one list, that of who manages it; service accounts have one of
//! their own. What a caller sees is some of the lists merged, in the order of the ids.
//!
//! Beside a table of lists there is one of blocks: list and the first id that a block may hold → how
//! many rows are in it. A block ends where the next one of its list starts. New ids are nearly always
//! the greatest, so blocks fill up one after the other; an id that comes in between splits a full
//! block in the middle.

use std::{collections::BTreeMap, ops::Bound};

use redb::{ReadableTable, Value};

use super::{
    encoding::{FIRST, LAST, listed, unlisted},
    failed,
    tables::{Listed, Opened},
    unreadable,
};
use crate::{directory::Read, store::StoreError};

/// The most rows in a block: what is walked per list, in the worst case, after the block is found.
const FULL: u64 = 256;
/// So many rows stay in a block that is split.
const KEPT: usize = 128;
/// Two neighbours with so few rows together become one.
const SPARSE: u64 = FULL / 2;

/// Puts an id into a list.
pub(super) fn enter(
    rows: &mut Opened<'_, Listed, ()>,
    blocks: &mut Opened<'_, Listed, u64>,
    list: u8,
    id: &[u8; 16],
) -> Result<(), StoreError> {
    let key = listed(list, id);
    if rows.put(&key, ())? {
        return Err(damaged("an id that is to enter a list is in it already"));
    }
    let start = listed(list, &FIRST);
    let (first, count) = last_block(blocks, &start, Bound::Included(&key))?.unwrap_or((start, 0));
    if count < FULL {
        blocks.put(&first, count + 1)?;
        return Ok(());
    }
    let list_end = listed(list, &LAST);
    let behind = (Bound::Excluded(&key), Bound::Included(&list_end));
    let next_block = first_key(blocks.read()?, behind)?;
    let next_row = first_key(rows.read()?, behind)?;
    if next_row.is_none_or(|row| next_block.is_some_and(|block| row >= block)) {
        blocks.put(&key, 1)?;
        return Ok(());
    }
    let all = (Bound::Included(&first), Bound::Included(&list_end));
    let Some(middle) = nth(keys(rows.read()?, all)?, KEPT)? else {
        return Err(damaged("a block counts more rows than there are"));
    };
    blocks.put(&first, KEPT as u64)?;
    blocks.put(&middle, count + 1 - KEPT as u64)?;
    Ok(())
}

/// Takes an id out of its list.
pub(super) fn leave(
    rows: &mut Opened<'_, Listed, ()>,
    blocks: &mut Opened<'_, Listed, u64>,
    list: u8,
    id: &[u8; 16],
) -> Result<(), StoreError> {
    let key = listed(list, id);
    if !rows.take(&key)? {
        return Err(damaged("an id that is to leave a list is not in it"));
    }
    let start = listed(list, &FIRST);
    let block = last_block(blocks, &start, Bound::Included(&key))?;
    let Some((first, count)) = block.filter(|(_, count)| *count > 0) else {
        return Err(damaged("a block counts fewer rows than there are"));
    };
    let count = count - 1;
    match last_block(blocks, &start, Bound::Excluded(&first))? {
        Some((earlier, rows)) if rows + count <= SPARSE => {
            blocks.take(&first)?;
            blocks.put(&earlier, rows + count)?;
        }
        _ if count == 0 => {
            blocks.take(&first)?;
        }
        _ => {
            blocks.put(&first, count)?;
        }
    }
    Ok(())
}

/// The ids of some lists together, in order.
pub(super) fn ids(
    rows: &impl ReadableTable<Listed, ()>,
    lists: &[u8],
    start: Bound<[u8; 16]>,
) -> Read<impl Iterator<Item = Read<[u8; 16]>>> {
    let starts = lists.iter().map(move |&list| (list, start));
    Ok(merged(rows, starts)?.map(|row| Ok(row?.id)))
}

/// The id before which there are `offset` others in some lists together; `None` where there are not
/// more than that.
pub(super) fn find(
    rows: &impl ReadableTable<Listed, ()>,
    blocks: &impl ReadableTable<Listed, u64>,
    lists: &[u8],
    offset: u64,
) -> Read<Option<[u8; 16]>> {
    // Per list: where its last block begins that has been come to, and how many rows that has.
    let mut open: BTreeMap<u8, (Bound<[u8; 16]>, u64)> = lists
        .iter()
        .map(|&list| (list, (Bound::Unbounded, 0)))
        .collect();
    // Rows in blocks that have been passed over, and in all that have been come to.
    let (mut passed, mut counted) = (0, 0);
    for block in merged(blocks, lists.iter().map(|&list| (list, Bound::Unbounded)))? {
        let block = block?;
        if counted > offset {
            break;
        }
        // Before this block's start there are at most `counted` rows in all lists together. So
        // every row of the block that ends there is among the first `offset` ones, and leaving it
        // out leaves the wanted row at so much less.
        if let Some((start, rows)) = open.get_mut(&block.list) {
            passed += *rows;
            (*start, *rows) = (Bound::Included(block.id), block.value);
        }
        counted += block.value;
    }
    // What is left to walk is at most one open block of each list.
    let starts = open.into_iter().map(|(list, (start, _))| (list, start));
    let left = usize::try_from(offset - passed).unwrap_or(usize::MAX);
    Ok(nth(merged(rows, starts)?, left)?.map(|row| row.id))
}

/// An entry of one of several lists; ordered by its id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry<V> {
    id: [u8; 16],
    list: u8,
    value: V,
}

/// The entries of some lists as one, in the order of the ids; each list from its own start on.
fn merged<V>(
    table: &impl ReadableTable<Listed, V>,
    starts: impl IntoIterator<Item = (u8, Bound<[u8; 16]>)>,
) -> Read<impl Iterator<Item = Read<Entry<V>>>>
where
    V: for<'a> Value<SelfType<'a> = V> + Copy + Ord + 'static,
{
    let mut heads = Vec::new();
    for (list, start) in starts {
        let start = match start {
            Bound::Unbounded => Bound::Included(listed(list, &FIRST)),
            bound => bound.map(|id| listed(list, &id)),
        };
        let end = listed(list, &LAST);
        let range = (start.as_ref(), Bound::Included(&end));
        let range = table.range::<&[u8; 17]>(range).map_err(unreadable)?;
        let mut entries = range.map(move |entry| {
            let (key, value) = entry.map_err(unreadable)?;
            let (id, value) = (unlisted(key.value()), value.value());
            Ok(Entry { id, list, value })
        });
        if let Some(head) = entries.next().transpose()? {
            heads.push((head, entries));
        }
    }
    Ok(std::iter::from_fn(move || {
        let all = heads.iter().enumerate();
        let (place, _) = all.min_by_key(|(_, (head, _))| *head)?;
        let (head, entries) = heads.get_mut(place)?;
        Some(match entries.next() {
            Some(next) => next.map(|next| std::mem::replace(head, next)),
            None => Ok(heads.swap_remove(place).0),
        })
    }))
}

/// The item with so many before it. One that cannot be read ends the walk, and is not skipped.
fn nth<T, E>(items: impl Iterator<Item = Result<T, E>>, place: usize) -> Result<Option<T>, E> {
    for (at, item) in items.enumerate() {
        let item = item?;
        if at == place {
            return Ok(Some(item));
        }
    }
    Ok(None)
}

/// The last block that starts between two keys.
fn last_block(
    blocks: &Opened<'_, Listed, u64>,
    from: &[u8; 17],
    to: Bound<&[u8; 17]>,
) -> Result<Option<([u8; 17], u64)>, StoreError> {
    let range = blocks
        .read()?
        .range::<&[u8; 17]>((Bound::Included(from), to));
    let block = range
        .map_err(failed)?
        .next_back()
        .transpose()
        .map_err(failed)?;
    Ok(block.map(|(first, count)| (*first.value(), count.value())))
}

fn first_key<V: Value + 'static>(
    table: &impl ReadableTable<Listed, V>,
    range: (Bound<&[u8; 17]>, Bound<&[u8; 17]>),
) -> Result<Option<[u8; 17]>, StoreError> {
    keys(table, range)?.next().transpose()
}

fn keys<V: Value + 'static>(
    table: &impl ReadableTable<Listed, V>,
    range: (Bound<&[u8; 17]>, Bound<&[u8; 17]>),
) -> Result<impl Iterator<Item = Result<[u8; 17], StoreError>>, StoreError> {
    let range = table.range::<&[u8; 17]>(range).map_err(failed)?;
    Ok(range.map(|entry| Ok(*entry.map_err(failed)?.0.value())))
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(what.to_owned())
}
