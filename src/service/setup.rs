//! The checklist for connecting a provider, which ticks itself.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::recorder::Recorder;
use crate::{
    directory::{ManagedBy, PermissionLevel, Read, TokenState, User},
    store::{Snapshot, Start, Visible},
};

/// One step of connecting a provider, as the Setup screen lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupStep {
    /// A stable name: `token`, `credentials`, `first-user`, `first-group`, `first-sync`, `break-glass`.
    pub step: String,
    /// What it is.
    pub title: String,
    /// Whether the traffic or the directory shows it done.
    pub done: bool,
    /// What to do, or what was seen.
    pub hint: String,
}

/// The steps, in the order in which they are best taken.
///
/// # Errors
/// The store cannot be read.
pub fn steps(snapshot: &dyn Snapshot, recorder: &Recorder, now: Timestamp) -> Read<Vec<SetupStep>> {
    let totals = snapshot.totals()?;
    let users: u64 = totals.users_managed.values().sum();
    let roles: u64 = totals.roles_managed.values().sum();
    let mut live = 0;
    let mut used = recorder.credentials_seen();
    for token in snapshot.tokens()? {
        live += u64::from(token.state(now) == TokenState::Live);
        used = used || snapshot.token_use(token.id)?.is_some();
    }
    // The record forgets; that users and roles are here, and that it is quiet now, remains.
    let is_quiet = recorder.syncs(now, 1).iter().all(|sync| !sync.running);
    let synced = recorder.any_sync_complete(now) || (users > 0 && roles > 0 && is_quiet);
    Ok(vec![
        step(
            "token",
            "Make a token",
            live > 0,
            "Make a token for the provider; it is shown once.",
            &counted(live, "live token"),
        ),
        step(
            "credentials",
            "Test the credentials",
            used,
            "Enter base URL and token at the provider, then test the credentials there.",
            "The provider has come with a token that was accepted.",
        ),
        step(
            "first-user",
            "Push a first user",
            users > 0,
            "Assign someone to the app at the provider.",
            &counted(users, "managed user"),
        ),
        step(
            "first-group",
            "Push a first group",
            roles > 0,
            "Push a group from the provider; it becomes a role.",
            &counted(roles, "managed role"),
        ),
        step(
            "first-sync",
            "Complete a first sync",
            synced,
            "Let the provider finish what it is pushing.",
            "A sync has ended.",
        ),
        step(
            "break-glass",
            "Keep a break-glass admin",
            has_local_admin(snapshot, totals.admins_active)?,
            "Make a local user with the level admin, which no provider can suspend.",
            "There is an active local admin.",
        ),
    ])
}

fn step(name: &str, title: &str, done: bool, to_do: &str, seen: &str) -> SetupStep {
    SetupStep {
        step: name.to_owned(),
        title: title.to_owned(),
        done,
        hint: if done { seen } else { to_do }.to_owned(),
    }
}

fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("There is {count} {noun}{plural}.").replacen(
        "is ",
        if count == 1 { "is " } else { "are " },
        1,
    )
}

/// Whether an active admin is managed here. Walks through the users until it has seen every admin.
fn has_local_admin(snapshot: &dyn Snapshot, admins: u64) -> Read<bool> {
    const PAGE: usize = 512;
    let is_admin =
        |user: &User| user.is_active() && user.permission_level == PermissionLevel::Admin;
    let mut left = admins;
    let mut start = Start::Offset(0);
    while left > 0 {
        let page = snapshot.users(Visible::Everything, start, PAGE)?;
        let Some(last) = page.last() else { break };
        start = Start::After(last.id);
        for user in page.iter().filter(|user| is_admin(user)) {
            if user.is_person() && user.managed_by == ManagedBy::Local {
                return Ok(true);
            }
            left = left.saturating_sub(1);
        }
    }
    Ok(false)
}
