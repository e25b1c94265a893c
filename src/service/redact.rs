//! What is taken out of requests and answers before they are recorded.

/// What stands in place of a secret.
pub const REDACTED: &str = "…redacted…";

/// A body as it may be recorded: the value of anything called `password` is gone, wherever and
/// however it was sent. Of what is not JSON only the length is told.
pub fn redact_body(_body: &[u8]) -> String {
    todo!()
}

/// Header fields as they may be recorded: of `authorization` only the scheme; cookies and keys go.
pub fn redact_headers<'a>(
    _headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
) -> Vec<(String, String)> {
    todo!()
}
