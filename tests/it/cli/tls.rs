//! `serve` with TLS, and who speaks to it.

use super::program::Place;
use crate::tls::{Authority, Files};

fn flags(files: &Files) -> [String; 4] {
    let path = |name| files.path(name).display().to_string();
    [
        "--tls-certificate".to_owned(),
        path("certificate.pem"),
        "--tls-key".to_owned(),
        path("key.pem"),
    ]
}

#[test]
fn a_server_speaks_tls_and_takes_new_files_at_a_signal() {
    let place = Place::new();
    let (before, after) = (Authority::new(), Authority::new());
    let files = Files::of(&before.issue());
    let old_ca = files.write("before.pem", &before.certificate);
    let new_ca = files.write("after.pem", &after.certificate);
    let flags = flags(&files);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let mut server = place.serve(&flags);

    let status = place.json("status");
    assert_eq!(status["tls"], true, "{status}");
    let base = format!("https://{}/scim/v2", server.address());
    assert_eq!(status["base_url"], base.as_str(), "{status}");
    let told = place.run("status").stdout;
    assert!(
        told.contains(&format!("listening on {} with TLS", server.address())),
        "{told}"
    );

    let token = place.run("token create --provider okta").stdout;
    let simulate = |ca: &std::path::Path| {
        place.attempt(&format!(
            "simulate okta --base {base} --token {} --users 3 --roles 1 --ca {}",
            token.trim(),
            ca.display()
        ))
    };
    let pushed = simulate(&old_ca);
    assert_eq!(pushed.code, 0, "{pushed:?}");
    let untrusting = place.attempt(&format!("simulate okta --base {base} --token x"));
    assert_eq!(untrusting.code, 1);
    assert!(untrusting.stderr.contains("--ca"), "{untrusting:?}");

    files.put(&after.issue());
    server.signal("HUP");
    server.logs("the TLS files were read again");
    assert_eq!(simulate(&old_ca).code, 1, "the old authority signs no more");
    let pushed = simulate(&new_ca);
    assert_eq!(pushed.code, 0, "{pushed:?}");

    files.write("key.pem", "nonsense");
    server.signal("HUP");
    server.logs("holds no private key");
    let pushed = simulate(&new_ca);
    assert_eq!(
        pushed.code, 0,
        "what was read before stays in use: {pushed:?}"
    );
    server.stop();
}

#[test]
fn a_certificate_that_has_ended_is_warned_of_until_there_is_another() {
    let place = Place::new();
    let authority = Authority::new();
    let files = Files::of(&authority.issue_until(2020));
    let flags = flags(&files);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let mut server = place.serve(&flags);
    let warned = || {
        let warnings = place.json("warning list");
        let warnings = warnings.as_array().expect("a list");
        let of_it = |warning: &&serde_json::Value| warning["check"] == "certificate-expiring";
        warnings
            .iter()
            .find(of_it)
            .map(|warning| warning["sentence"].to_string())
    };
    let sentence = warned().expect("a warning");
    assert!(sentence.contains("has expired"), "{sentence}");
    files.put(&authority.issue());
    server.signal("HUP");
    server.logs("the TLS files were read again");
    assert_eq!(warned(), None);
    server.stop();
}

#[test]
fn what_cannot_be_used_is_refused_before_anything_is_made() {
    let place = Place::new();
    let files = Files::of(&Authority::new().issue());
    let flags = flags(&files);
    let mut command = place.command("serve --listen 127.0.0.1:0 --limit-idle-time 5s");
    files.write("key.pem", "nonsense");
    let output = command.args(&flags).output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).expect("text");
    assert!(
        told.contains("key.pem holds no private key in PEM"),
        "{told}"
    );
    assert!(
        !place.data().join("rolecall.redb").exists(),
        "no store is made in vain"
    );

    let refused = place.attempt("serve --tls-key k.pem");
    assert!(
        refused.stderr.contains("TLS needs a certificate"),
        "{refused:?}"
    );
    let refused = place.attempt("serve --limit-header-bytes 1");
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("from 8192 to"), "{refused:?}");
    let refused = place.attempt("serve --trusted-proxy 10.0.0.1/8");
    assert!(refused.stderr.contains("write 10.0.0.0/8"), "{refused:?}");
}

#[test]
fn a_key_that_others_can_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt as _;

    for (mode, warned) in [(0o644, true), (0o600, false)] {
        let place = Place::new();
        let files = Files::of(&Authority::new().issue());
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(files.path("key.pem"), permissions).expect("changed");
        let flags = flags(&files);
        let output = place
            .command("serve --listen 192.0.2.1:0")
            .args(&flags)
            .output()
            .expect("it ends, since the address is not of this machine");
        let told = String::from_utf8(output.stderr).expect("text");
        assert!(told.contains("cannot listen on 192.0.2.1:0"), "{told}");
        assert_eq!(told.contains("can be read by others"), warned, "{told}");
    }
}
