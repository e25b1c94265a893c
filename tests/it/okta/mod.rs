//! Okta's flows, in the order of its requests, in each of its three dialects.

mod groups;
mod users;

use rolecall::directory::Provider;
use serde_json::{Value, json};

use crate::harness::{Client, Reply, Server, values};

/// What Okta sends depends on how the admin has added the app.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Dialect {
    /// A custom SAML or SWA app: GET and PUT for everything.
    Aiw,
    /// A catalogue app: PUT for profiles, PATCH for the rest.
    Oin,
    /// A catalogue app with "PATCH for User".
    OinPatch,
}

const DIALECTS: [Dialect; 3] = [Dialect::Aiw, Dialect::Oin, Dialect::OinPatch];

fn profile(user_name: &str) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": user_name,
        "name": {"givenName": "A", "familyName": "B"},
        "emails": [{"primary": true, "value": user_name, "type": "work"}],
        "displayName": "A B", "locale": "en-US", "externalId": format!("00u-{user_name}"),
        "groups": [], "password": "1mz050nq", "active": true})
}

impl Dialect {
    /// Looks a user up, and makes it where it is not there.
    async fn assign(self, okta: &Client, user_name: &str) -> String {
        let found = look_up(okta, "Users", "userName", user_name).await;
        match found.body["Resources"][0]["id"].as_str() {
            None => {
                let made = okta.post("/Users", profile(user_name)).await.expect(201);
                assert_eq!(made.body["password"], Value::Null);
                made.id()
            }
            Some(id) => {
                let id = id.to_owned();
                self.put_merged(okta, &id, profile(user_name)).await;
                id
            }
        }
    }

    /// GET, then PUT of what it gave with Okta's data over it.
    async fn put_merged(self, okta: &Client, id: &str, data: Value) -> Reply {
        let path = format!("/Users/{id}");
        let mut user = okta.get(&path).await.expect(200).body;
        for (name, value) in data.as_object().expect("an object") {
            user[name] = value.clone();
        }
        okta.put(&path, user).await.expect(200)
    }

    async fn update(self, okta: &Client, id: &str, attribute: &str, value: &str) -> Reply {
        match self {
            Self::Aiw | Self::Oin => {
                let data = json!({ attribute: value });
                self.put_merged(okta, id, data).await
            }
            Self::OinPatch => {
                let operations = json!([{"op": "replace", "value": {attribute: value}}]);
                let path = format!("/Users/{id}");
                okta.operations(&path, operations).await.expect(200)
            }
        }
    }

    async fn set_active(self, okta: &Client, id: &str, active: bool) -> Reply {
        if self == Self::Aiw {
            return self.put_merged(okta, id, json!({ "active": active })).await;
        }
        let operations = json!([{"op": "replace", "value": {"active": active}}]);
        let path = format!("/Users/{id}");
        okta.operations(&path, operations).await.expect(200)
    }

    async fn push_group(self, okta: &Client, name: &str, members: &[&str]) -> String {
        let found = look_up(okta, "Groups", "displayName", name).await;
        assert_eq!(found.counts(), (0, 0));
        let id = okta.make_group(name, members).await;
        let path = format!("/Groups/{id}");
        let mut group = okta.get(&path).await.expect(200).body;
        assert_eq!(group["displayName"], name);
        if self == Self::Aiw {
            group["members"] = values(members);
            okta.put(&path, group).await.expect(200);
        } else {
            self.name(okta, &id, name).await;
        }
        id
    }

    async fn name(self, okta: &Client, id: &str, name: &str) {
        let path = format!("/Groups/{id}");
        if self == Self::Aiw {
            let mut group = okta.get(&path).await.expect(200).body;
            group["displayName"] = name.into();
            okta.put(&path, group).await.expect(200);
        } else {
            let value = json!({"id": id, "displayName": name});
            let operations = json!([{"op": "replace", "value": value}]);
            okta.operations(&path, operations).await.expect(204);
        }
    }

    async fn change_members(self, okta: &Client, id: &str, add: &[&str], remove: &[&str]) {
        let path = format!("/Groups/{id}");
        if self == Self::Aiw {
            let mut group = okta.get(&path).await.expect(200);
            let mut members = group.members();
            members.retain(|member| !remove.contains(&member.as_str()));
            members.extend(add.iter().map(ToString::to_string));
            let members: Vec<&str> = members.iter().map(String::as_str).collect();
            group.body["members"] = values(&members);
            okta.put(&path, group.body).await.expect(200);
            return;
        }
        let mut operations: Vec<Value> = remove
            .iter()
            .map(|id| json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")}))
            .collect();
        operations.push(json!({"op": "add", "path": "members", "value": values(add)}));
        okta.operations(&path, operations.into()).await.expect(204);
    }
}

async fn look_up(okta: &Client, collection: &str, attribute: &str, value: &str) -> Reply {
    let path = format!("/{collection}?filter={attribute} eq \"{value}\"&startIndex=1&count=100");
    okta.get(&path).await.expect(200)
}

async fn okta() -> (Server, Client) {
    let server = Server::start().await;
    let client = server.client(Provider::Okta).await;
    (server, client)
}
