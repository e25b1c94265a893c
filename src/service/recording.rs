//! Recordings: exchanges written down to be looked at elsewhere, and to be played again.

mod har;
mod read;

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::{Engine, exchange::Exchange};
use crate::directory::{ExchangeId, ReadError};

pub use read::{RECORDING_BYTES, Recorded, Recording, RecordingError, read};

/// How exchanges are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// HTTP Archive 1.2: what browsers' network panels read.
    Har,
    /// One exchange a line, as the console has it.
    Jsonl,
}

/// Why there is no recording.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store could not be read.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// The recording could not be written.
    #[error("The recording could not be written: {0}.")]
    Unwritable(#[from] io::Error),
}

/// How many exchanges are read at once.
const PAGE: usize = 128;

/// Writes down exchanges after an id, oldest first, at most `limit`, and tells how many. Secrets are
/// in none of them, for none was recorded with any.
///
/// # Errors
/// The store cannot be read, or the recording not be written.
pub fn export(
    engine: &Engine,
    format: ExportFormat,
    after: Option<ExchangeId>,
    limit: u64,
    to: &mut dyn Write,
) -> Result<u64, ExportError> {
    let mut written = 0;
    if format == ExportFormat::Har {
        to.write_all(har::OPENING.as_bytes())?;
    }
    each(engine, after, limit, &mut |exchange| {
        if format == ExportFormat::Har {
            to.write_all(if written == 0 { b"\n" } else { b",\n" })?;
            serde_json::to_writer(&mut *to, &har::entry(exchange)).map_err(io::Error::from)?;
        } else {
            serde_json::to_writer(&mut *to, exchange).map_err(io::Error::from)?;
            to.write_all(b"\n")?;
        }
        written += 1;
        Ok(())
    })?;
    if format == ExportFormat::Har {
        to.write_all(har::CLOSING.as_bytes())?;
    }
    to.flush()?;
    Ok(written)
}

/// First those that the store has, then those that wait to be stored.
fn each(
    engine: &Engine,
    mut after: Option<ExchangeId>,
    limit: u64,
    take: &mut dyn FnMut(&Exchange) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let snapshot = engine
        .snapshot()
        .map_err(|error| ReadError(error.to_string()))?;
    let mut room = usize::try_from(limit).unwrap_or(usize::MAX);
    while room > 0 {
        let page = snapshot.exchanges_after(after, PAGE.min(room))?;
        if page.is_empty() {
            break;
        }
        room -= page.len();
        for json in page {
            let exchange: Exchange = serde_json::from_str(&json)
                .map_err(|error| ReadError(format!("a recorded exchange is damaged: {error}")))?;
            after = Some(exchange.line.id);
            take(&exchange)?;
        }
    }
    let waiting = engine.recorder().exchanges_after(after, room);
    for exchange in waiting.iter().filter_map(|kept| kept.exchange()) {
        take(&exchange)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
