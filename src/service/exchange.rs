//! The record of one request with its answer, as the console shows it. Secrets never get here:
//! the listener redacts before it records.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::directory::{ExchangeId, Provider};

/// What one exchange did, counted: what a digest adds up and a filter asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Effect {
    /// Users made.
    pub users_created: u32,
    /// Users whose attributes changed, take-overs included.
    pub users_updated: u32,
    /// Users suspended.
    pub users_suspended: u32,
    /// Users reinstated.
    pub users_reinstated: u32,
    /// Users deleted.
    pub users_deleted: u32,
    /// Roles made.
    pub roles_created: u32,
    /// Roles renamed, changed or taken over.
    pub roles_updated: u32,
    /// Roles deleted.
    pub roles_deleted: u32,
    /// Memberships made.
    pub members_added: u32,
    /// Memberships ended.
    pub members_removed: u32,
    /// Pushed members that are not here.
    pub members_unknown: u32,
    /// Conflicts opened or repeated.
    pub conflicts: u32,
}

impl Effect {
    /// Whether anything in the directory changed.
    pub fn is_change(&self) -> bool {
        let Self {
            members_unknown: _,
            conflicts: _,
            ..
        } = self;
        *self
            != Self {
                members_unknown: self.members_unknown,
                conflicts: self.conflicts,
                ..Self::default()
            }
    }
}

/// One exchange without its bodies: a line in Live.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExchangeLine {
    /// Ordered by time.
    pub id: ExchangeId,
    /// When its last header byte had arrived.
    pub at: Timestamp,
    /// Who it was, as far as its token told.
    pub provider: Option<Provider>,
    /// The HTTP method.
    pub method: String,
    /// Path and query as sent, at most 2 KiB of it.
    pub target: String,
    /// The answer's status.
    pub status: u16,
    /// From the last header byte to the end of the answer's making, in microseconds.
    pub micros: u64,
    /// What it meant in words.
    pub summary: String,
    /// What it did.
    pub effect: Effect,
    /// The names of the users that it was about, at most a few.
    pub users: Vec<String>,
    /// The names of the roles that it was about, at most a few.
    pub roles: Vec<String>,
    /// The numbers of the journal entries that it caused.
    pub journal: Vec<u64>,
    /// The conflict that it opened or repeated.
    pub conflict: Option<crate::directory::ConflictId>,
}

impl ExchangeLine {
    /// Whether the answer was an error.
    pub fn is_error(&self) -> bool {
        self.status >= 400
    }
}

/// One exchange, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// What a line shows.
    #[serde(flatten)]
    pub line: ExchangeLine,
    /// The name of the token that came with it.
    pub token: Option<String>,
    /// The client's address.
    pub peer: String,
    /// The request's header fields; `authorization` says only which scheme.
    pub request_headers: Vec<(String, String)>,
    /// The request's body, without passwords.
    pub request_body: Body,
    /// The answer's header fields.
    pub response_headers: Vec<(String, String)>,
    /// The answer's body.
    pub response_body: Body,
}

/// A recorded body, cut where it is longer than the recording's bound.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Body {
    /// The text.
    pub text: String,
    /// How many bytes the whole body had.
    pub bytes: u64,
    /// Whether `text` is only its beginning.
    pub cut: bool,
}

/// The longest recorded body, in bytes.
pub const BODY_BYTES: usize = 32 * 1024;

impl Body {
    /// The text of a body, cut at [`BODY_BYTES`] or the character before.
    pub fn record(whole: &str) -> Self {
        let mut end = whole.len().min(BODY_BYTES);
        while !whole.is_char_boundary(end) {
            end -= 1;
        }
        Self {
            text: whole.get(..end).unwrap_or_default().to_owned(),
            bytes: whole.len() as u64,
            cut: end < whole.len(),
        }
    }
}
