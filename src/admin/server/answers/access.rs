//! Resources, and who reaches what.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    super::{find, refused::Refused, rows},
    history,
};
use crate::{
    admin::{
        Reply,
        request::AccessCursor,
        row::{
            AccessCheckRow, AccessRow, GrantRow, ResourceDetail, ResourceRow, TemporaryAccessRow,
        },
    },
    directory::{
        Grant, Read, ResourceId, RoleId, User, UserId,
        access::{Reason, Via, check, reached_by, reaching},
    },
    store::Snapshot,
};

/// How many resources are read at once.
const WALK: usize = 512;

/// How many grants and how many times a detail lists.
const LISTED: usize = 500;

/// A resource with what leads to it.
pub(super) fn resource(snapshot: &dyn Snapshot, given: &str) -> Result<ResourceDetail, Refused> {
    let resource = find::resource(snapshot, given)?;
    let id = resource.id;
    let roles = snapshot.roles_reaching(id, None, LISTED)?.into_iter();
    let grants = roles.map(|role| rows::grant(snapshot, Grant { role, resource: id }));
    let given = snapshot.temporary_access_to(id, None, LISTED)?.into_iter();
    let given = given.map(|access| rows::temporary_access(snapshot, access));
    Ok(ResourceDetail {
        grants: grants.collect::<Read<Vec<GrantRow>>>()?,
        temporary_access: given.collect::<Read<Vec<TemporaryAccessRow>>>()?,
        history: history::about(snapshot, &id.to_string())?,
        row: rows::resource(resource),
    })
}

/// What the members of a role reach through it.
pub(super) fn resources_of_role(snapshot: &dyn Snapshot, role: RoleId) -> Read<Vec<ResourceRow>> {
    let mut found = Vec::new();
    for id in snapshot.resources_of_role(role, None, LISTED)? {
        found.extend(snapshot.resource(id)?.map(rows::resource));
    }
    Ok(found)
}

/// What a user was given for a time.
pub(super) fn given_to(snapshot: &dyn Snapshot, user: UserId) -> Read<Vec<TemporaryAccessRow>> {
    let given = snapshot
        .temporary_access_of(user, None, LISTED)?
        .into_iter();
    given
        .map(|access| rows::temporary_access(snapshot, access))
        .collect()
}

/// Whether a user reaches a resource, and why.
pub(super) fn checked(
    snapshot: &dyn Snapshot,
    now: Timestamp,
    user: &str,
    resource: &str,
) -> Result<AccessCheckRow, Refused> {
    let user = find::user(snapshot, user)?;
    let resource = find::resource(snapshot, resource)?;
    let explanation = check(snapshot, &user, resource.id, now)?;
    Ok(AccessCheckRow {
        user: user.id,
        user_name: user.user_name,
        resource: resource.id,
        resource_name: resource.name,
        allowed: explanation.allowed,
        because: explanation.because,
        refused_because: explanation.refused_because.map(|why| why.to_string()),
    })
}

/// Who reaches what, a row for each way; see [`Request::AccessList`](crate::admin::Request::AccessList).
pub(super) fn list(
    snapshot: &dyn Snapshot,
    now: Timestamp,
    [user, resource]: [Option<String>; 2],
    after: Option<AccessCursor>,
    limit: usize,
) -> Result<Reply, Refused> {
    let user = user.map(|given| find::user(snapshot, &given)).transpose()?;
    let resource = resource
        .map(|given| find::resource(snapshot, &given))
        .transpose()?;
    let mut page = AccessPage {
        snapshot,
        now,
        limit: limit.max(1),
        rows: Vec::new(),
        last: None,
        more: false,
        names: BTreeMap::new(),
    };
    match (user, resource) {
        (Some(user), Some(resource)) => {
            let explanation = check(snapshot, &user, resource.id, now)?;
            page.add(&user, resource.id, explanation.because)?;
        }
        (Some(user), None) => page.of_user(&user, after.map(|after| after.resource))?,
        (None, Some(resource)) => page.of_resource(resource.id, after.map(|after| after.user))?,
        (None, None) => page.of_all(after)?,
    }
    Ok(Reply::Access {
        next: page.last.filter(|_| page.more),
        rows: page.rows,
    })
}

/// A page of the access list while it is filled.
struct AccessPage<'a> {
    snapshot: &'a dyn Snapshot,
    now: Timestamp,
    limit: usize,
    rows: Vec<AccessRow>,
    last: Option<AccessCursor>,
    /// Whether the list goes on behind this page.
    more: bool,
    names: BTreeMap<ResourceId, String>,
}

impl AccessPage<'_> {
    /// Adds every way of one user to one resource; tells whether there was room.
    fn add(&mut self, user: &User, resource: ResourceId, because: Vec<Reason>) -> Read<bool> {
        if self.rows.len() >= self.limit {
            self.more = true;
            return Ok(false);
        }
        for reason in because {
            let from = match reason.via {
                Via::Temporary => self.snapshot.temporary_access(user.id, resource)?,
                Via::Role => None,
            };
            let resource_name = self.name(resource)?;
            self.rows.push(AccessRow {
                user: user.id,
                user_name: user.user_name.clone(),
                resource,
                resource_name,
                via: reason.via,
                role: reason.role,
                from: from.map(|access| access.from),
                until: reason.until,
            });
        }
        self.last = Some(AccessCursor {
            resource,
            user: user.id,
        });
        Ok(true)
    }

    fn name(&mut self, id: ResourceId) -> Read<String> {
        if let Some(name) = self.names.get(&id) {
            return Ok(name.clone());
        }
        let resource = self.snapshot.resource(id)?;
        let name = resource.map(|resource| resource.name).unwrap_or_default();
        self.names.insert(id, name.clone());
        Ok(name)
    }

    /// One more than there is room for tells that the list goes on.
    fn wanted(&self) -> usize {
        self.limit.saturating_sub(self.rows.len()) + 1
    }

    fn of_user(&mut self, user: &User, after: Option<ResourceId>) -> Read<()> {
        for reached in reached_by(self.snapshot, user, self.now, after, self.wanted())? {
            if !self.add(user, reached.resource, reached.because)? {
                break;
            }
        }
        Ok(())
    }

    fn of_resource(&mut self, resource: ResourceId, after: Option<UserId>) -> Read<()> {
        let found = reaching(self.snapshot, resource, self.now, after, self.wanted())?;
        for reaching in found {
            if !self.add(&reaching.user, resource, reaching.because)? {
                break;
            }
        }
        Ok(())
    }

    /// One resource after the other.
    fn of_all(&mut self, after: Option<AccessCursor>) -> Read<()> {
        if let Some(after) = after {
            self.of_resource(after.resource, Some(after.user))?;
        }
        let mut place = after.map(|after| after.resource);
        while !self.more {
            let page = self.snapshot.resources(place, WALK)?;
            let Some(last) = page.last() else { break };
            place = Some(last.id);
            for resource in page {
                self.of_resource(resource.id, None)?;
                if self.more {
                    break;
                }
            }
        }
        Ok(())
    }
}
