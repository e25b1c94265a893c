//! Files that something else has written to: refused with advice and left as they are, or read as far
//! as they are whole; never taken for an empty directory, and never the end of a server.

use std::{
    fs,
    ops::Range,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rolecall::{
    directory::Provider,
    service::{Engine, EngineOptions},
    store::{MemoryStore, Observations, Snapshot, Store, StoreError, Work},
};

use crate::{
    cli::program::{Place, Program},
    harness::Server,
};

const USERS: usize = 60;

/// A closed store with users in it, and a provider's token.
fn furnished() -> (Place, String) {
    let place = Place::new();
    let token = place.run("token create --provider okta").stdout;
    let server = place.serve(&[]);
    for number in 0..USERS {
        let body = serde_json::json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": format!("user{number}@x.io"), "active": true,
        });
        let (status, body) = server.request("POST", "/Users", token.trim(), &body.to_string());
        assert_eq!(status, 201, "{body}");
    }
    server.stop();
    (place, token.trim().to_owned())
}

fn file(place: &Place) -> PathBuf {
    place.data().join("rolecall.redb")
}

/// One sentence for the operator, no matter what the file is.
fn assert_told(program: &Program, what: &str) {
    assert_eq!(program.code, 1, "{what}: {program:?}");
    let told = program.stderr.trim_end();
    assert!(!told.contains("panicked"), "{what}: {told}");
    assert_eq!(told.lines().count(), 1, "{what}: {told}");
    assert!(told.contains("restore a backup"), "{what}: {told}");
}

#[test]
fn what_is_not_a_whole_store_is_refused_with_advice() {
    let (place, _) = furnished();
    let path = file(&place);
    let whole = fs::read(&path).expect("the store");
    let with = |range: Range<usize>, byte: u8| {
        let mut bytes = whole.clone();
        bytes[range].fill(byte);
        bytes
    };
    let cases = [
        ("nothing", Vec::new()),
        ("one sector", whole[..512].to_vec()),
        ("the header alone", whole[..4_096].to_vec()),
        ("zeros", vec![0; whole.len()]),
        ("a zeroed header", with(0..4_096, 0)),
        ("a zeroed name", with(0..64, 0)),
        ("garbage for a header", with(0..320, 0x5a)),
        (
            "a text",
            b"[server]\nlisten = \"127.0.0.1:1\"\n".repeat(300),
        ),
        (
            "another program's",
            [b"SQLite format 3\0".as_slice(), &whole[16..]].concat(),
        ),
    ];
    for (what, bytes) in cases {
        fs::write(&path, &bytes).expect("written");
        for command in ["status", "check", "serve --listen 127.0.0.1:0"] {
            assert_told(&place.attempt(command), &format!("{what}: {command}"));
        }
        let after = fs::read(&path).expect("still there");
        assert!(after == bytes, "{what} was changed");
    }
    fs::write(&path, whole).expect("written");
    place.run("check");
}

/// A file that ends early, and one with pages of zeros, may open; what is missing is never passed over.
#[test]
fn what_is_missing_is_never_passed_over() {
    let (place, _) = furnished();
    let path = file(&place);
    let whole = fs::read(&path).expect("the store");
    let page = 4_096;
    let mut cases: Vec<(String, Vec<u8>)> = [whole.len() / 2, whole.len() - page]
        .map(|length| (format!("{length} bytes"), whole[..length].to_vec()))
        .into();
    let pages = whole.len() / page;
    let step = pages.div_ceil(24);
    cases.extend((1..pages).step_by(step).map(|number| {
        let mut bytes = whole.clone();
        bytes[number * page..(number + step).min(pages) * page].fill(0);
        (format!("zeros from page {number}"), bytes)
    }));
    for (what, bytes) in cases {
        fs::write(&path, &bytes).expect("written");
        let listed = place.attempt("user list --json");
        if listed.code == 0 {
            let users: serde_json::Value = serde_json::from_str(&listed.stdout).expect("JSON");
            assert_eq!(users.as_array().map(Vec::len), Some(USERS), "{what}");
        } else {
            assert_eq!(listed.code, 1, "{what}: {listed:?}");
        }
        let checked = place.attempt("check");
        assert!([0, 1].contains(&checked.code), "{what}: {checked:?}");
    }
}

