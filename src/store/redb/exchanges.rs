//! Recorded exchanges, many to a row.
//!
//! Every request leaves a few kilobytes here, and the oldest go as new ones come: a row for each would cost
//! more than all else that a look-up does. A row is a chunk: exchanges in the order of their ids, under the
//! id of its first. Chunks do not overlap; what was recorded late goes into the chunk where its id belongs.

use std::ops::Bound;

use redb::{ReadableTable, TableDefinition, TableHandle as _};

use super::{
    failed,
    read::Rows,
    tables::{Bytes, Id, Tables, WriteTables},
    unreadable,
};
use crate::{
    directory::{ExchangeId, Read, ReadError},
    store::{StoreError, TRIM_AT_ONCE},
};

/// A chunk of several exchanges is no longer than this, in bytes: with its key and what redb puts around
/// it, it fills a page of 32 KiB. One byte more would take one of 64.
const CHUNK_BYTES: usize = 32 * 1024 - 64;

/// Under what the exchanges are counted, and the bytes of their texts.
const COUNT: &str = "exchanges";
const BYTES: &str = "exchange_bytes";

/// The bytes before an exchange's text: its id and the text's length.
const HEAD_BYTES: usize = 16 + 4;

/// One exchange in a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kept<'a> {
    id: [u8; 16],
    text: &'a str,
}

/// How many exchanges, and how many bytes of text, came or went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Amount {
    exchanges: i64,
    bytes: i64,
}

impl Amount {
    fn of(all: &[Kept<'_>]) -> Self {
        Self {
            exchanges: signed(all.len()),
            bytes: signed(all.iter().map(|kept| kept.text.len()).sum()),
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            exchanges: self.exchanges + other.exchanges,
            bytes: self.bytes + other.bytes,
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            exchanges: self.exchanges - other.exchanges,
            bytes: self.bytes - other.bytes,
        }
    }
}

/// The exchanges of a chunk, in their order.
fn unpacked(mut chunk: &[u8]) -> Read<Vec<Kept<'_>>> {
    let mut all = Vec::new();
    while !chunk.is_empty() {
        let kept = first(&mut chunk);
        all.push(kept.ok_or_else(|| ReadError("recorded exchanges are damaged".to_owned()))?);
    }
    Ok(all)
}

/// Takes the first exchange off a chunk; `None` where it is none.
fn first<'a>(chunk: &mut &'a [u8]) -> Option<Kept<'a>> {
    let (id, rest) = chunk.split_first_chunk::<16>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (text, rest) = rest.split_at_checked(length)?;
    *chunk = rest;
    Some(Kept {
        id: *id,
        text: std::str::from_utf8(text).ok()?,
    })
}

/// Whether a chunk so long has room for one more text.
fn has_room(length: usize, text: &str) -> bool {
    length + HEAD_BYTES + text.len() <= CHUNK_BYTES
}

/// The id of a chunk's first exchange, and the chunk.
type Chunk = ([u8; 16], Vec<u8>);

