//! What the sample's server says of resources, of who reaches them, and of what is held.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rolecall::{
    admin::row::{
        AccessCheckRow, AccessRow, GrantRow, HoldRow, ResourceDetail, ResourceRow,
        TemporaryAccessRow,
    },
    directory::{
        Action, HoldId, HoldState, Provider, ResourceId, SubjectKind, UserId,
        access::{Reason, Via},
    },
};
use serde_json::{Value, json};

use super::{
    ago,
    directory::{roles, users},
    now,
    traffic::{entry, subject},
    uuid,
};

pub(in crate::console) fn ahead(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

pub(in crate::console) fn resource_id(number: u128) -> ResourceId {
    ResourceId(uuid(6, number))
}

pub(in crate::console) fn resources() -> Vec<ResourceRow> {
    let row = |number, name: &str, kind: &str, tags: &[(&str, &str)], made| ResourceRow {
        id: resource_id(number),
        name: name.to_owned(),
        kind: kind.to_owned(),
        tags: tags
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>(),
        created: ago(made),
    };
    vec![
        row(
            1,
            "prod-db",
            "postgres",
            &[("env", "prod"), ("team", "data")],
            9_000_000,
        ),
        row(2, "bastion", "ssh", &[("env", "prod")], 8_000_000),
        row(3, "grafana", "http", &[], 400_000),
        row(4, "staging-db", "postgres", &[("env", "staging")], 90_000),
    ]
}

/// Which role reaches which resource.
const GRANTS: [(&str, &str); 5] = [
    ("Break-glass", "prod-db"),
    ("Engineering", "prod-db"),
    ("Break-glass", "bastion"),
    ("Engineering", "grafana"),
    ("Engineering", "staging-db"),
];

pub(in crate::console) fn grants() -> Vec<GrantRow> {
    let grants = GRANTS.iter().filter_map(|(role, resource)| {
        let role = roles().into_iter().find(|row| row.display_name == *role)?;
        let resource = resources().into_iter().find(|row| row.name == *resource)?;
        Some(GrantRow {
            role: role.id,
            role_name: role.display_name,
            resource: resource.id,
            resource_name: resource.name,
        })
    });
    grants.collect()
}

pub(in crate::console) fn given() -> Vec<TemporaryAccessRow> {
    let row = |user, name: &str, resource, resource_name: &str, from, until| TemporaryAccessRow {
        user: UserId(uuid(2, user)),
        user_name: name.to_owned(),
        resource: resource_id(resource),
        resource_name: resource_name.to_owned(),
        from,
        until,
    };
    vec![
        row(
            5,
            "carl@example.com",
            1,
            "prod-db",
            ago(7_200),
            ahead(2_400),
        ),
        row(3, "bob@example.com", 1, "prod-db", ago(60), ahead(266_400)),
        row(
            3,
            "bob@example.com",
            2,
            "bastion",
            ahead(10_800),
            ahead(97_200),
        ),
    ]
}

/// Every way of everyone to everything: active members of granted roles, and what was given.
pub(in crate::console) fn ways() -> Vec<AccessRow> {
    let mut ways = Vec::new();
    for user in users().into_iter().filter(|user| user.active).take(6) {
        for resource in resources() {
            let way = |via, role, from, until| AccessRow {
                user: user.id,
                user_name: user.user_name.clone(),
                resource: resource.id,
                resource_name: resource.name.clone(),
                via,
                role,
                from,
                until,
            };
            for grant in grants() {
                if grant.resource == resource.id && user.roles.contains(&grant.role_name) {
                    ways.push(way(Via::Role, Some(grant.role_name), None, None));
                }
            }
            for given in given() {
                let holds = given.user == user.id && given.from <= now();
                if holds && given.resource == resource.id {
                    let times = (Some(given.from), Some(given.until));
                    ways.push(way(Via::Temporary, None, times.0, times.1));
                }
            }
        }
    }
    ways
}

pub(in crate::console) fn resource_detail(row: ResourceRow) -> ResourceDetail {
    let mut grants = grants();
    grants.retain(|grant| grant.resource == row.id);
    let mut temporary_access = given();
    temporary_access.retain(|given| given.resource == row.id);
    ResourceDetail {
        grants,
        temporary_access,
        history: vec![entry(
            640,
            Action::AccessGranted,
            subject(SubjectKind::Role, "Engineering"),
            Value::Null,
            json!({"resource": {"name": row.name}}),
        )],
        row,
    }
}

pub(in crate::console) fn check(user: &str, resource: &str) -> Option<AccessCheckRow> {
    let user = users()
        .into_iter()
        .find(|row| row.user_name == user || row.id.to_string() == user)?;
    let resource = resources()
        .into_iter()
        .find(|row| row.name == resource || row.id.to_string() == resource)?;
    let because: Vec<Reason> = ways()
        .into_iter()
        .filter(|way| way.user == user.id && way.resource == resource.id)
        .map(|way| Reason {
            via: way.via,
            role: way.role,
            role_id: None,
            until: way.until,
        })
        .collect();
    let refused = if user.active {
        "no role of the user grants it, and no temporary access"
    } else {
        "suspended"
    };
    Some(AccessCheckRow {
        user: user.id,
        user_name: user.user_name,
        resource: resource.id,
        resource_name: resource.name,
        allowed: !because.is_empty(),
        refused_because: because.is_empty().then(|| refused.to_owned()),
        because,
    })
}

pub(in crate::console) fn hold_id() -> HoldId {
    HoldId(uuid(7, 1))
}

pub(in crate::console) fn holds() -> Vec<HoldRow> {
    let attempted = users().into_iter().skip(30).take(8);
    vec![HoldRow {
        id: hold_id(),
        provider: Provider::Okta,
        state: HoldState::Held,
        since: ago(94),
        until: ahead(3_506),
        departed: 81,
        active: 407,
        allowed: 81,
        attempts: 14,
        attempted: attempted
            .map(|user| subject(SubjectKind::User, &user.user_name))
            .collect(),
        decided: None,
        ended: None,
    }]
}
