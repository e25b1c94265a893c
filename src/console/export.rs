//! Writes what Live shows to a file that only its owner reads.

use std::{
    collections::BTreeSet,
    fs::{File, OpenOptions},
    io::{self, BufWriter, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{
    admin::{
        Client, ClientError, Reply, Request,
        request::{ExportFormat, MAXIMUM_EXPORT},
    },
    directory::ExchangeId,
};

/// What shall be written, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// In which form.
    pub format: ExportFormat,
    /// The file, which must not be there yet.
    pub path: PathBuf,
    /// The exchanges that are shown.
    pub shown: BTreeSet<ExchangeId>,
}

/// A text for a file that is not there yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The file.
    pub path: PathBuf,
    /// What it shall hold.
    pub text: String,
}

/// Writes a text.
///
/// # Errors
/// As [`export`].
pub(super) async fn save(document: Document) -> Result<Written, String> {
    let path = at_home(&document.path);
    let file = path.clone();
    let (sender, pieces) = mpsc::channel(2);
    let writing = tokio::task::spawn_blocking(move || write(&file, pieces));
    for piece in [Piece::Text(document.text), Piece::End] {
        // A writer that has gone says why below.
        let _ = sender.send(piece).await;
    }
    drop(sender);
    match writing.await {
        Ok(Ok(())) => Ok(Written { count: 1, path }),
        Ok(Err(Unwritten::Failed(sentence))) => Err(sentence),
        Ok(Err(Unwritten::CutOff)) | Err(_) => Err("the writing failed".to_owned()),
    }
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// How many exchanges or documents.
    pub count: u64,
    /// Into which file.
    pub path: PathBuf,
}

/// Asks for the recorded exchanges and writes those that are shown, as far as they are still kept.
///
/// # Errors
/// One sentence: the file is there already or cannot be written, or the server went away. No file is
/// left behind then.
pub(super) async fn export(client: &Client, export: Export) -> Result<Written, String> {
    let (Some(first), Some(last)) = (export.shown.first(), export.shown.last()) else {
        return Err("nothing is shown that could be written".to_owned());
    };
    let request = Request::ExportExchanges {
        format: export.format,
        after: before(*first),
        limit: MAXIMUM_EXPORT,
    };
    let path = at_home(&export.path);
    let file = path.clone();
    // A slow disk must not hold up the console, which has this thread only.
    let (sender, lines) = mpsc::channel(64);
    let writing = tokio::task::spawn_blocking(move || write(&file, lines));
    let received = receive(client, request, &export, *last, &sender).await;
    if received.is_ok() {
        let _ = sender.send(Piece::End).await;
    }
    drop(sender);
    let written = writing.await.map_err(|_| "the writing failed".to_owned())?;
    match (received, written) {
        (_, Err(Unwritten::Failed(sentence))) => Err(sentence),
        (Err(ClientError::Refused(why) | ClientError::Lost(why)), _) => Err(why),
        (Ok(count), Ok(())) => Ok(Written { count, path }),
        (Ok(_), Err(Unwritten::CutOff)) => Err("the writing was cut off".to_owned()),
    }
}

/// A path as a shell would read it.
fn at_home(path: &Path) -> PathBuf {
    let rest = path.strip_prefix("~").ok();
    rest.and_then(|rest| Some(std::env::home_dir()?.join(rest)))
        .unwrap_or_else(|| path.to_owned())
}

/// The greatest id before this one, so that what follows it begins with this one.
fn before(id: ExchangeId) -> Option<ExchangeId> {
    let before = id.0.as_u128().checked_sub(1)?;
    Some(ExchangeId(Uuid::from_u128(before)))
}

/// What is written next.
enum Piece {
    /// This text.
    Text(String),
    /// Nothing more: the document is whole.
    End,
}

/// The id of an exchange on its line, in either form.
#[derive(Deserialize)]
struct Line {
    #[serde(alias = "_id")]
    id: ExchangeId,
}

async fn receive(
    client: &Client,
    request: Request,
    export: &Export,
    last: ExchangeId,
    out: &mpsc::Sender<Piece>,
) -> Result<u64, ClientError> {
    let mut pieces = client.follow(request).await?;
    let mut sieve = Sieve {
        shown: &export.shown,
        last,
        archive: export.format == ExportFormat::Har,
        waiting: String::new(),
        written: 0,
        past: false,
    };
    loop {
        match pieces.next().await? {
            Some(Reply::Text { text }) => {
                let kept = sieve.take(&text);
                if !kept.is_empty() && out.send(Piece::Text(kept)).await.is_err() {
                    // The writer says what went wrong.
                    return Ok(0);
                }
                if sieve.past {
                    break;
                }
            }
            Some(Reply::TextEnd { .. }) => break,
            _ => {
                let ended = "the server ended the document before its end; try again";
                return Err(ClientError::Lost(ended.to_owned()));
            }
        }
    }
    if sieve.written == 0 {
        let gone = "none of these requests is kept by the server any more";
        return Err(ClientError::Refused(gone.to_owned()));
    }
    if sieve.archive {
        let _ = out.send(Piece::Text("\n]}}\n".to_owned())).await;
    }
    Ok(sieve.written)
}

/// Lets only the shown exchanges through. Both forms have one on each line.
struct Sieve<'a> {
    shown: &'a BTreeSet<ExchangeId>,
    last: ExchangeId,
    archive: bool,
    /// A line that is not whole yet.
    waiting: String,
    written: u64,
    /// Whether the last one that is shown has come.
    past: bool,
}

