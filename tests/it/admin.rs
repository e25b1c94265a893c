//! Conversations over the admin API, in process and over a socket, against either store.

mod access;
mod documents;
mod feed;
mod house;
mod local;
mod memberships;
mod search;
mod socket;
mod warnings;

use std::sync::Arc;

use rolecall::{
    admin::{
        Client, ClientError, Connector, Reply, Request,
        row::NamedMember,
        server::{Facts, serve_in_process},
    },
    directory::{
        Action, ConflictState, ManagedBy, Origin, Outcome, PermissionLevel, Provider,
        ProviderState, RoleId, UserId,
    },
    service::{Engine, EngineOptions},
    store::MemoryStore,
};
use serde_json::json;

use house::{House, add_user, facts};

#[tokio::test]
async fn administration() {
    let house = House::new();
    let user = house.add_user("bob@x.io").await;
    assert_eq!(user.display_name, "Ann");
    assert_eq!(user.managed_by, ManagedBy::Local);
    house.add_user("backup").await;
    house.add_role("Engineering").await;

    let attach = Request::Attach {
        role: "engineering".to_owned(),
        user: "BOB@x.io".to_owned(),
    };
    let Reply::MembershipDone(done) = house.ask(attach).await else {
        panic!("not a membership")
    };
    assert_eq!(
        (done.row.role_name.as_str(), done.row.origin),
        ("Engineering", Origin::Local)
    );
    assert_eq!(done.changes.len(), 1);
    assert_eq!(done.changes[0].actor, "operator ann");

    let level = Request::SetLevel {
        user: user.id.to_string(),
        level: PermissionLevel::Admin,
    };
    let Reply::UserDone(done) = house.ask(level).await else {
        panic!("not a user")
    };
    assert_eq!(done.row.permission_level, PermissionLevel::Admin);
    assert_eq!(done.row.roles, ["Engineering"]);

    let by_name = Request::User {
        user: "bob@X.io".to_owned(),
    };
    let Reply::User(detail) = house.ask(by_name).await else {
        panic!("not a user")
    };
    assert_eq!(detail.memberships[0].display_name, "Engineering");
    let history: Vec<Action> = detail.history.iter().map(|row| row.action).collect();
    assert_eq!(
        history,
        [
            Action::UserLevelChanged,
            Action::MembersAdded,
            Action::UserCreated
        ]
    );

    let show = Request::Role {
        role: "ENGINEERING".to_owned(),
        members: 10,
    };
    let Reply::Role(detail) = house.ask(show).await else {
        panic!("not a role")
    };
    assert_eq!(detail.members[0].user_name, "bob@x.io");
    assert_eq!(detail.row.local_members, 1);

    let missing = Request::User {
        user: "nobody".to_owned(),
    };
    assert_eq!(
        house.refused(missing).await,
        "There is no user \"nobody\" here."
    );
    house.engine.close().await;
}

