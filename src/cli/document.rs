//! Documents that the admin API gives, into a file that only its owner reads, or to stdout.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use anyhow::anyhow;

use super::{connect::unexpected, session::Session};
use crate::{
    admin::{ClientError, Reply, Request},
    store::backup::Counts,
};

/// Asks for a document that comes in pieces and writes it to stdout.
pub(super) async fn print(request: Request, session: &Session) -> anyhow::Result<()> {
    let mut out = BufWriter::new(io::stdout());
    receive(request, session, &mut out).await?;
    Ok(out.flush()?)
}

/// Asks for a document that comes in pieces and writes it to a new file. Gives how many rows of each
/// kind it holds.
///
/// # Errors
/// There is such a file already, it cannot be written, or the document ends before its end; then no
/// file is left behind.
pub(super) async fn save(
    request: Request,
    session: &Session,
    path: &Path,
) -> anyhow::Result<Counts> {
    let mut file = NewFile::create(path)?;
    let counts = receive(request, session, &mut file).await?;
    file.keep()?;
    Ok(counts)
}

/// Writes a whole text to stdout, or to a new file.
///
/// # Errors
/// There is such a file already, or it cannot be written; then none is left behind.
pub(super) fn write_text(text: &str, path: Option<&Path>) -> anyhow::Result<()> {
    match path {
        None => {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes())?;
            Ok(out.flush()?)
        }
        Some(path) => {
            let mut file = NewFile::create(path)?;
            file.write_all(text.as_bytes())?;
            file.keep()
        }
    }
}

async fn receive(
    request: Request,
    session: &Session,
    out: &mut impl Write,
) -> anyhow::Result<Counts> {
    let mut pieces = session.follow(request).await?;
    loop {
        match pieces.next().await? {
            Some(Reply::Text { text }) => out.write_all(text.as_bytes())?,
            Some(Reply::TextEnd { rows }) => return Ok(rows),
            Some(_) => return Err(unexpected()),
            None => {
                let lost = "the server ended the document before its end: try again";
                return Err(ClientError::Lost(lost.to_owned()).into());
            }
        }
    }
}

/// A file that was not there before, readable by its owner only, and gone again unless it is kept.
struct NewFile<'a> {
    path: &'a Path,
    out: BufWriter<File>,
    kept: bool,
}

impl<'a> NewFile<'a> {
    fn create(path: &'a Path) -> anyhow::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(path);
        let file = file.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => anyhow!(
                "{} is there already, and is not overwritten: name another file",
                path.display()
            ),
            _ => unwritable(path, &error).into(),
        })?;
        Ok(Self {
            path,
            out: BufWriter::new(file),
            kept: false,
        })
    }

    /// Leaves the file behind, whole and on the disk.
    fn keep(mut self) -> anyhow::Result<()> {
        self.flush()?;
        let synced = self.out.get_ref().sync_all();
        synced.map_err(|error| unwritable(self.path, &error))?;
        self.kept = true;
        Ok(())
    }
}

impl Write for NewFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        written.map_err(|error| unwritable(self.path, &error))
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        flushed.map_err(|error| unwritable(self.path, &error))
    }
}

impl Drop for NewFile<'_> {
    fn drop(&mut self) {
        if !self.kept {
            // The failure is the news; a backup that is cut off is told from a whole one.
            let _ = std::fs::remove_file(self.path);
        }
    }
}

fn unwritable(path: &Path, error: &io::Error) -> io::Error {
    let sentence = format!("{} cannot be written: {error}", path.display());
    io::Error::new(error.kind(), sentence)
}
