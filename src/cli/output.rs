//! Where results go: stdout, as words for people or as JSON.

use std::io::{self, BufWriter, StdoutLock, Write};

use jiff::{Timestamp, Unit};
use serde::Serialize;

use super::table::Table;
use crate::{admin::row::Done, console::text::visible};

/// Stdout, and whether it wants JSON.
pub(super) struct Output {
    json: bool,
    out: BufWriter<StdoutLock<'static>>,
}

impl Output {
    /// Results as JSON, or for people.
    pub(super) fn new(json: bool) -> Self {
        Self {
            json,
            out: BufWriter::new(io::stdout().lock()),
        }
    }

    /// Whether results are wanted as JSON.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// One JSON document.
    pub(super) fn document(&mut self, document: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut self.out, document)?;
        writeln!(self.out)?;
        self.out.flush()
    }

    /// One of many JSON documents, on a line of its own, at once.
    pub(super) fn json_line(&mut self, document: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, document)?;
        writeln!(self.out)?;
        self.out.flush()
    }

    /// A line for people, at once; what a terminal would obey is escaped.
    pub(super) fn line(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{}", visible(line))?;
        self.out.flush()
    }

    /// A table for people.
    pub(super) fn table(&mut self, table: &Table) -> io::Result<()> {
        table.write(&mut self.out)?;
        self.out.flush()
    }

    /// What an act did or would do: the document, or a sentence for each change.
    pub(super) fn done<Row: Serialize>(&mut self, done: &Done<Row>) -> io::Result<()> {
        if self.json {
            return self.document(done);
        }
        let prefix = if done.dry_run { "would be done: " } else { "" };
        if done.changes.is_empty() {
            return self.line(&format!("{prefix}nothing to change, it is so already"));
        }
        for change in &done.changes {
            self.line(&format!("{prefix}{}", super::words::change(change)))?;
        }
        Ok(())
    }
}

/// A moment for people and scripts alike: RFC 3339, to the second.
pub(super) fn moment(at: Timestamp) -> String {
    at.round(Unit::Second).unwrap_or(at).to_string()
}

/// A moment that may not have been.
pub(super) fn moment_or(at: Option<Timestamp>, otherwise: &str) -> String {
    at.map_or_else(|| otherwise.to_owned(), moment)
}

/// A line for people on stderr, where everything goes that is no result.
pub(super) fn note(line: &str) {
    // Where even stderr is gone, there is no one left to tell.
    let _ = writeln!(io::stderr().lock(), "{}", visible(line));
}
