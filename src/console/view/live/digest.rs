//! The strip of digests: one line for each sync.

use ratatui::{
    layout::Rect,
    style::{Modifier, Style},
    text::Span,
};

use crate::{
    console::{
        model::Model,
        text,
        view::paint::{Canvas, line_of, put, rule, span, width},
    },
    service::sync::SyncDigest,
};

/// Draws the newest digests.
pub(super) fn strip(model: &Model, area: Rect, buffer: &mut Canvas) {
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
    for form in [Form::Full, Form::Long, Form::Short] {
        let spans = words(model, sync, form);
        if width(&spans) <= cells {
            return spans;
        }
    }
    words(model, sync, Form::Signs)
}

/// How much a digest says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Everything.
    Full,
    /// All but the latency.
    Long,
    /// Without the memberships, too.
    Short,
    /// Signs in place of words.
    Signs,
}

fn words(model: &Model, sync: &SyncDigest, form: Form) -> Vec<Span<'static>> {
    let (theme, signs) = (&model.theme, &model.signs);
    let full = form != Form::Signs;
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
        spans.push(span(format!("   {requests:>5} {noun:<8}"), theme.text));
    } else {
        spans.push(span(format!("  {}", sync.provider), theme.text));
        spans.push(span(format!("  {requests:>5}"), state));
    }
    let before = spans.len();
    let members = matches!(form, Form::Full | Form::Long);
    for outcome in outcomes(model, sync, members)
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
    if form == Form::Full {
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

fn outcomes(model: &Model, sync: &SyncDigest, members: bool) -> Vec<Outcome> {
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
