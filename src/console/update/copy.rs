//! Copying: as a curl command without its token, as a name, as JSON.

use serde::Serialize;

use crate::{
    console::{
        action::Screen,
        clipboard::COPY_BYTES,
        message::Effect,
        model::{Focus, Model, Mood, ProviderLine},
        text,
    },
    service::{
        exchange::{Exchange, ExchangeLine},
        sync::SyncDigest,
    },
};

/// Copies the selection as it is most useful.
pub(super) fn copy(model: &mut Model, effects: &mut Vec<Effect>) {
    let (text, what) = match model.screen {
        Screen::Live if model.focus == Focus::Syncs => (
            model.live.sync().map(SyncDigest::to_markdown),
            "the sync as Markdown",
        ),
        Screen::Live => {
            let Some(line) = model.live.current() else {
                return;
            };
            let command = curl(model.base_url(), line, model.live.detail(line.id));
            (Some(command), "a curl command without its token")
        }
        Screen::Users => (
            model.users.current().map(|row| row.user_name.clone()),
            "the name",
        ),
        Screen::Roles => (
            model.roles.current().map(|row| row.display_name.clone()),
            "the name",
        ),
        Screen::Conflicts => (
            model.selected_conflict().map(|row| row.id.to_string()),
            "the id",
        ),
        Screen::Access => (
            model.resources.current().map(|row| row.name.clone()),
            "the name",
        ),
        Screen::Providers | Screen::Setup => (model.base_url().map(str::to_owned), "the base URL"),
        Screen::Journal => (
            model.changes.current().map(|row| row.subject.name.clone()),
            "the name",
        ),
    };
    send(model, text, what, effects);
}

/// Copies the selection as JSON.
pub(super) fn copy_json(model: &mut Model, effects: &mut Vec<Effect>) {
    let text = match model.screen {
        Screen::Live if model.focus == Focus::Syncs => model.live.sync().and_then(json),
        Screen::Live => model
            .live
            .current()
            .and_then(|line| match model.live.detail(line.id) {
                Some(exchange) => json(exchange),
                None => json(line),
            }),
        Screen::Users => model.users.current().and_then(json),
        Screen::Roles => model.roles.current().and_then(json),
        Screen::Conflicts => model.selected_conflict().and_then(json),
        Screen::Access => model.resources.current().and_then(json),
        Screen::Providers => match model.provider_line() {
            Some(ProviderLine::Token(_)) => model.selected_token().and_then(json),
            _ => model.selected_provider().and_then(json),
        },
        Screen::Journal => model.changes.current().and_then(json),
        Screen::Setup => json(&model.setup),
    };
    send(model, text, "JSON", effects);
}

fn json(value: &impl Serialize) -> Option<String> {
    serde_json::to_string_pretty(value).ok()
}

fn send(model: &mut Model, text: Option<String>, what: &str, effects: &mut Vec<Effect>) {
    match text {
        Some(text) if text.len() > COPY_BYTES => {
            let sentence = format!(
                "this is longer than the {} bytes that terminals copy",
                text::number(COPY_BYTES as u64)
            );
            model.tell(Mood::Bad, sentence);
        }
        Some(text) => {
            effects.push(Effect::Copy(text));
            let sentence = format!("copied {what}, if the terminal lets programs copy");
            model.tell(Mood::Good, sentence);
        }
        None => model.tell(Mood::Plain, "nothing to copy"),
    }
}

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The request as a curl command; the token is a variable to be filled in.
fn curl(base_url: Option<&str>, line: &ExchangeLine, exchange: Option<&Exchange>) -> String {
    let origin = base_url.map_or("http://127.0.0.1:8080", |url| {
        let after = url.find("://").map_or(0, |at| at + 3);
        let end = url.get(after..).and_then(|rest| rest.find('/'));
        url.get(..end.map_or(url.len(), |end| after + end))
            .unwrap_or(url)
    });
    let mut command = format!(
        "curl -X {} -H \"Authorization: Bearer $ROLECALL_TOKEN\"",
        if line.method.chars().all(|c| c.is_ascii_alphabetic()) {
            line.method.as_str()
        } else {
            "GET"
        }
    );
    let body = exchange
        .map(|exchange| &exchange.request_body)
        .filter(|body| body.bytes > 0);
    if let Some(body) = body {
        command.push_str(" -H 'Content-Type: application/scim+json' --data-raw ");
        command.push_str(&quoted(&body.text));
    }
    command.push(' ');
    command.push_str(&quoted(&format!("{origin}{}", line.target)));
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_cannot_leave_its_quotes() {
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted("$(rm -rf /)"), "'$(rm -rf /)'");
    }
}
