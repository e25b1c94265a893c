//! Providers, each with its tokens under it.

use ratatui::{style::Modifier, text::Span};

use super::{
    empty,
    geometry::Geometry,
    narrowed,
    paint::{
        Canvas, Column, figures, flexible, headings, inset, line_of, row, rule, select, span,
        widths,
    },
};
use crate::{
    admin::row::{ProviderRow, TokenRow},
    console::{
        action::Action,
        model::{Model, ProviderLine},
        text,
    },
    directory::ProviderState,
};

const COLUMNS: [Column; 6] = [
    flexible("Provider, token", 26, 2, 0),
    flexible("State", 12, 1, 1),
    figures("Made", 8, 4),
    figures("Last used", 9, 2),
    figures("Requests", 9, 3),
    figures("Users", 8, 5),
];

/// Draws the list.
pub(super) fn render(model: &Model, places: &Geometry, buffer: &mut Canvas) {
    let theme = &model.theme;
    let lines = model.provider_lines();
    let filter = &model.filters.providers;
    let note = if filter.filter.is_empty() {
        let url = model.base_url();
        url.map_or_else(String::new, |url| format!("base URL {}", model.shown(url)))
    } else {
        narrowed::counts(lines.len(), model.providers.len() + model.tokens.len())
    };
    rule(
        buffer,
        line_of(places.heading, 0),
        narrowed::title(model, "Providers", &filter.text),
        vec![span(note, theme.muted)],
        model,
    );
    if lines.is_empty() && !filter.filter.is_empty() {
        narrowed::nothing(model, places, buffer);
        return;
    }
    if lines.is_empty() {
        let key = model.settings.keymap.key(Action::NewToken);
        empty(
            model,
            places.rows,
            buffer,
            "No provider yet",
            &[format!(
                "Press {key} for a token: it activates its provider."
            )],
        );
        return;
    }
    let widths = widths(&COLUMNS, inset(places.rows).width);
    headings(
        buffer,
        inset(line_of(places.heading, 1)),
        &COLUMNS,
        &widths,
        model,
    );
    for line in 0..usize::from(places.rows.height) {
        let index = model.provider_cursor.top + line;
        let Some(shown) = lines.get(index) else { break };
        let area = line_of(places.rows, line);
        let cells = match shown {
            ProviderLine::Provider(provider) => {
                let found = model.providers.iter().find(|row| row.provider == *provider);
                found.map(|row| provider_cells(model, row))
            }
            ProviderLine::Token(id) => {
                let found = model.tokens.iter().find(|token| token.id == *id);
                found.map(|token| token_cells(model, token))
            }
        };
        row(
            buffer,
            inset(area),
            &COLUMNS,
            &widths,
            cells.unwrap_or_default(),
            model,
        );
        if model.provider_cursor.index == index {
            select(buffer, area, true, model);
        }
    }
}

fn provider_cells(model: &Model, row: &ProviderRow) -> Vec<Vec<Span<'static>>> {
    let (theme, signs) = (&model.theme, &model.signs);
    let active = row.state == ProviderState::Active;
    let (sign, style, word) = if active {
        (signs.active, theme.ok, "active")
    } else {
        (signs.idle, theme.muted, "inactive")
    };
    let name = if active { theme.strong } else { theme.muted };
    vec![
        vec![
            span(format!("{sign} "), style),
            span(row.provider.as_str(), name),
        ],
        vec![span(word, style)],
        Vec::new(),
        vec![span(
            row.last_seen.map_or_else(String::new, |at| model.age(at)),
            theme.muted,
        )],
        Vec::new(),
        vec![span(
            text::number(row.users),
            if row.users == 0 {
                theme.faint
            } else {
                theme.text
            },
        )],
    ]
}

fn token_cells(model: &Model, token: &TokenRow) -> Vec<Vec<Span<'static>>> {
    let theme = &model.theme;
    let week = jiff::SignedDuration::from_hours(14 * 24);
    let soon = model.now.saturating_add(week).unwrap_or(model.now);
    let (state, style) = match (token.revoked, token.expires) {
        (Some(_), _) => (
            "revoked".to_owned(),
            theme.muted.add_modifier(Modifier::CROSSED_OUT),
        ),
        (None, Some(expires)) if expires <= model.now => ("expired".to_owned(), theme.error),
        (None, Some(expires)) if expires <= soon => (
            format!(
                "{} ends {}",
                model.signs.warn,
                text::until(model.now, expires)
            ),
            theme.warn,
        ),
        (None, Some(expires)) => (
            format!("ends {}", text::until(model.now, expires)),
            theme.muted,
        ),
        (None, None) => ("never ends".to_owned(), theme.muted),
    };
    let text_style = if token.revoked.is_some() {
        theme.muted
    } else {
        theme.text
    };
    vec![
        vec![
            span(format!("    {}", model.shown(&token.name)), text_style),
            span(
                format!("  {}{}", model.shown(&token.prefix), model.signs.ellipsis),
                theme.muted,
            ),
        ],
        vec![span(state, style)],
        vec![span(model.age(token.created), theme.muted)],
        vec![span(model.age_or_never(token.last_used), theme.muted)],
        vec![span(text::number(token.requests), text_style)],
        Vec::new(),
    ]
}
