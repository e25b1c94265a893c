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
    if model.focus != Focus::Syncs
        && let Some((text, what)) = marked(model)
    {
        send(model, Some(text), &what, effects);
        return;
    }
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
    if model.focus != Focus::Syncs && model.marks.count(model.screen) > 0 {
        let text = marked_json(model);
        send(model, text, "the marked rows as JSON", effects);
        return;
    }
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

/// What is copied of every marked row, a line each, and what it is; nothing where none is marked.
fn marked(model: &Model) -> Option<(String, String)> {
    let marks = &model.marks;
    let (lines, what): (Vec<String>, _) = match model.screen {
        Screen::Live => {
            let rows = marks.requests.rows();
            let url = model.base_url();
            let commands = rows.map(|line| curl(url, line, model.live.detail(line.id)));
            (commands.collect(), "curl command")
        }
        Screen::Users => {
            let rows = marks.users.rows();
            (rows.map(|row| row.user_name.clone()).collect(), "name")
        }
        Screen::Roles => {
            let rows = marks.roles.rows();
            (rows.map(|row| row.display_name.clone()).collect(), "name")
        }
        Screen::Conflicts => {
            let rows = marks.conflicts.rows();
            (rows.map(|row| row.id.to_string()).collect(), "id")
        }
        Screen::Providers => {
            let rows = marks.tokens.rows();
            (rows.map(|row| row.name.clone()).collect(), "name")
        }
        Screen::Access | Screen::Journal | Screen::Setup => return None,
    };
    let what = text::count(lines.len() as u64, what);
    (!lines.is_empty()).then(|| (lines.join("\n"), what))
}

/// Every marked row, in an array.
fn marked_json(model: &Model) -> Option<String> {
    let marks = &model.marks;
    match model.screen {
        Screen::Live => {
            let rows = marks.requests.rows();
            let values = rows.map(|line| match model.live.detail(line.id) {
                Some(exchange) => serde_json::to_value(exchange),
                None => serde_json::to_value(line),
            });
            json(&values.collect::<Result<Vec<_>, _>>().ok()?)
        }
        Screen::Users => json(&marks.users.rows().collect::<Vec<_>>()),
        Screen::Roles => json(&marks.roles.rows().collect::<Vec<_>>()),
        Screen::Conflicts => json(&marks.conflicts.rows().collect::<Vec<_>>()),
        Screen::Providers => json(&marks.tokens.rows().collect::<Vec<_>>()),
        Screen::Access | Screen::Journal | Screen::Setup => None,
    }
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
