//! The command line, as scripts rely on it: the real binary, beside a running server and without one.

mod files;
mod following;
mod operator;
pub(crate) mod private;
pub(crate) mod program;
mod refusals;
mod replay;
mod screen;
mod service;
mod serving;
mod settings;
mod tailing;
mod tls;
mod upkeep;

use serde_json::{Value, json};

use self::program::{Place, Program};

/// Every command that asks or acts, on one directory, in an order in which each finds what it needs.
/// The conversation is the same beside a server and without one.
fn a_day_at_the_command_line(place: &Place) {
    let token = place.run("token create --provider okta --name staging --expires 90d");
    let secret = token.stdout.trim().to_owned();
    assert!(
        secret.starts_with("rc_") && !secret.contains(char::is_whitespace),
        "{token:?}"
    );
    assert!(token.stderr.contains("shown this once"), "{token:?}");

    let tokens = place.json("token list");
    assert_eq!(tokens[0]["name"], "staging");
    assert_eq!(tokens[0]["provider"], "okta");
    assert!(tokens[0].get("token").is_none(), "{tokens}");
    assert!(!place.run("token list").stdout.contains(&secret));

    let second = place.json("token create --provider entra --expires never");
    for field in ["id", "provider", "name", "token", "created", "expires"] {
        assert!(
            second.get(field).is_some(),
            "{field} is missing in {second}"
        );
    }
    assert_eq!(second["expires"], Value::Null);
    let id = second["id"].as_str().expect("an id");
    assert!(place.json(&format!("token revoke {id} --dry-run"))["dry_run"] == json!(true));
    place.run(&format!("token revoke {id}"));
    assert!(place.json("token list")[1]["revoked"].is_string());

    users_and_roles(place);

    assert_eq!(place.json("provider activate jumpcloud")["state"], "active");
    assert_eq!(place.json("provider deactivate okta")["state"], "inactive");
    let providers = place.json("provider list");
    assert!(
        providers
            .as_array()
            .expect("a list")
            .iter()
            .any(|row| row["provider"] == "okta"),
        "{providers}"
    );
    assert!(place.json("token list")[0]["revoked"].is_string());

    let status = place.json("status");
    assert_eq!(status["users"]["active"], 1);
    assert_eq!(status["users"]["service_accounts"], 1);
    assert_eq!(status["roles"]["total"], 1);
    assert!(place.run("status").stdout.starts_with("rolecall "));

    let entries = place.json("audit");
    let entries = entries.as_array().expect("a list");
    assert_eq!(status["journal_last"], entries.len());
    let seqs: Vec<u64> = entries
        .iter()
        .filter_map(|entry| entry["seq"].as_u64())
        .collect();
    assert_eq!(seqs, (1..=entries.len() as u64).collect::<Vec<_>>());
    for field in [
        "at", "actor", "action", "subject", "before", "after", "exchange",
    ] {
        assert!(
            entries[0].get(field).is_some(),
            "{field} is missing in {}",
            entries[0]
        );
    }
    assert!(place.run("audit").stdout.contains("role Break-glass added"));
    assert_eq!(place.json("audit --after 3")[0]["seq"], 4);
    assert_eq!(place.json("conflict list --all"), json!([]));
}

fn users_and_roles(place: &Place) {
    let dry = place.json("user add ann@example.com --level admin --dry-run");
    assert_eq!(dry["dry_run"], true);
    assert_eq!(place.json("user list"), json!([]));
    let ann = place.json("user add ann@example.com --given Ann --family Lee --level admin");
    for field in [
        "id",
        "kind",
        "user_name",
        "display_name",
        "active",
        "managed_by",
        "permission_level",
        "roles",
        "external_id",
        "identity_aliases",
        "created",
        "last_modified",
    ] {
        assert!(ann.get(field).is_some(), "{field} is missing in {ann}");
    }
    assert_eq!(ann["permission_level"], "admin");
    assert_eq!(ann["managed_by"], "local");
    let backup = place.json("user add --service-account backup");
    assert_eq!(backup["kind"], "service-account");
    assert_eq!(
        place.json("user level ANN@example.com auditor")["permission_level"],
        "auditor"
    );
    assert_eq!(
        place.json("user list --filter ann")[0]["user_name"],
        "ann@example.com"
    );
    assert_eq!(
        place.json("user list --filter kind:service")[0]["user_name"],
        "backup"
    );
    assert!(place.run("user list").stdout.contains("ann@example.com"));

    let role = place.json("role add Break-glass");
    for field in [
        "id",
        "display_name",
        "managed_by",
        "external_id",
        "provider_members",
        "local_members",
        "last_push",
    ] {
        assert!(role.get(field).is_some(), "{field} is missing in {role}");
    }
    place.run("member attach Break-glass ann@example.com --dry-run");
    assert_eq!(place.json("role show break-GLASS")["members"], json!([]));
    place.run("member attach Break-glass ann@example.com");
    place.run("member attach Break-glass backup");
    let shown = place.json("role show Break-glass");
    assert_eq!(shown["local_members"], 2);
    assert_eq!(shown["members"][0]["user_name"], "ann@example.com");
    assert_eq!(shown["members"][0]["origin"], "local");
    assert_eq!(
        place.json("user show ann@example.com")["roles"],
        json!(["Break-glass"])
    );
    assert!(
        place
            .run("user show ann@example.com")
            .stdout
            .contains("Break-glass")
    );
    assert!(
        place
            .run("role show Break-glass")
            .stdout
            .contains("service account")
    );
    place.run("member detach Break-glass backup");
    assert_eq!(place.json("role list")[0]["local_members"], 1);
    assert!(place.run("role list").stdout.contains("Break-glass"));
}

