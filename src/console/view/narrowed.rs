//! What a filter adds to a list: the chip in its rule, the counts, and what an empty list says.

use ratatui::text::Span;

use super::{
    empty,
    geometry::Geometry,
    paint::{Canvas, span},
};
use crate::console::{
    model::{Focus, Model},
    text,
};

/// A list's title, with its filter.
pub(super) fn title(model: &Model, name: &str, filter: &str) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let style = match model.focus {
        Focus::List => theme.accent,
        Focus::Details | Focus::Syncs => theme.muted,
    };
    let mut title = vec![span(name, style)];
    if !filter.is_empty() {
        title.push(span(format!("  /{}", model.shown(filter)), theme.warn));
    }
    title
}

/// `3 of 12`: how many of a list pass its filter.
pub(super) fn counts(shown: usize, every: usize) -> String {
    let number = |count: usize| text::number(u64::try_from(count).unwrap_or(u64::MAX));
    format!("{} of {}", number(shown), number(every))
}

/// Says that the filter leaves nothing.
pub(super) fn nothing(model: &Model, places: &Geometry, buffer: &mut Canvas) {
    let lines = ["esc clears the filter.".to_owned()];
    empty(
        model,
        places.rows,
        buffer,
        "Nothing matches the filter",
        &lines,
    );
}
