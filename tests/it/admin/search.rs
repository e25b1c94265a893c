//! Lists that are filtered and put in order by the server.

use rolecall::{
    admin::{
        Reply, Request,
        request::{ResourceOrder, RoleOrder, Sort, UserOrder},
        row::Page,
    },
    directory::{Outcome, PermissionLevel, UserId},
};

use super::house::House;

/// Three people and a service account; two of them in Engineering, one of those in Finance, too.
async fn furnish(house: &House) -> UserId {
    let token = house.token().await;
    let ann = house.push_user(&token, "ann@x.io").await;
    let bob = house.push_user(&token, "bob@x.io").await;
    house.add_user("carl@y.io").await;
    house.add_user("backup").await;
    let pushed = house.push_role(&token, "Engineering", &[ann, bob]).await;
    let Outcome::Role { role, .. } = pushed else {
        panic!("not a role")
    };
    house.engine.note_push(role.id);
    house.add_role("Finance").await;
    house.add_role("Empty").await;
    for (role, user) in [("Finance", "carl@y.io"), ("Engineering", "carl@y.io")] {
        let (role, user) = (role.to_owned(), user.to_owned());
        house.ask(Request::Attach { role, user }).await;
    }
    let (user, level) = ("carl@y.io".to_owned(), PermissionLevel::Admin);
    house.ask(Request::SetLevel { user, level }).await;
    let user = "backup".to_owned();
    house.ask(Request::SuspendUser { user }).await;
    for (name, kind, tag) in [("orders", "postgres", "prod"), ("bastion", "ssh", "test")] {
        let add = Request::AddResource {
            name: name.to_owned(),
            kind: kind.to_owned(),
            tags: [("env".to_owned(), tag.to_owned())].into(),
        };
        house.ask(add).await;
    }
    let (role, resource) = ("Finance".to_owned(), "orders".to_owned());
    house.ask(Request::GrantAccess { role, resource }).await;
    ann
}

fn names<Row>(page: Page<Row>, name: impl Fn(Row) -> String) -> Vec<String> {
    page.rows.into_iter().map(name).collect()
}

async fn users(house: &House, filter: &str, sort: Option<Sort<UserOrder>>) -> Vec<String> {
    let request = Request::Users {
        filter: Some(filter.to_owned()),
        sort,
        offset: 0,
        limit: 100,
    };
    let Reply::Users(page) = house.ask(request).await else {
        panic!("not users")
    };
    assert_eq!((page.total, page.of), (page.rows.len() as u64, 4));
    names(page, |row| row.user_name)
}

async fn roles(house: &House, filter: &str, sort: Option<Sort<RoleOrder>>) -> Vec<String> {
    let request = Request::Roles {
        filter: Some(filter.to_owned()),
        sort,
        offset: 0,
        limit: 100,
    };
    let Reply::Roles(page) = house.ask(request).await else {
        panic!("not roles")
    };
    names(page, |row| row.display_name)
}

async fn resources(house: &House, filter: &str, sort: Option<Sort<ResourceOrder>>) -> Vec<String> {
    let request = Request::Resources {
        filter: Some(filter.to_owned()),
        sort,
        offset: 0,
        limit: 100,
    };
    let Reply::Resources(page) = house.ask(request).await else {
        panic!("not resources")
    };
    names(page, |row| row.name)
}

#[tokio::test]
async fn filters() {
    let house = House::new();
    let ann = furnish(&house).await;
    let id = format!("id:{ann}");
    for (filter, expected) in [
        ("state:suspended", &["backup"][..]),
        ("kind:person", &["ann@x.io", "bob@x.io", "carl@y.io"]),
        ("by:okta !bob", &["ann@x.io"]),
        ("level:admin|auditor", &["carl@y.io"]),
        ("role:eng", &["ann@x.io", "bob@x.io", "carl@y.io"]),
        ("role:eng role:=finance", &["carl@y.io"]),
        ("!role:eng", &["backup"]),
        (
            "role:engine|fin state:active !by:local",
            &["ann@x.io", "bob@x.io"],
        ),
        ("roles:2", &["carl@y.io"]),
        ("!in-roles", &["backup"]),
        ("name:=ANN@x.io", &["ann@x.io"]),
        ("name:=ann", &[]),
        ("external:ext-bob", &["bob@x.io"]),
        (
            "created:1h",
            &["ann@x.io", "bob@x.io", "carl@y.io", "backup"],
        ),
        ("created:>1h", &[]),
        ("userName sw \"a\"", &["ann@x.io"]),
        (&id, &["ann@x.io"]),
    ] {
        assert_eq!(users(&house, filter, None).await, expected, "{filter}");
    }
    for (filter, expected) in [
        ("by:local", &["Finance", "Empty"][..]),
        ("members:0", &["Empty"]),
        ("members:>1 local:1", &["Engineering"]),
        ("member:=carl@y.io", &["Engineering", "Finance"]),
        ("member:ann", &["Engineering"]),
        ("!member:ann", &["Finance", "Empty"]),
        ("resource:order", &["Finance"]),
        ("stale", &[]),
        ("pushed:never", &["Finance", "Empty"]),
        ("name:=finance", &["Finance"]),
        ("displayName co \"ng\"", &["Engineering"]),
    ] {
        assert_eq!(roles(&house, filter, None).await, expected, "{filter}");
    }
    for (filter, expected) in [
        ("kind:postgres", &["orders"][..]),
        ("tag:env=test", &["bastion"]),
        ("granted", &["orders"]),
        ("role:fin", &["orders"]),
        ("!role:fin", &["bastion"]),
        ("prod", &["orders"]),
    ] {
        assert_eq!(resources(&house, filter, None).await, expected, "{filter}");
    }
    refusals(&house).await;
    house.engine.close().await;
}

