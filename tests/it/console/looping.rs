//! The loop over a screen in memory, with keys and news that a test sends, and time that does not pass
//! while anything is left to do.

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crossterm::event::Event;
use ratatui::{
    Terminal,
    backend::{Backend, ClearType, TestBackend, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
};
use rolecall::{
    admin::{Client, Connector, LocalCall},
    console::{
        Exit, Message, Model,
        event_loop::{Outside, Surroundings, run},
        message::Topic,
        remote::Remote,
        view::{self, canvas::Target},
    },
};
use tokio::{sync::mpsc, time::Instant};

use super::sample::{exchanges, key, now, reply, settings};

/// A screen in memory that notes when each frame came.
struct Noting {
    inner: TestBackend,
    frames: Arc<Mutex<Vec<Instant>>>,
}

impl Backend for Noting {
    type Error = Infallible;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), Infallible>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        self.inner.draw(content)
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        self.inner.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        self.inner.clear()
    }

    fn clear_region(&mut self, kind: ClearType) -> Result<(), Infallible> {
        self.inner.clear_region(kind)
    }

    fn size(&self) -> Result<Size, Infallible> {
        self.inner.size()
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        let mut frames = self.frames.lock().expect("no one panics");
        frames.push(Instant::now());
        self.inner.flush()
    }
}

struct Loop {
    /// How often the loop has asked for the time: at least once for each waking.
    woken: Arc<AtomicUsize>,
    /// When each frame was drawn.
    frames: Arc<Mutex<Vec<Instant>>>,
    outside: mpsc::Sender<Outside>,
    inbox: mpsc::Sender<Message>,
    task: tokio::task::JoinHandle<(Exit, Model, String)>,
}

impl Loop {
    async fn news(&self, message: Message) {
        self.inbox.send(message).await.expect("the loop runs");
    }

    async fn end(self) -> Model {
        let sent = self.outside.send(Outside::Ended).await;
        sent.expect("the loop runs");
        let (exit, model, _) = self.task.await.expect("the loop ends");
        assert_eq!(exit, Exit::StopListener);
        model
    }
}

/// Answers what the sample's server would, and lets the rest wait for ever.
async fn serve(mut calls: mpsc::Receiver<LocalCall>) {
    let mut held = Vec::new();
    while let Some(local) = calls.recv().await {
        match reply(&local.call.request, local.call.dry_run) {
            Some(reply) => {
                // The console may have ended.
                let _ = local.answers.send(reply).await;
            }
            None => held.push(local),
        }
    }
}

/// Starts the loop. Its clock begins at the sample's moment.
fn start() -> Loop {
    let (outside, keys) = mpsc::channel(256);
    let (inbox, messages) = mpsc::channel(256);
    let (server, calls) = mpsc::channel(16);
    let client = Client::new(Connector::InProcess(server), "sam");
    let remote = Remote::new(client, inbox.clone());
    let woken = Arc::new(AtomicUsize::new(0));
    let frames = Arc::new(Mutex::new(Vec::new()));
    let (counted, noted) = (Arc::clone(&woken), Arc::clone(&frames));
    let task = tokio::spawn(async move {
        let server = tokio::spawn(serve(calls));
        let mut terminal = Terminal::new(Noting {
            inner: TestBackend::new(100, 30),
            frames: noted,
        })
        .expect("a screen");
        let mut model = Model::new(settings(), now());
        let around = Surroundings {
            outside: keys,
            inbox: messages,
            remote,
            copy: |_: &mut Noting, _: &str| {},
            mouse: |_| {},
        };
        let begun = Instant::now();
        let clock = move || {
            counted.fetch_add(1, Ordering::Relaxed);
            now() + begun.elapsed()
        };
        let exit = run(&mut terminal, &mut model, around, clock)
            .await
            .expect("a screen in memory cannot fail");
        server.abort();
        let screen = &terminal.backend().inner;
        let size = screen.size().expect("a size");
        assert_eq!((size.width, size.height), (100, 30));
        (exit, model, screen.to_string())
    });
    Loop {
        woken,
        frames,
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

/// Sends news every two milliseconds until the loop has ended.
fn flood(running: &Loop) {
    let inbox = running.inbox.clone();
    tokio::spawn(async move {
        while inbox.send(Message::Exchanges(exchanges(), 0)).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_drawn_thirty_times_a_second_and_keys_at_once() {
    let running = start();
    running.news(Message::Connected).await;
    flood(&running);
    tokio::time::sleep(Duration::from_secs(4)).await;
    let drawn = running.frames.lock().expect("no one panics").len();
    // What was saved up before counts for a few more.
    assert!((100..=124).contains(&drawn), "{drawn} frames in 4 s");
    for screen in ["2", "3", "7", "?", "esc", "1"] {
        tokio::time::sleep(Duration::from_millis(50)).await;
        press(&running.outside, screen).await;
        let pressed = Instant::now();
        tokio::time::sleep(Duration::from_millis(1)).await;
        let frames = running.frames.lock().expect("no one panics");
        assert!(frames.contains(&pressed), "{screen} is drawn at once");
    }
    running.end().await;
}

#[tokio::test]
async fn a_terminal_that_is_gone_ends_it() {
    let running = start();
    drop(running.outside);
    let (exit, ..) = running.task.await.expect("the loop ends");
    assert_eq!(exit, Exit::TerminalLost);
}

#[tokio::test(start_paused = true)]
async fn an_idle_console_sleeps_on_every_screen() {
    let running = start();
    running.news(Message::Connected).await;
    running.news(Message::Exchanges(exchanges(), 0)).await;
    for keys in [
        "1", "2", "3", "4", "5", "6", "7", "8", "?", "esc :", "esc w",
    ] {
        press(&running.outside, keys).await;
        // The sparkline moves out, the figures grow old, and what was asked is answered.
        tokio::time::sleep(Duration::from_secs(300)).await;
        let count = || {
            let frames = running.frames.lock().expect("no one panics").len();
            (running.woken.load(Ordering::Relaxed), frames)
        };
        let before = count();
        tokio::time::sleep(Duration::from_secs(600)).await;
        assert_eq!(count(), before, "after {keys}");
    }
    let model = running.end().await;
    assert!(!model.refresh.is_asked(Topic::Users));
    let hours = model
        .wake()
        .expect("the day changes")
        .duration_since(model.now);
    assert!(hours.as_hours() > 2, "{hours} until it wakes");
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
    let targets = view::targets(&model);
    let built = (0..1_000).filter(|row| targets.places(Target::Row(*row)).next().is_some());
    let seen = usize::from(view::geometry::geometry(&model).rows.height);
    assert_eq!(model.users.len(), 100_000);
    assert!(built.count() <= seen && seen < 60);
}
