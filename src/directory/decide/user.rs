//! What a provider's pushes do to users.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Decided, condition,
    conflict::{self, Clash, Pusher},
    draft::Draft,
    removal,
    safeguard::Guard,
    user_edit::{Pushed, UserEdit, writable},
};
use crate::{
    directory::{
        Action, Change, Condition, ConflictKind, Decision, Facts, IdentityAlias, ManagedBy,
        Outcome, PermissionLevel, Policy, Provider, Read, Refusal, Stamp, Subject, User, UserId,
        UserKind, View, event::SubjectKind, fold,
    },
    scim::{patch::Patch, resource::UserAttributes},
};

/// A provider's push about users.
pub(super) struct Push<'a> {
    pub(super) view: &'a dyn View,
    pub(super) stamp: &'a Stamp,
    pub(super) provider: Provider,
    pub(super) policy: &'a Policy,
}

impl Push<'_> {
    /// POST: a new user; or the provider's own suspended one, reinstated in place; or the one that
    /// an operator has linked the refused push to.
    pub(super) fn create(&self, attributes: &UserAttributes) -> Decided<Decision> {
        let pushed = Pushed::read(attributes)?;
        let Some(holder) = self.view.user_named(&pushed.user_name)? else {
            return self.make(attributes, pushed);
        };
        let own = holder.managed_by == ManagedBy::Provider(self.provider) && holder.is_person();
        let linked = conflict::linked(
            self.view,
            self.provider,
            ConflictKind::UserName,
            &pushed.user_name,
            &holder.id.to_string(),
        )?
        .filter(|_| own);
        let reinstated = own && !holder.is_active();
        if linked.is_none() && !reinstated {
            let name = pushed.user_name;
            return self.refuse_new(Clash::UserName { name, holder }, attributes);
        }
        if let Some(clash) = alias_clash(self.view, &pushed.aliases, Some(holder.id))? {
            return self.refuse_new(clash, attributes);
        }
        let mut draft = Draft::new(self.view, self.stamp);
        let mut edit = UserEdit::of(holder);
        edit.replace(self.provider, pushed);
        if let Some(held) = self.hold_back(&edit, &mut draft)? {
            return Ok(held);
        }
        let user = edit.finish(&mut draft)?;
        if let Some(linked) = linked {
            conflict::settle(&mut draft, linked);
        }
        Ok(draft.finish(Outcome::User {
            user: Box::new(user),
            created: true,
        }))
    }

    fn make(&self, attributes: &UserAttributes, pushed: Pushed) -> Decided<Decision> {
        if let Some(clash) = alias_clash(self.view, &pushed.aliases, None)? {
            return self.refuse_new(clash, attributes);
        }
        let mut draft = Draft::new(self.view, self.stamp);
        let user = insert(
            &mut draft,
            UserKind::Person,
            ManagedBy::Provider(self.provider),
            PermissionLevel::User,
            pushed,
        );
        let (provider, name) = (self.provider, user.user_name.as_str());
        conflict::end_of_name(&mut draft, provider, ConflictKind::UserName, name)?;
        Ok(draft.finish(Outcome::User {
            user: Box::new(user),
            created: true,
        }))
    }

    /// PUT: everything but what is not the provider's own is replaced.
    pub(super) fn replace(
        &self,
        id: UserId,
        attributes: &UserAttributes,
        condition: &Condition,
    ) -> Decided<Decision> {
        let user = self.target(id, condition)?;
        if let Some(clash) = self.ownership_clash(&user) {
            return self.refuse_row(id, clash, attributes);
        }
        self.update(user, attributes)
    }

    /// PATCH: the operations are applied to what the provider may write.
    pub(super) fn patch(
        &self,
        id: UserId,
        patch: &Patch,
        payload: &Value,
        condition: &Condition,
    ) -> Decided<Decision> {
        let user = self.target(id, condition)?;
        if let Some(clash) = self.ownership_clash(&user) {
            return self.refuse(clash, Pusher::Row(id.to_string()), payload.clone());
        }
        let mut document = writable(&user, self.provider).to_document();
        patch.apply(&mut document).map_err(Refusal::Invalid)?;
        let attributes = UserAttributes::from_document(&document).map_err(Refusal::Invalid)?;
        self.update(user, &attributes)
    }

    fn update(&self, user: User, attributes: &UserAttributes) -> Decided<Decision> {
        let pushed = Pushed::read(attributes)?;
        // Names are unique: under its own there is nobody else.
        if fold(&pushed.user_name) != fold(&user.user_name)
            && let Some(holder) = self.view.user_named(&pushed.user_name)?
            && holder.id != user.id
        {
            let name = pushed.user_name;
            return self.refuse_row(user.id, Clash::UserName { name, holder }, attributes);
        }
        if let Some(clash) = alias_clash(self.view, &pushed.aliases, Some(user.id))? {
            return self.refuse_row(user.id, clash, attributes);
        }
        let mut draft = Draft::new(self.view, self.stamp);
        let mut edit = UserEdit::of(user);
        edit.replace(self.provider, pushed);
        if let Some(held) = self.hold_back(&edit, &mut draft)? {
            return Ok(held);
        }
        let user = Box::new(edit.finish(&mut draft)?);
        Ok(draft.finish(Outcome::User {
            user,
            created: false,
        }))
    }

    /// DELETE: the user leaves all roles and is gone. What operators made is not a provider's to
    /// delete before it has taken control of it.
    pub(super) fn delete(&self, id: UserId, condition: &Condition) -> Decided<Decision> {
        let user = self.target(id, condition)?;
        if user.managed_by != ManagedBy::Provider(self.provider) {
            let clash = Clash::Ownership {
                subject: Subject::user(&user),
                owner: user.managed_by,
            };
            return self.refuse(clash, Pusher::Row(id.to_string()), Value::Null);
        }
        let mut draft = Draft::new(self.view, self.stamp);
        if let Some(held) = self.safeguards().let_delete(&mut draft, &user)? {
            return Ok(held);
        }
        removal::user(&mut draft, user)?;
        Ok(draft.finish(Outcome::Deleted))
    }

    /// The decision to make instead where the edit suspends and a safeguard holds it.
    fn hold_back(&self, edit: &UserEdit, draft: &mut Draft<'_>) -> Decided<Option<Decision>> {
        if !edit.suspends() {
            return Ok(None);
        }
        self.safeguards().let_go(draft, edit.before())
    }

    fn safeguards(&self) -> Guard<'_> {
        Guard {
            provider: self.provider,
            policy: self.policy,
        }
    }

    /// The person that the request is about, at the version that it asks for. What the provider does
    /// not see has no version for it, and is refused as another's.
    fn target(&self, id: UserId, condition: &Condition) -> Decided<User> {
        let user = self.view.user(id)?.filter(User::is_person);
        let user = user.ok_or_else(|| Refusal::NotFound {
            kind: SubjectKind::User,
            given: id.to_string(),
        })?;
        if user.is_seen_by(self.provider) {
            condition::check(condition, || {
                condition::user_tag(self.view, &user, self.provider)
            })?;
        }
        Ok(user)
    }

    fn ownership_clash(&self, user: &User) -> Option<Clash> {
        let owner = user.managed_by.provider()?;
        (owner != self.provider).then(|| Clash::Ownership {
            subject: Subject::user(user),
            owner: user.managed_by,
        })
    }

    fn refuse_new(&self, clash: Clash, attributes: &UserAttributes) -> Decided<Decision> {
        let name = attributes.user_name.clone();
        self.refuse(clash, Pusher::New { name }, attributes.to_document().into())
    }

    fn refuse_row(
        &self,
        id: UserId,
        clash: Clash,
        attributes: &UserAttributes,
    ) -> Decided<Decision> {
        let pusher = Pusher::Row(id.to_string());
        self.refuse(clash, pusher, attributes.to_document().into())
    }

    fn refuse(&self, clash: Clash, pusher: Pusher, payload: Value) -> Decided<Decision> {
        conflict::refuse(self.view, self.stamp, self.provider, clash, pusher, payload)
    }
}

