//! A directory in memory that decides, applies and checks what must hold after every decision.

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    directory::{
        Action, Actor, Change, Command, Condition, Conflict, ConflictId, ConflictKind, Decision,
        Event, ManagedBy, Origin, Outcome, PermissionLevel, Policy, Provider, Refusal, Role,
        RoleId, Stamp, TokenId, User, UserId, UserKind,
        decide::{
            Undecided,
            conflict::is_undecided,
            decide,
            resolution::{self, Existing},
        },
        membership::each_member,
    },
    scim::{
        Dialect, Document, ResourceType,
        patch::Patch,
        resource::{GroupAttributes, UserAttributes},
        schema::STRONGDM_USER,
    },
    store::{Ending, MemoryStore, Snapshot, Store, check},
};

pub(super) const OKTA: ManagedBy = ManagedBy::Provider(Provider::Okta);
pub(super) const ENTRA: ManagedBy = ManagedBy::Provider(Provider::Entra);

pub(super) struct World {
    store: MemoryStore,
    now: Timestamp,
    ids: u128,
    pub(super) policy: Policy,
    /// What the last decision said in the journal.
    pub(super) events: Vec<Event>,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            store: MemoryStore::new(),
            now: "2026-01-01T00:00:00Z".parse().expect("a time"),
            ids: 0,
            policy: Policy::default(),
            events: Vec::new(),
        }
    }

    pub(super) fn view(&self) -> Box<dyn Snapshot + '_> {
        self.store.snapshot().expect("a snapshot")
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// Nothing happens for so many seconds.
    pub(super) fn let_pass(&mut self, seconds: i64) {
        self.now = self.now.checked_add(seconds.seconds()).expect("a time");
    }

    fn fresh(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    /// Decides and applies; a refused push is a refusal here, too.
    pub(super) fn run(&mut self, actor: &Actor, command: &Command) -> Result<Outcome, Refusal> {
        self.now = self.now.checked_add(1.second()).expect("a time");
        let stamp = Stamp {
            now: self.now,
            fresh: self.fresh(),
            fresh_conflict: self.fresh(),
        };
        self.events.clear();
        let decision = match decide(&*self.view(), actor, command, &stamp, &self.policy) {
            Ok(decision) => decision,
            Err(Undecided::Refused(refusal)) => return Err(refusal),
            Err(Undecided::Unreadable(error)) => panic!("{error}"),
        };
        self.check(&decision, &stamp);
        self.apply(&decision, actor);
        self.check_members();
        self.check_conflicts();
        assert_eq!(
            check(&*self.view()).expect("a check"),
            Vec::<String>::new(),
            "{command:?}"
        );
        self.events = decision.events;
        match decision.outcome.refusal() {
            Some(refusal) => Err(refusal.clone()),
            None => Ok(decision.outcome),
        }
    }

    /// Rows that are there from the beginning: much at once, without a decision.
    pub(super) fn put(&self, changes: Vec<Change>) {
        let decision = Decision {
            changes,
            events: Vec::new(),
            outcome: Outcome::Deleted,
        };
        self.apply(&decision, &operator());
    }

    fn apply(&self, decision: &Decision, actor: &Actor) {
        self.store
            .write(&mut |transaction| {
                for change in &decision.changes {
                    transaction.apply(change)?;
                }
                for event in &decision.events {
                    transaction.append(self.now, actor, None, event)?;
                }
                Ok(Ending::Commit)
            })
            .expect("a commit");
    }

    /// No change without an entry; every changed row has a new version and the new time; every
    /// `before` is what is stored; no row is written twice.
    fn check(&self, decision: &Decision, stamp: &Stamp) {
        let only_skipped = decision
            .events
            .iter()
            .all(|event| event.action == Action::MembersSkipped);
        assert_eq!(decision.changes.is_empty(), only_skipped, "{decision:#?}");
        let mut written = Vec::new();
        for change in &decision.changes {
            match change {
                Change::PutUser { before, after } => {
                    let stored = self.view().user(after.id).expect("a read");
                    assert_eq!(stored.as_ref(), before.as_deref());
                    assert_eq!(
                        after.version,
                        before.as_ref().map_or(0, |user| user.version) + 1
                    );
                    assert_eq!(after.last_modified, stamp.now);
                    written.push(after.id.to_string());
                }
                Change::PutRole { before, after } => {
                    let stored = self.view().role(after.id).expect("a read");
                    assert_eq!(stored.as_ref(), before.as_deref());
                    assert_eq!(
                        after.version,
                        before.as_ref().map_or(0, |role| role.version) + 1
                    );
                    assert_eq!(after.last_modified, stamp.now);
                    written.push(after.id.to_string());
                }
                Change::PutConflict { before, after } => {
                    let stored = self.view().conflict(after.id).expect("a read");
                    assert_eq!(stored.as_ref(), before.as_deref());
                    written.push(after.id.to_string());
                }
                Change::PutMembership(one) | Change::DeleteMembership(one) => {
                    written.push(format!("{} {}", one.role, one.user));
                }
                Change::PutToken { after, .. } => written.push(after.id.to_string()),
                Change::PutHold { before, after } => {
                    let stored = self.view().hold(after.id).expect("a read");
                    assert_eq!(stored.as_ref(), before.as_deref());
                    written.push(after.id.to_string());
                }
                Change::PutTemporaryAccess { before, after } => {
                    let stored = self.view().temporary_access(after.user, after.resource);
                    assert_eq!(stored.expect("a read"), *before);
                    written.push(format!("{} {}", after.user, after.resource));
                }
                Change::DeleteTemporaryAccess(one) => {
                    written.push(format!("{} {}", one.user, one.resource));
                }
                Change::PutGrant(one) | Change::DeleteGrant(one) => {
                    written.push(format!("{} {}", one.role, one.resource));
                }
                Change::PutDeparture(one) | Change::DeleteDeparture(one) => {
                    written.push(format!("departure {}", one.user));
                }
                _ => {}
            }
        }
        let count = written.len();
        written.sort();
        written.dedup();
        assert_eq!(
            written.len(),
            count,
            "a row is written twice: {decision:#?}"
        );
    }

    /// The counters say what is there. A role that nobody pushes has local members only; under one
    /// provider, a membership is the provider's.
    fn check_members(&self) {
        let view = self.view();
        for role in view
            .roles(
                crate::store::Visible::Everything,
                crate::store::Start::Offset(0),
                usize::MAX,
            )
            .expect("roles")
        {
            let (mut provider, mut local) = (0, 0);
            each_member(&*view, role.id, |one| {
                let user = self.user(one.user);
                match (role.managed_by, user.managed_by) {
                    (ManagedBy::Local, _) => assert_eq!(one.origin, Origin::Local),
                    (role, user) if role == user => assert_eq!(one.origin, Origin::Provider),
                    _ => {}
                }
                match one.origin {
                    Origin::Provider => provider += 1,
                    Origin::Local => local += 1,
                }
                Ok(())
            })
            .expect("members");
            assert_eq!(
                (role.provider_members, role.local_members),
                (provider, local),
                "{}",
                role.display_name
            );
        }
    }

    /// What an undecided conflict is about is still in the way.
    fn check_conflicts(&self) {
        for conflict in self.conflicts().iter().filter(|one| is_undecided(one)) {
            let existing = resolution::existing(&*self.view(), conflict).expect("a read");
            let owner = match existing.unwrap_or_else(|| panic!("stale: {conflict:#?}")) {
                Existing::User(user) => user.managed_by,
                Existing::Role(role) => role.managed_by,
            };
            if conflict.kind == ConflictKind::Ownership {
                assert_ne!(
                    owner,
                    ManagedBy::Provider(conflict.provider),
                    "{conflict:#?}"
                );
            }
        }
    }

    pub(super) fn actions(&self) -> Vec<&'static str> {
        self.events
            .iter()
            .map(|event| event.action.as_str())
            .collect()
    }

    pub(super) fn event(&self, action: Action) -> &Event {
        self.events
            .iter()
            .find(|event| event.action == action)
            .unwrap_or_else(|| panic!("no {action} in {:?}", self.actions()))
    }

    pub(super) fn user(&self, id: UserId) -> User {
        self.view().user(id).expect("a read").expect("a user")
    }

    pub(super) fn role(&self, id: RoleId) -> Role {
        self.view().role(id).expect("a read").expect("a role")
    }

    pub(super) fn conflict(&self, id: ConflictId) -> Conflict {
        self.view()
            .conflict(id)
            .expect("a read")
            .expect("a conflict")
    }

    pub(super) fn origin(&self, role: RoleId, user: UserId) -> Option<Origin> {
        let membership = self.view().membership(role, user).expect("a read");
        membership.map(|membership| membership.origin)
    }

    pub(super) fn conflicts(&self) -> Vec<Conflict> {
        self.view().conflicts(true, None, 100).expect("conflicts")
    }

    /// A user made by an operator.
    pub(super) fn local_user(&mut self, name: &str) -> UserId {
        self.added(UserKind::Person, name)
    }

    pub(super) fn service_account(&mut self, name: &str) -> UserId {
        self.added(UserKind::ServiceAccount, name)
    }

    fn added(&mut self, kind: UserKind, name: &str) -> UserId {
        let attributes = UserAttributes {
            user_name: name.to_owned(),
            ..UserAttributes::default()
        };
        let command = Command::AddUser {
            kind,
            attributes,
            level: PermissionLevel::User,
        };
        user_of(self.run(&operator(), &command)).0.id
    }

    /// A role made by an operator.
    pub(super) fn local_role(&mut self, name: &str) -> RoleId {
        let display_name = name.to_owned();
        role_of(self.run(&operator(), &Command::AddRole { display_name }))
            .0
            .id
    }

    /// A user pushed by a provider.
    pub(super) fn pushed_user(&mut self, provider: Provider, name: &str) -> UserId {
        let pushed = self.run(&actor(provider), &create_user(json!({ "userName": name })));
        user_of(pushed).0.id
    }

    /// A role pushed by a provider.
    pub(super) fn pushed_role(
        &mut self,
        provider: Provider,
        name: &str,
        members: &[UserId],
    ) -> RoleId {
        role_of(self.run(&actor(provider), &create_role(group(name, members))))
            .0
            .id
    }

    pub(super) fn attach(&mut self, role: RoleId, user: UserId) -> Result<Outcome, Refusal> {
        self.run(&operator(), &Command::Attach { role, user })
    }

    pub(super) fn detach(&mut self, role: RoleId, user: UserId) -> Result<Outcome, Refusal> {
        self.run(&operator(), &Command::Detach { role, user })
    }
}

