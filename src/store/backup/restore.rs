//! Taking a backup in: all of it in one transaction, or nothing.

use std::io::{BufRead, Read as _};

use sha2::{Digest as _, Sha256};

use super::{Counts, End, FORMAT, Header, Line, hex};
use crate::{
    directory::Change,
    store::{Ending, Observations, Store, StoreError, Transaction},
};

/// The longest line, in bytes: one journal entry with every member of a large role.
const LONGEST_LINE: u64 = 128 * 1024 * 1024;

/// Reads one row.
pub(super) type Reader = fn(&[u8]) -> serde_json::Result<Line>;

/// How the rows of each version are read, from the oldest that was ever written to the one that is
/// written now. Fields that a row has gained since are optional; for any other change an entry is
/// added, and the reader of the one before makes of its rows what they have become.
const READERS: &[(u64, Reader)] = &[(1, |text| serde_json::from_slice(text))];

/// The version that is written.
pub(super) const VERSION: u64 = READERS[READERS.len() - 1].0;

/// Why a backup is not restored. The store is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is something in the store.
    #[error(
        "The directory is not empty; restore into an empty one, for example another --data directory."
    )]
    NotEmpty,
    /// A line is not what a backup has there.
    #[error("Line {line}: {why}")]
    Line {
        /// From 1.
        line: u64,
        /// A sentence: what is wrong and what to do.
        why: String,
    },
    /// The backup cannot be read.
    #[error("The backup cannot be read: {0}.")]
    Unreadable(std::io::Error),
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes a backup into an empty store. The writer must not run.
///
/// # Errors
/// Whatever is wrong with the backup, naming the line; the store is as it was then.
pub fn restore(store: &dyn Store, from: &mut dyn BufRead) -> Result<Counts, RestoreError> {
    restore_by(READERS, store, from)
}

/// Takes a backup in that is of one of these versions.
pub(super) fn restore_by(
    readers: &[(u64, Reader)],
    store: &dyn Store,
    from: &mut dyn BufRead,
) -> Result<Counts, RestoreError> {
    let snapshot = store.snapshot()?;
    // No change is without an entry in the journal.
    if snapshot.totals().map_err(StoreError::from)?.journal_last > 0 {
        return Err(RestoreError::NotEmpty);
    }
    drop(snapshot);
    let mut backup = Backup {
        from,
        line: 0,
        hash: Sha256::new(),
        counts: Counts::new(),
    };
    let mut failure = None;
    let written = store.write(
        &mut |transaction| match backup.take_in(readers, transaction) {
            Ok(()) => Ok(Ending::Commit),
            Err(error) => {
                failure = Some(error);
                Err(StoreError::Failed("the backup is not whole".to_owned()))
            }
        },
    );
    match (written, failure) {
        (Ok(()), _) => Ok(backup.counts),
        (Err(_), Some(failure)) => Err(failure),
        (Err(error), None) => Err(error.into()),
    }
}

struct Backup<'a> {
    from: &'a mut dyn BufRead,
    /// The number of the line that was read last.
    line: u64,
    /// Of all lines before that one.
    hash: Sha256,
    counts: Counts,
}

