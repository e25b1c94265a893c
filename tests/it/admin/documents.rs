//! Backups, recordings and what is played from them.

use std::collections::BTreeMap;

use rolecall::{
    admin::{Client, Connector, Reply, Request, request::ExportFormat, server::serve_in_process},
    directory::{Policy, Provider},
    service::recording,
    simulate::replay::{Scratch, against_copy},
    store::{MemoryStore, Store, backup},
};

use super::house::{House, facts};
use crate::harness::Server;

/// The document, and how many rows it has by its own account.
async fn document(client: &Client, request: Request) -> (String, BTreeMap<String, u64>) {
    let mut pieces = client.follow(request).await.unwrap();
    let mut whole = String::new();
    loop {
        match pieces.next().await.unwrap() {
            Some(Reply::Text { text }) => whole.push_str(&text),
            Some(Reply::TextEnd { rows }) => return (whole, rows),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_backup_taken_beside_the_server_makes_an_equal_directory() {
    let house = House::new();
    let token = house.token().await;
    for number in 0..300 {
        house.push_user(&token, &format!("user{number}@x.io")).await;
    }
    house.push_role(&token, "Pushed", &[]).await;
    house.add_role("Local").await;
    let (text, rows) = document(&house.client, Request::Backup).await;
    assert_eq!(rows.get("user"), Some(&300));
    let copy = MemoryStore::new();
    assert_eq!(backup::restore(&copy, &mut text.as_bytes()).unwrap(), rows);
    assert_eq!(copy.check().unwrap(), [""; 0]);
    let mut again = Vec::new();
    let moment = house.engine.now();
    backup::backup(&*copy.snapshot().unwrap(), moment, &mut again).unwrap();
    let body = |text: &str| {
        let lines = text.lines().skip(1).map(str::to_owned);
        let mut lines: Vec<String> = lines.collect();
        // The checksum covers the moment of the first line.
        lines.pop();
        lines
    };
    assert_eq!(body(&text), body(std::str::from_utf8(&again).unwrap()));
}

#[tokio::test]
async fn a_recording_is_played_against_a_copy_and_changes_nothing_here() {
    let mut server = Server::start().await;
    let okta = server.client(Provider::Okta).await;
    let kept = okta.make_user("kept@x.io").await;
    okta.make_group("Engineering", &[&kept]).await;
    let calls = serve_in_process(server.engine.clone(), facts());
    let client = Client::new(Connector::InProcess(calls), "ann");
    let scratch = Scratch::of_server(&client, Policy::default())
        .await
        .unwrap();
    // What follows is recorded, and the copy knows nothing of it.
    let ann = okta.make_user("ann@x.io").await;
    let suspension = serde_json::json!([{ "op": "replace", "value": { "active": false } }]);
    okta.operations(&format!("/Users/{ann}"), suspension)
        .await
        .expect(200);
    server.stop().await;
    let journal = server.engine.snapshot().unwrap().totals().unwrap();
    for format in [ExportFormat::Jsonl, ExportFormat::Har] {
        let export = Request::ExportExchanges {
            format,
            after: None,
            limit: 100,
        };
        let (text, rows) = document(&client, export).await;
        assert_eq!(rows.get("exchange"), Some(&4));
        assert!(!text.contains("Bearer rc"), "no secret is in it");
        if format == ExportFormat::Har {
            continue;
        }
        let recording = recording::read(&text).unwrap();
        let report = against_copy(&recording, &scratch).await.unwrap();
        let figures = report.providers[&Provider::Okta];
        assert_eq!(figures.requests, 4);
        assert_eq!((figures.created, figures.suspended), (1, 1), "{report:?}");
        assert_eq!((figures.conflicts, figures.errors), (2, 2), "{report:?}");
        assert_eq!(report.changes.len(), 4);
    }
    let after = server.engine.snapshot().unwrap().totals().unwrap();
    assert_eq!(after.journal_last, journal.journal_last);
}
