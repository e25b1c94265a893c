//! Where this machine has `PostgreSQL`, and who may run it.

use std::{
    env, fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::Command,
};

/// The oldest version that rolecall works with.
const OLDEST: u32 = 15;

/// What the tests use of it.
const NEEDED: [&str; 5] = ["initdb", "pg_basebackup", "pg_ctl", "postgres", "psql"];

const MISSING: &str = "This test needs PostgreSQL 15 or newer, of which nothing but the programs: it starts a server of \
    its own. Install it (Debian, Ubuntu: `apt-get install postgresql`; macOS: `brew install postgresql@17`; Fedora: \
    `dnf install postgresql-server`), or put its folder with initdb and pg_ctl into PATH.";

/// The folder of a `PostgreSQL` that is new enough; else what to do.
pub(super) fn find() -> Result<PathBuf, String> {
    choose(candidates(), told_by)
}

fn choose(
    candidates: Vec<PathBuf>,
    told_by: impl Fn(&Path) -> Option<String>,
) -> Result<PathBuf, String> {
    let mut seen = Vec::new();
    for folder in candidates {
        if !NEEDED.iter().all(|name| folder.join(name).is_file()) {
            continue;
        }
        let told = told_by(&folder);
        match told.as_deref().and_then(major) {
            Some(version) if version >= OLDEST => return Ok(folder),
            _ => seen.push(format!(
                "{} ({})",
                folder.display(),
                told.unwrap_or_default()
            )),
        }
    }
    let seen = match seen.as_slice() {
        [] => String::new(),
        seen => format!(" {} is too old.", seen.join(", ")),
    };
    Err(format!("{MISSING}{seen}"))
}

fn told_by(folder: &Path) -> Option<String> {
    output(Command::new(folder.join("postgres")).arg("--version"))
}

/// What `pg_config` says, what is in PATH, and where Debian keeps each version, the newest first.
fn candidates() -> Vec<PathBuf> {
    let told = output(Command::new("pg_config").arg("--bindir"));
    let mut folders: Vec<PathBuf> = told.into_iter().map(PathBuf::from).collect();
    // The folder of a link in PATH may hold one of the programs only.
    let path = env::var_os("PATH").unwrap_or_default();
    folders.extend(env::split_paths(&path).filter_map(|folder| {
        let program = fs::canonicalize(folder.join("initdb")).ok()?;
        program.parent().map(Path::to_owned)
    }));
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort();
    folders.extend(versions.into_iter().rev().map(|(_, folder)| folder));
    folders
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// The major version in `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, or `… 18beta1`.
fn major(told: &str) -> Option<u32> {
    let version = told.split_whitespace().nth(2)?;
    let digits = version.split(|character: char| !character.is_ascii_digit());
    digits.into_iter().next()?.parse().ok()
}

/// This program, run by whom `PostgreSQL` lets run it: it refuses root.
pub(super) fn as_ordinary_user(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let itself = tempfile::NamedTempFile::new().expect("a temporary file");
    let is_root = fs::metadata(itself.path()).is_ok_and(|file| file.uid() == 0);
    if !is_root {
        return Command::new(program);
    }
    let ways: [&[&str]; 3] = [
        &[
            "setpriv",
            "--reuid=postgres",
            "--regid=postgres",
            "--init-groups",
            "--",
        ],
        &["runuser", "-u", "postgres", "--"],
        &[
            "su",
            "postgres",
            "-s",
            "/bin/sh",
            "-c",
            "exec \"$0\" \"$@\"",
            "--",
        ],
    ];
    let path = env::var_os("PATH").unwrap_or_default();
    let is_here = |name: &str| env::split_paths(&path).any(|folder| folder.join(name).is_file());
    let way = ways.into_iter().find(|way| is_here(way[0]));
    let way = way.expect("setpriv, runuser or su, to start PostgreSQL as the account postgres");
    let mut command = Command::new(way[0]);
    command.args(&way[1..]).arg(program);
    command
}

#[test]
fn the_version_is_read_of_what_postgres_says() {
    for (told, version) in [
        (
            "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)",
            Some(15),
        ),
        ("postgres (PostgreSQL) 9.6.24", Some(9)),
        ("postgres (PostgreSQL) 18beta1", Some(18)),
        ("postgres", None),
        ("", None),
    ] {
        assert_eq!(major(told), version, "{told:?}");
    }
}

#[test]
fn where_there_is_none_it_is_said_how_to_get_one() {
    let empty = tempfile::tempdir().expect("a directory");
    let old = tempfile::tempdir().expect("a directory");
    for name in NEEDED {
        fs::write(old.path().join(name), "").expect("a file");
    }
    let told = |_: &Path| Some("postgres (PostgreSQL) 14.2".to_owned());
    let message = choose(vec![empty.path().to_owned()], told).expect_err("there is none");
    assert!(message.contains("apt-get install postgresql"), "{message}");
    let message = choose(vec![old.path().to_owned()], told).expect_err("it is too old");
    assert!(message.contains("14.2) is too old."), "{message}");
}
