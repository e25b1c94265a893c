//! Every operator of every list, tried on one row.

use serde_json::json;

use super::*;

fn object(value: &Value) -> crate::scim::Document {
    value.as_object().cloned().expect("an object")
}

fn table<T: Test>(row: &T::Row<'_>, cases: &[(&str, bool)]) {
    for (filter, passes) in cases {
        let read = Filter::<T>::parse(filter).expect(filter);
        assert_eq!(read.passes(row, now()), *passes, "{filter}");
    }
    for operator in T::OPERATORS {
        for example in operator.examples {
            let tried = cases.iter().any(|(filter, _)| {
                let name = operator.name;
                filter.contains(&format!("{name}:")) || filter.trim_start_matches('!') == name
            });
            assert!(tried, "{} is not in the table", operator.name);
            Filter::<T>::parse(example).expect(example);
        }
    }
}

#[test]
fn exchanges() {
    let line = ExchangeLine {
        id: ExchangeId(Uuid::from_u128(ID)),
        at: at("2026-03-04T12:01:04Z"),
        provider: Some(Provider::Okta),
        method: "PATCH".to_owned(),
        target: "/scim/v2/Users/1".to_owned(),
        status: 200,
        micros: 61_000,
        summary: "Ann Lee suspended".to_owned(),
        effect: Effect {
            users_suspended: 1,
            ..Effect::default()
        },
        users: vec!["Ann@x.io".to_owned()],
        roles: vec!["Engineering".to_owned()],
        journal: vec![7],
        conflict: None,
        node: Some("scim-2.example".to_owned()),
    };
    table::<ExchangeTest>(
        &&line,
        &[
            ("", true),
            ("node:SCIM-2", true),
            ("node:=scim-2", false),
            ("node:scim-1|scim-2", true),
            ("suspended", true),
            ("SUSPENDED ann", true),
            ("\"lee suspended\"", true),
            ("\"suspended lee\"", false),
            ("\"ok\"", false),
            ("status:200", true),
            ("status:>=400", false),
            ("status:2xx", true),
            ("status:4xx|5xx", false),
            ("status:4xx|200", true),
            ("!status:2xx", false),
            ("user:ann role:eng provider:okta verb:patch", true),
            ("user:=ann@x.io", true),
            ("user:=ann", false),
            ("user:bob|ann", true),
            ("!user:bob|ann", false),
            ("provider:entra", false),
            ("provider:Okta", true),
            ("VERB:Patch", true),
            ("ms:>50", true),
            ("ms:<=60", false),
            ("after:1m", true),
            ("after:29s", false),
            ("after:>29s", true),
            ("after:2026-03-04", true),
            ("after:2026-03-05", false),
            ("after:2026-03-04T12:01:05Z", false),
            ("id:019C", true),
            ("id:019d", false),
            ("changed ok !conflict", true),
            ("changed", true),
            ("conflict", false),
            ("ok", true),
            ("!ok", false),
            ("12:01", false),
        ],
    );
}

#[test]
fn users() {
    let user = User {
        id: UserId(Uuid::from_u128(ID)),
        kind: UserKind::Person,
        managed_by: ManagedBy::Provider(Provider::Okta),
        permission_level: PermissionLevel::TeamLeader,
        user_name: "Ann@x.io".to_owned(),
        active: Some(false),
        external_ids: [(Provider::Okta, "00u1Abc".to_owned())].into(),
        aliases: vec![IdentityAlias::parse("rdp-set,ann-rdp").expect("an alias")],
        attributes: object(&json!({
            "displayName": "Ann Lee", "emails": [{ "value": "Lee@y.io" }]
        }))
        .into(),
        created: at("2026-02-01T00:00:00Z"),
        last_modified: at("2026-03-04T11:30:00Z"),
        version: 1,
    };
    let facts = UserFacts {
        user: &user,
        roles: 2,
        in_role: &|name| name.fits("Engineering"),
    };
    table::<UserTest>(
        &facts,
        &[
            ("x.io", true),
            ("lee", true),
            ("bob", false),
            ("state:suspended", true),
            ("state:active", false),
            ("by:okta|entra", true),
            ("by:local", false),
            ("level:team-leader", true),
            ("level:admin", false),
            ("kind:service", false),
            ("kind:person", true),
            ("role:eng", true),
            ("role:=eng", false),
            ("!role:sales", true),
            ("roles:2", true),
            ("roles:>2", false),
            ("in-roles", true),
            ("!in-roles", false),
            ("name:ANN", true),
            ("name:=ann@x.io", true),
            ("name:=ann", false),
            ("email:=lee@y.io", true),
            ("email:x.io", false),
            ("alias:rdp-set,", true),
            ("alias:vnc", false),
            ("external:00U1", true),
            ("external:=00u1", false),
            ("id:019c0000-", true),
            ("changed:1h", true),
            ("changed:>1h", false),
            ("created:>30d", true),
            ("created:7d", false),
            ("state:suspended by:okta created:<2026-03-01", true),
        ],
    );
}

