//! The program, twice over one database, each with a data directory of its own.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{
    cli::program::{Place, Serving},
    postgres::Database,
};

fn serve(place: &Place, url: &str, node: &str) -> Serving {
    let mut command = place.command("serve --listen 127.0.0.1:0");
    command.args(["--store", url, "--node", node]);
    Place::start(command)
}

/// Asks until it is so, for as long as anything may take here.
fn until(what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(20), "not {what}");
    }
    start.elapsed()
}

#[test]
fn two_programs_are_one_directory() {
    let database = Database::new();
    let url = database.url();
    let (here, there) = (Place::new(), Place::new());
    // Without a server, as with a file.
    here.run(&format!("role add Local --store {url}"));
    let (one, two) = (serve(&here, &url, "one"), serve(&there, &url, "two"));
    let made = there.json("token create --provider okta");
    let token = made["token"].as_str().expect("a token").to_owned();
    assert_eq!(one.push_group(&token, "Engineering").0, 201);
    let filter = "/Groups?filter=displayName%20eq%20%22Engineering%22";
    let (status, found) = two.request("GET", filter, &token, "");
    assert_eq!((status, &found["totalResults"]), (200, &Value::from(1)));
    assert_eq!(here.json("audit"), there.json("audit"));

    // What came to one is shown by the other.
    until("told", || {
        let exported = there.run("export exchanges --format jsonl").stdout;
        ["one", "two"]
            .iter()
            .all(|name| exported.contains(&format!("\"node\":\"{name}\"")))
    });
    until("seen", || {
        let status = here.json("status");
        status["node"] == "one" && status["nodes"] == serde_json::json!(["one", "two"])
    });
    let told = here.run("status").stdout;
    assert!(
        told.contains("node       one; requests also came to two"),
        "{told}"
    );

    let id = made["id"].as_str().expect("an id");
    there.run(&format!("token revoke {id}"));
    let took = until("refused", || one.push_group(&token, "Other").0 == 401);
    assert!(took < Duration::from_secs(1), "{took:?}");

    // One ends, the other goes on; a backup moves all of it into a file.
    one.stop();
    there.run("role add Later");
    let file = here.path().join("backup.jsonl");
    there.run(&format!("backup {}", file.display()));
    assert_eq!(here.json(&format!("check --store {url}"))["ok"], true);
    let alone = Place::new();
    alone.run(&format!("restore {}", file.display()));
    assert_eq!(alone.json("audit"), there.json("audit"));
    two.stop();
}

/// And back: what a file holds is taken into an empty database, and into no other.
#[test]
fn a_backup_goes_into_an_empty_database() {
    let database = Database::new();
    let url = database.url();
    let place = Place::new();
    place.run("role add Local");
    let file = place.path().join("backup.jsonl");
    place.run(&format!("backup {}", file.display()));
    let restore = format!("restore {} --store {url}", file.display());
    place.run(&restore);
    assert_eq!(
        place.json("audit"),
        place.json(&format!("audit --store {url}"))
    );
    let refused = place.attempt(&restore);
    assert!(refused.stderr.contains("not empty"), "{refused:?}");
    let compact = place.attempt(&format!("compact --store {url}"));
    assert!(compact.stderr.contains("by itself"), "{compact:?}");
}

/// Whatever goes wrong, the password is not told; where it stands in the URL, that is.
#[test]
fn no_password_is_printed() {
    let place = Place::new();
    for (url, told) in [
        (
            "postgres://u:secret@127.0.0.1:1/d",
            "the store's URL holds a password",
        ),
        ("postgres://u:secret@127.0.0.1:1", "names no database"),
        ("postgres://u:sec/secret@127.0.0.1:1/d", "holds a password"),
        ("mysql://u:secret@127.0.0.1/d", "no store for mysql://"),
        (
            "postgres://127.0.0.1:1/d?password=secret",
            "the store's URL holds a password",
        ),
    ] {
        let program = place.attempt(&format!("status --store {url}"));
        assert_eq!(program.code, 1, "{url}: {program:?}");
        assert!(program.stderr.contains(told), "{url}: {program:?}");
        assert!(!program.stderr.contains("secret"), "{url}: {program:?}");
    }
}
