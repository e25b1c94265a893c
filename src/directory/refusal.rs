//! Why a command is refused: each reason names who or what, and the way out.

use super::{
    event::{Subject, SubjectKind},
    id::{ConflictId, HoldId},
    identity::IdentityAlias,
    provider::{ManagedBy, Provider},
};
use crate::scim::{ScimError, ScimType};

/// One reason to change nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No such row, or none that the actor may see.
    NotFound {
        /// What was looked for.
        kind: SubjectKind,
        /// By which id or name.
        given: String,
    },
    /// A value does not fit, as the protocol floor says.
    Invalid(ScimError),
    /// An operator asked for a name that is taken.
    NameTaken {
        /// What kind of name.
        kind: SubjectKind,
        /// The name.
        name: String,
        /// Who manages the one that has it.
        managed_by: ManagedBy,
    },
    /// A push met a name that is taken.
    PushedNameTaken {
        /// Who pushed.
        provider: Provider,
        /// What kind of name.
        kind: SubjectKind,
        /// The name.
        name: String,
        /// Who manages the one that has it; `None` where the provider may not know.
        managed_by: Option<ManagedBy>,
        /// Whether the push was to give the name to one that is here already.
        renames: bool,
        /// The conflict that was opened or repeated.
        conflict: ConflictId,
    },
    /// A push met what another provider manages, or would delete what operators made here.
    ManagedByAnother {
        /// Who pushed.
        provider: Provider,
        /// What was to change.
        subject: Subject,
        /// Who manages it; `local` only for a deletion.
        owner: ManagedBy,
        /// The conflict that was opened or repeated.
        conflict: ConflictId,
    },
    /// A pushed alias is someone else's in its set.
    AliasTaken {
        /// The set and the alias.
        alias: IdentityAlias,
        /// The conflict that was opened or repeated; `None` for an operator's change.
        conflict: Option<ConflictId>,
    },
    /// An operator may not change what a provider manages.
    ManagedElsewhere {
        /// What was to change.
        subject: Subject,
        /// Who manages it.
        owner: Provider,
    },
    /// An operator may not attach or detach a provider's user at a provider's role.
    MembershipManagedElsewhere {
        /// The role's name.
        role: String,
        /// The user's name.
        user: String,
        /// Who manages the role.
        owner: Provider,
    },
    /// An operator detaches who is not attached.
    NotAMember {
        /// The role's name.
        role: String,
        /// The user's name.
        user: String,
    },
    /// Members that are not here, for a client that wants to know (`generic`).
    UnknownMembers {
        /// Their ids, as sent; at most a few.
        ids: Vec<String>,
        /// How many there are in all.
        count: usize,
    },
    /// `If-Match` names another version.
    VersionMismatch {
        /// The entity tag of the target as it is.
        current: String,
    },
    /// The conflict is resolved already, or cannot be resolved this way.
    ConflictNotResolvable {
        /// Which.
        conflict: ConflictId,
        /// One sentence: why, and what to do instead.
        why: String,
    },
    /// The command is not one that this actor may give.
    NotPermitted {
        /// One sentence: who may.
        why: String,
    },
    /// A value that an operator gave does not fit.
    BadValue {
        /// One sentence: what is wrong and what to do.
        why: String,
    },
    /// A role's right to a resource, or a user's temporary access, is not there to be taken away.
    NoAccess {
        /// Whose: role or user.
        subject: Subject,
        /// The resource's name.
        resource: String,
    },
    /// A push would suspend or delete the last active admin.
    LastAdmin {
        /// Who pushed.
        provider: Provider,
        /// The admin's name.
        user: String,
    },
    /// Too many suspensions and deletions at once: an operator must say whether they are meant.
    Held {
        /// Who pushed.
        provider: Provider,
        /// What the operator approves or refuses.
        hold: HoldId,
        /// How many users have left within the window.
        departed: u64,
        /// Of how many that were active.
        active: u64,
        /// After how many seconds it is worth another try.
        retry_after: u64,
    },
    /// An operator has refused the suspensions and deletions that were held.
    HoldRefused {
        /// Who pushed.
        provider: Provider,
        /// What the operator refused.
        hold: HoldId,
    },
    /// The hold cannot be decided this way.
    HoldNotResolvable {
        /// Which.
        hold: HoldId,
        /// One sentence: why.
        why: String,
    },
}

