//! The engine over a directory in memory.

use std::{
    sync::atomic::{AtomicI64, AtomicUsize, Ordering},
    thread::{self, ThreadId},
};

use jiff::SignedDuration;

use super::*;
use crate::{
    directory::{Outcome, Provider},
    service::{
        auth::Secret,
        exchange::{Body, Effect, Exchange, ExchangeLine},
    },
    store::{MemoryStore, Observations, StoreError, Work},
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
            node: None,
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

/// Counts how often it is asked; of looks only those of the thread that made it, for the engine looks by
/// itself at times of its own.
struct Counting {
    looker: ThreadId,
    memory: MemoryStore,
    snapshots: AtomicUsize,
    writes: AtomicUsize,
    observations: AtomicUsize,
}

impl Counting {
    fn counts(&self) -> [usize; 3] {
        [&self.snapshots, &self.writes, &self.observations]
            .map(|count| count.load(Ordering::SeqCst))
    }
}

impl Store for Counting {
    fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        let is_own = thread::current().id() == self.looker;
        self.snapshots
            .fetch_add(usize::from(is_own), Ordering::SeqCst);
        self.memory.snapshot()
    }

    fn write(&self, work: &mut Work<'_>) -> Result<(), StoreError> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        self.memory.write(work)
    }

    fn observe(&self, observations: &Observations) -> Result<(), StoreError> {
        self.observations.fetch_add(1, Ordering::SeqCst);
        self.memory.observe(observations)
    }

    fn describe(&self) -> String {
        "counting".to_owned()
    }

    fn reopen(&self) -> Result<(), StoreError> {
        self.memory.reopen()
    }
}

/// An engine that stores what it has observed at its end only.
fn counting() -> (Arc<Counting>, Arc<Engine>) {
    let store = Arc::new(Counting {
        looker: thread::current().id(),
        memory: MemoryStore::default(),
        snapshots: AtomicUsize::default(),
        writes: AtomicUsize::default(),
        observations: AtomicUsize::default(),
    });
    let options = EngineOptions {
        flush_every: Duration::from_secs(3_600),
        ..EngineOptions::default()
    };
    let shared = Arc::clone(&store) as Arc<dyn Store>;
    (store, Engine::start(shared, options).unwrap())
}

#[tokio::test]
async fn what_holds_no_token_costs_no_look_at_the_store() {
    let (store, engine) = counting();
    let secret = Secret::generate(Provider::Okta, [7; 32]);
    make_token(&engine, &secret, None).await;
    let header = bearer(&secret);
    let before = store.counts();
    let cut = header.get(..header.len() - 1).unwrap();
    for (given, expected) in [
        (None, Unauthenticated::Missing),
        (Some("Bearer eyJhbGciOi"), Unauthenticated::Malformed),
        (Some(cut), Unauthenticated::Mistyped),
        (Some(&*header.to_lowercase()), Unauthenticated::Mistyped),
    ] {
        assert_eq!(engine.authenticate(given), Err(expected), "{given:?}");
    }
    assert_eq!(store.counts(), before);
    // One that is well-formed and unknown does cost one.
    let other = Secret::generate(Provider::Okta, [8; 32]);
    let unknown = engine.authenticate(Some(&bearer(&other)));
    assert_eq!(unknown, Err(Unauthenticated::Unknown));
    assert_eq!(store.counts()[0], before[0] + 1);
    engine.close().await;
}

#[tokio::test]
async fn a_tokens_last_use_is_written_later() {
    let (store, engine) = counting();
    let secret = Secret::generate(Provider::Okta, [7; 32]);
    let token = make_token(&engine, &secret, None).await;
    let before = store.counts();
    for _ in 0..100 {
        engine.authenticate(Some(&bearer(&secret))).unwrap();
    }
    assert_eq!(
        store.counts()[1..],
        before[1..],
        "written while requests wait"
    );
    let snapshot = engine.snapshot().unwrap();
    assert_eq!(engine.token_use(&*snapshot, token).unwrap().unwrap().1, 100);
    assert!(snapshot.token_use(token).unwrap().is_none());
    engine.close().await;
    let snapshot = store.snapshot().unwrap();
    assert_eq!(snapshot.token_use(token).unwrap().unwrap().1, 100);
    assert!(store.counts()[2] > before[2]);
}

#[tokio::test]
async fn tokens_overlap_so_that_rotating_them_shuts_nobody_out() {
    let (_, engine) = counting();
    let [old, new] = [7, 8].map(|byte| Secret::generate(Provider::Okta, [byte; 32]));
    let first = make_token(&engine, &old, None).await;
    let second = make_token(&engine, &new, None).await;
    for (secret, token) in [(&old, first), (&new, second), (&old, first)] {
        let caller = engine.authenticate(Some(&bearer(secret))).unwrap();
        assert_eq!((caller.provider, caller.token), (Provider::Okta, token));
    }
    let revoke = Command::RevokeToken { id: first };
    engine.execute(operator(), revoke, None).await.unwrap();
    let refused = engine.authenticate(Some(&bearer(&old)));
    assert_eq!(refused, Err(Unauthenticated::Revoked));
    let caller = engine.authenticate(Some(&bearer(&new))).unwrap();
    assert_eq!(caller.token, second);
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
    engine.record(first.clone().kept().unwrap());
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
        let kept = exchange(&engine).kept().unwrap();
        let json = kept.json().to_string();
        engine.record(kept);
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
    engine.record(exchange(&engine).kept().unwrap());
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