pub(super) fn actor(provider: Provider) -> Actor {
    Actor::Provider {
        provider,
        token: TokenId(Uuid::nil()),
    }
}

pub(super) fn okta() -> Actor {
    actor(Provider::Okta)
}

pub(super) fn entra() -> Actor {
    actor(Provider::Entra)
}

pub(super) fn operator() -> Actor {
    Actor::Operator {
        name: "root".to_owned(),
    }
}

pub(super) fn document(value: Value) -> Document {
    match value {
        Value::Object(document) => document,
        other => panic!("no object: {other}"),
    }
}

pub(super) fn create_user(body: Value) -> Command {
    let attributes = UserAttributes::from_document(&document(body)).expect("a user");
    Command::CreateUser { attributes }
}

pub(super) fn replace_user(id: UserId, body: Value) -> Command {
    Command::ReplaceUser {
        id,
        attributes: UserAttributes::from_document(&document(body)).expect("a user"),
        condition: Condition::None,
    }
}

pub(super) fn patch_user(id: UserId, operations: Value) -> Command {
    let payload = patch_body(operations);
    let body = document(payload.clone());
    Command::PatchUser {
        id,
        patch: Patch::parse(ResourceType::User, &body, Dialect::STRICT).expect("a patch"),
        payload,
        condition: Condition::None,
    }
}