impl Refusal {
    /// The answer over SCIM: status, `scimType` and detail.
    pub fn to_scim(&self) -> ScimError {
        let detail = self.to_string();
        match self {
            Self::Invalid(error) => error.clone(),
            Self::NotFound { .. }
            | Self::UnknownMembers { .. }
            | Self::NotAMember { .. }
            | Self::NoAccess { .. } => ScimError::new(404, detail),
            Self::NameTaken { .. } | Self::PushedNameTaken { .. } | Self::AliasTaken { .. } => {
                ScimError::new(409, detail).with_type(ScimType::Uniqueness)
            }
            Self::ManagedByAnother { .. }
            | Self::ConflictNotResolvable { .. }
            | Self::HoldNotResolvable { .. }
            | Self::LastAdmin { .. } => ScimError::new(409, detail),
            Self::Held { .. } => ScimError::new(429, detail),
            Self::ManagedElsewhere { .. }
            | Self::MembershipManagedElsewhere { .. }
            | Self::HoldRefused { .. }
            | Self::NotPermitted { .. } => ScimError::new(403, detail),
            Self::VersionMismatch { .. } => ScimError::new(412, detail),
            Self::BadValue { .. } => ScimError::bad(ScimType::InvalidValue, detail),
        }
    }
}

impl Refusal {
    /// The seconds for `Retry-After`, where another try may do better.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Held { retry_after, .. } => Some(*retry_after),
            _ => None,
        }
    }
}

impl std::error::Error for Refusal {}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotFound { kind, given } => {
                write!(f, "There is no {} {given:?} here.", kind.words())
            }
            Self::Invalid(error) => f.write_str(&error.detail),
            Self::NameTaken {
                kind,
                name,
                managed_by: ManagedBy::Local,
            } => write!(
                f,
                "The {} name {name:?} is taken; choose another name.",
                kind.words()
            ),
            Self::NameTaken {
                kind,
                name,
                managed_by,
            } => write!(
                f,
                "The {} name {name:?} is taken by one that is managed by {managed_by}; choose another name.",
                kind.words()
            ),
            Self::PushedNameTaken { .. }
            | Self::ManagedByAnother { .. }
            | Self::AliasTaken { .. }
            | Self::LastAdmin { .. }
            | Self::Held { .. }
            | Self::HoldRefused { .. } => super::refusal_text::pushed(self, f),
            Self::ManagedElsewhere { subject, owner } => write!(
                f,
                "The {} {:?} is managed by {owner} and read-only here; make the change in {}, or release it first.",
                subject.kind.words(),
                subject.name,
                owner.title()
            ),
            Self::MembershipManagedElsewhere { role, user, owner } => write!(
                f,
                "The membership of {user:?} in the role {role:?} is managed by {owner}, so only {} may change it; \
                 change the group's members there.",
                owner.title()
            ),
            Self::NotAMember { role, user } => {
                write!(
                    f,
                    "{user:?} is not in the role {role:?}; there is nothing to detach."
                )
            }
            Self::UnknownMembers { ids, count } => {
                let more = count.saturating_sub(ids.len());
                write!(f, "There is no user with the member id {}", ids.join(", "))?;
                if more > 0 {
                    write!(f, " (and {more} more)")?;
                }
                write!(
                    f,
                    "; nothing was changed. Create the users first, or leave these members out."
                )
            }
            Self::VersionMismatch { current } => write!(
                f,
                "The resource has changed: its version is now W/\"{current}\". Read it again and repeat the change."
            ),
            Self::NoAccess { subject, resource } => write!(
                f,
                "The {} {:?} has nothing to take away at the resource {resource:?}.",
                subject.kind.words(),
                subject.name
            ),
            Self::ConflictNotResolvable { why, .. }
            | Self::HoldNotResolvable { why, .. }
            | Self::NotPermitted { why }
            | Self::BadValue { why } => f.write_str(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_members_that_are_not_named_are_counted() {
        let said = |count| {
            let ids = vec!["a".to_owned(), "b".to_owned()];
            Refusal::UnknownMembers { ids, count }.to_string()
        };
        assert!(said(2).starts_with("There is no user with the member id a, b; nothing"));
        assert!(
            said(5).contains("a, b (and 3 more); nothing"),
            "{}",
            said(5)
        );
    }
}
