//! Users and roles as SCIM resources, as one caller may see them.
//!
//! A provider sees the persons and roles that it manages, and local ones, so that it can match and link
//! them; what another provider manages it does not see. What operators attached by hand it does not see
//! either: `members` of a role and `groups` of a user hold only memberships that a provider made, and
//! `groups` only roles that it sees. Whom it has put into a role of its own is a member also where
//! another provider manages that one, but then without a name. An operator sees everything.

mod long;
mod shown;

use std::{cell::RefCell, collections::HashMap, sync::Arc};

use self::shown::{Beyond, Meta};
pub use self::{
    long::{LongRole, member_ids},
    shown::{Shown, ShownRole, ShownUser},
};
use crate::{
    directory::{
        Membership, Origin, Provider, Read, Role, RoleId, User, UserId, View, etag,
        membership::{each_member, groups_shown, name_shown},
    },
    scim::{ResourceType, projection::Projection},
};

/// How much of a role's members is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Members {
    /// Every member that the caller may see, with its name: a look-up each.
    Named,
    /// Every member that the caller may see.
    All,
    /// None; none is read.
    None,
}

impl Members {
    /// What the answer to a projection needs.
    pub fn wanted(projection: &Projection) -> Self {
        if projection.wants_member_names() {
            Self::Named
        } else if projection.wants_members() {
            Self::All
        } else {
            Self::None
        }
    }
}

/// The names of roles that were looked up for one answer, so that a page of users asks for each once.
#[derive(Debug, Default)]
pub struct RoleNames(RefCell<HashMap<RoleId, Option<Arc<str>>>>);

impl RoleNames {
    /// The role's name; `None` where the caller does not see it.
    fn of(
        &self,
        view: &(impl View + ?Sized),
        id: RoleId,
        caller: Option<Provider>,
    ) -> Read<Option<Arc<str>>> {
        if let Some(known) = self.0.borrow().get(&id) {
            return Ok(known.clone());
        }
        let name: Option<Arc<str>> = name_shown(view, id, caller)?.map(Into::into);
        self.0.borrow_mut().insert(id, name.clone());
        Ok(name)
    }
}

/// A user as `caller` sees it; `None` is an operator. `base_url` has no slash at its end; `names` are
/// of the same view and caller.
///
/// # Errors
/// The store cannot be read.
pub fn user<'a>(
    view: &(impl View + ?Sized),
    user: &'a User,
    caller: Option<Provider>,
    base_url: &'a str,
    names: &RoleNames,
) -> Read<ShownUser<'a>> {
    let groups = groups_shown(view, user.id, caller, |id| {
        Ok(names.of(view, id, caller)?.map(|name| (id, name)))
    })?;
    let tag = etag::user(user, groups.iter().map(|(id, name)| (*id, &**name)));
    let meta = Meta {
        kind: ResourceType::User,
        id: user.id.0,
        created: user.created,
        last_modified: user.last_modified,
        version: weak(&tag),
        base_url,
    };
    Ok(ShownUser {
        user,
        caller,
        beyond: Some(Beyond { groups, meta }),
    })
}

/// The parts of a user that its own row holds: all but `groups` and `meta`.
pub(super) fn user_without_groups(user: &User, caller: Option<Provider>) -> ShownUser<'_> {
    ShownUser {
        user,
        caller,
        beyond: None,
    }
}

/// A role as `caller` sees it; `None` is an operator. `base_url` has no slash at its end.
///
/// # Errors
/// The store cannot be read.
pub fn role<'a>(
    view: &(impl View + ?Sized),
    role: &'a Role,
    caller: Option<Provider>,
    base_url: &'a str,
    members: Members,
) -> Read<ShownRole<'a>> {
    let mut shown = Vec::new();
    if members != Members::None {
        each_member(view, role.id, |membership| {
            if is_shown(caller, membership.origin) {
                shown.push(member(view, &membership, caller, members)?);
            }
            Ok(())
        })?;
    }
    Ok(with_members(role, caller, base_url, shown))
}

/// A role of whose members only those among `ids` are told.
pub(super) fn role_with_members<'a>(
    view: &(impl View + ?Sized),
    role: &'a Role,
    caller: Option<Provider>,
    base_url: &'a str,
    ids: &[UserId],
) -> Read<ShownRole<'a>> {
    let mut shown = Vec::new();
    for &id in ids {
        if let Some(membership) = view.membership(role.id, id)?
            && is_shown(caller, membership.origin)
        {
            shown.push(member(view, &membership, caller, Members::All)?);
        }
    }
    Ok(with_members(role, caller, base_url, shown))
}

fn with_members<'a>(
    role: &'a Role,
    caller: Option<Provider>,
    base_url: &'a str,
    members: Vec<(UserId, Option<String>)>,
) -> ShownRole<'a> {
    ShownRole {
        role,
        caller,
        members,
        meta: Meta {
            kind: ResourceType::Group,
            id: role.id.0,
            created: role.created,
            last_modified: role.last_modified,
            version: weak(&etag::role(role)),
            base_url,
        },
    }
}

fn member(
    view: &(impl View + ?Sized),
    membership: &Membership,
    caller: Option<Provider>,
    members: Members,
) -> Read<(UserId, Option<String>)> {
    let id = membership.user;
    if members != Members::Named {
        return Ok((id, None));
    }
    let user = view.user(id)?;
    let user = user.filter(|user| caller.is_none_or(|provider| user.is_seen_by(provider)));
    Ok((id, user.map(|user| user.user_name)))
}

/// Invariant 4: a provider never sees local memberships, and so no service account, which only an
/// operator can attach.
fn is_shown(caller: Option<Provider>, origin: Origin) -> bool {
    caller.is_none() || origin == Origin::Provider
}

/// A tag as it is sent.
fn weak(tag: &str) -> String {
    ["W/\"", tag, "\""].concat()
}

#[cfg(test)]
mod tests;
