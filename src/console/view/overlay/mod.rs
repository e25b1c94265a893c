//! Boxes on top of a screen.

mod arrange;
mod ask;
mod batch;
mod find;
mod form;
mod secret;
mod tell;

use ratatui::layout::Rect;

use crate::console::{
    model::{Model, overlay::Overlay},
    view::paint::Canvas,
};

/// Draws the box on top, if there is one.
pub(super) fn render(model: &Model, area: Rect, buffer: &mut Canvas) {
    let Some(overlay) = &model.overlay else {
        return;
    };
    dim(model, area, buffer);
    match overlay {
        Overlay::Help { input, top } => find::help(model, input, *top, area, buffer),
        Overlay::Palette { input, index } => find::palette(model, input, *index, area, buffer),
        Overlay::Warnings { index } => tell::warnings(model, *index, area, buffer),
        Overlay::Arrange { index } => arrange::arrange(model, *index, area, buffer),
        Overlay::Quit => ask::quit(model, area, buffer),
        Overlay::Ways { index, .. } => ask::ways(model, *index, area, buffer),
        Overlay::Confirm(confirm) => ask::confirm(model, confirm, area, buffer),
        Overlay::Batch => {
            if let Some(batch) = &model.batch {
                batch::batch(model, batch, area, buffer);
            }
        }
        Overlay::Form(form) => form::form(model, form, area, buffer),
        Overlay::Secret(secret) => secret::secret(model, secret, area, buffer),
        Overlay::Checked(row) => tell::checked(model, row, area, buffer),
    }
}

/// Lets what lies below step back.
fn dim(model: &Model, area: Rect, buffer: &mut Canvas) {
    for y in area.top() + 2..area.bottom().saturating_sub(1) {
        for x in area.left()..area.right() {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.modifier = ratatui::style::Modifier::empty();
                cell.bg = ratatui::style::Color::Reset;
                cell.set_style(model.theme.faint);
            }
        }
    }
}

/// Where the cursor stands in the box on top.
pub(super) fn cursor(model: &Model, area: Rect) -> Option<(u16, u16)> {
    match model.overlay.as_ref()? {
        Overlay::Help { input, .. } => Some(find::help_cursor(input, area)),
        Overlay::Palette { input, .. } => Some(find::palette_cursor(input, area)),
        Overlay::Confirm(confirm) => ask::confirm_cursor(model, confirm, area),
        Overlay::Batch => batch::cursor(model, model.batch.as_ref()?, area),
        Overlay::Form(form) => form::form_cursor(form, area),
        Overlay::Warnings { .. }
        | Overlay::Arrange { .. }
        | Overlay::Quit
        | Overlay::Ways { .. }
        | Overlay::Secret(_)
        | Overlay::Checked(_) => None,
    }
}

/// The lines of the help that fit a search.
pub fn help_length(model: &Model, search: &str) -> usize {
    find::help_lines(model, search).len()
}
