//! One sync, whole: what it did, what stood in its way, and what took long.

use ratatui::style::Style;

use super::digest::{bar, mood};
use crate::{
    console::{
        action::Action,
        model::Model,
        text,
        view::{
            details::{Details, Item},
            paint::span,
        },
    },
    service::sync::SyncDigest,
};

/// The cells of the progress bar.
const BAR: usize = 20;

/// The details of a sync.
pub(super) fn details(model: &Model, sync: &SyncDigest, cells: usize) -> Details {
    let mut details = Details::default();
    judgement(&mut details, model, sync, cells);
    figures(&mut details, model, sync);
    effects(&mut details, model, sync);
    failures(&mut details, model, sync);
    conflicts(&mut details, model, sync);
    slowest(&mut details, model, sync);
    missing(&mut details, model, sync, cells);
    details.gap();
    let key = |action| model.settings.keymap.key(action);
    let keys = format!(
        "{} copies this as Markdown, {} writes it; both from the strip",
        key(Action::Copy),
        key(Action::Export)
    );
    details.paragraph(&keys, model.theme.muted, cells);
    details
}

fn judgement(details: &mut Details, model: &Model, sync: &SyncDigest, cells: usize) {
    let theme = &model.theme;
    let (sign, style) = mood(model, sync);
    let verdict = crate::console::update::verdict(model, sync);
    if sync.running {
        let from = text::clock(sync.started, model.now, &model.settings.zone);
        let words = format!("{} sync, running since {from}", sync.provider);
        details.line(vec![span(words, theme.strong)]);
        match sync.progress() {
            Some(progress) => {
                let mut spans = bar(model, progress, BAR);
                let of = text::number(progress.of);
                spans.push(span(format!(" of {of} users"), theme.muted));
                details.line(spans);
            }
            None => details.line(vec![span(
                format!("{} so far", text::count(sync.users_seen, "user")),
                theme.muted,
            )]),
        }
    } else {
        let lead = format!("{sign} ");
        let mut lines = text::wrap(&verdict, cells.saturating_sub(2)).into_iter();
        let first = lines.next().unwrap_or_default();
        details.line(vec![span(lead, style), span(first, theme.strong)]);
        for line in lines {
            details.line(vec![span(format!("  {line}"), theme.strong)]);
        }
    }
    if sync.held_waiting > 0 {
        let key = model.settings.keymap.key(Action::Warnings);
        let words = format!("what is held waits for your decision; {key} leads there");
        details.line(vec![
            span(format!("{} ", model.signs.warn), theme.warn),
            span(words, theme.text),
        ]);
    }
    details.gap();
}

fn figures(details: &mut Details, model: &Model, sync: &SyncDigest) {
    let theme = &model.theme;
    let pair = |details: &mut Details, label: &str, value: String| {
        details.pair(model, label, vec![span(value, theme.text)]);
    };
    let requests = format!(
        "{} {} {} lookups {} {} without change",
        text::number(sync.requests),
        model.signs.dot,
        text::number(sync.lookups),
        model.signs.dot,
        text::number(sync.unchanged),
    );
    pair(details, "requests", requests);
    let took = format!(
        "{} {} {:.1}/s",
        text::span(sync.started, sync.last),
        model.signs.dot,
        sync.requests_per_second
    );
    pair(details, "took", took);
    let latency = format!(
        "p50 {} {} p95 {}",
        text::latency(sync.p50_micros),
        model.signs.dot,
        text::latency(sync.p95_micros)
    );
    pair(details, "answers", latency);
    let seen = text::number(sync.users_seen);
    let seen = if sync.users_seen_at_least {
        format!("at least {seen} seen")
    } else {
        format!("{seen} seen")
    };
    let users = match sync.known_users {
        0 => seen,
        known => format!("{seen} {} {} managed", model.signs.dot, text::number(known)),
    };
    pair(details, "users", users);
}

