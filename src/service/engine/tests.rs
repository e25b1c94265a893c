//! The engine over a directory in memory.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::SignedDuration;

use super::*;
use crate::{
    directory::{Outcome, Provider},
    service::{
        auth::Secret,
        exchange::{Body, Effect, ExchangeLine},
    },
    store::MemoryStore,
};

fn operator() -> Actor {
    Actor::Operator {
        name: "ann".to_owned(),
    }
}

async fn make_token(engine: &Engine, secret: &Secret, expires: Option<Timestamp>) -> TokenId {
    let command = Command::CreateToken {
        provider: secret.provider(),
        name: "first".to_owned(),
        expires,
        hash: secret.hash(),
        prefix: secret.prefix(),
    };
    let done = engine.execute(operator(), command, None).await.unwrap();
    match done.outcome {
        Outcome::Token(token) => token.id,
        other => panic!("not a token: {other:?}"),
    }
}

fn bearer(secret: &Secret) -> String {
    format!("Bearer {}", secret.expose())
}

fn exchange(engine: &Engine) -> Exchange {
    Exchange {
        line: ExchangeLine {
            id: engine.new_exchange_id(),
            at: engine.now(),
            provider: Some(Provider::Okta),
            method: "GET".to_owned(),
            target: "/scim/v2/Users".to_owned(),
            status: 200,
            micros: 10,
            summary: String::new(),
            effect: Effect::default(),
            users: Vec::new(),
            roles: Vec::new(),
            journal: Vec::new(),
            conflict: None,
        },
        token: None,
        peer: String::new(),
        request_headers: Vec::new(),
        request_body: Body::default(),
        response_headers: Vec::new(),
        response_body: Body::default(),
    }
}

#[tokio::test]
async fn a_revoked_token_and_an_expired_one_are_refused_at_once() {
    let second = Arc::new(AtomicI64::new(1_700_000_000));
    let hand = Arc::clone(&second);
    let clock: Clock =
        Arc::new(move || Timestamp::from_second(hand.load(Ordering::Relaxed)).unwrap());
    let options = EngineOptions {
        clock,
        ..EngineOptions::default()
    };
    let engine = Engine::start(Arc::new(MemoryStore::new()), options).unwrap();
    let secret = Secret::generate(Provider::Okta, [7; 32]);
    let header = bearer(&secret);
    assert_eq!(
        engine.authenticate(Some(&header)),
        Err(Unauthenticated::Unknown)
    );
    let id = make_token(&engine, &secret, None).await;
    let caller = engine.authenticate(Some(&header)).unwrap();
    assert_eq!((caller.provider, caller.token), (Provider::Okta, id));

    let revoke = Command::RevokeToken { id };
    engine.execute(operator(), revoke, None).await.unwrap();
    assert_eq!(
        engine.authenticate(Some(&header)),
        Err(Unauthenticated::Revoked)
    );

    let other = Secret::generate(Provider::Entra, [8; 32]);
    let soon = engine.now() + Duration::from_secs(60);
    make_token(&engine, &other, Some(soon)).await;
    engine.authenticate(Some(&bearer(&other))).unwrap();
    second.fetch_add(60, Ordering::Relaxed);
    assert_eq!(
        engine.authenticate(Some(&bearer(&other))),
        Err(Unauthenticated::Expired)
    );
    engine.close().await;
}

