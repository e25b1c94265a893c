//! What the sample's server keeps.

use jiff::SignedDuration;
use rolecall::{
    admin::row::{
        MemberRow, ProviderRow, RequestFigures, RoleDetail, RoleFigures, RoleRow, StatusReport,
        TokenRow, UserDetail, UserFigures, UserRoleRow, UserRow, Warning,
    },
    directory::{
        Action, ManagedBy, Origin, PermissionLevel, Provider, ProviderState, RoleId, SubjectKind,
        TokenId, UserId, UserKind,
    },
};
use serde_json::{Value, json};

use super::{
    access::{given, grants, resources},
    ago,
    conflicts::conflicts_about,
    now,
    traffic::{entry, subject},
    uuid,
};

pub(in crate::console) fn quiet_status() -> StatusReport {
    StatusReport {
        version: "0.1.0".to_owned(),
        listen: Some("127.0.0.1:8080".to_owned()),
        tls: false,
        base_url: Some("http://127.0.0.1:8080/scim/v2".to_owned()),
        store: "/var/lib/rolecall".to_owned(),
        store_bytes: None,
        journal_oldest: None,
        exchanges_oldest: None,
        uptime_s: 12,
        users: UserFigures::default(),
        roles: RoleFigures::default(),
        conflicts_open: 0,
        providers: Vec::new(),
        journal_first: 1,
        journal_last: 0,
        requests: RequestFigures::default(),
        warnings: Vec::new(),
        sync_gap_ms: 30_000,
        node: None,
        nodes: Vec::new(),
    }
}

pub(in crate::console) fn status() -> StatusReport {
    StatusReport {
        users: UserFigures {
            active: 409,
            suspended: 3,
            local: 2,
            service_accounts: 1,
        },
        roles: RoleFigures {
            total: 7,
            managed: 5,
        },
        conflicts_open: 2,
        providers: providers(),
        journal_first: 1,
        journal_last: 8812,
        requests: RequestFigures {
            total: 1_243,
            errors: 3,
            evicted: 0,
            p50_micros: 3_100,
            p95_micros: 41_200,
        },
        warnings: warnings(),
        ..quiet_status()
    }
}

/// What the sample's server warns of.
pub(in crate::console) fn warnings() -> Vec<Warning> {
    vec![
            Warning {
                check: "lock-out".to_owned(),
                subject: "root@example.com".to_owned(),
                sentence: "Only one active user has the level admin.".to_owned(),
                advice: "Give a second person the level admin: rolecall user level U admin."
                    .to_owned(),
            },
            Warning {
                check: "token-expiring".to_owned(),
                subject: "okta production".to_owned(),
                sentence: "The token production of okta ends in 8 days.".to_owned(),
                advice: "Make a new token, give it to Okta, then revoke this one.".to_owned(),
            },
            Warning {
                check: "stale-role".to_owned(),
                subject: "Audit".to_owned(),
                sentence: "okta has not pushed the role \"Audit\" for 20 days.".to_owned(),
                advice: "If its group was left in the target app, relink the group in okta, then remove it there \
                         properly; if the group is gone for good, release the role."
                    .to_owned(),
            },
    ]
}

pub(in crate::console) fn providers() -> Vec<ProviderRow> {
    let row = |provider, state, users, roles, tokens, seen: Option<i64>| ProviderRow {
        provider,
        state,
        users,
        roles,
        tokens,
        last_seen: seen.map(ago),
    };
    vec![
        row(Provider::Okta, ProviderState::Active, 407, 5, 2, Some(1)),
        row(
            Provider::Entra,
            ProviderState::Inactive,
            3,
            0,
            0,
            Some(950_400),
        ),
    ]
}

pub(in crate::console) fn tokens() -> Vec<TokenRow> {
    let row = |number,
               provider,
               name: &str,
               made,
               expires: Option<i64>,
               used: Option<i64>,
               requests,
               revoked: Option<i64>| TokenRow {
        id: token_id(number),
        provider,
        name: name.to_owned(),
        prefix: format!("rc_{provider}_h{number}q"),
        created: ago(made),
        expires: expires.map(|seconds| now() + SignedDuration::from_secs(seconds)),
        last_used: used.map(ago),
        requests,
        revoked: revoked.map(ago),
    };
    vec![
        row(
            1,
            Provider::Okta,
            "production",
            7_084_800,
            Some(700_000),
            Some(1),
            184_233,
            None,
        ),
        row(
            2,
            Provider::Okta,
            "rotation",
            86_400,
            Some(7_700_000),
            None,
            0,
            None,
        ),
        row(
            3,
            Provider::Entra,
            "trial",
            2_592_000,
            None,
            Some(950_400),
            412,
            Some(864_000),
        ),
    ]
}

pub(in crate::console) fn token_id(number: u128) -> TokenId {
    TokenId(uuid(5, number))
}