async fn refusals(house: &House) {
    for (filter, part) in [
        (
            "ann state:gone",
            "at character 5: state:gone is none of its values; choose active or suspended.",
        ),
        ("colour:red", "there is no operator colour:"),
        ("userNme eq \"x\"", "userNme"),
    ] {
        let (filter, sort) = (Some(filter.to_owned()), None);
        let (offset, limit) = (0, 5);
        let why = house
            .refused(Request::Users {
                filter,
                sort,
                offset,
                limit,
            })
            .await;
        assert!(why.contains(part), "{why}");
    }
}

#[tokio::test]
async fn orders() {
    let house = House::new();
    furnish(&house).await;
    for (by, up) in [
        (
            UserOrder::UserName,
            ["ann@x.io", "backup", "bob@x.io", "carl@y.io"],
        ),
        (
            UserOrder::DisplayName,
            ["carl@y.io", "ann@x.io", "backup", "bob@x.io"],
        ),
        (
            UserOrder::State,
            ["ann@x.io", "bob@x.io", "carl@y.io", "backup"],
        ),
        (
            UserOrder::Roles,
            ["backup", "ann@x.io", "bob@x.io", "carl@y.io"],
        ),
        (
            UserOrder::Level,
            ["ann@x.io", "bob@x.io", "backup", "carl@y.io"],
        ),
        (
            UserOrder::ManagedBy,
            ["carl@y.io", "backup", "ann@x.io", "bob@x.io"],
        ),
        (
            UserOrder::Created,
            ["ann@x.io", "bob@x.io", "carl@y.io", "backup"],
        ),
        (
            UserOrder::Changed,
            ["ann@x.io", "bob@x.io", "carl@y.io", "backup"],
        ),
    ] {
        let sort = |descending| Some(Sort { by, descending });
        assert_eq!(users(&house, "", sort(false)).await, up, "{by:?}");
        // Those that are equal stay in the order of their making, either way round.
        let down = users(&house, "", sort(true)).await;
        match by {
            UserOrder::State => assert_eq!(down[0], "backup"),
            UserOrder::ManagedBy => assert_eq!(down[..2], ["ann@x.io", "bob@x.io"]),
            _ => assert_eq!(down[3], last_down(by, &up)),
        }
    }
    let by_members = roles(&house, "", Some(down(RoleOrder::Members))).await;
    assert_eq!(by_members, ["Engineering", "Finance", "Empty"]);
    let by_push = roles(&house, "by:local", Some(down(RoleOrder::LastPush))).await;
    assert_eq!(by_push, ["Finance", "Empty"]);
    let by_kind = resources(&house, "", Some(down(ResourceOrder::Kind))).await;
    assert_eq!(by_kind, ["bastion", "orders"]);
    house.engine.close().await;
}

/// The greatest first.
fn down<By>(by: By) -> Sort<By> {
    Sort {
        by,
        descending: true,
    }
}

/// The last one the other way round: the first one, but where several are first.
fn last_down<'a>(by: UserOrder, up: &[&'a str; 4]) -> &'a str {
    match by {
        UserOrder::Level => up[2],
        _ => up[0],
    }
}

#[tokio::test]
async fn pages_of_an_order_fit_together_and_follow_changes() {
    let house = House::new();
    for number in 0..7 {
        house.add_user(&format!("u{number}@x.io")).await;
    }
    let page = async |offset, limit| {
        let request = Request::Users {
            filter: Some("x.io".to_owned()),
            sort: Some(Sort {
                by: UserOrder::UserName,
                descending: true,
            }),
            offset,
            limit,
        };
        let Reply::Users(page) = house.ask(request).await else {
            panic!("not users")
        };
        let total = page.total;
        (names(page, |row| row.user_name), total)
    };
    assert_eq!(page(0, 3).await.0, ["u6@x.io", "u5@x.io", "u4@x.io"]);
    assert_eq!(page(6, 3).await, (vec!["u0@x.io".to_owned()], 7));
    assert_eq!(page(9, 3).await, (vec![], 7));
    house.add_user("u7@x.io").await;
    // The list may be behind by as long as ten times what it takes to find it.
    while page(0, 1).await != (vec!["u7@x.io".to_owned()], 8) {
        tokio::task::yield_now().await;
    }
    house.engine.close().await;
}
