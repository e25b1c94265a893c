//! What it costs to ask who may reach what: `access check`, `access list --user` and `access list
//! --resource` over the durable file, in a small and in a large directory. The answers come from
//! indexes, so the two must cost about the same. JSON goes to stdout, a table to stderr.
//!
//! ```sh
//! cargo bench --bench access              # 100,000 users, 10,000 roles, 1,000 resources
//! cargo bench --bench access -- --short   # a hundredth of it
//! ```

use std::{collections::BTreeMap, error::Error, hint::black_box, time::Instant};

use jiff::{SignedDuration, Timestamp};
use rolecall::{
    directory::{
        Change, Grant, ManagedBy, Membership, Origin, PermissionLevel, Provider, Resource,
        ResourceId, Role, RoleId, TemporaryAccess, User, UserId, UserKind, access,
    },
    store::{Ending, RedbStore, Snapshot, Store as _, StoreError, Transaction},
};
use serde_json::json;
use uuid::Uuid;

/// How large a directory is.
#[derive(Clone, Copy)]
struct Size {
    users: u128,
    roles: u128,
    resources: u128,
}

const SMALL: Size = Size {
    users: 1_000,
    roles: 100,
    resources: 10,
};
const LARGE: Size = Size {
    users: 100_000,
    roles: 10_000,
    resources: 1_000,
};

/// Roles of each user, and resources of each role.
const EACH: u128 = 5;
/// Rows in one transaction while the directory is made.
const BATCH: usize = 5_000;
/// Questions of each kind.
const ASKED: u128 = 5_000;
/// Rows of a page.
const PAGE: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        eprintln!("this is a benchmark: run it with cargo bench --bench access");
        return Ok(());
    }
    let large = if arguments.iter().any(|argument| argument == "--short") {
        SMALL
    } else {
        LARGE
    };
    let small = measure(SMALL)?;
    let large_figures = measure(large)?;
    let mut ratios = BTreeMap::new();
    for (question, micros) in &large_figures {
        let ratio = micros / small[question];
        eprintln!(
            "{question:24} {:8.1} µs small  {micros:8.1} µs large  ratio {ratio:.2}",
            small[question]
        );
        ratios.insert(*question, ratio);
    }
    let report = json!({
        "users": u64::try_from(large.users)?,
        "roles": u64::try_from(large.roles)?,
        "resources": u64::try_from(large.resources)?,
        "micros_small": small,
        "micros_large": large_figures,
        "large_over_small": ratios,
    });
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}

/// The mean microseconds of each question.
fn measure(size: Size) -> Result<BTreeMap<&'static str, f64>, Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let store = RedbStore::open(directory.path())?;
    let now = Timestamp::now();
    fill(&store, size, now)?;
    let snapshot = store.snapshot()?;
    let snapshot: &dyn Snapshot = &*snapshot;
    let user = |number: u128| -> Result<User, Box<dyn Error>> {
        let id = user_id(number * 7_919 % size.users);
        Ok(snapshot.user(id)?.ok_or("a user is missing")?)
    };
    let resource = |number: u128| resource_id(number * 104_729 % size.resources);
    let mut figures = BTreeMap::new();
    let mut time = |question, ask: &mut dyn FnMut(u128) -> Result<(), Box<dyn Error>>| {
        let started = Instant::now();
        for number in 0..ASKED {
            ask(number)?;
        }
        #[allow(clippy::cast_precision_loss, reason = "a few thousand questions")]
        let mean = started.elapsed().as_secs_f64() * 1e6 / ASKED as f64;
        figures.insert(question, mean);
        Ok::<(), Box<dyn Error>>(())
    };
    time("access check", &mut |number| {
        let asked = user(number)?;
        black_box(access::check(snapshot, &asked, resource(number), now)?);
        Ok(())
    })?;
    time("access list --user", &mut |number| {
        let asked = user(number)?;
        black_box(access::reached_by(snapshot, &asked, now, None, PAGE)?);
        Ok(())
    })?;
    time("access list --resource", &mut |number| {
        black_box(access::reaching(
            snapshot,
            resource(number),
            now,
            None,
            PAGE,
        )?);
        Ok(())
    })?;
    Ok(figures)
}

fn fill(store: &RedbStore, size: Size, now: Timestamp) -> Result<(), StoreError> {
    let mut changes = Vec::new();
    changes.extend((0..size.users).map(|number| put_user(number, now)));
    let members = u64::try_from(size.users * EACH / size.roles).unwrap_or(u64::MAX);
    changes.extend((0..size.roles).map(|number| put_role(number, members, now)));
    changes.extend((0..size.resources).map(|number| put_resource(number, now)));
    for user in 0..size.users {
        for step in 0..EACH {
            changes.push(Change::PutMembership(Membership {
                role: role_id((user + step * size.roles / EACH) % size.roles),
                user: user_id(user),
                origin: Origin::Provider,
            }));
        }
    }
    for role in 0..size.roles {
        for step in 0..EACH {
            changes.push(Change::PutGrant(Grant {
                role: role_id(role),
                resource: resource_id((role + step * size.resources / EACH) % size.resources),
            }));
        }
    }
    for user in (0..size.users).step_by(100) {
        changes.push(Change::PutTemporaryAccess {
            before: None,
            after: TemporaryAccess {
                user: user_id(user),
                resource: resource_id(user % size.resources),
                from: now,
                until: now
                    .saturating_add(SignedDuration::from_hours(8))
                    .unwrap_or(now),
                started: true,
            },
        });
    }
    for batch in changes.chunks(BATCH) {
        store.write(&mut |transaction: &mut dyn Transaction| {
            for change in batch {
                transaction.apply(change)?;
            }
            Ok(Ending::Commit)
        })?;
    }
    Ok(())
}

fn user_id(number: u128) -> UserId {
    UserId(Uuid::from_u128(0x1_0000_0000 + number))
}

fn role_id(number: u128) -> RoleId {
    RoleId(Uuid::from_u128(0x2_0000_0000 + number))
}

fn resource_id(number: u128) -> ResourceId {
    ResourceId(Uuid::from_u128(0x3_0000_0000 + number))
}

fn put_user(number: u128, now: Timestamp) -> Change {
    Change::PutUser {
        before: None,
        after: Box::new(User {
            id: user_id(number),
            kind: UserKind::Person,
            managed_by: ManagedBy::Provider(Provider::Okta),
            permission_level: PermissionLevel::User,
            user_name: format!("user{number}@example.com"),
            active: Some(true),
            external_ids: BTreeMap::new(),
            aliases: Vec::new(),
            attributes: rolecall::directory::Attributes::default(),
            created: now,
            last_modified: now,
            version: 1,
        }),
    }
}

fn put_role(number: u128, members: u64, now: Timestamp) -> Change {
    Change::PutRole {
        before: None,
        after: Box::new(Role {
            id: role_id(number),
            managed_by: ManagedBy::Provider(Provider::Okta),
            display_name: format!("Role {number}"),
            external_ids: BTreeMap::new(),
            attributes: serde_json::Map::new(),
            provider_members: members,
            local_members: 0,
            created: now,
            last_modified: now,
            version: 1,
        }),
    }
}

fn put_resource(number: u128, now: Timestamp) -> Change {
    Change::PutResource(Box::new(Resource {
        id: resource_id(number),
        name: format!("database-{number}"),
        kind: "postgres".to_owned(),
        tags: BTreeMap::new(),
        created: now,
    }))
}
