//! What has come to the sample's server, and what it changed.

use jiff::SignedDuration;
use rolecall::{
    admin::row::{JournalRow, SetupStep},
    directory::{Action, ExchangeId, Provider, Subject, SubjectKind},
    service::exchange::{Body, Effect as Did, Exchange, ExchangeLine},
};
use serde_json::{Value, json};

use super::{
    ago,
    conflicts::conflict_id,
    directory::{role_id, token_id, user_id},
    exchange_id, now,
};

pub(in crate::console) fn subject(kind: SubjectKind, name: &str) -> Subject {
    let id = match kind {
        SubjectKind::Role => role_id(name).to_string(),
        SubjectKind::Conflict => conflict_id(1).to_string(),
        SubjectKind::Provider => name.to_owned(),
        SubjectKind::Token => token_id(1).to_string(),
        _ => user_id(name).to_string(),
    };
    Subject {
        kind,
        id,
        name: name.to_owned(),
    }
}

pub(in crate::console) fn entry(
    seq: u64,
    action: Action,
    subject: Subject,
    before: Value,
    after: Value,
) -> JournalRow {
    JournalRow {
        seq,
        at: ago(i64::try_from(8_815_u64.saturating_sub(seq)).expect("small") * 7),
        actor: if seq == 211 {
            "operator sam".to_owned()
        } else {
            "okta".to_owned()
        },
        action,
        subject,
        before,
        after,
        // Where the request is not among those shown, it is one of earlier ones.
        exchange: (seq > 1_000).then(|| exchange_id(u128::from(seq.abs_diff(8_800)))),
    }
}

pub(in crate::console) fn journal() -> Vec<JournalRow> {
    let user = |name: &str| subject(SubjectKind::User, name);
    let role = |name: &str| subject(SubjectKind::Role, name);
    vec![
        entry(
            8802,
            Action::UserCreated,
            user("bob@example.com"),
            Value::Null,
            json!({"userName": "bob@example.com", "name": {"givenName": "Bob", "familyName": "Moss"}, "active": true}),
        ),
        entry(
            8803,
            Action::UserUpdated,
            user("zoë.日本@example.com"),
            json!({"title": "Analyst"}),
            json!({"title": "Senior Analyst"}),
        ),
        entry(
            8806,
            Action::ConflictOpened,
            subject(SubjectKind::Conflict, "Finance"),
            Value::Null,
            json!({"kind": "role-name"}),
        ),
        entry(
            8808,
            Action::MembersAdded,
            role("Engineering"),
            Value::Null,
            json!({"members": [{"name": "bob@example.com", "origin": "provider"}, {"name": "carl@example.com", "origin": "provider"}, {"name": "dora@example.com", "origin": "provider"}]}),
        ),
        entry(
            8809,
            Action::MembersRemoved,
            role("Engineering"),
            json!({"members": [{"name": "eve@example.com", "origin": "provider"}]}),
            Value::Null,
        ),
        entry(
            8810,
            Action::RoleRenamed,
            role("Data Platform"),
            json!({"displayName": "Data"}),
            json!({"displayName": "Data Platform"}),
        ),
        entry(
            8812,
            Action::UserSuspended,
            user("ann@example.com"),
            json!({"active": true}),
            json!({"active": false}),
        ),
    ]
}

struct Sample {
    millis: i64,
    verb: &'static str,
    target: &'static str,
    status: u16,
    micros: u64,
    summary: &'static str,
    did: Did,
    user: &'static str,
    role: &'static str,
    journal: &'static [u64],
    conflict: bool,
}

