//! One directory in the middle of a Force Sync, always the same: what snapshots and pictures show.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rolecall::{
    admin::{
        Reply, Request,
        row::{
            AttributePair, ConflictDetail, ConflictRow, Done, JournalRow, MemberRow, NamedMember,
            NewToken, Page, ProviderRow, RequestFigures, RoleDetail, RoleFigures, RoleRow,
            SetupStep, StatusReport, TokenRow, UserDetail, UserFigures, UserRoleRow, UserRow,
            Warning,
        },
    },
    console::{
        ColorLevel, Effect, Message, Model, Settings, ThemeKind, keymap::Keymap, message::Ask,
        update,
    },
    directory::{
        Action, ConflictId, ConflictKind, ConflictState, ExchangeId, ManagedBy, Origin,
        PermissionLevel, Provider, ProviderState, RoleId, Subject, SubjectKind, TokenId, UserId,
        UserKind,
    },
    service::{
        exchange::{Body, Effect as Did, Exchange, ExchangeLine},
        sync::SyncDigest,
    },
};
use serde_json::{Value, json};
use uuid::Uuid;

/// The moment of every snapshot.
pub fn now() -> Timestamp {
    "2026-03-04T12:01:34Z".parse().expect("a time")
}

/// So many seconds before it.
pub fn ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

fn uuid(kind: u128, number: u128) -> Uuid {
    Uuid::from_u128(0x0195_6100_0000_7000_8000_0000_0000_0000 + (kind << 32) + number)
}

pub fn exchange_id(number: u128) -> ExchangeId {
    ExchangeId(uuid(1, number))
}

pub fn settings() -> Settings {
    Settings {
        combined: true,
        read_only: false,
        theme: ThemeKind::Dark,
        colors: ColorLevel::True,
        ascii: false,
        keymap: Keymap::new(&Default::default()).expect("the defaults are in order"),
        base_url: Some("http://127.0.0.1:8080/scim/v2".to_owned()),
        zone: TimeZone::UTC,
    }
}

/// A console that has just been opened onto a server where nothing has happened yet.
pub fn fresh(settings: Settings, columns: u16, rows: u16) -> Model {
    let mut model = Model::new(settings, now());
    send(&mut model, Message::Resize(columns, rows));
    send(&mut model, Message::Connected);
    answer(
        &mut model,
        Ask::Status,
        Reply::Status(Box::new(quiet_status())),
    );
    model
}

/// A console in the middle of a sync.
pub fn busy(settings: Settings, columns: u16, rows: u16) -> Model {
    let mut model = fresh(settings, columns, rows);
    answer(&mut model, Ask::Status, Reply::Status(Box::new(status())));
    send(&mut model, Message::Changes(journal()));
    send(&mut model, Message::Exchanges(exchanges(), 0));
    answer(&mut model, Ask::Syncs, Reply::Syncs(syncs()));
    model
}

/// Sends a message and answers every question that comes of it, as the sample's server would.
pub fn send(model: &mut Model, message: Message) -> Vec<Effect> {
    let mut effects = update(model, message);
    let mut left = Vec::new();
    for _ in 0..64 {
        if effects.is_empty() {
            break;
        }
        let mut next = Vec::new();
        for effect in effects {
            match &effect {
                Effect::Ask {
                    ask,
                    request,
                    dry_run,
                } => match reply(request, *dry_run) {
                    Some(reply) => next.extend(update(
                        model,
                        Message::Answered(ask.clone(), Ok(Box::new(reply))),
                    )),
                    None => left.push(effect),
                },
                _ => left.push(effect),
            }
        }
        effects = next;
    }
    left
}

fn answer(model: &mut Model, ask: Ask, reply: Reply) {
    update(model, Message::Answered(ask, Ok(Box::new(reply))));
}

/// Presses keys: words of the keymap, or `'text` to type text.
pub fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for word in keys.split_whitespace() {
        if let Some(text) = word.strip_prefix('\'') {
            for character in text.chars() {
                let event = KeyEvent::new(KeyCode::Char(character), KeyModifiers::NONE);
                effects.extend(send(model, Message::Key(event)));
            }
        } else {
            effects.extend(send(model, Message::Key(key(word))));
        }
    }
    effects
}

pub fn key(word: &str) -> KeyEvent {
    let code = match word {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "space" => KeyCode::Char(' '),
        "tab" => KeyCode::Tab,
        "shift-tab" => KeyCode::BackTab,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "pageup" => KeyCode::PageUp,
        "pagedown" => KeyCode::PageDown,
        "backspace" => KeyCode::Backspace,
        "ctrl-c" => return KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL),
        _ => KeyCode::Char(word.chars().next().expect("a key")),
    };
    KeyEvent::new(code, KeyModifiers::NONE)
}

