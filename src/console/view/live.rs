//! Live: the digests, the requests, and one request's parts.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
    text::Span,
};

use super::{
    details::{Details, Item, add_difference, add_json},
    empty,
    geometry::Geometry,
    journal::action_words,
    paint::{
        Column, figures, fixed, flexible, inset, line_of, put, row, rule, select, span, width,
        widths,
    },
};
use crate::{
    console::{
        action::Action,
        model::{Focus, Model, live::Part},
        text,
    },
    service::{
        exchange::{Body, Exchange, ExchangeLine},
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
            digest(model, sync, usize::from(area.width.saturating_sub(1))),
            model,
        );
    }
}

/// A digest in one line: when, who, how long, and what came of it; with signs in place of words
/// where room is scarce.
fn digest(model: &Model, sync: &SyncDigest, cells: usize) -> Vec<Span<'static>> {
    let mut full = words(model, sync, true);
    if width(&full) > cells {
        // The latency is the least of it.
        full.pop();
    }
    if width(&full) <= cells {
        full
    } else {
        words(model, sync, false)
    }
}

fn words(model: &Model, sync: &SyncDigest, full: bool) -> Vec<Span<'static>> {
    let (theme, signs) = (&model.theme, &model.signs);
    let clock = text::clock(sync.started, model.now, &model.settings.zone);
    let minutes = clock.rsplit_once(':').filter(|_| clock.len() == 8);
    let clock = minutes.map_or(clock.as_str(), |(minutes, _)| minutes);
    let mark = if sync.running { signs.running } else { " " };
    let state = if sync.running {
        theme.accent
    } else {
        theme.muted
    };
    let mut spans = vec![
        span(format!(" {mark} "), theme.accent),
        span(format!("{clock:>5}"), theme.muted),
    ];
    let requests = text::number(sync.requests);
    if full {
        let longest = model
            .live
            .syncs
            .iter()
            .map(|sync| sync.provider.as_str().len());
        let longest = longest.max().unwrap_or(0);
        let word = if sync.running { "running" } else { "done" };
        let end = if sync.running {
            model.now.max(sync.last)
        } else {
            sync.last
        };
        let took = text::span(sync.started, end);
        let noun = if sync.requests == 1 {
            "request"
        } else {
            "requests"
        };
        spans.push(span(
            format!("  {:<longest$}", sync.provider.as_str()),
            theme.text,
        ));
        spans.push(span(format!("  {word:<7}"), state));
        spans.push(span(format!(" {took:>5}"), theme.muted));
        spans.push(span(format!("   {requests:>6} {noun:<8}"), theme.text));
    } else {
        spans.push(span(format!("  {}", sync.provider), theme.text));
        spans.push(span(format!("  {requests:>5}"), state));
    }
    let before = spans.len();
    for outcome in outcomes(model, sync)
        .into_iter()
        .filter(|outcome| outcome.count > 0)
    {
        let count = text::number(outcome.count);
        let noun = if outcome.count == 1 {
            outcome.noun.trim_end_matches('s')
        } else {
            outcome.noun
        };
        spans.push(if full {
            let lead = outcome.sign;
            span(format!("   {lead}{count} {noun}"), outcome.style)
        } else {
            span(format!("  {}{count}", outcome.short), outcome.style)
        });
    }
    if spans.len() == before {
        spans.push(span("   nothing changed", theme.muted));
    }
    if full {
        spans.push(span(
            format!("   p95 {}", text::latency(sync.p95_micros)),
            theme.muted,
        ));
    }
    spans
}

/// One figure of a digest.
struct Outcome {
    count: u64,
    /// Before the number, where the noun is written.
    sign: &'static str,
    /// Before the number, in place of the noun.
    short: &'static str,
    /// As a plural where it has one.
    noun: &'static str,
    style: Style,
}

fn outcomes(model: &Model, sync: &SyncDigest) -> Vec<Outcome> {
    let (theme, signs) = (&model.theme, &model.signs);
    let did = &sync.effect;
    let outcome = |counts: &[u32], sign, short, noun, style| Outcome {
        count: counts.iter().map(|count| u64::from(*count)).sum(),
        sign,
        short,
        noun,
        style,
    };
    let (minus, bold) = (signs.minus, Modifier::BOLD);
    let mut outcomes = vec![
        outcome(
            &[did.users_created, did.roles_created],
            "+",
            "+",
            "new",
            theme.ok,
        ),
        outcome(
            &[did.users_updated, did.roles_updated, did.users_reinstated],
            "",
            "~",
            "updated",
            theme.text,
        ),
        outcome(
            &[did.users_suspended],
            minus,
            minus,
            "suspended",
            theme.warn,
        ),
        outcome(
            &[did.users_deleted, did.roles_deleted],
            minus,
            minus,
            "deleted",
            theme.warn,
        ),
        outcome(&[did.members_added], "+", "m+", "members", theme.text),
        outcome(&[did.members_removed], minus, "m-", "members", theme.text),
        outcome(
            &[did.conflicts],
            "",
            signs.warn,
            "conflicts",
            theme.warn.add_modifier(bold),
        ),
    ];
    outcomes.push(Outcome {
        count: sync.errors.saturating_sub(u64::from(did.conflicts)),
        sign: "",
        short: signs.error,
        noun: "errors",
        style: theme.error.add_modifier(bold),
    });
    outcomes
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

fn status_style(model: &Model, line: &ExchangeLine) -> Style {
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
    // One change of one thing is told by its own heading.
    if line.journal.len() != 1 || line.is_error() {
        details.paragraph(&model.shown(&line.summary), theme.strong, cells);
        details.gap();
    }
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
