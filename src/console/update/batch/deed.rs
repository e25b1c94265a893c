//! What is done to each marked row: the requests, what stands in the way, and the words for it.

use std::{collections::BTreeMap, fmt};

use uuid::Uuid;

use crate::{
    admin::{
        Request,
        row::{ConflictRow, RoleRow, TokenRow, UserRow},
    },
    console::{
        action::{Action, Screen},
        model::{Model, batch::Step},
        text,
    },
    directory::{
        ConflictId, ConflictState, ManagedBy, PermissionLevel, Provider, RoleId, TokenId, UserId,
    },
};

/// What is done to each marked row.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    Suspend,
    Reinstate,
    Delete,
    Release,
    Level(PermissionLevel),
    /// The role that users are attached to, or the user that roles are given.
    Attach(String),
    Revoke,
    Dismiss,
}

/// Why a row would be refused, as far as that is known beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hindrance {
    ManagedBy(Provider),
    Local,
    Suspended,
    Active,
    AtLevel,
    InRole,
    Revoked,
    NotOpen,
}

impl fmt::Display for Hindrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ManagedBy(provider) => return write!(f, "managed by {provider}"),
            Self::Local => "local already",
            Self::Suspended => "suspended already",
            Self::Active => "active already",
            Self::AtLevel => "at this level already",
            Self::InRole => "in it already",
            Self::Revoked => "revoked already",
            Self::NotOpen => "not open",
        })
    }
}

/// A marked row, and what stands in the way.
pub(super) struct Target<'m> {
    id: Uuid,
    name: &'m str,
    pub(super) hindrance: Option<Hindrance>,
}

/// What an action does, where that needs no more to be known.
pub(super) fn deed(action: Action) -> Option<Deed> {
    Some(match action {
        Action::SuspendUser => Deed::Suspend,
        Action::ReinstateUser => Deed::Reinstate,
        Action::Delete => Deed::Delete,
        Action::Release => Deed::Release,
        Action::RevokeToken => Deed::Revoke,
        Action::Dismiss => Deed::Dismiss,
        _ => return None,
    })
}

/// The marked rows, each with what stands in the way.
pub(super) fn targets<'m>(
    model: &'m Model,
    deed: &'m Deed,
) -> Box<dyn Iterator<Item = Target<'m>> + 'm> {
    let marks = &model.marks;
    match model.screen {
        Screen::Users => Box::new(marks.users.rows().map(|row| Target {
            id: row.id.0,
            name: &row.user_name,
            hindrance: of_user(row, deed),
        })),
        Screen::Roles => Box::new(marks.roles.rows().map(|row| Target {
            id: row.id.0,
            name: &row.display_name,
            hindrance: of_role(row, deed),
        })),
        Screen::Conflicts => Box::new(marks.conflicts.rows().map(|row| Target {
            id: row.id.0,
            name: &row.name,
            hindrance: of_conflict(row),
        })),
        Screen::Providers => Box::new(marks.tokens.rows().map(|row| Target {
            id: row.id.0,
            name: &row.name,
            hindrance: of_token(row),
        })),
        Screen::Live | Screen::Access | Screen::Journal | Screen::Setup => {
            Box::new(std::iter::empty())
        }
    }
}

fn of_user(row: &UserRow, deed: &Deed) -> Option<Hindrance> {
    match deed {
        Deed::Suspend => managed(row.managed_by).or((!row.active).then_some(Hindrance::Suspended)),
        Deed::Reinstate => managed(row.managed_by).or(row.active.then_some(Hindrance::Active)),
        Deed::Delete => managed(row.managed_by),
        Deed::Release => local(row.managed_by),
        Deed::Level(level) => (row.permission_level == *level).then_some(Hindrance::AtLevel),
        Deed::Attach(role) => row.roles.contains(role).then_some(Hindrance::InRole),
        Deed::Revoke | Deed::Dismiss => None,
    }
}

fn of_role(row: &RoleRow, deed: &Deed) -> Option<Hindrance> {
    match deed {
        Deed::Delete => managed(row.managed_by),
        Deed::Release => local(row.managed_by),
        _ => None,
    }
}

fn of_conflict(row: &ConflictRow) -> Option<Hindrance> {
    (row.state != ConflictState::Open).then_some(Hindrance::NotOpen)
}

fn of_token(row: &TokenRow) -> Option<Hindrance> {
    row.revoked.map(|_| Hindrance::Revoked)
}

fn managed(by: ManagedBy) -> Option<Hindrance> {
    by.provider().map(Hindrance::ManagedBy)
}

fn local(by: ManagedBy) -> Option<Hindrance> {
    (by == ManagedBy::Local).then_some(Hindrance::Local)
}

