//! What is done to the store while no server runs: giving disk back, and verifying every page.

use std::fs;

use super::{program::Place, refusals::assert_refused};

fn length(place: &Place) -> u64 {
    let file = place.data().join("rolecall.redb");
    fs::metadata(file).expect("the store").len()
}

#[test]
fn disk_is_given_back_where_no_server_runs() {
    let place = Place::new();
    assert_refused(&place.attempt("compact"), &["no store", "--data"]);
    assert!(!place.data().exists(), "nothing is made for it");
    assert_refused(
        &place.attempt("compact --store memory"),
        &["a store in memory"],
    );
    let server = place.serve(&[]);
    let token = place.run("token create --provider okta").stdout;
    for number in 0..20 {
        let (status, body) = server.push_group(token.trim(), &format!("Role {number}"));
        assert_eq!(status, 201, "{body}");
    }
    assert_refused(&place.attempt("compact"), &["a server runs", "stop it"]);
    server.stop();

    let roles = place.json("role list");
    let before = length(&place);
    let report = place.json("compact");
    let between = length(&place);
    assert_eq!(report["bytes_before"], before, "{report}");
    assert_eq!(report["bytes_after"], between, "{report}");
    assert!(between < before, "{report}");
    assert!(
        report["file"]
            .as_str()
            .is_some_and(|file| file.ends_with("rolecall.redb"))
    );
    let told = place.run("compact").stdout;
    assert!(
        told.starts_with("compacted ") && told.contains(" before, "),
        "{told}"
    );
    assert!(length(&place) <= between);
    place.run("check");
    assert_eq!(place.json("role list"), roles);
}

/// A letter of a name is another one: everything is well-formed, and no index contradicts it.
#[test]
fn a_changed_letter_is_told_and_the_file_is_left_alone() {
    let place = Place::new();
    place.run("role add Finance");
    place.run("check");
    let file = place.data().join("rolecall.redb");
    let mut bytes = fs::read(&file).expect("the store");
    let name = b"\"display_name\":\"Finance\"";
    let places: Vec<usize> = bytes
        .windows(name.len())
        .enumerate()
        .filter_map(|(at, found)| (found == name).then_some(at + name.len() - 2))
        .collect();
    assert!(!places.is_empty(), "the role is somewhere");
    for at in places {
        bytes[at] = b'E';
    }
    fs::write(&file, &bytes).expect("written");
    for command in ["check", "compact"] {
        let told = place.attempt(command);
        assert_eq!(told.code, 1, "{command}: {told:?}");
        assert!(
            told.stderr.contains("restore a backup"),
            "{command}: {told:?}"
        );
    }
    assert_eq!(
        fs::metadata(&file).expect("the store").len(),
        bytes.len() as u64
    );
}
