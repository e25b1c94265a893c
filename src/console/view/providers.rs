//! Providers, each with its tokens under it.

use ratatui::{style::Modifier, text::Span};

use super::{
    empty,
    geometry::Geometry,
    narrowed,
    paint::{Canvas, line_of, rule, span},
    table::{self, Cell, Standing, Table},
};
use crate::{
    admin::row::{ProviderRow, TokenRow},
    console::{
        action::Action,
        columns::ProviderColumn,
        model::{Model, ProviderLine},
        text,
    },
    directory::ProviderState,
};

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
        table::note(model, vec![span(note, theme.muted)]),
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
    let table = Table::<ProviderColumn>::new(model, places.rows);
    table.headings(model, line_of(places.heading, 1), buffer);
    for (index, area) in table::lines(places.rows, model.provider_cursor.top, lines.len()) {
        let Some(shown) = lines.get(index) else { break };
        let standing = Standing {
            index,
            selected: model.provider_cursor.index == index,
            marked: match shown {
                ProviderLine::Token(id) => model.marks.has(model.screen, id.0),
                ProviderLine::Provider(_) => false,
            },
        };
        let make = |column| cell(model, *shown, column).unwrap_or_default();
        table.row(model, area, standing, make, buffer);
    }
}

fn cell(model: &Model, line: ProviderLine, column: ProviderColumn) -> Option<Cell> {
    Some(match line {
        ProviderLine::Provider(provider) => {
            let mut rows = model.providers.iter();
            provider_cell(model, rows.find(|row| row.provider == provider)?, column)
        }
        ProviderLine::Token(id) => {
            let mut rows = model.tokens.iter();
            token_cell(model, rows.find(|token| token.id == id)?, column)
        }
    })
}

fn provider_cell(model: &Model, row: &ProviderRow, column: ProviderColumn) -> Cell {
    let (theme, signs) = (&model.theme, &model.signs);
    let active = row.state == ProviderState::Active;
    let (sign, style, word) = if active {
        (signs.active, theme.ok, "active")
    } else {
        (signs.idle, theme.muted, "inactive")
    };
    let figure = |count: u64| {
        let style = if count == 0 { theme.faint } else { theme.text };
        span(text::number(count), style)
    };
    vec![match column {
        ProviderColumn::Name => {
            let name = if active { theme.strong } else { theme.muted };
            return vec![
                span(format!("{sign} "), style),
                span(row.provider.as_str(), name),
            ];
        }
        ProviderColumn::State => span(word, style),
        ProviderColumn::LastUsed => span(
            row.last_seen.map_or_else(String::new, |at| model.age(at)),
            theme.muted,
        ),
        ProviderColumn::Users => figure(row.users),
        ProviderColumn::Roles => figure(row.roles),
        ProviderColumn::Tokens => figure(row.tokens),
        ProviderColumn::Made | ProviderColumn::Requests | ProviderColumn::Id => return Vec::new(),
    }]
}

fn token_cell(model: &Model, token: &TokenRow, column: ProviderColumn) -> Cell {
    let theme = &model.theme;
    let style = if token.revoked.is_some() {
        theme.muted
    } else {
        theme.text
    };
    vec![match column {
        ProviderColumn::Name => {
            let prefix = model.shown(&token.prefix);
            return vec![
                span(format!("    {}", model.shown(&token.name)), style),
                span(format!("  {prefix}{}", model.signs.ellipsis), theme.muted),
            ];
        }
        ProviderColumn::State => token_state(model, token),
        ProviderColumn::Made => span(model.age(token.created), theme.muted),
        ProviderColumn::LastUsed => span(model.age_or_never(token.last_used), theme.muted),
        ProviderColumn::Requests => span(text::number(token.requests), style),
        ProviderColumn::Id => span(token.id.to_string(), theme.muted),
        ProviderColumn::Users | ProviderColumn::Roles | ProviderColumn::Tokens => {
            return Vec::new();
        }
    }]
}

/// Until when a token is taken.
fn token_state(model: &Model, token: &TokenRow) -> Span<'static> {
    let theme = &model.theme;
    let week = jiff::SignedDuration::from_hours(14 * 24);
    let soon = model.now.saturating_add(week).unwrap_or(model.now);
    match (token.revoked, token.expires) {
        (Some(_), _) => span("revoked", theme.muted.add_modifier(Modifier::CROSSED_OUT)),
        (None, Some(expires)) if expires <= model.now => span("expired", theme.error),
        (None, Some(expires)) if expires <= soon => {
            let left = text::until(model.now, expires);
            span(format!("{} ends {left}", model.signs.warn), theme.warn)
        }
        (None, Some(expires)) => {
            let left = text::until(model.now, expires);
            span(format!("ends {left}"), theme.muted)
        }
        (None, None) => span("never ends", theme.muted),
    }
}
