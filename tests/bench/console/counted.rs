//! A terminal that counts: frames, bytes, and what it takes to draw.

use std::{
    cell::Cell as Held,
    io::{self, Write},
    rc::Rc,
    time::Duration,
};

use ratatui::{
    backend::{Backend, ClearType, CrosstermBackend, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
};

use super::system::thread_time;

/// Takes what a real terminal would be sent.
struct Counter(Rc<Held<u64>>);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set(self.0.get() + bytes.len() as u64);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The real backend over a counter. A frame begins where the terminal's size is asked for, and ends
/// where it is flushed.
pub(crate) struct Counted {
    inner: CrosstermBackend<Counter>,
    bytes: Rc<Held<u64>>,
    size: Size,
    begun: Held<Duration>,
    /// What each frame took of the processor, its making and its sending.
    pub(crate) frames: Vec<Duration>,
}

impl Counted {
    pub(crate) fn new(columns: u16, rows: u16) -> Self {
        let bytes = Rc::default();
        Self {
            inner: CrosstermBackend::new(Counter(Rc::clone(&bytes))),
            bytes,
            size: Size::new(columns, rows),
            begun: Held::default(),
            frames: Vec::new(),
        }
    }

    /// How many bytes went out.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.get()
    }
}

impl Backend for Counted {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        self.inner.draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.inner.clear()
    }

    fn clear_region(&mut self, kind: ClearType) -> io::Result<()> {
        self.inner.clear_region(kind)
    }

    fn size(&self) -> io::Result<Size> {
        self.begun.set(thread_time());
        Ok(self.size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize {
            columns_rows: self.size,
            pixels: Size::default(),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.inner)?;
        let took = thread_time().saturating_sub(self.begun.get());
        self.frames.push(took);
        Ok(())
    }
}
