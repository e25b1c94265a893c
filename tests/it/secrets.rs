//! What must never be kept: tokens, passwords and what holds them. The real binary is talked to in every
//! way in which a secret could reach it, told to log all it can, and then every byte that it has
//! written is searched.

pub(crate) mod search;
pub(crate) mod talk;

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::Stdio,
    time::Duration,
};

use rolecall::{
    directory::Provider,
    service::Secret,
    store::{RedbStore, Store as _},
};
use serde_json::json;

use self::{
    search::{Secrets, Written},
    talk::Talk,
};
use crate::{
    cli::program::{Place, Serving},
    tls::{Authority, Files},
};

/// A user's name, which is stored, recorded and told: where this is not found, the search looked in the
/// wrong place.
const PLANTED: &str = "planted.7f3a@x.io";
/// What stands in place of a secret that was taken out.
const REDACTED: &str = "…redacted…";

/// The tokens of one run, in every state that a token can be in.
struct Tokens {
    /// Made without a server.
    live: String,
    /// Made through the admin socket.
    second: String,
    expired: String,
    revoked: String,
    /// Another server's.
    unknown: String,
    /// The live one with another last character.
    mistyped: String,
}

impl Tokens {
    fn make(place: &Place, live: String) -> Self {
        let second = place.json("token create --provider okta --name second");
        let second = second["token"].as_str().expect("a token").to_owned();
        let expired = create(place, "--provider okta --name short --expires 2s");
        let revoked = create(place, "--provider entra --name gone");
        place.run("token revoke gone");
        let unknown = Secret::generate(Provider::Okta, [0x3c; 32]);
        let mut mistyped = live.clone();
        let last = mistyped.pop().expect("a character");
        mistyped.push(if last == 'A' { 'B' } else { 'A' });
        Self {
            unknown: unknown.expose().to_owned(),
            live,
            second,
            expired,
            revoked,
            mistyped,
        }
    }

