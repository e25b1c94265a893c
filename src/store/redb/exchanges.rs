//! Recorded exchanges, many to a row.
//!
//! Every request leaves a few kilobytes here, and the oldest go as new ones come: a row for each would cost
//! more than all else that a look-up does. A row is a chunk: exchanges in the order of their ids, compressed,
//! under the id of its first. Chunks do not overlap; what was recorded late goes into the chunk where its id
//! belongs.

mod chunk;
mod older;

use std::{ops::Bound, sync::Arc};

use redb::ReadableTable;

use self::chunk::{Kept, expanded, has_room, packed, unpacked};
use super::{
    failed,
    read::Rows,
    tables::{Bytes, Id, Tables, WriteTables},
    unreadable,
};
use crate::{
    directory::{ExchangeId, Read},
    store::{StoreError, TRIM_AT_ONCE},
};

/// Under what the exchanges are counted, and the bytes of their texts.
const COUNT: &str = "exchanges";
const BYTES: &str = "exchange_bytes";

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

impl<T: Tables> Rows<T> {
    /// The texts of the newest, oldest first, at most `limit`, and of so many bytes and one more.
    pub(super) fn newest_exchanges(&self, limit: usize, bytes: usize) -> Read<Vec<String>> {
        let chunks = self.0.packed_exchanges()?.range::<&[u8; 16]>(..);
        let (mut texts, mut taken) = (Vec::new(), 0);
        'chunks: for chunk in chunks.map_err(unreadable)?.rev() {
            let (_, chunk) = chunk.map_err(unreadable)?;
            for kept in unpacked(&expanded(chunk.value())?)?.into_iter().rev() {
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
        let table = self.0.packed_exchanges()?;
        let start = match &after {
            Some(after) => holder(table, after.as_bytes()).map_err(unreadable)?,
            None => None,
        };
        let start = start.map_or(Bound::Unbounded, Bound::Included);
        let chunks = table.range::<&[u8; 16]>((start.as_ref(), Bound::Unbounded));
        let mut texts = Vec::new();
        for chunk in chunks.map_err(unreadable)? {
            let (_, chunk) = chunk.map_err(unreadable)?;
            for kept in unpacked(&expanded(chunk.value())?)? {
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
        let chunks = self.0.packed_exchanges()?.range::<&[u8; 16]>(..);
        let (mut found, mut there, mut last) = (Vec::new(), Amount::default(), None);
        for entry in chunks.map_err(unreadable)? {
            let (key, chunk) = entry.map_err(unreadable)?;
            let plain = expanded(chunk.value());
            let all = match plain.as_deref().map_err(Clone::clone).and_then(unpacked) {
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
        exchanges: &[(ExchangeId, Arc<str>)],
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
            let chunks = self.0.packed_exchanges.write()?;
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
                Some(key) => {
                    let chunk = chunks.get(key).map_err(failed)?;
                    chunk.map(|chunk| expanded(chunk.value())).transpose()?
                }
                None => None,
            };
            let there = there.unwrap_or_default();
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
        let chunks = self.0.packed_exchanges.write()?;
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
        if surplus == 0 && surplus_bytes == 0 {
            return Ok(());
        }
        self.drop_oldest(|kept| {
            let goes = surplus > 0 || surplus_bytes > 0;
            surplus = surplus.saturating_sub(1);
            surplus_bytes = surplus_bytes.saturating_sub(kept.text.len() as u64);
            goes
        })
    }

    /// Lets those before an id go; not all at once.
    pub(super) fn trim_exchanges_before(&mut self, first: ExchangeId) -> Result<(), StoreError> {
        let oldest = self.0.packed_exchanges.read()?.first().map_err(failed)?;
        // By its key alone, for this is asked again and again.
        let is_old = oldest.is_some_and(|(key, _)| key.value() < first.as_bytes());
        if !is_old {
            return Ok(());
        }
        self.drop_oldest(|kept| kept.id < *first.as_bytes())
    }

    /// Lets the oldest ones go as long as they are `old`, at most [`TRIM_AT_ONCE`].
    fn drop_oldest(&mut self, mut old: impl FnMut(&Kept) -> bool) -> Result<(), StoreError> {
        let (mut gone, mut left) = (Amount::default(), TRIM_AT_ONCE);
        while left > 0 {
            let oldest = {
                let chunk = self.0.packed_exchanges.read()?.first().map_err(failed)?;
                chunk.map(|(key, chunk)| (*key.value(), expanded(chunk.value())))
            };
            let Some((key, plain)) = oldest else {
                break;
            };
            let plain = plain?;
            let all = unpacked(&plain)?;
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