/// Makes a row, with its journal entry.
pub(super) fn insert(
    draft: &mut Draft<'_>,
    kind: UserKind,
    managed_by: ManagedBy,
    permission_level: PermissionLevel,
    given: Pushed,
) -> User {
    let provider_id = managed_by.provider().zip(given.external_id);
    let user = User {
        id: UserId(draft.stamp.fresh),
        kind,
        managed_by,
        permission_level,
        user_name: given.user_name,
        active: given.active,
        external_ids: BTreeMap::from_iter(provider_id),
        aliases: given.aliases,
        attributes: given.attributes.into(),
        created: draft.stamp.now,
        last_modified: draft.stamp.now,
        version: 1,
    };
    draft.note(
        Action::UserCreated,
        Subject::user(&user),
        Value::Null.into(),
        Facts::of_user(user.clone()),
    );
    draft.change(Change::PutUser {
        before: None,
        after: Box::new(user.clone()),
    });
    user
}

/// The first of the aliases that someone other than `own` holds.
pub(super) fn alias_clash(
    view: &dyn View,
    aliases: &[IdentityAlias],
    own: Option<UserId>,
) -> Read<Option<Clash>> {
    for alias in aliases {
        let Some(holder) = view.alias_holder(&alias.set, &alias.alias)? else {
            continue;
        };
        if Some(holder) != own
            && let Some(holder) = view.user(holder)?
        {
            let alias = alias.clone();
            return Ok(Some(Clash::Alias { alias, holder }));
        }
    }
    Ok(None)
}
