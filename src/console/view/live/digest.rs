//! The strip of digests: one line for each sync.

use ratatui::{
    layout::Rect,
    style::{Modifier, Style},
    text::Span,
};

use crate::{
    console::{
        model::{Focus, Model},
        text,
        view::{
            canvas::{Pane, Target},
            paint::{Canvas, line_of, put, rule, select, span, width},
        },
    },
    service::sync::{Outcome, Progress, SyncDigest},
};

/// Draws the digests around the selected one.
pub(super) fn strip(model: &Model, area: Rect, buffer: &mut Canvas) {
    if area.height < 2 {
        return;
    }
    let (live, theme) = (&model.live, &model.theme);
    let focused = model.focus == Focus::Syncs;
    let lines = usize::from(area.height) - 1;
    let top = live.strip.top;
    let title = if focused { theme.accent } else { theme.muted };
    let note = if live.syncs.len() > lines {
        let last = (top + lines).min(live.syncs.len());
        let words = format!("{}-{last} of {}", top + 1, live.syncs.len());
        vec![span(words, theme.muted)]
    } else {
        Vec::new()
    };
    buffer.touchable(area, Target::Pane(Pane::Strip));
    let title = vec![span("Syncs", title)];
    rule(buffer, line_of(area, 0), title, note, model);
    let opened = live.opened.as_ref().map(|opened| opened.digest.id);
    let shown = live.syncs.iter().enumerate().skip(top).take(lines);
    for (line, (index, sync)) in (1..).zip(shown) {
        let area = line_of(area, line);
        let cells = area.width.saturating_sub(1);
        let spans = digest(model, sync, usize::from(cells));
        put(buffer, area.x, area.y, cells, spans, model);
        buffer.touchable(area, Target::Sync(index));
        if focused && index == live.sync_index() {
            select(buffer, area, true, model);
        } else if opened == Some(sync.id) {
            select(buffer, area, false, model);
        }
    }
}

/// A digest in one line: when, who, how long, and what came of it; with signs in place of words
/// where room is scarce.
fn digest(model: &Model, sync: &SyncDigest, cells: usize) -> Vec<Span<'static>> {
    for form in [Form::Full, Form::Long, Form::Medium, Form::Short] {
        let spans = words(model, sync, form);
        if width(&spans) <= cells {
            return spans;
        }
    }
    words(model, sync, Form::Signs)
}

/// How much a digest says, the most first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    /// Everything, the bar of the progress, too.
    Full,
    /// The progress in figures, and one latency.
    Long,
    /// Without the latency.
    Medium,
    /// Without the memberships, too, and closer together.
    Short,
    /// Signs in place of words.
    Signs,
}

impl Form {
    /// Between figures.
    fn gap(self) -> &'static str {
        if self < Self::Short { "   " } else { "  " }
    }
}

/// The sign of how a sync went, and its style. Of a running one: that it runs.
pub(super) fn mood(model: &Model, sync: &SyncDigest) -> (&'static str, Style) {
    let (theme, signs) = (&model.theme, &model.signs);
    if sync.running {
        return (signs.running, theme.accent);
    }
    match sync.outcome() {
        Outcome::Clean => (signs.done, theme.ok),
        Outcome::Unchanged => (" ", theme.muted),
        Outcome::NeedsYou => (signs.warn, theme.warn),
        Outcome::Held => (signs.error, theme.error),
    }
}

/// How far a sync has come: a bar of so many cells, and the figure.
pub(super) fn bar(model: &Model, progress: Progress, cells: usize) -> Vec<Span<'static>> {
    let [left, full, empty, right] = model.signs.bar_parts;
    let done = (usize::from(progress.percent) * cells / 100).min(cells);
    vec![
        span(left, model.theme.faint),
        span(full.repeat(done), model.theme.accent),
        span(empty.repeat(cells - done), model.theme.faint),
        span(right, model.theme.faint),
        span(format!(" {}", percent(progress)), model.theme.text),
    ]
}

fn percent(progress: Progress) -> String {
    let lead = if progress.at_least { ">" } else { "" };
    format!("{lead}{} %", progress.percent)
}

/// The cells of the bar in the strip.
const BAR: usize = 12;

