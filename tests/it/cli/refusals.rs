//! What is refused, and that it says why and what to do.

use std::{fs, net::TcpListener};

use rolecall::store::RedbStore;

use super::program::{Place, Program};

#[test]
fn wrong_usage_exits_with_2_and_says_so_on_stderr() {
    for arguments in [
        "frobnicate",
        "--frobnicate",
        "user",
        "user add",
        "user add a@x.io --service-account b",
        "user level ann@x.io emperor",
        "token create",
        "token create --provider acme",
        "token create --provider okta --expires soon",
        "token create --provider okta --expires 0s",
        "token revoke",
        "conflict link",
        "serve --listen nowhere",
        "serve --store postgres",
        "serve --base-url ftp://x",
        "serve --sync-gap 5",
        "serve --limit-connections 0",
        "--listen 127.0.0.1:1 status",
        "--read-only user list",
        "simulate okta",
        "simulate okta --base http://x --token t --dialect klingon",
        "simulate okta --base http://x --token t --concurrency 0",
        "demo --users 0",
        "completions tcsh",
        "audit --after x",
        "user edit ann@x.io",
        "user edit ann@x.io --alias nowhere",
        "user edit ann@x.io --alias a,b --no-aliases",
        "user suspend",
        "role rename Finance",
        "resource add orders",
        "resource add orders --kind postgres --tag =x",
        "access give ann@x.io orders",
        "access give ann@x.io orders --until soon",
        "access give ann@x.io orders --until 8h --from 2030-01-01",
        "hold approve x",
        "export exchanges",
        "export exchanges --format csv",
        "export exchanges --format har --limit 0",
        "backup",
        "restore",
    ] {
        let place = Place::new();
        let program = place.attempt(arguments);
        assert_eq!(program.code, 2, "rolecall {arguments}: {program:?}");
        assert_eq!(program.stdout, "", "rolecall {arguments}");
        assert!(!program.stderr.is_empty(), "rolecall {arguments}");
        assert!(
            !place.data().exists(),
            "rolecall {arguments} made the data directory"
        );
    }
}

/// Fails with exit code 1 and one line on stderr that holds each of these.
pub(super) fn assert_refused(program: &Program, words: &[&str]) {
    assert_eq!(program.code, 1, "{program:?}");
    assert_eq!(program.stdout, "", "{program:?}");
    assert_eq!(program.stderr.lines().count(), 1, "{program:?}");
    for word in words {
        assert!(
            program.stderr.contains(word),
            "{word:?} is not in {program:?}"
        );
    }
}

#[test]
fn what_is_not_there_is_named() {
    let place = Place::new();
    assert_refused(
        &place.attempt("user show ann@example.com"),
        &["ann@example.com"],
    );
    assert_refused(&place.attempt("role show Finance"), &["Finance"]);
    assert_refused(
        &place.attempt("member attach Finance ann@example.com"),
        &["Finance"],
    );
    let unknown = "conflict show 01900000-0000-7000-8000-000000000000";
    assert_refused(&place.attempt(unknown), &["conflict"]);
    place.run("role add Finance");
    assert_refused(&place.attempt("role add finance"), &["inance"]);
    assert_refused(
        &place.attempt("user add not-an-address"),
        &["not-an-address"],
    );
}

#[test]
fn a_directory_in_use_is_refused_with_the_process_that_uses_it() {
    let place = Place::new();
    let store = RedbStore::open(&place.data()).expect("a fresh store");
    let pid = std::process::id().to_string();
    assert_refused(&place.attempt("status"), &[&pid, "--data"]);
    assert_refused(
        &place.attempt("serve --listen 127.0.0.1:0"),
        &[&pid, "--data"],
    );
    drop(store);
    place.run("status");
}

#[test]
fn a_second_server_on_the_directory_is_refused() {
    let place = Place::new();
    let server = place.serve(&[]);
    assert_refused(
        &place.attempt("serve --listen 127.0.0.1:0"),
        &["already runs", "--data"],
    );
    server.stop();
}

#[test]
fn a_port_in_use_is_refused() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let place = Place::new();
    assert_refused(
        &place.attempt(&format!("serve --listen {address}")),
        &[&address, "--listen"],
    );
}

#[test]
fn plain_http_for_other_machines_needs_a_flag() {
    let place = Place::new();
    assert_refused(
        &place.attempt("serve --listen 0.0.0.0:0"),
        &["--insecure-plain-http"],
    );
}

#[test]
fn an_unknown_key_is_refused_with_file_and_line() {
    let place = Place::new();
    let file = place.path().join("rolecall.toml");
    fs::write(
        &file,
        "listen = \"127.0.0.1:0\"\n\n[tsl]\ncertificate = \"x\"\n",
    )
    .expect("a file");
    let program = place.attempt(&format!("serve --config {}", file.display()));
    assert_refused(&program, &["rolecall.toml:3", "\"tsl\" is not known"]);
    let missing = place.attempt("status --config /nowhere/rolecall.toml");
    assert_refused(&missing, &["/nowhere/rolecall.toml"]);
}

#[test]
fn flags_beat_the_environment_which_beats_the_file() {
    let place = Place::new();
    let file = place.path().join("rolecall.toml");
    let (by_file, by_environment) = (place.path().join("file"), place.path().join("environment"));
    fs::write(&file, format!("data = {by_file:?}\n")).expect("a file");
    let run = |environment: bool| {
        let mut command = super::program::command();
        command.args(["status", "--json", "--config"]).arg(&file);
        if environment {
            command.env("ROLECALL_DATA", &by_environment);
        }
        assert!(command.output().expect("the binary runs").status.success());
    };
    run(false);
    assert!(by_file.exists() && !by_environment.exists());
    run(true);
    assert!(by_environment.exists() && !place.data().exists());
    let mut command = place.command("status --json");
    command.env("ROLECALL_DATA", &by_environment);
    assert!(command.output().expect("the binary runs").status.success());
    assert!(place.data().exists());
}

#[test]
fn a_store_of_a_newer_version_is_refused() {
    const META: redb::TableDefinition<'_, &str, u64> = redb::TableDefinition::new("meta");
    let place = Place::new();
    place.run("status");
    let database = redb::Database::open(place.data().join("rolecall.redb")).expect("a store");
    let transaction = database.begin_write().expect("a transaction");
    let mut meta = transaction.open_table(META).expect("the table");
    meta.insert("schema", 99).expect("room");
    drop(meta);
    transaction.commit().expect("a commit");
    drop(database);
    assert_refused(&place.attempt("status"), &["newer version"]);
    assert_refused(
        &place.attempt("serve --listen 127.0.0.1:0"),
        &["newer version"],
    );
}

#[test]
fn a_store_in_memory_lives_only_in_a_server() {
    let place = Place::new();
    assert_refused(
        &place.attempt("user list --store memory"),
        &["no server runs"],
    );
    let server = place.serve(&["--store", "memory"]);
    place.run("role add Finance");
    assert_eq!(place.json("status")["store"], "memory");
    server.stop();
}

#[test]
fn a_console_needs_a_terminal() {
    let place = Place::new();
    assert_refused(&place.attempt(""), &["terminal", "rolecall serve"]);
    assert_refused(&place.attempt("demo"), &["terminal"]);
    assert_refused(&place.attempt("attach"), &["no server runs"]);
}

#[test]
fn the_simulation_trusts_nobody_by_itself() {
    let place = Place::new();
    let program = place.attempt("simulate okta --base https://x/scim/v2 --token t");
    assert_refused(&program, &["whose certificates to trust", "--ca"]);
}
