//! The members of one role while they change: every operation that touches memberships goes
//! through here, so that counters, origins and journal entries cannot disagree with the rows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::draft::Draft;
use crate::{
    directory::{
        Action, Change, Facts, ManagedBy, MemberFact, Membership, Origin, Provider, Read, Refusal,
        Role, RoleId, Subject, User, UserId, View, membership::each_member,
    },
    scim::{Document, filter::Filter, patch::MemberOperation},
};

/// The most members that one journal entry names: an entry is written, and read by whoever looks, as a whole.
const MEMBERS_AT_ONCE: usize = 1_000;

/// The members of one role: what the view shows, overlaid with what has been touched.
pub(super) struct Members<'a> {
    view: &'a dyn View,
    role: RoleId,
    touched: BTreeMap<UserId, Touched>,
    /// The members that a provider attached, by now; known once they had to be walked. That is done
    /// once, however often a PATCH replaces all members.
    pushed: Option<BTreeSet<UserId>>,
    unknown: BTreeSet<String>,
    kept: BTreeSet<UserId>,
}

#[derive(Default)]
struct Touched {
    before: Option<Origin>,
    after: Option<Origin>,
    /// Where it had to be read anyway.
    user_name: Option<String>,
}

impl<'a> Members<'a> {
    pub(super) fn of(view: &'a dyn View, role: RoleId) -> Self {
        Self {
            view,
            role,
            touched: BTreeMap::new(),
            pushed: None,
            unknown: BTreeSet::new(),
            kept: BTreeSet::new(),
        }
    }

    /// Sets or ends one membership.
    pub(super) fn set(&mut self, user: &User, origin: Option<Origin>) -> Read<()> {
        self.touch(user.id)?.user_name = Some(user.user_name.clone());
        self.move_to(user.id, origin)
    }

    fn move_to(&mut self, user: UserId, origin: Option<Origin>) -> Read<()> {
        self.touch(user)?.after = origin;
        if let Some(pushed) = &mut self.pushed {
            if origin == Some(Origin::Provider) {
                pushed.insert(user);
            } else {
                pushed.remove(&user);
            }
        }
        Ok(())
    }

    /// What a provider's PATCH says, in its order.
    pub(super) fn apply(&mut self, provider: Provider, operations: &[MemberOperation]) -> Read<()> {
        for operation in operations {
            match operation {
                MemberOperation::Add(ids) => self.add(ids)?,
                MemberOperation::Remove(ids) => self.remove(ids)?,
                MemberOperation::RemoveWhere(filter) => self.remove_where(provider, filter)?,
                MemberOperation::RemoveAll => self.replace(&[])?,
                MemberOperation::Replace(ids) => self.replace(ids)?,
            }
        }
        Ok(())
    }

    /// A provider's `add`: who is attached locally becomes the provider's.
    pub(super) fn add(&mut self, ids: &[String]) -> Read<()> {
        for id in ids {
            match self.known(id)? {
                Some(user) => {
                    self.move_to(user, Some(Origin::Provider))?;
                    self.kept.remove(&user);
                }
                None => {
                    self.unknown.insert(id.clone());
                }
            }
        }
        Ok(())
    }

