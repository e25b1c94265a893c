//! One request: what it changed, what was sent, what was answered, and the rest.

use ratatui::style::{Modifier, Style};

use crate::{
    console::{
        action::Action,
        message::Ask,
        model::{Focus, Model, live::Part, target::Target},
        text,
        view::{
            details::{Details, Item, add_difference, add_json},
            journal::action_words,
            paint::{Piece, Target as Touched, span},
        },
    },
    directory::SubjectKind,
    service::{
        exchange::{Body, Exchange, ExchangeLine},
        sync::SyncDigest,
    },
};

/// The titles of the parts, the current one standing out.
pub(in crate::console::view) fn parts(model: &Model) -> Vec<Piece> {
    let theme = &model.theme;
    if model.focus == Focus::Syncs {
        return vec![(vec![span(Part::Sync.title(), theme.strong)], None)];
    }
    let mut pieces: Vec<Piece> = Vec::new();
    for part in model.live.parts().iter().copied() {
        if !pieces.is_empty() {
            let dot = format!(" {} ", model.signs.dot);
            pieces.push((vec![span(dot, theme.faint)], None));
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
        let spans = vec![span(part.title(), style)];
        pieces.push((spans, Some(Touched::Part(part))));
    }
    pieces
}

/// The sync that the details are about: the selected one while the strip has the focus, or the
/// opened one.
fn shown_sync(model: &Model) -> Option<&SyncDigest> {
    let live = &model.live;
    if model.focus == Focus::Syncs {
        return live.sync();
    }
    let opened = live.opened.as_ref().filter(|_| live.part == Part::Sync);
    opened.map(|opened| &opened.digest)
}

/// The details of the selected request, or of a sync.
pub(in crate::console::view) fn details(model: &Model, cells: usize) -> Details {
    if let Some(sync) = shown_sync(model) {
        return super::sync::details(model, sync, cells);
    }
    let mut details = Details::default();
    let Some(line) = model.live.current() else {
        if model.live.asked().is_some() {
            details.wait(model);
        } else {
            details.line(vec![span("No request is selected.", model.theme.muted)]);
        }
        return details;
    };
    let exchange = model.live.detail(line.id);
    match (model.live.part, exchange) {
        (Part::Change | Part::Sync, _) => change(&mut details, model, line, exchange, cells),
        (_, None) if model.refresh.is_refused(&Ask::Exchange(line.id)) => {
            let words = "The server no longer keeps the whole of this request.";
            details.paragraph(words, model.theme.muted, cells);
        }
        (_, None) => details.wait(model),
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
    if let Some(conflict) = line.conflict {
        let key = model.settings.keymap.key(Action::Resolve);
        details.item(
            Item::Link(Target::conflict(conflict, &line.summary)),
            vec![
                span(format!("{} ", model.signs.warn), theme.warn),
                span(format!("kept as a conflict; {key} leads there"), theme.text),
            ],
        );
    }
    if line.journal.is_empty() && line.conflict.is_none() {
        details.line(vec![span("Nothing changed.", theme.muted)]);
    }
    for seq in &line.journal {
        let Some(entry) = model.changes.entry(*seq) else {
            let words = format!("journal {seq}");
            details.item(Item::Change(*seq), vec![span(words, theme.muted)]);
            continue;
        };
        let name = model.shown(&entry.subject.name).into_owned();
        details.item(
            Item::Link(Target::Subject(entry.subject.clone())),
            vec![
                span(name, theme.strong),
                span(format!("  {} ", entry.subject.kind.words()), theme.muted),
                span(action_words(entry.action), theme.accent),
            ],
        );
        if entry.subject.kind != SubjectKind::Conflict {
            add_difference(details, model, &entry.before, &entry.after);
        }
        let words = format!("  journal {seq}");
        details.item(Item::Change(*seq), vec![span(words, theme.muted)]);
        details.gap();
    }
    others(details, model, line);
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

/// Adds the users and roles that the request was about and that no change of it names.
fn others(details: &mut Details, model: &Model, line: &ExchangeLine) {
    let theme = &model.theme;
    let named = |name: &String| {
        let mut entries = line
            .journal
            .iter()
            .filter_map(|seq| model.changes.entry(*seq));
        entries
            .any(|entry| entry.subject.name == *name && entry.subject.kind != SubjectKind::Conflict)
    };
    let users = line.users.iter().map(|name| (SubjectKind::User, name));
    let roles = line.roles.iter().map(|name| (SubjectKind::Role, name));
    for (kind, name) in users.chain(roles).filter(|(_, name)| !named(name)) {
        let target = Target::Named(kind, name.clone());
        let spans = vec![
            span(format!("{:<6}", kind.words()), theme.muted),
            span(model.shown(name).into_owned(), theme.text),
        ];
        details.item(Item::Link(target), spans);
    }
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
    if let Some(node) = &line.node {
        pair(details, "node", model.shown(node).into_owned());
    }
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
