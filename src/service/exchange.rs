//! The record of one request with its answer, as the console shows it. Secrets never get here:
//! the listener redacts before it records.

mod kept;

use std::{borrow::Cow, collections::BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

pub use self::kept::Kept;
use super::redact;
use crate::directory::{Action, Event, ExchangeId, Facts, Provider};

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
    /// Suspensions and deletions that were held back until an operator decides.
    pub held: u32,
}

impl Effect {
    /// Whether anything in the directory changed.
    pub fn is_change(&self) -> bool {
        *self
            != Self {
                members_unknown: self.members_unknown,
                conflicts: self.conflicts,
                held: self.held,
                ..Self::default()
            }
    }

    /// Adds what another exchange did.
    pub fn add(&mut self, other: &Self) {
        let add = |sum: &mut u32, more: u32| *sum = sum.saturating_add(more);
        add(&mut self.users_created, other.users_created);
        add(&mut self.users_updated, other.users_updated);
        add(&mut self.users_suspended, other.users_suspended);
        add(&mut self.users_reinstated, other.users_reinstated);
        add(&mut self.users_deleted, other.users_deleted);
        add(&mut self.roles_created, other.roles_created);
        add(&mut self.roles_updated, other.roles_updated);
        add(&mut self.roles_deleted, other.roles_deleted);
        add(&mut self.members_added, other.members_added);
        add(&mut self.members_removed, other.members_removed);
        add(&mut self.members_unknown, other.members_unknown);
        add(&mut self.conflicts, other.conflicts);
        add(&mut self.held, other.held);
    }

    /// What the events of one command add up to. A user or role counts as updated once, however
    /// many events say so, and not at all where it was made.
    pub fn from_events(events: &[Event]) -> Self {
        let mut effect = Self::default();
        let mut made = BTreeSet::new();
        let mut updated = BTreeSet::new();
        for event in events {
            let subject = event.subject.id.as_str();
            match event.action {
                Action::UserCreated => {
                    effect.users_created += 1;
                    made.insert(subject);
                }
                Action::UserUpdated
                | Action::UserTakenOver
                | Action::UserReleased
                | Action::UserLevelChanged => {
                    if !made.contains(subject) && updated.insert(subject) {
                        effect.users_updated += 1;
                    }
                }
                Action::UserSuspended => effect.users_suspended += 1,
                Action::UserReinstated => effect.users_reinstated += 1,
                Action::UserDeleted => effect.users_deleted += 1,
                Action::RoleCreated => {
                    effect.roles_created += 1;
                    made.insert(subject);
                }
                Action::RoleUpdated
                | Action::RoleRenamed
                | Action::RoleTakenOver
                | Action::RoleReleased
                | Action::MembersMoved => {
                    if !made.contains(subject) && updated.insert(subject) {
                        effect.roles_updated += 1;
                    }
                }
                Action::RoleDeleted => effect.roles_deleted += 1,
                Action::MembersAdded => effect.members_added += count(&event.after, "members"),
                Action::MembersRemoved => effect.members_removed += count(&event.before, "members"),
                Action::MembersSkipped => effect.members_unknown += count(&event.after, "unknown"),
                Action::ConflictOpened | Action::ConflictRepeated => effect.conflicts += 1,
                Action::HoldOpened => effect.held += 1,
                // After a refusal the provider is turned away for good: nothing waits.
                Action::HoldRepeated => {
                    let state = event.after.get("state").and_then(Value::as_str);
                    effect.held += u32::from(state != Some("refused"));
                }
                Action::ProviderActivated
                | Action::ProviderDeactivated
                | Action::TokenCreated
                | Action::TokenRevoked
                | Action::ConflictLinked
                | Action::ConflictRenamed
                | Action::ConflictDismissed
                | Action::ConflictGone
                | Action::ConflictSettled
                | Action::ResourceAdded
                | Action::ResourceDeleted
                | Action::AccessGranted
                | Action::AccessRevoked
                | Action::AccessGiven
                | Action::AccessStarted
                | Action::AccessTaken
                | Action::AccessEnded
                | Action::HoldApproved
                | Action::HoldRefused
                | Action::HoldEnded => {}
            }
        }
        effect
    }
}

