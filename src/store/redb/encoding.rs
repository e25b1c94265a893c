//! Keys and rows as bytes. Every text in a composite key has its length before it, so that a
//! range over a prefix holds exactly the rows with that prefix.

use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

use super::unreadable;
use crate::{
    directory::{
        ConflictKind, Grant, ManagedBy, Membership, Origin, Provider, Read, ReadError, Role,
        TemporaryAccess, User,
    },
    store::{StoreError, Visible},
};

/// The key before every other id.
pub(super) const FIRST: [u8; 16] = [0; 16];
/// The key after every other id.
pub(super) const LAST: [u8; 16] = [0xff; 16];

/// A row as JSON, as all are kept but those of users.
pub(super) fn row<T: Serialize>(row: &T) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(row).map_err(|error| StoreError::Failed(error.to_string()))
}

/// The row that is kept as this JSON.
pub(super) fn parse<T: DeserializeOwned>(json: &[u8]) -> Read<T> {
    serde_json::from_slice(json).map_err(|error| ReadError(format!("a row is damaged: {error}")))
}

/// Two ids, one after the other.
pub(super) fn pair(first: &[u8; 16], second: &[u8; 16]) -> [u8; 32] {
    let mut key = [0; 32];
    let (head, tail) = key.split_at_mut(16);
    head.copy_from_slice(first);
    tail.copy_from_slice(second);
    key
}

/// The second of two ids.
pub(super) fn second(pair: &[u8; 32]) -> [u8; 16] {
    let mut id = [0; 16];
    id.copy_from_slice(&pair[16..]);
    id
}

/// The list of the service accounts. Written to disk, as are those of who manages what: `local`
/// is 0, a provider its byte.
const SERVICE_ACCOUNTS: u8 = 255;

/// The list that a user stands in.
pub(super) fn user_list(user: &User) -> u8 {
    if user.is_person() {
        managed_list(user.managed_by)
    } else {
        SERVICE_ACCOUNTS
    }
}

/// The list that a role stands in.
pub(super) fn role_list(role: &Role) -> u8 {
    managed_list(role.managed_by)
}

fn managed_list(managed_by: ManagedBy) -> u8 {
    managed_by.provider().map_or(0, provider_byte)
}

/// The lists that hold exactly what is visible.
pub(super) fn lists(visible: Visible) -> Vec<u8> {
    let local = managed_list(ManagedBy::Local);
    match visible {
        Visible::To(provider) => vec![local, provider_byte(provider)],
        Visible::Everything => {
            let managed = Provider::ALL.map(provider_byte);
            [local, SERVICE_ACCOUNTS]
                .into_iter()
                .chain(managed)
                .collect()
        }
    }
}

/// The key of an id in a list.
pub(super) fn listed(list: u8, id: &[u8; 16]) -> [u8; 17] {
    let mut key = [list; 17];
    key[1..].copy_from_slice(id);
    key
}

/// The id in a key of a list.
pub(super) fn unlisted(key: &[u8; 17]) -> [u8; 16] {
    let mut id = [0; 16];
    id.copy_from_slice(&key[1..]);
    id
}

/// The first of two ids.
pub(super) fn first(pair: &[u8; 32]) -> [u8; 16] {
    let mut id = [0; 16];
    id.copy_from_slice(&pair[..16]);
    id
}

/// The keys of a role's right: by role, by resource.
pub(super) fn grant(grant: Grant) -> ([u8; 32], [u8; 32]) {
    let (role, resource) = (grant.role.as_bytes(), grant.resource.as_bytes());
    (pair(role, resource), pair(resource, role))
}

/// The keys of temporary access.
pub(super) struct TemporaryKeys {
    pub(super) by_user: [u8; 32],
    pub(super) by_resource: [u8; 32],
    pub(super) due: Vec<u8>,
}

pub(super) fn temporary(access: &TemporaryAccess) -> TemporaryKeys {
    let (user, resource) = (access.user.as_bytes(), access.resource.as_bytes());
    TemporaryKeys {
        by_user: pair(user, resource),
        by_resource: pair(resource, user),
        due: due(access.next_change(), user, resource),
    }
}

/// The key of what changes at a moment.
pub(super) fn due(moment: Timestamp, user: &[u8; 16], resource: &[u8; 16]) -> Vec<u8> {
    let mut key = at(moment, user);
    key.extend(resource);
    key
}

/// The key of a counted suspension or deletion.
pub(super) fn departure(provider: Provider, moment: Timestamp, user: &[u8; 16]) -> Vec<u8> {
    let mut key = vec![provider_byte(provider)];
    key.extend(at(moment, user));
    key
}

/// A key in the order of time: the moment, to the microsecond, and an id.
pub(super) fn at(moment: Timestamp, id: &[u8; 16]) -> Vec<u8> {
    // With the sign flipped, the order of the bytes is that of the numbers.
    let ordered = moment.as_microsecond().cast_unsigned() ^ (1 << 63);
    let mut key = ordered.to_be_bytes().to_vec();
    key.extend(id);
    key
}

/// The moment at the start of a key.
pub(super) fn first_moment(key: &[u8]) -> Read<Timestamp> {
    let bytes = key
        .first_chunk()
        .ok_or_else(|| ReadError("an index key is too short".to_owned()))?;
    moment((u64::from_be_bytes(*bytes) ^ (1 << 63)).cast_signed())
}

