//! What operators decide about conflicts.

use serde_json::Value;

use super::{
    Decided, Undecided, conflict, draft::Draft, local_edit::local, name, role_edit::RoleEdit,
    user_edit::UserEdit,
};
use crate::directory::{
    Action, Conflict, ConflictId, ConflictKind, ConflictState, Decision, IdentityAlias, ManagedBy,
    Outcome, Read, Refusal, Role, Stamp, Subject, User, View, event::SubjectKind, fold,
};

/// The existing one becomes the pushing provider's. A retry of the same POST then finds it.
pub(super) fn link(view: &dyn View, stamp: &Stamp, id: ConflictId) -> Decided<Decision> {
    let conflict = undecided(view, id)?;
    if conflict.kind == ConflictKind::Alias {
        let why = "Two users cannot share an alias, so there is nothing to link; rename the existing alias, or \
                   dismiss the conflict.";
        return Err(not_resolvable(id, why));
    }
    if conflict.pusher.is_some() {
        let why = "The push gives the name to another one, which the provider goes on pushing, so there is nothing \
                   to link; rename the existing one so that the provider's retry succeeds, or dismiss the conflict.";
        return Err(not_resolvable(id, why));
    }
    let mut draft = Draft::new(view, stamp);
    let Some(existing) = existing(view, &conflict)? else {
        return Ok(gone(draft, conflict));
    };
    let owner = ManagedBy::Provider(conflict.provider);
    if conflict.kind == ConflictKind::Ownership && existing.managed_by() == owner {
        return Ok(gone(draft, conflict));
    }
    // Written before the row, so that the row's change does not end the conflict instead.
    let linked = set_linked(&mut draft, conflict);
    match existing {
        Existing::User(user) if !user.is_person() => {
            let why = format!(
                "{:?} is a service account, which a provider cannot manage; rename it, or dismiss the conflict.",
                user.user_name
            );
            return Err(not_resolvable(id, &why));
        }
        Existing::User(user) => {
            let mut edit = UserEdit::of(user);
            edit.after.managed_by = owner;
            let external_id = external_id(&linked).map(|id| (linked.provider, id));
            edit.after.external_ids.extend(external_id);
            edit.finish(&mut draft)?;
        }
        Existing::Role(role) => {
            let mut edit = RoleEdit::of(view, role);
            edit.come_under(linked.provider)?;
            let external_id = external_id(&linked).map(|id| (linked.provider, id));
            edit.after.external_ids.extend(external_id);
            if linked.kind == ConflictKind::RoleName {
                edit.members.add(&pushed_members(&linked))?;
            }
            edit.finish(&mut draft)?;
        }
    }
    Ok(draft.finish(Outcome::Conflict(Box::new(linked))))
}

fn set_linked(draft: &mut Draft<'_>, before: Conflict) -> Conflict {
    let after = Conflict {
        state: ConflictState::Linked,
        // A push of something another provider managed is simply done when it is repeated.
        settled: before.kind == ConflictKind::Ownership,
        ..before.clone()
    };
    conflict::put(draft, Action::ConflictLinked, before, after)
}

/// The provider's own id for what it pushed under a name that was taken.
fn external_id(conflict: &Conflict) -> Option<String> {
    let by_name = matches!(
        conflict.kind,
        ConflictKind::RoleName | ConflictKind::UserName
    );
    let pushed = conflict.payload.get("externalId").filter(|_| by_name)?;
    pushed.as_str().map(str::to_owned)
}

/// The ids of the members that were pushed.
pub(in crate::directory) fn pushed_members(conflict: &Conflict) -> Vec<String> {
    let members = conflict.payload.get("members").and_then(Value::as_array);
    let ids = members.into_iter().flatten();
    ids.filter_map(|member| member.get("value")?.as_str().map(str::to_owned))
        .collect()
}

/// The existing one gets another name, so that the provider's retry makes a new one.
pub(super) fn rename(
    view: &dyn View,
    stamp: &Stamp,
    id: ConflictId,
    name: &str,
) -> Decided<Decision> {
    let conflict = undecided(view, id)?;
    if conflict.kind == ConflictKind::Ownership {
        let why = "Another name does not change who manages it; link the conflict, or dismiss it.";
        return Err(not_resolvable(id, why));
    }
    let mut draft = Draft::new(view, stamp);
    let Some(existing) = existing(view, &conflict)? else {
        return Ok(gone(draft, conflict));
    };
    // Written before the row, so that the row's change does not end the conflict instead.
    let renamed = set_renamed(&mut draft, conflict);
    match existing {
        Existing::User(user) if renamed.kind == ConflictKind::Alias => {
            let alias = another_alias(view, &renamed, &user, name)?;
            let mut edit = UserEdit::of(user);
            edit.after.aliases.retain(|held| held.set != alias.set);
            edit.after.aliases.push(alias);
            edit.after.aliases.sort();
            edit.finish(&mut draft)?;
        }
        Existing::User(user) => {
            let name = another_user_name(view, &user, name)?;
            let mut edit = UserEdit::of(user);
            edit.after.user_name = name;
            edit.finish(&mut draft)?;
        }
        Existing::Role(role) => {
            let name = another_role_name(view, &role, name)?;
            let mut edit = RoleEdit::of(view, role);
            edit.after.display_name = name;
            edit.finish(&mut draft)?;
        }
    }
    Ok(draft.finish(Outcome::Conflict(Box::new(renamed))))
}

