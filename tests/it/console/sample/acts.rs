//! What the sample's server says that acts would do.

use rolecall::{
    admin::{
        Reply, Request,
        row::{Done, GrantRow, JournalRow, RoleRow, TemporaryAccessRow, UndoRow, UserRow},
    },
    directory::{Action, SubjectKind},
};
use serde_json::{Value, json};

use super::{
    access::{given, grants, holds, resources},
    directory::{roles, users},
    traffic::{entry, subject},
};

fn user_named(user: &str) -> Option<UserRow> {
    users().into_iter().find(|row| row.id.to_string() == user)
}

fn role_named(role: &str) -> Option<RoleRow> {
    roles().into_iter().find(|row| row.id.to_string() == role)
}

fn done<Row>(row: Row, changes: Vec<JournalRow>) -> Done<Row> {
    Done {
        row,
        changes,
        dry_run: true,
    }
}

fn local(kind: SubjectKind, action: Action, name: &str) -> JournalRow {
    let before = json!({"managed_by": "okta"});
    let after = json!({"managed_by": "local"});
    entry(8_813, action, subject(kind, name), before, after)
}

fn active(action: Action, name: &str, active: bool) -> JournalRow {
    let before = json!({"active": !active});
    let after = json!({ "active": active });
    let user = subject(SubjectKind::User, name);
    entry(8_813, action, user, before, after)
}

/// What an act would do, as far as the sample knows it.
pub(super) fn preview(request: &Request) -> Option<Reply> {
    Some(match request {
        Request::SuspendUser { user } => {
            let row = user_named(user)?;
            let change = active(Action::UserSuspended, &row.user_name, false);
            Reply::UserDone(Box::new(done(row, vec![change])))
        }
        Request::ReinstateUser { user } => {
            let row = user_named(user)?;
            let change = active(Action::UserReinstated, &row.user_name, true);
            Reply::UserDone(Box::new(done(row, vec![change])))
        }
        Request::DeleteUser { user } => {
            let row = user_named(user)?;
            let user = subject(SubjectKind::User, &row.user_name);
            let before = json!({"userName": row.user_name});
            let change = entry(8_813, Action::UserDeleted, user, before, Value::Null);
            Reply::UserDone(Box::new(done(row, vec![change])))
        }
        Request::ReleaseUser { user } => {
            let row = user_named(user)?;
            let change = local(SubjectKind::User, Action::UserReleased, &row.user_name);
            Reply::UserDone(Box::new(done(row, vec![change])))
        }
        Request::ReleaseRole { role } => {
            let row = role_named(role)?;
            let change = local(SubjectKind::Role, Action::RoleReleased, &row.display_name);
            Reply::RoleDone(Box::new(done(row, vec![change])))
        }
        Request::DeleteRole { role } => {
            let row = role_named(role)?;
            let role = subject(SubjectKind::Role, &row.display_name);
            let before = json!({"displayName": row.display_name});
            let change = entry(8_813, Action::RoleDeleted, role, before, Value::Null);
            Reply::RoleDone(Box::new(done(row, vec![change])))
        }
        Request::DeleteResource { resource } => {
            let rows = resources();
            let row = rows
                .into_iter()
                .find(|row| row.id.to_string() == *resource)?;
            let before = json!({"name": row.name, "kind": row.kind});
            let about = subject(SubjectKind::Resource, &row.name);
            let change = entry(8_813, Action::ResourceDeleted, about, before, Value::Null);
            Reply::ResourceDone(Box::new(done(row, vec![change])))
        }
        Request::RevokeAccess { role, resource } => {
            let row: GrantRow = grants().into_iter().find(|row| {
                row.role.to_string() == *role && row.resource.to_string() == *resource
            })?;
            let before = json!({"resource": {"name": row.resource_name}});
            let about = subject(SubjectKind::Role, &row.role_name);
            let change = entry(8_813, Action::AccessRevoked, about, before, Value::Null);
            Reply::GrantDone(Box::new(done(row, vec![change])))
        }
        Request::TakeAccess { user, resource } => {
            let row: TemporaryAccessRow = given().into_iter().find(|row| {
                row.user.to_string() == *user && row.resource.to_string() == *resource
            })?;
            let before = json!({"resource": {"name": row.resource_name}});
            let about = subject(SubjectKind::User, &row.user_name);
            let change = entry(8_813, Action::AccessTaken, about, before, Value::Null);
            Reply::TemporaryAccessDone(Box::new(done(row, vec![change])))
        }
        Request::ApproveHold { .. } => {
            let row = holds().into_iter().next()?;
            let about = subject(SubjectKind::Hold, "okta");
            let before = json!({"state": "held"});
            let after = json!({"state": "approved"});
            let change = entry(8_813, Action::HoldApproved, about, before, after);
            Reply::HoldDone(Box::new(done(row, vec![change])))
        }
        Request::Undo => {
            let about = subject(SubjectKind::User, "root@example.com");
            let before = json!({"permission_level": "admin"});
            let after = json!({"permission_level": "user"});
            let change = entry(8_813, Action::UserLevelChanged, about, before, after);
            let row = UndoRow {
                summary: "root@example.com has the permission level admin".to_owned(),
                undone: Vec::new(),
            };
            Reply::UndoDone(Box::new(done(row, vec![change])))
        }
        _ => return None,
    })
}