fn progress(model: &Model, sync: &SyncDigest, form: Form) -> Vec<Span<'static>> {
    let Some(progress) = sync.progress() else {
        return Vec::new();
    };
    let of = text::number(progress.of);
    let mut spans = vec![Span::raw("   ")];
    if form == Form::Full {
        spans.extend(bar(model, progress, BAR));
        spans.push(span(format!(" of {of} users"), model.theme.muted));
    } else if form < Form::Short {
        let words = format!("{} of {of} users", percent(progress));
        spans.push(span(words, model.theme.text));
    } else {
        spans = vec![span(format!("  {}", percent(progress)), model.theme.text)];
    }
    spans
}

fn words(model: &Model, sync: &SyncDigest, form: Form) -> Vec<Span<'static>> {
    let mut spans = opening(model, sync, form);
    spans.extend(progress(model, sync, form));
    let before = spans.len();
    let full = form != Form::Signs;
    for outcome in outcomes(model, sync, form < Form::Short)
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
            let (gap, lead) = (form.gap(), outcome.sign);
            span(format!("{gap}{lead}{count} {noun}"), outcome.style)
        } else {
            span(format!("  {}{count}", outcome.short), outcome.style)
        });
    }
    if spans.len() == before && !sync.running {
        spans.push(span("   nothing changed", model.theme.muted));
    }
    let latency = match form {
        Form::Full => format!(
            "   p50 {}   p95 {}",
            text::latency(sync.p50_micros),
            text::latency(sync.p95_micros)
        ),
        Form::Long => format!("   p95 {}", text::latency(sync.p95_micros)),
        _ => String::new(),
    };
    spans.push(span(latency, model.theme.muted));
    spans
}

/// When, who, how it went or goes, how long, how many requests.
fn opening(model: &Model, sync: &SyncDigest, form: Form) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let clock = text::clock(sync.started, model.now, &model.settings.zone);
    let minutes = clock.rsplit_once(':').filter(|_| clock.len() == 8);
    let clock = minutes.map_or(clock.as_str(), |(minutes, _)| minutes);
    let (mark, style) = mood(model, sync);
    let mut spans = vec![
        span(format!(" {mark} "), style),
        span(format!("{clock:>5}"), theme.muted),
    ];
    let requests = text::number(sync.requests);
    if form == Form::Signs {
        spans.push(span(format!("  {}", sync.provider), theme.text));
        spans.push(span(format!("  {requests:>5}"), style));
        return spans;
    }
    let syncs = model.live.syncs.iter();
    let longest = syncs.map(|sync| sync.provider.as_str().len()).max();
    let longest = longest.unwrap_or(0);
    let word = if sync.running {
        "running"
    } else {
        sync.outcome().words()
    };
    let took = text::span(sync.started, sync.last);
    let noun = if sync.requests == 1 {
        "request"
    } else {
        "requests"
    };
    spans.push(span(
        format!("  {:<longest$}", sync.provider.as_str()),
        theme.text,
    ));
    if form == Form::Short {
        spans.push(span(format!("  {word}"), style));
        spans.push(span(format!("  {took}"), theme.muted));
        spans.push(span(format!("  {requests} {noun}"), theme.text));
        return spans;
    }
    spans.push(span(format!("  {word:<9}"), style));
    spans.push(span(format!(" {took:>5}"), theme.muted));
    spans.push(span(format!("   {requests:>5} {noun:<8}"), theme.text));
    spans
}

/// One figure of a digest.
struct Figure {
    count: u64,
    /// Before the number, where the noun is written.
    sign: &'static str,
    /// Before the number, in place of the noun.
    short: &'static str,
    /// As a plural where it has one.
    noun: &'static str,
    style: Style,
}

fn outcomes(model: &Model, sync: &SyncDigest, members: bool) -> Vec<Figure> {
    let (theme, signs) = (&model.theme, &model.signs);
    let did = &sync.effect;
    let outcome = |counts: &[u32], sign, short, noun, style| Figure {
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
        outcome(
            &[if members { did.members_added } else { 0 }],
            "+",
            "+",
            "members",
            theme.text,
        ),
        outcome(
            &[if members { did.members_removed } else { 0 }],
            minus,
            minus,
            "members",
            theme.text,
        ),
        outcome(
            &[u32::try_from(sync.conflict_count()).unwrap_or(u32::MAX)],
            "",
            signs.warn,
            "conflicts",
            theme.warn.add_modifier(bold),
        ),
    ];
    outcomes.push(Figure {
        count: sync.failed,
        sign: "",
        short: signs.error,
        noun: "errors",
        style: theme.error.add_modifier(bold),
    });
    outcomes.push(Figure {
        count: sync.held,
        sign: "",
        short: "held ",
        noun: "held",
        style: theme.error.add_modifier(bold),
    });
    outcomes
}
