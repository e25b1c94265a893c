//! Recounts a directory: every total, counter and index against the rows that they are of.

mod access;

use super::{Snapshot, Start, Totals, Visible, each_member};
use crate::directory::{Conflict, Origin, Read, Role, RoleId, User, UserId};

/// Rows are walked in pages of this many.
const PAGE: usize = 512;

/// What contradicts itself, a sentence each; nothing where all is well. Walks everything.
pub fn check(snapshot: &dyn Snapshot) -> Read<Vec<String>> {
    let mut found = Vec::new();
    let mut counted = Totals::default();
    let mut listed = access::Listed::default();
    let mut after: Option<UserId> = None;
    loop {
        let start = after.map_or(Start::Offset(0), Start::After);
        let page = snapshot.users(Visible::Everything, start, PAGE)?;
        for user in &page {
            counted.add_user(user);
            listed.user(user);
            user_is_found(snapshot, user, &mut found)?;
        }
        after = page.last().map(|user| user.id);
        if page.len() < PAGE {
            break;
        }
    }
    let mut after: Option<RoleId> = None;
    loop {
        let start = after.map_or(Start::Offset(0), Start::After);
        let page = snapshot.roles(Visible::Everything, start, PAGE)?;
        for role in &page {
            counted.add_role(role);
            listed.role(snapshot, role)?;
            role_is_found(snapshot, role, &mut found)?;
        }
        after = page.last().map(|role| role.id);
        if page.len() < PAGE {
            break;
        }
    }
    let mut before = None;
    loop {
        let page = snapshot.conflicts(true, before, PAGE)?;
        for conflict in &page {
            counted.add_conflict(conflict);
            conflict_is_found(snapshot, conflict, &mut found)?;
        }
        before = page.last().map(|conflict| conflict.id);
        if page.len() < PAGE {
            break;
        }
    }
    for token in snapshot.tokens()? {
        if snapshot.token_by_hash(&token.hash)?.as_ref() != Some(&token) {
            found.push(format!("Token {} is not found by its hash.", token.id));
        }
    }
    listed.compare(snapshot, &mut found)?;
    access::check(snapshot, &mut counted, &mut found)?;
    counted.journal_last = journal_is_whole(snapshot, &mut found)?;
    let kept = snapshot.totals()?;
    if kept != counted {
        found.push(format!(
            "The totals are {kept:?}, but there are {counted:?}."
        ));
    }
    Ok(found)
}

fn user_is_found(snapshot: &dyn Snapshot, user: &User, found: &mut Vec<String>) -> Read<()> {
    let id = user.id;
    if snapshot.user_named(&user.user_name)?.map(|found| found.id) != Some(id) {
        found.push(format!("User {id} is not found by its name."));
    }
    for alias in &user.aliases {
        if snapshot.alias_holder(&alias.set, &alias.alias)? != Some(id) {
            found.push(format!("User {id} does not hold its alias {alias}."));
        }
    }
    for (&provider, external_id) in &user.external_ids {
        if !snapshot
            .users_by_external_id(provider, external_id)?
            .contains(&id)
        {
            found.push(format!("User {id} is not found by {provider}'s id."));
        }
    }
    for email in user.folded_emails() {
        if !snapshot.users_by_email(&email)?.contains(&id) {
            found.push(format!("User {id} is not found by an e-mail address."));
        }
    }
    for membership in snapshot.memberships_of(id)? {
        if snapshot.membership(membership.role, id)? != Some(membership) {
            found.push(format!(
                "User {id} is in role {}, which does not know it.",
                membership.role
            ));
        }
        if snapshot.role(membership.role)?.is_none() {
            found.push(format!(
                "User {id} is in role {}, which is not there.",
                membership.role
            ));
        }
    }
    Ok(())
}

fn role_is_found(snapshot: &dyn Snapshot, role: &Role, found: &mut Vec<String>) -> Read<()> {
    let id = role.id;
    let by_name = snapshot.role_named(&role.display_name)?;
    if by_name.map(|found| found.id) != Some(id) {
        found.push(format!("Role {id} is not found by its name."));
    }
    for (&provider, external_id) in &role.external_ids {
        if !snapshot
            .roles_by_external_id(provider, external_id)?
            .contains(&id)
        {
            found.push(format!("Role {id} is not found by {provider}'s id."));
        }
    }
    let (mut from_provider, mut local) = (0, 0);
    each_member(snapshot, id, |membership| {
        match membership.origin {
            Origin::Provider => from_provider += 1,
            Origin::Local => local += 1,
        }
        if !snapshot
            .memberships_of(membership.user)?
            .contains(&membership)
        {
            found.push(format!(
                "Role {id} has the member {}, who does not know it.",
                membership.user
            ));
        }
        if snapshot.user(membership.user)?.is_none() {
            found.push(format!(
                "Role {id} has the member {}, who is not there.",
                membership.user
            ));
        }
        Ok(())
    })?;
    if (role.provider_members, role.local_members) != (from_provider, local) {
        found.push(format!(
            "Role {id} counts {} and {} members, but there are {from_provider} and {local}.",
            role.provider_members, role.local_members
        ));
    }
    Ok(())
}

fn conflict_is_found(
    snapshot: &dyn Snapshot,
    conflict: &Conflict,
    found: &mut Vec<String>,
) -> Read<()> {
    let id = conflict.id;
    let latest = snapshot.latest_conflict(conflict.provider, conflict.kind, &conflict.key)?;
    if latest.is_none_or(|latest| latest.id < id) {
        found.push(format!("Conflict {id} is not found by its key."));
    }
    let about = snapshot.conflicts_about(&conflict.existing.id)?;
    if about.iter().any(|other| other.id == id) != super::is_undecided(conflict.state) {
        found.push(format!("Conflict {id} is not found by what is here."));
    }
    Ok(())
}

/// Numbers without gaps from the oldest that is kept; gives the last one.
fn journal_is_whole(snapshot: &dyn Snapshot, found: &mut Vec<String>) -> Read<u64> {
    let mut last = snapshot.journal_first()?.saturating_sub(1);
    loop {
        let page = snapshot.journal(last, PAGE)?;
        for entry in &page {
            if entry.seq != last + 1 {
                found.push(format!("Journal entry {} follows {last}.", entry.seq));
            }
            last = entry.seq;
        }
        if page.len() < PAGE {
            return Ok(last);
        }
    }
}
