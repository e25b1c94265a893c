//! What a frame takes on each screen at 200×60, with 100,000 users listed and the ring full.

use ratatui::Terminal;
use rolecall::{
    admin::{
        Reply, Request,
        row::{Page, UserRow},
    },
    console::{Effect, Message, Model, model::live::RING, update, view},
    directory::{ExchangeId, UserId},
};
use uuid::Uuid;

use super::{
    counted::Counted,
    sample,
    system::{millis, quantile},
};
use crate::{Outcome, target::Target};

const USERS: u64 = 100_000;

/// Sends a message and answers what comes of it.
fn send(model: &mut Model, message: Message) {
    let mut effects = update(model, message);
    for _ in 0..16 {
        let mut next = Vec::new();
        for effect in std::mem::take(&mut effects) {
            let Effect::Ask {
                ask,
                request,
                dry_run,
            } = effect
            else {
                continue;
            };
            let reply = match &request {
                Request::Users { offset, limit, .. } => Some(users(*offset, *limit)),
                request => sample::reply(request, dry_run),
            };
            if let Some(reply) = reply {
                next.extend(update(model, Message::Answered(ask, Ok(Box::new(reply)))));
            }
        }
        effects = next;
    }
}

fn users(offset: u64, limit: u32) -> Reply {
    let samples = sample::users();
    let row = |number: u64| -> Option<UserRow> {
        let place = usize::try_from(number).ok()? % samples.len();
        let mut row = samples.get(place)?.clone();
        row.id = UserId(Uuid::from_u128(number.into()));
        row.user_name = format!("user{number}@example.com");
        Some(row)
    };
    let until = USERS.min(offset + u64::from(limit));
    let rows = (offset..until).filter_map(row).collect();
    Reply::Users(Page::new(rows, USERS))
}

/// A console that has seen it all.
fn full() -> Model {
    let mut model = sample::busy(sample::settings(), 200, 60);
    let samples = sample::exchanges();
    for batch in 0..=RING / samples.len() {
        let mut lines = samples.clone();
        for (place, line) in lines.iter_mut().enumerate() {
            let number = u128::try_from(batch * samples.len() + place).unwrap_or_default();
            line.id = ExchangeId(Uuid::from_u128(number));
        }
        send(&mut model, Message::Exchanges(lines, 0));
    }
    model
}

pub(crate) fn measure(short: bool) -> Outcome<Vec<Target>> {
    let draws = if short { 60 } else { 400 };
    let mut model = full();
    let mut targets = Vec::new();
    for screen in ["1", "2", "3", "4", "5", "6", "7", "8"] {
        send(&mut model, Message::Key(sample::key(screen)));
        let mut terminal = Terminal::new(Counted::new(200, 60))?;
        for draw in 0..draws {
            // Other rows each time, so that every frame has much to send.
            let key = if draw % 20 < 10 { "pagedown" } else { "pageup" };
            send(&mut model, Message::Key(sample::key(key)));
            terminal.draw(|frame| view(&model, frame))?;
        }
        // The first one fills the screen and the allocator's pools.
        let frames = terminal.backend().frames.iter().skip(1);
        let mut times: Vec<f64> = frames.map(|frame| millis(*frame)).collect();
        times.sort_by(f64::total_cmp);
        let name = model.screen.title();
        targets.push(Target::at_most(
            &format!("{name}: a frame, median, ms"),
            quantile(&times, 50),
            2.0,
        ));
        targets.push(Target::at_most(
            &format!("{name}: a frame, slowest of {draws}, ms"),
            quantile(&times, 100),
            2.0,
        ));
    }
    Ok(targets)
}