fn another_user_name(view: &dyn View, user: &User, name: &str) -> Decided<String> {
    local(user.managed_by, || Subject::user(user))?;
    let name = if user.is_person() {
        name::person(name)?
    } else {
        name::service_account(name)?
    };
    if let Some(holder) = view.user_named(&name)? {
        return Err(taken(SubjectKind::User, name, holder.managed_by));
    }
    Ok(name)
}

fn another_role_name(view: &dyn View, role: &Role, name: &str) -> Decided<String> {
    local(role.managed_by, || Subject::role(role))?;
    let name = name::role(name)?;
    if let Some(holder) = view.role_named(&name)? {
        return Err(taken(SubjectKind::Role, name, holder.managed_by));
    }
    Ok(name)
}

/// Another alias in the same set, given alone.
fn another_alias(
    view: &dyn View,
    conflict: &Conflict,
    user: &User,
    name: &str,
) -> Decided<IdentityAlias> {
    local(user.managed_by, || Subject::user(user))?;
    let refuse = |why| Undecided::from(Refusal::BadValue { why });
    let held = IdentityAlias::parse(&conflict.name).map_err(refuse)?;
    let alias = IdentityAlias::parse(&format!("{},{name}", held.set)).map_err(refuse)?;
    if view.alias_holder(&alias.set, &alias.alias)?.is_some() {
        let conflict = None;
        return Err(Refusal::AliasTaken { alias, conflict }.into());
    }
    Ok(alias)
}

fn set_renamed(draft: &mut Draft<'_>, before: Conflict) -> Conflict {
    let after = Conflict {
        state: ConflictState::Renamed,
        ..before.clone()
    };
    conflict::put(draft, Action::ConflictRenamed, before, after)
}

/// Nothing shall happen, however often the push is repeated.
pub(super) fn dismiss(view: &dyn View, stamp: &Stamp, id: ConflictId) -> Decided<Decision> {
    let before = undecided(view, id)?;
    if before.state == ConflictState::Dismissed {
        return Err(not_resolvable(
            id,
            "The conflict is dismissed already; link it or rename, if it shall end otherwise.",
        ));
    }
    let mut draft = Draft::new(view, stamp);
    let after = Conflict {
        state: ConflictState::Dismissed,
        ..before.clone()
    };
    let dismissed = conflict::put(&mut draft, Action::ConflictDismissed, before, after);
    Ok(draft.finish(Outcome::Conflict(Box::new(dismissed))))
}

/// The conflict, if anything is left to decide.
fn undecided(view: &dyn View, id: ConflictId) -> Decided<Conflict> {
    let conflict = view.conflict(id)?.ok_or_else(|| Refusal::NotFound {
        kind: SubjectKind::Conflict,
        given: id.to_string(),
    })?;
    if conflict::is_undecided(&conflict) {
        return Ok(conflict);
    }
    let why = format!(
        "The conflict is {} already; nothing is left to decide.",
        conflict.state
    );
    Err(not_resolvable(id, &why))
}

/// What the push ran into.
pub(in crate::directory) enum Existing {
    User(User),
    Role(Role),
}

impl Existing {
    fn managed_by(&self) -> ManagedBy {
        match self {
            Self::User(user) => user.managed_by,
            Self::Role(role) => role.managed_by,
        }
    }
}

/// What the conflict is about, as long as it still stands in the way.
pub(in crate::directory) fn existing(
    view: &dyn View,
    conflict: &Conflict,
) -> Read<Option<Existing>> {
    if conflict.existing.kind == SubjectKind::Role {
        let Ok(id) = conflict.existing.id.parse() else {
            return Ok(None);
        };
        let role = view.role(id)?.filter(|role| {
            conflict.kind != ConflictKind::RoleName
                || fold(&role.display_name) == fold(&conflict.name)
        });
        return Ok(role.map(Existing::Role));
    }
    let Ok(id) = conflict.existing.id.parse() else {
        return Ok(None);
    };
    let user = view.user(id)?.filter(|user| match conflict.kind {
        ConflictKind::UserName => fold(&user.user_name) == fold(&conflict.name),
        ConflictKind::Alias => {
            let mut aliases = user.aliases.iter();
            aliases.any(|alias| alias.to_string() == conflict.name)
        }
        ConflictKind::RoleName | ConflictKind::Ownership => true,
    });
    Ok(user.map(Existing::User))
}

fn gone(mut draft: Draft<'_>, conflict: Conflict) -> Decision {
    let conflict = conflict::end(&mut draft, conflict);
    draft.finish(Outcome::Conflict(Box::new(conflict)))
}

fn taken(kind: SubjectKind, name: String, managed_by: ManagedBy) -> Undecided {
    Refusal::NameTaken {
        kind,
        name,
        managed_by,
    }
    .into()
}

fn not_resolvable(conflict: ConflictId, why: &str) -> Undecided {
    let why = why.to_owned();
    Refusal::ConflictNotResolvable { conflict, why }.into()
}