#[test]
fn roles() {
    let role = Role {
        id: RoleId(Uuid::from_u128(ID)),
        managed_by: ManagedBy::Provider(Provider::Okta),
        display_name: "Engineering".to_owned(),
        external_ids: [(Provider::Okta, "00g1".to_owned())].into(),
        attributes: object(&json!({})),
        provider_members: 11,
        local_members: 1,
        created: at("2026-02-01T00:00:00Z"),
        last_modified: at("2026-03-04T11:30:00Z"),
        version: 1,
    };
    let facts = RoleFacts {
        role: &role,
        last_push: Some(at("2026-02-02T00:00:00Z")),
        stale: true,
        has_member: &|name| name.fits("ann@x.io"),
        reaches: &|name| name.fits("postgres-orders"),
    };
    table::<RoleTest>(
        &facts,
        &[
            ("eng", true),
            ("by:okta", true),
            ("by:local", false),
            ("name:=engineering", true),
            ("members:>11", true),
            ("members:0", false),
            ("local:>0", true),
            ("member:ann", true),
            ("member:=ann", false),
            ("resource:postgres", true),
            ("resource:ssh", false),
            ("stale", true),
            ("!stale", false),
            ("pushed:>14d", true),
            ("pushed:1h", false),
            ("pushed:never", false),
            ("external:00g", true),
            ("id:019c", true),
            ("changed:1h", true),
            ("created:7d", false),
        ],
    );
}

#[test]
fn resources() {
    let resource = Resource {
        id: ResourceId(Uuid::from_u128(ID)),
        name: "orders-db".to_owned(),
        kind: "postgres".to_owned(),
        tags: [("env".to_owned(), "Prod".to_owned())].into(),
        created: at("2026-02-01T00:00:00Z"),
    };
    let facts = ResourceFacts {
        resource: &resource,
        reached_by: &|name| name.fits("Engineering"),
        granted: true,
    };
    table::<ResourceTest>(
        &facts,
        &[
            ("orders", true),
            ("postgres", true),
            ("env=prod", true),
            ("name:orders", true),
            ("name:=orders", false),
            ("kind:postgres", true),
            ("tag:env", true),
            ("tag:ENV=prod", true),
            ("tag:env=pro", false),
            ("tag:prod", false),
            ("role:eng", true),
            ("granted", true),
            ("!granted", false),
            ("id:019c", true),
            ("created:>30d", true),
        ],
    );
}

#[test]
fn conflicts() {
    let facts = ConflictFacts {
        id: ConflictId(Uuid::from_u128(ID)),
        kind: ConflictKind::RoleName,
        provider: Provider::Okta,
        name: "Finance",
        existing: "finance",
        state: ConflictState::Open,
        tries: 4,
        first_seen: at("2026-02-01T00:00:00Z"),
        last_seen: at("2026-03-04T11:30:00Z"),
    };
    table::<ConflictTest>(
        &facts,
        &[
            ("fin", true),
            ("kind:role-name", true),
            ("kind:alias|ownership", false),
            ("state:open", true),
            ("state:linked|renamed", false),
            ("provider:okta", true),
            ("name:=finance", true),
            ("existing:sales", false),
            ("tries:>3", true),
            ("after:1h", true),
            ("first:7d", false),
            ("first:>7d", true),
            ("id:019c", true),
        ],
    );
}

#[test]
fn providers_and_tokens() {
    let provider = ProviderFacts {
        provider: Provider::Okta,
        state: Some(ProviderState::Active),
        used: Some(now()),
        token: None,
    };
    let passes = |filter: &str, facts: &ProviderFacts<'_>| {
        let read = Filter::<ProviderTest>::parse(filter).expect(filter);
        read.passes(facts, now())
    };
    assert!(passes("state:active provider:okta used:1h Okta", &provider));
    assert!(!passes("state:live", &provider) && !passes("revoked", &provider));

    let token = ProviderFacts {
        state: None,
        used: None,
        token: Some(TokenFacts {
            id: TokenId(Uuid::from_u128(ID)),
            name: "ci",
            state: TokenState::Live,
            created: at("2026-01-01T00:00:00Z"),
            expires: Some(at("2026-03-10T00:00:00Z")),
            requests: 12,
        }),
        ..provider
    };
    table::<ProviderTest>(
        &token,
        &[
            ("okta ci", true),
            ("state:live", true),
            ("state:active", false),
            ("state:expired|revoked", false),
            ("provider:okta", true),
            ("name:ci", true),
            ("name:okta", false),
            ("expires:<14d", true),
            ("expires:>14d", false),
            ("expires:never", false),
            ("expires:<2026-04-01", true),
            ("used:never", true),
            ("used:>30d", true),
            ("used:>90d", false),
            ("used:1h", false),
            ("requests:>10", true),
            ("id:019c", true),
            ("revoked", false),
            ("!revoked", true),
        ],
    );
}

#[test]
fn journal() {
    let subject = Subject {
        kind: SubjectKind::User,
        id: "019c".to_owned(),
        name: "ann@x.io".to_owned(),
    };
    let (before, after) = (
        json!({ "title": "Tour Guide" }),
        json!({ "title": null, "active": false }),
    );
    let facts = JournalFacts {
        seq: 101,
        at: at("2026-03-04T12:00:00Z"),
        actor: "okta",
        action: Action::UserTakenOver,
        subject: &subject,
        before: &before,
        after: &after,
        exchange: Some(ExchangeId(Uuid::from_u128(ID))),
    };
    table::<JournalTest>(
        &facts,
        &[
            ("okta ann", true),
            ("\"tour guide\"", true),
            ("false", true),
            ("true", false),
            ("who:okta", true),
            ("who:operator", false),
            ("what:taken-over", true),
            ("what:\"taken over\"", true),
            ("what:suspended", false),
            ("subject:=ann@x.io", true),
            ("subject:=019c", true),
            ("kind:user|role", true),
            ("kind:service", false),
            ("provider:okta", true),
            ("provider:entra", false),
            ("attribute:active", true),
            ("attribute:name", false),
            ("after:5m", true),
            ("after:1m", false),
            ("exchange:019c", true),
            ("seq:>100", true),
            ("seq:7", false),
        ],
    );
}
