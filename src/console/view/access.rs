//! Access: resources, and of one what leads to it and who reaches it.

use jiff::Timestamp;
use ratatui::text::Span;

use super::{
    details::{Details, Item},
    geometry::Geometry,
    journal::history,
    paged_list,
    paint::{Canvas, span},
    table::Cell,
};
use crate::{
    admin::row::{AccessRow, ResourceRow, TemporaryAccessRow},
    console::{
        action::Action,
        columns::ResourceColumn,
        model::{Model, Ways, target::Target},
        text,
    },
    directory::access::Via,
};

/// Draws the list.
pub(super) fn render(model: &Model, places: &Geometry, buffer: &mut Canvas) {
    let keymap = &model.settings.keymap;
    let teach = [format!(
        "Press {} to add something to reach, then {} to grant it to a role, or {} to give it to a user for a time.",
        keymap.key(Action::AddResource),
        keymap.key(Action::Grant),
        keymap.key(Action::Give),
    )];
    paged_list(
        model,
        places,
        buffer,
        "Resources",
        &model.resources,
        |row, column| cell(model, row, column),
        &teach,
    );
}

fn tags(model: &Model, row: &ResourceRow) -> String {
    let tags = row.tags.iter();
    let tags: Vec<_> = tags.map(|(key, value)| format!("{key}={value}")).collect();
    model.shown(&tags.join(", ")).into_owned()
}

fn cell(model: &Model, row: &ResourceRow, column: ResourceColumn) -> Cell {
    let theme = &model.theme;
    vec![match column {
        ResourceColumn::Resource => span(model.shown(&row.name).into_owned(), theme.text),
        ResourceColumn::Kind => span(model.shown(&row.kind).into_owned(), theme.accent),
        ResourceColumn::Tags => span(tags(model, row), theme.muted),
        ResourceColumn::Id => span(row.id.to_string(), theme.muted),
        ResourceColumn::Created => span(model.age(row.created), theme.muted),
    }]
}

/// The details of the selected resource.
pub(super) fn details(model: &Model, cells: usize) -> Details {
    let mut details = Details::default();
    let theme = &model.theme;
    let Some(row) = model.resources.current() else {
        details.waiting = model.resources.total.is_none();
        return details;
    };
    details.line(vec![span(
        model.shown(&row.name).into_owned(),
        theme.strong,
    )]);
    details.gap();
    details.pair(
        model,
        "kind",
        vec![span(model.shown(&row.kind).into_owned(), theme.text)],
    );
    if !row.tags.is_empty() {
        details.pair(model, "tags", vec![span(tags(model, row), theme.text)]);
    }
    let made = text::date_time(row.created, &model.settings.zone);
    details.pair(model, "made", vec![span(made, theme.muted)]);
    details.pair(model, "id", vec![span(row.id.to_string(), theme.muted)]);
    let whole = model
        .resource
        .as_ref()
        .filter(|whole| whole.row.id == row.id);
    let Some(whole) = whole else {
        details.gap();
        details.wait(model);
        return details;
    };
    details.heading(model, &format!("Granted to {}", whole.grants.len()));
    if whole.grants.is_empty() {
        details.line(vec![span("  no role", theme.muted)]);
    }
    for grant in &whole.grants {
        let name = model.shown(&grant.role_name).into_owned();
        let spans = vec![span(format!("  {name}"), theme.text)];
        details.item(Item::Grant(grant.clone()), spans);
    }
    if !whole.temporary_access.is_empty() {
        details.heading(
            model,
            &format!("For a time {}", whole.temporary_access.len()),
        );
        for given in &whole.temporary_access {
            temporary(&mut details, model, given, &given.user_name);
        }
    }
    let ways = model.reaching.as_ref().filter(|ways| ways.of == row.id.0);
    let words = ("Reached by", "nobody");
    reach(&mut details, model, words, ways, cells, |way| {
        (&way.user_name, Target::user(way.user, &way.user_name))
    });
    history(&mut details, model, &row.id.to_string(), &whole.history);
    details
}

/// Adds a user's right for a time, with the time left.
pub(super) fn temporary(
    details: &mut Details,
    model: &Model,
    given: &TemporaryAccessRow,
    name: &str,
) {
    let theme = &model.theme;
    let mut spans = vec![span(format!("  {}", model.shown(name)), theme.text)];
    if given.from > model.now {
        let begins = text::until(model.now, given.from);
        spans.push(span(format!("   begins {begins}"), theme.muted));
    }
    spans.extend([span("   ", theme.text), left(model, given.until)]);
    details.item(Item::Temporary(given.clone()), spans);
}

/// The time that is left, and when it is over.
fn left(model: &Model, until: Timestamp) -> Span<'static> {
    let hour = jiff::SignedDuration::from_hours(1);
    let soon = until.duration_since(model.now) < hour;
    let words = format!(
        "{} left, until {}",
        text::age(until, model.now),
        model.clock(until)
    );
    span(
        words,
        if soon {
            model.theme.warn
        } else {
            model.theme.muted
        },
    )
}

/// Why someone reaches something, in words.
pub(super) fn reason(
    model: &Model,
    via: Via,
    role: Option<&str>,
    until: Option<Timestamp>,
) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let mut spans = vec![match (via, role) {
        (Via::Role, Some(role)) => span(format!("through {}", model.shown(role)), theme.accent),
        (Via::Role, None) => span("through a role", theme.accent),
        (Via::Temporary, _) => span("for a time", theme.warn),
    }];
    if let Some(until) = until {
        spans.extend([span("   ", theme.text), left(model, until)]);
    }
    spans
}

/// Names are padded to as many cells at most, so that the reasons stand in a column.
const NAME: usize = 32;

/// Adds who reaches something, or what someone reaches, and why.
pub(super) fn reach(
    details: &mut Details,
    model: &Model,
    (title, none): (&str, &str),
    ways: Option<&Ways>,
    cells: usize,
    name: impl Fn(&AccessRow) -> (&String, Target),
) {
    let theme = &model.theme;
    let Some(ways) = ways else {
        details.heading(model, title);
        details.wait(model);
        return;
    };
    let widest = ways
        .rows
        .iter()
        .map(|way| text::width(&model.shown(name(way).0)))
        .max()
        .unwrap_or(0)
        .min(NAME)
        .min(cells / 2);
    let mut count = 0_u64;
    let mut last = None;
    let mut lines = Vec::new();
    for way in &ways.rows {
        let again = last == Some((way.user, way.resource));
        last = Some((way.user, way.resource));
        count += u64::from(!again);
        let shown = if again {
            String::new()
        } else {
            let shown = model.shown(name(way).0);
            text::truncate(&shown, widest.max(1), model.signs.ellipsis).into_owned()
        };
        let pad = " ".repeat(widest.saturating_sub(text::width(&shown)));
        let mut spans = vec![span(format!("  {shown}{pad}   "), theme.text)];
        spans.extend(reason(model, way.via, way.role.as_deref(), way.until));
        lines.push((name(way).1, spans));
    }
    let more = if ways.more { " and more" } else { "" };
    details.heading(model, &format!("{title} {}{more}", text::number(count)));
    if lines.is_empty() {
        details.line(vec![span(format!("  {none}"), theme.muted)]);
    }
    for (target, spans) in lines {
        details.item(Item::Link(target), spans);
    }
}
