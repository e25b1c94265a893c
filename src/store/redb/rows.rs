//! How each kind of row is kept: as JSON, but for users. One of those is read for every look-up, and a
//! hundred for a page; as JSON that would take longer than finding them.
//!
//! A user's row is, numbers with their highest byte first and every text with its length in four bytes
//! before it: [`FORM`]; the id; kind, manager, permission level and state in a byte each; the version; both
//! moments, seconds in eight bytes and nanoseconds in four; the name; how many external ids there are in a
//! byte, and each with its provider's byte before it; how many aliases there are in four, and of each the
//! set and the alias; and what is left is the JSON of the attributes. Before layout 6 all of it was JSON,
//! which is still read: a row gets this form when its user changes next.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::encoding::{parse, provider_byte};
use crate::{
    directory::{
        Attributes, Conflict, Departure, Hold, IdentityAlias, JournalEntry, ManagedBy,
        PermissionLevel, Provider, ProviderRecord, Read, ReadError, Resource, Role, RoleName,
        TemporaryAccess, Token, User, UserId, UserKind,
    },
    store::StoreError,
};

/// What a user's row begins with. JSON begins with a brace.
const FORM: u8 = 1;

/// The bytes of a user's row before its name.
const HEAD_BYTES: usize = 1 + 16 + 4 + 8 + 2 * (8 + 4);

/// A row, or as much of it as is wanted.
pub(super) trait Row: Sized {
    /// What is kept as these bytes.
    fn read(bytes: &[u8]) -> Read<Self>;
}

macro_rules! kept_as_json {
    ($($row:ty),*) => {
        $(impl Row for $row {
            fn read(bytes: &[u8]) -> Read<Self> {
                parse(bytes)
            }
        })*
    };
}

kept_as_json!(Conflict, Departure, Hold, JournalEntry, ProviderRecord);
kept_as_json!(Resource, Role, RoleName, TemporaryAccess, Token);
kept_as_json!(serde::de::IgnoredAny);

impl Row for User {
    fn read(bytes: &[u8]) -> Read<Self> {
        match bytes {
            [FORM, rest @ ..] => user(Parts(rest)).ok_or_else(damaged),
            _ => parse(bytes),
        }
    }
}

/// A user's name alone.
pub(super) struct UserName(pub(super) String);

impl Row for UserName {
    fn read(bytes: &[u8]) -> Read<Self> {
        let [FORM, ..] = bytes else {
            return Ok(Self(parse::<User>(bytes)?.user_name));
        };
        let name = bytes.get(HEAD_BYTES..).and_then(|rest| Parts(rest).text());
        name.map(Self).ok_or_else(damaged)
    }
}

/// A user as its row.
///
/// # Errors
/// It cannot be written: a text is longer than its length can tell.
pub(super) fn of_user(user: &User) -> Result<Vec<u8>, StoreError> {
    let attributes = serde_json::to_vec(&user.attributes);
    let attributes = attributes.map_err(|error| StoreError::Failed(error.to_string()))?;
    let mut row = Vec::with_capacity(HEAD_BYTES + 128 + attributes.len());
    row.push(FORM);
    row.extend(user.id.as_bytes());
    row.push(kind_byte(user.kind));
    row.push(user.managed_by.provider().map_or(0, provider_byte));
    row.push(level_byte(user.permission_level));
    row.push(state_byte(user.active));
    row.extend(user.version.to_be_bytes());
    for moment in [user.created, user.last_modified] {
        row.extend(moment.as_second().to_be_bytes());
        row.extend(moment.subsec_nanosecond().to_be_bytes());
    }
    put_text(&mut row, &user.user_name)?;
    // There are fewer providers than a byte can count.
    row.push(u8::try_from(user.external_ids.len()).unwrap_or(u8::MAX));
    for (provider, external_id) in &user.external_ids {
        row.push(provider_byte(*provider));
        put_text(&mut row, external_id)?;
    }
    row.extend(length(user.aliases.len())?);
    for IdentityAlias { set, alias } in &user.aliases {
        put_text(&mut row, set)?;
        put_text(&mut row, alias)?;
    }
    row.extend(attributes);
    Ok(row)
}

fn put_text(row: &mut Vec<u8>, text: &str) -> Result<(), StoreError> {
    row.extend(length(text.len())?);
    row.extend(text.as_bytes());
    Ok(())
}

fn length(length: usize) -> Result<[u8; 4], StoreError> {
    let length = u32::try_from(length);
    let length = length.map_err(|_| StoreError::Failed("a user's text is too long".to_owned()))?;
    Ok(length.to_be_bytes())
}

