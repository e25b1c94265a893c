//! The two lines at the top: the state of the whole, and the screens.

use ratatui::{buffer::Buffer, layout::Rect, style::Modifier, text::Span};

use super::paint::{put, put_right, span, width};
use crate::{
    console::{
        action::Screen,
        model::{Connection, Model},
        text,
    },
    directory::ProviderState,
};

/// Draws the state of the whole: what is dropped first stands last.
pub(super) fn render(model: &Model, area: Rect, buffer: &mut Buffer) {
    let mut parts = figures(model);
    let mut left = identity(model);
    let total = usize::from(area.width);
    let right_width =
        |parts: &[Vec<Span<'static>>]| -> usize { parts.iter().map(|part| width(part) + 3).sum() };
    while left.len() > 2 && width(&left) + right_width(&parts) + 2 > total {
        left.pop();
    }
    while parts.len() > 1 && width(&left) + right_width(&parts) + 1 > total {
        parts.pop();
    }
    // The first parts are the weightiest, and stand at the very right.
    let mut spans = Vec::new();
    for part in parts.into_iter().rev() {
        if !spans.is_empty() {
            spans.push(Span::raw("   "));
        }
        spans.extend(part);
    }
    let wide = put_right(
        buffer,
        area.right().saturating_sub(1),
        area.y,
        area.width,
        spans,
        model,
    );
    let room = area.width.saturating_sub(wide + 2);
    put(buffer, area.x, area.y, room, left, model);
}

/// Who and where: name, address, providers.
fn identity(model: &Model) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let mut spans = vec![span(" rolecall", theme.strong.patch(theme.accent))];
    match &model.connection {
        Connection::Connecting => spans.push(span("  connecting", theme.muted)),
        Connection::Down(..) => {}
        Connection::Up => {
            let status = model.status.as_ref();
            let listen = status.and_then(|status| status.listen.as_deref());
            spans.push(match listen {
                Some(address) => span(format!("  {}", model.shown(address)), theme.muted),
                None if status.is_some() => span("  not listening", theme.warn),
                None => span(String::new(), theme.muted),
            });
        }
    }
    let providers = model.status.as_ref().map(|status| &status.providers);
    for row in providers.into_iter().flatten() {
        let (sign, style) = match row.state {
            ProviderState::Active => (model.signs.active, theme.ok),
            ProviderState::Inactive => (model.signs.idle, theme.muted),
        };
        spans.push(span(format!("  {} ", row.provider), theme.muted));
        spans.push(span(sign, style));
    }
    spans
}

/// The figures, the weightiest first.
fn figures(model: &Model) -> Vec<Vec<Span<'static>>> {
    let (theme, signs) = (&model.theme, &model.signs);
    let mut parts = Vec::new();
    if let Connection::Down(since, _) = &model.connection {
        let text = format!("{} server away {}", signs.error, model.age(*since));
        parts.push(vec![span(text, theme.error.add_modifier(Modifier::BOLD))]);
    }
    let paused = model.live.is_paused();
    if paused {
        let text = format!(" PAUSED {} ", text::number(model.live.waiting() as u64));
        parts.push(vec![span(
            text,
            theme.warn.add_modifier(Modifier::REVERSED),
        )]);
    }
    if model.settings.read_only {
        parts.push(vec![span(
            " READ-ONLY ",
            theme.accent.add_modifier(Modifier::REVERSED),
        )]);
    }
    if let Some(status) = &model.status {
        let warnings = status.warnings.len() as u64;
        if warnings > 0 {
            parts.push(vec![span(format!("{} {warnings}", signs.warn), theme.warn)]);
        }
        if status.requests.errors > 0 {
            let errors = text::number(status.requests.errors);
            parts.push(vec![span(format!("{} {errors}", signs.error), theme.error)]);
        }
        if status.requests.total > 0 {
            parts.push(latencies(
                model,
                status.requests.p50_micros,
                status.requests.p95_micros,
            ));
        }
    }
    parts.push(rate(model));
    let evicted = model.live.missed + model.live.evicted;
    if evicted > 0 {
        let text = format!("{} not kept", text::number(evicted));
        parts.push(vec![span(text, theme.muted)]);
    }
    parts
}

fn latencies(model: &Model, p50: u64, p95: u64) -> Vec<Span<'static>> {
    let theme = &model.theme;
    vec![
        span("p50 ", theme.muted),
        span(text::latency(p50), theme.text),
        span("  p95 ", theme.muted),
        span(text::latency(p95), theme.text),
    ]
}

fn rate(model: &Model) -> Vec<Span<'static>> {
    let counts = model.live.rate.counts(model.now);
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let steps = model.signs.spark;
    let newest = counts.len().saturating_sub(12);
    let line: String = counts
        .iter()
        .skip(newest)
        .map(|count| {
            let step = (u64::from(*count) * 7).div_ceil(u64::from(most));
            steps
                .get(usize::try_from(step).unwrap_or(7))
                .copied()
                .unwrap_or(" ")
        })
        .collect();
    vec![
        span(
            format!("{}/s ", model.live.rate.current(model.now)),
            model.theme.text,
        ),
        span(line, model.theme.accent),
    ]
}

/// Draws the screens with their keys; the current one stands out.
pub(super) fn tabs(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let open = model
        .status
        .as_ref()
        .map_or(0, |status| status.conflicts_open);
    let titles = |short: bool| {
        let mut spans = Vec::new();
        for screen in Screen::ALL {
            let current = screen == model.screen;
            let title = match (short, current) {
                (true, false) => String::new(),
                _ => format!(" {}", screen.title()),
            };
            let (key, name) = if current {
                let style = theme
                    .accent
                    .add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
                (theme.accent, style)
            } else {
                (theme.muted, theme.text)
            };
            spans.push(span(format!(" {}", screen.number()), key));
            if let Some(name_text) = title.strip_prefix(' ') {
                spans.push(span(" ", theme.text));
                spans.push(span(name_text.to_owned(), name));
            }
            if screen == Screen::Conflicts && open > 0 {
                let count = text::number(open);
                let text = if short && !current {
                    format!("{}{count}", model.signs.warn)
                } else {
                    format!(" {count}")
                };
                spans.push(span(text, theme.warn.add_modifier(Modifier::BOLD)));
            }
            spans.push(Span::raw(if short { " " } else { "  " }));
        }
        spans
    };
    let mut spans = titles(false);
    if width(&spans) > usize::from(area.width) {
        spans = titles(true);
    }
    put(buffer, area.x, area.y, area.width, spans, model);
}
