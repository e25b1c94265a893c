//! What an operator does with users, roles, resources and access, from the command line.

use serde_json::{Value, json};

use super::{
    program::{Place, Serving},
    refusals::assert_refused,
};

fn local_users(place: &Place) {
    place.run("user add ann@example.com --given Ann --family Lee");
    let dry = place.json("user edit ann@example.com --family Smith --dry-run");
    assert_eq!(dry["dry_run"], true);
    let edited = place.json(
        "user edit ann@example.com --user-name anna@example.com --display-name Anna --email \
         anna@example.com --email a@example.com --alias db-set,anna_ro --alias rdp-set,anna",
    );
    assert_eq!(edited["user_name"], "anna@example.com");
    assert_eq!(edited["display_name"], "Anna");
    let aliases = json!(["db-set,anna_ro", "rdp-set,anna"]);
    assert_eq!(edited["identity_aliases"], aliases);
    let shown = place.json("user show anna@example.com");
    assert_eq!(shown["attributes"]["name"]["familyName"], "Lee");
    assert_eq!(
        shown["attributes"]["emails"].as_array().map(Vec::len),
        Some(2)
    );

    assert_eq!(
        place.json("identity list"),
        json!([{ "name": "db-set" }, { "name": "rdp-set" }])
    );
    let set = place.json("identity list db-set");
    assert_eq!(set[0]["alias"], "anna_ro");
    assert_eq!(set[0]["user_name"], "anna@example.com");
    assert!(place.run("identity list").stdout.contains("rdp-set"));
    place.run("user add bob@example.com");
    assert_refused(
        &place.attempt("user edit bob@example.com --alias db-set,anna_ro"),
        &["anna_ro", "db-set"],
    );
    place.run("user edit anna@example.com --no-aliases");
    assert_eq!(place.json("identity list"), json!([]));

    assert_eq!(
        place.json("user suspend anna@example.com --dry-run")["active"],
        false
    );
    assert_eq!(place.json("user suspend anna@example.com")["active"], false);
    let undone = place.json("undo");
    assert_eq!(undone["changes"][0]["action"], "user-reinstated");
    place.run("user suspend anna@example.com");
    assert_eq!(
        place.json("user reinstate anna@example.com")["active"],
        true
    );
    assert!(
        place
            .run("user delete bob@example.com --dry-run")
            .stdout
            .starts_with("would be done: ")
    );
    assert_eq!(
        place.json("user delete bob@example.com")["user_name"],
        "bob@example.com"
    );
    assert_refused(
        &place.attempt("user show bob@example.com"),
        &["bob@example.com"],
    );
}

fn local_roles(place: &Place) {
    place.run("role add Support");
    assert_eq!(
        place.json("role rename Support Helpdesk")["display_name"],
        "Helpdesk"
    );
    place.run("role add Gone");
    place.run("member attach Gone anna@example.com");
    assert_eq!(place.json("role delete Gone")["display_name"], "Gone");
    assert_eq!(place.json("user show anna@example.com")["roles"], json!([]));
}

fn access(place: &Place) {
    let added =
        place.json("resource add orders --kind postgres --tag env=production --tag region=eu");
    assert_eq!(
        added["tags"],
        json!({ "env": "production", "region": "eu" })
    );
    place.run("resource add gateway --kind ssh");
    assert_eq!(
        place.json("resource list --filter postgres")[0]["name"],
        "orders"
    );
    let left = |command: &str| place.json(command).as_array().map(Vec::len);
    assert_eq!(left("resource list --filter !kind:postgres"), Some(1));
    assert_eq!(left("audit --filter what:resource-added"), Some(2));
    assert_eq!(left("conflict list --all --filter kind:alias"), Some(0));
    assert!(place.run("resource list").stdout.contains("region=eu"));

    let check = "access check anna@example.com orders";
    let refused = place.json(check);
    assert_eq!(refused["allowed"], false);
    assert!(refused["refused_because"].is_string(), "{refused}");
    assert!(place.run(check).stdout.starts_with("no: "));

    place.run("member attach Helpdesk anna@example.com");
    let granted = place.json("access grant Helpdesk orders");
    assert_eq!(granted["role_name"], "Helpdesk");
    assert_eq!(granted["resource_name"], "orders");
    let allowed = place.json(check);
    assert_eq!(allowed["allowed"], true);
    assert_eq!(allowed["because"][0]["via"], "role");
    assert_eq!(allowed["because"][0]["role"], "Helpdesk");
    assert_eq!(allowed["refused_because"], Value::Null);
    assert!(place.run(check).stdout.contains("by role Helpdesk"));
    assert!(
        place
            .run("resource show orders")
            .stdout
            .contains("Helpdesk")
    );
    assert!(place.run("role show Helpdesk").stdout.contains("orders"));
    what_access_refuses(place);
    temporary_access(place);
}

