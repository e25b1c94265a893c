//! The two lines at the top: the state of the whole, and the screens.

use ratatui::{layout::Rect, style::Modifier, text::Span};

use super::paint::{Canvas, Piece, Target, put, put_right, span, touchable, width};
use crate::{
    console::{
        action::Screen,
        model::{Connection, Model},
        text,
    },
    directory::ProviderState,
};

/// Draws the state of the whole. Where room is scarce, figures that can wait go first, then the
/// providers, then the rest of the figures, then the address; what must not be missed goes last.
pub(super) fn render(model: &Model, area: Rect, buffer: &mut Canvas) {
    let Figures {
        mut parts,
        states,
        weighty,
    } = figures(model);
    let mut left = identity(model);
    let total = usize::from(area.width);
    let needed = |left: &[Span<'static>], parts: &[Vec<Span<'static>>]| -> usize {
        width(left)
            + parts
                .iter()
                .map(|part| width(part) + GAP.len())
                .sum::<usize>()
            + 1
    };
    while parts.len() > weighty && needed(&left, &parts) > total {
        parts.pop();
    }
    while left.len() > 2 && needed(&left, &parts) > total {
        left.pop();
    }
    while parts.len() > states.max(1) && needed(&left, &parts) > total {
        parts.pop();
    }
    while left.len() > 1 && needed(&left, &parts) > total {
        left.pop();
    }
    while parts.len() > 1 && needed(&left, &parts) > total {
        parts.pop();
    }
    // Half an address is none.
    while left.len() > 1 && needed(&left, &parts) > total {
        left.pop();
    }
    // The weightiest stands at the very right.
    let mut spans = Vec::new();
    for part in parts.into_iter().rev() {
        if !spans.is_empty() {
            spans.push(Span::raw(GAP));
        }
        spans.extend(part);
    }
    let right = area.right().saturating_sub(1);
    let wide = put_right(buffer, right, area.y, area.width, spans, model);
    let room = area.width.saturating_sub(wide + 2);
    put(buffer, area.x, area.y, room, left, model);
}

/// Between figures.
const GAP: &str = "   ";

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
                Some(address) => {
                    let tls = if status.is_some_and(|status| status.tls) {
                        " tls"
                    } else {
                        ""
                    };
                    span(format!("  {}{tls}", model.shown(address)), theme.muted)
                }
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
struct Figures {
    parts: Vec<Vec<Span<'static>>>,
    /// So many of them must not be missed: what is frozen, forbidden, held, or away.
    states: usize,
    /// So many cannot wait.
    weighty: usize,
}

fn figures(model: &Model) -> Figures {
    let (theme, signs) = (&model.theme, &model.signs);
    let mut parts = Vec::new();
    if let Connection::Down(since, _) = &model.connection {
        let text = format!("{} server away since {}", signs.error, model.age(*since));
        parts.push(vec![span(text, theme.error.add_modifier(Modifier::BOLD))]);
    }
    if model.live.is_paused() {
        let text = match model.live.waiting() {
            0 => " PAUSED ".to_owned(),
            waiting => format!(" PAUSED +{} ", text::number(waiting as u64)),
        };
        parts.push(vec![span(
            text,
            theme.warn.add_modifier(Modifier::REVERSED),
        )]);
    }
    if model.settings.read_only {
        let style = theme.accent.add_modifier(Modifier::REVERSED);
        parts.push(vec![span(" READ-ONLY ", style)]);
    }
    for hold in model.undecided() {
        let text = format!(" HELD {} {} ", hold.provider, text::number(hold.attempts));
        let style = theme.error.add_modifier(Modifier::REVERSED);
        parts.push(vec![span(text, style)]);
    }
    let states = parts.len();
    let requests = model.status.as_ref().map(|status| status.requests);
    if let Some(status) = &model.status {
        let warnings = status.warnings.len() as u64;
        if warnings > 0 {
            parts.push(vec![span(format!("{} {warnings}", signs.warn), theme.warn)]);
        }
        if status.requests.errors > 0 {
            let errors = text::number(status.requests.errors);
            parts.push(vec![span(format!("{} {errors}", signs.error), theme.error)]);
        }
    }
    parts.push(rate(model));
    let weighty = parts.len();
    if let Some(requests) = requests.filter(|requests| requests.p95_micros > 0) {
        parts.push(latencies(model, requests.p50_micros, requests.p95_micros));
    }
    // What the server's memory lets go is still in its store; what the console lets go is not here.
    let evicted = model.live.lost();
    if evicted > 0 {
        let text = format!("{} evicted", text::number(evicted));
        parts.push(vec![span(text, theme.muted)]);
    }
    if !model.mouse {
        parts.push(vec![span("mouse off", theme.muted)]);
    }
    Figures {
        parts,
        states,
        weighty,
    }
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
    // A lone request is a low bar: the scale begins at seven a second.
    let most = counts.iter().copied().max().unwrap_or(0).max(7);
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

/// How much of the screens' names is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    /// All, this far apart.
    All(&'static str),
    /// The current one's only.
    Current,
}

/// Draws the screens with their keys; the current one stands out. Gives the room that is left.
pub(super) fn tabs(model: &Model, area: Rect, buffer: &mut Canvas) -> Rect {
    let ways = [
        Names::All("   "),
        Names::All("  "),
        Names::All(" "),
        Names::Current,
    ];
    let mut pieces = Vec::new();
    for way in ways {
        pieces = titles(model, way);
        let wide: usize = pieces.iter().map(|(spans, _)| width(spans)).sum();
        if wide <= usize::from(area.width) {
            break;
        }
    }
    let spans = touchable(buffer, area.x, area.y, area.right(), pieces);
    let used = u16::try_from(width(&spans))
        .unwrap_or(area.width)
        .min(area.width);
    put(buffer, area.x, area.y, area.width, spans, model);
    Rect {
        x: area.x + used,
        width: area.width - used,
        ..area
    }
}

fn titles(model: &Model, names: Names) -> Vec<Piece> {
    let theme = &model.theme;
    let open = model
        .status
        .as_ref()
        .map_or(0, |status| status.conflicts_open);
    let mut pieces: Vec<Piece> = Vec::new();
    for screen in Screen::ALL {
        let mut spans = Vec::new();
        let current = screen == model.screen;
        let gap = match names {
            _ if pieces.is_empty() => " ",
            Names::All(gap) => gap,
            Names::Current => "  ",
        };
        pieces.push((vec![Span::raw(gap)], None));
        let key = if current { theme.accent } else { theme.muted };
        spans.push(span(screen.number().to_string(), key));
        let written = current || names != Names::Current;
        if written {
            spans.push(Span::raw(" "));
            let style = if current {
                let look = Modifier::BOLD | Modifier::UNDERLINED;
                theme.accent.add_modifier(look)
            } else {
                theme.text
            };
            spans.push(span(screen.title(), style));
        }
        if screen == Screen::Conflicts && open > 0 {
            // So close to the next screen's key, a bare number would be taken for one.
            let lead = match names {
                Names::All(" ") => format!(" {}", model.signs.warn),
                _ if written => " ".to_owned(),
                _ => model.signs.warn.to_owned(),
            };
            let text = format!("{lead}{}", text::number(open));
            spans.push(span(text, theme.warn.add_modifier(Modifier::BOLD)));
        }
        pieces.push((spans, Some(Target::Tab(screen))));
    }
    pieces
}