async fn names(house: &House, filter: Option<&str>, offset: u64, limit: u32) -> (Vec<String>, u64) {
    let request = Request::Users {
        filter: filter.map(str::to_owned),
        sort: None,
        offset,
        limit,
    };
    match house.ask(request).await {
        Reply::Users(page) => {
            let names = page.rows.into_iter().map(|row| row.user_name).collect();
            (names, page.total)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn lists() {
    let house = House::new();
    let token = house.token().await;
    for name in ["ann@x.io", "bob@x.io", "carl@y.io"] {
        house.push_user(&token, name).await;
    }
    house.add_user("backup").await;

    assert_eq!(
        names(&house, None, 1, 2).await,
        (vec!["bob@x.io".into(), "carl@y.io".into()], 4)
    );
    assert_eq!(
        names(&house, Some("X.IO"), 1, 5).await,
        (vec!["bob@x.io".into()], 2)
    );
    let filter = "externalId eq \"ext-carl@y.io\"";
    assert_eq!(
        names(&house, Some(filter), 0, 5).await,
        (vec!["carl@y.io".into()], 1)
    );
    let filter = "userName eq \"backup\"";
    assert_eq!(
        names(&house, Some(filter), 0, 5).await,
        (vec!["backup".into()], 1)
    );
    let slip = Request::Users {
        filter: Some("userNme eq \"x\"".to_owned()),
        sort: None,
        offset: 0,
        limit: 5,
    };
    assert!(house.refused(slip).await.contains("userNme"));
    house.engine.close().await;
}

#[tokio::test]
async fn tokens() {
    let house = House::new();
    let first = house.token().await;
    let second = house.token().await;
    assert_eq!(
        (first.name.as_str(), second.name.as_str()),
        ("okta 1", "okta 2")
    );
    assert!(first.token.starts_with("rc_okta_"));
    assert!(!format!("{first:?}").contains(&first.token));
    let header = format!("Bearer {}", first.token);
    house.engine.authenticate(Some(&header)).unwrap();

    let Reply::Tokens(rows) = house.ask(Request::Tokens).await else {
        panic!("not tokens")
    };
    assert_eq!(rows.len(), 2);
    assert_eq!((rows[0].requests, rows[1].requests), (1, 0));
    assert!(rows[0].last_used.is_some());
    assert!(!json!(rows).to_string().contains(&first.token));

    house.ask(Request::RevokeToken { id: first.id }).await;
    assert!(house.engine.authenticate(Some(&header)).is_err());

    let provider = Provider::Okta;
    let Reply::ProviderDone(done) = house.ask(Request::DeactivateProvider { provider }).await
    else {
        panic!("not a provider")
    };
    assert_eq!(
        (done.row.state, done.row.tokens),
        (ProviderState::Inactive, 0)
    );
    let Reply::Providers(rows) = house.ask(Request::Providers).await else {
        panic!("not providers")
    };
    assert_eq!(rows.len(), Provider::ALL.len());
    assert!(rows[0].last_seen.is_some());
    house.engine.close().await;
}

#[tokio::test]
async fn conflicts() {
    let house = House::new();
    let token = house.token().await;
    let ann = house.push_user(&token, "ann@x.io").await;
    let bob = house.push_user(&token, "bob@x.io").await;
    house.add_role("Finance").await;
    let attach = Request::Attach {
        role: "Finance".to_owned(),
        user: "ann@x.io".to_owned(),
    };
    house.ask(attach).await;
    let stranger = UserId::from_bytes([9; 16]);
    let refused = house
        .push_role(&token, "finance", &[ann, bob, stranger])
        .await;
    assert!(matches!(refused, Outcome::Refused { .. }), "{refused:?}");

    let open = house.conflicts(false).await;
    assert_eq!(open.len(), 1);
    let id = open[0].id;
    let Reply::Conflict(detail) = house.ask(Request::Conflict { id }).await else {
        panic!("not a conflict")
    };
    assert_eq!(detail.existing_managed_by, Some(ManagedBy::Local));
    let name = |member: &NamedMember| member.user_name.clone();
    assert_eq!(
        detail.both.iter().map(name).collect::<Vec<_>>(),
        [Some("ann@x.io".to_owned())]
    );
    assert_eq!(
        detail.only_incoming.iter().map(name).collect::<Vec<_>>(),
        [Some("bob@x.io".to_owned()), None]
    );

    let link = Request::LinkConflict { id };
    let Reply::ConflictDone(preview) = house.client.preview(link.clone()).await.unwrap() else {
        panic!("not a conflict")
    };
    assert!(preview.dry_run && !preview.changes.is_empty());
    assert_eq!(preview.row.state, ConflictState::Linked);
    assert_eq!(house.conflicts(false).await.len(), 1);

    let Reply::ConflictDone(done) = house.ask(link).await else {
        panic!("not a conflict")
    };
    assert!(!done.dry_run);
    assert_eq!(house.conflicts(false).await, []);
    assert_eq!(house.conflicts(true).await[0].state, ConflictState::Linked);
    let role = house.push_role(&token, "finance", &[ann, bob]).await;
    assert!(
        matches!(role, Outcome::Role { created: true, .. }),
        "{role:?}"
    );
    house.engine.close().await;
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_shows_no_secret() {
    let house = House::new();
    let request = Request::CreateToken {
        provider: Provider::Okta,
        name: None,
        expires: None,
    };
    let Reply::NewToken(token) = house.client.preview(request).await.unwrap() else {
        panic!("not a token")
    };
    assert_eq!(token.token, "");
    let Reply::Tokens(rows) = house.ask(Request::Tokens).await else {
        panic!("not tokens")
    };
    assert_eq!(rows, []);
    house.engine.close().await;
}

#[tokio::test]
async fn a_read_only_server_refuses_every_act_and_answers_questions() {
    let engine = Engine::start(Arc::new(MemoryStore::new()), EngineOptions::default()).unwrap();
    let facts = Facts {
        read_only: true,
        ..Facts::clone(&facts())
    };
    let calls = serve_in_process(Arc::clone(&engine), Arc::new(facts));
    let client = Client::new(Connector::InProcess(calls), "ann");
    let refused = client.call(add_user("ann@x.io")).await;
    assert!(
        matches!(refused, Err(ClientError::Refused(_))),
        "{refused:?}"
    );
    assert!(client.call(Request::Status).await.is_ok());
    engine.close().await;
}

#[tokio::test]
async fn status() {
    let house = House::new();
    let token = house.token().await;
    house.push_user(&token, "ann@x.io").await;
    house.add_user("bob@x.io").await;
    house.add_user("backup").await;
    let Reply::Status(report) = house.ask(Request::Status).await else {
        panic!("not a status")
    };
    assert_eq!((report.users.active, report.users.local), (2, 1));
    assert_eq!(report.users.service_accounts, 1);
    assert_eq!(report.providers.len(), 1);
    assert_eq!(report.providers[0].users, 1);
    assert_eq!(report.warnings[0].check, "lock-out");
    assert!(report.journal_last >= 4);

    assert_eq!(steps_done(&house).await, ["token", "first-user"]);
    let level = Request::SetLevel {
        user: "bob@x.io".to_owned(),
        level: PermissionLevel::Admin,
    };
    house.ask(level).await;
    house.push_role(&token, "Engineering", &[]).await;
    let done = steps_done(&house).await;
    assert!(done.contains(&"break-glass".to_owned()), "{done:?}");
    assert!(done.contains(&"first-group".to_owned()), "{done:?}");
    house.engine.close().await;
}

async fn steps_done(house: &House) -> Vec<String> {
    let Reply::Setup(steps) = house.ask(Request::Setup).await else {
        panic!("not steps")
    };
    let done = steps.into_iter().filter(|step| step.done);
    done.map(|step| step.step).collect()
}

#[tokio::test]
async fn following() {
    let house = House::new();
    house.add_role("First").await;
    let follow = Request::FollowJournal { after: 0 };
    let mut follower = house.client.follow(follow).await.unwrap();
    let mut seen = Vec::new();
    let mut names = Vec::new();
    for number in 2..=30 {
        names.push(format!("Role {number}"));
    }
    let adding = async {
        for name in &names {
            house.add_role(name).await;
        }
    };
    let reading = async {
        while seen.len() < 30 {
            match follower.next().await.unwrap() {
                Some(Reply::Journal(rows)) => seen.extend(rows.into_iter().map(|row| row.seq)),
                other => panic!("{other:?}"),
            }
        }
    };
    tokio::join!(adding, reading);
    assert_eq!(seen, (1..=30).collect::<Vec<u64>>());
    house.engine.close().await;
    assert_eq!(follower.next().await.unwrap(), None);
}

#[tokio::test]
async fn a_role_is_found_by_its_id() {
    let house = House::new();
    let role: RoleId = house.add_role("Engineering").await.id;
    let request = Request::Role {
        role: role.to_string(),
        members: 0,
    };
    assert!(matches!(house.ask(request).await, Reply::Role(_)));
    house.engine.close().await;
}
