//! Memberships: who is in which role, and who put them there.

use serde::{Deserialize, Serialize};

use super::{
    id::{RoleId, UserId},
    provider::{ManagedBy, Provider},
    view::{Read, View},
};

/// Which side attached a member, and so which side may detach it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The provider that manages the role.
    Provider,
    /// An operator, here.
    Local,
}

impl Origin {
    /// `provider` or `local`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Local => "local",
        }
    }
}

/// A user or service account in a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// In which role.
    pub role: RoleId,
    /// Who.
    pub user: UserId,
    /// Put there by which side.
    pub origin: Origin,
}

/// What `shown` gives of the roles that a caller sees a user in, `groups` in SCIM, ordered by id. A
/// provider sees those that it sees at all and where it put the user, an operator (`None`) sees every
/// one. Answers and entity tags both come from here, so that they cannot disagree.
pub fn groups_shown<T>(
    view: &(impl View + ?Sized),
    user: UserId,
    caller: Option<Provider>,
    mut shown: impl FnMut(RoleId) -> Read<Option<T>>,
) -> Read<Vec<T>> {
    let mut roles = Vec::new();
    for membership in view.memberships_of(user)? {
        if caller.is_none() || membership.origin == Origin::Provider {
            roles.extend(shown(membership.role)?);
        }
    }
    Ok(roles)
}

/// A role's name, where the caller sees it.
pub fn name_shown(
    view: &(impl View + ?Sized),
    role: RoleId,
    caller: Option<Provider>,
) -> Read<Option<String>> {
    let role = view.role_name(role)?;
    let role =
        role.filter(|role| caller.is_none_or(|provider| role.managed_by.is_seen_by(provider)));
    Ok(role.map(|role| role.display_name))
}

/// The members of a role, walked in pages so that no caller holds a large role by accident.
pub fn each_member(
    view: &(impl View + ?Sized),
    role: RoleId,
    mut visit: impl FnMut(Membership) -> Read<()>,
) -> Read<()> {
    const PAGE: usize = 2_048;
    let mut after = None;
    loop {
        let page = view.members(role, after, PAGE)?;
        let full = page.len() == PAGE;
        for membership in page {
            after = Some(membership.user);
            visit(membership)?;
        }
        if !full {
            return Ok(());
        }
    }
}

/// Whether the operator may attach or detach, by who manages user and role: refused only where
/// both are a provider's, since then only the provider may.
pub fn operator_may_change(user: ManagedBy, role: ManagedBy) -> bool {
    user == ManagedBy::Local || role == ManagedBy::Local
}
