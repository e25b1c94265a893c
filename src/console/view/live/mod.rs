//! Live: the digests, the requests, and one request's parts.

mod digest;
mod exchange;
mod sync;

use ratatui::{
    layout::Rect,
    style::{Modifier, Style},
    text::Span,
};

pub(super) use self::exchange::{details, parts};
use super::{
    empty,
    geometry::{Geometry, has_headings},
    paint::{Canvas, line_of, rule, span},
    table::{self, Cell, Standing, Table},
};
use crate::{
    console::{
        action::Action,
        columns::LiveColumn,
        model::{Focus, Model},
        text,
    },
    service::exchange::ExchangeLine,
};

/// Draws digests and requests.
pub(super) fn render(model: &Model, places: &Geometry, buffer: &mut Canvas) {
    digest::strip(model, places.strip, buffer);
    list_rule(model, places.heading, buffer);
    if model.live.is_empty() {
        nothing(model, places.rows, buffer);
        return;
    }
    let narrow = places.rows.width < 56;
    let (provider, node) = (provider_width(model), node_width(model));
    let table = Table::adjusted(model, places.rows, |kind, column| match kind {
        LiveColumn::Time if narrow => column.least = 8,
        LiveColumn::What if narrow => column.least = 12,
        LiveColumn::Provider => column.least = provider,
        LiveColumn::Node => {
            column.least = node;
            column.shown |= model.arranged.is_shared();
        }
        _ => {}
    });
    if has_headings(model) {
        table.headings(model, line_of(places.heading, 1), buffer);
    }
    let width = |wanted| usize::from(table.width(|column| column == wanted));
    let (time, what) = (width(LiveColumn::Time), width(LiveColumn::What));
    let selected = model.live.index();
    for (index, area) in table::lines(places.rows, model.live.top(), model.live.len()) {
        let Some(exchange) = model.live.row(index) else {
            continue;
        };
        let standing = Standing {
            index,
            selected: selected == Some(index) && !model.live.is_visiting(),
            marked: model.marks.has(model.screen, exchange.id.0),
        };
        let make = |column| cell(model, exchange, column, time, what);
        table.row(model, area, standing, make, buffer);
    }
}

/// As wide as the providers that are known, so that no room is lost to names that never come.
fn provider_width(model: &Model) -> u16 {
    let known = model.status.iter().flat_map(|status| &status.providers);
    let longest = known.map(|row| row.provider.as_str().len()).max();
    u16::try_from(longest.unwrap_or(4)).unwrap_or(9).clamp(4, 9)
}

/// As wide as the names of the processes, up to a bound.
fn node_width(model: &Model) -> u16 {
    let known = model.status.iter().flat_map(|status| &status.nodes);
    let longest = known.map(|name| text::width(&model.shown(name))).max();
    u16::try_from(longest.unwrap_or(8))
        .unwrap_or(16)
        .clamp(4, 16)
}

/// What it meant. Where there is no room for it, long names are cut rather than what was done to them.
fn meaning(model: &Model, line: &ExchangeLine, cells: usize) -> String {
    let mut meaning = model.shown(&line.summary).into_owned();
    for name in line.users.iter().chain(&line.roles) {
        let name = model.shown(name);
        meaning = text::truncate_within(meaning, &name, cells, model.signs.ellipsis);
    }
    meaning
}

/// How words are written: what changed nothing stands back.
fn words(model: &Model, line: &ExchangeLine) -> Style {
    if line.is_error() || line.effect.is_change() {
        model.theme.text
    } else {
        model.theme.muted
    }
}

/// `time` and `what` are the cells that those columns have.
fn cell(model: &Model, line: &ExchangeLine, column: LiveColumn, time: usize, what: usize) -> Cell {
    let theme = &model.theme;
    vec![match column {
        LiveColumn::Time => {
            let mut clock = text::clock_millis(line.at, &model.settings.zone);
            clock.truncate(time);
            span(clock, theme.muted)
        }
        LiveColumn::Provider => span(
            line.provider
                .map_or("-", crate::directory::Provider::as_str),
            theme.muted,
        ),
        LiveColumn::Sign => {
            let (sign, style) = sign(model, line);
            span(sign, style)
        }
        LiveColumn::What => span(meaning(model, line, what), words(model, line)),
        LiveColumn::Method => span(model.shown(&line.method).into_owned(), theme.muted),
        LiveColumn::Path => span(model.shown(&line.target).into_owned(), theme.muted),
        LiveColumn::Journal => {
            let first = line.journal.first().copied();
            let last = line.journal.last().copied();
            let numbers = match (first, last) {
                (Some(first), Some(last)) if first != last => format!("{first}-{last}"),
                (Some(first), _) => first.to_string(),
                (None, _) => String::new(),
            };
            span(numbers, theme.muted)
        }
        LiveColumn::Id => span(line.id.to_string(), theme.muted),
        LiveColumn::Node => {
            let node = line.node.as_deref().unwrap_or_default();
            span(model.shown(node).into_owned(), theme.muted)
        }
        LiveColumn::Status => span(
            line.status.to_string(),
            match line.status {
                500.. => theme.error.add_modifier(Modifier::BOLD),
                400.. => theme.error,
                _ => words(model, line),
            },
        ),
        LiveColumn::Took => span(text::latency(line.micros), theme.muted),
    }]
}

