//! Access, safeguards and the lists that surveys look up: writing.

use jiff::Timestamp;
use redb::ReadableTable as _;

use super::{
    encoding, failed,
    read::Rows,
    tables::{Id, Opened, Tables as _, WriteTables},
    write::{expect, forget},
};
use crate::{
    directory::{
        Change, Departure, Grant, Hold, PermissionLevel, Resource, Role, SafeguardView as _,
        TemporaryAccess, User, fold,
    },
    store::StoreError,
};

impl Rows<WriteTables<'_>> {
    /// The changes that are about access or safeguards.
    pub(super) fn keep(&mut self, change: &Change) -> Result<(), StoreError> {
        match change {
            Change::PutResource(resource) => self.put_resource(resource),
            Change::DeleteResource(resource) => self.delete_resource(resource),
            Change::PutGrant(grant) => self.put_grant(*grant),
            Change::DeleteGrant(grant) => self.delete_grant(*grant),
            Change::PutTemporaryAccess { before, after } => {
                self.put_temporary(before.as_ref(), after)
            }
            Change::DeleteTemporaryAccess(access) => self.delete_temporary(access),
            Change::PutDeparture(gone) => self.put_departure(gone),
            Change::DeleteDeparture(gone) => self.delete_departure(gone),
            Change::ForgetDepartures(provider) => {
                for gone in self.departures(*provider, Timestamp::MAX, usize::MAX)? {
                    self.delete_departure(&gone)?;
                }
                Ok(())
            }
            Change::PutHold { before, after } => self.put_hold(before.as_deref(), after),
            _ => Ok(()),
        }
    }

    fn put_resource(&mut self, resource: &Resource) -> Result<(), StoreError> {
        let id = resource.id.as_bytes();
        let there = self.0.resources.put(id, &encoding::row(resource)?)?;
        expect(there, false, "resource")?;
        self.0.resource_names.put(&fold(&resource.name), id)?;
        Ok(())
    }

    fn delete_resource(&mut self, resource: &Resource) -> Result<(), StoreError> {
        let id = resource.id.as_bytes();
        expect(self.0.resources.take(id)?, true, "resource")?;
        forget(&mut self.0.resource_names, &fold(&resource.name), id)
    }

    fn put_grant(&mut self, grant: Grant) -> Result<(), StoreError> {
        let (by_role, by_resource) = encoding::grant(grant);
        expect(self.0.grants.put(&by_role, ())?, false, "grant")?;
        expect(self.0.granted.put(&by_resource, ())?, false, "grant")
    }

    fn delete_grant(&mut self, grant: Grant) -> Result<(), StoreError> {
        let (by_role, by_resource) = encoding::grant(grant);
        expect(self.0.grants.take(&by_role)?, true, "grant")?;
        expect(self.0.granted.take(&by_resource)?, true, "grant")
    }

    fn put_temporary(
        &mut self,
        before: Option<&TemporaryAccess>,
        after: &TemporaryAccess,
    ) -> Result<(), StoreError> {
        let keys = encoding::temporary(after);
        let row = encoding::row(after)?;
        let there = self.0.temporary_access.put(&keys.by_user, &row)?;
        expect(there, before.is_some(), "temporary access")?;
        self.0.temporary_access_to.put(&keys.by_resource, ())?;
        if let Some(before) = before {
            let due = encoding::temporary(before).due;
            self.0.temporary_access_due.take(&due)?;
        }
        self.0.temporary_access_due.put(&keys.due, ())?;
        Ok(())
    }

    fn delete_temporary(&mut self, access: &TemporaryAccess) -> Result<(), StoreError> {
        let keys = encoding::temporary(access);
        let there = self.0.temporary_access.take(&keys.by_user)?;
        expect(there, true, "temporary access")?;
        self.0.temporary_access_to.take(&keys.by_resource)?;
        self.0.temporary_access_due.take(&keys.due)?;
        Ok(())
    }

    fn put_departure(&mut self, gone: &Departure) -> Result<(), StoreError> {
        let user = gone.user.as_bytes();
        let there = self.0.departures.put(user, &encoding::row(gone)?)?;
        expect(there, false, "departure")?;
        let key = encoding::departure(gone.provider, gone.at, user);
        self.0.departure_times.put(&key, ())?;
        Ok(())
    }

    fn delete_departure(&mut self, gone: &Departure) -> Result<(), StoreError> {
        let user = gone.user.as_bytes();
        expect(self.0.departures.take(user)?, true, "departure")?;
        let key = encoding::departure(gone.provider, gone.at, user);
        self.0.departure_times.take(&key)?;
        Ok(())
    }

    fn put_hold(&mut self, before: Option<&Hold>, after: &Hold) -> Result<(), StoreError> {
        let id = after.id.as_bytes();
        let there = self.0.hold_rows.put(id, &encoding::row(after)?)?;
        expect(there, before.is_some(), "hold")?;
        let provider = encoding::provider_byte(after.provider);
        if after.ended.is_none() {
            self.0.live_holds.put(provider, id)?;
        } else {
            forget(&mut self.0.live_holds, provider, id)?;
        }
        Ok(())
    }

    /// Notes whether the user is an active admin, or suspended, where that has changed.
    pub(super) fn list_user(
        &mut self,
        before: Option<&User>,
        after: Option<&User>,
    ) -> Result<(), StoreError> {
        let is_admin = |user: &User| {
            let is_admin = user.permission_level == PermissionLevel::Admin;
            is_admin && user.is_active() && user.is_person()
        };
        let is_suspended = |user: &User| !user.is_active();
        let Some(id) = after.or(before).map(|user| *user.id.as_bytes()) else {
            return Ok(());
        };
        relist(
            &mut self.0.admins,
            &id,
            before.is_some_and(is_admin),
            after.is_some_and(is_admin),
        )?;
        relist(
            &mut self.0.suspended_users,
            &id,
            before.is_some_and(is_suspended),
            after.is_some_and(is_suspended),
        )
    }

    /// Notes when a managed role was last pushed. Call it before the push itself is noted.
    pub(super) fn list_role(
        &mut self,
        before: Option<&Role>,
        after: Option<&Role>,
        pushed: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let is_managed = |role: &&Role| role.managed_by.provider().is_some();
        for role in before.into_iter().filter(is_managed) {
            let last = self.last_push(role)?;
            self.0
                .managed_roles
                .take(&encoding::at(last, role.id.as_bytes()))?;
        }
        for role in after.into_iter().filter(is_managed) {
            let last = pushed.map_or_else(|| self.last_push(role), Ok)?;
            self.0
                .managed_roles
                .put(&encoding::at(last, role.id.as_bytes()), ())?;
        }
        Ok(())
    }

    fn last_push(&self, role: &Role) -> Result<Timestamp, StoreError> {
        let noted = self.0.role_pushes()?;
        let last = noted.get(role.id.as_bytes()).map_err(failed)?;
        Ok(match last {
            Some(at) => encoding::moment(at.value())?,
            None => role.created,
        })
    }
}

/// Puts an id into a list, or takes it out, where that has changed.
fn relist(
    list: &mut Opened<'_, Id, ()>,
    id: &[u8; 16],
    was_in: bool,
    is_in: bool,
) -> Result<(), StoreError> {
    if is_in && !was_in {
        list.put(id, ())?;
    } else if was_in && !is_in {
        list.take(id)?;
    }
    Ok(())
}
