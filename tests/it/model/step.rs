//! What may happen, made of numbers so that proptest can shrink it.

use std::sync::LazyLock;

use jiff::{Timestamp, ToSpan as _};
use proptest::prelude::*;
use rolecall::{
    directory::{
        Command, Condition, ConflictId, HoldId, PermissionLevel, Profile, Provider, ResourceId,
        RoleId, TokenHash, TokenId, UserId, UserKind, event::Actor,
    },
    scim::{
        Dialect, Document, ResourceType,
        patch::Patch,
        resource::{GroupAttributes, UserAttributes},
    },
    store::{Snapshot, Start, Visible},
};
use serde_json::{Value, json};
use uuid::Uuid;

const NAMES: [&str; 6] = ["ann", "ANN ", "bob", "Ümit", "carol", "x\u{130}y"];
/// So many kinds of commands there are, and so many of them are pushed.
const KINDS: u8 = 44;
const PUSHED: u8 = 14;
const PROVIDERS: [Provider; 3] = [Provider::Okta, Provider::Entra, Provider::Generic];

/// As long as a name and an id may be, of characters that take the most room and cannot be compressed.
fn long() -> String {
    let scattered = |number: u32| char::from_u32(0x2_0000 + number * 7_919 % 40_000);
    (0..1_024).filter_map(scattered).collect()
}

pub(super) fn names() -> &'static [String] {
    static ALL: LazyLock<Vec<String>> = LazyLock::new(|| {
        NAMES
            .map(str::to_owned)
            .into_iter()
            .chain([long()])
            .collect()
    });
    &ALL
}

/// One of four.
pub(super) fn external_id(number: u8) -> String {
    match number % 4 {
        3 => long(),
        short => format!("e{short}"),
    }
}

/// One of three in each of three sets.
pub(super) fn alias(set: u8, alias: u8) -> (String, String) {
    let alias = match alias % 3 {
        2 => format!("alias {}", long()),
        short => format!("alias{short}"),
    };
    (format!("set{}", set % 3), alias)
}

/// One step, in numbers that are given a meaning by what is there when it is taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    what: u8,
    pub(super) which: u8,
    name: u8,
    pub(super) with: u8,
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let step = (any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>()).prop_map(
        |(what, which, name, with)| Step {
            what,
            which,
            name,
            with,
        },
    );
    prop::collection::vec(prop::collection::vec(step, 1..6), 1..34)
}

fn user(snapshot: &dyn Snapshot, which: u8) -> Option<UserId> {
    let users = snapshot
        .users(Visible::Everything, Start::Offset(0), 99)
        .expect("users");
    pick(&users, which).map(|user| user.id)
}

pub(super) fn role(snapshot: &dyn Snapshot, which: u8) -> Option<RoleId> {
    let roles = snapshot
        .roles(Visible::Everything, Start::Offset(0), 99)
        .expect("roles");
    pick(&roles, which).map(|role| role.id)
}

fn conflict(snapshot: &dyn Snapshot, which: u8) -> Option<ConflictId> {
    let conflicts = snapshot.conflicts(true, None, 99).expect("conflicts");
    pick(&conflicts, which).map(|conflict| conflict.id)
}

fn resource(snapshot: &dyn Snapshot, which: u8) -> Option<ResourceId> {
    let resources = snapshot.resources(None, 99).expect("resources");
    pick(&resources, which).map(|resource| resource.id)
}

fn hold(snapshot: &dyn Snapshot, which: u8) -> Option<HoldId> {
    let holds = snapshot.holds(true, None, 99).expect("holds");
    pick(&holds, which).map(|hold| hold.id)
}

/// The clock ticks a microsecond for each command; few of them pass 200.
fn moment(ticks: u8) -> Timestamp {
    Timestamp::UNIX_EPOCH + i64::from(ticks).microseconds()
}

fn pick<T>(rows: &[T], which: u8) -> Option<&T> {
    rows.get(usize::from(which).checked_rem(rows.len())?)
}

fn document(value: Value) -> Document {
    match value {
        Value::Object(document) => document,
        _ => Document::new(),
    }
}

impl Step {
    /// The step that these numbers are.
    pub(crate) fn of([what, which, name, with]: [u8; 4]) -> Self {
        Self {
            what,
            which,
            name,
            with,
        }
    }

