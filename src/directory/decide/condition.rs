//! `If-Match` (RFC 7644 §3.14).

use super::Decided;
use crate::directory::{
    Condition, Provider, Read, Refusal, User, View, etag,
    membership::{groups_shown, name_shown},
};

/// Refuses unless the target is at one of the versions that the request names. The tag is made
/// only where one is asked for.
pub(super) fn check(condition: &Condition, tag: impl FnOnce() -> Read<String>) -> Decided<()> {
    let Condition::OneOf(tags) = condition else {
        return Ok(());
    };
    let current = tag()?;
    if tags.contains(&current) {
        return Ok(());
    }
    Err(Refusal::VersionMismatch { current }.into())
}

/// The user's tag as every answer to the provider carries it.
pub(super) fn user_tag(view: &dyn View, user: &User, provider: Provider) -> Read<String> {
    let caller = Some(provider);
    let groups = groups_shown(view, user.id, caller, |role| {
        Ok(name_shown(view, role, caller)?.map(|name| (role, name)))
    })?;
    let groups = groups.iter().map(|(role, name)| (*role, name.as_str()));
    Ok(etag::user(user, groups))
}
