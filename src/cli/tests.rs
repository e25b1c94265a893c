//! Every command line that a document shows is one that there is.

use std::{fs, path::Path};

use clap::{CommandFactory as _, error::ErrorKind};

use super::arguments::Arguments;

/// Documents write these where a value goes.
const PLACEHOLDERS: [(&str, &str); 6] = [
    ("$(date +%F)", "2026-01-01"),
    ("127.0.0.1:PORT", "127.0.0.1:8080"),
    ("rolecall COMMAND", "rolecall status"),
    ("--base URL", "--base http://127.0.0.1:8080/scim/v2"),
    ("rc_okta_…", "token"),
    ("\"$TOKEN\"", "token"),
];

/// A document with its name.
fn documents() -> Vec<(String, String)> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = vec![
        top.join("README.md"),
        top.join("assets/systemd/rolecall.service"),
        top.join("assets/container/Containerfile"),
        top.join("assets/rolecall.example.toml"),
    ];
    let guides = fs::read_dir(top.join("assets/guide")).expect("the guides");
    paths.extend(guides.map(|entry| entry.expect("a guide").path()));
    let read = |path: std::path::PathBuf| {
        let text = fs::read_to_string(&path).expect("a document");
        (path.display().to_string(), text)
    };
    let mut documents: Vec<_> = paths.into_iter().map(read).collect();
    helps(&Arguments::command(), &mut documents);
    documents
}

/// The examples below each command's help.
fn helps(command: &clap::Command, documents: &mut Vec<(String, String)>) {
    if let Some(help) = command.get_after_help() {
        documents.push((format!("help of {}", command.get_name()), help.to_string()));
    }
    for inner in command.get_subcommands() {
        helps(inner, documents);
    }
}

/// The command lines in a document: what stands between backticks, and each line that a shell is
/// given.
fn command_lines(text: &str) -> Vec<String> {
    // A line that goes on in the next one.
    let lines: Vec<&str> = text.split("\\\n").map(str::trim_start).collect();
    let mut text = lines.join("");
    for (placeholder, value) in PLACEHOLDERS {
        text = text.replace(placeholder, value);
    }
    let fenced = text.split("```").skip(1).step_by(2);
    let shell = fenced.filter_map(|block| block.strip_prefix("sh\n"));
    let mut found: Vec<String> = shell.flat_map(str::lines).map(str::to_owned).collect();
    let plain: String = text.split("```").step_by(2).collect();
    // An inline command may go on in the next line.
    let inline = plain.split('`').skip(1).step_by(2);
    found.extend(inline.map(|code| code.split_whitespace().collect::<Vec<_>>().join(" ")));
    let indented = |line: &&str| line.starts_with("  rolecall ") || line.starts_with("  TOKEN=");
    found.extend(plain.lines().filter(indented).map(str::to_owned));
    let unit = plain
        .lines()
        .filter_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/"));
    found.extend(unit.map(str::to_owned));
    let commands = found.iter().filter_map(|line| command_in(line));
    commands.collect()
}

/// The rolecall command in a line for a shell, without what says beside it what it does.
fn command_in(line: &str) -> Option<String> {
    let line = line.split(" # ").next().unwrap_or_default().trim();
    let starts = [
        "",
        "TOKEN=$(",
        "sudo ",
        "sudo -u rolecall ",
        "podman exec -it rolecall ",
    ];
    let command = starts.into_iter().find_map(|start| {
        let rest = line.strip_prefix(start)?;
        rest.starts_with("rolecall ").then_some(rest)
    })?;
    command.split("   ").next().map(str::to_owned)
}

/// The first command's words as a shell would split them, as far as documents need it.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quote) = (None::<String>, None);
    for character in command.chars() {
        match (character, quote) {
            ('\'' | '"', None) => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (_, Some(open)) if character == open => quote = None,
            (' ', None) => words.extend(word.take()),
            (')' | '>' | '|' | ';' | '&', None) => break,
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

#[test]
fn every_command_line_in_the_documents_is_one() {
    let mut seen = 0;
    let mut wrong = Vec::new();
    for (document, text) in documents() {
        for line in command_lines(&text) {
            seen += 1;
            let parsed = Arguments::command().try_get_matches_from(words(&line));
            let Err(error) = parsed else { continue };
            // A command that is only named is given nothing.
            let is_name =
                line.chars().all(|c| matches!(c, 'a'..='z' | ' ' | '-')) && !line.contains("--");
            let is_fine = match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
                ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
                | ErrorKind::MissingSubcommand
                | ErrorKind::MissingRequiredArgument => is_name,
                _ => false,
            };
            if !is_fine {
                wrong.push(format!("{document}: {line}: {error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 80, "only {seen} command lines were found");
}

#[test]
fn a_command_line_is_found_in_its_document() {
    let text = "Say `rolecall user level\nann@x.io admin` or:\n```sh\nTOKEN=$(rolecall token create --name \"a b\")\n\
                curl x\nrolecall export exchanges \\\n --format har > x.har\n```\nor rolecall x.\n";
    assert_eq!(
        command_lines(text),
        [
            "rolecall token create --name \"a b\")",
            "rolecall export exchanges --format har > x.har",
            "rolecall user level ann@x.io admin",
        ]
    );
    for (line, split) in [
        (
            "rolecall x --name \"a b\") y",
            vec!["rolecall", "x", "--name", "a b"],
        ),
        ("rolecall x '' 'a>3' > b", vec!["rolecall", "x", "", "a>3"]),
    ] {
        assert_eq!(words(line), split);
    }
}