/// Each names what is wrong.
fn what_access_refuses(place: &Place) {
    let give = "access give anna@example.com gateway";
    let past = format!("{give} --until 2020-01-01T00:00:00Z");
    assert_refused(&place.attempt(&past), &["2020-01-01"]);
    let backwards = format!("{give} --from 8h --until 2h");
    assert_eq!(place.attempt(&backwards).code, 1);
    assert_refused(
        &place.attempt("access check anna@example.com nothing"),
        &["nothing"],
    );
    assert_refused(
        &place.attempt("resource add ORDERS --kind mysql"),
        &["ORDERS", "taken"],
    );
}

/// It starts, shows, ends with the user, and is taken back.
fn temporary_access(place: &Place) {
    let check = "access check anna@example.com orders";
    let given = place.json("access give anna@example.com gateway --until 2040-01-01T00:00:00Z");
    assert_eq!(given["until"], "2040-01-01T00:00:00Z");
    let rows = place.json("access list --user anna@example.com");
    let rows = rows.as_array().expect("a list");
    let ways: Vec<(&Value, &Value)> = rows
        .iter()
        .map(|row| (&row["resource_name"], &row["via"]))
        .collect();
    assert_eq!(
        ways,
        [
            (&json!("orders"), &json!("role")),
            (&json!("gateway"), &json!("temporary"))
        ]
    );
    let reaching = place.json("access list --resource gateway");
    assert_eq!(reaching[0]["user_name"], "anna@example.com");
    assert_eq!(place.json("access list").as_array().map(Vec::len), Some(2));
    assert!(place.run("access list").stdout.contains("temporary access"));

    place.run("user suspend anna@example.com");
    assert_eq!(place.json(check)["refused_because"], "suspended");
    place.run("user reinstate anna@example.com");
    place.run("access take anna@example.com gateway");
    place.run("access give anna@example.com gateway --from 2h --until 8h");
    assert_eq!(
        place.json("access check anna@example.com gateway")["allowed"],
        false
    );
    place.run("access revoke Helpdesk orders");
    assert_eq!(place.json(check)["allowed"], false);
    place.run("resource delete gateway");
    assert_eq!(place.json("access list"), json!([]));
    assert_refused(&place.attempt("resource show gateway"), &["gateway"]);
}

fn attention(place: &Place) {
    let warnings = place.json("warning list");
    let first = &warnings[0];
    assert_eq!(first["check"], "lock-out");
    for field in ["subject", "sentence", "advice"] {
        assert!(first[field].is_string(), "{field} is missing in {first}");
    }
    assert!(place.run("warning list").stdout.contains("lock-out"));
    assert_eq!(place.json("status")["warnings"], warnings);
    assert_eq!(place.json("hold list --all"), json!([]));
    assert_eq!(place.json("check"), json!({ "ok": true, "problems": [] }));
    place.run("check");
}

fn a_day_of_an_operator(place: &Place) {
    local_users(place);
    local_roles(place);
    access(place);
    attention(place);
}

#[test]
fn an_operator_s_day_without_a_server() {
    a_day_of_an_operator(&Place::new());
}

#[test]
fn an_operator_s_day_beside_a_server() {
    let place = Place::new();
    let server = place.serve(&[]);
    a_day_of_an_operator(&place);
    server.stop();
    place.run("check");
}