/// What a request did, as one sign: conflict, error, new, less, changed, or nothing.
fn sign(model: &Model, line: &ExchangeLine) -> (&'static str, Style) {
    let (theme, signs) = (&model.theme, &model.signs);
    let effect = &line.effect;
    if line.conflict.is_some() {
        (signs.warn, theme.warn)
    } else if line.is_error() {
        (signs.error, theme.error)
    } else if effect.users_suspended + effect.users_deleted + effect.roles_deleted > 0 {
        (signs.minus, theme.warn)
    } else if effect.users_created + effect.roles_created > 0 {
        ("+", theme.ok)
    } else if effect.is_change() {
        ("~", theme.accent)
    } else {
        (" ", theme.text)
    }
}

fn list_rule(model: &Model, area: Rect, buffer: &mut Canvas) {
    let (theme, live) = (&model.theme, &model.live);
    let mut title = vec![span(
        "Requests",
        if model.focus == Focus::List {
            theme.accent
        } else {
            theme.muted
        },
    )];
    if let Some(opened) = &live.opened {
        let clock = text::clock(opened.digest.started, model.now, &model.settings.zone);
        let chip = format!(" sync {clock} {} ", opened.digest.provider);
        let style = theme.accent.add_modifier(Modifier::REVERSED);
        title.push(Span::raw("  "));
        title.push(span(chip, style));
        if !live.is_filtered() {
            let kept = text::number(live.kept() as u64);
            let words = match (opened.wanted(), opened.missing()) {
                (Some(_), _) => format!("  {kept} so far"),
                (None, 0) => format!("  {kept}"),
                (None, missing) => format!("  {kept}, {} not here", text::number(missing)),
            };
            title.push(span(words, theme.muted));
        }
    }
    if live.is_filtered() {
        let filter = model.shown(&live.filter_text).into_owned();
        title.push(span(format!("  /{filter}"), theme.warn));
        let counts = format!(
            "  {} of {}",
            text::number(live.len() as u64),
            text::number(live.kept() as u64)
        );
        title.push(span(counts, theme.muted));
    }
    let note = if live.is_paused() {
        span("paused", theme.warn)
    } else if live.is_following() {
        span("following", theme.muted)
    } else if live.fresh > 0 {
        let key = model.settings.keymap.key(Action::Bottom);
        span(
            format!("{} new {} {key}", text::number(live.fresh), model.signs.dot),
            theme.accent,
        )
    } else {
        span(
            format!("{} follows", model.settings.keymap.key(Action::Bottom)),
            theme.muted,
        )
    };
    rule(buffer, area, title, table::note(model, vec![note]), model);
}

fn nothing(model: &Model, area: Rect, buffer: &mut Canvas) {
    if let Some(opened) = model
        .live
        .opened
        .as_ref()
        .filter(|_| model.live.kept() == 0)
    {
        let (title, line) = if opened.wanted().is_some() {
            ("Asking the server", "")
        } else {
            (
                "None of its requests is kept any more",
                "The digest is in the details; esc shows all requests.",
            )
        };
        empty(model, area, buffer, title, &[line.to_owned()]);
        return;
    }
    if model.live.kept() > 0 {
        empty(
            model,
            area,
            buffer,
            "Nothing matches the filter",
            &[format!(
                "{} requests are here; esc clears the filter.",
                text::number(model.live.kept() as u64)
            )],
        );
        return;
    }
    let keymap = &model.settings.keymap;
    let url = model.base_url().map_or_else(
        || "the base URL".to_owned(),
        |url| model.shown(url).into_owned(),
    );
    empty(
        model,
        area,
        buffer,
        "Waiting for the first request",
        &[
            format!("Give your identity provider this base URL:  {url}"),
            format!(
                "Press {} for a token, {} for Setup.",
                keymap.key(Action::NewToken),
                keymap.key(Action::Setup)
            ),
        ],
    );
}