impl Sieve<'_> {
    /// Takes a piece; gives what of it is to be written.
    fn take(&mut self, piece: &str) -> String {
        let mut kept = String::new();
        self.waiting.push_str(piece);
        let text = std::mem::take(&mut self.waiting);
        let mut rest = text.as_str();
        while let Some((line, after)) = rest.split_once('\n') {
            rest = after;
            self.line(line, &mut kept);
            if self.past {
                return kept;
            }
        }
        rest.clone_into(&mut self.waiting);
        kept
    }

    fn line(&mut self, line: &str, kept: &mut String) {
        let entry = line.trim_end_matches(',');
        let Ok(Line { id }) = serde_json::from_str(entry) else {
            if self.archive && line.starts_with("{\"log\"") {
                kept.push_str(line);
            }
            return;
        };
        self.past = id >= self.last;
        if !self.shown.contains(&id) {
            return;
        }
        if self.archive {
            kept.push_str(if self.written == 0 { "\n" } else { ",\n" });
            kept.push_str(entry);
        } else {
            kept.push_str(line);
            kept.push('\n');
        }
        self.written += 1;
    }
}

/// Why there is no file.
#[derive(Debug)]
enum Unwritten {
    /// One sentence.
    Failed(String),
    /// The end did not come.
    CutOff,
}

/// Writes the pieces to a new file; removes it again unless the end comes.
fn write(path: &Path, mut pieces: mpsc::Receiver<Piece>) -> Result<(), Unwritten> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    let file = file.map_err(|error| {
        Unwritten::Failed(match error.kind() {
            ErrorKind::AlreadyExists => {
                let path = path.display();
                format!("{path} is there already, and is not overwritten; name another file")
            }
            _ => unwritable(path, &error),
        })
    })?;
    let written = fill(file, &mut pieces);
    if !matches!(written, Ok(true)) {
        // The failure is the news.
        let _ = std::fs::remove_file(path);
    }
    match written {
        Ok(true) => Ok(()),
        Ok(false) => Err(Unwritten::CutOff),
        Err(error) => Err(Unwritten::Failed(unwritable(path, &error))),
    }
}

/// Whether the end came.
fn fill(file: File, pieces: &mut mpsc::Receiver<Piece>) -> io::Result<bool> {
    let mut out = BufWriter::new(file);
    while let Some(piece) = pieces.blocking_recv() {
        match piece {
            Piece::Text(text) => out.write_all(text.as_bytes())?,
            Piece::End => {
                out.flush()?;
                out.get_ref().sync_all()?;
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn unwritable(path: &Path, error: &io::Error) -> String {
    format!("{} cannot be written: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> ExchangeId {
        ExchangeId(Uuid::from_u128(number))
    }

    fn sieved(archive: bool, text: &str, pieces: usize) -> (String, u64, bool) {
        let shown = BTreeSet::from([id(2), id(4)]);
        let mut sieve = Sieve {
            shown: &shown,
            last: id(4),
            archive,
            waiting: String::new(),
            written: 0,
            past: false,
        };
        let mut kept = String::new();
        let bytes = text.as_bytes();
        for piece in bytes.chunks(pieces) {
            if !sieve.past {
                kept.push_str(&sieve.take(std::str::from_utf8(piece).expect("ASCII")));
            }
        }
        (kept, sieve.written, sieve.past)
    }

    #[test]
    fn only_what_is_shown_passes_however_it_is_cut() {
        let line = |number, name: &str| format!("{{\"{name}\":\"{}\",\"x\":1}}", id(number));
        for pieces in [1, 7, 1_000] {
            let lines: Vec<_> = (1..6).map(|number| line(number, "id")).collect();
            let text = format!("{}\n", lines.join("\n"));
            let expected = format!("{}\n{}\n", lines[1], lines[3]);
            assert_eq!(sieved(false, &text, pieces), (expected, 2, true));

            let entries: Vec<_> = (1..6).map(|number| line(number, "_id")).collect();
            let text = format!(
                "{{\"log\":{{\"entries\":[\n{}\n]}}}}\n",
                entries.join(",\n")
            );
            let expected = format!("{{\"log\":{{\"entries\":[\n{},\n{}", entries[1], entries[3]);
            assert_eq!(sieved(true, &text, pieces), (expected, 2, true));
        }
    }

    #[test]
    fn a_file_is_its_owners_only_never_overwritten_and_gone_when_cut_off() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("shown.jsonl");
        let (sender, pieces) = mpsc::channel(4);
        sender
            .try_send(Piece::Text("{}\n".to_owned()))
            .expect("room");
        drop(sender);
        assert!(matches!(write(&path, pieces), Err(Unwritten::CutOff)));
        assert!(!path.exists());

        let (sender, pieces) = mpsc::channel(4);
        sender.try_send(Piece::End).expect("room");
        write(&path, pieces).expect("written");
        let mode = std::fs::metadata(&path).expect("a file").permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);

        let (_, pieces) = mpsc::channel(4);
        let Err(Unwritten::Failed(sentence)) = write(&path, pieces) else {
            panic!("overwritten")
        };
        assert!(sentence.contains("is there already"), "{sentence}");
        assert!(path.exists());
    }
}
