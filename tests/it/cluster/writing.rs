//! What is written through one process is there in every other one.

use rolecall::{
    directory::{Command, Outcome, PermissionLevel, Provider, UserId, UserKind},
    listener::Limits,
    scim::resource::UserAttributes,
};
use serde_json::json;

use super::node::two;
use crate::harness::{sorted, values};

#[tokio::test]
async fn what_one_makes_the_other_finds_at_once() {
    let (one, two) = two(Limits::default()).await;
    let (_, okta) = one.client(Provider::Okta).await;
    let beside = two.turned(&okta);
    for number in 0..20 {
        let name = format!("u{number}@x.io");
        let id = okta.make_user(&name).await;
        let found = beside
            .get(&format!("/Users?filter=userName eq \"{name}\""))
            .await;
        assert_eq!(found.expect(200).body["Resources"][0]["id"], *id);
        beside.get(&format!("/Users/{id}")).await.expect(200);
    }
}

/// Four clients put and take members over two processes: each is told that it was done, and it was.
#[tokio::test]
async fn patches_of_one_role_lose_no_member() {
    let (one, two) = two(Limits::default()).await;
    let (_, okta) = one.client(Provider::Okta).await;
    let mut users = Vec::new();
    for number in 0..40 {
        users.push(okta.make_user(&format!("u{number}@x.io")).await);
    }
    let group = okta.make_group("Engineering", &[]).await;
    let path = format!("/Groups/{group}");
    let clients = [
        okta.clone(),
        two.turned(&okta),
        okta.clone(),
        two.turned(&okta),
    ];
    let mut pushing = Vec::new();
    for (client, users) in clients.into_iter().zip(users.chunks(10)) {
        let (path, users) = (path.clone(), users.to_vec());
        pushing.push(tokio::spawn(async move {
            for user in &users {
                let add =
                    json!([{"op": "add", "path": "members", "value": values(&[user.as_str()])}]);
                client.operations(&path, add).await.expect(204);
            }
            // The last one of each is taken out again.
            let gone = users.last().expect("a user");
            let remove = json!([{"op": "remove", "path": format!("members[value eq \"{gone}\"]")}]);
            client.operations(&path, remove).await.expect(204);
        }));
    }
    for client in pushing {
        client.await.expect("every push was done");
    }
    let stay: Vec<&str> = users
        .chunks(10)
        .flat_map(|users| users.iter().take(9))
        .map(String::as_str)
        .collect();
    for client in [&okta, &two.turned(&okta)] {
        assert_eq!(client.members(&group).await, sorted(&stay));
    }
    assert_eq!(one.engine.check().expect("a check"), Vec::<String>::new());
}

#[tokio::test]
async fn the_last_admin_stays_whichever_process_is_asked() {
    let (one, two) = two(Limits::default()).await;
    let (_, okta) = one.client(Provider::Okta).await;
    let beside = two.turned(&okta);
    let mut admins = Vec::new();
    for name in ["ann@x.io", "bob@x.io"] {
        let id: UserId = okta.make_user(name).await.parse().expect("an id");
        let level = PermissionLevel::Admin;
        one.operate(Command::SetPermissionLevel { id, level }).await;
        admins.push(id);
    }
    let suspend = json!([{ "op": "replace", "value": { "active": false } }]);
    let paths: Vec<String> = admins.iter().map(|id| format!("/Users/{id}")).collect();
    let (first, second) = tokio::join!(
        okta.operations(&paths[0], suspend.clone()),
        beside.operations(&paths[1], suspend.clone()),
    );
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

/// Ten users may go in five minutes, whichever process is asked.
#[tokio::test]
async fn suspensions_count_together() {
    let (one, two) = two(Limits::default()).await;
    let (_, okta) = one.client(Provider::Okta).await;
    let clients = [okta.clone(), two.turned(&okta)];
    let mut users = Vec::new();
    for number in 0..12 {
        users.push(okta.make_user(&format!("u{number}@x.io")).await);
    }
    let mut refused = 0;
    for (number, user) in users.iter().enumerate() {
        let suspend = json!([{ "op": "replace", "value": { "active": false } }]);
        let client = &clients[number % 2];
        let reply = client.operations(&format!("/Users/{user}"), suspend).await;
        refused += usize::from(reply.status == 429);
    }
    assert_eq!(refused, 3);
    for node in [&one, &two] {
        let snapshot = node.engine.snapshot().expect("a snapshot");
        let hold = snapshot.live_hold(Provider::Okta).expect("a read");
        assert_eq!(hold.expect("a hold").attempted.len(), 3);
    }
}

/// Ids and moments go on across processes.
#[tokio::test]
async fn what_is_made_later_comes_later() {
    let (one, two) = two(Limits::default()).await;
    let mut before = None;
    for number in 0..50 {
        let node = if number % 2 == 0 { &one } else { &two };
        let made = node.operate(Command::AddUser {
            kind: UserKind::Person,
            attributes: UserAttributes {
                user_name: format!("u{number}@x.io"),
                ..UserAttributes::default()
            },
            level: PermissionLevel::User,
        });
        let Outcome::User { user, .. } = made.await else {
            panic!("a user");
        };
        let now = Some((user.id, user.created));
        assert!(now > before, "{now:?} {before:?}");
        before = now;
    }
}
