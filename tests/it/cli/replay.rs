//! Playing a recording again: what it would change in a copy, and what it changes at a URL.

use std::fs;

use serde_json::Value;

use super::program::Place;

fn recorded(place: &Place) -> String {
    let server = place.serve(&[]);
    let token = place.run("token create --provider okta").stdout;
    place.run(&format!(
        "simulate okta --base http://{}/scim/v2 --token {} --users 10 --roles 2",
        server.address(),
        token.trim()
    ));
    server.stop();
    let file = place.data().with_file_name("recording.jsonl");
    let file = file.to_string_lossy().into_owned();
    place.run(&format!("export exchanges --format jsonl --output {file}"));
    file
}

fn okta(report: &Value) -> &Value {
    assert_eq!(report["providers"]["okta"]["skipped"], 0, "{report}");
    &report["providers"]["okta"]
}

#[test]
fn a_copy_shows_what_a_recording_would_change_and_nothing_does() {
    let here = Place::new();
    let file = recorded(&here);
    let elsewhere = Place::new();
    elsewhere.run("role add Finance");
    let before = elsewhere.json("status");
    let report = elsewhere.json(&format!("replay {file} --dry-run"));
    let figures = okta(&report);
    assert_eq!(figures["created"], 12, "{report}");
    assert_eq!(figures["suspended"], 1, "{report}");
    assert_eq!(figures["reinstated"], 1, "{report}");
    assert_eq!(elsewhere.json("status")["users"], before["users"]);
    let named = format!("replay {file} --against {}", elsewhere.data().display());
    assert_eq!(here.json(&named)["providers"], report["providers"]);
    let told = elsewhere.run(&format!("replay {file}"));
    assert!(told.stdout.contains("12 created"), "{told:?}");
    assert!(told.stderr.contains("nothing here has changed"), "{told:?}");
}

#[test]
fn a_url_is_really_changed() {
    let here = Place::new();
    let file = recorded(&here);
    let elsewhere = Place::new();
    let server = elsewhere.serve(&[]);
    let token = elsewhere.run("token create --provider okta").stdout;
    let url = format!("http://{}/scim/v2", server.address());
    let refused = here.attempt(&format!("replay {file} --against {url}"));
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("--token"), "{refused:?}");
    let played = format!("replay {file} --against {url} --token {}", token.trim());
    let refused = here.attempt(&format!("{played} --dry-run"));
    assert_eq!(refused.code, 1);
    assert_eq!(okta(&here.json(&played))["created"], 12);
    assert_eq!(elsewhere.json("status")["users"]["active"], 10);
    server.stop();
}

#[test]
fn a_recording_that_is_none_is_refused_with_the_line() {
    let place = Place::new();
    let file = recorded(&place);
    let mut text = fs::read_to_string(&file).expect("the recording");
    text.push_str("{\"cut\": ");
    fs::write(&file, text).expect("written");
    let refused = place.attempt(&format!("replay {file}"));
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("Line "), "{refused:?}");
    let none = place.attempt("replay /nowhere.jsonl");
    assert_eq!(none.code, 1);
    assert!(none.stderr.contains("/nowhere.jsonl"), "{none:?}");
    let nowhere = place.attempt(&format!("replay {file} --against /nowhere"));
    assert_eq!(nowhere.code, 1);
}
