//! A role row while it changes, with its members.

use serde_json::json;

use super::{
    conflict,
    difference::{differences, role_document},
    draft::Draft,
    members::Members,
};
use crate::{
    directory::{
        Action, Change, ConflictKind, ManagedBy, Provider, Read, Role, Subject, View, fold,
    },
    scim::{
        ResourceType,
        resource::{GroupAttributes, in_schema_order},
    },
};

/// A role as it was, as it will be, and its members.
pub(super) struct RoleEdit<'a> {
    before: Option<Role>,
    pub(super) after: Role,
    pub(super) members: Members<'a>,
}

impl<'a> RoleEdit<'a> {
    pub(super) fn of(view: &'a dyn View, role: Role) -> Self {
        Self {
            members: Members::of(view, role.id),
            before: Some(role.clone()),
            after: role,
        }
    }

    /// A role that is not here yet.
    pub(super) fn new(view: &'a dyn View, role: Role) -> Self {
        Self {
            members: Members::of(view, role.id),
            before: None,
            after: role,
        }
    }

    /// Makes the provider manage the role, and its users' attachments with it.
    pub(super) fn come_under(&mut self, provider: Provider) -> Read<()> {
        let owner = ManagedBy::Provider(provider);
        if self.after.managed_by == owner {
            return Ok(());
        }
        self.after.managed_by = owner;
        self.members.come_under(provider)
    }

    /// Makes the role local, and its memberships with it.
    pub(super) fn release(&mut self) -> Read<()> {
        if self.after.managed_by == ManagedBy::Local {
            return Ok(());
        }
        self.after.managed_by = ManagedBy::Local;
        self.members.become_local()
    }

    /// Puts what a provider pushed in the place of what was, the members aside.
    pub(super) fn replace(&mut self, provider: Provider, pushed: &GroupAttributes) {
        self.after.display_name.clone_from(&pushed.display_name);
        self.after.attributes = in_schema_order(ResourceType::Group, pushed.other.clone());
        match &pushed.external_id {
            Some(id) => self.after.external_ids.insert(provider, id.clone()),
            None => self.after.external_ids.remove(&provider),
        };
    }

    /// Writes the rows and the journal entries, if anything differs.
    pub(super) fn finish(mut self, draft: &mut Draft<'_>) -> Read<Role> {
        let touched = self.before.as_ref() != Some(&self.after) || self.members.changed();
        if touched {
            self.members.count(&mut self.after);
            self.after.version += 1;
            self.after.last_modified = draft.stamp.now;
            draft.change(Change::PutRole {
                before: self.before.clone().map(Box::new),
                after: Box::new(self.after.clone()),
            });
            self.journal(draft);
        }
        let subject = Subject::role(&self.after);
        self.members.finish(draft, &subject)?;
        if touched && let Some(before) = &self.before {
            end_conflicts(draft, before, &self.after)?;
        }
        Ok(self.after)
    }

    fn journal(&self, draft: &mut Draft<'_>) {
        let Some(before) = &self.before else {
            let subject = Subject::role(&self.after);
            let whole = role_document(&self.after).into();
            draft.event(Action::RoleCreated, subject, serde_json::Value::Null, whole);
            return;
        };
        if before.managed_by != self.after.managed_by {
            let action = match self.after.managed_by {
                ManagedBy::Local => Action::RoleReleased,
                ManagedBy::Provider(_) => Action::RoleTakenOver,
            };
            draft.moved(
                action,
                Subject::role(before),
                before.managed_by,
                self.after.managed_by,
            );
        }
        if before.display_name != self.after.display_name {
            draft.event(
                Action::RoleRenamed,
                Subject::role(before),
                json!({ "displayName": before.display_name }),
                json!({ "displayName": self.after.display_name }),
            );
        }
        let (mut was, mut is) = differences(&role_document(before), &role_document(&self.after));
        for own_entry in ["managed_by", "displayName"] {
            was.shift_remove(own_entry);
            is.shift_remove(own_entry);
        }
        if !was.is_empty() {
            let subject = Subject::role(&self.after);
            draft.event(Action::RoleUpdated, subject, was.into(), is.into());
        }
    }
}

/// The conflicts that stood on what has changed.
fn end_conflicts(draft: &mut Draft<'_>, before: &Role, after: &Role) -> Read<()> {
    let moved = before.managed_by != after.managed_by;
    let same_name = fold(&before.display_name) == fold(&after.display_name);
    if !moved && same_name {
        return Ok(());
    }
    conflict::end_where(draft, &after.id.to_string(), |conflict| {
        let pusher_manages = after.managed_by == ManagedBy::Provider(conflict.provider);
        match conflict.kind {
            ConflictKind::RoleName => !same_name || (moved && pusher_manages),
            ConflictKind::Ownership => pusher_manages,
            ConflictKind::UserName | ConflictKind::Alias => false,
        }
    })
}