fn samples() -> Vec<Sample> {
    let sample = |millis, verb, target, status, micros, summary| Sample {
        millis,
        verb,
        target,
        status,
        micros,
        summary,
        did: Did::default(),
        user: "",
        role: "",
        journal: &[],
        conflict: false,
    };
    vec![
        Sample {
            user: "bob@example.com",
            ..sample(
                13_120,
                "GET",
                "/scim/v2/Users?filter=userName%20eq%20%22bob%40example.com%22",
                200,
                900,
                "bob@example.com: looked up, not here",
            )
        },
        Sample {
            user: "bob@example.com",
            journal: &[8802],
            did: Did {
                users_created: 1,
                ..Did::default()
            },
            ..sample(
                12_980,
                "POST",
                "/scim/v2/Users",
                201,
                3_400,
                "bob@example.com created",
            )
        },
        Sample {
            user: "zoë.日本@example.com",
            journal: &[8803],
            did: Did {
                users_updated: 1,
                ..Did::default()
            },
            ..sample(
                11_200,
                "PUT",
                "/scim/v2/Users/0195",
                200,
                3_100,
                "zoë.日本@example.com: title",
            )
        },
        Sample {
            user: "carl@example.com",
            ..sample(
                9_410,
                "PUT",
                "/scim/v2/Users/0196",
                200,
                1_900,
                "carl@example.com: nothing changed",
            )
        },
        sample(
            8_020,
            "GET",
            "/scim/v2/Users?startIndex=1&count=100",
            401,
            200,
            "the token is not known",
        ),
        Sample {
            role: "Finance",
            conflict: true,
            journal: &[8806],
            did: Did {
                conflicts: 1,
                ..Did::default()
            },
            ..sample(
                6_377,
                "POST",
                "/scim/v2/Groups",
                409,
                4_100,
                "role Finance: name is taken",
            )
        },
        Sample {
            role: "Engineering",
            journal: &[8808, 8809],
            did: Did {
                members_added: 3,
                members_removed: 1,
                ..Did::default()
            },
            ..sample(
                4_402,
                "PATCH",
                "/scim/v2/Groups/0197",
                204,
                12_300,
                "role Engineering +3 −1",
            )
        },
        Sample {
            role: "Data Platform",
            journal: &[8810],
            did: Did {
                roles_updated: 1,
                ..Did::default()
            },
            ..sample(
                3_502,
                "PATCH",
                "/scim/v2/Groups/0198",
                204,
                2_700,
                "role Data renamed Data Platform",
            )
        },
        sample(
            2_100,
            "GET",
            "/scim/v2/ServiceProviderConfig",
            200,
            300,
            "asked what the server can do",
        ),
        Sample {
            user: "ann@example.com",
            journal: &[8812],
            did: Did {
                users_suspended: 1,
                ..Did::default()
            },
            ..sample(
                799,
                "PATCH",
                "/scim/v2/Users/0199",
                200,
                41_200,
                "ann@example.com suspended",
            )
        },
    ]
}

fn line(number: u128, sample: &Sample) -> ExchangeLine {
    let name = |name: &str| {
        if name.is_empty() {
            Vec::new()
        } else {
            vec![name.to_owned()]
        }
    };
    ExchangeLine {
        id: exchange_id(number),
        at: now() - SignedDuration::from_millis(sample.millis),
        provider: (sample.status != 401).then_some(Provider::Okta),
        method: sample.verb.to_owned(),
        target: sample.target.to_owned(),
        status: sample.status,
        micros: sample.micros,
        summary: sample.summary.to_owned(),
        effect: sample.did,
        users: name(sample.user),
        roles: name(sample.role),
        journal: sample.journal.to_vec(),
        conflict: sample.conflict.then(|| conflict_id(1)),
        node: None,
    }
}

pub(in crate::console) fn exchanges() -> Vec<ExchangeLine> {
    (1..)
        .zip(&samples())
        .map(|(number, sample)| line(number, sample))
        .collect()
}

pub(in crate::console) fn exchange(id: ExchangeId) -> Option<Exchange> {
    let line = exchanges().into_iter().find(|line| line.id == id)?;
    let (request, response) = match line.status {
        409 => (
            json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Finance", "members": [{"value": "0195", "display": "dora@example.com"}]}),
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "409", "scimType": "uniqueness", "detail": "A role named Finance exists already. In Okta open Push Groups, choose Refresh App Groups, then Link Group, and pick Finance."}),
        ),
        401 => (
            Value::Null,
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "401", "detail": "This token is not known. Make a new one in the console with t."}),
        ),
        204 => (
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "add", "path": "members", "value": [{"value": "0195"}]}]}),
            Value::Null,
        ),
        _ => (
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "replace", "value": {"active": false}}]}),
            json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "0199", "userName": "ann@example.com", "active": false}),
        ),
    };
    let body = |value: Value| {
        if value.is_null() {
            Body::default()
        } else {
            let text = value.to_string();
            Body {
                bytes: text.len() as u64,
                text,
                cut: false,
            }
        }
    };
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Some(Exchange {
        line,
        token: Some("production".to_owned()),
        peer: "10.0.4.17:51234".to_owned(),
        request_headers: vec![
            field("user-agent", "Okta SCIM Client 1.0.0"),
            field("authorization", "Bearer"),
            field("content-type", "application/scim+json; charset=utf-8"),
        ],
        request_body: body(request),
        response_headers: vec![field("content-type", "application/scim+json")],
        response_body: body(response),
    })
}

pub(in crate::console) fn setup() -> Vec<SetupStep> {
    let step = |step: &str, title: &str, done, hint: &str| SetupStep {
        step: step.to_owned(),
        title: title.to_owned(),
        done,
        hint: hint.to_owned(),
    };
    vec![
        step("token", "Make a token", true, "okta has 2 live tokens."),
        step(
            "credentials",
            "Test the credentials",
            true,
            "Okta asked for the first users 3 minutes ago.",
        ),
        step(
            "first-user",
            "Push the first user",
            true,
            "407 users are managed by okta.",
        ),
        step(
            "first-group",
            "Push the first group",
            true,
            "5 roles are managed by okta.",
        ),
        step(
            "first-sync",
            "See a whole sync through",
            false,
            "A sync is running; it is complete when it ends without errors.",
        ),
        step(
            "break-glass",
            "Keep an administrator of your own",
            true,
            "root@example.com is a local admin: nobody is locked out when the provider fails.",
        ),
    ]
}