/// The acts on those that nothing stands in the way of, and how many others there are, by why.
pub(super) fn steps(model: &Model, deed: &Deed) -> (Vec<Step>, BTreeMap<String, u64>) {
    let mut steps = Vec::new();
    let mut hindered: BTreeMap<Hindrance, u64> = BTreeMap::new();
    for target in targets(model, deed) {
        match (target.hindrance, request(model.screen, deed, target.id)) {
            (Some(why), _) => *hindered.entry(why).or_default() += 1,
            (None, Some(request)) => steps.push(Step {
                id: target.id,
                name: target.name.to_owned(),
                request,
            }),
            (None, None) => {}
        }
    }
    let words = hindered.into_iter();
    let left_out = words.map(|(why, count)| (why.to_string(), count));
    (steps, left_out.collect())
}

fn request(screen: Screen, deed: &Deed, id: Uuid) -> Option<Request> {
    let of_users = screen == Screen::Users;
    let (user, role) = (UserId(id).to_string(), RoleId(id).to_string());
    Some(match deed {
        Deed::Suspend => Request::SuspendUser { user },
        Deed::Reinstate => Request::ReinstateUser { user },
        Deed::Delete if of_users => Request::DeleteUser { user },
        Deed::Delete if screen == Screen::Roles => Request::DeleteRole { role },
        Deed::Release if of_users => Request::ReleaseUser { user },
        Deed::Release if screen == Screen::Roles => Request::ReleaseRole { role },
        Deed::Level(level) => {
            let level = *level;
            Request::SetLevel { user, level }
        }
        Deed::Attach(role) if of_users => {
            let role = role.clone();
            Request::Attach { role, user }
        }
        Deed::Attach(user) => {
            let user = user.clone();
            Request::Attach { role, user }
        }
        Deed::Revoke => Request::RevokeToken { id: TokenId(id) },
        Deed::Dismiss => Request::DismissConflict { id: ConflictId(id) },
        Deed::Delete | Deed::Release => return None,
    })
}

pub(super) fn past(deed: &Deed) -> String {
    match deed {
        Deed::Suspend => "suspended".to_owned(),
        Deed::Reinstate => "reinstated".to_owned(),
        Deed::Delete => "deleted".to_owned(),
        Deed::Release => "released".to_owned(),
        Deed::Level(level) => format!("set to {level}"),
        Deed::Attach(_) => "attached".to_owned(),
        Deed::Revoke => "revoked".to_owned(),
        Deed::Dismiss => "dismissed".to_owned(),
    }
}

/// So many of a screen's rows, in words.
pub(super) fn rows(screen: Screen, count: usize) -> String {
    let what = match screen {
        Screen::Users => "user",
        Screen::Roles => "role",
        Screen::Conflicts => "conflict",
        Screen::Providers => "token",
        Screen::Live | Screen::Access | Screen::Journal | Screen::Setup => "row",
    };
    text::count(count as u64, what)
}

/// The question, what it means, and the verb where it cannot be taken back.
pub(super) fn question(
    screen: Screen,
    deed: &Deed,
    count: usize,
) -> (String, &'static str, &'static str) {
    let rows = rows(screen, count);
    let of_users = screen == Screen::Users;
    match deed {
        Deed::Suspend => (
            format!("Suspend {rows}?"),
            "Memberships stay, and grant nothing meanwhile.",
            "suspend",
        ),
        Deed::Reinstate => (
            format!("Reinstate {rows}?"),
            "What their roles grant is reached again.",
            "reinstate",
        ),
        Deed::Delete if of_users => (
            format!("Delete {rows}?"),
            "Every membership and temporary access goes with them.",
            "delete",
        ),
        Deed::Delete => (
            format!("Delete {rows}?"),
            "Every membership and grant goes with them.",
            "delete",
        ),
        Deed::Release => (
            format!("Release {rows}?"),
            "They become local, with their memberships, and are changed here from then on. A provider that still \
             pushes them takes them over again.",
            "release",
        ),
        Deed::Level(level) => (
            format!("Set {rows} to the level {level}?"),
            "No provider can read or change it.",
            "set",
        ),
        Deed::Attach(role) if of_users => (
            format!("Attach {rows} to {role}?"),
            "The memberships are made here, beside what a provider pushes.",
            "attach",
        ),
        Deed::Attach(user) => (
            format!("Attach {user} to {rows}?"),
            "The memberships are made here, beside what a provider pushes.",
            "attach",
        ),
        Deed::Revoke => (
            format!("Revoke {rows}?"),
            "They are refused from now on. Make sure that the provider has another one.",
            "revoke",
        ),
        Deed::Dismiss => (
            format!("Dismiss {rows}?"),
            "Nothing changes here. They stay dismissed; the provider's further tries are refused and only counted.",
            "dismiss",
        ),
    }
}
