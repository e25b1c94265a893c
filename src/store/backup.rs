//! Backup and restore: the whole directory as JSON lines that any store can take, of one moment,
//! while others write.
//!
//! The first line says what it is, in which version, and how much there is; then comes a line for
//! each row; the last line counts them and carries the SHA-256 of all lines before it, so that
//! what was cut off or changed is told from what is whole. Recorded exchanges are not in it. Backups
//! of every older version are taken in; one of a newer version is refused.

mod restore;

use std::{collections::BTreeMap, io::Write};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Snapshot, Start, Visible, each_member};
use crate::directory::{
    Conflict, Departure, Grant, Hold, JournalEntry, Membership, Provider, ProviderRecord,
    ReadError, Resource, Role, RoleId, TemporaryAccess, Token, TokenId, User,
};
use crate::scim::{ResourceType, resource::in_schema_order};

use restore::VERSION;
pub use restore::{RestoreError, restore};

/// What the first line calls it.
const FORMAT: &str = "rolecall-backup";
/// Rows are walked in pages of this many.
const PAGE: usize = 512;

/// How many rows of each kind there are: `user`, `role`, `membership`, `journal`, …
pub type Counts = BTreeMap<String, u64>;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    format: String,
    version: u64,
    taken: Timestamp,
    users: u64,
    service_accounts: u64,
    roles: u64,
    resources: u64,
    journal_first: u64,
    journal_last: u64,
}

/// The last line.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct End {
    rows: Counts,
    sha256: String,
}

/// A line between them; or the last one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    User(Box<User>),
    Role(Box<Role>),
    Membership(Membership),
    Provider(ProviderRecord),
    Token(Box<Token>),
    Conflict(Box<Conflict>),
    Resource(Box<Resource>),
    Grant(Grant),
    TemporaryAccess(TemporaryAccess),
    Departure(Departure),
    Hold(Box<Hold>),
    Journal(Box<JournalEntry>),
    TokenUse {
        token: TokenId,
        last: Timestamp,
        requests: u64,
    },
    RolePush {
        role: RoleId,
        at: Timestamp,
    },
    End(End),
}

impl Line {
    fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Role(_) => "role",
            Self::Membership(_) => "membership",
            Self::Provider(_) => "provider",
            Self::Token(_) => "token",
            Self::Conflict(_) => "conflict",
            Self::Resource(_) => "resource",
            Self::Grant(_) => "grant",
            Self::TemporaryAccess(_) => "temporary-access",
            Self::Departure(_) => "departure",
            Self::Hold(_) => "hold",
            Self::Journal(_) => "journal",
            Self::TokenUse { .. } => "token-use",
            Self::RolePush { .. } => "role-push",
            Self::End(_) => "end",
        }
    }
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The store could not be read.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// The backup could not be written.
    #[error("The backup could not be written: {0}.")]
    Unwritable(#[from] std::io::Error),
}

/// Writes everything that a snapshot shows. The caller sees to it that nobody else can read it:
/// it holds names, addresses and the hashes of tokens.
///
/// # Errors
/// The snapshot cannot be read, or the backup not be written.
pub fn backup(
    snapshot: &dyn Snapshot,
    taken: Timestamp,
    to: &mut dyn Write,
) -> Result<Counts, BackupError> {
    let mut lines = Lines {
        to,
        hash: Sha256::new(),
        counts: Counts::new(),
    };
    let totals = snapshot.totals()?;
    lines.write(&Header {
        format: FORMAT.to_owned(),
        version: VERSION,
        taken,
        users: totals.persons(),
        service_accounts: totals.service_accounts,
        roles: totals.roles,
        resources: totals.resources,
        journal_first: snapshot.journal_first()?,
        journal_last: totals.journal_last,
    })?;
    let sink = &mut |line| lines.row(&line);
    users(snapshot, sink)?;
    roles(snapshot, sink)?;
    providers(snapshot, sink)?;
    conflicts(snapshot, sink)?;
    access(snapshot, sink)?;
    safeguards(snapshot, sink)?;
    journal(snapshot, sink)?;
    lines.end()
}

struct Lines<'a> {
    to: &'a mut dyn Write,
    hash: Sha256,
    counts: Counts,
}

impl Lines<'_> {
    fn row(&mut self, line: &Line) -> Result<(), BackupError> {
        *self.counts.entry(line.kind().to_owned()).or_default() += 1;
        self.write(line)
    }

    fn write(&mut self, line: &impl Serialize) -> Result<(), BackupError> {
        let mut text = serde_json::to_vec(line).map_err(std::io::Error::from)?;
        text.push(b'\n');
        self.hash.update(&text);
        Ok(self.to.write_all(&text)?)
    }

    fn end(mut self) -> Result<Counts, BackupError> {
        let rows = self.counts.clone();
        let sha256 = hex(&self.hash.clone().finalize());
        self.write(&Line::End(End { rows, sha256 }))?;
        self.to.flush()?;
        Ok(self.counts)
    }
}

