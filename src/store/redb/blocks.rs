//! Finding the n-th row of a table without walking the rows before it.
//!
//! Beside a table there is one of blocks: the first id that a block may hold → how many rows are
//! in it. A block ends where the next one starts, and the first one starts at the lowest id of
//! all. New ids are nearly always the greatest, so blocks fill up one after the other; an id that
//! comes in between splits a full block in the middle.

use redb::{ReadableTable, Value};

use super::{
    encoding::{FIRST, LAST},
    failed,
    tables::{Id, Opened},
    unreadable,
};
use crate::{
    directory::{Read, ReadError},
    store::StoreError,
};

/// The most rows in a block: what is walked in the worst case after the block is found.
const FULL: u64 = 256;
/// Two neighbours with so few rows together become one.
const SPARSE: u64 = FULL / 2;

/// Notes that the row `id` has been put into the table.
pub(super) fn added<V: Value + 'static>(
    blocks: &mut Opened<'_, Id, u64>,
    rows: &Opened<'_, Id, V>,
    id: &[u8; 16],
) -> Result<(), StoreError> {
    let (first, count) = block_of(blocks, id)?.unwrap_or((FIRST, 0));
    if count < FULL {
        blocks.put(&first, count + 1)?;
        return Ok(());
    }
    let end = blocks
        .read()?
        .range::<&[u8; 16]>((std::ops::Bound::Excluded(id), std::ops::Bound::Unbounded))
        .map_err(failed)?
        .next()
        .transpose()
        .map_err(failed)?
        .map_or(LAST, |(next, _)| *next.value());
    let mut later = rows.read()?.range::<&[u8; 16]>(id..=&end).map_err(failed)?;
    later.next().transpose().map_err(failed)?;
    let at_the_end = match later.next().transpose().map_err(failed)? {
        Some((next, _)) => *next.value() == end,
        None => true,
    };
    drop(later);
    if at_the_end {
        blocks.put(id, 1)?;
        return Ok(());
    }
    let kept = FULL / 2;
    let middle = nth(rows.read()?, &first, kept)?;
    let Some(middle) = middle else {
        return Err(StoreError::Damaged(
            "a block counts more rows than there are".to_owned(),
        ));
    };
    blocks.put(&first, kept)?;
    blocks.put(&middle, count + 1 - kept)?;
    Ok(())
}

/// Notes that the row `id` has been taken out of the table.
pub(super) fn removed(blocks: &mut Opened<'_, Id, u64>, id: &[u8; 16]) -> Result<(), StoreError> {
    let Some((first, count)) = block_of(blocks, id)?.filter(|(_, count)| *count > 0) else {
        return Err(StoreError::Damaged(
            "a block counts fewer rows than there are".to_owned(),
        ));
    };
    let count = count - 1;
    let before = blocks
        .read()?
        .range::<&[u8; 16]>(..&first)
        .map_err(failed)?
        .next_back()
        .transpose()
        .map_err(failed)?
        .map(|(first, count)| (*first.value(), count.value()));
    match before {
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

/// The id before which there are `offset` rows; `None` where there are not more than that.
pub(super) fn find<V: Value + 'static>(
    blocks: &impl ReadableTable<Id, u64>,
    rows: &impl ReadableTable<Id, V>,
    offset: u64,
) -> Read<Option<[u8; 16]>> {
    let total = rows.len().map_err(unreadable)?;
    if offset >= total {
        return Ok(None);
    }
    let all = blocks.range::<&[u8; 16]>(..).map_err(unreadable)?;
    if offset < total / 2 {
        let mut before = 0;
        for block in all {
            let (first, count) = block.map_err(unreadable)?;
            let count = count.value();
            if offset < before + count {
                return nth(rows, first.value(), offset - before)
                    .map_err(|error| ReadError(error.to_string()));
            }
            before += count;
        }
    } else {
        let mut before = total;
        for block in all.rev() {
            let (first, count) = block.map_err(unreadable)?;
            before = before.saturating_sub(count.value());
            if before <= offset {
                return nth(rows, first.value(), offset - before)
                    .map_err(|error| ReadError(error.to_string()));
            }
        }
    }
    Err(ReadError(
        "the blocks count fewer rows than there are".to_owned(),
    ))
}

/// The block that an id is in.
fn block_of(
    blocks: &Opened<'_, Id, u64>,
    id: &[u8; 16],
) -> Result<Option<([u8; 16], u64)>, StoreError> {
    let block = blocks
        .read()?
        .range::<&[u8; 16]>(..=id)
        .map_err(failed)?
        .next_back()
        .transpose()
        .map_err(failed)?;
    Ok(block.map(|(first, count)| (*first.value(), count.value())))
}

/// The id of the row that is `count` rows after the first one from `first` on.
fn nth<V: Value + 'static>(
    rows: &impl ReadableTable<Id, V>,
    first: &[u8; 16],
    count: u64,
) -> Result<Option<[u8; 16]>, StoreError> {
    let mut left = count;
    for row in rows.range::<&[u8; 16]>(first..).map_err(failed)? {
        let (id, _) = row.map_err(failed)?;
        if left == 0 {
            return Ok(Some(*id.value()));
        }
        left -= 1;
    }
    Ok(None)
}
