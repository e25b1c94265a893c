//! What is the matter with users and roles.

use jiff::Timestamp;

use super::{Warning, WarningTimes, length};
use crate::{
    directory::{ManagedBy, Read, Role},
    store::Snapshot,
};

/// How many roles are named one by one; that there are more is said once.
const NAMED: usize = 5;

/// How many admins, suspended users and roles are looked at.
const LOOKED_AT: usize = 500;

/// How many users a sentence names.
const NAMES: usize = 3;

/// No active admin, only one, or only such as a provider can suspend.
pub(super) fn lock_out(snapshot: &dyn Snapshot, admins: u64) -> Read<Option<Warning>> {
    let sentence = match admins {
        0 => "No active user has the permission level admin.",
        1 => "Only one active user has the permission level admin.",
        _ if has_local_admin(snapshot)? => return Ok(None),
        _ => "Every active admin is managed by a provider, and none is assigned individually.",
    };
    Ok(Some(Warning {
        check: "lock-out".to_owned(),
        subject: "admin".to_owned(),
        sentence: sentence.to_owned(),
        advice: "Give the level admin to a local user that no provider can suspend.".to_owned(),
    }))
}

fn has_local_admin(snapshot: &dyn Snapshot) -> Read<bool> {
    for id in snapshot.active_admins(LOOKED_AT)? {
        let admin = snapshot.user(id)?;
        if admin.is_some_and(|admin| admin.managed_by == ManagedBy::Local) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Managed roles that no sync has touched for long: most likely left behind at the provider.
pub(super) fn stale_roles(
    snapshot: &dyn Snapshot,
    times: &WarningTimes,
    now: Timestamp,
) -> Read<Vec<Warning>> {
    let before = now.checked_sub(times.stale_after).unwrap_or(Timestamp::MIN);
    let stale = snapshot.stale_roles(before, LOOKED_AT)?;
    let mut warnings = Vec::new();
    for &(id, pushed) in stale.iter().take(NAMED) {
        let Some(role) = snapshot.role(id)? else {
            continue;
        };
        let quiet = length(now.duration_since(pushed));
        let sentence = format!(
            "{} has not pushed the role {:?} for {quiet}.",
            role.managed_by, role.display_name
        );
        warnings.push(left_behind(&role.display_name, sentence, role.managed_by));
    }
    let more = stale.len().saturating_sub(NAMED);
    if more > 0 {
        let sentence = format!(
            "{}{more} more managed roles have not been pushed for long.",
            at_least(stale.len())
        );
        warnings.push(stale_summary(sentence));
    }
    Ok(warnings)
}

fn left_behind(subject: &str, sentence: String, owner: ManagedBy) -> Warning {
    Warning {
        check: "stale-role".to_owned(),
        subject: subject.to_owned(),
        sentence,
        advice: format!(
            "If its group was left in the target app, relink the group in {owner}, then remove it there properly; if \
             the group is gone for good, release the role."
        ),
    }
}

fn stale_summary(sentence: String) -> Warning {
    Warning {
        check: "stale-role".to_owned(),
        subject: "roles".to_owned(),
        sentence,
        advice: "Relink their groups at the provider, then remove them there properly; or release the roles."
            .to_owned(),
    }
}

/// Roles whose newest such push named members that are not here.
pub(super) fn unknown_members(
    snapshot: &dyn Snapshot,
    times: &WarningTimes,
    now: Timestamp,
) -> Read<Vec<Warning>> {
    let recent = now.checked_sub(times.stale_after).unwrap_or(Timestamp::MIN);
    let mut warnings = Vec::new();
    let mut more = 0_u64;
    for unknown in snapshot.unknown_members(None, LOOKED_AT)? {
        if unknown.at < recent {
            continue;
        }
        let Some(role) = snapshot.role(unknown.role)? else {
            continue;
        };
        if warnings.len() == NAMED {
            more += 1;
            continue;
        }
        warnings.push(left_out(&role, unknown.count, &unknown.ids));
    }
    if more > 0 {
        warnings.push(Warning {
            check: "unknown-members".to_owned(),
            subject: "roles".to_owned(),
            sentence: format!("{more} more roles were pushed with members that are not here."),
            advice: "Assign those people to the application at the provider, then push the groups again."
                .to_owned(),
        });
    }
    Ok(warnings)
}

fn left_out(role: &Role, count: u64, ids: &[String]) -> Warning {
    let members = if count == 1 {
        "a member that is"
    } else {
        "members that are"
    };
    let dots = if ids.len() as u64 == count {
        ""
    } else {
        ", …"
    };
    Warning {
        check: "unknown-members".to_owned(),
        subject: role.display_name.clone(),
        sentence: format!(
            "The role {:?} was pushed with {members} not here: {}{dots}.",
            role.display_name,
            ids.join(", ")
        ),
        advice:
            "Assign those people to the application at the provider, then push the group again."
                .to_owned(),
    }
}

/// Suspended users that still are in roles, in one sentence.
pub(super) fn suspended_members(snapshot: &dyn Snapshot) -> Read<Option<Warning>> {
    let suspended = snapshot.suspended(None, LOOKED_AT)?;
    let mut names = Vec::new();
    let mut count = 0_u64;
    for &id in &suspended {
        if snapshot.memberships_of(id)?.is_empty() {
            continue;
        }
        count += 1;
        if names.len() < NAMES
            && let Some(user) = snapshot.user(id)?
        {
            names.push(user.user_name);
        }
    }
    if count == 0 {
        return Ok(None);
    }
    let is_one = count == 1;
    let who = if is_one {
        "suspended user still is"
    } else {
        "suspended users still are"
    };
    let dots = if count > names.len() as u64 {
        ", …"
    } else {
        ""
    };
    Ok(Some(Warning {
        check: "suspended-member".to_owned(),
        subject: "suspended users".to_owned(),
        sentence: format!(
            "{}{count} {who} in roles: {}{dots}.",
            at_least(suspended.len()),
            names.join(", ")
        ),
        advice: "They reach nothing meanwhile, but would again when reinstated: detach or delete those who do not \
                 come back."
            .to_owned(),
    }))
}

/// What is said before a number where there may be more.
fn at_least(looked_at: usize) -> &'static str {
    if looked_at == LOOKED_AT {
        "At least "
    } else {
        ""
    }
}
