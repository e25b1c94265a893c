//! What a provider's pushes do to roles.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    Decided, condition,
    conflict::{self, Clash, Pusher},
    draft::Draft,
    removal,
    role_edit::RoleEdit,
};
use crate::{
    directory::{
        Condition, ConflictKind, Decision, ManagedBy, Outcome, Provider, Refusal, Role, RoleId,
        Stamp, Subject, View, etag, event::SubjectKind,
    },
    scim::{
        Document,
        patch::{MemberOperation, Patch},
        resource::GroupAttributes,
    },
};

/// A provider's push about roles.
pub(super) struct Push<'a> {
    pub(super) view: &'a dyn View,
    pub(super) stamp: &'a Stamp,
    pub(super) provider: Provider,
}

impl<'a> Push<'a> {
    /// POST: a new role; or the one that an operator has linked the refused push to, where the
    /// pushed members join those who are there.
    pub(super) fn create(&self, attributes: &GroupAttributes) -> Decided<Decision> {
        let name = &attributes.display_name;
        let kind = ConflictKind::RoleName;
        let members = [MemberOperation::Add(
            attributes.members.clone().unwrap_or_default(),
        )];
        let Some(holder) = self.view.role_named(name)? else {
            let role = empty(self.stamp, ManagedBy::Provider(self.provider));
            let edit = RoleEdit::new(self.view, role);
            let (mut draft, role) = self.write(edit, attributes, &members)?;
            conflict::end_of_name(&mut draft, self.provider, kind, name)?;
            let role = Box::new(role);
            return Ok(draft.finish(Outcome::Role {
                role,
                created: true,
            }));
        };
        let own = holder.managed_by == ManagedBy::Provider(self.provider);
        let id = holder.id.to_string();
        let linked = conflict::linked(self.view, self.provider, kind, name, &id)?;
        let Some(linked) = linked.filter(|_| own) else {
            let name = name.clone();
            let pusher = Pusher::New { name: name.clone() };
            let clash = Clash::RoleName { name, holder };
            return self.refuse(clash, pusher, payload(attributes).into());
        };
        let edit = RoleEdit::of(self.view, holder);
        let (mut draft, role) = self.write(edit, attributes, &members)?;
        conflict::settle(&mut draft, linked);
        Ok(draft.finish(Outcome::Role {
            role: Box::new(role),
            created: true,
        }))
    }

    /// PUT: the provider's members are exactly the pushed ones; local attachments stay.
    pub(super) fn replace(
        &self,
        id: RoleId,
        attributes: &GroupAttributes,
        condition: &Condition,
    ) -> Decided<Decision> {
        let role = self.target(id, condition)?;
        if let Some(clash) = self.ownership_clash(&role) {
            let pusher = Pusher::Row(id.to_string());
            return self.refuse(clash, pusher, payload(attributes).into());
        }
        let members = attributes.members.clone().unwrap_or_default();
        self.update(role, attributes, &[MemberOperation::Replace(members)])
    }

    /// PATCH: costs the members that it names, not those the role has.
    pub(super) fn patch(
        &self,
        id: RoleId,
        patch: &Patch,
        payload: &Value,
        condition: &Condition,
    ) -> Decided<Decision> {
        let role = self.target(id, condition)?;
        if let Some(clash) = self.ownership_clash(&role) {
            return self.refuse(clash, Pusher::Row(id.to_string()), payload.clone());
        }
        let mut document = writable(&role, self.provider).to_document();
        patch.apply(&mut document).map_err(Refusal::Invalid)?;
        let attributes = GroupAttributes::from_document(&document).map_err(Refusal::Invalid)?;
        self.update(role, &attributes, &patch.members)
    }

