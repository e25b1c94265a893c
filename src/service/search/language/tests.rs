use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{
    directory::{
        Action, ConflictId, ConflictKind, ConflictState, ExchangeId, IdentityAlias, ManagedBy,
        PermissionLevel, Provider, ProviderState, Resource, ResourceId, Role, RoleId, Subject,
        SubjectKind, TokenId, TokenState, User, UserId, UserKind,
    },
    scim::ResourceType,
    service::{
        exchange::{Effect, ExchangeLine},
        search::{
            FILTER_CHARACTERS, List, Narrowing,
            conflicts::{ConflictFacts, ConflictTest},
            exchanges::ExchangeTest,
            journal::{JournalFacts, JournalTest},
            providers::{ProviderFacts, ProviderTest, TokenFacts},
            resources::{ResourceFacts, ResourceTest},
            roles::{RoleFacts, RoleTest},
            users::{UserFacts, UserTest},
        },
    },
};

fn at(text: &str) -> Timestamp {
    text.parse().expect(text)
}

fn now() -> Timestamp {
    at("2026-03-04T12:01:34Z")
}

const ID: u128 = 0x019c_0000_0000_7000_8000_0000_0000_0001;

fn object(value: Value) -> crate::scim::Document {
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
    };
    table::<ExchangeTest>(
        &&line,
        &[
            ("", true),
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
        attributes: object(json!({
            "displayName": "Ann Lee", "emails": [{ "value": "Lee@y.io" }]
        })),
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
        attributes: object(json!({})),
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

#[test]
fn errors_say_where_and_what_to_write() {
    use List::{Conflicts, Exchanges, Journal, Providers, Resources, Roles, Users};
    for (list, filter, at, part) in [
        (
            Exchanges,
            "ok status:abc",
            3,
            "status:abc is no status; write status:409",
        ),
        (Exchanges, "status:999", 0, "is no status"),
        (Exchanges, "status:9xx", 0, "is no status"),
        (
            Exchanges,
            "status:",
            0,
            "needs a value right after the colon",
        ),
        (Exchanges, "status:200|", 0, "needs a value"),
        (Exchanges, "ann provider:oktaa", 4, "choose okta, entra"),
        (Exchanges, "verb:fetch", 0, "choose get, post"),
        (Exchanges, "after:5", 0, "write after:30s"),
        (Exchanges, "ms:>x", 0, "is no number; write ms:>50"),
        (Exchanges, "id:xyz", 0, "is no id"),
        (Exchanges, "ok:yes", 0, "ok takes no value"),
        (
            Exchanges,
            "colour:red",
            0,
            "there is no operator colour: here; choose status, user",
        ),
        (Exchanges, "a \"b", 2, "not closed"),
        (Exchanges, "ok !", 3, "! needs a term"),
        (Users, "é state:gone", 2, "choose active or suspended"),
        (Users, "stat:active", 0, "write state:suspended"),
        (Users, "level:boss", 0, "choose admin, database-admin"),
        (Users, "roles:many", 0, "is no number"),
        (Users, " userNme eq \"x\"", 1, "userNme"),
        (Users, "userName eq", 11, "found the end"),
        (Roles, "pushed:often", 0, "is no time span"),
        (
            Resources,
            "tag:=x",
            0,
            "is no tag; write tag:env=prod or tag:env",
        ),
        (Conflicts, "kind:rolename", 0, "choose role-name"),
        (Providers, "used:sometimes", 0, "write used:1h"),
        (Journal, "kind:userx", 0, "choose user, service"),
    ] {
        let error = list.check(filter).expect_err(filter);
        assert_eq!(error.at, at, "{filter}: {}", error.message);
        assert!(error.message.contains(part), "{}", error.message);
    }
    let long = "a".repeat(FILTER_CHARACTERS + 1);
    for list in List::ALL {
        assert!(list.check(&long).is_err() || list.takes_scim());
    }
}

#[test]
fn scim_filters_are_told_apart() {
    let scim = |text| {
        matches!(
            Narrowing::<UserTest>::parse(text, ResourceType::User),
            Ok(Narrowing::Scim(_))
        )
    };
    assert!(scim("userName sw \"a\"") && scim("active eq false") && scim("title pr"));
    assert!(!scim("ann") && !scim("state:active lee") && !scim(""));
    assert!(!scim("not a filter"));
}

#[test]
fn only_spans_move_with_the_clock() {
    for (filter, moves) in [
        ("ok", false),
        ("after:5m", true),
        ("after:2026-03-04", false),
        ("ok !after:5m", true),
    ] {
        let read = Filter::<ExchangeTest>::parse(filter).expect(filter);
        assert_eq!(read.depends_on_time(), moves, "{filter}");
    }
}

#[test]
fn what_is_required_can_be_looked_up() {
    let required = |text| {
        let filter = Filter::<UserTest>::parse(text).expect(text);
        filter.required().cloned().collect::<Vec<_>>()
    };
    assert_eq!(required("!name:=a by:okta|entra"), []);
    assert_eq!(required("name:=a x").len(), 2);
}

#[test]
fn every_operator_is_explained() {
    for list in List::ALL {
        let mut names = std::collections::BTreeSet::new();
        for about in list.operators() {
            assert!(
                names.insert(about.name),
                "{list:?} has {} twice",
                about.name
            );
            assert!(!about.examples.is_empty() && !about.help.is_empty());
            for example in about.examples {
                list.check(example).expect(example);
                let name = example.trim_start_matches('!');
                assert!(name.starts_with(about.name), "{example}");
            }
            for value in about.values {
                let term = format!("{}:{value}", about.name);
                list.check(&term).expect(&term);
            }
        }
    }
}

/// Terms that can be read, and some that cannot.
fn terms() -> impl Strategy<Value = String> {
    let term = prop::sample::select(vec![
        "ann",
        "ok",
        "status:4xx",
        "status:>=400|200",
        "user:\"a b\"",
        "\"a b\"",
        "after:5m",
        "provider:okta",
        "changed",
        "12:30",
        "ms:<5",
        "x\"y z\"",
    ]);
    let negated = (any::<bool>(), term);
    prop::collection::vec(negated, 0..6).prop_map(|terms| {
        let words = terms.into_iter().map(|(negated, term)| {
            let sign = if negated { "!" } else { "" };
            format!("{sign}{term}")
        });
        words.collect::<Vec<_>>().join("  ")
    })
}

fn some_line(status: u16, summary: String) -> ExchangeLine {
    ExchangeLine {
        id: ExchangeId(Uuid::from_u128(ID)),
        at: now(),
        provider: None,
        method: "GET".to_owned(),
        target: String::new(),
        status,
        micros: 0,
        summary,
        effect: Effect::default(),
        users: Vec::new(),
        roles: Vec::new(),
        journal: Vec::new(),
        conflict: None,
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_within_it(text in "(?s).{0,60}|[a-z:!|\"<>= 0-9]{0,60}") {
        for list in List::ALL {
            if let Err(error) = list.check(&text) {
                prop_assert!(error.at <= text.chars().count());
                prop_assert!(!error.message.is_empty());
            }
            let _ = crate::service::search::complete::complete(&text, &list.operators());
        }
    }

    #[test]
    fn what_is_printed_reads_the_same(text in terms()) {
        let filter = Filter::<ExchangeTest>::parse(&text).expect("terms that can be read");
        let again = Filter::parse(&filter.to_string());
        prop_assert_eq!(Ok(filter), again);
    }

    #[test]
    fn a_negated_term_is_the_opposite(
        term in "[a-z]{1,3}|status:[2-5]xx|ok|changed",
        status in 100_u16..600,
        summary in "[a-z ]{0,8}",
    ) {
        let line = some_line(status, summary);
        let passes = |text: &str| {
            let read = Filter::<ExchangeTest>::parse(text).expect("a term");
            read.passes(&&line, now())
        };
        prop_assert_ne!(passes(&term), passes(&format!("!{term}")));
        let both = format!("{term} !{term}");
        prop_assert!(!passes(&both));
    }
}
