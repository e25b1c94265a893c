//! Journal: every change, and what one of them was.

use super::{
    change,
    details::{Details, Item, add_difference},
    empty,
    geometry::Geometry,
    paint::{Canvas, line_of, rule, span},
    table::{self, Cell, Standing, Table},
};
use crate::{
    admin::row::JournalRow,
    console::{
        action::Action,
        columns::JournalColumn,
        model::{Focus, Model, target::Target},
        text,
    },
    directory,
};

/// What happened, in words: `suspended`, `members added`.
pub(super) fn action_words(action: directory::Action) -> String {
    let words = action.as_str();
    let rest = words
        .split_once('-')
        .map_or(words, |(noun, rest)| match noun {
            "members" | "access" => words,
            _ => rest,
        });
    rest.replace('-', " ")
}

/// Draws the list.
pub(super) fn render(model: &Model, places: &Geometry, buffer: &mut Canvas) {
    let (theme, changes) = (&model.theme, &model.changes);
    let mut title = vec![span(
        "Journal",
        if model.focus == Focus::List {
            theme.accent
        } else {
            theme.muted
        },
    )];
    if !changes.filter.is_empty() {
        title.push(span(
            format!("  /{}", model.shown(&changes.filter)),
            theme.warn,
        ));
    }
    let note = format!(
        "{} of {}",
        text::number(changes.shown.len() as u64),
        text::number(changes.rows.len() as u64)
    );
    rule(
        buffer,
        line_of(places.heading, 0),
        title,
        vec![span(note, theme.muted)],
        model,
    );
    if changes.shown.is_empty() {
        let lines: &[String] = if changes.rows.is_empty() {
            &["Everything that a provider or an operator changes is written here, before and after.".to_owned()]
        } else {
            &["Nothing matches the filter; esc clears it.".to_owned()]
        };
        empty(model, places.rows, buffer, "No changes to show", lines);
        return;
    }
    let table = Table::<JournalColumn>::new(model, places.rows);
    table.headings(model, line_of(places.heading, 1), buffer);
    for (index, area) in table::lines(places.rows, changes.cursor.top, changes.shown.len()) {
        let Some(entry) = changes.row(index) else {
            break;
        };
        let standing = Standing {
            index,
            selected: changes.cursor.index == index,
            marked: false,
        };
        let make = |column| cell(model, entry, column);
        table.row(model, area, standing, make, buffer);
    }
}

fn action_style(model: &Model, action: directory::Action) -> ratatui::style::Style {
    use directory::Action as A;
    let theme = &model.theme;
    match action {
        A::UserCreated
        | A::RoleCreated
        | A::UserReinstated
        | A::MembersAdded
        | A::TokenCreated
        | A::ResourceAdded
        | A::AccessGranted
        | A::AccessGiven
        | A::AccessStarted
        | A::HoldApproved => theme.ok,
        A::UserSuspended
        | A::UserDeleted
        | A::RoleDeleted
        | A::MembersRemoved
        | A::ConflictOpened
        | A::TokenRevoked
        | A::ProviderDeactivated
        | A::UserReleased
        | A::RoleReleased
        | A::ResourceDeleted
        | A::AccessRevoked
        | A::AccessTaken
        | A::AccessEnded
        | A::HoldOpened
        | A::HoldRefused => theme.warn,
        _ => theme.text,
    }
}

fn cell(model: &Model, entry: &JournalRow, column: JournalColumn) -> Cell {
    let theme = &model.theme;
    vec![match column {
        JournalColumn::Number => span(entry.seq.to_string(), theme.muted),
        JournalColumn::Time => span(model.clock(entry.at), theme.muted),
        JournalColumn::Date => span(text::date_time(entry.at, &model.settings.zone), theme.muted),
        JournalColumn::Who => span(model.shown(&entry.actor).into_owned(), theme.muted),
        JournalColumn::What => span(
            action_words(entry.action),
            action_style(model, entry.action),
        ),
        JournalColumn::Whom => {
            let kind = format!("  {}", entry.subject.kind.words());
            let name = model.shown(&entry.subject.name).into_owned();
            return vec![span(name, theme.text), span(kind, theme.muted)];
        }
        JournalColumn::Change => return change::brief(model, &entry.before, &entry.after),
        JournalColumn::Request => span(
            entry.exchange.map_or_else(String::new, |id| id.to_string()),
            theme.muted,
        ),
        JournalColumn::Subject => span(model.shown(&entry.subject.id).into_owned(), theme.muted),
    }]
}

/// The details of the selected change.
pub(super) fn details(model: &Model, cells: usize) -> Details {
    let mut details = Details::default();
    let theme = &model.theme;
    if model.changes.wanted.is_some() {
        details.wait(model);
        return details;
    }
    let Some(entry) = model.changes.current() else {
        return details;
    };
    let title = format!(
        "{} {} {}",
        entry.subject.kind.words(),
        entry.subject.name,
        action_words(entry.action)
    );
    let about = Item::Link(Target::Subject(entry.subject.clone()));
    for line in text::wrap(&model.shown(&title), cells) {
        details.item(about.clone(), vec![span(line, theme.strong)]);
    }
    details.items.truncate(1);
    details.gap();
    add_difference(&mut details, model, &entry.before, &entry.after);
    details.gap();
    details.pair(
        model,
        "who",
        vec![span(model.shown(&entry.actor).into_owned(), theme.text)],
    );
    details.pair(
        model,
        "when",
        vec![span(
            text::date_time(entry.at, &model.settings.zone),
            theme.text,
        )],
    );
    details.pair(
        model,
        "journal",
        vec![span(entry.seq.to_string(), theme.text)],
    );
    if let Some(exchange) = entry.exchange {
        let key = model.settings.keymap.key(Action::ToExchange);
        details.item(
            Item::Link(Target::Exchange(exchange)),
            vec![
                span(format!("{:<14}", "request"), theme.muted),
                span(exchange.to_string(), theme.text),
                span(format!("  {key} goes there"), theme.muted),
            ],
        );
    }
    details
}

/// Adds the newest changes of something, by its id. Those that are of something else, such as of a
/// role that took a user in, name that.
pub(super) fn history(details: &mut Details, model: &Model, own: &str, entries: &[JournalRow]) {
    let theme = &model.theme;
    if entries.is_empty() {
        return;
    }
    details.heading(model, "History");
    for entry in entries {
        let mut spans = vec![
            span(format!("  {:>12}  ", model.clock(entry.at)), theme.muted),
            span(
                action_words(entry.action),
                action_style(model, entry.action),
            ),
        ];
        if entry.subject.id != own {
            let kind = format!("   {} ", entry.subject.kind.words());
            spans.push(span(kind, theme.muted));
            let name = model.shown(&entry.subject.name).into_owned();
            spans.push(span(name, theme.text));
        }
        let actor = format!("   {}", model.shown(&entry.actor));
        spans.push(span(actor, theme.muted));
        details.item(Item::Change(entry.seq), spans);
        let brief = change::brief(model, &entry.before, &entry.after);
        if !brief.is_empty() {
            let mut spans = vec![span(" ".repeat(16), theme.muted)];
            spans.extend(brief);
            details.line(spans);
        }
    }
}
