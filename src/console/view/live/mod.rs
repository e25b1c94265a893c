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
    geometry::Geometry,
    paint::{
        Canvas, Column, figures, fixed, flexible, inset, line_of, row, rule, select, span, widths,
    },
};
use crate::{
    console::{
        action::Action,
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
    let columns = columns(model, places.rows.width);
    let widths = widths(&columns, inset(places.rows).width);
    let focused = model.focus == Focus::List;
    for line in 0..usize::from(places.rows.height) {
        let index = model.live.top() + line;
        let Some(exchange) = model.live.row(index) else {
            break;
        };
        let area = line_of(places.rows, line);
        row(
            buffer,
            inset(area),
            &columns,
            &widths,
            cells(model, exchange, widths.first().copied()),
            model,
        );
        if model.live.index() == Some(index) {
            select(buffer, area, focused, model);
        }
    }
}

fn columns(model: &Model, cells: u16) -> [Column; 6] {
    let time = if cells >= 56 { 12 } else { 8 };
    // As wide as the providers that are known, so that no room is lost to names that never come.
    let known = model.status.iter().flat_map(|status| &status.providers);
    let longest = known.map(|row| row.provider.as_str().len()).max();
    let provider = u16::try_from(longest.unwrap_or(4)).unwrap_or(9).clamp(4, 9);
    [
        fixed("", time, 0),
        fixed("", provider, 3),
        fixed("", 1, 2),
        flexible("", if cells >= 56 { 28 } else { 12 }, 1, 0),
        figures("", 3, 0),
        figures("", 7, 4),
    ]
}

fn cells(model: &Model, line: &ExchangeLine, time: Option<u16>) -> Vec<Vec<Span<'static>>> {
    let theme = &model.theme;
    let (sign, style) = sign(model, line);
    let mut clock = text::clock_millis(line.at, &model.settings.zone);
    clock.truncate(usize::from(time.unwrap_or(12)));
    let quiet = !line.is_error() && !line.effect.is_change();
    let words = if quiet { theme.muted } else { theme.text };
    let status = match line.status {
        500.. => theme.error.add_modifier(Modifier::BOLD),
        400.. => theme.error,
        _ if quiet => theme.muted,
        _ => theme.text,
    };
    let provider = line
        .provider
        .map_or("-", crate::directory::Provider::as_str);
    vec![
        vec![span(clock, theme.muted)],
        vec![span(provider, theme.muted)],
        vec![span(sign, style)],
        vec![span(model.shown(&line.summary).into_owned(), words)],
        vec![span(line.status.to_string(), status)],
        vec![span(text::latency(line.micros), theme.muted)],
    ]
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
    rule(buffer, area, title, vec![note], model);
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