pub(in crate::console) fn users() -> Vec<UserRow> {
    let row =
        |number, name: &str, display: &str, active, managed_by, level, roles: &[&str]| UserRow {
            id: UserId(uuid(2, number)),
            kind: UserKind::Person,
            user_name: name.to_owned(),
            display_name: display.to_owned(),
            active,
            managed_by,
            permission_level: level,
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            external_id: managed_by
                .provider()
                .map(|_| format!("00ujl29u0le5T6Aj{number:04}")),
            identity_aliases: if number == 2 {
                vec!["rdp-set,ann-rdp".to_owned()]
            } else {
                Vec::new()
            },
            created: ago(8_000_000 - i64::try_from(number).expect("small") * 86_000),
            last_modified: ago(20 + i64::try_from(number * number * number * 300).expect("small")),
        };
    let okta = ManagedBy::Provider(Provider::Okta);
    let mut rows = vec![
        row(
            1,
            "root@example.com",
            "Break-glass",
            true,
            ManagedBy::Local,
            PermissionLevel::Admin,
            &["Break-glass"],
        ),
        row(
            2,
            "ann@example.com",
            "Ann Lee",
            false,
            okta,
            PermissionLevel::TeamLeader,
            &["Engineering", "Break-glass"],
        ),
        row(
            3,
            "bob@example.com",
            "Bob Moss",
            true,
            okta,
            PermissionLevel::User,
            &["Engineering"],
        ),
        row(
            4,
            "zoë.日本@example.com",
            "Zoë 日本",
            true,
            okta,
            PermissionLevel::Auditor,
            &["Engineering", "Finance", "Audit"],
        ),
        row(
            5,
            "carl@example.com",
            "Carl Åberg",
            true,
            okta,
            PermissionLevel::User,
            &[],
        ),
    ];
    let mut bot = row(
        6,
        "deploy-bot",
        "deploy-bot",
        true,
        ManagedBy::Local,
        PermissionLevel::User,
        &["Deploy"],
    );
    bot.kind = UserKind::ServiceAccount;
    rows.push(bot);
    for number in 7..140 {
        let name = format!("user{number:03}@example.com");
        rows.push(row(
            number,
            &name,
            &format!("User {number}"),
            number % 17 != 0,
            okta,
            PermissionLevel::User,
            &["Everyone"],
        ));
    }
    rows
}

pub(in crate::console) fn user_detail(row: UserRow) -> UserDetail {
    let memberships = row.roles.iter().map(|name| {
        let role = roles().into_iter().find(|role| role.display_name == *name);
        UserRoleRow {
            id: role_id(name),
            display_name: name.clone(),
            managed_by: role.map_or(ManagedBy::Local, |role| role.managed_by),
            origin: if name == "Break-glass" {
                Origin::Local
            } else {
                Origin::Provider
            },
        }
    });
    UserDetail {
        temporary_access: given()
            .into_iter()
            .filter(|given| given.user == row.id)
            .collect(),
        memberships: memberships.collect(),
        attributes: json!({
            "displayName": row.display_name,
            "name": {"givenName": row.display_name.split(' ').next(), "familyName": row.display_name.split(' ').nth(1)},
            "emails": [{"value": row.user_name, "primary": true}],
        }),
        conflicts: conflicts_about(&row.user_name),
        history: vec![
            entry(
                8812,
                Action::UserSuspended,
                subject(SubjectKind::User, &row.user_name),
                json!({"active": true}),
                json!({"active": false}),
            ),
            entry(
                211,
                Action::UserLevelChanged,
                subject(SubjectKind::User, &row.user_name),
                json!({"permission_level": "user"}),
                json!({"permission_level": "team-leader"}),
            ),
            entry(
                17,
                Action::UserCreated,
                subject(SubjectKind::User, &row.user_name),
                Value::Null,
                json!({"userName": row.user_name}),
            ),
        ],
        row,
    }
}

pub(in crate::console) fn roles() -> Vec<RoleRow> {
    let row = |number, name: &str, managed_by, pushed, local, push: Option<i64>| RoleRow {
        id: RoleId(uuid(3, number)),
        display_name: name.to_owned(),
        managed_by,
        external_id: None,
        provider_members: pushed,
        local_members: local,
        last_push: push.map(ago),
    };
    let okta = ManagedBy::Provider(Provider::Okta);
    vec![
        row(1, "Break-glass", ManagedBy::Local, 0, 2, None),
        row(2, "Finance", ManagedBy::Local, 0, 3, None),
        row(3, "Engineering", okta, 118, 1, Some(32)),
        row(4, "Everyone", okta, 407, 0, Some(40)),
        row(5, "Audit", okta, 4, 0, Some(1_728_000)),
        row(
            6,
            "Data Platform – on call, second line",
            okta,
            12,
            0,
            Some(7_200),
        ),
        row(7, "Deploy", okta, 0, 1, Some(90_000)),
    ]
}

pub(in crate::console) fn role_detail(row: RoleRow) -> RoleDetail {
    let members = users().into_iter().take(6).map(|user| MemberRow {
        id: user.id,
        user_name: user.user_name,
        kind: user.kind,
        active: user.active,
        origin: if user.managed_by == ManagedBy::Local {
            Origin::Local
        } else {
            Origin::Provider
        },
    });
    RoleDetail {
        resources: {
            let granted = grants();
            let is_granted = |id| {
                granted
                    .iter()
                    .any(|grant| grant.role == row.id && grant.resource == id)
            };
            resources()
                .into_iter()
                .filter(|resource| is_granted(resource.id))
                .collect()
        },
        members: members.collect(),
        conflicts: conflicts_about(&row.display_name),
        history: vec![entry(
            8811,
            Action::MembersAdded,
            subject(SubjectKind::Role, &row.display_name),
            Value::Null,
            json!({"members": [{"name": "bob@example.com"}]}),
        )],
        row,
    }
}

/// The id of a user of the sample, or one that is nobody's.
pub(in crate::console) fn user_id(name: &str) -> UserId {
    let found = users().into_iter().find(|row| row.user_name == name);
    found.map_or(UserId(uuid(2, 777)), |row| row.id)
}

/// The id of a role of the sample, or one that is nobody's.
pub(in crate::console) fn role_id(name: &str) -> RoleId {
    let found = roles().into_iter().find(|row| row.display_name == name);
    found.map_or(RoleId(uuid(3, 777)), |row| row.id)
}
