//! Every table, opened when first used and at most once in a transaction.

use std::{cell::OnceCell, sync::OnceLock};

use redb::{
    Key, ReadOnlyTable, ReadTransaction, ReadableTable, Table, TableDefinition, Value,
    WriteTransaction,
};

use super::{failed, unreadable};
use crate::{
    directory::Read,
    store::{StoreError, Totals},
};

/// A row's id.
pub(super) type Id = &'static [u8; 16];
/// A list and the id of a row that stands in it; see `blocks`.
pub(super) type Listed = &'static [u8; 17];
/// Two ids, one after the other.
pub(super) type Pair = &'static [u8; 32];
/// A composite key as `encoding` builds it, or a row as `rows` reads it.
pub(super) type Bytes = &'static [u8];

/// The name of the table that says which layout the others have.
pub(super) const META: &str = "meta";

/// Names each table once: its definition, how to open it in a snapshot and in a transaction.
macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident: $key:ty => $value:ty;)*) => {
        /// Read access to every table, the same for a snapshot and a transaction.
        pub(super) trait Tables {
            $($(#[$doc])* fn $name(&self) -> Read<&impl ReadableTable<$key, $value>>;)*

            /// The totals as they will be, once a transaction has changed them.
            fn changed_totals(&self) -> Option<&Totals>;
        }

        /// The tables as of one commit.
        pub(super) struct ReadTables {
            transaction: ReadTransaction,
            $($name: OnceLock<ReadOnlyTable<$key, $value>>,)*
        }

        impl ReadTables {
            pub(super) fn new(transaction: ReadTransaction) -> Self {
                Self { transaction, $($name: OnceLock::new(),)* }
            }
        }

        impl Tables for ReadTables {
            $(fn $name(&self) -> Read<&impl ReadableTable<$key, $value>> {
                if let Some(table) = self.$name.get() {
                    return Ok(table);
                }
                let definition = TableDefinition::new(stringify!($name));
                let table = self.transaction.open_table(definition).map_err(unreadable)?;
                Ok(self.$name.get_or_init(|| table))
            })*

            fn changed_totals(&self) -> Option<&Totals> {
                None
            }
        }

        /// The tables in a transaction.
        pub(super) struct WriteTables<'t> {
            /// `schema` → the version of this layout. Read before all others, when the file is opened.
            pub(super) meta: Opened<'t, &'static str, u64>,
            /// The totals as they were, once they are known.
            pub(super) found: Option<Totals>,
            /// The totals as they will be, once they are known: written once, at the end.
            pub(super) kept: Option<Totals>,
            $($(#[$doc])* pub(super) $name: Opened<'t, $key, $value>,)*
        }

        impl<'t> WriteTables<'t> {
            pub(super) fn new(transaction: &'t WriteTransaction) -> Self {
                Self {
                    meta: Opened::new(transaction, META),
                    found: None,
                    kept: None,
                    $($name: Opened::new(transaction, stringify!($name)),)*
                }
            }

            /// Makes every table, so that reading never meets a missing one.
            pub(super) fn make_all(&mut self) -> Result<(), StoreError> {
                self.meta.write()?;
                $(self.$name.write()?;)*
                Ok(())
            }
        }

        impl Tables for WriteTables<'_> {
            $(fn $name(&self) -> Read<&impl ReadableTable<$key, $value>> {
                self.$name.read().map_err(unreadable)
            })*

            fn changed_totals(&self) -> Option<&Totals> {
                self.kept.as_ref()
            }
        }
    };
}

tables! {
    /// `totals` → [`Totals`]. The journal may be ahead of the number in it.
    totals: &'static str => Bytes;
    /// User → row.
    users: Id => Bytes;
    /// Folded name → user.
    user_names: &'static str => Id;
    /// Provider, external id, user.
    user_external_ids: Bytes => ();
    /// Folded address, user; not where the address is the user's name, which `user_names` knows.
    user_emails: Bytes => ();
    /// Set, alias → user.
    aliases: Bytes => Id;
    /// Who manages it (service accounts have a list of their own), user.
    user_lists: Listed => ();
    /// Blocks of `user_lists`.
    user_blocks: Listed => u64;
    /// Role → row.
    roles: Id => Bytes;
    /// Folded name → role.
    role_names: &'static str => Id;
    /// Provider, external id, role.
    role_external_ids: Bytes => ();
    /// Who manages it, role.
    role_lists: Listed => ();
    /// Blocks of `role_lists`.
    role_blocks: Listed => u64;
    /// Role, user → origin.
    members: Pair => u8;
    /// User, role → origin.
    memberships: Pair => u8;
    /// Provider → record.
    providers: u8 => Bytes;
    /// Token → row.
    tokens: Id => Bytes;
    /// Hash of the secret → token.
    token_hashes: Pair => Id;
    /// Conflict → row.
    conflict_rows: Id => Bytes;
    /// The conflicts that are open.
    conflicts_open: Id => ();
    /// Provider, kind, key, conflict.
    conflict_keys: Bytes => ();
    /// Id of what is here, conflict; only the undecided ones.
    conflicts_existing: Bytes => ();
    /// Resource → row.
    resources: Id => Bytes;
    /// Folded name → resource.
    resource_names: &'static str => Id;
    /// Role, resource.
    grants: Pair => ();
    /// Resource, role.
    granted: Pair => ();
    /// User, resource → row.
    temporary_access: Pair => Bytes;
    /// Resource, user.
    temporary_access_to: Pair => ();
    /// Next start or end, user, resource.
    temporary_access_due: Bytes => ();
    /// User → row.
    departures: Id => Bytes;
    /// Provider, time, user.
    departure_times: Bytes => ();
    /// Hold → row.
    hold_rows: Id => Bytes;
    /// Provider → its hold that has not ended.
    live_holds: u8 => Id;
    /// The persons that are active and have the level `admin`.
    admins: Id => ();
    /// The users and service accounts that are suspended.
    suspended_users: Id => ();
    /// Last push, role; only managed ones.
    managed_roles: Bytes => ();
    /// Role → row.
    unknown_members: Id => Bytes;
    /// Number → entry.
    journal_entries: u64 => Bytes;
    /// Token → microseconds since 1970, requests.
    token_uses: Id => (i64, u64);
    /// Role → microseconds since 1970.
    role_pushes: Id => i64;
    /// First exchange → it and those after it, compressed; see `exchanges`.
    packed_exchanges: Id => Bytes;
    /// `exchanges` → how many are recorded.
    counts: &'static str => u64;
}

/// One table in a transaction.
pub(super) struct Opened<'t, K: Key + 'static, V: Value + 'static> {
    transaction: &'t WriteTransaction,
    name: &'static str,
    table: OnceCell<Table<'t, K, V>>,
}

