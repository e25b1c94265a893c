//! Groups: push, link, members, rename, unlink.

use rolecall::directory::{Command, Origin, Provider, UserKind, membership::groups_shown};
use serde_json::json;

use super::{DIALECTS, look_up, okta};
use crate::harness::{Server, sorted, values};

#[tokio::test]
async fn a_group_is_pushed_changed_renamed_and_unlinked() {
    for dialect in DIALECTS {
        let (server, okta) = okta().await;
        let ann = dialect.assign(&okta, "ann@x.io").await;
        let bob = dialect.assign(&okta, "bob@x.io").await;
        let carl = dialect.assign(&okta, "carl@x.io").await;
        let group = dialect
            .push_group(&okta, "Engineering", &[&ann, &bob])
            .await;
        assert_eq!(okta.members(&group).await, sorted(&[&ann, &bob]));

        dialect
            .change_members(&okta, &group, &[&carl], &[&ann])
            .await;
        let exchange = server.last_exchange();
        assert_eq!(exchange.effect.members_added, 1, "{dialect:?}");
        assert_eq!(exchange.effect.members_removed, 1, "{dialect:?}");
        assert_eq!(exchange.roles, ["Engineering"]);
        assert_eq!(okta.members(&group).await, sorted(&[&bob, &carl]));

        dialect.set_active(&okta, &bob, false).await;
        assert_eq!(okta.members(&group).await, sorted(&[&bob, &carl]));

        dialect.name(&okta, &group, "Platform").await;
        dialect.name(&okta, &group, "Platform").await;
        assert_eq!(
            server.last_exchange().summary,
            "role Platform: nothing changed"
        );
        let found = look_up(&okta, "Groups", "displayName", "platform").await;
        assert_eq!(found.body["Resources"][0]["id"], group);

        let path = format!("/Groups/{group}");
        okta.delete(&path).await.expect(204);
        okta.get(&path).await.refused(404, "");
        let left = okta.get(&format!("/Users/{carl}")).await.expect(200);
        assert_eq!(left.body["groups"].as_array().map_or(0, Vec::len), 0);
    }
}

#[tokio::test]
async fn push_now_replaces_the_members_with_none_too() {
    let (_server, okta) = okta().await;
    let ann = okta.make_user("ann@x.io").await;
    let bob = okta.make_user("bob@x.io").await;
    let group = okta.make_group("Engineering", &[&ann]).await;
    let path = format!("/Groups/{group}");
    for members in [&[ann.as_str(), bob.as_str()][..], &[]] {
        let value = values(members);
        let operations = json!([{"op": "replace", "path": "members", "value": value}]);
        okta.operations(&path, operations).await.expect(204);
        assert_eq!(okta.members(&group).await, sorted(members));
    }
}

#[tokio::test]
async fn a_local_role_is_linked_and_its_local_members_stay() {
    let (server, okta) = okta().await;
    let role = server.local_role("Ops").await;
    let robot = server.local_user("robot", UserKind::ServiceAccount).await;
    server.operate(Command::Attach { role, user: robot }).await;
    let ann = okta.make_user("ann@x.io").await;
    let path = format!("/Groups/{role}");
    let seen = okta.get(&path).await.expect(200);
    assert_eq!(seen.members(), [""; 0], "a service account does not show");
    let operations = json!([{"op": "add", "path": "members", "value": [{"value": ann}]}]);
    okta.operations(&path, operations).await.expect(204);
    assert_eq!(okta.members(&role.to_string()).await, [ann.as_str()]);
    let operations = json!([{"op": "replace", "path": "members", "value": []}]);
    okta.operations(&path, operations).await.expect(204);

    let snapshot = server.engine.snapshot().expect("a snapshot");
    let membership = snapshot.membership(role, robot).expect("readable");
    assert_eq!(membership.map(|found| found.origin), Some(Origin::Local));
    let linked = snapshot.role(role).expect("readable").expect("here");
    assert_eq!(linked.managed_by.provider(), Some(Provider::Okta));
    assert!(
        groups_shown(&*snapshot, robot, Some(Provider::Okta), |id| Ok(Some(id)))
            .expect("readable")
            .is_empty()
    );
}

#[tokio::test]
async fn unknown_members_do_not_fail_a_push() {
    let (server, okta) = okta().await;
    let ann = okta.make_user("ann@x.io").await;
    let group = okta.make_group("Engineering", &["nobody", &ann]).await;
    assert_eq!(server.last_exchange().effect.members_unknown, 1);
    assert_eq!(okta.members(&group).await, [ann.as_str()]);
}

#[tokio::test]
async fn a_chunk_of_a_thousand_members() {
    let (_server, okta) = okta().await;
    let mut ids = Vec::new();
    for chunk in 0..10 {
        let users = (0..100).map(|number| okta.make_user_spawned(chunk * 100 + number));
        for user in users.collect::<Vec<_>>() {
            ids.push(user.await.expect("made"));
        }
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let group = okta.make_group("Everyone", &[]).await;
    let operations = json!([{"op": "add", "path": "members", "value": values(&ids)}]);
    let path = format!("/Groups/{group}");
    okta.operations(&path, operations).await.expect(204);
    assert_eq!(okta.members(&group).await, sorted(&ids));
}

#[tokio::test]
async fn members_added_concurrently_are_all_there() {
    let server = Server::start().await;
    let okta = server.client(Provider::Okta).await;
    let mut ids = Vec::new();
    for number in 0..20 {
        ids.push(okta.make_user(&format!("u{number}@x.io")).await);
    }
    let group = okta.make_group("Engineering", &[]).await;
    let pushes: Vec<_> = ids
        .chunks(5)
        .map(|chunk| {
            let (okta, chunk, path) = (okta.clone(), chunk.to_vec(), format!("/Groups/{group}"));
            tokio::spawn(async move {
                for id in chunk {
                    let operations =
                        json!([{"op": "add", "path": "members", "value": [{"value": id}]}]);
                    okta.operations(&path, operations).await.expect(204);
                }
            })
        })
        .collect();
    for push in pushes {
        push.await.expect("pushed");
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert_eq!(okta.members(&group).await, sorted(&ids));
}
