//! The breadcrumb: the last steps of the trail, at the right end of the screens' line.

use ratatui::{layout::Rect, text::Span};

use super::paint::{Canvas, put_right, span};
use crate::console::{model::Model, text, update::crumb};

/// Steps shown at most.
const STEPS: usize = 5;
/// The cells of one step at most.
const STEP: usize = 30;
/// Fewer cells show nothing.
const LEAST: usize = 16;

/// Draws the steps that fit into the room that is left; the oldest go first.
pub(super) fn render(model: &Model, room: Rect, buffer: &mut Canvas) {
    let cells = usize::from(room.width).saturating_sub(4);
    let steps = steps(model, cells);
    if steps.is_empty() || cells < LEAST {
        return;
    }
    let theme = &model.theme;
    let last = steps.len() - 1;
    let mut spans = Vec::new();
    for (index, step) in steps.into_iter().enumerate() {
        if index > 0 {
            spans.push(span(format!(" {} ", model.signs.arrow), theme.faint));
        }
        let style = if index == last {
            theme.text
        } else {
            theme.muted
        };
        spans.push(span(step, style));
    }
    let spans: Vec<Span<'static>> = spans;
    let right = room.right().saturating_sub(1);
    put_right(
        buffer,
        right,
        room.y,
        room.width.saturating_sub(2),
        spans,
        model,
    );
}

/// The steps as they are written, the newest last; an ellipsis stands for those that have no room.
fn steps(model: &Model, cells: usize) -> Vec<String> {
    if !model.trail.has_behind() {
        return Vec::new();
    }
    let ellipsis = model.signs.ellipsis;
    // The last step, and the sign before it, must have room whatever it is called.
    let most = STEP.min(cells.saturating_sub(4));
    let written = |name: &str| text::truncate(&model.shown(name), most, ellipsis).into_owned();
    let mut steps = vec![written(&crumb(model))];
    let mut used = text::width(&steps[0]);
    for place in model.trail.behind() {
        let step = written(&place.crumb);
        if steps.last() == Some(&step) {
            continue;
        }
        // What is left out needs room for its sign.
        let wide = text::width(&step) + 3;
        if steps.len() >= STEPS || used + wide + 4 > cells {
            steps.push(ellipsis.to_string());
            break;
        }
        used += wide;
        steps.push(step);
    }
    steps.reverse();
    steps
}