/// Exchanges as chunks.
fn packed(all: &[Kept<'_>]) -> Result<Vec<Chunk>, StoreError> {
    let mut chunks: Vec<Chunk> = Vec::new();
    for Kept { id, text } in all {
        let length = u32::try_from(text.len())
            .map_err(|_| StoreError::Failed("an exchange is too long to be kept".to_owned()))?;
        let full = |(_, chunk): &Chunk| !has_room(chunk.len(), text);
        if chunks.last().is_none_or(full) {
            let length = CHUNK_BYTES.max(HEAD_BYTES + text.len());
            chunks.push((*id, Vec::with_capacity(length)));
        }
        if let Some((_, chunk)) = chunks.last_mut() {
            chunk.extend(id);
            chunk.extend(length.to_be_bytes());
            chunk.extend(text.as_bytes());
        }
    }
    Ok(chunks)
}

impl<T: Tables> Rows<T> {
    /// The texts of the newest, oldest first, at most `limit`, and of so many bytes and one more.
    pub(super) fn newest_exchanges(&self, limit: usize, bytes: usize) -> Read<Vec<String>> {
        let chunks = self.0.exchange_chunks()?.range::<&[u8; 16]>(..);
        let (mut texts, mut taken) = (Vec::new(), 0);
        'chunks: for chunk in chunks.map_err(unreadable)?.rev() {
            let (_, chunk) = chunk.map_err(unreadable)?;
            for kept in unpacked(chunk.value())?.into_iter().rev() {
                if texts.len() == limit || taken > bytes {
                    break 'chunks;
                }
                taken += kept.text.len();
                texts.push(kept.text.to_owned());
            }
        }
        texts.reverse();
        Ok(texts)
    }

    /// The texts of the oldest ones after an id, at most `limit`.
    pub(super) fn exchanges_from(
        &self,
        after: Option<ExchangeId>,
        limit: usize,
    ) -> Read<Vec<String>> {
        let table = self.0.exchange_chunks()?;
        let start = match &after {
            Some(after) => holder(table, after.as_bytes()).map_err(unreadable)?,
            None => None,
        };
        let start = start.map_or(Bound::Unbounded, Bound::Included);
        let chunks = table.range::<&[u8; 16]>((start.as_ref(), Bound::Unbounded));
        let mut texts = Vec::new();
        for chunk in chunks.map_err(unreadable)? {
            let (_, chunk) = chunk.map_err(unreadable)?;
            for kept in unpacked(chunk.value())? {
                if texts.len() == limit {
                    return Ok(texts);
                }
                if after.is_none_or(|after| kept.id > *after.as_bytes()) {
                    texts.push(kept.text.to_owned());
                }
            }
        }
        Ok(texts)
    }

    /// Says what is not as it should be.
    pub(super) fn check_exchanges(&self) -> Read<Vec<String>> {
        let chunks = self.0.exchange_chunks()?.range::<&[u8; 16]>(..);
        let (mut found, mut there, mut last) = (Vec::new(), Amount::default(), None);
        for entry in chunks.map_err(unreadable)? {
            let (key, chunk) = entry.map_err(unreadable)?;
            let all = match unpacked(chunk.value()) {
                Ok(all) => all,
                Err(error) => {
                    found.push(format!("{error}."));
                    continue;
                }
            };
            let ids = all.iter().map(|kept| Some(kept.id));
            let in_order = std::iter::once(last).chain(ids).is_sorted_by(|a, b| a < b);
            if !in_order || all.first().map(|kept| kept.id) != Some(*key.value()) {
                found.push("Recorded exchanges are out of order.".to_owned());
            }
            there = there.plus(Amount::of(&all));
            last = all.last().map(|kept| kept.id).or(last);
        }
        for (name, there) in [(COUNT, there.exchanges), (BYTES, there.bytes)] {
            let noted = counted(self.0.counts()?, name).map_err(unreadable)?;
            if signed(usize::try_from(noted).unwrap_or(usize::MAX)) != there {
                found.push(format!(
                    "{name}: there are {there}, but {noted} were counted."
                ));
            }
        }
        Ok(found)
    }
}

/// How many, or how many bytes, there are, as noted.
fn counted(
    counts: &impl ReadableTable<&'static str, u64>,
    name: &str,
) -> Result<u64, redb::StorageError> {
    Ok(counts.get(name)?.map_or(0, |count| count.value()))
}

/// The key of the chunk in which an id stands, or would come last.
fn holder(
    chunks: &impl ReadableTable<Id, Bytes>,
    id: &[u8; 16],
) -> Result<Option<[u8; 16]>, redb::StorageError> {
    let mut before = chunks.range::<&[u8; 16]>(..=id)?;
    let chunk = before.next_back().transpose()?;
    Ok(chunk.map(|(key, _)| *key.value()))
}

