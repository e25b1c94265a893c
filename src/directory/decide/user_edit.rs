//! A user row while it changes: one place turns what differs into rows and journal entries.

use serde_json::{Value, json};

use super::{
    Decided, conflict,
    difference::{differences, user_documents},
    draft::Draft,
    role_edit::RoleEdit,
    safeguard,
};
use crate::{
    directory::{
        Action, Change, ConflictKind, IdentityAlias, ManagedBy, Origin, Provider, Read, Refusal,
        Subject, User, fold,
    },
    scim::{
        Document, ResourceType, ScimError, ScimType,
        resource::{UserAttributes, in_schema_order},
        schema::STRONGDM_USER,
    },
};

/// A user as it was and as it will be.
pub(super) struct UserEdit {
    before: User,
    pub(super) after: User,
}

impl UserEdit {
    pub(super) fn of(user: User) -> Self {
        Self {
            before: user.clone(),
            after: user,
        }
    }

    /// Puts what a provider pushed in the place of what was: everything but what is not its own.
    pub(super) fn replace(&mut self, provider: Provider, pushed: Pushed) {
        self.after.managed_by = ManagedBy::Provider(provider);
        self.after.user_name = pushed.user_name;
        self.after.active = pushed.active;
        self.after.aliases = pushed.aliases;
        self.after.attributes = pushed.attributes.into();
        match pushed.external_id {
            Some(id) => self.after.external_ids.insert(provider, id),
            None => self.after.external_ids.remove(&provider),
        };
    }

    /// The user as it was.
    pub(super) fn before(&self) -> &User {
        &self.before
    }

    /// Whether an active user becomes a suspended one.
    pub(super) fn suspends(&self) -> bool {
        self.before.is_active() && !self.after.is_active()
    }

    /// Writes the row and the journal entries, if anything differs.
    pub(super) fn finish(mut self, draft: &mut Draft<'_>) -> Read<User> {
        if self.before == self.after {
            return Ok(self.after);
        }
        self.after.version += 1;
        self.after.last_modified = draft.stamp.now;
        draft.change(Change::PutUser {
            before: Some(Box::new(self.before.clone())),
            after: Box::new(self.after.clone()),
        });
        let managed = (self.before.managed_by, self.after.managed_by);
        if managed.0 != managed.1 {
            let action = match managed.1 {
                ManagedBy::Local => Action::UserReleased,
                ManagedBy::Provider(_) => Action::UserTakenOver,
            };
            draft.moved(action, Subject::user(&self.before), managed.0, managed.1);
        }
        self.journal(draft);
        if !self.before.is_active() && self.after.is_active() {
            safeguard::came_back(draft, &self.after)?;
        }
        if managed.0 != managed.1 {
            self.move_memberships(draft)?;
        }
        self.end_conflicts(draft)?;
        Ok(self.after)
    }

    fn journal(&self, draft: &mut Draft<'_>) {
        let subject = Subject::user(&self.before);
        let (before, after) = user_documents(&self.before, &self.after);
        let (mut before, mut after) = differences(&before, &after);
        for own_entry in ["managed_by", "permission_level"] {
            before.shift_remove(own_entry);
            after.shift_remove(own_entry);
        }
        let flipped = match (self.before.is_active(), self.after.is_active()) {
            (true, false) => Some(Action::UserSuspended),
            (false, true) => Some(Action::UserReinstated),
            _ => None,
        };
        let active = flipped.map(|action| {
            let take = |document: &mut Document| {
                json!({ "active": document.shift_remove("active").unwrap_or_default() })
            };
            (action, take(&mut before), take(&mut after))
        });
        if !before.is_empty() {
            let (before, after) = (before.into(), after.into());
            draft.event(Action::UserUpdated, subject.clone(), before, after);
        }
        if let Some((action, before, after)) = active {
            draft.event(action, subject.clone(), before, after);
        }
        let levels = (self.before.permission_level, self.after.permission_level);
        if levels.0 != levels.1 {
            draft.event(
                Action::UserLevelChanged,
                subject,
                json!({ "permission_level": levels.0 }),
                json!({ "permission_level": levels.1 }),
            );
        }
    }