#[test]
fn every_command_works_without_a_server() {
    let place = Place::new();
    a_day_at_the_command_line(&place);
    let status = place.json("status");
    assert_eq!(status["listen"], Value::Null);
    let tail = place.run("tail --plain");
    assert_eq!(tail.stdout, "");
    assert!(tail.stderr.contains("no server runs"), "{tail:?}");
    assert!(
        place
            .run("audit --follow")
            .stderr
            .contains("no server runs")
    );
}

#[test]
fn every_command_works_beside_a_server() {
    let place = Place::new();
    let server = place.serve(&[]);
    a_day_at_the_command_line(&place);
    assert_eq!(place.json("status")["listen"], json!(server.address()));
    server.stop();
    // What the server answered is in the file.
    assert_eq!(place.json("user list")[0]["user_name"], "ann@example.com");
}

#[test]
fn a_conflict_is_resolved_from_the_command_line() {
    let place = Place::new();
    let server = place.serve(&[]);
    let token = place.run("token create --provider okta").stdout;
    let token = token.trim();
    for name in ["Finance", "Support", "Legal"] {
        place.run(&format!("role add {name}"));
        assert_eq!(server.push_group(token, name).0, 409);
    }
    let open = place.json("conflict list");
    let rows = open.as_array().expect("a list");
    assert_eq!(rows.len(), 3, "{open}");
    let id_of = |name: &str| {
        let row = rows
            .iter()
            .find(|row| row["name"] == name)
            .expect("the conflict");
        row["id"].as_str().expect("an id").to_owned()
    };
    for field in [
        "id",
        "kind",
        "provider",
        "name",
        "existing",
        "state",
        "tries",
        "first_seen",
        "last_seen",
    ] {
        assert!(
            rows[0].get(field).is_some(),
            "{field} is missing in {}",
            rows[0]
        );
    }
    let finance = id_of("Finance");
    let shown = place.json(&format!("conflict show {finance}"));
    for field in ["only_incoming", "only_existing", "both"] {
        assert!(shown[field].is_array(), "{field} is missing in {shown}");
    }
    assert!(
        place
            .run(&format!("conflict show {finance}"))
            .stdout
            .contains("okta pushed Finance")
    );
    assert_eq!(
        place.json(&format!("conflict link {finance} --dry-run"))["dry_run"],
        true
    );
    assert_eq!(
        place.json(&format!("conflict link {finance}"))["state"],
        "linked"
    );
    let (status, body) = server.push_group(token, "Finance");
    assert_eq!(status, 201, "{body}");
    assert_eq!(body["id"], place.json("role show Finance")["id"]);
    let support = id_of("Support");
    assert_eq!(
        place.json(&format!("conflict rename {support} Helpdesk"))["state"],
        "renamed"
    );
    assert_eq!(server.push_group(token, "Support").0, 201);
    let legal = id_of("Legal");
    assert_eq!(
        place.json(&format!("conflict dismiss {legal}"))["state"],
        "dismissed"
    );
    assert_eq!(place.json("conflict list"), json!([]));
    assert_eq!(
        place.json("conflict list --all").as_array().map(Vec::len),
        Some(3)
    );
}

#[test]
fn completions_and_version_are_printed() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = Program::alone(&["completions", shell]);
        assert!(script.stdout.contains("rolecall"), "{shell}");
    }
    let version = Program::alone(&["--version"]).stdout;
    assert_eq!(version, format!("rolecall {}\n", env!("CARGO_PKG_VERSION")));
    assert!(Program::alone(&["help"]).stdout.contains("Commands:"));
}

/// Every command, by its words.
const COMMANDS: &[&str] = &[
    "",
    "serve",
    "attach",
    "demo",
    "simulate",
    "simulate okta",
    "status",
    "token",
    "token create",
    "token list",
    "token revoke",
    "provider",
    "provider list",
    "provider activate",
    "provider deactivate",
    "user",
    "user list",
    "user show",
    "user add",
    "user level",
    "user edit",
    "user suspend",
    "user reinstate",
    "user delete",
    "user release",
    "role",
    "role list",
    "role show",
    "role add",
    "role rename",
    "role delete",
    "role release",
    "member",
    "member attach",
    "member detach",
    "conflict",
    "conflict list",
    "conflict show",
    "conflict link",
    "conflict rename",
    "conflict dismiss",
    "resource",
    "resource add",
    "resource list",
    "resource show",
    "resource delete",
    "access",
    "access grant",
    "access revoke",
    "access give",
    "access take",
    "access check",
    "access list",
    "identity list",
    "warning list",
    "hold list",
    "hold approve",
    "hold refuse",
    "undo",
    "export exchanges",
    "export sync",
    "backup",
    "restore",
    "check",
    "audit",
    "tail",
    "completions",
];

#[test]
fn every_command_and_flag_has_help() {
    for command in COMMANDS {
        let mut arguments: Vec<&str> = command.split_whitespace().collect();
        arguments.push("-h");
        let help = Program::alone(&arguments);
        assert_eq!(help.code, 0, "{help:?}");
        let lines: Vec<&str> = help.stdout.lines().map(str::trim).collect();
        for (place, line) in lines.iter().enumerate() {
            // Where flags are long, the help stands below each of them.
            let below = lines.get(place + 1).copied().unwrap_or_default();
            let bare = line.starts_with("--") && !line.contains("  ");
            let nothing_below = below.is_empty() || below.starts_with('-');
            assert!(!(bare && nothing_below), "{command}: no help with {line:?}");
        }
    }
}
