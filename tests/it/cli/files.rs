//! Backups, restores and exports: what is written, who may read it, and what is refused.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{program::Place, refusals::assert_refused};

fn mode(path: &Path) -> u32 {
    let metadata = fs::metadata(path).expect("the file is there");
    metadata.permissions().mode() & 0o777
}

/// A directory with something of every kind in it.
fn furnish(place: &Place) {
    for command in [
        "user add ann@example.com --given Ann --family Lee --level admin",
        "user edit ann@example.com --alias db-set,ann",
        "user add --service-account backup",
        "role add Finance",
        "member attach Finance ann@example.com",
        "resource add orders --kind postgres --tag env=test",
        "access grant Finance orders",
        "access give backup orders --until 30d",
        "token create --provider okta --name staging",
    ] {
        place.run(command);
    }
}

const LISTS: [&str; 8] = [
    "user list",
    "role list",
    "resource list",
    "access list",
    "token list",
    "provider list",
    "identity list",
    "audit",
];

fn lists(place: &Place) -> Vec<Value> {
    LISTS.iter().map(|list| place.json(list)).collect()
}

fn backed_up(place: &Place) -> PathBuf {
    let file = place.path().join("backup.jsonl");
    let report = place.json(&format!("backup {}", file.display()));
    assert_eq!(report["counts"]["user"], 2, "{report}");
    file
}

fn a_backup_is_restored(place: &Place) {
    let file = backed_up(place);
    assert_eq!(mode(&file), 0o600);
    let again = place.attempt(&format!("backup {}", file.display()));
    assert_refused(&again, &["backup.jsonl", "not overwritten"]);

    let other = Place::new();
    let restore = format!("restore {}", file.display());
    let dry = other.json(&format!("{restore} --dry-run"));
    assert_eq!(dry["counts"]["role"], 1);
    assert!(!other.data().exists());
    assert!(other.run(&restore).stdout.starts_with("restored from "));
    other.run("check");
    assert_eq!(lists(place), lists(&other));
    assert_refused(&other.attempt(&restore), &["not empty"]);
    let dry_run = format!("{restore} --dry-run");
    assert_refused(&other.attempt(&dry_run), &["not empty"]);
}

#[test]
fn a_backup_without_a_server_is_restored() {
    let place = Place::new();
    furnish(&place);
    a_backup_is_restored(&place);
}

#[test]
fn a_backup_of_a_running_server_is_restored() {
    let place = Place::new();
    let server = place.serve(&[]);
    furnish(&place);
    a_backup_is_restored(&place);
    let restore = place.attempt("restore /nowhere/backup.jsonl");
    assert_refused(&restore, &["a server runs", "--data"]);
    server.stop();
}

#[test]
fn a_backup_that_is_not_whole_is_refused_with_the_line() {
    let place = Place::new();
    furnish(&place);
    let text = fs::read_to_string(backed_up(&place)).expect("the backup");
    let lines: Vec<&str> = text.lines().collect();
    let cut = lines.len() - 1;
    let newer = text.replacen("\"version\":1", "\"version\":2", 1);
    let changed = text.replacen("Finance", "Finesse", 1);
    for (what, content, words) in [
        ("cut off", lines[..cut].join("\n"), vec!["Line", "cut off"]),
        ("newer", newer, vec!["Line 1", "newer"]),
        ("changed", changed, vec!["Line"]),
        ("empty", String::new(), vec!["Line 1"]),
        ("foreign", "{\"log\":{}}\n".to_owned(), vec!["Line 1"]),
    ] {
        let other = Place::new();
        let file = other.path().join("broken.jsonl");
        fs::write(&file, content).expect("a file");
        for flag in ["", " --dry-run"] {
            let refused = other.attempt(&format!("restore {}{flag}", file.display()));
            assert_refused(&refused, &["broken.jsonl"]);
            assert_refused(&refused, &words);
            assert!(
                other.json("user list") == Value::Array(Vec::new()),
                "{what}"
            );
        }
    }
    let missing = Place::new();
    assert_refused(
        &missing.attempt("restore /nowhere/backup.jsonl"),
        &["/nowhere/backup.jsonl"],
    );
    assert!(!missing.data().exists());
}

#[test]
fn recorded_requests_are_exported() {
    let place = Place::new();
    let server = place.serve(&[]);
    let token = place.run("token create --provider okta").stdout;
    let token = token.trim();
    server.push_group(token, "Finance");
    server.push_group(token, "Support");

    let printed = place.run("export exchanges --format jsonl").stdout;
    let lines: Vec<Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).expect("a JSON line"))
        .collect();
    assert!(lines.len() >= 2, "{printed}");
    assert!(printed.contains("Finance") && !printed.contains(token));

    let file = place.path().join("monday.har");
    let export = format!("export exchanges --format har --output {}", file.display());
    place.run(&export);
    assert_eq!(mode(&file), 0o600);
    let text = fs::read_to_string(&file).expect("the file");
    let har: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(har["log"]["version"], "1.2");
    assert_eq!(har["log"]["entries"].as_array().map(Vec::len), Some(2));
    assert!(!text.contains(token));
    assert_refused(&place.attempt(&export), &["not overwritten"]);
    let first = place
        .run("export exchanges --format jsonl --limit 1")
        .stdout;
    assert!(first.contains("Finance") && !first.contains("Support"));
    let id = lines[0]["id"].as_str().expect("an id");
    let rest = place.run(&format!("export exchanges --format jsonl --after {id}"));
    assert!(rest.stdout.contains("Support") && !rest.stdout.contains("Finance"));

    let digest = place.run("export sync").stdout;
    assert!(digest.contains("roles created"), "{digest}");
    server.stop();
    // They are on the disk, too.
    let later = place.run("export exchanges --format jsonl").stdout;
    assert_eq!(later.lines().count(), printed.lines().count());
}

#[test]
fn a_store_that_contradicts_itself_is_told_and_fails() {
    const NAMES: redb::TableDefinition<'_, &str, &[u8; 16]> =
        redb::TableDefinition::new("role_names");
    let place = Place::new();
    furnish(&place);
    let database = redb::Database::open(place.data().join("rolecall.redb")).expect("a store");
    let transaction = database.begin_write().expect("a transaction");
    let mut names = transaction.open_table(NAMES).expect("the table");
    assert!(names.remove("finance").expect("a read").is_some());
    drop(names);
    transaction.commit().expect("a commit");
    drop(database);
    let check = place.attempt("check");
    assert_eq!(check.code, 1, "{check:?}");
    assert!(
        check.stdout.contains("is not found by its name"),
        "{check:?}"
    );
    assert!(check.stderr.contains("restore a backup"), "{check:?}");
    let check = place.attempt("check --json");
    assert_eq!(check.code, 1, "{check:?}");
    let report: Value = serde_json::from_str(&check.stdout).expect("one document");
    assert_eq!(report["ok"], false);
    assert!(report["problems"][0].is_string(), "{report}");
}
