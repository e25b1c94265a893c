//! Ten thousand exchanges a second into the real loop, over a terminal that takes everything.

use std::{
    sync::mpsc as channel,
    thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use ratatui::Terminal;
use rolecall::{
    admin::{Client, Connector},
    console::{
        Message, Model,
        event_loop::{self, Outside, Surroundings},
        remote::Remote,
    },
    directory::ExchangeId,
};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{
    counted::Counted,
    sample,
    system::{resident, thread_time},
};
use crate::{Outcome, target::Target};

const EACH_SECOND: u32 = 10_000;
/// As often as the server tells a follower what has come.
const BATCHES: u32 = 30;

/// What the loop has done by its end.
struct Drawn {
    frames: usize,
    bytes: u64,
    drawing: Duration,
    all: Duration,
}

pub(crate) fn measure(short: bool) -> Outcome<Vec<Target>> {
    let time = Duration::from_secs(if short { 5 } else { 60 });
    let (outside, keys) = mpsc::channel(16);
    let (inbox, messages) = mpsc::channel(256);
    let (calls, mut asked) = mpsc::channel(16);
    let client = Client::new(Connector::InProcess(calls), "bench");
    let remote = Remote::new(client, inbox.clone());
    let (sender, drawn) = channel::channel();
    let console = thread::Builder::new()
        .name("console".to_owned())
        .spawn(move || {
            let around = Surroundings {
                outside: keys,
                inbox: messages,
                remote,
                copy: |_: &mut Counted, _: &str| {},
                mouse: |_| {},
            };
            let _ = sender.send(run(around));
        })?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (early, late) = runtime.block_on(async {
        tokio::spawn(async move {
            while let Some(local) = asked.recv().await {
                let reply = sample::reply(&local.call.request, local.call.dry_run);
                if let Some(reply) = reply {
                    let _ = local.answers.send(reply).await;
                }
            }
        });
        let measured = feed(&inbox, time).await;
        let _ = outside.send(Outside::Ended).await;
        measured
    });
    let drawn = drawn.recv()??;
    console.join().map_err(|_| "the console failed")?;
    let seconds = time.as_secs_f64();
    let share = |part: Duration| part.as_secs_f64() / seconds * 100.0;
    eprintln!(
        "  {EACH_SECOND} exchanges/s for {seconds} s at 200×60: {} frames, {} KiB, drawing {:.2} % of a core, \
         taking in {:.2} %; {early:.1} MiB with the ring full, {late:.1} at the end",
        drawn.frames,
        drawn.bytes / 1024,
        share(drawn.drawing),
        share(drawn.all.saturating_sub(drawn.drawing)),
    );
    let frames = u32::try_from(drawn.frames)?;
    Ok(vec![
        // What may be saved up before it begins counts for a few more.
        Target::at_most("frames a second", f64::from(frames) / seconds, 30.9),
        Target::at_most("drawing, % of a core", share(drawn.drawing), 5.0),
        Target::at_most(
            "memory at the end over memory with the ring full",
            late / early,
            1.03,
        ),
    ])
}

fn run(around: Surroundings<impl FnMut(&mut Counted, &str)>) -> Result<Drawn, String> {
    let told = |error: std::io::Error| error.to_string();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(told)?;
    let mut terminal = Terminal::new(Counted::new(200, 60)).map_err(told)?;
    let mut model = Model::new(sample::settings(), Timestamp::now());
    let before = thread_time();
    let running = event_loop::run(&mut terminal, &mut model, around, Timestamp::now);
    runtime.block_on(running).map_err(told)?;
    let backend = terminal.backend();
    Ok(Drawn {
        frames: backend.frames.len(),
        bytes: backend.bytes(),
        drawing: backend.frames.iter().sum(),
        all: thread_time().saturating_sub(before),
    })
}

/// Sends what comes in a second as often as the server would; gives what the process holds once the
/// console's ring is full, and at the end.
async fn feed(inbox: &mpsc::Sender<Message>, time: Duration) -> (f64, f64) {
    let samples = sample::exchanges();
    let _ = inbox.send(Message::Connected).await;
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / BATCHES);
    let start = Instant::now();
    let mut early = None;
    let mut number = 0_u128;
    while start.elapsed() < time {
        ticks.tick().await;
        let now = Timestamp::now();
        let batch = samples
            .iter()
            .cycle()
            .take((EACH_SECOND / BATCHES) as usize);
        let lines = batch.map(|line| {
            let mut line = line.clone();
            number += 1;
            line.id = ExchangeId(Uuid::from_u128(number));
            line.at = now;
            // No row looks like the one that it takes the place of.
            line.summary = format!("user{number}@example.com: {}", line.summary);
            line
        });
        let message = Message::Exchanges(lines.collect(), 0);
        if inbox.send(message).await.is_err() {
            break;
        }
        if start.elapsed() > Duration::from_secs(4) {
            early.get_or_insert_with(resident);
        }
    }
    let late = resident();
    (early.unwrap_or(late), late)
}