impl Rows<WriteTables<'_>> {
    /// Keeps exchanges with those that are there. One that is there already is replaced.
    pub(super) fn keep_exchanges(
        &mut self,
        exchanges: &[(ExchangeId, String)],
    ) -> Result<(), StoreError> {
        let mut new: Vec<Kept> = exchanges
            .iter()
            .map(|(id, text)| Kept {
                id: *id.as_bytes(),
                text,
            })
            .collect();
        // Stable, so that of two with the same id the later one counts.
        new.sort_by_key(|kept| kept.id);
        let mut new = new.as_slice();
        let mut grown = Amount::default();
        while let Some(next) = new.first() {
            let chunks = self.0.exchange_chunks.write()?;
            let key = holder(chunks, &next.id).map_err(failed)?;
            let after = key.map_or(Bound::Unbounded, Bound::Excluded);
            let behind = {
                let mut behind = chunks
                    .range::<&[u8; 16]>((after.as_ref(), Bound::Unbounded))
                    .map_err(failed)?;
                let chunk = behind.next().transpose().map_err(failed)?;
                chunk.map(|(key, _)| *key.value())
            };
            let belongs = |kept: &Kept| behind.is_none_or(|behind| kept.id < behind);
            let (group, rest) = new.split_at(new.partition_point(belongs));
            new = rest;
            let there = match &key {
                Some(key) => chunks.get(key).map_err(failed)?,
                None => None,
            };
            let there = there
                .map(|chunk| chunk.value().to_vec())
                .unwrap_or_default();
            let old = unpacked(&there)?;
            // What comes behind a full last chunk begins the next one.
            let is_behind = old.last().is_some_and(|last| last.id < next.id);
            if is_behind && !has_room(there.len(), next.text) {
                grown = grown.plus(self.put_chunks(None, &merged(&[], group))?);
            } else {
                let put = self.put_chunks(key, &merged(&old, group))?;
                grown = grown.plus(put).minus(Amount::of(&old));
            }
        }
        self.count_exchanges(grown)
    }

    /// Puts exchanges in the place of a chunk, and tells how much they are.
    fn put_chunks(
        &mut self,
        instead_of: Option<[u8; 16]>,
        all: &[Kept<'_>],
    ) -> Result<Amount, StoreError> {
        let chunks = self.0.exchange_chunks.write()?;
        if let Some(key) = instead_of {
            chunks.remove(&key).map_err(failed)?;
        }
        for (key, chunk) in packed(all)? {
            chunks.insert(&key, chunk.as_slice()).map_err(failed)?;
        }
        Ok(Amount::of(all))
    }

    fn count_exchanges(&mut self, grown: Amount) -> Result<(), StoreError> {
        for (name, grown) in [(COUNT, grown.exchanges), (BYTES, grown.bytes)] {
            if grown != 0 {
                let count = counted(self.0.counts.read()?, name).map_err(failed)?;
                let count = count.saturating_add_signed(grown);
                self.0.counts.put(name, count)?;
            }
        }
        Ok(())
    }

    /// Lets the oldest of more than so many go, or of more than so many bytes; not all at once.
    pub(super) fn trim_exchanges_to(
        &mut self,
        most: u64,
        bytes: Option<u64>,
    ) -> Result<(), StoreError> {
        let counts = self.0.counts.read()?;
        let mut surplus = counted(counts, COUNT).map_err(failed)?.saturating_sub(most);
        let noted = counted(counts, BYTES).map_err(failed)?;
        let mut surplus_bytes = bytes.map_or(0, |bytes| noted.saturating_sub(bytes));
        self.drop_oldest(|kept| {
            let goes = surplus > 0 || surplus_bytes > 0;
            surplus = surplus.saturating_sub(1);
            surplus_bytes = surplus_bytes.saturating_sub(kept.text.len() as u64);
            goes
        })
    }

    /// Lets those before an id go; not all at once.
    pub(super) fn trim_exchanges_before(&mut self, first: ExchangeId) -> Result<(), StoreError> {
        self.drop_oldest(|kept| kept.id < *first.as_bytes())
    }

    /// Lets the oldest ones go as long as they are `old`, at most [`TRIM_AT_ONCE`].
    fn drop_oldest(&mut self, mut old: impl FnMut(&Kept) -> bool) -> Result<(), StoreError> {
        let (mut gone, mut left) = (Amount::default(), TRIM_AT_ONCE);
        while left > 0 {
            let oldest = {
                let chunk = self.0.exchange_chunks.read()?.first().map_err(failed)?;
                chunk.map(|(key, chunk)| (*key.value(), chunk.value().to_vec()))
            };
            let Some((key, chunk)) = oldest else {
                break;
            };
            let all = unpacked(&chunk)?;
            let going = all.iter().take(left).take_while(|kept| old(kept)).count();
            if going == 0 {
                break;
            }
            let (going, staying) = all.split_at(going);
            self.put_chunks(Some(key), staying)?;
            gone = gone.plus(Amount::of(going));
            left -= going.len();
            if !staying.is_empty() {
                break;
            }
        }
        self.count_exchanges(Amount::default().minus(gone))
    }

    /// What layout 2 kept one to a row is kept many to a row.
    pub(super) fn chunk_exchanges(&mut self) -> Result<(), StoreError> {
        const ONE_BY_ONE: TableDefinition<Id, &str> = TableDefinition::new("exchange_texts");
        /// How many are held in memory at once.
        const AT_ONCE: usize = 256;
        let transaction = self.0.exchange_chunks.transaction();
        loop {
            let mut some = Vec::new();
            {
                let mut rows = transaction.open_table(ONE_BY_ONE).map_err(failed)?;
                while some.len() < AT_ONCE
                    && let Some((id, text)) = rows.pop_first().map_err(failed)?
                {
                    let id = ExchangeId(uuid::Uuid::from_bytes(*id.value()));
                    some.push((id, text.value().to_owned()));
                }
            }
            if some.is_empty() {
                break;
            }
            self.keep_exchanges(&some)?;
        }
        transaction.delete_table(ONE_BY_ONE).map_err(|error| {
            let table = ONE_BY_ONE.name();
            StoreError::Failed(format!("the table {table} cannot be removed: {error}"))
        })?;
        Ok(())
    }
}

