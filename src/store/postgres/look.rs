//! What was said ahead to be read: each is one statement, which is a snapshot by itself.

use std::sync::{Arc, LazyLock};

use tokio_postgres::Row;

use super::{
    blocks,
    database::Database,
    known::Page,
    link::{Link, Step, step},
    lists::{Pages, all_users, page, pages, visible_users},
    rows::{Rows, cell, json, optional_json},
    table::key,
};
use crate::{
    directory::{Origin, Read, Role, RoleId, User, UserId, fold},
    scim::{ResourceType, resource::in_schema_order},
    store::{Ahead, Start, StoreError, Visible},
};

/// Up to so many members of a role are few.
const FEW: i64 = 256;

/// The roles that a user is in: where each membership comes from, the role's id, and the role.
macro_rules! roles_of {
    ($user:literal) => {
        concat!(
            "(SELECT json_agg(json_build_array(m.origin, m.role_id, ",
            "(SELECT to_json(r) FROM rolecall.roles r WHERE r.id = m.role_id))) ",
            "FROM rolecall.memberships m WHERE m.user_id = ",
            $user,
            ")::text"
        )
    };
}

const USER: &str = concat!(
    "SELECT to_json(u)::text, ",
    roles_of!("u.id"),
    " FROM rolecall.users u WHERE u.id = $1"
);
const USER_NAMED: &str = concat!(
    "SELECT to_json(u)::text, ",
    roles_of!("u.id"),
    " FROM rolecall.users u WHERE u.user_name_key = $1"
);
const ROLES_OF: &str = concat!("SELECT ", roles_of!("$1"));
/// What follows the place: the totals (0), the users of a page with their memberships (1), and the roles
/// that they are in (2).
macro_rules! page_of {
    ($($page:tt)*) => {
        concat!(
            ", page AS MATERIALIZED ",
            $($page)*,
            " SELECT 0, totals::text, NULL::text FROM rolecall.head WHERE single ",
            "UNION ALL SELECT 1, to_json(u)::text, (SELECT json_agg(json_build_array(m.role_id, m.origin)) ",
            "FROM rolecall.memberships m WHERE m.user_id = u.id)::text ",
            "FROM page JOIN rolecall.users u ON u.id = page.id ",
            "UNION ALL SELECT 2, to_json(r)::text, NULL FROM rolecall.roles r WHERE r.id IN ",
            "(SELECT m.role_id FROM page JOIN rolecall.memberships m ON m.user_id = page.id)"
        )
    };
}

static PAGES: LazyLock<[Pages; 2]> = LazyLock::new(|| {
    let (all, visible) = (page_of!(all_users!()), page_of!(visible_users!()));
    pages(&blocks::USERS, [all, visible])
});
const ROLE: &str = "SELECT to_json(r)::text FROM rolecall.roles r WHERE r.id = $1";
const ROLE_WITH_MEMBERS: &str = "SELECT to_json(r)::text, \
    CASE WHEN r.provider_members + r.local_members <= $2 THEN \
    (SELECT coalesce(json_agg(json_build_array(m.user_id, m.origin)), '[]') \
    FROM rolecall.memberships m WHERE m.role_id = r.id) END::text \
    FROM rolecall.roles r WHERE r.id = $1";
const ROLE_NAMED: &str =
    "SELECT to_json(r)::text FROM rolecall.roles r WHERE r.display_name_key = $1";

/// A snapshot that knows what was said ahead.
///
/// # Errors
/// As [`Link::look`].
pub(super) async fn look(
    database: &Arc<Database>,
    node: &str,
    ahead: &Ahead,
) -> Result<Rows, StoreError> {
    let (link, found) = Link::look(database, asked(ahead)).await?;
    let rows = Rows::over(link, node);
    rows.know_nothing_else(ahead);
    match ahead {
        Ahead::User(_) | Ahead::UserNamed(_) => {
            for row in &found {
                let user = rows.note_user(json(row, 0)?);
                rows.note_roles_of(user, optional_json(row, 1)?);
            }
        }
        Ahead::RolesOf(user) => {
            for row in &found {
                rows.note_roles_of(*user, optional_json(row, 0)?);
            }
        }
        &Ahead::Users(visible, start, limit) => rows.note_page((visible, start, limit), &found)?,
        Ahead::RoleWithMembers(role) => {
            rows.note_roles(&found)?;
            for row in &found {
                let members: Option<Vec<(UserId, Origin)>> = optional_json(row, 1)?;
                let members = members.map(|members| members.into_iter().collect());
                let mut known = rows.known.borrow_mut();
                known
                    .members_of
                    .extend(members.map(|members| (*role, members)));
            }
        }
        Ahead::Role(_) | Ahead::RoleNamed(_) => rows.note_roles(&found)?,
    }
    Ok(rows)
}

