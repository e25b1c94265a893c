//! The loop: wait, take everything in that has come, draw at most one frame.

use std::time::Duration;

use crossterm::event::{Event, KeyEventKind};
use jiff::Timestamp;
use ratatui::{Terminal, backend::Backend};
use tokio::{sync::mpsc, time::Instant};

use super::{
    message::{Effect, Exit, Message},
    model::Model,
    pace::Pace,
    remote::Remote,
    update::update,
    view::view,
};

/// Messages taken in before a frame, so that a flood cannot keep the screen from being drawn.
const BEFORE_FRAME: usize = 4_096;

/// What comes from outside: keys, the terminal's size, signals. `None` from `next`: the terminal is gone.
pub enum Outside {
    /// A key, paste, or the mouse.
    Input(Event),
    /// The terminal has another size.
    Resized,
    /// The process is asked to end.
    Ended,
    /// The terminal is gone.
    Lost,
}

/// What the loop is given.
pub struct Surroundings<Copy> {
    /// Keys, sizes, signals.
    pub outside: mpsc::Receiver<Outside>,
    /// Answers and news.
    pub inbox: mpsc::Receiver<Message>,
    /// Where questions go.
    pub remote: Remote,
    /// Puts a text into the clipboard.
    pub copy: Copy,
    /// Takes the mouse, or leaves it to the terminal.
    pub mouse: fn(bool),
}

/// Runs until the operator, a signal or the terminal ends it.
///
/// # Errors
/// When the terminal cannot be written to.
pub async fn run<B: Backend, Copy: FnMut(&mut B, &str)>(
    terminal: &mut Terminal<B>,
    model: &mut Model,
    mut around: Surroundings<Copy>,
    mut clock: impl FnMut() -> Timestamp,
) -> Result<Exit, B::Error> {
    let size = terminal.size()?;
    model.now = clock();
    let mut turn = Turn::default();
    turn.take(model, Message::Resize(size.width, size.height));
    let mut pace = Pace::new(Instant::now().into_std());
    let mut drawn_at_all = false;
    loop {
        for effect in turn.effects.drain(..) {
            match effect {
                Effect::Copy(text) => (around.copy)(terminal.backend_mut(), &text),
                Effect::Mouse(on) => (around.mouse)(on),
                Effect::Exit(exit) => return Ok(exit),
                Effect::Export(serial, export) => around.remote.export(serial, *export),
                Effect::Save(serial, document) => around.remote.save(serial, *document),
                ask @ Effect::Ask { .. } => around.remote.ask(ask),
            }
        }
        let mut wait = None;
        if turn.dirty || !drawn_at_all {
            let begun = Instant::now();
            let pause = pace.wait(begun.into_std(), turn.urgent || !drawn_at_all);
            if pause.is_zero() {
                terminal.draw(|frame| view(model, frame))?;
                pace.drawn(Instant::now().into_std(), begun.elapsed());
                turn = Turn::default();
                drawn_at_all = true;
            } else {
                wait = Some(pause);
            }
        }
        let wake = wait.or_else(|| until(model.wake()?, clock()));
        tokio::select! {
            biased;
            outside = around.outside.recv() => {
                model.now = clock();
                if let Some(exit) = turn.outside(terminal, model, outside)? {
                    return Ok(exit);
                }
            }
            Some(message) = around.inbox.recv() => {
                model.now = clock();
                turn.take(model, message);
            }
            () = sleep(wake), if wake.is_some() => {
                model.now = clock();
                if wait.is_none() {
                    turn.take(model, Message::Tick);
                }
            }
        }
        for _ in 0..BEFORE_FRAME {
            if let Ok(outside) = around.outside.try_recv() {
                if let Some(exit) = turn.outside(terminal, model, Some(outside))? {
                    return Ok(exit);
                }
            } else if let Ok(message) = around.inbox.try_recv() {
                turn.take(model, message);
            } else {
                break;
            }
        }
    }
}

async fn sleep(time: Option<Duration>) {
    tokio::time::sleep(time.unwrap_or_default()).await;
}

/// From now until a moment; at least a few milliseconds, so that a moment in the past cannot spin.
fn until(moment: Timestamp, now: Timestamp) -> Option<Duration> {
    let left = moment
        .duration_since(now)
        .max(jiff::SignedDuration::from_millis(5));
    Duration::try_from(left).ok()
}

/// What has happened since the last frame.
#[derive(Default)]
struct Turn {
    effects: Vec<Effect>,
    dirty: bool,
    urgent: bool,
}

impl Turn {
    fn take(&mut self, model: &mut Model, message: Message) {
        self.effects.extend(update(model, message));
        self.dirty = true;
    }

    fn outside<B: Backend>(
        &mut self,
        terminal: &mut Terminal<B>,
        model: &mut Model,
        outside: Option<Outside>,
    ) -> Result<Option<Exit>, B::Error> {
        self.urgent = true;
        match outside {
            None | Some(Outside::Lost) => return Ok(Some(Exit::TerminalLost)),
            Some(Outside::Ended) => return Ok(Some(Exit::StopListener)),
            Some(Outside::Resized) => {
                terminal.autoresize()?;
                let size = terminal.size()?;
                self.take(model, Message::Resize(size.width, size.height));
            }
            Some(Outside::Input(Event::Key(event))) if event.kind != KeyEventKind::Release => {
                self.take(model, Message::Key(event));
            }
            Some(Outside::Input(Event::Paste(text))) => self.take(model, Message::Paste(text)),
            Some(Outside::Input(Event::Mouse(event))) => self.take(model, Message::Mouse(event)),
            Some(Outside::Input(_)) => {}
        }
        let quits = self.effects.iter().find_map(|effect| match effect {
            Effect::Exit(exit) => Some(*exit),
            _ => None,
        });
        Ok(quits)
    }
}
