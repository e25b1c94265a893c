//! What is drawn on: the cells, and which of them the mouse can act on. Whatever draws a thing says
//! where it is as well, so that a click cannot mean something else than what is seen.

use std::ops::{Deref, DerefMut};

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use crate::console::{
    action::{Action, Screen},
    keymap::Key,
    model::live::Part,
};

/// Something that the mouse can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A screen's tab.
    Tab(Screen),
    /// A column's heading, by its place among the list's columns.
    Heading(usize),
    /// A row of the list.
    Row(usize),
    /// A sync, by its place in the strip's list.
    Sync(usize),
    /// The title of a part of the details.
    Part(Part),
    /// A selectable line of the details.
    Item(usize),
    /// A word of the footer, or of a rule.
    Action(Action),
    /// A row of the box on top.
    Entry(usize),
    /// A key that the box on top names.
    Press(Key),
    /// A piece of news.
    News,
    /// A place where nothing but the wheel acts.
    Pane(Pane),
}

/// A place that scrolls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    /// The list.
    List,
    /// The strip of syncs.
    Strip,
    /// The details.
    Details,
    /// The box on top.
    Overlay,
}

/// What the mouse can act on, in the order of the drawing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Targets(Vec<(Rect, Target)>);

impl Targets {
    /// What lies on top in a cell.
    pub fn at(&self, place: impl Into<Position>) -> Option<Target> {
        self.find(place.into(), |target| Some(*target))
    }

    /// What scrolls in a cell.
    pub fn pane(&self, place: impl Into<Position>) -> Option<Pane> {
        self.find(place.into(), |target| match target {
            Target::Pane(pane) => Some(*pane),
            _ => None,
        })
    }

    /// Everything, in the order of the drawing.
    pub fn all(&self) -> impl Iterator<Item = (Rect, Target)> {
        self.0.iter().copied()
    }

    /// Every place of a target.
    pub fn places(&self, wanted: Target) -> impl Iterator<Item = Rect> {
        let found = self.0.iter().filter(move |(_, target)| *target == wanted);
        found.map(|(place, _)| *place)
    }

    fn find<Found>(
        &self,
        place: Position,
        wanted: impl Fn(&Target) -> Option<Found>,
    ) -> Option<Found> {
        let mut under = self.0.iter().rev().filter(|(area, _)| area.contains(place));
        under.find_map(|(_, target)| wanted(target))
    }
}

/// A buffer that knows what was drawn into it.
#[derive(Debug, Default)]
pub struct Canvas {
    buffer: Buffer,
    targets: Option<Targets>,
}

impl Canvas {
    /// Draws over a buffer.
    pub fn over(buffer: Buffer) -> Self {
        Self {
            buffer,
            targets: None,
        }
    }

    /// Remembers where things are.
    pub fn remembering(area: Rect) -> Self {
        Self {
            buffer: Buffer::empty(area),
            targets: Some(Targets::default()),
        }
    }

    /// Says that something which the mouse can act on is drawn here.
    pub fn touchable(&mut self, area: Rect, target: Target) {
        let area = area.intersection(self.buffer.area);
        if let Some(targets) = &mut self.targets
            && !area.is_empty()
        {
            targets.0.push((area, target));
        }
    }

    /// The cells.
    pub fn into_buffer(self) -> Buffer {
        self.buffer
    }

    /// Where things are, as far as they were remembered.
    pub fn into_targets(self) -> Targets {
        self.targets.unwrap_or_default()
    }
}

impl Deref for Canvas {
    type Target = Buffer;

    fn deref(&self) -> &Buffer {
        &self.buffer
    }
}

impl DerefMut for Canvas {
    fn deref_mut(&mut self) -> &mut Buffer {
        &mut self.buffer
    }
}