#[tokio::test]
async fn what_was_observed_is_stored_at_the_end_and_taken_back_at_the_start() {
    let store = Arc::new(MemoryStore::new());
    let engine = Engine::start(
        Arc::clone(&store) as Arc<dyn Store>,
        EngineOptions::default(),
    )
    .unwrap();
    let secret = Secret::generate(Provider::Okta, [7; 32]);
    let token = make_token(&engine, &secret, None).await;
    let role = Command::AddRole {
        display_name: "Engineering".to_owned(),
    };
    let done = engine.execute(operator(), role, None).await.unwrap();
    let Outcome::Role { role, .. } = done.outcome else {
        panic!("not a role")
    };
    for _ in 0..3 {
        engine.authenticate(Some(&bearer(&secret))).unwrap();
    }
    engine.note_push(role.id);
    let first = exchange(&engine);
    engine.record(first.clone());
    let before = engine.snapshot().unwrap();
    assert_eq!(engine.token_use(&*before, token).unwrap().unwrap().1, 3);
    assert!(engine.role_push(&*before, role.id).unwrap().is_some());
    engine.close().await;

    let engine = Engine::start(store, EngineOptions::default()).unwrap();
    assert_eq!(engine.recorder().lines(None, 10), [first.line]);
    assert_eq!(engine.recorder().figures(engine.now()).total, 0);
    assert_eq!(engine.recorder().syncs(engine.now(), 10).len(), 1);
    let snapshot = engine.snapshot().unwrap();
    assert_eq!(snapshot.token_use(token).unwrap().unwrap().1, 3);
    assert!(snapshot.role_push(role.id).unwrap().is_some());
    engine.authenticate(Some(&bearer(&secret))).unwrap();
    assert_eq!(engine.token_use(&*snapshot, token).unwrap().unwrap().1, 4);
    engine.close().await;
}

#[tokio::test]
async fn what_was_recorded_is_stored_while_the_engine_runs() {
    let options = EngineOptions {
        flush_every: Duration::from_millis(1),
        ..EngineOptions::default()
    };
    let engine = Engine::start(Arc::new(MemoryStore::new()), options).unwrap();
    for _ in 0..3 {
        let exchange = exchange(&engine);
        engine.record(exchange.clone());
        let json = serde_json::to_string(&exchange).unwrap();
        while engine.snapshot().unwrap().exchanges(1, usize::MAX).unwrap() != [json.clone()] {
            tokio::task::yield_now().await;
        }
    }
    engine.close().await;
}

#[tokio::test]
async fn after_the_close_commands_are_refused() {
    let engine = Engine::start(Arc::new(MemoryStore::new()), EngineOptions::default()).unwrap();
    engine.close().await;
    let role = Command::AddRole {
        display_name: "late".to_owned(),
    };
    let refused = engine.execute(operator(), role, None).await;
    assert!(
        matches!(refused, Err(Failure::Unavailable(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn exchange_ids_are_in_order() {
    let clock: Clock = Arc::new(|| Timestamp::UNIX_EPOCH);
    let options = EngineOptions {
        clock,
        ..EngineOptions::default()
    };
    let engine = Engine::start(Arc::new(MemoryStore::new()), options).unwrap();
    let ids: Vec<ExchangeId> = (0..1000).map(|_| engine.new_exchange_id()).collect();
    assert!(ids.is_sorted_by(|earlier, later| earlier < later));
    engine.close().await;
}

/// The time is the runtime's, which goes on by itself where everything else waits.
#[tokio::test(start_paused = true)]
async fn what_is_beyond_its_number_or_age_goes_while_nothing_passes() {
    let begun = tokio::time::Instant::now();
    let clock: Clock = Arc::new(move || {
        let passed = SignedDuration::try_from(begun.elapsed()).unwrap();
        Timestamp::from_second(1_700_000_000).unwrap() + passed
    });
    let options = EngineOptions {
        clock,
        keep_exchanges_for: Some(Duration::from_secs(600)),
        keep_journal: Some(3),
        keep_journal_for: Some(Duration::from_secs(3600)),
        ..EngineOptions::default()
    };
    let engine = Engine::start(Arc::new(MemoryStore::new()), options).unwrap();
    for number in 0..5 {
        let display_name = format!("Role {number}");
        let command = Command::AddRole { display_name };
        engine.execute(operator(), command, None).await.unwrap();
    }
    engine.record(exchange(&engine));
    let kept = || {
        let snapshot = engine.snapshot().unwrap();
        let exchanges = snapshot.exchanges(9, usize::MAX).unwrap().len();
        (snapshot.journal_first().unwrap(), exchanges)
    };
    // It went on while the writer, which the runtime does not know of, was waited for.
    let ready = tokio::time::Instant::now();
    for (awaited, no_later_than) in [((3, 1), 120), ((3, 0), 720), ((5, 0), 3720)] {
        while kept() != awaited {
            let passed = ready.elapsed().as_secs();
            assert!(passed <= no_later_than, "{:?} after {passed} s", kept());
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
    engine.close().await;
}
