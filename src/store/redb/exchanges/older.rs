//! Exchanges as older layouts kept them, on their way to the latest.

use redb::{Key, TableDefinition, TableHandle as _, Value};

use super::chunk::{Kept, unpacked};
use crate::{
    directory::ExchangeId,
    store::{
        StoreError,
        redb::{
            failed,
            read::Rows,
            tables::{Bytes, Id, WriteTables},
        },
    },
};

/// How many rows are held in memory at once: a megabyte or so.
const AT_ONCE: usize = 256;
/// The same of chunks.
const CHUNKS_AT_ONCE: usize = 32;

impl Rows<WriteTables<'_>> {
    /// What layout 2 kept one to a row, and did not count, is kept many to a row.
    pub(in crate::store::redb) fn gather_exchanges(&mut self) -> Result<(), StoreError> {
        const ONE_BY_ONE: TableDefinition<Id, &str> = TableDefinition::new("exchange_texts");
        loop {
            let some = self.take_rows(ONE_BY_ONE, AT_ONCE, |id, text| {
                (ExchangeId(uuid::Uuid::from_bytes(*id)), text.into())
            })?;
            if some.is_empty() {
                return Ok(());
            }
            self.keep_exchanges(&some)?;
        }
    }

    /// What layout 3 kept as it is becomes compressed.
    pub(in crate::store::redb) fn compress_exchanges(&mut self) -> Result<(), StoreError> {
        const PLAIN: TableDefinition<Id, Bytes> = TableDefinition::new("exchange_chunks");
        loop {
            let some = self.take_rows(PLAIN, CHUNKS_AT_ONCE, |_, chunk| chunk.to_vec())?;
            if some.is_empty() {
                return Ok(());
            }
            let all: Vec<Vec<Kept>> = some
                .iter()
                .map(|chunk| unpacked(chunk))
                .collect::<Result<_, _>>()?;
            // They are counted already.
            self.put_chunks(None, &all.concat())?;
        }
    }

    /// Takes the first rows out of a table of an older layout; with the last one the table goes, too.
    fn take_rows<K: Key + 'static, V: Value + 'static, Row>(
        &mut self,
        older: TableDefinition<K, V>,
        most: usize,
        row: impl Fn(K::SelfType<'_>, V::SelfType<'_>) -> Row,
    ) -> Result<Vec<Row>, StoreError> {
        let transaction = self.0.packed_exchanges.transaction();
        let mut some = Vec::new();
        {
            let mut rows = transaction.open_table(older).map_err(failed)?;
            while some.len() < most
                && let Some((key, value)) = rows.pop_first().map_err(failed)?
            {
                some.push(row(key.value(), value.value()));
            }
        }
        if some.is_empty() {
            transaction.delete_table(older).map_err(|error| {
                let table = older.name().to_owned();
                StoreError::Failed(format!("the table {table} cannot be removed: {error}"))
            })?;
        }
        Ok(some)
    }
}
