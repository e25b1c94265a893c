//! The house rules that the compiler does not check: dependencies point down only, the lower floors
//! are pure, files stay small, and the crate docs name every room.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Each room with its floor; a room may import from its own and from lower floors only.
const FLOORS: &[(&str, u8)] = &[
    ("scim", 1),
    ("directory", 2),
    ("store", 3),
    ("service", 4),
    ("listener", 5),
    ("admin", 5),
    ("health", 5),
    ("config", 6),
    ("console", 7),
    ("simulate", 7),
    ("cli", 8),
    ("main", 9),
];

const MAXIMUM_LINES: usize = 500;

fn source_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).expect("a readable source folder") {
        let path = entry.expect("a directory entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn room_of(file: &Path) -> String {
    let relative = file.strip_prefix(source_root()).expect("a file under src");
    let first = relative.components().next().expect("a component");
    first
        .as_os_str()
        .to_string_lossy()
        .trim_end_matches(".rs")
        .to_owned()
}

fn floor_of(room: &str) -> Option<u8> {
    FLOORS
        .iter()
        .find(|(name, _)| *name == room)
        .map(|(_, floor)| *floor)
}

/// Test code may look anywhere: it stands at the end of a file, or in a file or folder named tests.
fn shipped_lines(file: &Path) -> Vec<String> {
    let in_tests = file
        .components()
        .any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs")));
    if in_tests {
        return Vec::new();
    }
    let text = fs::read_to_string(file).expect("a readable source file");
    text.lines()
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .map(str::to_owned)
        .collect()
}

/// The rooms that a line of code names: `crate::room`, and inside `use crate::{…}` blocks.
fn rooms_named(lines: &[String]) -> Vec<String> {
    let code: Vec<&str> = lines
        .iter()
        .map(String::as_str)
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let code = code.join("\n");
    let mut rooms = Vec::new();
    for (index, _) in code.match_indices("crate::") {
        let rest = &code[index + "crate::".len()..];
        if let Some(block) = rest.strip_prefix('{') {
            let mut depth = 1;
            let mut name = String::new();
            for character in block.chars() {
                match character {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
                if depth == 1 && (character.is_alphanumeric() || character == '_') {
                    name.push(character);
                } else if !name.is_empty() && depth == 1 {
                    rooms.push(std::mem::take(&mut name));
                } else {
                    name.clear();
                }
            }
            rooms.extend((!name.is_empty()).then_some(name));
        } else {
            rooms.push(
                rest.chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect(),
            );
        }
    }
    rooms
}

#[test]
fn dependencies_point_down_only() {
    let mut wrong = Vec::new();
    for file in rust_files(&source_root()) {
        let room = room_of(&file);
        if room == "lib" {
            continue;
        }
        let Some(floor) = floor_of(&room) else {
            wrong.push(format!("{}: the room {room} has no floor", file.display()));
            continue;
        };
        for named in rooms_named(&shipped_lines(&file)) {
            if let Some(other) = floor_of(&named)
                && other >= floor
                && named != room
            {
                wrong.push(format!(
                    "{}: names {named}, which is not below",
                    file.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_lower_floors_are_pure() {
    const IMPURE: &[&str] = &[
        "std::fs",
        "std::net",
        "std::env",
        "std::thread",
        "std::process",
        "std::time::SystemTime",
        "std::time::Instant",
        "SystemTime::now",
        "Instant::now",
        "Timestamp::now",
        "Zoned::now",
        "Uuid::now_v7",
        "Uuid::new_v4",
        "getrandom",
        "tokio",
        "hyper::",
        "redb::",
        "async fn",
    ];
    let mut wrong = Vec::new();
    for file in rust_files(&source_root()) {
        if !matches!(room_of(&file).as_str(), "scim" | "directory") {
            continue;
        }
        for line in shipped_lines(&file) {
            let code = line.split("//").next().unwrap_or_default();
            for word in IMPURE {
                if code.contains(word) {
                    wrong.push(format!("{}: {}", file.display(), line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_console_is_a_client_of_the_admin_api_only() {
    let mut wrong = Vec::new();
    for file in rust_files(&source_root().join("console")) {
        for named in rooms_named(&shipped_lines(&file)) {
            if matches!(named.as_str(), "store" | "listener" | "scim") {
                wrong.push(format!("{}: names {named}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_stay_small() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let long: Vec<String> = rust_files(&source_root())
        .into_iter()
        .chain(rust_files(&tests))
        .filter_map(|file| {
            let lines = fs::read_to_string(&file).ok()?.lines().count();
            (lines > MAXIMUM_LINES).then(|| format!("{}: {lines} lines", file.display()))
        })
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn the_map_names_every_room() {
    let map = fs::read_to_string(source_root().join("lib.rs")).expect("the crate docs");
    let unnamed: Vec<&str> = FLOORS
        .iter()
        .map(|(room, _)| *room)
        .filter(|room| *room != "main" && !map.contains(&format!("[`{room}`]")))
        .collect();
    assert!(unnamed.is_empty(), "{unnamed:?}");
}

#[test]
fn a_room_named_in_a_block_is_seen() {
    let lines: Vec<String> = [
        "use crate::{",
        "    admin::{Client, row},",
        "    store,",
        "};",
    ]
    .map(str::to_owned)
    .to_vec();
    assert_eq!(rooms_named(&lines), ["admin", "store"]);
}
