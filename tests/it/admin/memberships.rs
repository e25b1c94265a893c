//! The table of who may be attached to what by an operator, cell by cell, and release.

use rolecall::{
    admin::{Reply, Request},
    directory::{ManagedBy, Origin, Outcome},
};

use super::house::House;

fn attach(role: &str, user: &str) -> Request {
    Request::Attach {
        role: role.to_owned(),
        user: user.to_owned(),
    }
}

fn detach(role: &str, user: &str) -> Request {
    Request::Detach {
        role: role.to_owned(),
        user: user.to_owned(),
    }
}

#[tokio::test]
async fn each_cell_of_the_table_holds() {
    let house = House::new();
    let token = house.token().await;
    house.push_user(&token, "pushed@x.io").await;
    house.push_role(&token, "Pushed", &[]).await;
    house.add_user("local@x.io").await;
    house.add_user("backup-robot").await;
    house.add_role("Local").await;
    let cells = [
        ("Local", "local@x.io"),
        ("Local", "backup-robot"),
        ("Local", "pushed@x.io"),
        ("Pushed", "local@x.io"),
        ("Pushed", "backup-robot"),
    ];
    for (role, user) in cells {
        let Reply::MembershipDone(done) = house.ask(attach(role, user)).await else {
            panic!("not a membership")
        };
        assert_eq!(done.row.origin, Origin::Local, "{role} {user}");
        assert_eq!(done.changes.len(), 1);
        house.ask(detach(role, user)).await;
    }
    let refusal = house.refused(attach("Pushed", "pushed@x.io")).await;
    assert!(refusal.contains("okta"), "{refusal}");
}

#[tokio::test]
async fn what_a_provider_manages_is_read_only_until_released() {
    let house = House::new();
    let token = house.token().await;
    let user = house.push_user(&token, "pushed@x.io").await;
    let Outcome::Role { role, .. } = house.push_role(&token, "Pushed", &[user]).await else {
        panic!("not a role")
    };
    let user = || "pushed@x.io".to_owned();
    let of_role = || "Pushed".to_owned();
    let refused = [
        Request::EditUser {
            user: user(),
            profile: serde_json::from_str(r#"{"given_name":"X"}"#).unwrap(),
        },
        Request::SuspendUser { user: user() },
        Request::ReinstateUser { user: user() },
        Request::DeleteUser { user: user() },
        Request::RenameRole {
            role: of_role(),
            display_name: "Other".to_owned(),
        },
        Request::DeleteRole { role: of_role() },
        detach("Pushed", "pushed@x.io"),
    ];
    for request in refused.clone() {
        let refusal = house.refused(request.clone()).await;
        assert!(refusal.contains("okta"), "{request:?}: {refusal}");
    }
    let Reply::RoleDone(done) = house.ask(Request::ReleaseRole { role: of_role() }).await else {
        panic!("not a role")
    };
    assert_eq!(
        (done.row.id, done.row.managed_by),
        (role.id, ManagedBy::Local)
    );
    assert_eq!(
        (done.row.provider_members, done.row.local_members),
        (0, 1),
        "its memberships become local"
    );
    let Reply::UserDone(done) = house.ask(Request::ReleaseUser { user: user() }).await else {
        panic!("not a user")
    };
    assert_eq!(done.row.managed_by, ManagedBy::Local);
    for request in refused {
        // The renamed role and the deleted user are not there any more.
        if let Err(error) = house.client.call(request.clone()).await {
            assert!(error.to_string().contains("no "), "{request:?}: {error}");
        }
    }
}