    fn name(self) -> &'static str {
        let names = names();
        &names[usize::from(self.name) % names.len()]
    }

    fn provider(self) -> Provider {
        PROVIDERS[usize::from(self.with) % PROVIDERS.len()]
    }

    fn level(self) -> PermissionLevel {
        PermissionLevel::ALL[usize::from(self.with) % PermissionLevel::ALL.len()]
    }

    fn pushed_user(self) -> UserAttributes {
        let (set, alias) = alias(self.which, self.with);
        let attributes = json!({
            "userName": self.name(),
            "externalId": external_id(self.which),
            "active": self.with.is_multiple_of(4).then_some(self.which.is_multiple_of(2)),
            "emails": [
                {"value": format!("{}@example.com", self.name()), "type": "work"},
                {"value": format!("M{}@example.com", self.with % 3), "type": "home"},
                {"value": self.name(), "type": "other"},
            ],
            "title": "\u{1}\"\\\u{fffd}\u{10ffff}",
            "name": {"givenName": self.name(), "familyName": self.with.to_string()},
            "urn:ietf:params:scim:schemas:extension:strongdm:2.0:User": {
                "identityAliases": [format!("{set},{alias}")],
            },
        });
        UserAttributes::from_document(&document(attributes)).expect("a user")
    }

    fn pushed_role(self, snapshot: &dyn Snapshot) -> GroupAttributes {
        let members: Vec<_> = (0..self.with % 4)
            .filter_map(|offset| user(snapshot, self.which.wrapping_add(offset)))
            .map(|id| json!({"value": id.to_string()}))
            .collect();
        let attributes = json!({
            "displayName": self.name(),
            "externalId": external_id(self.which),
            "members": members,
        });
        GroupAttributes::from_document(&document(attributes)).expect("a group")
    }

    fn patch(self, resource: ResourceType, snapshot: &dyn Snapshot) -> (Patch, Value) {
        let member = user(snapshot, self.with).map(|id| json!([{"value": id.to_string()}]));
        let operation = match (resource, self.with % 3) {
            (ResourceType::Group, 0) => json!({"op": "add", "path": "members", "value": member}),
            (ResourceType::Group, 1) => json!({"op": "remove", "path": "members", "value": member}),
            (ResourceType::Group, _) => {
                json!({"op": "replace", "path": "displayName", "value": self.name()})
            }
            (_, 0) => {
                json!({"op": "replace", "path": "active", "value": self.name.is_multiple_of(2)})
            }
            (_, 1) => json!({"op": "replace", "path": "userName", "value": self.name()}),
            _ => json!({"op": "remove", "path": "emails"}),
        };
        let payload = json!({"Operations": [operation]});
        let patch = Patch::parse(resource, &document(payload.clone()), Dialect::LENIENT);
        (patch.unwrap_or_default(), payload)
    }

    /// What a provider pushes, or else what an operator asks for; `None` where there is nothing
    /// to do it to.
    pub(crate) fn command(self, snapshot: &dyn Snapshot) -> Option<(Actor, Command)> {
        let operator = Actor::Operator {
            name: "olga".to_owned(),
        };
        let pushing = Actor::Provider {
            provider: self.provider(),
            token: TokenId(Uuid::nil()),
        };
        if self.what % KINDS < PUSHED {
            Some((pushing, self.pushed(snapshot)?))
        } else {
            Some((operator, self.asked(snapshot)?))
        }
    }

    fn pushed(self, snapshot: &dyn Snapshot) -> Option<Command> {
        let condition = Condition::None;
        let users = || user(snapshot, self.which);
        let roles = || role(snapshot, self.which);
        match self.what % KINDS {
            0..3 => Some(Command::CreateUser {
                attributes: self.pushed_user(),
            }),
            3 | 4 => users().map(|id| Command::ReplaceUser {
                id,
                attributes: self.pushed_user(),
                condition,
            }),
            5 | 6 => users().map(|id| {
                let (patch, payload) = self.patch(ResourceType::User, snapshot);
                Command::PatchUser {
                    id,
                    patch,
                    payload,
                    condition,
                }
            }),
            7 => users().map(|id| Command::DeleteUser { id, condition }),
            8 | 9 => Some(Command::CreateRole {
                attributes: self.pushed_role(snapshot),
            }),
            10 => roles().map(|id| Command::ReplaceRole {
                id,
                attributes: self.pushed_role(snapshot),
                condition,
            }),
            11 | 12 => roles().map(|id| {
                let (patch, payload) = self.patch(ResourceType::Group, snapshot);
                Command::PatchRole {
                    id,
                    patch,
                    payload,
                    condition,
                }
            }),
            _ => roles().map(|id| Command::DeleteRole { id, condition }),
        }
    }

    fn asked(self, snapshot: &dyn Snapshot) -> Option<Command> {
        let provider = self.provider();
        Some(match self.what % KINDS {
            14 | 15 => {
                let kind = if self.which.is_multiple_of(3) {
                    UserKind::ServiceAccount
                } else {
                    UserKind::Person
                };
                let attributes = match kind {
                    UserKind::Person => self.pushed_user(),
                    UserKind::ServiceAccount => UserAttributes {
                        user_name: self.name().to_owned(),
                        ..UserAttributes::default()
                    },
                };
                Command::AddUser {
                    kind,
                    attributes,
                    level: self.level(),
                }
            }
            16 => Command::SetPermissionLevel {
                id: user(snapshot, self.which)?,
                level: self.level(),
            },
            17 => Command::AddRole {
                display_name: self.name().to_owned(),
            },
            18 => Command::Attach {
                role: role(snapshot, self.which)?,
                user: user(snapshot, self.with)?,
            },
            19 => Command::Detach {
                role: role(snapshot, self.which)?,
                user: user(snapshot, self.with)?,
            },
            20 if self.which.is_multiple_of(2) => Command::DeactivateProvider { provider },
            20 => Command::ActivateProvider { provider },
            21 => Command::CreateToken {
                provider,
                name: format!("token {}", self.which),
                expires: None,
                hash: TokenHash([self.which; 32]),
                prefix: "rc_okta_12".to_owned(),
            },
            22 => Command::RevokeToken {
                id: pick(&snapshot.tokens().ok()?, self.which)?.id,
            },
            23 => Command::LinkConflict {
                id: conflict(snapshot, self.which)?,
            },
            24 => Command::RenameConflict {
                id: conflict(snapshot, self.which)?,
                name: self.name().to_owned(),
            },
            25 => Command::DismissConflict {
                id: conflict(snapshot, self.which)?,
            },
            _ => return self.operated(snapshot),
        })
    }

    /// The acts on local rows, on access and on holds.
    fn operated(self, snapshot: &dyn Snapshot) -> Option<Command> {
        let user = || user(snapshot, self.which);
        let role = || role(snapshot, self.which);
        let resource = || resource(snapshot, self.with);
        let (set, name) = alias(self.with, self.with % 2);
        Some(match self.what % KINDS {
            26 => Command::EditUser {
                id: user()?,
                profile: Profile {
                    user_name: Some(format!("{}@example.com", self.name())),
                    emails: Some(vec![format!("m{}@example.com", self.with % 3)]),
                    aliases: Some(vec![format!("{set},{name}")]),
                    ..Profile::default()
                },
            },
            27 if self.with.is_multiple_of(2) => Command::ReinstateUser { id: user()? },
            27 => Command::SuspendUser { id: user()? },
            28 => Command::RemoveUser { id: user()? },
            29 | 30 => Command::ReleaseUser { id: user()? },
            31 => Command::RenameRole {
                id: role()?,
                display_name: self.name().to_owned(),
            },
            32 => Command::RemoveRole { id: role()? },
            33 => Command::ReleaseRole { id: role()? },
            34 | 35 => Command::AddResource {
                name: self.name().to_owned(),
                kind: "ssh".to_owned(),
                tags: [("n".to_owned(), self.name().to_owned())].into(),
            },
            36 if self.which.is_multiple_of(3) => Command::DeleteResource { id: resource()? },
            36 | 37 => Command::GrantAccess {
                role: role()?,
                resource: resource()?,
            },
            38 => Command::RevokeAccess {
                role: role()?,
                resource: resource()?,
            },
            39 | 40 => Command::GiveAccess {
                user: user()?,
                resource: resource()?,
                from: Some(moment(self.with)),
                until: moment(self.with.saturating_add(self.which)),
            },
            41 => Command::TakeAccess {
                user: user()?,
                resource: resource()?,
            },
            42 if self.with.is_multiple_of(2) => Command::ApproveHold {
                id: hold(snapshot, self.which)?,
            },
            42 => Command::RefuseHold {
                id: hold(snapshot, self.which)?,
            },
            _ => Command::PassTime,
        })
    }
}
