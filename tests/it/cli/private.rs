//! What others of the machine may see and do: nothing.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
    path::Path,
    process::{Command, Stdio},
};

use super::program::{Place, Serving};

/// Fails where anyone but the owner may do anything with a file, a folder or a socket below this
/// folder. Gives their names.
pub(crate) fn assert_private(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("an entry").path();
        let metadata = fs::symlink_metadata(&path).expect("its metadata");
        let mode = metadata.mode() & 0o777;
        let expected = if metadata.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, expected, "{} is {mode:o}", path.display());
        let name = path.file_name().expect("a name").to_string_lossy();
        names.push(name.into_owned());
        if metadata.is_dir() {
            names.extend(assert_private(&path));
        }
    }
    names.sort();
    names
}

/// The binary as it runs where nothing is forbidden to others by itself.
fn unmasked(place: &Place, arguments: &str) -> Command {
    let plain = place.command(arguments);
    let mut command = Command::new("/bin/sh");
    command
        .env_clear()
        .args(["-c", "umask 000; exec \"$0\" \"$@\""])
        .arg(plain.get_program())
        .args(plain.get_args())
        .stdin(Stdio::null());
    command
}

fn run(place: &Place, arguments: &str) {
    let output = unmasked(place, arguments).output().expect("it runs");
    assert!(output.status.success(), "{arguments}: {output:?}");
}

fn serve(place: &Place) -> Serving {
    Place::start(unmasked(place, "serve --listen 127.0.0.1:0"))
}

#[test]
fn every_file_is_the_owners_alone_whatever_the_umask() {
    let place = Place::new();
    run(&place, "token create --provider okta");
    let server = serve(&place);
    for command in ["user add ann@example.com", "role add Finance"] {
        run(&place, command);
    }
    server.request("GET", "/Users", "no-token", "");
    let at = |name: &str| place.path().join(name).display().to_string();
    for command in [
        format!("backup {}", at("backup.jsonl")),
        format!("export exchanges --format har --output {}", at("all.har")),
        format!(
            "export exchanges --format jsonl --output {}",
            at("all.jsonl")
        ),
    ] {
        run(&place, &command);
    }
    let names = assert_private(place.path());
    for name in [
        "admin.sock",
        "rolecall.redb",
        "backup.jsonl",
        "all.har",
        "all.jsonl",
    ] {
        assert!(names.iter().any(|there| there == name), "{name}: {names:?}");
    }
    server.stop();
    let again = Place::new();
    run(&again, &format!("restore {}", at("backup.jsonl")));
    assert_private(again.path());
}

/// Runs a command as the account that owns nothing; none where this account may not.
fn as_nobody(command: &Command) -> Option<std::process::Output> {
    let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    let mut other = Command::new("setpriv");
    other.args(nobody).stdin(Stdio::null()).env_clear();
    let able = Command::new("setpriv").args(nobody).arg("true").output();
    if !able.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: becoming another account needs root and setpriv");
        return None;
    }
    other.arg(command.get_program()).args(command.get_args());
    Some(other.output().expect("setpriv runs"))
}

fn loosen(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("it is ours");
}

#[test]
fn another_account_is_not_answered() {
    let place = Place::new();
    let server = place.serve(&[]);
    let socket = place.data().join("admin.sock");
    let metadata = fs::metadata(&socket).expect("the socket");
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.mode() & 0o777, 0o600);
    // Where others can run it.
    let binary = place.path().join("rolecall");
    fs::copy(env!("CARGO_BIN_EXE_rolecall"), &binary).expect("a copy");
    loosen(&binary, 0o755);
    loosen(place.path(), 0o755);
    let mut status = Command::new(&binary);
    status.args(["status", "--data"]).arg(place.data());

    let Some(closed) = as_nobody(&status) else {
        return;
    };
    assert!(!closed.status.success(), "{closed:?}");
    let told = String::from_utf8_lossy(&closed.stderr).into_owned();
    assert!(told.contains("not open to this account"), "{told}");

    // And where the folder and the socket let them in, the server does not.
    loosen(&place.data(), 0o755);
    loosen(&socket, 0o666);
    let refused = as_nobody(&status).expect("as before");
    assert!(!refused.status.success(), "{refused:?}");
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains("the admin connection failed"), "{told}");
    assert!(refused.stdout.is_empty(), "{refused:?}");

    // The account that runs the server is, and so is root.
    place.run("status");
    let logged = server.stop();
    assert!(
        logged.contains("an admin connection of another account was closed"),
        "{logged}"
    );
}
