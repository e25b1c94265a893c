//! The flows of Okta's provisioning, each in its order of requests.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use hyper::Method;
use serde_json::Value;

use super::{
    Dialect, SimulateError, SimulateOptions,
    body::{self, Member},
    connection::Connection,
    names::{self, Group, Person},
};

/// How many members go into one PATCH.
const CHUNK: usize = 100;
/// The page of an import.
const PAGE: u64 = 100;

/// What an administrator or the clock makes Okta do. Numbers are positions in the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flow {
    /// Test API Credentials, with group import.
    CredentialsTest,
    /// Only the look-up by user name.
    LookUp(usize),
    /// Assign a user: look up, then create, or update what was found.
    Assign(usize),
    /// A profile change.
    UpdateProfile(usize),
    /// Unassign or deactivate.
    Deactivate(usize),
    /// Assign again.
    Reactivate(usize),
    /// One user's part of a Force Sync.
    ForceSync(usize),
    /// Push a group, or link it where it is here already; then its members.
    PushGroup(usize),
    /// Push a group as a new one, even where the name is taken; then its members.
    PushNewGroup(usize),
    /// A new name for a group.
    RenameGroup(usize),
    /// One member leaves and another one joins.
    ChangeMembers(usize),
    /// One member joins, or leaves.
    ChangeMember {
        /// The group.
        group: usize,
        /// The user.
        user: usize,
        /// Joins, or leaves.
        joins: bool,
    },
    /// Import every user, page by page.
    ImportUsers,
    /// One page of the users.
    ImportPage {
        /// The first position, from 1.
        start: u64,
    },
    /// Import every group, page by page.
    ImportGroups,
}

/// What the tenant is, and what the server has of it.
pub(super) struct Tenant {
    dialect: Dialect,
    people: Vec<Person>,
    /// The ids that the server gave the people.
    user_ids: Mutex<Vec<Option<String>>>,
    groups: Mutex<Vec<PushedGroup>>,
    /// Makes each round of changes another one.
    round: AtomicU32,
}

#[derive(Debug, Clone)]
struct PushedGroup {
    id: Option<String>,
    group: Group,
}

type Outcome = Result<(), SimulateError>;

impl Tenant {
    /// A tenant that has pushed nothing yet.
    pub(super) fn new(options: &SimulateOptions) -> Self {
        let groups = (0..options.roles)
            .map(|position| PushedGroup {
                id: None,
                group: names::group(options.seed, position, options.users),
            })
            .collect();
        Self {
            dialect: options.dialect,
            people: (0..options.users)
                .map(|position| names::person(options.seed, position))
                .collect(),
            user_ids: Mutex::new(vec![None; options.users]),
            groups: Mutex::new(groups),
            round: AtomicU32::new(0),
        }
    }

    /// Adds a group and gives its position.
    pub(super) fn add_group(&self, group: Group) -> usize {
        let mut groups = lock(&self.groups);
        groups.push(PushedGroup { id: None, group });
        groups.len() - 1
    }

    /// What changes from now on is another change than those before.
    pub(super) fn next_round(&self) {
        self.round.fetch_add(1, Ordering::Relaxed);
    }

    /// Plays one flow.
    pub(super) async fn perform(&self, connection: &mut Connection, flow: &Flow) -> Outcome {
        match *flow {
            Flow::CredentialsTest => {
                get(connection, "/Users?startIndex=1&count=2").await?;
                get(connection, "/Groups?startIndex=1&count=100").await?;
                Ok(())
            }
            Flow::LookUp(user) => self.look_up(connection, user).await.map(drop),
            Flow::Assign(user) => self.assign(connection, user).await,
            Flow::UpdateProfile(user) => self.update_profile(connection, user).await,
            Flow::Deactivate(user) => self.set_active(connection, user, false).await,
            Flow::Reactivate(user) => self.set_active(connection, user, true).await,
            Flow::ForceSync(user) => self.replace(connection, user, "", true).await,
            Flow::PushGroup(group) => self.push_group(connection, group, true).await,
            Flow::PushNewGroup(group) => self.push_group(connection, group, false).await,
            Flow::RenameGroup(group) => self.rename_group(connection, group).await,
            Flow::ChangeMembers(group) => self.change_members(connection, group).await,
            Flow::ChangeMember { group, user, joins } => {
                self.change_member(connection, group, user, joins).await
            }
            Flow::ImportUsers => import(connection, "/Users").await,
            Flow::ImportGroups => import(connection, "/Groups").await,
            Flow::ImportPage { start } => {
                let target = format!("/Users?startIndex={start}&count={PAGE}");
                get(connection, &target).await.map(drop)
            }
        }
    }

    fn person(&self, user: usize) -> Option<&Person> {
        self.people.get(user)
    }

    fn user_id(&self, user: usize) -> Option<String> {
        lock(&self.user_ids).get(user).cloned().flatten()
    }

