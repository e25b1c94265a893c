//! Local administration: every act on users and roles, its preview, and its way back.

use rolecall::{
    admin::{Client, Connector, Reply, Request, row::UserRow, server::serve_in_process},
    directory::Action,
};

use super::house::{House, facts};

async fn user(house: &House, request: Request) -> UserRow {
    match house.ask(request).await {
        Reply::UserDone(done) => done.row,
        other => panic!("{other:?}"),
    }
}

fn edit(name: &str, profile: &str) -> Request {
    Request::EditUser {
        user: name.to_owned(),
        profile: serde_json::from_str(profile).unwrap(),
    }
}

async fn undo(house: &House) -> Vec<Action> {
    match house.ask(Request::Undo).await {
        Reply::UndoDone(done) => {
            assert!(!done.row.summary.is_empty());
            done.changes.iter().map(|row| row.action).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_local_user_is_edited_suspended_reinstated_and_deleted() {
    let house = House::new();
    house.add_user("bob@x.io").await;
    let edited = edit(
        "bob@x.io",
        r#"{"user_name":"rob@x.io","given_name":"Rob","aliases":["ssh,rob"]}"#,
    );
    let preview = house.client.preview(edited.clone()).await.unwrap();
    let Reply::UserDone(done) = preview else {
        panic!("not a user")
    };
    assert!(done.dry_run);
    assert_eq!(done.row.user_name, "rob@x.io");
    assert_eq!(user(&house, edited).await.identity_aliases, ["ssh,rob"]);
    let name = || "rob@x.io".to_owned();
    let suspended = user(&house, Request::SuspendUser { user: name() }).await;
    assert!(!suspended.active);
    let reinstated = user(&house, Request::ReinstateUser { user: name() }).await;
    assert!(reinstated.active);
    let gone = user(&house, Request::DeleteUser { user: name() }).await;
    assert_eq!(gone.user_name, "rob@x.io", "as it was");
    let refusal = house.refused(Request::SuspendUser { user: name() }).await;
    assert!(refusal.contains("rob@x.io"), "{refusal}");
}

#[tokio::test]
async fn a_local_role_is_renamed_and_deleted() {
    let house = House::new();
    house.add_role("Engineering").await;
    house.add_role("Taken").await;
    let rename = |to: &str| Request::RenameRole {
        role: "engineering".to_owned(),
        display_name: to.to_owned(),
    };
    let refusal = house.refused(rename("taken")).await;
    assert!(refusal.contains("taken"), "{refusal}");
    let Reply::RoleDone(done) = house.ask(rename("Platform")).await else {
        panic!("not a role")
    };
    assert_eq!(done.row.display_name, "Platform");
    let role = "Platform".to_owned();
    let Reply::RoleDone(done) = house.ask(Request::DeleteRole { role }).await else {
        panic!("not a role")
    };
    assert_eq!(done.changes[0].action, Action::RoleDeleted);
}

#[tokio::test]
async fn an_identity_set_lists_who_goes_by_what() {
    let house = House::new();
    house.add_user("bob@x.io").await;
    house.add_user("cid@x.io").await;
    user(
        &house,
        edit("bob@x.io", r#"{"aliases":["ssh,bob","rdp,b"]}"#),
    )
    .await;
    user(&house, edit("cid@x.io", r#"{"aliases":["ssh,cid"]}"#)).await;
    let refusal = house
        .refused(edit("cid@x.io", r#"{"aliases":["ssh,bob"]}"#))
        .await;
    assert!(refusal.contains("ssh"), "{refusal}");
    let (after, limit) = (None, 10);
    let sets = house.ask(Request::IdentitySets { after, limit }).await;
    let Reply::IdentitySets(sets) = sets else {
        panic!("not sets")
    };
    let names: Vec<_> = sets.into_iter().map(|set| set.name).collect();
    assert_eq!(names, ["rdp", "ssh"]);
    let set = |set: &str| Request::IdentitySet {
        set: set.to_owned(),
        after: None,
        limit: 10,
    };
    let Reply::IdentitySet(rows) = house.ask(set("ssh")).await else {
        panic!("not a set")
    };
    let rows: Vec<_> = rows
        .iter()
        .map(|row| (&*row.alias, &*row.user_name))
        .collect();
    assert_eq!(rows, [("bob", "bob@x.io"), ("cid", "cid@x.io")]);
    assert!(house.refused(set("vnc")).await.contains("vnc"));
}

#[tokio::test]
async fn an_operator_takes_back_the_own_last_act_alone() {
    let house = House::new();
    let nothing = house.refused(Request::Undo).await;
    assert!(nothing.contains("nothing to take back"), "{nothing}");
    house.add_user("bob@x.io").await;
    let suspend = Request::SuspendUser {
        user: "bob@x.io".to_owned(),
    };
    house.ask(suspend).await;
    // Somebody else's act in between.
    let calls = serve_in_process(house.engine.clone(), facts());
    let other = Client::new(Connector::InProcess(calls), "zoe");
    let display_name = "Zoe's".to_owned();
    other.call(Request::AddRole { display_name }).await.unwrap();
    let Reply::UndoDone(preview) = house.client.preview(Request::Undo).await.unwrap() else {
        panic!("not undone")
    };
    assert!(preview.dry_run && preview.row.summary.contains("suspended"));
    assert_eq!(undo(&house).await, [Action::UserReinstated]);
    assert_eq!(
        undo(&house).await,
        [Action::UserSuspended],
        "and forth again"
    );
    let user = "bob@x.io".to_owned();
    house.ask(Request::DeleteUser { user }).await;
    let never = house.refused(Request::Undo).await;
    assert!(never.contains("cannot be taken back"), "{never}");
}