/// Damages a page that the server can do without until somebody asks for what is on it. There is
/// none where redb looks at every page when it opens, as it does where it is built for debugging.
fn damage_a_page(place: &Place) -> bool {
    let path = file(place);
    let whole = fs::read(&path).expect("the store");
    let needle = b"user1@x.io";
    let mut pages: Vec<usize> = whole
        .windows(needle.len())
        .enumerate()
        .filter_map(|(at, window)| (window == needle).then_some(at / 4_096))
        .collect();
    pages.dedup();
    assert!(!pages.is_empty(), "the user is somewhere");
    for page in pages {
        let mut bytes = whole.clone();
        bytes[page * 4_096..(page + 1) * 4_096].fill(0x5a);
        fs::write(&path, &bytes).expect("written");
        let (status, check) = (place.attempt("status"), place.attempt("check"));
        for program in [&status, &check] {
            let told = program.stderr.lines().last().unwrap_or_default();
            assert!(
                program.code == 0
                    || (program.code == 1
                        && told.starts_with("rolecall: ")
                        && told.contains("restore a backup")),
                "page {page}: {program:?}"
            );
        }
        if status.code == 0 && check.code == 1 {
            return true;
        }
    }
    false
}

/// Requests that need the page are answered with an error, others as ever.
#[test]
fn a_damaged_page_does_not_take_the_server_down() {
    let (place, token) = furnished();
    if !damage_a_page(&place) {
        return;
    }
    let server = place.serve(&[]);
    let mut failed = 0;
    for _ in 0..3 {
        for target in [
            "/Users?count=100",
            "/Users?filter=userName%20eq%20%22user1@x.io%22",
            "/Users?filter=userName%20eq%20%22user59@x.io%22",
        ] {
            let (status, body) = server.request("GET", target, &token, "");
            assert!(
                [200, 500, 503].contains(&status),
                "{target}: {status} {body}"
            );
            failed += usize::from(status != 200);
            assert!(status == 200 || body["detail"].is_string(), "{body}");
        }
    }
    assert!(failed >= 3, "the damage was felt");
    let (status, body) = server.request("GET", "/ServiceProviderConfig", &token, "");
    assert_eq!(status, 200, "{body}");
    server.stop();
}

/// A store that breaks off where it is read, as redb may over damaged pages.
struct Breaking {
    memory: MemoryStore,
    breaks: AtomicBool,
}

impl Store for Breaking {
    fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        assert!(!self.breaks.load(Ordering::Relaxed), "on purpose");
        self.memory.snapshot()
    }

    fn write(&self, work: &mut Work<'_>) -> Result<(), StoreError> {
        self.memory.write(work)
    }

    fn observe(&self, observations: &Observations) -> Result<(), StoreError> {
        self.memory.observe(observations)
    }

    fn describe(&self) -> String {
        "breaking".to_owned()
    }

    fn reopen(&self) -> Result<(), StoreError> {
        self.memory.reopen()
    }
}

#[tokio::test]
async fn a_read_that_breaks_off_is_answered_and_the_next_one_goes_well() {
    let store = Arc::new(Breaking {
        memory: MemoryStore::new(),
        breaks: AtomicBool::new(false),
    });
    let server = Server::over(store.clone()).await;
    let client = server.client(Provider::Okta).await;
    let id = client.make_user("ann@x.io").await;
    for _ in 0..3 {
        store.breaks.store(true, Ordering::Relaxed);
        for target in ["/Users", &format!("/Users/{id}")] {
            let detail = client.get(target).await.refused(500, "");
            assert!(!detail.contains("on purpose"), "{detail}");
        }
        store.breaks.store(false, Ordering::Relaxed);
        client.get("/Users").await.expect(200);
    }
    store.breaks.store(true, Ordering::Relaxed);
    let started = Engine::start(store, EngineOptions::default());
    let error = started.expect_err("it cannot be read");
    assert!(matches!(error, StoreError::Damaged(_)), "{error}");
}
