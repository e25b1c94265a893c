//! The terminal: taken over for the console, and given back whatever happens.
//!
//! It is given back when the guard is dropped, and at once when the console's own thread panics. A panic
//! of any other thread, or of a task, leaves the screen alone. Where its message goes is for the
//! program's own panic hook, which must be there before.

use std::{
    cell::Cell,
    io::{self, IsTerminal as _, Write},
    sync::Once,
};

use crossterm::{
    cursor::{Hide, Show},
    event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture},
    execute,
    terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
};
use ratatui::backend::CrosstermBackend;

/// A frame's bytes go out in few large writes.
const BUFFER: usize = 64 * 1024;

/// What the console draws on.
pub type Screen = CrosstermBackend<io::BufWriter<io::Stdout>>;

thread_local! {
    /// Whether this is the thread that holds the terminal.
    static OWNER: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// The terminal, as long as it is the console's.
pub struct Guard(());

impl Guard {
    /// Takes the terminal over, on the thread that will draw.
    ///
    /// # Errors
    /// When standard output or input is no terminal, or refuses.
    pub fn enter(mouse: bool) -> io::Result<Self> {
        if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "the console needs a terminal for input and output; `rolecall serve` runs without \
                 one, and `rolecall tail --plain` prints what it shows",
            ));
        }
        // The theme decides about colours; crossterm's own answer to NO_COLOR would wipe reverse and
        // bold, and the selection with them.
        crossterm::style::force_color_output(true);
        install_hook();
        OWNER.set(true);
        let guard = Self(());
        enable_raw_mode()?;
        let mut out = io::stdout();
        execute!(out, EnterAlternateScreen, EnableBracketedPaste, Hide)?;
        if mouse {
            capture(true)?;
        }
        Ok(guard)
    }

    /// What to draw on.
    pub fn screen(&self) -> Screen {
        CrosstermBackend::new(io::BufWriter::with_capacity(BUFFER, io::stdout()))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // After a panic the hook has done it already.
        if OWNER.replace(false) {
            restore();
        }
    }
}

/// Takes the mouse, or leaves it to the terminal, which can then select text.
///
/// # Errors
/// When the terminal cannot be written to.
pub fn capture(mouse: bool) -> io::Result<()> {
    if mouse {
        execute!(io::stdout(), EnableMouseCapture)
    } else {
        execute!(io::stdout(), DisableMouseCapture)
    }
}

/// Gives the terminal back: every mode that was set, in reverse. Where it is gone, each write fails
/// at once.
fn restore() {
    let mut out = io::stdout();
    // The mouse may have been taken or let go since the beginning; to let go twice does no harm.
    let _ = execute!(out, DisableMouseCapture);
    let _ = execute!(out, DisableBracketedPaste, LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
    let _ = out.flush();
}

/// Undoes what can be undone from any thread while the console's own hangs in a write: raw mode.
pub fn let_go() {
    let _ = disable_raw_mode();
}

fn install_hook() {
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            // A task that panics does not end the console, although it runs on the same thread.
            if tokio::task::try_id().is_none() && OWNER.replace(false) {
                restore();
            }
            before(info);
        }));
    });
}