    fn update(
        &self,
        role: Role,
        attributes: &GroupAttributes,
        members: &[MemberOperation],
    ) -> Decided<Decision> {
        if let Some(holder) = self.view.role_named(&attributes.display_name)?
            && holder.id != role.id
        {
            let name = attributes.display_name.clone();
            let pusher = Pusher::Row(role.id.to_string());
            let clash = Clash::RoleName { name, holder };
            return self.refuse(clash, pusher, payload(attributes).into());
        }
        let edit = RoleEdit::of(self.view, role);
        let (draft, role) = self.write(edit, attributes, members)?;
        Ok(draft.finish(Outcome::Role {
            role: Box::new(role),
            created: false,
        }))
    }

    /// What every accepted push does: take control, set the attributes, change the members.
    fn write(
        &self,
        mut edit: RoleEdit<'a>,
        attributes: &GroupAttributes,
        members: &[MemberOperation],
    ) -> Decided<(Draft<'a>, Role)> {
        edit.come_under(self.provider)?;
        edit.replace(self.provider, attributes);
        edit.members.apply(self.provider, members)?;
        if let Some(refusal) = edit.members.refusal(self.provider) {
            return Err(refusal.into());
        }
        let mut draft = Draft::new(self.view, self.stamp);
        let role = edit.finish(&mut draft)?;
        Ok((draft, role))
    }

    /// DELETE: detaches everyone, then the role is gone. What operators made is not a provider's
    /// to delete before it has taken control of it.
    pub(super) fn delete(&self, id: RoleId, condition: &Condition) -> Decided<Decision> {
        let role = self.target(id, condition)?;
        if role.managed_by != ManagedBy::Provider(self.provider) {
            let clash = Clash::Ownership {
                subject: Subject::role(&role),
                owner: role.managed_by,
            };
            return self.refuse(clash, Pusher::Row(id.to_string()), Value::Null);
        }
        let mut draft = Draft::new(self.view, self.stamp);
        removal::role(&mut draft, role)?;
        Ok(draft.finish(Outcome::Deleted))
    }

    /// The role that the request is about, at the version that it asks for. What the provider does
    /// not see has no version for it, and is refused as another's.
    fn target(&self, id: RoleId, condition: &Condition) -> Decided<Role> {
        let role = self.view.role(id)?.ok_or_else(|| Refusal::NotFound {
            kind: SubjectKind::Role,
            given: id.to_string(),
        })?;
        if role.is_seen_by(self.provider) {
            condition::check(condition, || Ok(etag::role(&role)))?;
        }
        Ok(role)
    }

    fn ownership_clash(&self, role: &Role) -> Option<Clash> {
        let owner = role.managed_by.provider()?;
        (owner != self.provider).then(|| Clash::Ownership {
            subject: Subject::role(role),
            owner: role.managed_by,
        })
    }

    fn refuse(&self, clash: Clash, pusher: Pusher, payload: Value) -> Decided<Decision> {
        conflict::refuse(self.view, self.stamp, self.provider, clash, pusher, payload)
    }
}

/// A role without a name yet, for [`RoleEdit`] to make.
pub(super) fn empty(stamp: &Stamp, managed_by: ManagedBy) -> Role {
    Role {
        id: RoleId(stamp.fresh),
        managed_by,
        display_name: String::new(),
        external_ids: BTreeMap::new(),
        attributes: Document::new(),
        provider_members: 0,
        local_members: 0,
        created: stamp.now,
        last_modified: stamp.now,
        version: 0,
    }
}

/// What the provider may write of the role, the members aside: what PATCH is applied to.
pub(in crate::directory) fn writable(role: &Role, provider: Provider) -> GroupAttributes {
    GroupAttributes {
        display_name: role.display_name.clone(),
        external_id: role.external_ids.get(&provider).cloned(),
        members: None,
        other: role.attributes.clone(),
    }
}

/// What a conflict keeps of a pushed group.
fn payload(attributes: &GroupAttributes) -> Document {
    let mut document = attributes.to_document();
    if let Some(members) = &attributes.members {
        let members = members.iter().map(|id| json!({ "value": id }));
        document.insert("members".into(), members.collect());
    }
    document
}
