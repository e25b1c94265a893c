//! Documents that the admin API gives in pieces, into a file that only its owner reads, or to stdout.

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

/// Asks for a document and writes it to stdout. Gives how many rows of each kind it holds.
pub(super) async fn print(request: Request, session: &Session) -> anyhow::Result<Counts> {
    let mut out = BufWriter::new(io::stdout());
    let counts = receive(request, session, &mut out).await?;
    out.flush()?;
    Ok(counts)
}

/// Asks for a document and writes it to a new file, readable by its owner only. What stays behind is
/// whole and on the disk, or not there. Gives how many rows of each kind it holds.
///
/// # Errors
/// There is such a file already, it cannot be written, or the document ends before its end.
pub(super) async fn save(
    request: Request,
    session: &Session,
    path: &Path,
) -> anyhow::Result<Counts> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    let file = file.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => anyhow!(
            "{} is there already, and is not overwritten: name another file",
            path.display()
        ),
        _ => unwritable(path, &error),
    })?;
    let written = fill(request, session, path, file).await;
    if written.is_err() {
        // The failure is the news; a file that is cut off says so itself.
        let _ = std::fs::remove_file(path);
    }
    written
}

async fn fill(
    request: Request,
    session: &Session,
    path: &Path,
    file: File,
) -> anyhow::Result<Counts> {
    let mut out = BufWriter::new(file);
    let counts = receive(request, session, &mut out).await.map_err(|error| {
        match error.downcast::<io::Error>() {
            Ok(error) => unwritable(path, &error),
            Err(error) => error,
        }
    })?;
    let flushed = out.into_inner().map_err(io::IntoInnerError::into_error);
    let kept = flushed.and_then(|file| file.sync_all());
    kept.map_err(|error| unwritable(path, &error))?;
    Ok(counts)
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

fn unwritable(path: &Path, error: &io::Error) -> anyhow::Error {
    anyhow!("{} cannot be written: {error}", path.display())
}