    fn group(&self, group: usize) -> Option<PushedGroup> {
        lock(&self.groups).get(group).cloned()
    }

    fn change_group(&self, group: usize, change: impl FnOnce(&mut PushedGroup)) {
        if let Some(group) = lock(&self.groups).get_mut(group) {
            change(group);
        }
    }

    /// A title that no round before this one gave.
    fn title(&self) -> String {
        format!("Engineer, round {}", self.round.load(Ordering::Relaxed))
    }

    /// The members that the server knows, of these positions.
    fn members(&self, users: &[usize]) -> Vec<Member> {
        let ids = lock(&self.user_ids);
        users
            .iter()
            .filter_map(|user| {
                let id = ids.get(*user)?.clone()?;
                Some((id, self.people.get(*user)?.user_name.clone()))
            })
            .collect()
    }

    /// The id behind a user name, if the server has it.
    async fn look_up(
        &self,
        connection: &mut Connection,
        user: usize,
    ) -> Result<Option<String>, SimulateError> {
        let Some(person) = self.person(user) else {
            return Ok(None);
        };
        let target = look_up_target("/Users", "userName", &person.user_name);
        Ok(first_id(&get(connection, &target).await?))
    }

    async fn assign(&self, connection: &mut Connection, user: usize) -> Outcome {
        let Some(person) = self.person(user) else {
            return Ok(());
        };
        let id = if let Some(id) = self.look_up(connection, user).await? {
            let target = format!("/Users/{id}");
            let current = get(connection, &target).await?;
            let merged = body::merged_user(&current, person, "", true);
            connection
                .request(Method::PUT, &target, Some(&merged))
                .await?;
            id
        } else {
            let created = body::user(person);
            let answer = connection
                .request(Method::POST, "/Users", Some(&created))
                .await?;
            id_of(&answer.body, "POST /Users", answer.status)?
        };
        if let Some(place) = lock(&self.user_ids).get_mut(user) {
            *place = Some(id);
        }
        Ok(())
    }

    async fn update_profile(&self, connection: &mut Connection, user: usize) -> Outcome {
        let title = self.title();
        if self.dialect != Dialect::Patch {
            return self.replace(connection, user, &title, true).await;
        }
        let Some(id) = self.user_id(user) else {
            return Ok(());
        };
        let patch = body::patch_profile(&title);
        connection
            .request(Method::PATCH, &format!("/Users/{id}"), Some(&patch))
            .await?;
        Ok(())
    }

    async fn set_active(&self, connection: &mut Connection, user: usize, active: bool) -> Outcome {
        if self.dialect == Dialect::Aiw {
            return self.replace(connection, user, "", active).await;
        }
        let Some(id) = self.user_id(user) else {
            return Ok(());
        };
        let patch = body::patch_active(active);
        connection
            .request(Method::PATCH, &format!("/Users/{id}"), Some(&patch))
            .await?;
        Ok(())
    }

    /// GET, then PUT of Okta's data merged over what came.
    async fn replace(
        &self,
        connection: &mut Connection,
        user: usize,
        title: &str,
        active: bool,
    ) -> Outcome {
        let (Some(id), Some(person)) = (self.user_id(user), self.person(user)) else {
            return Ok(());
        };
        let target = format!("/Users/{id}");
        let current = get(connection, &target).await?;
        let merged = body::merged_user(&current, person, title, active);
        connection
            .request(Method::PUT, &target, Some(&merged))
            .await?;
        Ok(())
    }

    async fn push_group(
        &self,
        connection: &mut Connection,
        position: usize,
        link: bool,
    ) -> Outcome {
        let Some(PushedGroup { group, .. }) = self.group(position) else {
            return Ok(());
        };
        let look_up = look_up_target("/Groups", "displayName", &group.name);
        let found = first_id(&get(connection, &look_up).await?);
        let id = match found {
            Some(id) if link => id,
            _ => {
                let created = body::group(&group.name);
                let answer = connection
                    .request(Method::POST, "/Groups", Some(&created))
                    .await?;
                id_of(&answer.body, "POST /Groups", answer.status)?
            }
        };
        self.change_group(position, |group| group.id = Some(id.clone()));
        let target = format!("/Groups/{id}");
        get(connection, &target).await?;
        let members = self.members(&group.members);
        if self.dialect == Dialect::Aiw {
            let whole = body::whole_group(&id, &group.name, &members);
            connection
                .request(Method::PUT, &target, Some(&whole))
                .await?;
            return Ok(());
        }
        let name = body::patch_name(&id, &group.name);
        connection
            .request(Method::PATCH, &target, Some(&name))
            .await?;
        for chunk in members.chunks(CHUNK) {
            let add = body::patch_members(&[], chunk);
            connection
                .request(Method::PATCH, &target, Some(&add))
                .await?;
        }
        Ok(())
    }

