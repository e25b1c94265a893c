//! Where a line leads.

use crate::{
    console::action::Screen,
    directory::{
        ConflictId, ExchangeId, Provider, ResourceId, RoleId, Subject, SubjectKind, TokenId, UserId,
    },
};

/// Where a line leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// To one thing, by its id.
    Subject(Subject),
    /// To one thing of which only the name is known.
    Named(SubjectKind, String),
    /// To a request.
    Exchange(ExchangeId),
    /// To a change in the journal.
    Change(u64),
    /// To what a provider has on a screen.
    Of(Provider, Screen),
}

impl Target {
    /// To something by its id; the name is for those who read it.
    pub fn subject(kind: SubjectKind, id: &(impl ToString + ?Sized), name: &str) -> Self {
        Self::Subject(Subject {
            kind,
            id: id.to_string(),
            name: name.to_owned(),
        })
    }

    /// To a user or service account.
    pub fn user(id: UserId, name: &str) -> Self {
        Self::subject(SubjectKind::User, &id, name)
    }

    /// To a role.
    pub fn role(id: RoleId, name: &str) -> Self {
        Self::subject(SubjectKind::Role, &id, name)
    }

    /// To a resource.
    pub fn resource(id: ResourceId, name: &str) -> Self {
        Self::subject(SubjectKind::Resource, &id, name)
    }

    /// To a conflict.
    pub fn conflict(id: ConflictId, name: &str) -> Self {
        Self::subject(SubjectKind::Conflict, &id, name)
    }

    /// To a provider.
    pub fn provider(provider: Provider) -> Self {
        Self::Subject(Subject::provider(provider))
    }

    /// To a token.
    pub fn token(id: TokenId, name: &str) -> Self {
        Self::subject(SubjectKind::Token, &id, name)
    }

    /// The word for the footer.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Subject(Subject { kind, .. }) | Self::Named(kind, _) => match kind {
                SubjectKind::User => "user",
                SubjectKind::ServiceAccount => "account",
                SubjectKind::Role => "role",
                SubjectKind::Provider => "provider",
                SubjectKind::Token => "token",
                SubjectKind::Conflict => "conflict",
                SubjectKind::Resource => "resource",
                SubjectKind::Hold => "what is held",
            },
            Self::Exchange(_) => "request",
            Self::Change(_) => "change",
            Self::Of(_, screen) => match screen {
                Screen::Users => "its users",
                Screen::Roles => "its roles",
                Screen::Conflicts => "its conflicts",
                _ => "its requests",
            },
        }
    }
}
