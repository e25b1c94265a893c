//! One provider, or one token, with what it did last.

use ratatui::text::Span;

use super::{
    details::{Details, Item},
    journal::history,
    paint::span,
};
use crate::{
    admin::row::{ProviderDetail, ProviderRow, TokenDetail, TokenRow},
    console::{
        action::Screen,
        model::{Model, ProviderLine, target::Target},
        text,
    },
    directory::ProviderState,
    service::sync::SyncDigest,
};

/// What the details are of.
pub(super) fn title(model: &Model) -> &'static str {
    match model.provider_line() {
        Some(ProviderLine::Token(_)) => "Token",
        _ => "Provider",
    }
}

/// The details of the selected provider or token.
pub(super) fn details(model: &Model, cells: usize) -> Details {
    let mut details = Details::default();
    match model.provider_line() {
        Some(ProviderLine::Token(_)) => {
            if let Some(row) = model.selected_token() {
                token(&mut details, model, row);
            }
        }
        Some(ProviderLine::Provider(_)) => {
            if let Some(row) = model.selected_provider() {
                provider(&mut details, model, row, cells);
            }
        }
        None => details.waiting = model.provider_wanted.is_some(),
    }
    details
}

/// Adds a label with its value, that leads somewhere.
fn link(details: &mut Details, model: &Model, label: &str, value: String, target: Target) {
    let spans = vec![
        span(format!("{label:<14}"), model.theme.muted),
        span(value, model.theme.text),
    ];
    details.item(Item::Link(target), spans);
}

fn provider(details: &mut Details, model: &Model, row: &ProviderRow, cells: usize) {
    let theme = &model.theme;
    let whole = model.provider.as_ref();
    let whole = whole.filter(|whole| whole.row.provider == row.provider);
    let name = row.provider.title();
    details.line(vec![span(name, theme.strong)]);
    details.gap();
    let (sign, style, state) = match row.state {
        ProviderState::Active => (model.signs.active, theme.ok, "active"),
        ProviderState::Inactive => (model.signs.idle, theme.muted, "inactive: it may not push"),
    };
    details.pair(
        model,
        "state",
        vec![span(format!("{sign} "), style), span(state, theme.text)],
    );
    let seen = model.age_or_never(row.last_seen);
    details.pair(model, "last seen", vec![span(seen, theme.text)]);
    let of = |screen| Target::Of(row.provider, screen);
    let figure = text::number;
    link(
        details,
        model,
        "users",
        figure(row.users),
        of(Screen::Users),
    );
    link(
        details,
        model,
        "roles",
        figure(row.roles),
        of(Screen::Roles),
    );
    let live = text::number(row.tokens);
    details.pair(model, "live tokens", vec![span(live, theme.text)]);
    if let Some(whole) = whole {
        let open = format!("{} open", figure(whole.conflicts_open));
        link(details, model, "conflicts", open, of(Screen::Conflicts));
    }
    link(
        details,
        model,
        "requests",
        "in Live".to_owned(),
        of(Screen::Live),
    );
    if let Some(url) = model.base_url() {
        details.gap();
        details.line(vec![span(format!("Base URL for {name}:"), theme.muted)]);
        details.paragraph(&model.shown(url), theme.text, cells);
    }
    tokens(details, model, row);
    let Some(whole) = whole else {
        details.gap();
        details.wait(model);
        return;
    };
    sync(details, model, whole);
    history(details, model, row.provider.as_str(), &whole.history);
}

fn tokens(details: &mut Details, model: &Model, row: &ProviderRow) {
    let own = model
        .tokens
        .iter()
        .filter(|token| token.provider == row.provider);
    let own: Vec<&TokenRow> = own.collect();
    if own.is_empty() {
        return;
    }
    details.heading(model, &format!("Tokens {}", own.len()));
    for token in own {
        let spans = vec![
            span(format!("  {}", model.shown(&token.name)), model.theme.text),
            span("   ", model.theme.text),
            ends(model, token),
        ];
        details.item(Item::Link(Target::token(token.id, &token.name)), spans);
    }
}