/// The user whose row has these parts behind [`FORM`]; `None` where it is none.
fn user(mut parts: Parts<'_>) -> Option<User> {
    let id = UserId::from_bytes(*parts.array()?);
    let &[kind, manager, level, state] = parts.array()?;
    let version = u64::from_be_bytes(*parts.array()?);
    let (created, last_modified) = (parts.moment()?, parts.moment()?);
    let user_name = parts.text()?;
    let mut external_ids = BTreeMap::new();
    for _ in 0..parts.byte()? {
        external_ids.insert(provider(parts.byte()?)?, parts.text()?);
    }
    let mut aliases = Vec::new();
    for _ in 0..parts.length()? {
        let (set, alias) = (parts.text()?, parts.text()?);
        aliases.push(IdentityAlias { set, alias });
    }
    Some(User {
        id,
        kind: kind_of(kind)?,
        managed_by: match manager {
            0 => ManagedBy::Local,
            byte => ManagedBy::Provider(provider(byte)?),
        },
        permission_level: level_of(level)?,
        user_name,
        active: match state {
            0 => None,
            1 => Some(false),
            2 => Some(true),
            _ => return None,
        },
        external_ids,
        aliases,
        attributes: Attributes::stored(std::str::from_utf8(parts.0).ok()?)?,
        created,
        last_modified,
        version,
    })
}

/// What of a row is still to be read.
struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    fn array<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(array)
    }

    fn byte(&mut self) -> Option<u8> {
        self.array().map(|&[byte]| byte)
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(u32::from_be_bytes(*self.array()?)).ok()
    }

    fn moment(&mut self) -> Option<Timestamp> {
        let second = i64::from_be_bytes(*self.array()?);
        let nanosecond = i32::from_be_bytes(*self.array()?);
        Timestamp::new(second, nanosecond).ok()
    }

    fn text(&mut self) -> Option<String> {
        let length = self.length()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(std::str::from_utf8(text).ok()?.to_owned())
    }
}

fn provider(byte: u8) -> Option<Provider> {
    let mut all = Provider::ALL.into_iter();
    all.find(|&provider| provider_byte(provider) == byte)
}

// Written to disk: a number is never used for something else.

fn kind_byte(kind: UserKind) -> u8 {
    match kind {
        UserKind::Person => 1,
        UserKind::ServiceAccount => 2,
    }
}

fn kind_of(byte: u8) -> Option<UserKind> {
    let mut all = [UserKind::Person, UserKind::ServiceAccount].into_iter();
    all.find(|&kind| kind_byte(kind) == byte)
}

fn level_byte(level: PermissionLevel) -> u8 {
    match level {
        PermissionLevel::Admin => 1,
        PermissionLevel::DatabaseAdmin => 2,
        PermissionLevel::TeamLeader => 3,
        PermissionLevel::Auditor => 4,
        PermissionLevel::User => 5,
    }
}

fn level_of(byte: u8) -> Option<PermissionLevel> {
    let mut all = PermissionLevel::ALL.into_iter();
    all.find(|&level| level_byte(level) == byte)
}

fn state_byte(active: Option<bool>) -> u8 {
    match active {
        None => 0,
        Some(false) => 1,
        Some(true) => 2,
    }
}

fn damaged() -> ReadError {
    ReadError("a user's row is damaged".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn users() -> Vec<User> {
        let at = |text: &str| text.parse().expect("a time");
        let attributes = json!({"name": {"givenName": "Änn"}, "title": "a\"b", "n": 1.5});
        let full = User {
            id: UserId::from_bytes([7; 16]),
            kind: UserKind::Person,
            managed_by: ManagedBy::Provider(Provider::Entra),
            permission_level: PermissionLevel::Auditor,
            user_name: "Änn@x.io".to_owned(),
            active: Some(true),
            external_ids: Provider::ALL.map(|p| (p, format!("id at {p}"))).into(),
            aliases: ["rdp", "ssh"]
                .map(|set| IdentityAlias {
                    set: set.to_owned(),
                    alias: format!("ann-{set}"),
                })
                .into(),
            attributes: attributes.as_object().cloned().expect("an object").into(),
            created: at("2026-01-02T03:04:05.123456789Z"),
            last_modified: at("1969-12-31T23:59:59.5Z"),
            version: u64::MAX,
        };
        let least = User {
            kind: UserKind::ServiceAccount,
            managed_by: ManagedBy::Local,
            user_name: String::new(),
            active: None,
            external_ids: BTreeMap::new(),
            aliases: Vec::new(),
            attributes: Attributes::default(),
            version: 0,
            ..full.clone()
        };
        let mut all = vec![full.clone(), least];
        all.extend(PermissionLevel::ALL.map(|permission_level| User {
            permission_level,
            active: Some(false),
            ..full.clone()
        }));
        all
    }

    #[test]
    fn a_user_is_read_as_it_was_written_in_either_form() {
        for user in users() {
            let row = of_user(&user).expect("a row");
            let json = serde_json::to_vec(&user).expect("JSON");
            assert!(row.len() < json.len());
            for bytes in [row, json] {
                assert_eq!(User::read(&bytes).expect("a user"), user);
                assert_eq!(UserName::read(&bytes).expect("a name").0, user.user_name);
            }
        }
    }

    #[test]
    fn what_is_no_row_is_told() {
        let user = users().swap_remove(0);
        let row = of_user(&user).expect("a row");
        for end in 0..row.len() {
            assert!(User::read(&row[..end]).is_err(), "{end}");
        }
        for place in [17, 18, 19, 20, HEAD_BYTES, row.len() - 1] {
            let mut other = row.clone();
            other[place] = 0xff;
            assert!(User::read(&other).is_err(), "{place}");
        }
        let mut other = row;
        other[0] = FORM + 1;
        assert!(User::read(&other).is_err() && UserName::read(&other).is_err());
    }
}
