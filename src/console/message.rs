//! What happens to the console, and what it wants done about it.

use crossterm::event::{KeyEvent, MouseEvent};
use jiff::Timestamp;

use crate::{
    admin::{ClientError, Reply, Request, row::JournalRow},
    directory::{ConflictId, ExchangeId, Provider, ResourceId, RoleId, TokenId, UserId},
    service::exchange::ExchangeLine,
};

use super::export::{Document, Export, Written};

/// How the console ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The operator, or a signal, wants the program to end, its listener included.
    StopListener,
    /// The operator leaves; a listener in this process goes on.
    Detach,
    /// The terminal is gone; a listener in this process goes on.
    TerminalLost,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// A key.
    Key(KeyEvent),
    /// Text that was pasted.
    Paste(String),
    /// The mouse.
    Mouse(MouseEvent),
    /// The terminal has this many columns and rows.
    Resize(u16, u16),
    /// The moment that the model asked to be woken at has come.
    Tick,
    /// The server answers, and follows.
    Connected,
    /// The server is away, and why.
    Disconnected(String),
    /// The server has another directory than before: nothing that is here is of it.
    Replaced,
    /// New requests, and how many were missed before them.
    Exchanges(Vec<ExchangeLine>, u64),
    /// New changes.
    Changes(Vec<JournalRow>),
    /// The export asked from the form with this number: what was written, or why nothing.
    Exported(u64, Result<Written, String>),
    /// An answer.
    Answered(Ask, Result<Box<Reply>, Failure>),
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The server said no, in one sentence.
    Refused(String),
    /// The server is away.
    Lost(String),
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Refused(sentence) => Self::Refused(sentence),
            ClientError::Lost(sentence) => Self::Lost(sentence),
        }
    }
}

/// What can get out of date on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// The header.
    Status,
    /// The checklist.
    Setup,
    /// The digests.
    Syncs,
    /// The requests of the opened sync.
    SyncPage,
    /// The visible users.
    Users,
    /// The selected user.
    User,
    /// The visible roles.
    Roles,
    /// The selected role.
    Role,
    /// The conflicts.
    Conflicts,
    /// The selected conflict.
    Conflict,
    /// The visible resources.
    Resources,
    /// The selected resource.
    Resource,
    /// Who reaches the selected resource.
    Reaching,
    /// What the selected user reaches.
    Reached,
    /// What should be looked at.
    Warnings,
    /// What is held.
    Holds,
    /// The providers.
    Providers,
    /// The tokens.
    Tokens,
    /// The selected exchange.
    Exchange,
    /// The selected provider.
    Provider,
    /// The selected token.
    Token,
    /// Changes that are older than those that came by themselves.
    Older,
}

/// What an answer is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// The header.
    Status,
    /// The checklist.
    Setup,
    /// The digests.
    Syncs,
    /// A page of this sync's requests.
    SyncPage(ExchangeId),
    /// A page of users from this row on, of the list of this generation.
    Users(u64, u64),
    /// A user.
    User(UserId),
    /// A page of roles from this row on, of the list of this generation.
    Roles(u64, u64),
    /// A role.
    Role(RoleId),
    /// The conflicts.
    Conflicts,
    /// A conflict.
    Conflict(ConflictId),
    /// A page of resources from this row on, of the list of this generation.
    Resources(u64, u64),
    /// A resource.
    Resource(ResourceId),
    /// Who reaches a resource.
    Reaching(ResourceId),
    /// What a user reaches.
    Reached(UserId),
    /// What should be looked at.
    Warnings,
    /// What is held.
    Holds,
    /// The providers.
    Providers,
    /// The tokens.
    Tokens,
    /// An exchange.
    Exchange(ExchangeId),
    /// A provider.
    Provider(Provider),
    /// A token.
    Token(TokenId),
    /// Changes after this number.
    Older(u64),
    /// What the act in the box with this number would do.
    Preview(u64),
    /// An act, asked from the box with this number.
    Act(u64),
    /// Names that fit what was typed into the form with this number.
    Suggest(u64, String),
    /// Whether someone reaches something, asked from the form with this number.
    Check(u64),
}

impl Ask {
    /// What the answer brings up to date.
    pub fn topic(&self) -> Option<Topic> {
        Some(match self {
            Self::Status => Topic::Status,
            Self::Setup => Topic::Setup,
            Self::Syncs => Topic::Syncs,
            Self::SyncPage(_) => Topic::SyncPage,
            Self::Users(..) => Topic::Users,
            Self::User(_) => Topic::User,
            Self::Roles(..) => Topic::Roles,
            Self::Role(_) => Topic::Role,
            Self::Conflicts => Topic::Conflicts,
            Self::Conflict(_) => Topic::Conflict,
            Self::Resources(..) => Topic::Resources,
            Self::Resource(_) => Topic::Resource,
            Self::Reaching(_) => Topic::Reaching,
            Self::Reached(_) => Topic::Reached,
            Self::Warnings => Topic::Warnings,
            Self::Holds => Topic::Holds,
            Self::Providers => Topic::Providers,
            Self::Tokens => Topic::Tokens,
            Self::Exchange(_) => Topic::Exchange,
            Self::Provider(_) => Topic::Provider,
            Self::Token(_) => Topic::Token,
            Self::Older(_) => Topic::Older,
            Self::Preview(_) | Self::Act(_) | Self::Suggest(..) | Self::Check(_) => return None,
        })
    }
}

/// What the console wants done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask the server.
    Ask {
        /// What for.
        ask: Ask,
        /// The question or act.
        request: Request,
        /// Whether only to say what would happen.
        dry_run: bool,
    },
    /// Write requests to a file, for the form with this number.
    Export(u64, Box<Export>),
    /// Write a text to a file, for the form with this number.
    Save(u64, Box<Document>),
    /// Put a text into the clipboard of the person at the terminal.
    Copy(String),
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Leave.
    Exit(Exit),
}

/// The earlier of two moments that may not be.
pub fn earlier(left: Option<Timestamp>, right: Option<Timestamp>) -> Option<Timestamp> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.min(right)),
        (left, right) => left.or(right),
    }
}