fn asked(ahead: &Ahead) -> Step {
    match ahead {
        Ahead::User(id) => step(USER, vec![Box::new(id.0)]),
        Ahead::UserNamed(name) => step(USER_NAMED, vec![Box::new(key(&fold(name)))]),
        Ahead::RolesOf(id) => step(ROLES_OF, vec![Box::new(id.0)]),
        &Ahead::Users(visible, start, limit) => {
            let (sql, values) = page(&PAGES, visible, start.map(|id| id.0), limit);
            step(sql, values)
        }
        Ahead::Role(id) => step(ROLE, vec![Box::new(id.0)]),
        Ahead::RoleWithMembers(id) => step(ROLE_WITH_MEMBERS, vec![Box::new(id.0), Box::new(FEW)]),
        Ahead::RoleNamed(name) => step(ROLE_NAMED, vec![Box::new(key(&fold(name)))]),
    }
}

impl Rows {
    /// What was asked for is not there, unless it was found.
    fn know_nothing_else(&self, ahead: &Ahead) {
        let mut known = self.known.borrow_mut();
        match ahead {
            Ahead::User(id) => drop(known.users.insert(*id, None)),
            Ahead::UserNamed(name) => drop(known.user_names.insert(fold(name), None)),
            Ahead::Role(id) | Ahead::RoleWithMembers(id) => drop(known.roles.insert(*id, None)),
            Ahead::RoleNamed(name) => drop(known.role_names.insert(fold(name), None)),
            Ahead::RolesOf(_) | Ahead::Users(..) => {}
        }
    }

    /// Takes in a page.
    fn note_page(&self, asked: (Visible, Start<UserId>, usize), found: &[Row]) -> Read<()> {
        let mut ids = Vec::new();
        for row in found {
            match cell(row, 0)? {
                0 => {
                    let totals = optional_json(row, 1)?;
                    self.known.borrow_mut().totals = Some(totals.unwrap_or_default());
                }
                1 => {
                    let user = self.note_user(json(row, 1)?);
                    let pairs: Option<Vec<(RoleId, Origin)>> = optional_json(row, 2)?;
                    let pairs = pairs.unwrap_or_default().into_iter().collect();
                    self.known.borrow_mut().memberships_of.insert(user, pairs);
                    ids.push(user);
                }
                _ => self.note_role(json(row, 1)?),
            }
        }
        ids.sort_unstable();
        self.known.borrow_mut().page = Some(Page { asked, ids });
        Ok(())
    }

    fn note_role(&self, mut role: Role) {
        role.attributes = in_schema_order(ResourceType::Group, role.attributes);
        self.known.borrow_mut().roles.insert(role.id, Some(role));
    }

    /// Takes in a user.
    fn note_user(&self, mut user: User) -> UserId {
        user.attributes = in_schema_order(ResourceType::User, user.attributes.into()).into();
        let id = user.id;
        let mut known = self.known.borrow_mut();
        known.user_names.insert(fold(&user.user_name), Some(id));
        known.users.insert(id, Some(user));
        id
    }

    /// Takes in the roles that a user is in.
    fn note_roles_of(&self, user: UserId, roles: Option<Vec<(Origin, RoleId, Option<Role>)>>) {
        let mut known = self.known.borrow_mut();
        let memberships = known.memberships_of.entry(user).or_default();
        let roles = roles.unwrap_or_default();
        memberships.extend(roles.iter().map(|(origin, id, _)| (*id, *origin)));
        drop(known);
        for role in roles.into_iter().filter_map(|(_, _, role)| role) {
            self.note_role(role);
        }
    }
}
