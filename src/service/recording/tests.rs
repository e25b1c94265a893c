use super::{
    har,
    read::{RecordingError, read},
};
use crate::service::exchange::Exchange;

fn exchange() -> Exchange {
    let json = serde_json::json!({
        "id": "018f0000-0000-7000-8000-000000000001",
        "at": "2026-01-02T03:04:05Z",
        "provider": "okta",
        "method": "POST",
        "target": "/scim/v2/Users?attributes=id",
        "status": 201,
        "micros": 1500,
        "summary": "ann@x.io created",
        "effect": { "users_created": 1 },
        "users": ["ann@x.io"],
        "roles": [],
        "journal": [7],
        "conflict": null,
        "token": "okta 1",
        "peer": "127.0.0.1:4000",
        "request_headers": [["Content-Type", "application/scim+json"], ["host", "scim.x.io"]],
        "request_body": { "text": "{\"userName\":\"ann@x.io\"}", "bytes": 23, "cut": false },
        "response_headers": [],
        "response_body": { "text": "{}", "bytes": 2, "cut": false },
    });
    serde_json::from_value(json).unwrap()
}

#[test]
fn both_forms_are_read_as_they_were_written() {
    let line = serde_json::to_string(&exchange()).unwrap();
    let lines = read(&format!("{line}\n\n{line}\n")).unwrap().requests;
    assert_eq!(
        lines.iter().map(|one| one.place).collect::<Vec<_>>(),
        [1, 3]
    );
    let archive = format!(
        "{}\n{}{}",
        har::OPENING,
        har::entry(&exchange()),
        har::CLOSING
    );
    let mut entries = read(&archive).unwrap().requests;
    assert_eq!(entries.len(), 1);
    let entry = entries.remove(0);
    assert_eq!(Some(&entry), lines.first());
    assert_eq!(entry.target, "/scim/v2/Users?attributes=id");
    assert_eq!(entry.body.as_deref(), Some("{\"userName\":\"ann@x.io\"}"));
}

#[test]
fn a_body_that_was_cut_is_not_taken_for_whole() {
    let mut exchange = exchange();
    exchange.request_body.cut = true;
    let line = serde_json::to_string(&exchange).unwrap();
    let archive = format!("{}{}{}", har::OPENING, har::entry(&exchange), har::CLOSING);
    for text in [line, archive] {
        assert_eq!(read(&text).unwrap().requests.first().unwrap().body, None);
    }
}

#[test]
fn what_is_malformed_is_refused_with_its_line() {
    let good = serde_json::to_string(&exchange()).unwrap();
    let cut_off = good.get(..good.len() / 2).unwrap();
    let cases = [
        (String::new(), "The recording is empty."),
        (" \n\n".to_owned(), "The recording is empty."),
        (format!("{good}\nnonsense\n"), "Line 2 of the recording"),
        (format!("{good}\n{cut_off}"), "Line 2 of the recording"),
        ("{\"a\":1}".to_owned(), "Line 1 of the recording"),
        ("[]".to_owned(), "Line 1 of the recording"),
        (
            "{\"log\":{\"entries\":[\n1]}}".to_owned(),
            "Line 2 of the recording",
        ),
        (
            "{\"log\":{\"entries\":[{\"request\":{\"method\":\"GET\",\"url\":\"/Users\"}}]}}"
                .to_owned(),
            "Entry 1 of the HTTP Archive",
        ),
    ];
    for (text, expected) in cases {
        let error: RecordingError = read(&text).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{text}: {error}");
    }
}
