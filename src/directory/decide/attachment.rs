//! Memberships that operators make and end.

use super::{Decided, draft::Draft, role_edit::RoleEdit};
use crate::directory::{
    Decision, Membership, Origin, Outcome, Refusal, Role, RoleId, Stamp, User, UserId, View,
    event::SubjectKind, membership::operator_may_change,
};

/// Puts someone into a role, unless both are a provider's: then only the provider may.
pub(super) fn attach(
    view: &dyn View,
    stamp: &Stamp,
    role: RoleId,
    user: UserId,
) -> Decided<Decision> {
    let (role, user) = both(view, role, user)?;
    if let Some(membership) = view.membership(role.id, user.id)? {
        return Ok(Draft::unchanged(Outcome::Membership(membership)));
    }
    if !operator_may_change(user.managed_by, role.managed_by) {
        return Err(elsewhere(&role, &user));
    }
    let membership = Membership {
        role: role.id,
        user: user.id,
        origin: Origin::Local,
    };
    put(view, stamp, role, &user, Some(Origin::Local), membership)
}

/// Takes someone out of a role, if an operator put them there.
pub(super) fn detach(
    view: &dyn View,
    stamp: &Stamp,
    role: RoleId,
    user: UserId,
) -> Decided<Decision> {
    let (role, user) = both(view, role, user)?;
    let Some(membership) = view.membership(role.id, user.id)? else {
        return Err(Refusal::NotAMember {
            role: role.display_name,
            user: user.user_name,
        }
        .into());
    };
    if membership.origin == Origin::Provider {
        return Err(elsewhere(&role, &user));
    }
    put(view, stamp, role, &user, None, membership)
}

fn put(
    view: &dyn View,
    stamp: &Stamp,
    role: Role,
    user: &User,
    origin: Option<Origin>,
    membership: Membership,
) -> Decided<Decision> {
    let mut draft = Draft::new(view, stamp);
    let mut edit = RoleEdit::of(view, role);
    edit.members.set(user, origin)?;
    edit.finish(&mut draft)?;
    Ok(draft.finish(Outcome::Membership(membership)))
}

fn both(view: &dyn View, role: RoleId, user: UserId) -> Decided<(Role, User)> {
    let missing = |kind, given| Refusal::NotFound { kind, given };
    let role = view
        .role(role)?
        .ok_or_else(|| missing(SubjectKind::Role, role.to_string()))?;
    let user = view
        .user(user)?
        .ok_or_else(|| missing(SubjectKind::User, user.to_string()))?;
    Ok((role, user))
}

fn elsewhere(role: &Role, user: &User) -> super::Undecided {
    let owner = role.managed_by.provider().or(user.managed_by.provider());
    let refusal = match owner {
        Some(owner) => Refusal::MembershipManagedElsewhere {
            role: role.display_name.clone(),
            user: user.user_name.clone(),
            owner,
        },
        // A provider's membership of a local role cannot be: releasing the role makes it local.
        None => Refusal::NotAMember {
            role: role.display_name.clone(),
            user: user.user_name.clone(),
        },
    };
    refusal.into()
}