    /// A provider's `remove`: a local attachment stays and is reported.
    fn remove(&mut self, ids: &[String]) -> Read<()> {
        for user in ids.iter().filter_map(|id| id.parse().ok()) {
            let origin = self.touch(user)?.after;
            match origin {
                Some(Origin::Provider) => self.move_to(user, None)?,
                Some(Origin::Local) if self.person(user)?.is_some() => {
                    self.kept.insert(user);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A provider's `replace`: its own members are exactly these; local attachments stay.
    pub(super) fn replace(&mut self, ids: &[String]) -> Read<()> {
        let wanted: BTreeSet<UserId> = ids.iter().filter_map(|id| id.parse().ok()).collect();
        let gone: Vec<UserId> = self.pushed()?.difference(&wanted).copied().collect();
        for user in gone {
            self.move_to(user, None)?;
        }
        self.add(ids)
    }

    fn remove_where(&mut self, provider: Provider, filter: &Filter) -> Read<()> {
        for user in self.pushed()?.clone() {
            let Some(row) = self.view.user(user)? else {
                continue;
            };
            if filter.matches(&member_document(&row, provider)) {
                self.set(&row, None)?;
            }
        }
        Ok(())
    }

    /// The role has come under a provider: the local attachments of that provider's users become
    /// its own.
    pub(super) fn come_under(&mut self, provider: Provider) -> Read<()> {
        let mut local = Vec::new();
        each_member(self.view, self.role, |membership| {
            if membership.origin == Origin::Local {
                local.push(membership.user);
            }
            Ok(())
        })?;
        for user in local {
            let Some(row) = self.view.user(user)? else {
                continue;
            };
            if row.managed_by == ManagedBy::Provider(provider) {
                self.set(&row, Some(Origin::Provider))?;
            }
        }
        Ok(())
    }

    /// The role has been released: every membership is local.
    pub(super) fn become_local(&mut self) -> Read<()> {
        for user in self.pushed()?.clone() {
            self.move_to(user, Some(Origin::Local))?;
        }
        Ok(())
    }

    /// Ends every membership, local ones too.
    pub(super) fn end_all(&mut self) -> Read<()> {
        self.pushed = None;
        let touched = &mut self.touched;
        each_member(self.view, self.role, |membership| {
            touched
                .entry(membership.user)
                .or_insert_with(|| Touched {
                    before: Some(membership.origin),
                    ..Touched::default()
                })
                .after = None;
            Ok(())
        })
    }

    /// Whether any membership is made, ends or moves.
    pub(super) fn changed(&self) -> bool {
        self.touched.values().any(|one| one.before != one.after)
    }

    /// Moves the role's counters.
    pub(super) fn count(&self, role: &mut Role) {
        for one in self.touched.values() {
            if let Some(count) = counter(role, one.before) {
                *count = count.saturating_sub(1);
            }
            if let Some(count) = counter(role, one.after) {
                *count += 1;
            }
        }
    }

    /// Why a provider that wants to know gets nothing done: members that are not here.
    pub(super) fn refusal(&self, provider: Provider) -> Option<Refusal> {
        const NAMED: usize = 5;
        if self.unknown.is_empty() || provider.skips_unknown_members() {
            return None;
        }
        Some(Refusal::UnknownMembers {
            ids: self.unknown.iter().take(NAMED).cloned().collect(),
            count: self.unknown.len(),
        })
    }

    /// Writes the rows and the journal entries.
    pub(super) fn finish(mut self, draft: &mut Draft<'_>, subject: &Subject) -> Read<()> {
        let mut added = Vec::new();
        let mut removed = Vec::new();
        let mut moved = (Vec::new(), Vec::new());
        let role = self.role;
        for (user, one) in std::mem::take(&mut self.touched) {
            if one.before == one.after {
                continue;
            }
            let name = match one.user_name {
                Some(name) => name,
                None => self.name(user)?,
            };
            let entry = |origin| member_fact(user, name.as_str(), origin);
            match (one.before, one.after) {
                (Some(before), Some(after)) => {
                    moved.0.push(entry(before));
                    moved.1.push(entry(after));
                }
                (None, Some(after)) => added.push(entry(after)),
                (Some(before), None) => removed.push(entry(before)),
                (None, None) => {}
            }
            let membership = |origin| Membership { role, user, origin };
            match (one.before, one.after) {
                (_, Some(after)) => draft.change(Change::PutMembership(membership(after))),
                (Some(before), None) => draft.change(Change::DeleteMembership(membership(before))),
                (None, None) => {}
            }
        }
        let mut note = |action, mut before: Vec<MemberFact>, mut after: Vec<MemberFact>| {
            while !(before.is_empty() && after.is_empty()) {
                let before = Facts::of_members(first_of(&mut before));
                let after = Facts::of_members(first_of(&mut after));
                draft.note(action, subject.clone(), before, after);
            }
        };
        note(Action::MembersMoved, moved.0, moved.1);
        note(Action::MembersAdded, Vec::new(), added);
        note(Action::MembersRemoved, removed, Vec::new());
        self.report_skipped(draft, subject)
    }

    fn report_skipped(&self, draft: &mut Draft<'_>, subject: &Subject) -> Read<()> {
        if self.unknown.is_empty() && self.kept.is_empty() {
            return Ok(());
        }
        let mut skipped = Document::new();
        if !self.unknown.is_empty() {
            skipped.insert("unknown".into(), json!(self.unknown));
        }
        if !self.kept.is_empty() {
            let kept = self.kept.iter().map(|&user| {
                let name = self.name(user)?;
                Ok(member_fact(user, &name, Origin::Local))
            });
            skipped.insert("kept".into(), json!(kept.collect::<Read<Vec<_>>>()?));
        }
        draft.event(
            Action::MembersSkipped,
            subject.clone(),
            Value::Null,
            skipped.into(),
        );
        Ok(())
    }

    /// The overlay's entry for a user, read from the view where it is the first time.
    fn touch(&mut self, user: UserId) -> Read<&mut Touched> {
        use std::collections::btree_map::Entry;
        match self.touched.entry(user) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let membership = self.view.membership(self.role, user)?;
                let origin = membership.map(|membership| membership.origin);
                Ok(entry.insert(Touched {
                    before: origin,
                    after: origin,
                    user_name: None,
                }))
            }
        }
    }

    /// The person that a pushed id means. Service accounts do not exist for a provider.
    fn known(&mut self, id: &str) -> Read<Option<UserId>> {
        let Ok(user) = id.parse::<UserId>() else {
            return Ok(None);
        };
        // Whom a provider has attached is a person, and need not be read again.
        if self.touch(user)?.after == Some(Origin::Provider) {
            return Ok(Some(user));
        }
        let Some(row) = self.person(user)? else {
            return Ok(None);
        };
        self.touch(user)?.user_name = Some(row.user_name);
        Ok(Some(user))
    }

    fn person(&self, user: UserId) -> Read<Option<User>> {
        Ok(self.view.user(user)?.filter(User::is_person))
    }

    /// The members that a provider attached, by now.
    fn pushed(&mut self) -> Read<&BTreeSet<UserId>> {
        let walked = match self.pushed.take() {
            Some(pushed) => pushed,
            None => self.walked()?,
        };
        Ok(self.pushed.insert(walked))
    }

    fn walked(&mut self) -> Read<BTreeSet<UserId>> {
        let touched = &mut self.touched;
        each_member(self.view, self.role, |membership| {
            if membership.origin == Origin::Provider {
                touched.entry(membership.user).or_insert_with(|| Touched {
                    before: Some(Origin::Provider),
                    after: Some(Origin::Provider),
                    user_name: None,
                });
            }
            Ok(())
        })?;
        let pushed = self.touched.iter();
        Ok(pushed
            .filter(|(_, one)| one.after == Some(Origin::Provider))
            .map(|(&user, _)| user)
            .collect())
    }

    fn name(&self, user: UserId) -> Read<String> {
        let name = self.view.user_name(user)?;
        Ok(name.unwrap_or_else(|| user.to_string()))
    }
}

/// A member as a group's `members` show it to the provider: what a value filter is matched against.
/// One that another provider manages has no name for it.
fn member_document(user: &User, provider: Provider) -> Document {
    let mut document = Document::new();
    document.insert("value".into(), user.id.to_string().into());
    if user.is_seen_by(provider) {
        document.insert("display".into(), user.user_name.clone().into());
    }
    document.insert("type".into(), "User".into());
    document
}

fn member_fact(id: UserId, user_name: &str, origin: Origin) -> MemberFact {
    MemberFact {
        id,
        user_name: user_name.into(),
        origin,
    }
}

/// Takes as many off as one journal entry names.
fn first_of(members: &mut Vec<MemberFact>) -> Vec<MemberFact> {
    let count = members.len().min(MEMBERS_AT_ONCE);
    members.drain(..count).collect()
}

fn counter(role: &mut Role, origin: Option<Origin>) -> Option<&mut u64> {
    match origin? {
        Origin::Provider => Some(&mut role.provider_members),
        Origin::Local => Some(&mut role.local_members),
    }
}
