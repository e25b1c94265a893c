//! Recorded exchanges: many to a row, and to be read as if each had its own.

use redb::TableDefinition;

use super::*;
use crate::{
    directory::ExchangeId,
    store::{MemoryStore, Observations},
};

/// One that began so many milliseconds after 1970.
fn exchange(number: u64) -> ExchangeId {
    ExchangeId(uuid::Uuid::from_u128(u128::from(number) << 80 | 7))
}

/// A text that tells which one it is, and how often it was recorded.
fn text(number: u64, round: usize, length: usize) -> String {
    format!(
        "{{\"n\":{number},\"round\":{round},\"x\":\"{}\"}}",
        "ö".repeat(length)
    )
}

fn same(file: &RedbStore, memory: &MemoryStore) -> Result<(), TestCaseError> {
    let (file_view, memory_view) = (
        file.snapshot().expect("a snapshot"),
        memory.snapshot().expect("a snapshot"),
    );
    for (limit, bytes) in [
        (0, 9),
        (1, 0),
        (3, 100),
        (50, 40_000),
        (usize::MAX, usize::MAX),
    ] {
        prop_assert_eq!(
            file_view.exchanges(limit, bytes).expect("read"),
            memory_view.exchanges(limit, bytes).expect("read")
        );
    }
    for after in [None, Some(0), Some(7), Some(30), Some(59), Some(99)] {
        for limit in [0, 1, 5, usize::MAX] {
            prop_assert_eq!(
                file_view
                    .exchanges_after(after.map(exchange), limit)
                    .expect("read"),
                memory_view
                    .exchanges_after(after.map(exchange), limit)
                    .expect("read"),
                "after {:?}, {}",
                after,
                limit
            );
        }
    }
    prop_assert_eq!(file.check().expect("a check"), Vec::<String>::new());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// In any order, long and short, again and again, trimmed by count and by age.
    #[test]
    fn they_are_read_as_from_memory(
        rounds in proptest::collection::vec(
            (
                proptest::collection::vec((0_u64..60, 0_usize..9_000), 0..40),
                1_u64..50,
                proptest::option::of(0_i64..60),
                proptest::option::of(0_u64..400_000),
            ),
            1..8,
        )
    ) {
        let directory = directory();
        let file = open(directory.path());
        let memory = MemoryStore::new();
        for (round, (recorded, keep, since, bytes)) in rounds.into_iter().enumerate() {
            let observations = Observations {
                exchanges: recorded
                    .into_iter()
                    .map(|(number, length)| (exchange(number), text(number, round, length).into()))
                    .collect(),
                keep_exchanges: keep,
                keep_exchange_bytes: bytes,
                exchanges_since: since.and_then(|ms| Timestamp::from_millisecond(ms).ok()),
                ..Observations::default()
            };
            file.observe(&observations).expect("observed");
            memory.observe(&observations).expect("observed");
            same(&file, &memory)?;
        }
    }
}

/// Makes of a closed file one of an older layout, as far as exchanges go.
fn make_older(directory: &Path, layout: u64, change: impl FnOnce(&redb::WriteTransaction)) {
    let database = Database::open(directory.join(FILE_NAME)).expect("a redb file");
    let transaction = database.begin_write().expect("a transaction");
    change(&transaction);
    {
        let meta = TableDefinition::<&str, u64>::new(tables::META);
        let mut meta = transaction.open_table(meta).expect("a table");
        meta.insert("schema", layout).expect("written");
    }
    transaction.commit().expect("a commit");
}

/// The file is opened, and holds these, oldest first.
fn assert_brought_up(directory: &Path, texts: &[String]) {
    let store = open(directory);
    let snapshot = store.snapshot().expect("a snapshot");
    let all = snapshot.exchanges(usize::MAX, usize::MAX);
    assert_eq!(all.expect("read"), texts);
    assert_eq!(store.check().expect("a check"), [""; 0]);
}

#[test]
fn what_layout_2_kept_one_to_a_row_is_there_afterwards() {
    let directory = directory();
    drop(open(directory.path()));
    let texts: Vec<String> = (0..600).map(|number| text(number, 0, 40)).collect();
    make_older(directory.path(), 2, |transaction| {
        let one_by_one = TableDefinition::<&[u8; 16], &str>::new("exchange_texts");
        let mut rows = transaction.open_table(one_by_one).expect("a table");
        for (number, text) in (0..).zip(&texts) {
            rows.insert(exchange(number).as_bytes(), text.as_str())
                .expect("written");
        }
    });
    assert_brought_up(directory.path(), &texts);
}

#[test]
fn what_layout_3_kept_as_it_is_is_there_afterwards_compressed() {
    let directory = directory();
    let texts: Vec<String> = (0..600).map(|number| text(number, 0, 2_000)).collect();
    let observations = Observations {
        exchanges: (0..)
            .map(exchange)
            .zip(texts.iter().map(|text| text.as_str().into()))
            .collect(),
        keep_exchanges: 1_000,
        ..Observations::default()
    };
    let store = open(directory.path());
    store.observe(&observations).expect("observed");
    drop(store);
    make_older(directory.path(), 3, |transaction| {
        let packed = TableDefinition::<&[u8; 16], &[u8]>::new("packed_exchanges");
        assert!(transaction.delete_table(packed).expect("deleted"));
        let plain = TableDefinition::<&[u8; 16], &[u8]>::new("exchange_chunks");
        let mut rows = transaction.open_table(plain).expect("a table");
        for (first, texts) in (0..).step_by(12).zip(texts.chunks(12)) {
            let mut chunk = Vec::new();
            for (number, text) in (first..).zip(texts) {
                chunk.extend(exchange(number).as_bytes());
                chunk.extend(u32::try_from(text.len()).expect("short").to_be_bytes());
                chunk.extend(text.as_bytes());
            }
            rows.insert(exchange(first).as_bytes(), chunk.as_slice())
                .expect("written");
        }
    });
    assert_brought_up(directory.path(), &texts);
}