impl Backup<'_> {
    fn take_in(
        &mut self,
        readers: &[(u64, Reader)],
        transaction: &mut dyn Transaction,
    ) -> Result<(), RestoreError> {
        let read = self.read_header(readers)?;
        loop {
            let Some(text) = self.next_line()? else {
                return Err(self.wrong(
                    "the backup ends here, before its last line, so it was cut off; copy it again, or use another one.",
                ));
            };
            let line = read(&text)
                .map_err(|error| self.wrong(&format!("this is no row of a backup ({error}).")))?;
            if let Line::End(end) = line {
                return self.finish(&end);
            }
            self.hash.update(&text);
            *self.counts.entry(line.kind().to_owned()).or_default() += 1;
            put(transaction, line).map_err(|error| match error {
                StoreError::Damaged(why) => self.wrong(&format!("{why}.")),
                error => error.into(),
            })?;
        }
    }

    /// What reads the rows that follow.
    fn read_header(&mut self, readers: &[(u64, Reader)]) -> Result<Reader, RestoreError> {
        const FOREIGN: &str = "this is no backup that rolecall has written.";
        let text = self.next_line()?.unwrap_or_default();
        self.line = 1;
        let header: serde_json::Value =
            serde_json::from_slice(&text).map_err(|_| self.wrong(FOREIGN))?;
        if header.get("format").and_then(|format| format.as_str()) != Some(FORMAT) {
            return Err(self.wrong(FOREIGN));
        }
        let version = header.get("version").and_then(serde_json::Value::as_u64);
        let latest = readers.last().map_or(0, |(version, _)| *version);
        let known = readers.iter().find(|(known, _)| Some(*known) == version);
        let Some((_, reader)) = known else {
            return Err(match version {
                Some(newer) if newer > latest => self.wrong(&format!(
                    "the backup was written by a newer version of rolecall (format {newer}; this version knows \
                     {latest}); install that version, then restore."
                )),
                _ => self.wrong(FOREIGN),
            });
        };
        serde_json::from_value::<Header>(header)
            .map_err(|error| self.wrong(&format!("the first line is damaged ({error}).")))?;
        self.hash.update(&text);
        Ok(*reader)
    }

    /// The next line with its end; `None` where there is none.
    fn next_line(&mut self) -> Result<Option<Vec<u8>>, RestoreError> {
        self.line += 1;
        let mut text = Vec::new();
        let mut bounded = (&mut self.from).take(LONGEST_LINE);
        bounded
            .read_until(b'\n', &mut text)
            .map_err(RestoreError::Unreadable)?;
        if text.is_empty() {
            return Ok(None);
        }
        if text.last() != Some(&b'\n') {
            return Err(self.wrong(if text.len() as u64 == LONGEST_LINE {
                "the line is longer than any that rolecall writes."
            } else {
                "the line ends in the middle, so the backup was cut off; copy it again, or use another one."
            }));
        }
        Ok(Some(text))
    }

    fn finish(&mut self, end: &End) -> Result<(), RestoreError> {
        let found = End {
            rows: self.counts.clone(),
            sha256: hex(&self.hash.clone().finalize()),
        };
        if *end != found {
            return Err(self.wrong(
                "the rows before are not those that were written, by their number or checksum; copy the backup \
                 again, or use another one.",
            ));
        }
        if self.next_line()?.is_some() {
            return Err(self.wrong("the backup should have ended before this line."));
        }
        Ok(())
    }

    fn wrong(&self, why: &str) -> RestoreError {
        RestoreError::Line {
            line: self.line,
            why: why.to_owned(),
        }
    }
}

fn put(transaction: &mut dyn Transaction, line: Line) -> Result<(), StoreError> {
    let change = match line {
        Line::User(user) => Change::PutUser {
            before: None,
            after: user,
        },
        Line::Role(role) => Change::PutRole {
            before: None,
            after: role,
        },
        Line::Membership(membership) => Change::PutMembership(membership),
        Line::Provider(record) => Change::PutProvider(record),
        Line::Token(token) => Change::PutToken {
            before: None,
            after: token,
        },
        Line::Conflict(conflict) => Change::PutConflict {
            before: None,
            after: conflict,
        },
        Line::Resource(resource) => Change::PutResource(resource),
        Line::Grant(grant) => Change::PutGrant(grant),
        Line::TemporaryAccess(access) => Change::PutTemporaryAccess {
            before: None,
            after: access,
        },
        Line::Departure(departure) => Change::PutDeparture(departure),
        Line::Hold(hold) => Change::PutHold {
            before: None,
            after: hold,
        },
        Line::Journal(entry) => return transaction.restore(&entry),
        Line::TokenUse {
            token,
            last,
            requests,
        } => {
            return transaction.note(&Observations {
                token_uses: [(token, (last, requests))].into(),
                keep_exchanges: u64::MAX,
                ..Observations::default()
            });
        }
        Line::RolePush { role, at } => {
            return transaction.note(&Observations {
                role_pushes: [(role, at)].into(),
                keep_exchanges: u64::MAX,
                ..Observations::default()
            });
        }
        Line::End(_) => return Ok(()),
    };
    transaction.apply(&change)
}
