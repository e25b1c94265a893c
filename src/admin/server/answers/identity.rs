//! Identity sets, and who goes by which alias in them.

use super::super::refused::Refused;
use crate::{
    admin::row::{AliasRow, IdentitySetRow},
    directory::Read,
    store::Snapshot,
};

pub(super) fn sets(
    snapshot: &dyn Snapshot,
    after: Option<&str>,
    limit: usize,
) -> Read<Vec<IdentitySetRow>> {
    let names = snapshot.identity_sets(after, limit)?.into_iter();
    Ok(names.map(|name| IdentitySetRow { name }).collect())
}

pub(super) fn set(
    snapshot: &dyn Snapshot,
    set: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<AliasRow>, Refused> {
    let mut rows = Vec::new();
    for (alias, holder) in snapshot.aliases_in(set, after, limit)? {
        if let Some(user) = snapshot.user(holder)? {
            rows.push(AliasRow {
                set: set.to_owned(),
                alias,
                user: user.id,
                user_name: user.user_name,
                managed_by: user.managed_by,
            });
        }
    }
    if rows.is_empty() && after.is_none() && limit > 0 {
        return Err(Refused::because(format!(
            "There is no identity set {set:?}; it begins with the first alias in it."
        )));
    }
    Ok(rows)
}