/// Pushes a user, and gives the id.
fn push_user(server: &Serving, token: &str, name: &str) -> String {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": name,
        "name": { "givenName": "Ann", "familyName": "Lee" },
        "emails": [{ "value": name, "primary": true }],
        "active": true
    });
    let (status, body) = server.request("POST", "/Users", token, &body.to_string());
    assert_eq!(status, 201, "{body}");
    body["id"].as_str().expect("an id").to_owned()
}

/// What a provider manages is changed there, and released here.
#[test]
fn what_a_provider_manages_is_read_only_until_it_is_released() {
    let place = Place::new();
    let server = place.serve(&[]);
    let token = place.run("token create --provider okta").stdout;
    let token = token.trim();
    push_user(&server, token, "ann@example.com");
    assert_eq!(server.push_group(token, "Finance").0, 201);
    for act in [
        "user edit ann@example.com --family Smith",
        "user suspend ann@example.com",
        "user delete ann@example.com",
        "role rename Finance Money",
        "role delete Finance",
    ] {
        assert_refused(&place.attempt(act), &["Okta", "release"]);
        assert_refused(&place.attempt(&format!("{act} --dry-run")), &["Okta"]);
    }
    let dry = place.json("user release ann@example.com --dry-run");
    assert_eq!(dry["managed_by"], "local");
    assert_eq!(
        place.json("user show ann@example.com")["managed_by"],
        "okta"
    );
    let released = place.json("user release ann@example.com");
    assert_eq!(released["managed_by"], "local");
    place.run("user edit ann@example.com --family Smith");
    assert_eq!(place.json("role release Finance")["managed_by"], "local");
    place.run("role rename Finance Money");
    let again = place.run("role release Money");
    assert!(again.stdout.starts_with("nothing to change"), "{again:?}");
    server.stop();
}

/// A mass suspension is held, listed, and decided from the command line.
#[test]
fn a_hold_is_decided_from_the_command_line() {
    let place = Place::new();
    let server = place.serve(&[]);
    let token = place.run("token create --provider okta").stdout;
    let token = token.trim();
    let users: Vec<String> = (0..12)
        .map(|number| push_user(&server, token, &format!("u{number}@example.com")))
        .collect();
    let suspend = |id: &String| {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "value": { "active": false } }]
        });
        let target = format!("/Users/{id}");
        server.request("PATCH", &target, token, &body.to_string()).0
    };
    let held: Vec<&String> = users.iter().filter(|id| suspend(id) == 429).collect();
    assert_eq!(held.len(), 3);
    let holds = place.json("hold list");
    assert_eq!(holds[0]["provider"], "okta");
    assert_eq!(holds[0]["state"], "held");
    assert_eq!(holds[0]["attempts"], 3);
    let id = holds[0]["id"].as_str().expect("an id");
    assert!(
        place
            .run("hold list")
            .stdout
            .contains("u9@example.com, u10@example.com, u11@example.com")
    );
    assert!(place.run("warning list").stdout.contains("hold"));
    place.run(&format!("hold approve {id} --dry-run"));
    assert_eq!(place.json(&format!("hold refuse {id}"))["state"], "refused");
    assert_eq!(suspend(held[0]), 403);
    assert_eq!(
        place.json(&format!("hold approve {id}"))["state"],
        "approved"
    );
    assert!(held.into_iter().all(|id| suspend(id) == 200));
    server.stop();
}

#[test]
fn a_token_ends_after_a_year_unless_told_otherwise() {
    let place = Place::new();
    let made = place.json("token create --provider okta");
    let moment = |key: &str| -> jiff::Timestamp {
        let text = made[key].as_str().expect("a time");
        text.parse().expect("a time")
    };
    let lives = moment("expires").duration_since(moment("created"));
    // The two moments are taken one after the other.
    assert!(
        (365 * 24 - 1..=365 * 24).contains(&lives.as_hours()),
        "{lives}"
    );
    let made = place.json("token create --provider okta --expires never");
    assert!(made["expires"].is_null(), "{made}");
}

#[test]
fn add_and_create_are_one_word() {
    let place = Place::new();
    for command in [
        "user create ann@example.com",
        "role create Break-glass",
        "resource create orders --kind postgres",
        "token add --provider okta",
    ] {
        place.run(&format!("{command} --dry-run"));
    }
}
