//! The loop over a screen in memory, with keys and news that a test sends.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crossterm::event::Event;
use ratatui::{
    Terminal,
    backend::{Backend, TestBackend},
};
use rolecall::{
    admin::{Client, Connector},
    console::{
        Exit, Message, Model,
        event_loop::{Outside, Surroundings, run},
        remote::Remote,
    },
};
use tokio::sync::mpsc;

use super::sample::{exchanges, key, now, settings};

struct Loop {
    /// How often the loop has asked for the time: at least once for each waking.
    woken: Arc<AtomicUsize>,
    outside: mpsc::Sender<Outside>,
    inbox: mpsc::Sender<Message>,
    task: tokio::task::JoinHandle<(Exit, Model, String)>,
}

/// Starts the loop over a server that takes every question and never answers.
fn start() -> Loop {
    let (outside, keys) = mpsc::channel(256);
    let (inbox, messages) = mpsc::channel(256);
    let (server, mut calls) = mpsc::channel(16);
    let client = Client::new(Connector::InProcess(server), "sam");
    let remote = Remote::new(client, inbox.clone());
    let woken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&woken);
    let task = tokio::spawn(async move {
        let silent = tokio::spawn(async move {
            let mut held = Vec::new();
            while let Some(call) = calls.recv().await {
                held.push(call);
            }
        });
        let mut terminal = Terminal::new(TestBackend::new(100, 30)).expect("a screen");
        let mut model = Model::new(settings(), now());
        let around = Surroundings {
            outside: keys,
            inbox: messages,
            remote,
            copy: |_: &mut TestBackend, _: &str| {},
        };
        let clock = move || {
            counted.fetch_add(1, Ordering::Relaxed);
            now()
        };
        let exit = run(&mut terminal, &mut model, around, clock)
            .await
            .expect("a screen in memory cannot fail");
        silent.abort();
        let size = terminal.backend().size().expect("a size");
        let shown = terminal.backend().to_string();
        assert_eq!((size.width, size.height), (100, 30));
        (exit, model, shown)
    });
    Loop {
        woken,
        outside,
        inbox,
        task,
    }
}

async fn press(outside: &mpsc::Sender<Outside>, keys: &str) {
    for word in keys.split_whitespace() {
        let event = Outside::Input(Event::Key(key(word)));
        outside.send(event).await.expect("the loop runs");
    }
}

#[tokio::test]
async fn keys_are_taken_in_order_and_leaving_ends_it() {
    let running = start();
    press(&running.outside, "2 tab q s").await;
    let (exit, model, shown) = running.task.await.expect("the loop ends");
    assert_eq!(exit, Exit::StopListener);
    assert_eq!(model.screen.title(), "Roles");
    assert!(shown.contains("rolecall"));
}

#[tokio::test]
async fn a_flood_of_news_does_not_keep_a_key_waiting() {
    let running = start();
    let flood = tokio::spawn(async move {
        // Until the loop has ended and takes no more.
        while running
            .inbox
            .send(Message::Exchanges(exchanges(), 0))
            .await
            .is_ok()
        {}
    });
    press(&running.outside, "2 q d").await;
    let ended = tokio::time::timeout(Duration::from_secs(10), running.task).await;
    let (exit, ..) = ended.expect("in time").expect("the loop ends");
    assert_eq!(exit, Exit::Detach);
    flood.await.expect("the flood ends");
}

#[tokio::test]
async fn a_terminal_that_is_gone_ends_it() {
    let running = start();
    drop(running.outside);
    let (exit, ..) = running.task.await.expect("the loop ends");
    assert_eq!(exit, Exit::TerminalLost);
}

#[tokio::test(start_paused = true)]
async fn an_idle_console_sleeps() {
    let running = start();
    running
        .inbox
        .send(Message::Connected)
        .await
        .expect("the loop runs");
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = running.woken.load(Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert_eq!(running.woken.load(Ordering::Relaxed), before);
    running
        .outside
        .send(Outside::Ended)
        .await
        .expect("the loop runs");
    let (exit, model, _) = running.task.await.expect("the loop ends");
    assert_eq!(exit, Exit::StopListener);
    assert_eq!(model.wake(), None);
}

#[test]
fn a_frame_of_a_long_list_builds_only_what_is_seen() {
    use rolecall::{
        admin::{Reply, row::Page},
        console::{message::Ask, update},
    };
    let mut model = super::sample::fresh(settings(), 200, 60);
    update(&mut model, Message::Key(key("2")));
    for page in 0..4 {
        let mut rows = super::sample::users();
        rows.truncate(100);
        let reply = Reply::Users(Page::new(rows, 100_000));
        let ask = Ask::Users(0, page * 100);
        update(&mut model, Message::Answered(ask, Ok(Box::new(reply))));
    }
    let start = std::time::Instant::now();
    for _ in 0..20 {
        super::draw(&model);
    }
    let frame = start.elapsed() / 20;
    // Without optimisation, and beside other tests: far above what it takes, far below a whole list.
    assert!(frame < Duration::from_millis(60), "{frame:?} a frame");
}