/// Until when a token is accepted.
fn ends(model: &Model, token: &TokenRow) -> Span<'static> {
    let theme = &model.theme;
    match (token.revoked, token.expires) {
        (Some(at), _) => span(format!("revoked {}", model.age(at)), theme.muted),
        (None, Some(at)) if at <= model.now => span("expired", theme.error),
        (None, Some(at)) => {
            let left = text::until(model.now, at);
            let day = text::date_time(at, &model.settings.zone);
            span(format!("ends {left}, on {day}"), theme.text)
        }
        (None, None) => span("never ends", theme.muted),
    }
}

fn sync(details: &mut Details, model: &Model, whole: &ProviderDetail) {
    let theme = &model.theme;
    details.heading(model, "Newest sync");
    let Some(sync) = &whole.sync else {
        details.line(vec![span("  none that is kept", theme.muted)]);
        return;
    };
    let state = if sync.running { "running" } else { "took" };
    let line = format!(
        "  {}   {state} {}   {}",
        model.clock(sync.started),
        text::span(sync.started, sync.last),
        text::count(sync.requests, "request"),
    );
    details.item(
        Item::Link(Target::Exchange(sync.id)),
        vec![span(line, theme.text)],
    );
    for (figure, words) in figures(sync) {
        if figure > 0 {
            let line = format!("    {:>7}  {words}", text::number(figure));
            details.line(vec![span(line, theme.muted)]);
        }
    }
    let times = format!(
        "    p50 {}   p95 {}",
        text::latency(sync.p50_micros),
        text::latency(sync.p95_micros)
    );
    details.line(vec![span(times, theme.muted)]);
}

fn figures(sync: &SyncDigest) -> [(u64, &'static str); 8] {
    let effect = &sync.effect;
    [
        (u64::from(effect.users_created), "users made"),
        (u64::from(effect.users_updated), "users changed"),
        (u64::from(effect.users_suspended), "users suspended"),
        (u64::from(effect.users_deleted), "users deleted"),
        (u64::from(effect.members_added), "memberships made"),
        (u64::from(effect.members_removed), "memberships ended"),
        (u64::from(effect.conflicts), "conflicts"),
        (sync.errors, "errors"),
    ]
}

fn token(details: &mut Details, model: &Model, row: &TokenRow) {
    let theme = &model.theme;
    let whole = model.token.as_ref().filter(|whole| whole.row.id == row.id);
    details.line(vec![span(
        model.shown(&row.name).into_owned(),
        theme.strong,
    )]);
    details.gap();
    let provider = row.provider.title().to_owned();
    link(
        details,
        model,
        "provider",
        provider,
        Target::provider(row.provider),
    );
    let prefix = format!("{}{}", model.shown(&row.prefix), model.signs.ellipsis);
    details.pair(model, "begins with", vec![span(prefix, theme.text)]);
    details.pair(model, "accepted", vec![ends(model, row)]);
    let made = text::date_time(row.created, &model.settings.zone);
    details.pair(model, "made", vec![span(made, theme.text)]);
    let used = model.age_or_never(row.last_used);
    details.pair(model, "last used", vec![span(used, theme.text)]);
    let requests = text::number(row.requests);
    details.pair(model, "requests", vec![span(requests, theme.text)]);
    let Some(whole) = whole else {
        details.gap();
        details.wait(model);
        return;
    };
    details.pair(model, "made by", vec![maker(model, whole)]);
    history(details, model, &row.id.to_string(), &whole.history);
}

fn maker(model: &Model, whole: &TokenDetail) -> Span<'static> {
    match &whole.made_by {
        Some(name) => span(model.shown(name).into_owned(), model.theme.text),
        None => span("longer ago than is looked back", model.theme.muted),
    }
}
