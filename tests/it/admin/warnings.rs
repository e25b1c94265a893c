//! What the operator is warned of, over the admin API.

use rolecall::{
    admin::{Reply, Request, row::Warning},
    directory::{Command, HoldState, Outcome, PermissionLevel},
    scim::resource::UserAttributes,
};

use super::house::House;

async fn warnings(house: &House) -> Vec<Warning> {
    match house.ask(Request::Warnings).await {
        Reply::Warnings(warnings) => warnings,
        other => panic!("{other:?}"),
    }
}

async fn checks(house: &House) -> Vec<String> {
    let warnings = warnings(house).await.into_iter();
    warnings.map(|warning| warning.check).collect()
}

#[tokio::test]
async fn a_lock_out_is_seen_from_afar() {
    let house = House::new();
    let token = house.token().await;
    assert_eq!(checks(&house).await, ["lock-out"]);
    let level = |user: &str| Request::SetLevel {
        user: user.to_owned(),
        level: PermissionLevel::Admin,
    };
    for name in ["a@x.io", "b@x.io"] {
        house.push_user(&token, name).await;
        house.ask(level(name)).await;
        assert_eq!(checks(&house).await, ["lock-out"], "{name}");
    }
    let all_pushed = &warnings(&house).await[0].sentence;
    assert!(all_pushed.contains("individually"), "{all_pushed}");
    house.add_user("c@x.io").await;
    house.ask(level("c@x.io")).await;
    assert_eq!(checks(&house).await, [""; 0]);
}

#[tokio::test]
async fn members_that_are_unknown_or_suspended_are_named() {
    let house = House::new();
    let token = house.token().await;
    house.add_role("Local").await;
    house.add_user("bob@x.io").await;
    let attach = Request::Attach {
        role: "Local".to_owned(),
        user: "bob@x.io".to_owned(),
    };
    house.ask(attach).await;
    let user = "bob@x.io".to_owned();
    house.ask(Request::SuspendUser { user }).await;
    let nobody = rolecall::directory::UserId(uuid::Uuid::from_u128(7));
    house.push_role(&token, "Pushed", &[nobody]).await;
    assert_eq!(
        checks(&house).await,
        ["lock-out", "unknown-members", "suspended-member"]
    );
    let warnings = warnings(&house).await;
    assert!(warnings[1].sentence.contains(&nobody.to_string()));
    assert!(warnings[2].sentence.contains("bob@x.io"));
    let Reply::Status(status) = house.ask(Request::Status).await else {
        panic!("no status")
    };
    assert_eq!(status.warnings, warnings, "one list");
}

#[tokio::test]
async fn a_held_sync_waits_for_the_operator() {
    let house = House::new();
    let token = house.token().await;
    let mut users = Vec::new();
    for number in 0..12 {
        users.push(house.push_user(&token, &format!("u{number}@x.io")).await);
    }
    let mut turned_away = 0;
    for &id in &users {
        let document = serde_json::json!({ "userName": format!("{id}@x.io"), "active": false });
        let attributes = UserAttributes::from_document(document.as_object().unwrap()).unwrap();
        let condition = rolecall::directory::Condition::None;
        let replace = Command::ReplaceUser {
            id,
            attributes,
            condition,
        };
        turned_away += usize::from(matches!(
            house.push(&token, replace).await,
            Outcome::Held { .. }
        ));
    }
    assert_eq!(turned_away, 3);
    let all = checks(&house).await;
    assert_eq!(all, ["lock-out", "held"]);
    let (everything, limit) = (false, 10);
    let holds = Request::Holds {
        all: everything,
        limit,
    };
    let Reply::Holds(holds) = house.ask(holds).await else {
        panic!("no holds")
    };
    let hold = &holds[0];
    assert_eq!((hold.state, hold.attempts), (HoldState::Held, 3));
    for (request, state) in [
        (Request::RefuseHold { id: hold.id }, HoldState::Refused),
        (Request::ApproveHold { id: hold.id }, HoldState::Approved),
    ] {
        let Reply::HoldDone(done) = house.ask(request).await else {
            panic!("not a hold")
        };
        assert_eq!(done.row.state, state);
    }
    assert_eq!(checks(&house).await, ["lock-out"]);
}