pub(super) fn create_role(body: Value) -> Command {
    let attributes = GroupAttributes::from_document(&document(body)).expect("a group");
    Command::CreateRole { attributes }
}

pub(super) fn replace_role(id: RoleId, body: Value) -> Command {
    Command::ReplaceRole {
        id,
        attributes: GroupAttributes::from_document(&document(body)).expect("a group"),
        condition: Condition::None,
    }
}

pub(super) fn patch_role(id: RoleId, operations: Value) -> Command {
    let payload = patch_body(operations);
    let body = document(payload.clone());
    Command::PatchRole {
        id,
        patch: Patch::parse(ResourceType::Group, &body, Dialect::STRICT).expect("a patch"),
        payload,
        condition: Condition::None,
    }
}

fn patch_body(operations: Value) -> Value {
    const SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
    let mut body = document(json!({ "schemas": [SCHEMA] }));
    body.insert("Operations".to_owned(), operations);
    body.into()
}

pub(super) fn delete_user(id: UserId) -> Command {
    let condition = Condition::None;
    Command::DeleteUser { id, condition }
}

pub(super) fn delete_role(id: RoleId) -> Command {
    let condition = Condition::None;
    Command::DeleteRole { id, condition }
}

/// A pushed group.
pub(super) fn group(name: &str, members: &[UserId]) -> Value {
    json!({ "displayName": name, "members": ids(members) })
}

/// Members as a push writes them.
pub(super) fn ids(members: &[UserId]) -> Value {
    members.iter().map(|id| json!({ "value": id })).collect()
}

pub(super) fn with_aliases(name: &str, aliases: &[&str]) -> Value {
    json!({ "userName": name, STRONGDM_USER: { "identityAliases": aliases } })
}

pub(super) fn user_of(outcome: Result<Outcome, Refusal>) -> (User, bool) {
    match outcome {
        Ok(Outcome::User { user, created }) => (*user, created),
        other => panic!("no user: {other:?}"),
    }
}

pub(super) fn role_of(outcome: Result<Outcome, Refusal>) -> (Role, bool) {
    match outcome {
        Ok(Outcome::Role { role, created }) => (*role, created),
        other => panic!("no role: {other:?}"),
    }
}

pub(super) fn conflict_of(outcome: Result<Outcome, Refusal>) -> Conflict {
    match outcome {
        Ok(Outcome::Conflict(conflict)) => *conflict,
        other => panic!("no conflict: {other:?}"),
    }
}

/// The conflict that a refused push has left.
pub(super) fn left_by(outcome: Result<Outcome, Refusal>) -> ConflictId {
    match outcome {
        Err(
            Refusal::PushedNameTaken { conflict, .. }
            | Refusal::ManagedByAnother { conflict, .. }
            | Refusal::AliasTaken {
                conflict: Some(conflict),
                ..
            },
        ) => conflict,
        other => panic!("no conflict: {other:?}"),
    }
}