    async fn rename_group(&self, connection: &mut Connection, position: usize) -> Outcome {
        let Some(PushedGroup {
            id: Some(id),
            group,
        }) = self.group(position)
        else {
            return Ok(());
        };
        // There and back again, so that a later run finds the names that it looks for.
        let name = match group.name.split_once(" (") {
            Some((plain, _)) => plain.to_owned(),
            None => format!("{} ({})", group.name, self.round.load(Ordering::Relaxed)),
        };
        self.send_name(connection, &id, &name, &group.members)
            .await?;
        self.change_group(position, |group| group.group.name = name);
        Ok(())
    }

    async fn send_name(
        &self,
        connection: &mut Connection,
        id: &str,
        name: &str,
        members: &[usize],
    ) -> Outcome {
        let target = format!("/Groups/{id}");
        if self.dialect == Dialect::Aiw {
            get(connection, &target).await?;
            let whole = body::whole_group(id, name, &self.members(members));
            connection
                .request(Method::PUT, &target, Some(&whole))
                .await?;
        } else {
            let patch = body::patch_name(id, name);
            connection
                .request(Method::PATCH, &target, Some(&patch))
                .await?;
        }
        Ok(())
    }

    async fn change_members(&self, connection: &mut Connection, position: usize) -> Outcome {
        let Some(PushedGroup {
            id: Some(id),
            group,
        }) = self.group(position)
        else {
            return Ok(());
        };
        let leaver = group.members.first().copied();
        let joiner = (0..self.people.len()).find(|user| !group.members.contains(user));
        let mut members = group.members.clone();
        members.retain(|member| Some(*member) != leaver);
        members.extend(joiner);
        if self.dialect != Dialect::Aiw {
            let remove = self.members(leaver.as_slice());
            let add = self.members(joiner.as_slice());
            let patch = body::patch_members(&remove, &add);
            connection
                .request(Method::PATCH, &format!("/Groups/{id}"), Some(&patch))
                .await?;
        }
        self.send_name(connection, &id, &group.name, &members)
            .await?;
        self.change_group(position, |group| group.group.members = members);
        Ok(())
    }

    async fn change_member(
        &self,
        connection: &mut Connection,
        group: usize,
        user: usize,
        joins: bool,
    ) -> Outcome {
        let Some(id) = self.group(group).and_then(|group| group.id) else {
            return Ok(());
        };
        let member = self.members(&[user]);
        let patch = if joins {
            body::patch_members(&[], &member)
        } else {
            body::patch_members(&member, &[])
        };
        connection
            .request(Method::PATCH, &format!("/Groups/{id}"), Some(&patch))
            .await?;
        Ok(())
    }
}

async fn get(connection: &mut Connection, target: &str) -> Result<Value, SimulateError> {
    Ok(connection.request(Method::GET, target, None).await?.body)
}

/// Pages until past `totalResults`.
async fn import(connection: &mut Connection, endpoint: &str) -> Outcome {
    let mut start = 1;
    loop {
        let page = get(
            connection,
            &format!("{endpoint}?startIndex={start}&count={PAGE}"),
        )
        .await?;
        start += PAGE;
        let total = page.get("totalResults").and_then(Value::as_u64);
        if total.is_none_or(|total| start > total) {
            return Ok(());
        }
    }
}

fn look_up_target(endpoint: &str, attribute: &str, value: &str) -> String {
    // A JSON string is what a filter's comparison value is (RFC 7644 §3.4.2.2).
    let filter = format!("{attribute} eq {}", Value::from(value));
    format!(
        "{endpoint}?filter={}&startIndex=1&count=100",
        percent_encoded(&filter)
    )
}

/// Okta writes a space as `%20`, which a form's encoding would not.
fn percent_encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}

fn first_id(list: &Value) -> Option<String> {
    list.pointer("/Resources/0/id")?.as_str().map(str::to_owned)
}

fn id_of(body: &Value, request: &str, status: u16) -> Result<String, SimulateError> {
    let id = body.get("id").and_then(Value::as_str);
    id.map(str::to_owned).ok_or_else(|| SimulateError::Answer {
        request: request.to_owned(),
        status,
        detail: "the answer has no id".to_owned(),
    })
}

/// A worker that panicked leaves lists that are whole all the same.
fn lock<Value>(mutex: &Mutex<Value>) -> std::sync::MutexGuard<'_, Value> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_up_is_written_as_okta_writes_it() {
        assert_eq!(
            look_up_target("/Users", "userName", "a\"b+c@x.io"),
            "/Users?filter=userName%20eq%20%22a%5C%22b%2Bc%40x.io%22&startIndex=1&count=100"
        );
    }

    #[test]
    fn an_answer_without_id_is_a_failure() {
        assert!(id_of(&Value::Null, "POST /Users", 201).is_err());
        assert_eq!(
            first_id(&serde_json::json!({"Resources": [{"id": "7"}]})),
            Some("7".into())
        );
        assert_eq!(first_id(&serde_json::json!({"Resources": []})), None);
    }
}