/// The keys of a membership: by role, by user.
pub(super) fn membership(membership: &Membership) -> ([u8; 32], [u8; 32]) {
    let (role, user) = (membership.role.as_bytes(), membership.user.as_bytes());
    (pair(role, user), pair(user, role))
}

/// An index key whose last part is a row's id.
#[derive(Debug, Clone, Default)]
pub(super) struct Prefix(Vec<u8>);

impl Prefix {
    /// What has a provider's external id.
    pub(super) fn external_id(provider: Provider, external_id: &str) -> Self {
        Self::default()
            .byte(provider_byte(provider))
            .text(external_id)
    }

    /// What has one text: an address, the id of what is here.
    pub(super) fn of(text: &str) -> Self {
        Self::default().text(text)
    }

    /// The conflicts that one push opens when it is repeated.
    pub(super) fn conflict(provider: Provider, kind: ConflictKind, key: &str) -> Self {
        let kind = match kind {
            ConflictKind::RoleName => 1,
            ConflictKind::UserName => 2,
            ConflictKind::Ownership => 3,
            ConflictKind::Alias => 4,
        };
        Self::default()
            .byte(provider_byte(provider))
            .byte(kind)
            .text(key)
    }

    fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    fn text(mut self, text: &str) -> Self {
        self.0.extend((text.len() as u64).to_be_bytes());
        self.0.extend(text.as_bytes());
        self
    }

    /// The prefix itself, before every key that it begins.
    pub(super) fn bytes(self) -> Vec<u8> {
        self.0
    }

    /// After every key in which a text follows.
    pub(super) fn past_texts(self) -> Vec<u8> {
        let mut key = self.0;
        key.extend(u64::MAX.to_be_bytes());
        key
    }

    /// The whole key of a row.
    pub(super) fn with(mut self, id: &[u8; 16]) -> Vec<u8> {
        self.0.extend(id);
        self.0
    }

    /// The first and the last key that there can be.
    pub(super) fn range(self) -> (Vec<u8>, Vec<u8>) {
        (self.clone().with(&FIRST), self.with(&LAST))
    }
}

/// The key of an alias.
pub(super) fn alias(set: &str, alias: &str) -> Vec<u8> {
    Prefix::of(set).text(alias).0
}

/// The set and the alias that a key holds.
pub(super) fn set_and_alias(key: &[u8]) -> Read<(String, String)> {
    let damaged = || ReadError("an alias key is damaged".to_owned());
    let (set, rest) = text(key).ok_or_else(damaged)?;
    let (alias, _) = text(rest).ok_or_else(damaged)?;
    Ok((set, alias))
}

fn text(key: &[u8]) -> Option<(String, &[u8])> {
    let (length, rest) = key.split_first_chunk()?;
    let length = usize::try_from(u64::from_be_bytes(*length)).ok()?;
    let (text, rest) = rest.split_at_checked(length)?;
    Some((String::from_utf8(text.to_vec()).ok()?, rest))
}

/// The two ids at the end of an index key.
pub(super) fn last_ids(key: &[u8]) -> Read<[u8; 32]> {
    key.last_chunk()
        .copied()
        .ok_or_else(|| ReadError("an index key is too short".to_owned()))
}

/// The id at the end of an index key.
pub(super) fn last_id(key: &[u8]) -> Read<[u8; 16]> {
    key.last_chunk()
        .copied()
        .ok_or_else(|| ReadError("an index key is too short".to_owned()))
}

/// A provider in a key. Written to disk: a number is never used for another one.
pub(super) fn provider_byte(provider: Provider) -> u8 {
    match provider {
        Provider::Okta => 1,
        Provider::Entra => 2,
        Provider::OneLogin => 3,
        Provider::JumpCloud => 4,
        Provider::Generic => 5,
    }
}

/// An origin as a value. Written to disk.
pub(super) fn origin_byte(origin: Origin) -> u8 {
    match origin {
        Origin::Provider => 1,
        Origin::Local => 2,
    }
}

/// The origin that is kept as this byte.
pub(super) fn origin(byte: u8) -> Read<Origin> {
    match byte {
        1 => Ok(Origin::Provider),
        2 => Ok(Origin::Local),
        other => Err(ReadError(format!(
            "a membership is damaged: origin {other}"
        ))),
    }
}

/// The moment that is kept as these microseconds since 1970.
pub(super) fn moment(microseconds: i64) -> Read<Timestamp> {
    Timestamp::from_microsecond(microseconds).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_holds_no_longer_text() {
        let (from, to) = Prefix::of("a").range();
        for other in ["", "b", "ab", "a\0", "a\u{10ffff}"] {
            for id in [FIRST, LAST] {
                let key = Prefix::of(other).with(&id);
                assert!(key < from || key > to, "{other:?} is in the range of \"a\"");
            }
        }
    }

    #[test]
    fn set_and_alias_cannot_run_into_each_other() {
        assert_ne!(alias("ab", "c"), alias("a", "bc"));
        assert_ne!(alias("a", ""), alias("", "a"));
    }
}
