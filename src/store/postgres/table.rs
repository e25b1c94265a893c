//! How rows are put into tables and taken away, many at once: they travel as one JSON text, whose keys
//! are the names of the columns.

use std::{collections::BTreeMap, sync::OnceLock};

use serde_json::Value as Json;
use uuid::Uuid;

use super::link::{Step, step};
use crate::{
    directory::{
        Conflict, Departure, JournalEntry, Membership, Provider, Resource, Role, TemporaryAccess,
        User, fold,
    },
    store::StoreError,
};

/// A table, as far as writing it needs.
pub(super) struct Table {
    name: &'static str,
    key: &'static [&'static str],
    columns: &'static [&'static str],
    /// Which columns tell the rows that are to go.
    gone_by: &'static [&'static str],
    insert: OnceLock<String>,
    replace: OnceLock<String>,
    delete: OnceLock<String>,
}

impl Table {
    const fn new(
        name: &'static str,
        key: &'static [&'static str],
        columns: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            key,
            columns,
            gone_by: key,
            insert: OnceLock::new(),
            replace: OnceLock::new(),
            delete: OnceLock::new(),
        }
    }

    /// Where a row has meanwhile become another one under the same key, it stays.
    const fn gone_exactly(mut self) -> Self {
        self.gone_by = self.columns;
        self
    }

    /// Puts rows that are not there. Fails where one is.
    pub(super) fn insert(&'static self, rows: &[Json]) -> Result<Step, StoreError> {
        let sql = self.insert.get_or_init(|| self.inserting());
        written(sql, &rows)
    }

    /// Puts rows, whether they are there or not.
    pub(super) fn replace(&'static self, rows: &[Json]) -> Result<Step, StoreError> {
        let sql = self.replace.get_or_init(|| {
            let others = self.columns.iter().filter(|name| !self.key.contains(name));
            let new: Vec<String> = others
                .map(|name| format!("\"{name}\" = excluded.\"{name}\""))
                .collect();
            let then = match new.as_slice() {
                [] => "NOTHING".to_owned(),
                new => format!("UPDATE SET {}", new.join(", ")),
            };
            let key = quoted(self.key);
            format!("{} ON CONFLICT ({key}) DO {then}", self.inserting())
        });
        written(sql, &rows)
    }

    /// Takes away the rows with these keys.
    pub(super) fn delete(&'static self, rows: &[Json]) -> Result<Step, StoreError> {
        let sql = self.delete.get_or_init(|| {
            let name = self.name;
            let same: Vec<String> = self
                .gone_by
                .iter()
                .map(|column| format!("kept.\"{column}\" = gone.\"{column}\""))
                .collect();
            format!(
                "DELETE FROM rolecall.{name} kept \
                 USING json_populate_recordset(NULL::rolecall.{name}, $1::text::json) gone WHERE {}",
                same.join(" AND ")
            )
        });
        let keys = rows.iter().map(|row| {
            let named = self.gone_by.iter().map(|&name| (name, row.get(name)));
            named.collect::<BTreeMap<_, _>>()
        });
        written(sql, &keys.collect::<Vec<_>>())
    }

    fn inserting(&self) -> String {
        let (name, columns) = (self.name, quoted(self.columns));
        format!(
            "INSERT INTO rolecall.{name} ({columns}) \
             SELECT {columns} FROM json_populate_recordset(NULL::rolecall.{name}, $1::text::json)"
        )
    }
}

fn quoted(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    quoted.join(", ")
}

fn written(sql: &'static str, rows: &impl serde::Serialize) -> Result<Step, StoreError> {
    Ok(step(sql, vec![Box::new(text(rows)?)]))
}

/// As JSON text.
pub(super) fn text(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Failed(error.to_string()))
}

macro_rules! tables {
    ($($static:ident = $name:literal by [$($key:literal),+] with [$($column:literal),*];)*) => {
        $(pub(super) static $static: Table =
            Table::new($name, &[$($key),+], &[$($key,)+ $($column),*]);)*
    };
}