    fn all(&self) -> [(&'static str, &str); 6] {
        [
            ("the live token", &self.live),
            ("the second token", &self.second),
            ("the expired token", &self.expired),
            ("the revoked token", &self.revoked),
            ("the unknown token", &self.unknown),
            ("the mistyped token", &self.mistyped),
        ]
    }
}

fn create(place: &Place, arguments: &str) -> String {
    let created = place.run(&format!("token create {arguments}"));
    created.stdout.trim().to_owned()
}

/// A server that logs all it can, as JSON.
fn serve(place: &Place, flags: &[&str]) -> Serving {
    let mut command = place.command(
        "serve --listen 127.0.0.1:0 --log json --limit-failed-authentications 100000 --sync-gap 1s",
    );
    command.args(flags).env("RUST_LOG", "trace");
    Place::start(command)
}

/// What the commands print, which people paste into tickets.
fn commands(place: &Place, written: &mut Written) {
    for command in [
        "status",
        "token list",
        "provider list",
        "user list",
        "role list",
        "conflict list --all",
        "identity list",
        "warning list",
        "audit",
        "check",
    ] {
        for form in ["", " --json"] {
            let program = place.run(&format!("{command}{form}"));
            written.text(&format!("rolecall {command}{form}"), &program.stdout);
            written.text(&format!("rolecall {command}{form}"), &program.stderr);
        }
    }
    let conflicts = place.json("conflict list --all");
    for conflict in conflicts.as_array().expect("a list") {
        let id = conflict["id"].as_str().expect("an id");
        for form in ["", " --json"] {
            let shown = place.run(&format!("conflict show {id}{form}"));
            written.text("rolecall conflict show", &shown.stdout);
        }
    }
}

/// Files that the commands write, into `folder`.
fn files(place: &Place, folder: &Path) {
    let at = |name: &str| folder.join(name).display().to_string();
    for command in [
        format!("backup {}", at("backup.jsonl")),
        format!("export exchanges --format har --output {}", at("all.har")),
        format!(
            "export exchanges --format jsonl --output {}",
            at("all.jsonl")
        ),
        format!("export sync --output {}", at("sync.md")),
    ] {
        place.run(&command);
    }
}

/// The exchanges that the store holds, which are compressed in its file.
fn record(place: &Place) -> String {
    let store = RedbStore::open(&place.data()).expect("the server has stopped");
    let snapshot = store.snapshot().expect("a snapshot");
    let texts = snapshot.exchanges(usize::MAX, usize::MAX).expect("read");
    texts.join("\n")
}

/// Follows with `rolecall tail`, until it has told of what was sent to end it.
fn tailed(place: &Place, form: &str, server: &Serving, token: &str, talk: impl FnOnce()) -> String {
    let look_up = |name: &str| {
        let target = format!("/Users?filter=userName%20eq%20%22{name}%22");
        assert_eq!(server.request("GET", &target, token, "").0, 200);
    };
    let mut command = place.command(&format!("tail {form}"));
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the binary runs");
    let lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
    let (told, heard) = std::sync::mpsc::channel();
    let followed = std::thread::spawn(move || {
        let mut text = String::new();
        for line in lines {
            let line = line.expect("text");
            text.push_str(&line);
            text.push('\n');
            if line.contains("beginning") {
                let _ = told.send(());
            }
            if line.contains("the-end") {
                break;
            }
        }
        text
    });
    // Nothing tells when a follower is heard.
    let mut tries = 0..1_000;
    while heard.try_recv().is_err() {
        assert!(tries.next().is_some(), "the follower tells of nothing");
        look_up("beginning");
    }
    talk();
    look_up("the-end");
    let text = followed.join().expect("it follows");
    let _ = child.kill();
    let _ = child.wait();
    text
}

/// Fails where one of the secrets is in what was written, or where the search cannot have worked.
fn assert_kept_out(secrets: &Secrets, written: &Written) {
    let found = written.found(secrets);
    assert!(found.is_empty(), "{}", found.join("\n"));
    for name in ["rolecall.redb", "backup.jsonl", "all.har", "all.jsonl"] {
        assert!(written.holds(name, PLANTED), "{name} was not searched");
    }
    for name in ["the record", "all.har", "all.jsonl"] {
        assert!(written.holds(name, PLANTED), "{name} was not searched");
        assert!(written.holds(name, REDACTED), "{name} tells of no secret");
        assert!(written.holds(name, "Bearer …redacted…"), "{name}");
    }
    assert!(written.holds("rolecall audit", PLANTED));
    assert!(written.holds("rolecall tail --json", "/Users"));
    assert!(written.holds("rolecall tail --plain", "beginning"));
}

#[test]
fn no_secret_is_kept_anywhere_after_a_sync() {
    let place = Place::new();
    let live = create(&place, "--provider okta");
    let server = serve(&place, &[]);
    let tokens = Tokens::make(&place, live);
    let mut secrets = Secrets::default();
    for (what, token) in tokens.all() {
        secrets.token(what, token);
    }
    let mut written = Written::default();
    place.run(&format!("user add {}", talk::TAKEN));
    // Time must pass until a token expires.
    while server.request("GET", "/Users", &tokens.expired, "").0 == 200 {
        std::thread::sleep(Duration::from_millis(50));
    }
    let mut talk = Talk::new(server.address(), &tokens, &mut secrets);
    let told = tailed(&place, "--json", &server, &tokens.live, || {
        talk.everything();
    });
    written.text("rolecall tail --json", &told);
    let told = tailed(&place, "--plain", &server, &tokens.live, || {
        talk.odd_places();
    });
    written.text("rolecall tail --plain", &told);
    talk.assert_answers_hold_no_password();
    commands(&place, &mut written);
    files(&place, place.path());
    written.text("the log", &server.stop());

    over_tls(&place, &tokens.second, &mut secrets, &mut written);
    written.folder(place.path());
    written.text("the record", &record(&place));
    assert_kept_out(&secrets, &written);
}

/// The same directory again, over TLS; and a token that is sent to it in the clear.
fn over_tls(place: &Place, token: &str, secrets: &mut Secrets, written: &mut Written) {
    let authority = Authority::new();
    let pair = authority.issue();
    let files = Files::of(&pair);
    let ca = files.write("ca.pem", &authority.certificate);
    let key = pair.key.lines().nth(1).expect("a key").to_owned();
    secrets.text("the key of TLS", &key);
    secrets.text("the simulated tenant's password", "1mz050nq");
    let path = |name| files.path(name).display().to_string();
    let flags = [path("certificate.pem"), path("key.pem")];
    let server = serve(
        place,
        &["--tls-certificate", &flags[0], "--tls-key", &flags[1]],
    );
    for dialect in ["oin", "aiw", "patch"] {
        let simulated = place.attempt(&format!(
            "simulate okta --base https://{}/scim/v2 --token {token} --users 3 --roles 1 --ca {} --dialect {dialect}",
            server.address(),
            ca.display(),
        ));
        assert_eq!(simulated.code, 0, "{simulated:?}");
        written.text("rolecall simulate", &simulated.stdout);
        written.text("rolecall simulate", &simulated.stderr);
    }
    let clear =
        format!("GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
    talk::say(server.address(), clear.as_bytes());
    commands(place, written);
    let log = server.stop();
    assert!(log.contains("plain HTTP came to the TLS port"), "{log}");
    written.text("the log", &log);
}

/// What cannot be told from the outside: that the search finds what is there.
#[test]
fn the_search_finds_what_is_planted() {
    let token = Secret::generate(Provider::Okta, [0x5a; 32])
        .expose()
        .to_owned();
    let mut secrets = Secrets::default();
    secrets.token("the token", &token);
    secrets.text("the password", "HorseBattery");
    let folder = tempfile::tempdir().expect("a folder");
    let deep = folder.path().join("deep/er");
    std::fs::create_dir_all(&deep).expect("a folder");
    let body = json!({"a": "b", "password": "HorseBattery"}).to_string();
    for (found, text) in [
        (true, format!("…{token}…")),
        (true, token["rc_okta_".len() + 6..][..24].to_owned()),
        (true, talk::base64(&format!("okta:{token}"))),
        (true, talk::base64(&format!("{token}:"))),
        (true, talk::base64(&format!("anyone at all:{token}"))),
        (true, body),
        (false, "rc_okta_Wlpa and …redacted…".to_owned()),
    ] {
        let mut bytes = vec![0xff; 4_095];
        bytes.extend(text.as_bytes());
        bytes.extend([0xff; 100]);
        std::fs::write(deep.join("file"), bytes).expect("a file");
        let mut written = Written::default();
        written.folder(folder.path());
        assert_eq!(!written.found(&secrets).is_empty(), found, "{text}");
        assert!(written.holds("deep/er/file", &text), "{text}");
    }
}