impl<'t, K: Key + 'static, V: Value + 'static> Opened<'t, K, V> {
    fn new(transaction: &'t WriteTransaction, name: &'static str) -> Self {
        Self {
            transaction,
            name,
            table: OnceCell::new(),
        }
    }

    /// The transaction that it is opened in.
    pub(super) fn transaction(&self) -> &'t WriteTransaction {
        self.transaction
    }

    /// The table, to read it.
    pub(super) fn read(&self) -> Result<&Table<'t, K, V>, StoreError> {
        if let Some(table) = self.table.get() {
            return Ok(table);
        }
        let definition = TableDefinition::new(self.name);
        let table = self.transaction.open_table(definition).map_err(failed)?;
        Ok(self.table.get_or_init(|| table))
    }

    /// The table, to change it.
    pub(super) fn write(&mut self) -> Result<&mut Table<'t, K, V>, StoreError> {
        self.read()?;
        self.table
            .get_mut()
            .ok_or_else(|| StoreError::Failed(format!("the table {} is not open", self.name)))
    }

    /// Puts a row, and says whether there was one.
    pub(super) fn put(
        &mut self,
        key: K::SelfType<'_>,
        value: V::SelfType<'_>,
    ) -> Result<bool, StoreError> {
        let before = self.write()?.insert(key, value).map_err(failed)?;
        Ok(before.is_some())
    }

    /// Takes a row away, and says whether there was one.
    pub(super) fn take(&mut self, key: K::SelfType<'_>) -> Result<bool, StoreError> {
        let before = self.write()?.remove(key).map_err(failed)?;
        Ok(before.is_some())
    }
}