/// What the sample's server answers.
pub fn reply(request: &Request, dry_run: bool) -> Option<Reply> {
    Some(match request {
        Request::Users { filter, offset, .. } => {
            Reply::Users(page(users(), filter.as_deref(), *offset, |u| &u.user_name))
        }
        Request::Roles { filter, offset, .. } => {
            Reply::Roles(page(roles(), filter.as_deref(), *offset, |r| {
                &r.display_name
            }))
        }
        Request::User { user } => {
            let row = users()
                .into_iter()
                .find(|row| row.id.to_string() == *user || row.user_name == *user)?;
            Reply::User(Box::new(user_detail(row)))
        }
        Request::Role { role, .. } => {
            let row = roles()
                .into_iter()
                .find(|row| row.id.to_string() == *role)?;
            Reply::Role(Box::new(role_detail(row)))
        }
        Request::Providers => Reply::Providers(providers()),
        Request::Tokens => Reply::Tokens(tokens()),
        Request::Conflicts { all, .. } => {
            let mut rows = conflicts();
            rows.retain(|row| *all || row.state == ConflictState::Open);
            Reply::Conflicts(rows)
        }
        Request::Conflict { id } => {
            let row = conflicts().into_iter().find(|row| row.id == *id)?;
            Reply::Conflict(Box::new(conflict_detail(row)))
        }
        Request::Exchange { id } => Reply::Exchange(Box::new(exchange(*id)?)),
        Request::Setup => Reply::Setup(setup()),
        Request::CreateToken {
            provider,
            name,
            expires,
        } => Reply::NewToken(Box::new(NewToken {
            id: TokenId(uuid(5, 9)),
            provider: *provider,
            name: name.clone().unwrap_or_else(|| "okta 2".to_owned()),
            token: "rc_okta_sample0sample1sample2sample3sample4sampleabc".to_owned(),
            created: now(),
            expires: *expires,
        })),
        Request::LinkConflict { id } if dry_run => {
            let row = conflicts().into_iter().find(|row| row.id == *id)?;
            let changes = vec![
                entry(
                    8813,
                    Action::RoleTakenOver,
                    subject(SubjectKind::Role, "Finance"),
                    json!({"managed_by": "local"}),
                    json!({"managed_by": "okta"}),
                ),
                entry(
                    8814,
                    Action::MembersAdded,
                    subject(SubjectKind::Role, "Finance"),
                    Value::Null,
                    json!({"members": [{"name": "dora@example.com", "origin": "provider"}, {"name": "eve@example.com", "origin": "provider"}]}),
                ),
            ];
            Reply::ConflictDone(Box::new(Done {
                row,
                changes,
                dry_run: true,
            }))
        }
        Request::RevokeToken { id } if dry_run => {
            let row = tokens().into_iter().find(|row| row.id == *id)?;
            let changes = vec![entry(
                8813,
                Action::TokenRevoked,
                subject(SubjectKind::Token, &row.name),
                Value::Null,
                Value::Null,
            )];
            Reply::TokenDone(Box::new(Done {
                row,
                changes,
                dry_run: true,
            }))
        }
        _ => return None,
    })
}

fn page<Row: Clone>(
    rows: Vec<Row>,
    filter: Option<&str>,
    offset: u64,
    name: impl Fn(&Row) -> &String,
) -> Page<Row> {
    let rows: Vec<Row> = rows
        .into_iter()
        .filter(|row| filter.is_none_or(|f| name(row).contains(f)))
        .collect();
    let total = rows.len() as u64;
    let from = usize::try_from(offset).expect("a small offset");
    Page {
        rows: rows.into_iter().skip(from).take(100).collect(),
        total,
    }
}

fn quiet_status() -> StatusReport {
    StatusReport {
        version: "0.1.0".to_owned(),
        listen: Some("127.0.0.1:8080".to_owned()),
        base_url: Some("http://127.0.0.1:8080/scim/v2".to_owned()),
        store: "/var/lib/rolecall".to_owned(),
        uptime_s: 12,
        users: UserFigures::default(),
        roles: RoleFigures::default(),
        conflicts_open: 0,
        providers: Vec::new(),
        journal_last: 0,
        requests: RequestFigures::default(),
        warnings: Vec::new(),
    }
}

fn status() -> StatusReport {
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
        journal_last: 8812,
        requests: RequestFigures {
            total: 1_243,
            errors: 3,
            evicted: 0,
            p50_micros: 3_100,
            p95_micros: 41_200,
        },
        warnings: vec![
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
        ],
        ..quiet_status()
    }
}