/// The length of a list in an event.
fn count(facts: &Facts, name: &str) -> u32 {
    u32::try_from(facts.count(name)).unwrap_or(u32::MAX)
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
    /// The name of the process that answered it, where several share a store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
}

impl ExchangeLine {
    /// Whether the answer was an error.
    pub fn is_error(&self) -> bool {
        self.status >= 400
    }

    /// Whether it only read.
    pub fn is_lookup(&self) -> bool {
        let path = self.target.split('?').next().unwrap_or_default();
        matches!(self.method.as_str(), "GET" | "HEAD") || path.ends_with("/.search")
    }
}

/// One exchange, whole. The listener has texts that are lent, and has them written as JSON at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "Text: Deserialize<'de> + From<String>"))]
pub struct Exchange<Text = String> {
    /// What a line shows.
    #[serde(flatten)]
    pub line: ExchangeLine,
    /// The name of the token that came with it.
    pub token: Option<Text>,
    /// The client's address.
    pub peer: Text,
    /// The request's header fields; `authorization` says only which scheme.
    pub request_headers: Vec<(Text, Text)>,
    /// The request's body, without passwords.
    pub request_body: Body<Text>,
    /// The answer's header fields.
    pub response_headers: Vec<(Text, Text)>,
    /// The answer's body.
    pub response_body: Body<Text>,
}

/// A recorded body, cut where it is longer than the recording's bound.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "KeptBody")]
#[serde(bound(deserialize = "Text: From<String>"))]
pub struct Body<Text = String> {
    /// The text.
    pub text: Text,
    /// How many bytes the whole body had.
    pub bytes: u64,
    /// Whether `text` is only its beginning.
    pub cut: bool,
}

/// A body as it is kept, or was by earlier versions.
#[derive(Deserialize)]
struct KeptBody {
    /// The text, where it is cut or no JSON.
    #[serde(default)]
    text: String,
    /// The JSON that the text is.
    #[serde(default)]
    json: Option<Box<RawValue>>,
    bytes: u64,
    cut: bool,
}

impl<Text: From<String>> From<KeptBody> for Body<Text> {
    fn from(kept: KeptBody) -> Self {
        let json = kept.json.map(|json| Box::<str>::from(json).into_string());
        Self {
            text: json.unwrap_or(kept.text).into(),
            bytes: kept.bytes,
            cut: kept.cut,
        }
    }
}

/// The longest recorded body of a request, in bytes: what is replayed is longer seldom.
pub const REQUEST_BYTES: usize = 32 * 1024;

/// The longest recorded body of an answer, in bytes: the first resources of a page.
pub const ANSWER_BYTES: usize = 8 * 1024;

/// The longest secret that [`redact::mask_tokens`] looks for fits into so many bytes.
const SECRET_BYTES: usize = 256;

impl<'a> Body<Cow<'a, str>> {
    /// How much of a body is looked at that is cut at `most` bytes: a token that the cut would part is
    /// masked before it.
    pub fn looked_at(most: usize) -> usize {
        most + SECRET_BYTES
    }

    /// The text of a body without tokens, cut at `most` bytes or the character before.
    pub fn record(whole: &'a str, most: usize) -> Self {
        Self::begin(whole, whole.len(), most)
    }

    /// The text of a body of so many `bytes` that begins like this: [`Body::looked_at`] of it is
    /// enough.
    pub fn begin(start: &'a str, bytes: usize, most: usize) -> Self {
        let looked_at = beginning(start, Self::looked_at(most));
        let masked = redact::mask_tokens(looked_at);
        let is_cut = looked_at.len() < bytes || masked.len() > most;
        Self {
            text: match masked {
                Cow::Borrowed(text) => beginning(text, most).into(),
                Cow::Owned(text) => beginning(&text, most).to_owned().into(),
            },
            bytes: bytes as u64,
            cut: is_cut,
        }
    }
}

/// At most so many bytes, up to the character before.
fn beginning(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests;
