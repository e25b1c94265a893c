//! Reading a recording, of JSON lines or as HTTP Archive.

use serde::Deserialize;

use crate::{directory::Provider, service::exchange::Exchange};

/// One request to be played again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Where it stands: the line, or the number of the entry in an HTTP Archive, from 1.
    pub place: usize,
    /// Whose it was, where the recording says so.
    pub provider: Option<Provider>,
    /// The HTTP method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// `Content-Type`, empty where there was none.
    pub content_type: String,
    /// The body; `None` where only its beginning was recorded, so that it cannot be played.
    pub body: Option<String>,
    /// What was answered.
    pub status: u16,
    /// The id of what was made, where the answer was 201 and is recorded whole.
    pub made: Option<String>,
}

/// A recording, in the order of its requests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recording {
    /// The requests.
    pub requests: Vec<Recorded>,
}

/// Why a recording cannot be played.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordingError {
    /// A line is no exchange.
    #[error("Line {line} of the recording is no recorded exchange: {why}. Export it again.")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// An entry of an HTTP Archive cannot be used.
    #[error("Entry {entry} of the HTTP Archive cannot be played: {why}.")]
    Entry {
        /// From 1.
        entry: usize,
        /// What is wrong.
        why: String,
    },
    /// It has more than so many bytes.
    #[error("The recording has more than {0} bytes; export less at once with --after and --limit.")]
    TooLong(usize),
    /// There is nothing in it.
    #[error("The recording is empty.")]
    Empty,
}

/// The longest recording that is read, in bytes.
pub const RECORDING_BYTES: usize = 512 * 1024 * 1024;

/// Reads a recording, whichever form it has.
///
/// # Errors
/// What is wrong, with the line.
pub fn read(text: &str) -> Result<Recording, RecordingError> {
    if text.len() > RECORDING_BYTES {
        return Err(RecordingError::TooLong(RECORDING_BYTES));
    }
    let requests = if is_archive(text) {
        archive(text)?
    } else {
        lines(text)?
    };
    if requests.is_empty() {
        return Err(RecordingError::Empty);
    }
    Ok(Recording { requests })
}

/// An archive is one object with the member `log`; an exchange has none.
fn is_archive(text: &str) -> bool {
    let start = text.trim_start().strip_prefix('{').unwrap_or_default();
    start.trim_start().starts_with("\"log\"")
}

fn lines(text: &str) -> Result<Vec<Recorded>, RecordingError> {
    let numbered = text.lines().zip(1..);
    let said = numbered.filter(|(line, _)| !line.trim().is_empty());
    said.map(|(line, number)| {
        let exchange: Exchange =
            serde_json::from_str(line).map_err(|error| RecordingError::Line {
                line: number,
                why: because(&error),
            })?;
        let content_type = field(
            exchange
                .request_headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        Ok(Recorded {
            place: number,
            provider: exchange.line.provider,
            method: exchange.line.method,
            target: exchange.line.target,
            content_type,
            body: Some(exchange.request_body.text).filter(|_| !exchange.request_body.cut),
            made: made(exchange.line.status, &exchange.response_body.text),
            status: exchange.line.status,
        })
    })
    .collect()
}

/// serde's words without the place within the one line, which is line 1 of itself.
fn because(error: &serde_json::Error) -> String {
    let words = error.to_string();
    match words.split_once(" at line 1 column ") {
        Some((what, column)) => format!("{what}, at column {column}"),
        None => words,
    }
}

fn field<'a>(mut headers: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let found = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    found.map(|(_, value)| value.to_owned()).unwrap_or_default()
}

/// The id in an answer that says that something was made.
fn made(status: u16, answer: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Made {
        id: String,
    }
    let made = (status == 201).then(|| serde_json::from_str::<Made>(answer));
    Some(made?.ok()?.id)
}

#[derive(Deserialize)]
struct Archive {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    request: Request,
    #[serde(default)]
    response: Response,
    #[serde(default, rename = "_provider")]
    provider: Option<Provider>,
    #[serde(default, rename = "_cut")]
    cut: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    method: String,
    url: String,
    #[serde(default)]
    headers: Vec<Header>,
    #[serde(default)]
    post_data: Option<PostData>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

#[derive(Deserialize, Default)]
struct PostData {
    #[serde(default)]
    text: String,
}

#[derive(Deserialize, Default)]
struct Response {
    #[serde(default)]
    status: u16,
    #[serde(default)]
    content: PostData,
}

fn archive(text: &str) -> Result<Vec<Recorded>, RecordingError> {
    let archive: Archive = serde_json::from_str(text).map_err(|error| RecordingError::Line {
        line: error.line(),
        why: error.to_string(),
    })?;
    let numbered = archive.log.entries.into_iter().zip(1..);
    numbered
        .map(|(entry, number)| {
            let target = target(&entry.request.url).ok_or_else(|| RecordingError::Entry {
                entry: number,
                why: format!("{:?} is no absolute URL", entry.request.url),
            })?;
            let headers = entry.request.headers.iter();
            let body = entry.request.post_data.map(|data| data.text);
            Ok(Recorded {
                place: number,
                provider: entry.provider,
                target,
                content_type: field(
                    headers.map(|header| (header.name.as_str(), header.value.as_str())),
                ),
                method: entry.request.method,
                body: Some(body.unwrap_or_default()).filter(|_| !entry.cut),
                made: made(entry.response.status, &entry.response.content.text),
                status: entry.response.status,
            })
        })
        .collect()
}

/// Path and query of an absolute URL.
fn target(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let path = rest.find('/')?;
    rest.get(path..).map(str::to_owned)
}
