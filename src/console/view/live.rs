//! Live: the digests, the requests, and one request's parts.

use ratatui::{buffer::Buffer, layout::Rect, style::Modifier, text::Span};

use super::{
    details::{Details, Item, add_difference, add_json},
    empty,
    geometry::Geometry,
    journal::action_words,
    paint::{
        Column, figures, fixed, flexible, inset, line_of, put, row, rule, select, span, widths,
    },
};
use crate::{
    console::{
        action::Action,
        model::{Focus, Model, live::Part},
        text,
    },
    service::{
        exchange::{Body, Effect, Exchange, ExchangeLine},
        sync::SyncDigest,
    },
};

/// Draws digests and requests.
pub(super) fn render(model: &Model, places: &Geometry, buffer: &mut Buffer) {
    strip(model, places.strip, buffer);
    list_rule(model, places.heading, buffer);
    if model.live.is_empty() {
        nothing(model, places.rows, buffer);
        return;
    }
    let columns = columns(places.rows.width);
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

fn columns(cells: u16) -> [Column; 6] {
    let time = if cells >= 60 { 12 } else { 8 };
    [
        fixed("", time, 0),
        fixed("", 9, 3),
        fixed("", 1, 2),
        flexible("", 12, 1, 0),
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
fn sign(model: &Model, line: &ExchangeLine) -> (&'static str, ratatui::style::Style) {
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

fn list_rule(model: &Model, area: Rect, buffer: &mut Buffer) {
    let (theme, live) = (&model.theme, &model.live);
    let mut title = vec![span(
        "Requests",
        if model.focus == Focus::List {
            theme.accent
        } else {
            theme.muted
        },
    )];
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

fn nothing(model: &Model, area: Rect, buffer: &mut Buffer) {
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

fn strip(model: &Model, area: Rect, buffer: &mut Buffer) {
    if area.height < 2 {
        return;
    }
    rule(
        buffer,
        line_of(area, 0),
        vec![span("Syncs", model.theme.muted)],
        Vec::new(),
        model,
    );
    for (index, sync) in model
        .live
        .syncs
        .iter()
        .enumerate()
        .take(usize::from(area.height) - 1)
    {
        let area = line_of(area, index + 1);
        put(
            buffer,
            area.x,
            area.y,
            area.width.saturating_sub(1),
            digest(model, sync),
            model,
        );
    }
}

/// A digest in one line: when, who, how long, and what came of it.
fn digest(model: &Model, sync: &SyncDigest) -> Vec<Span<'static>> {
    let (theme, signs) = (&model.theme, &model.signs);
    let clock: String = text::clock(sync.started, model.now, &model.settings.zone);
    let clock = clock
        .rsplit_once(':')
        .filter(|_| clock.len() == 8)
        .map_or(clock.clone(), |(minutes, _)| minutes.to_owned());
    let (mark, state, took) = if sync.running {
        let mark = span(format!(" {} ", signs.running), theme.accent);
        (
            mark,
            span("running", theme.accent),
            text::span(sync.started, model.now.max(sync.last)),
        )
    } else {
        (
            Span::raw("   "),
            span("done   ", theme.muted),
            text::span(sync.started, sync.last),
        )
    };
    let mut spans = vec![
        mark,
        span(clock, theme.muted),
        span(format!("  {:<9} ", sync.provider), theme.text),
        state,
        span(format!(" {took:>5}  "), theme.muted),
        span(
            format!(
                "{:>7} {}",
                text::number(sync.requests),
                if sync.requests == 1 {
                    "request "
                } else {
                    "requests"
                }
            ),
            theme.text,
        ),
    ];
    let before = spans.len();
    for (count, words, style) in outcomes(model, &sync.effect, sync.errors) {
        if count > 0 {
            spans.push(span(
                format!("   {}", words.replace('#', &text::number(count))),
                style,
            ));
        }
    }
    if spans.len() == before {
        spans.push(span("   nothing changed", theme.muted));
    }
    spans.push(span(
        format!("   p95 {}", text::latency(sync.p95_micros)),
        theme.muted,
    ));
    spans
}

fn outcomes(
    model: &Model,
    effect: &Effect,
    errors: u64,
) -> Vec<(u64, String, ratatui::style::Style)> {
    let theme = &model.theme;
    let minus = model.signs.minus;
    let sum = |counts: &[u32]| counts.iter().map(|count| u64::from(*count)).sum::<u64>();
    let plural = |count: u64, noun: &str| format!("# {noun}{}", if count == 1 { "" } else { "s" });
    let conflicts = u64::from(effect.conflicts);
    let other = errors.saturating_sub(conflicts);
    let suspended = sum(&[effect.users_suspended]);
    vec![
        (
            sum(&[effect.users_created, effect.roles_created]),
            "+# new".to_owned(),
            theme.ok,
        ),
        (
            sum(&[
                effect.users_updated,
                effect.roles_updated,
                effect.users_reinstated,
            ]),
            "# updated".to_owned(),
            theme.text,
        ),
        (suspended, format!("{minus}# suspended"), theme.warn),
        (
            sum(&[effect.users_deleted, effect.roles_deleted]),
            format!("{minus}# deleted"),
            theme.warn,
        ),
        (
            sum(&[effect.members_added]),
            plural(sum(&[effect.members_added]), "member").replace('#', "+#"),
            theme.text,
        ),
        (
            sum(&[effect.members_removed]),
            format!("{minus}# members"),
            theme.text,
        ),
        (
            conflicts,
            plural(conflicts, "conflict"),
            theme.warn.add_modifier(Modifier::BOLD),
        ),
        (
            other,
            plural(other, "error"),
            theme.error.add_modifier(Modifier::BOLD),
        ),
    ]
}

/// The titles of the parts, the current one standing out.
pub(super) fn parts(model: &Model) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let mut spans = Vec::new();
    for part in Part::ALL {
        if !spans.is_empty() {
            spans.push(span(format!(" {} ", model.signs.dot), theme.faint));
        }
        let style = if part != model.live.part {
            theme.muted
        } else if model.focus == Focus::Details {
            theme
                .accent
                .add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
        } else {
            theme.strong
        };
        spans.push(span(part.title(), style));
    }
    spans
}

/// The details of the selected request.
pub(super) fn details(model: &Model, cells: usize) -> Details {
    let mut details = Details::default();
    let Some(line) = model.live.current() else {
        details.line(vec![span(
            "Select a request to see what it changed.",
            model.theme.muted,
        )]);
        return details;
    };
    let exchange = model.live.detail(line.id);
    match (model.live.part, exchange) {
        (Part::Change, _) => change(&mut details, model, line, exchange, cells),
        (_, None) => details.line(vec![span("asking the server", model.theme.muted)]),
        (Part::Request, Some(exchange)) => {
            request_line(&mut details, model, line, cells);
            body(&mut details, model, &exchange.request_body);
        }
        (Part::Response, Some(exchange)) => {
            details.line(vec![
                span(line.status.to_string(), status_style(model, line)),
                span(format!("  {}", reason(line.status)), model.theme.muted),
            ]);
            details.gap();
            body(&mut details, model, &exchange.response_body);
        }
        (Part::Headers, Some(exchange)) => headers(&mut details, model, exchange),
    }
    details
}

fn status_style(model: &Model, line: &ExchangeLine) -> ratatui::style::Style {
    if line.is_error() {
        model.theme.error
    } else {
        model.theme.ok
    }
}

fn reason(status: u16) -> &'static str {
    let status = hyper::StatusCode::from_u16(status);
    status
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("")
}

fn request_line(details: &mut Details, model: &Model, line: &ExchangeLine, cells: usize) {
    let target = format!("{} {}", line.method, line.target);
    details.paragraph(&model.shown(&target), model.theme.strong, cells);
    details.gap();
}

fn body(details: &mut Details, model: &Model, body: &Body) {
    if body.bytes == 0 {
        details.line(vec![span("no body", model.theme.muted)]);
        return;
    }
    add_json(details, model, &body.text);
    if body.cut {
        details.gap();
        let text = format!(
            "the rest of {} bytes was not recorded",
            text::number(body.bytes)
        );
        details.line(vec![span(text, model.theme.muted)]);
    }
}

fn change(
    details: &mut Details,
    model: &Model,
    line: &ExchangeLine,
    exchange: Option<&Exchange>,
    cells: usize,
) {
    let theme = &model.theme;
    details.paragraph(&model.shown(&line.summary), theme.strong, cells);
    details.gap();
    if line.is_error() {
        let said = exchange.and_then(|exchange| said(&exchange.response_body));
        if let Some(said) = said {
            details.line(vec![span("What the provider's admin reads:", theme.muted)]);
            details.paragraph(&model.shown(&said), theme.text, cells);
            details.gap();
        }
    }
    if line.conflict.is_some() {
        let key = model.settings.keymap.key(Action::Resolve);
        details.line(vec![
            span(format!("{} ", model.signs.warn), theme.warn),
            span(format!("kept as a conflict; {key} leads there"), theme.text),
        ]);
    }
    if line.journal.is_empty() && line.conflict.is_none() {
        details.line(vec![span("Nothing changed.", theme.muted)]);
    }
    for seq in &line.journal {
        let found = model.changes.rows.binary_search_by_key(seq, |row| row.seq);
        let entry = found.ok().and_then(|place| model.changes.rows.get(place));
        let Some(entry) = entry else {
            details.line(vec![span(format!("journal {seq}"), theme.muted)]);
            continue;
        };
        let name = model.shown(&entry.subject.name).into_owned();
        details.item(
            Item::Change(*seq),
            vec![
                span(name, theme.strong),
                span(format!("  {} ", entry.subject.kind.words()), theme.muted),
                span(action_words(entry.action), theme.accent),
            ],
        );
        add_difference(details, model, &entry.before, &entry.after);
        details.gap();
    }
    if line.effect.members_unknown > 0 {
        let text = format!(
            "{} pushed that are not here; they were left out",
            text::count(u64::from(line.effect.members_unknown), "member")
        );
        details.line(vec![
            span(format!("{} ", model.signs.warn), theme.warn),
            span(text, theme.text),
        ]);
    }
    details.gap();
    details.line(vec![span(
        format!("request {}   {}", line.id, text::latency(line.micros)),
        theme.muted,
    )]);
}

/// The `detail` of a SCIM error.
fn said(body: &Body) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(&body.text).ok()?;
    Some(value.get("detail")?.as_str()?.to_owned())
}

fn headers(details: &mut Details, model: &Model, exchange: &Exchange) {
    let theme = &model.theme;
    let line = &exchange.line;
    let pair = |details: &mut Details, name: &str, value: String| {
        details.pair(model, name, vec![span(value, theme.text)]);
    };
    pair(details, "took", text::latency(line.micros));
    pair(
        details,
        "at",
        text::date_time(line.at, &model.settings.zone),
    );
    pair(details, "from", model.shown(&exchange.peer).into_owned());
    let token = exchange
        .token
        .as_deref()
        .map_or("none".into(), |token| model.shown(token));
    pair(details, "token", token.into_owned());
    pair(details, "id", line.id.to_string());
    for (title, fields) in [
        ("Request headers", &exchange.request_headers),
        ("Response headers", &exchange.response_headers),
    ] {
        details.heading(model, title);
        for (name, value) in fields {
            details.line(vec![
                span(format!("{}: ", model.shown(name)), theme.muted),
                span(model.shown(value).into_owned(), theme.text),
            ]);
        }
    }
}