fn effects(details: &mut Details, model: &Model, sync: &SyncDigest) {
    let did = &sync.effect;
    let (plain, ok, warn) = (model.theme.text, model.theme.ok, model.theme.warn);
    let rows: [(&str, u32, Style); 11] = [
        ("users new", did.users_created, ok),
        ("updated", did.users_updated, plain),
        ("suspended", did.users_suspended, warn),
        ("reinstated", did.users_reinstated, ok),
        ("deleted", did.users_deleted, warn),
        ("roles new", did.roles_created, ok),
        ("roles updated", did.roles_updated, plain),
        ("roles deleted", did.roles_deleted, warn),
        ("members", did.members_added, ok),
        ("members gone", did.members_removed, warn),
        ("unknown", did.members_unknown, warn),
    ];
    details.heading(model, "What it did");
    let before = details.lines.len();
    for (label, count, style) in rows.into_iter().filter(|(_, count, _)| *count > 0) {
        let number = format!("{:>7}", text::number(count.into()));
        details.pair(model, label, vec![span(number, style)]);
    }
    if sync.held > 0 {
        let number = format!("{:>7}", text::number(sync.held));
        details.pair(model, "held", vec![span(number, model.theme.error)]);
    }
    if details.lines.len() == before {
        details.line(vec![span("Nothing changed.", model.theme.muted)]);
    }
}

fn failures(details: &mut Details, model: &Model, sync: &SyncDigest) {
    if sync.failures.is_empty() {
        return;
    }
    details.heading(model, "Errors; enter leads to the first of each");
    for failure in &sync.failures {
        let count = format!("{:>6} ", text::number(failure.count));
        let summary = model.shown(&failure.summary).into_owned();
        details.item(
            Item::Exchange(failure.first),
            vec![
                span(format!("{} ", model.signs.error), model.theme.error),
                span(failure.status.to_string(), model.theme.error),
                span(count, model.theme.text),
                span(summary, model.theme.text),
            ],
        );
    }
}

fn conflicts(details: &mut Details, model: &Model, sync: &SyncDigest) {
    if sync.conflicts.is_empty() {
        return;
    }
    details.heading(model, "Conflicts");
    for conflict in &sync.conflicts {
        let summary = model.shown(&conflict.summary).into_owned();
        details.item(
            Item::Conflict(conflict.id),
            vec![
                span(format!("{} ", model.signs.warn), model.theme.warn),
                span(summary, model.theme.text),
            ],
        );
    }
    let named = sync.conflicts.len() as u64;
    let others = sync.conflict_count().saturating_sub(named);
    if others > 0 && named >= crate::service::sync::CONFLICTS as u64 {
        let words = format!("  and {} more", text::number(others));
        details.line(vec![span(words, model.theme.muted)]);
    }
}

fn slowest(details: &mut Details, model: &Model, sync: &SyncDigest) {
    if sync.slowest.is_empty() {
        return;
    }
    details.heading(model, "Slowest");
    for slow in &sync.slowest {
        let took = format!("{:>7}  {} ", text::latency(slow.micros), slow.status);
        let summary = model.shown(&slow.summary).into_owned();
        details.item(
            Item::Exchange(slow.id),
            vec![
                span(took, model.theme.muted),
                span(summary, model.theme.text),
            ],
        );
    }
}

/// Says what the list does not show.
fn missing(details: &mut Details, model: &Model, sync: &SyncDigest, cells: usize) {
    let opened = model.live.opened.as_ref();
    let Some(opened) = opened.filter(|opened| opened.digest.id == sync.id) else {
        return;
    };
    let missing = opened.missing();
    if missing == 0 {
        return;
    }
    let verb = if missing == 1 { "is" } else { "are" };
    let requests = text::count(missing, "request");
    let words = if opened.is_full() {
        format!("{requests} more {verb} kept by the server than are shown here")
    } else {
        format!("{requests} {verb} no longer kept")
    };
    details.gap();
    details.paragraph(&words, model.theme.muted, cells);
}