tables! {
    USERS = "users" by ["id"] with [
        "kind", "managed_by", "permission_level", "user_name", "user_name_key", "active",
        "external_ids", "aliases", "attributes", "created", "last_modified", "version"
    ];
    USER_EXTERNAL_IDS = "user_external_ids" by ["provider", "external_id", "user_id"] with [];
    USER_EMAILS = "user_emails" by ["email", "user_id"] with [];
    ROLES = "roles" by ["id"] with [
        "managed_by", "display_name", "display_name_key", "external_ids", "attributes",
        "provider_members", "local_members", "created", "last_modified", "version"
    ];
    ROLE_EXTERNAL_IDS = "role_external_ids" by ["provider", "external_id", "role_id"] with [];
    MEMBERSHIPS = "memberships" by ["role_id", "user_id"] with ["origin"];
    UNKNOWN_MEMBERS = "unknown_members" by ["role"] with ["seq", "at", "count", "ids"];
    PROVIDERS = "providers" by ["provider"] with ["state", "changed"];
    TOKENS = "tokens" by ["id"] with [
        "provider", "name", "hash", "prefix", "created", "expires", "revoked"
    ];
    CONFLICTS = "conflicts" by ["id"] with [
        "kind", "provider", "name", "key", "lookup_key", "pusher", "existing", "existing_id",
        "state", "tries", "first_seen", "last_seen", "payload", "settled"
    ];
    RESOURCES = "resources" by ["id"] with ["name", "name_key", "kind", "tags", "created"];
    GRANTS = "grants" by ["role", "resource"] with [];
    TEMPORARY_ACCESS = "temporary_access" by ["user_id", "resource"] with [
        "from", "until", "started", "next_change"
    ];
    DEPARTURES = "departures" by ["user_id"] with ["provider", "at"];
    HOLDS = "holds" by ["id"] with [
        "provider", "state", "since", "until", "departed", "active", "allowed", "attempts",
        "attempted", "decided", "ended"
    ];
    JOURNAL = "journal" by ["seq"] with [
        "at", "actor", "action", "subject", "before", "after", "exchange", "subject_kind",
        "subject_id"
    ];
}

pub(super) static IDENTITY_ALIASES: Table = Table::new(
    "identity_aliases",
    &["identity_set", "alias"],
    &["identity_set", "alias", "user_id"],
)
.gone_exactly();

/// The longest text that is an index key as it is, in bytes. The database takes about 2,700.
const LONGEST_KEY: usize = 1000;

/// A text as an index key. Of a longer one the beginning and a digest, which together are longer than
/// any that is a key as it is.
pub(super) fn key(text: &str) -> String {
    use sha2::{Digest as _, Sha256};
    if text.len() <= LONGEST_KEY {
        return text.to_owned();
    }
    let digest = crate::directory::TokenHash(Sha256::digest(text).into());
    let digest = serde_json::to_value(digest).unwrap_or_default();
    let cuts = text.char_indices().map(|(at, _)| at);
    let cut = cuts.take_while(|at| *at <= LONGEST_KEY).last();
    let head = text.get(..cut.unwrap_or(0)).unwrap_or_default();
    format!("{head}{}", digest.as_str().unwrap_or_default())
}

/// A row as the JSON that it is kept as, with more columns.
fn row(value: &impl serde::Serialize, more: &[(&str, String)]) -> Result<Json, StoreError> {
    let mut row =
        serde_json::to_value(value).map_err(|error| StoreError::Failed(error.to_string()))?;
    if let Some(columns) = row.as_object_mut() {
        for (name, text) in more {
            columns.insert((*name).to_owned(), Json::String(text.clone()));
        }
    }
    Ok(row)
}

/// A value that is kept as a row.
pub(super) trait Kept {
    /// The row.
    fn row(&self) -> Result<Json, StoreError>;
}

