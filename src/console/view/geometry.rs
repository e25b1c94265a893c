//! Where everything is, for a terminal of any size: details collapse first, then columns, then hints.

use ratatui::layout::Rect;

use crate::console::{
    action::Screen,
    model::{Focus, Model},
};

/// The smallest terminal that shows more than a card.
pub const SMALLEST: (u16, u16) = (40, 10);

/// The places on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Geometry {
    /// The line with the state of the whole.
    pub header: Rect,
    /// The line with the screens.
    pub tabs: Rect,
    /// The digests with their rule, where there is room.
    pub strip: Rect,
    /// The list's rule and headings.
    pub heading: Rect,
    /// The list's rows.
    pub rows: Rect,
    /// The rule over the details.
    pub details_heading: Rect,
    /// The details.
    pub details: Rect,
    /// The line between list and details, where they stand side by side.
    pub divider: Rect,
    /// The line above the keys, where there is room.
    pub bottom_rule: Rect,
    /// The line with the keys.
    pub footer: Rect,
}

/// Cuts lines off the top.
fn cut(rest: &mut Rect, lines: u16) -> Rect {
    let lines = lines.min(rest.height);
    let taken = Rect {
        height: lines,
        ..*rest
    };
    rest.y += lines;
    rest.height -= lines;
    taken
}

/// Cuts lines off the bottom.
fn cut_bottom(rest: &mut Rect, lines: u16) -> Rect {
    let lines = lines.min(rest.height);
    rest.height -= lines;
    Rect {
        y: rest.y + rest.height,
        height: lines,
        ..*rest
    }
}

/// Whether the list has headings over its columns. Those of Live tell themselves apart, until an
/// operator chooses others or another order.
pub fn has_headings(model: &Model) -> bool {
    match model.screen {
        Screen::Live => model.arranged.is_changed(Screen::Live),
        screen => screen != Screen::Setup,
    }
}

/// Whether a screen has details.
pub fn has_details(screen: Screen) -> bool {
    screen != Screen::Setup
}

/// The places for the model's terminal, screen and focus.
pub fn geometry(model: &Model) -> Geometry {
    let mut rest = model.area;
    let header = cut(&mut rest, 1);
    let tabs = cut(&mut rest, 1);
    let footer = cut_bottom(&mut rest, 1);
    let bottom_rule = cut_bottom(&mut rest, u16::from(model.area.height >= 16));
    let wide = model.area.width >= 100 && has_details(model.screen);
    let only_details = !wide && model.focus == Focus::Details && has_details(model.screen);
    let strip = if model.screen == Screen::Live && !only_details && !model.live.syncs.is_empty() {
        let most = match rest.height {
            ..9 => 0,
            9..14 => 1,
            14..22 => 2,
            22..40 => 4,
            _ => 6,
        };
        let most = if model.focus == Focus::Syncs {
            most.max(1)
        } else {
            most
        };
        let lines = most.min(u16::try_from(model.live.syncs.len()).unwrap_or(most));
        cut(&mut rest, if lines == 0 { 0 } else { lines + 1 })
    } else {
        Rect::default()
    };
    let mut geometry = Geometry {
        header,
        tabs,
        strip,
        bottom_rule,
        footer,
        ..Geometry::default()
    };
    if only_details {
        geometry.details_heading = cut(&mut rest, 1);
        geometry.details = rest;
        return geometry;
    }
    if wide {
        let share = if rest.width < 140 { 42 } else { 45 };
        let width = (rest.width * share / 100).min(96);
        let mut right = Rect {
            x: rest.right() - width,
            width,
            ..rest
        };
        rest.width -= width + 1;
        geometry.divider = Rect {
            x: rest.right(),
            width: 1,
            ..rest
        };
        geometry.details_heading = cut(&mut right, 1);
        geometry.details = right;
    }
    geometry.heading = cut(&mut rest, 1 + u16::from(has_headings(model)));
    geometry.rows = rest;
    geometry
}
