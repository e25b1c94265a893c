//! One JSON document a line, bounded before it is read.

use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The longest line, in bytes. A page of the largest rows stays below it.
pub const LINE_BYTES: u64 = 32 * 1024 * 1024;

/// A line could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The connection failed.
    #[error("the admin connection failed: {0}")]
    Connection(#[from] std::io::Error),
    /// The line is longer than this many bytes.
    #[error("the admin connection carried a line of more than {0} bytes")]
    TooLong(u64),
    /// The line is not what it should be.
    #[error(
        "the admin connection carried something else than was expected: {0}; are both sides of the same version?"
    )]
    Malformed(#[from] serde_json::Error),
}

/// Reads one document; `None` at the end of the stream.
pub async fn read<Document: DeserializeOwned>(
    stream: &mut (impl AsyncBufRead + Unpin),
) -> Result<Option<Document>, FrameError> {
    read_within(stream, LINE_BYTES).await
}

/// Reads one document from a line of at most so many bytes; `None` at the end of the stream.
pub async fn read_within<Document: DeserializeOwned>(
    stream: &mut (impl AsyncBufRead + Unpin),
    longest: u64,
) -> Result<Option<Document>, FrameError> {
    let mut line = Vec::new();
    stream.take(longest).read_until(b'\n', &mut line).await?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') && line.len() as u64 >= longest {
        return Err(FrameError::TooLong(longest));
    }
    Ok(Some(serde_json::from_slice(&line)?))
}

/// Writes one document and flushes.
pub async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    document: &impl Serialize,
) -> Result<(), FrameError> {
    let mut line = serde_json::to_vec(document)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    stream.flush().await?;
    Ok(())
}
