//! Entity tags (RFC 7644 §3.14), without `W/` and quotes.

use super::{id::RoleId, role::Role, user::User};

/// A role's tag: its version, which every change moves, of a member too.
pub fn role(role: &Role) -> String {
    role.version.to_string()
}

/// A user's tag: its version, and a checksum of the roles that `groups` shows, since those change
/// without the user's row being written. `groups` are role ids and names in the order of the ids.
pub fn user<'a>(user: &User, groups: impl IntoIterator<Item = (RoleId, &'a str)>) -> String {
    let mut checksum = crc32fast::Hasher::new();
    for (role, name) in groups {
        checksum.update(role.as_bytes());
        checksum.update(name.as_bytes());
        checksum.update(&[0]);
    }
    format!("{}-{:08x}", user.version, checksum.finalize())
}