impl Kept for User {
    fn row(&self) -> Result<Json, StoreError> {
        row(self, &[("user_name_key", key(&fold(&self.user_name)))])
    }
}

impl Kept for Role {
    fn row(&self) -> Result<Json, StoreError> {
        row(
            self,
            &[("display_name_key", key(&fold(&self.display_name)))],
        )
    }
}

impl Kept for Membership {
    fn row(&self) -> Result<Json, StoreError> {
        Ok(serde_json::json!({
            "role_id": self.role, "user_id": self.user, "origin": self.origin,
        }))
    }
}

impl Kept for Conflict {
    fn row(&self) -> Result<Json, StoreError> {
        let more = [
            ("lookup_key", key(&self.key)),
            ("existing_id", self.existing.id.clone()),
        ];
        row(self, &more)
    }
}

impl Kept for Resource {
    fn row(&self) -> Result<Json, StoreError> {
        row(self, &[("name_key", key(&fold(&self.name)))])
    }
}

impl Kept for TemporaryAccess {
    fn row(&self) -> Result<Json, StoreError> {
        let more = [
            ("user_id", self.user.to_string()),
            ("next_change", self.next_change().to_string()),
        ];
        row(self, &more)
    }
}

impl Kept for Departure {
    fn row(&self) -> Result<Json, StoreError> {
        row(self, &[("user_id", self.user.to_string())])
    }
}

impl Kept for JournalEntry {
    fn row(&self) -> Result<Json, StoreError> {
        let kind = serde_json::to_value(self.event.subject.kind).unwrap_or_default();
        let more = [
            ("subject_kind", kind.as_str().unwrap_or_default().to_owned()),
            ("subject_id", self.event.subject.id.clone()),
        ];
        row(self, &more)
    }
}

macro_rules! kept_as_it_is {
    ($($type:ty),*) => {
        $(impl Kept for $type {
            fn row(&self) -> Result<Json, StoreError> {
                row(self, &[])
            }
        })*
    };
}

kept_as_it_is!(
    crate::directory::ProviderRecord,
    crate::directory::Token,
    crate::directory::Grant,
    crate::directory::Hold,
    crate::store::UnknownMembers
);

/// The rows by which a user is found, beside its own.
pub(super) struct UserKeys {
    /// By each provider's own id.
    pub(super) external_ids: Vec<Json>,
    /// By address.
    pub(super) emails: Vec<Json>,
    /// By alias.
    pub(super) aliases: Vec<Json>,
}

impl UserKeys {
    /// Those of a user, or of none.
    pub(super) fn of(user: Option<&User>) -> Self {
        let emails = user.map(User::folded_emails).unwrap_or_default();
        let row =
            |id: Uuid, email: &String| serde_json::json!({"email": key(email), "user_id": id});
        Self {
            external_ids: user.map(|user| external_ids(&user.external_ids, "user_id", user.id.0)).unwrap_or_default(),
            emails: user
                .map(|user| emails.iter().map(|email| row(user.id.0, email)).collect())
                .unwrap_or_default(),
            aliases: user
                .into_iter()
                .flat_map(|user| user.aliases.iter().map(|held| (user.id, held)))
                .map(|(id, held)| {
                    serde_json::json!({"identity_set": held.set, "alias": held.alias, "user_id": id})
                })
                .collect(),
        }
    }
}

/// The rows by which a role is found, beside its own.
pub(super) fn role_keys(role: Option<&Role>) -> Vec<Json> {
    role.map(|role| external_ids(&role.external_ids, "role_id", role.id.0))
        .unwrap_or_default()
}

fn external_ids(
    given: &std::collections::BTreeMap<Provider, String>,
    owner: &str,
    id: Uuid,
) -> Vec<Json> {
    given
        .iter()
        .map(|(provider, external_id)| {
            serde_json::json!({"provider": provider, "external_id": key(external_id), owner: id})
        })
        .collect()
}