fn providers() -> Vec<ProviderRow> {
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

fn tokens() -> Vec<TokenRow> {
    let row = |number,
               provider,
               name: &str,
               made,
               expires: Option<i64>,
               used: Option<i64>,
               requests,
               revoked: Option<i64>| TokenRow {
        id: TokenId(uuid(5, number)),
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

pub fn users() -> Vec<UserRow> {
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
    use PermissionLevel as L;
    let okta = ManagedBy::Provider(Provider::Okta);
    let mut rows = vec![
        row(
            1,
            "root@example.com",
            "Break-glass",
            true,
            ManagedBy::Local,
            L::Admin,
            &["Break-glass"],
        ),
        row(
            2,
            "ann@example.com",
            "Ann Lee",
            false,
            okta,
            L::TeamLeader,
            &["Engineering", "Break-glass"],
        ),
        row(
            3,
            "bob@example.com",
            "Bob Moss",
            true,
            okta,
            L::User,
            &["Engineering"],
        ),
        row(
            4,
            "zoë.日本@example.com",
            "Zoë 日本",
            true,
            okta,
            L::Auditor,
            &["Engineering", "Finance", "Audit"],
        ),
        row(
            5,
            "carl@example.com",
            "Carl Åberg",
            true,
            okta,
            L::User,
            &[],
        ),
    ];
    let mut bot = row(
        6,
        "deploy-bot",
        "deploy-bot",
        true,
        ManagedBy::Local,
        L::User,
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
            L::User,
            &["Everyone"],
        ));
    }
    rows
}

fn user_detail(row: UserRow) -> UserDetail {
    let memberships = row.roles.iter().map(|name| {
        let role = roles().into_iter().find(|role| role.display_name == *name);
        UserRoleRow {
            id: role.as_ref().map_or(RoleId(uuid(3, 99)), |role| role.id),
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
        memberships: memberships.collect(),
        attributes: json!({"name": {"givenName": "Ann"}}),
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

fn roles() -> Vec<RoleRow> {
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

fn role_detail(row: RoleRow) -> RoleDetail {
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
        members: members.collect(),
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

pub fn conflict_id(number: u128) -> ConflictId {
    ConflictId(uuid(4, number))
}

fn conflicts() -> Vec<ConflictRow> {
    let row = |number, kind, name: &str, existing, state, tries, first, last| ConflictRow {
        id: conflict_id(number),
        kind,
        provider: Provider::Okta,
        name: name.to_owned(),
        existing,
        state,
        tries,
        first_seen: ago(first),
        last_seen: ago(last),
    };
    vec![
        row(
            1,
            ConflictKind::RoleName,
            "Finance",
            subject(SubjectKind::Role, "Finance"),
            ConflictState::Open,
            3,
            3_700,
            2,
        ),
        row(
            2,
            ConflictKind::UserName,
            "root@example.com",
            subject(SubjectKind::User, "root@example.com"),
            ConflictState::Open,
            1,
            300,
            300,
        ),
        row(
            3,
            ConflictKind::Alias,
            "rdp-set,bob",
            subject(SubjectKind::User, "bob@example.com"),
            ConflictState::Renamed,
            2,
            90_000,
            86_400,
        ),
    ]
}

fn conflict_detail(row: ConflictRow) -> ConflictDetail {
    let member = |name: &str| NamedMember {
        id: uuid(2, 77).to_string(),
        user_name: Some(name.to_owned()),
    };
    let role = row.kind == ConflictKind::RoleName;
    let members = |names: &[&str]| {
        if role {
            names.iter().map(|name| member(name)).collect()
        } else {
            Vec::new()
        }
    };
    ConflictDetail {
        existing_managed_by: Some(ManagedBy::Local),
        attributes: if role {
            vec![AttributePair {
                name: "externalId".to_owned(),
                incoming: json!("00g1fin"),
                existing: Value::Null,
            }]
        } else {
            vec![AttributePair {
                name: "name.givenName".to_owned(),
                incoming: json!("Root"),
                existing: json!("Break"),
            }]
        },
        only_incoming: members(&["dora@example.com", "eve@example.com"]),
        only_existing: members(&["root@example.com"]),
        both: members(&["bob@example.com", "zoë.日本@example.com"]),
        row,
    }
}

fn subject(kind: SubjectKind, name: &str) -> Subject {
    let id = match kind {
        SubjectKind::Role => uuid(3, 1),
        SubjectKind::Conflict => uuid(4, 1),
        _ => uuid(2, 2),
    };
    Subject {
        kind,
        id: id.to_string(),
        name: name.to_owned(),
    }
}

fn entry(seq: u64, action: Action, subject: Subject, before: Value, after: Value) -> JournalRow {
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
        exchange: (seq > 1_000).then(|| exchange_id(u128::from(seq - 8_800))),
    }
}

pub fn journal() -> Vec<JournalRow> {
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
    }
}

pub fn exchanges() -> Vec<ExchangeLine> {
    (1..)
        .zip(&samples())
        .map(|(number, sample)| line(number, sample))
        .collect()
}

fn exchange(id: ExchangeId) -> Option<Exchange> {
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
            Body::record(&value.to_string())
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

fn syncs() -> Vec<SyncDigest> {
    vec![
        SyncDigest {
            id: exchange_id(1),
            provider: Provider::Okta,
            started: ago(34),
            last: ago(1),
            running: true,
            requests: 412,
            lookups: 12,
            unchanged: 0,
            effect: Did {
                users_created: 38,
                users_updated: 371,
                users_suspended: 3,
                conflicts: 2,
                ..Did::default()
            },
            errors: 3,
            p50_micros: 3_100,
            p95_micros: 41_200,
        },
        SyncDigest {
            id: exchange_id(0),
            provider: Provider::Okta,
            started: ago(10_894),
            last: ago(10_882),
            running: false,
            requests: 96,
            lookups: 96,
            unchanged: 0,
            effect: Did::default(),
            errors: 0,
            p50_micros: 900,
            p95_micros: 2_100,
        },
    ]
}

fn setup() -> Vec<SetupStep> {
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