    /// User and role under the same provider: their membership is the provider's. A user that is
    /// released: every membership is local.
    fn move_memberships(&self, draft: &mut Draft<'_>) -> Read<()> {
        let owner = self.after.managed_by;
        for membership in draft.view.memberships_of(self.after.id)? {
            let Some(role) = draft.view.role(membership.role)? else {
                continue;
            };
            let origin = if owner == ManagedBy::Local {
                Origin::Local
            } else if role.managed_by == owner {
                Origin::Provider
            } else {
                continue;
            };
            if membership.origin != origin {
                let mut role = RoleEdit::of(draft.view, role);
                role.members.set(&self.after, Some(origin))?;
                role.finish(draft)?;
            }
        }
        Ok(())
    }

    /// The conflicts that stood on what has changed.
    fn end_conflicts(&self, draft: &mut Draft<'_>) -> Read<()> {
        let moved = self.before.managed_by != self.after.managed_by;
        let same_name = fold(&self.before.user_name) == fold(&self.after.user_name);
        if !moved && same_name && self.before.aliases == self.after.aliases {
            return Ok(());
        }
        conflict::end_where(draft, &self.after.id.to_string(), |conflict| {
            let pusher_manages = self.after.managed_by == ManagedBy::Provider(conflict.provider);
            match conflict.kind {
                ConflictKind::UserName => !same_name || (moved && pusher_manages),
                ConflictKind::Alias => {
                    let mut aliases = self.after.aliases.iter();
                    !aliases.any(|alias| alias.to_string() == conflict.name)
                }
                ConflictKind::Ownership => pusher_manages,
                ConflictKind::RoleName => false,
            }
        })
    }
}

/// A user as pushed, with the aliases read out of their extension.
pub(super) struct Pushed {
    pub(super) user_name: String,
    pub(super) active: Option<bool>,
    pub(super) external_id: Option<String>,
    pub(super) aliases: Vec<IdentityAlias>,
    pub(super) attributes: Document,
}

impl Pushed {
    /// # Errors
    /// An alias that is not `set,alias`, or two in one set: 400 `invalidValue`.
    pub(super) fn read(attributes: &UserAttributes) -> Decided<Self> {
        let mut other = attributes.other.clone();
        let aliases = take_aliases(&mut other)
            .map_err(|why| Refusal::Invalid(ScimError::bad(ScimType::InvalidValue, why)))?;
        Ok(Self {
            user_name: attributes.user_name.clone(),
            active: attributes.active,
            external_id: attributes.external_id.clone(),
            aliases,
            attributes: in_schema_order(ResourceType::User, other),
        })
    }
}

fn take_aliases(attributes: &mut Document) -> Result<Vec<IdentityAlias>, String> {
    const NAME: &str = "identityAliases";
    let Some(extension) = attributes
        .get_mut(STRONGDM_USER)
        .and_then(Value::as_object_mut)
    else {
        return Ok(Vec::new());
    };
    let values = extension.shift_remove(NAME).unwrap_or_default();
    if extension.is_empty() {
        attributes.shift_remove(STRONGDM_USER);
    }
    let values = match values {
        Value::Null => Vec::new(),
        Value::Array(values) => values,
        single => vec![single],
    };
    let mut aliases = Vec::with_capacity(values.len());
    for value in values {
        let Some(text) = value.as_str() else {
            return Err(format!(
                "The identity alias {value} must be a string of the form set,alias, for example \
                 rdp-set,alice-rdp-alias."
            ));
        };
        aliases.push(IdentityAlias::parse(text)?);
    }
    aliases.sort();
    aliases.dedup();
    let same_set = aliases
        .iter()
        .zip(aliases.iter().skip(1))
        .find(|(one, other)| one.set == other.set);
    if let Some((one, other)) = same_set {
        return Err(format!(
            "A user has one identity alias in a set, but both {:?} and {:?} were given; leave one out.",
            one.to_string(),
            other.to_string()
        ));
    }
    Ok(aliases)
}

/// What the provider may write of the user, as it would push it: what PATCH is applied to.
pub(in crate::directory) fn writable(user: &User, provider: Provider) -> UserAttributes {
    UserAttributes {
        external_id: user.external_ids.get(&provider).cloned(),
        ..writable_here(user)
    }
}

/// What an operator may write of a local user.
pub(super) fn writable_here(user: &User) -> UserAttributes {
    let mut other = (*user.attributes).clone();
    if !user.aliases.is_empty() {
        let extension = other.entry(STRONGDM_USER).or_insert_with(|| json!({}));
        if let Some(extension) = extension.as_object_mut() {
            extension.insert("identityAliases".into(), user.alias_texts().into());
        }
    }
    UserAttributes {
        user_name: user.user_name.clone(),
        active: user.active,
        external_id: None,
        other,
    }
}