/// The checksum as it is written.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Takes one line after the other.
type Sink<'a> = dyn FnMut(Line) -> Result<(), BackupError> + 'a;

fn users(snapshot: &dyn Snapshot, sink: &mut Sink<'_>) -> Result<(), BackupError> {
    let mut start = Start::Offset(0);
    loop {
        let page = snapshot.users(Visible::Everything, start, PAGE)?;
        let Some(last) = page.last().map(|user| user.id) else {
            return Ok(());
        };
        start = Start::After(last);
        for mut user in page {
            user.attributes = in_schema_order(ResourceType::User, user.attributes.into()).into();
            sink(Line::User(Box::new(user)))?;
        }
    }
}

/// Each role is followed by its members.
fn roles(snapshot: &dyn Snapshot, sink: &mut Sink<'_>) -> Result<(), BackupError> {
    let mut start = Start::Offset(0);
    loop {
        let page = snapshot.roles(Visible::Everything, start, PAGE)?;
        let Some(last) = page.last().map(|role| role.id) else {
            return Ok(());
        };
        start = Start::After(last);
        for mut role in page {
            let id = role.id;
            role.attributes = in_schema_order(ResourceType::Group, role.attributes);
            sink(Line::Role(Box::new(role)))?;
            let mut failure = None;
            each_member(snapshot, id, |membership| {
                if failure.is_none() {
                    failure = sink(Line::Membership(membership)).err();
                }
                Ok(())
            })?;
            if let Some(failure) = failure {
                return Err(failure);
            }
            if let Some(at) = snapshot.role_push(id)? {
                sink(Line::RolePush { role: id, at })?;
            }
        }
    }
}

fn providers(snapshot: &dyn Snapshot, sink: &mut Sink<'_>) -> Result<(), BackupError> {
    for provider in Provider::ALL {
        let record = snapshot.provider(provider)?;
        if record != ProviderRecord::unknown(provider) {
            sink(Line::Provider(record))?;
        }
    }
    for token in snapshot.tokens()? {
        let id = token.id;
        sink(Line::Token(Box::new(token)))?;
        if let Some((last, requests)) = snapshot.token_use(id)? {
            sink(Line::TokenUse {
                token: id,
                last,
                requests,
            })?;
        }
    }
    Ok(())
}

fn conflicts(snapshot: &dyn Snapshot, sink: &mut Sink<'_>) -> Result<(), BackupError> {
    let mut before = None;
    loop {
        let page = snapshot.conflicts(true, before, PAGE)?;
        let Some(last) = page.last().map(|conflict| conflict.id) else {
            return Ok(());
        };
        before = Some(last);
        for conflict in page {
            sink(Line::Conflict(Box::new(conflict)))?;
        }
    }
}

fn access(snapshot: &dyn Snapshot, sink: &mut Sink<'_>) -> Result<(), BackupError> {
    let mut after = None;
    loop {
        let page = snapshot.resources(after, PAGE)?;
        after = page.last().map(|resource| resource.id);
        for resource in page {
            sink(Line::Resource(Box::new(resource)))?;
        }
        if after.is_none() {
            break;
        }
    }
    let mut after = None;
    loop {
        let page = snapshot.grants(after, PAGE)?;
        after = page.last().copied();
        for grant in page {
            sink(Line::Grant(grant))?;
        }
        if after.is_none() {
            break;
        }
    }
    let mut after = None;
    loop {
        let page = snapshot.temporary_accesses(after, PAGE)?;
        after = page.last().map(|access| (access.user, access.resource));
        for access in page {
            sink(Line::TemporaryAccess(access))?;
        }
        if after.is_none() {
            return Ok(());
        }
    }
}

fn safeguards(snapshot: &dyn Snapshot, sink: &mut Sink<'_>) -> Result<(), BackupError> {
    let mut after = None;
    loop {
        let page = snapshot.all_departures(after, PAGE)?;
        after = page.last().map(|gone| gone.user);
        for gone in page {
            sink(Line::Departure(gone))?;
        }
        if after.is_none() {
            break;
        }
    }
    let mut before = None;
    loop {
        let page = snapshot.holds(true, before, PAGE)?;
        before = page.last().map(|hold| hold.id);
        for hold in page {
            sink(Line::Hold(Box::new(hold)))?;
        }
        if before.is_none() {
            return Ok(());
        }
    }
}

fn journal(snapshot: &dyn Snapshot, sink: &mut Sink<'_>) -> Result<(), BackupError> {
    let mut after = 0;
    loop {
        let page = snapshot.journal(after, PAGE)?;
        let Some(last) = page.last().map(|entry| entry.seq) else {
            return Ok(());
        };
        after = last;
        for entry in page {
            sink(Line::Journal(Box::new(entry)))?;
        }
    }
}

#[cfg(test)]
mod tests;