/// Both in one order; of two with the same id the new one, and of those the last.
fn merged<'a>(old: &[Kept<'a>], new: &[Kept<'a>]) -> Vec<Kept<'a>> {
    let mut all: Vec<Kept> = old.iter().chain(new).copied().collect();
    all.sort_by_key(|kept| kept.id);
    all.dedup_by(|later, earlier| {
        let same = later.id == earlier.id;
        if same {
            earlier.text = later.text;
        }
        same
    });
    all
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_what_was_put_into_it() {
        let texts: Vec<String> = (0..40).map(|n| "ö".repeat(n * 100)).collect();
        let all: Vec<Kept> = texts
            .iter()
            .enumerate()
            .map(|(n, text)| Kept {
                id: (n as u128).to_be_bytes(),
                text,
            })
            .collect();
        let chunks = packed(&all).expect("short texts");
        assert!(chunks.len() > 2, "{}", chunks.len());
        let mut found = Vec::new();
        for (key, chunk) in &chunks {
            assert!(chunk.len() <= CHUNK_BYTES);
            let kept = unpacked(chunk).expect("what was packed");
            assert_eq!(kept.first().map(|kept| kept.id), Some(*key));
            found.extend(kept);
        }
        assert_eq!(found, all);
    }

    #[test]
    fn what_is_no_chunk_is_told() {
        let chunk = packed(&[Kept {
            id: [7; 16],
            text: "{}",
        }])
        .expect("a short text")
        .remove(0)
        .1;
        for end in 1..chunk.len() {
            assert!(unpacked(&chunk[..end]).is_err(), "{end}");
        }
        let mut no_text = chunk;
        *no_text.last_mut().expect("a byte") = 0xff;
        assert!(unpacked(&no_text).is_err());
    }
}
