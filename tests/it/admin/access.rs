//! Who may reach what, and what the clock does to it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use jiff::{SignedDuration, Timestamp};
use rolecall::{
    admin::{
        Reply, Request,
        row::{AccessCheckRow, AccessRow},
    },
    directory::{Action, access::Via},
    service::EngineOptions,
};

use super::house::House;

fn resource(name: &str) -> Request {
    Request::AddResource {
        name: name.to_owned(),
        kind: "postgres".to_owned(),
        tags: BTreeMap::from([("env".to_owned(), "prod".to_owned())]),
    }
}

fn grant(role: &str, resource: &str) -> Request {
    Request::GrantAccess {
        role: role.to_owned(),
        resource: resource.to_owned(),
    }
}

async fn check(house: &House, user: &str, resource: &str) -> AccessCheckRow {
    let (user, resource) = (user.to_owned(), resource.to_owned());
    match house.ask(Request::AccessCheck { user, resource }).await {
        Reply::AccessCheck(row) => *row,
        other => panic!("{other:?}"),
    }
}

async fn list(house: &House, user: Option<&str>, resource: Option<&str>) -> Vec<AccessRow> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let request = Request::AccessList {
            user: user.map(str::to_owned),
            resource: resource.map(str::to_owned),
            after,
            limit: 1,
        };
        let Reply::Access { rows, next } = house.ask(request).await else {
            panic!("no list")
        };
        all.extend(rows);
        after = next;
        if after.is_none() {
            return all;
        }
    }
}

#[tokio::test]
async fn every_yes_and_no_is_explained() {
    let house = House::new();
    for name in ["bob@x.io", "cid@x.io"] {
        house.add_user(name).await;
    }
    house.add_role("Engineering").await;
    for name in ["db", "ssh"] {
        house.ask(resource(name)).await;
    }
    assert!(house.refused(resource("DB")).await.contains("DB"));
    for user in ["bob@x.io", "cid@x.io"] {
        let attach = Request::Attach {
            role: "Engineering".to_owned(),
            user: user.to_owned(),
        };
        house.ask(attach).await;
    }
    let no = check(&house, "bob@x.io", "db").await;
    assert!(!no.allowed && no.refused_because.is_some());
    let Reply::GrantDone(done) = house.ask(grant("Engineering", "db")).await else {
        panic!("not a grant")
    };
    assert_eq!(
        (&*done.row.role_name, &*done.row.resource_name),
        ("Engineering", "db")
    );
    let yes = check(&house, "bob@x.io", "DB").await;
    assert!(yes.allowed);
    assert_eq!(yes.because[0].role.as_deref(), Some("Engineering"));
    let until = Timestamp::now() + SignedDuration::from_hours(1);
    let give = Request::GiveAccess {
        user: "bob@x.io".to_owned(),
        resource: "ssh".to_owned(),
        from: None,
        until,
    };
    house.ask(give).await;
    let rows = list(&house, None, None).await;
    let told: Vec<_> = rows
        .iter()
        .map(|row| (&*row.user_name, &*row.resource_name, row.via))
        .collect();
    assert_eq!(
        told,
        [
            ("bob@x.io", "db", Via::Role),
            ("cid@x.io", "db", Via::Role),
            ("bob@x.io", "ssh", Via::Temporary),
        ]
    );
    assert_eq!(list(&house, Some("bob@x.io"), None).await.len(), 2);
    assert_eq!(list(&house, None, Some("db")).await.len(), 2);
    assert_eq!(list(&house, Some("cid@x.io"), Some("ssh")).await, []);
    let user = "bob@x.io".to_owned();
    house.ask(Request::SuspendUser { user }).await;
    let no = check(&house, "bob@x.io", "db").await;
    assert_eq!(no.refused_because.as_deref(), Some("suspended"));
    let deleted = Request::DeleteResource {
        resource: "db".to_owned(),
    };
    house.ask(deleted).await;
    assert_eq!(list(&house, None, None).await, []);
    assert_eq!(house.ask(Request::Check).await, Reply::Check(Vec::new()));
}

#[tokio::test]
async fn access_ends_by_the_clock_and_the_journal_says_so() {
    let start = Timestamp::now();
    let ahead = Arc::new(AtomicI64::new(0));
    let hours = Arc::clone(&ahead);
    let house = House::told(EngineOptions {
        clock: Arc::new(move || start + SignedDuration::from_hours(hours.load(Ordering::SeqCst))),
        ..EngineOptions::default()
    });
    house.add_user("bob@x.io").await;
    house.ask(resource("db")).await;
    let give = Request::GiveAccess {
        user: "bob@x.io".to_owned(),
        resource: "db".to_owned(),
        from: Some(start + SignedDuration::from_hours(1)),
        until: start + SignedDuration::from_hours(3),
    };
    house.ask(give).await;
    let no = check(&house, "bob@x.io", "db").await;
    assert!(!no.allowed);
    let after = 0;
    let feed = house.client.follow(Request::FollowJournal { after }).await;
    let mut feed = feed.unwrap();
    for (hour, action) in [(2, Action::AccessStarted), (4, Action::AccessEnded)] {
        ahead.store(hour, Ordering::SeqCst);
        let allowed = check(&house, "bob@x.io", "db").await.allowed;
        assert_eq!(
            allowed,
            action == Action::AccessStarted,
            "before the journal says so"
        );
        // Any commit makes the engine look at its clock.
        house.add_role(&format!("Role {hour}")).await;
        'told: loop {
            let Some(Reply::Journal(rows)) = feed.next().await.unwrap() else {
                panic!("the feed ended")
            };
            for row in rows {
                if row.action == action {
                    assert_eq!(row.actor, "rolecall");
                    break 'told;
                }
            }
        }
    }
    assert!(!check(&house, "bob@x.io", "db").await.allowed);
}

#[tokio::test]
async fn access_that_ends_soon_ends_without_anything_else_happening() {
    let house = House::new();
    house.add_user("bob@x.io").await;
    house.ask(resource("db")).await;
    let give = Request::GiveAccess {
        user: "bob@x.io".to_owned(),
        resource: "db".to_owned(),
        from: None,
        until: Timestamp::now() + SignedDuration::from_millis(300),
    };
    let Reply::TemporaryAccessDone(done) = house.ask(give).await else {
        panic!("not given")
    };
    let after = done.changes[0].seq;
    let feed = house.client.follow(Request::FollowJournal { after }).await;
    let Some(Reply::Journal(rows)) = feed.unwrap().next().await.unwrap() else {
        panic!("the feed ended")
    };
    assert_eq!(rows[0].action, Action::AccessEnded);
}
