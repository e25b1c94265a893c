//! Conflicts: the list, and the pushed and the existing one side by side.

use ratatui::{
    style::{Modifier, Style},
    text::Span,
};

use super::{
    details::{Details, Item, plain},
    empty,
    geometry::Geometry,
    journal::action_words,
    narrowed,
    paint::{Canvas, fit, line_of, rule, span, width},
    table::{self, Cell, Standing, Table},
};
use crate::{
    admin::row::{ConflictDetail, ConflictRow, NamedMember},
    console::{
        action::Action,
        columns::ConflictColumn,
        model::{Model, target::Target},
        text,
    },
    directory::{ConflictKind, ConflictState, SubjectKind},
};

/// What stands in the way, in words.
pub fn problem(kind: ConflictKind) -> &'static str {
    match kind {
        ConflictKind::RoleName => "role name is taken",
        ConflictKind::UserName => "user name is taken",
        ConflictKind::Ownership => "managed by another",
        ConflictKind::Alias => "alias is taken",
    }
}

/// Draws the list.
pub(super) fn render(model: &Model, places: &Geometry, buffer: &mut Canvas) {
    let theme = &model.theme;
    let filter = &model.filters.conflicts;
    let every = &model.filters.every_conflict;
    let open = every.iter().filter(|row| row.state == ConflictState::Open);
    let mut note = format!(
        "{} open{}",
        text::number(open.count() as u64),
        if model.resolved {
            ", resolved shown"
        } else {
            ""
        }
    );
    if !filter.filter.is_empty() {
        let counts = narrowed::counts(model.conflicts.len(), every.len());
        note = format!("{counts} · {note}");
    }
    rule(
        buffer,
        line_of(places.heading, 0),
        narrowed::title(model, "Conflicts", &filter.text),
        table::note(model, vec![span(note, theme.muted)]),
        model,
    );
    if model.conflicts.is_empty() {
        if !model.conflicts_known {
            empty(model, places.rows, buffer, "Asking the server", &[]);
            return;
        }
        if !every.is_empty() {
            narrowed::nothing(model, places, buffer);
            return;
        }
        let mut lines = vec![
            "A push that meets something of the same name is refused and kept here: you link, rename or dismiss it.".to_owned(),
        ];
        let mut title = "No conflicts";
        if !model.resolved {
            let key = model.settings.keymap.key(Action::ShowResolved);
            title = "No open conflicts";
            lines.push(format!("{key} shows the resolved ones."));
        }
        empty(model, places.rows, buffer, title, &lines);
        return;
    }
    let table = Table::<ConflictColumn>::new(model, places.rows);
    table.headings(model, line_of(places.heading, 1), buffer);
    let (top, length) = (model.conflict_cursor.top, model.conflicts.len());
    for (index, area) in table::lines(places.rows, top, length) {
        let Some(conflict) = model.conflicts.get(index) else {
            break;
        };
        let standing = Standing {
            index,
            selected: model.conflict_cursor.index == index,
            marked: model.marks.has(model.screen, conflict.id.0),
        };
        let make = |column| cell(model, conflict, column);
        table.row(model, area, standing, make, buffer);
    }
}

fn state(model: &Model, state: ConflictState) -> (&'static str, Style) {
    let (theme, signs) = (&model.theme, &model.signs);
    match state {
        ConflictState::Open => (signs.warn, theme.warn),
        ConflictState::Linked | ConflictState::Renamed => (signs.done, theme.ok),
        ConflictState::Dismissed => (signs.error, theme.muted),
        ConflictState::Gone => (signs.dot, theme.muted),
    }
}

fn cell(model: &Model, row: &ConflictRow, column: ConflictColumn) -> Cell {
    let theme = &model.theme;
    let (sign, style) = state(model, row.state);
    vec![match column {
        ConflictColumn::Sign => span(sign, style),
        ConflictColumn::Pushed => return name(model, row),
        ConflictColumn::Existing => span(model.shown(&row.existing.name).into_owned(), theme.muted),
        ConflictColumn::Problem => span(problem(row.kind), theme.muted),
        ConflictColumn::State => span(row.state.as_str(), style),
        ConflictColumn::Provider => span(row.provider.as_str(), theme.accent),
        ConflictColumn::Tries => span(text::number(row.tries), theme.text),
        ConflictColumn::FirstTry => span(model.age(row.first_seen), theme.muted),
        ConflictColumn::LastTry => span(model.age(row.last_seen), theme.muted),
        ConflictColumn::Id => span(row.id.to_string(), theme.muted),
    }]
}

/// What was pushed; with how it ended, where it has.
fn name(model: &Model, row: &ConflictRow) -> Cell {
    let theme = &model.theme;
    let open = row.state == ConflictState::Open;
    let style = if open { theme.text } else { theme.muted };
    let mut name = vec![span(model.shown(&row.name).into_owned(), style)];
    if !open {
        name.push(span(format!("  {}", row.state), theme.muted));
    }
    name
}

/// Both sides of the selected conflict.
pub(super) fn details(model: &Model, cells: usize) -> Details {
    let mut details = Details::default();
    let theme = &model.theme;
    let Some(row) = model.selected_conflict() else {
        details.waiting = model.conflict_wanted.is_some();
        return details;
    };
    let (sign, style) = state(model, row.state);
    let sentence = format!(
        "{} pushed {}; the {} {} is already here.",
        row.provider.title(),
        row.name,
        row.existing.kind.words(),
        row.existing.name
    );
    details.paragraph(&model.shown(&sentence), theme.strong, cells);
    details.gap();
    details.pair(
        model,
        "state",
        vec![span(format!("{sign} {}", row.state), style)],
    );
    details.pair(model, "problem", vec![span(problem(row.kind), theme.text)]);
    let tries = format!(
        "{} since {}, last {}",
        text::count(row.tries, "time"),
        model.clock(row.first_seen),
        model.clock(row.last_seen)
    );
    details.pair(model, "tried", vec![span(tries, theme.text)]);
    let whole = model
        .conflict
        .as_ref()
        .filter(|conflict| conflict.row.id == row.id);
    let Some(whole) = whole else {
        details.gap();
        details.wait(model);
        return details;
    };
    let managed = whole
        .existing_managed_by
        .map_or("gone", crate::directory::ManagedBy::as_str);
    let existing = vec![
        span(format!("{:<14}", "existing"), theme.muted),
        span(model.shown(&row.existing.name).into_owned(), theme.text),
        span(format!("   managed by {managed}"), theme.muted),
    ];
    match whole.existing_managed_by {
        Some(_) => details.item(Item::Link(Target::Subject(row.existing.clone())), existing),
        None => details.line(existing),
    }
    sides(&mut details, model, whole, cells);
    requests(&mut details, model, whole);
    if row.state == ConflictState::Open {
        details.heading(model, "What you can do");
        for action in [Action::Link, Action::Rename, Action::Dismiss] {
            let key = model.settings.keymap.key(action);
            let lines = text::wrap(action.info().help, cells.saturating_sub(6).max(10));
            for (index, line) in lines.into_iter().enumerate() {
                let lead = if index == 0 {
                    format!("  {key}   ")
                } else {
                    "      ".to_owned()
                };
                details.line(vec![span(lead, theme.accent), span(line, theme.text)]);
            }
        }
    }
    details
}

/// Adds the requests that opened and repeated it, and what else became of it.
fn requests(details: &mut Details, model: &Model, whole: &ConflictDetail) {
    let theme = &model.theme;
    if whole.history.is_empty() {
        return;
    }
    details.heading(model, "Requests and decisions");
    for entry in &whole.history {
        let mut spans = vec![
            span(format!("  {:>12}  ", model.clock(entry.at)), theme.muted),
            span(action_words(entry.action), theme.text),
            span(format!("   {}", model.shown(&entry.actor)), theme.muted),
        ];
        match entry.exchange {
            Some(exchange) => {
                spans.push(span("   request", theme.accent));
                details.item(Item::Link(Target::Exchange(exchange)), spans);
            }
            None => details.item(Item::Change(entry.seq), spans),
        }
    }
}

/// Adds the conflicts that stand on a user or role.
pub(super) fn listed(details: &mut Details, model: &Model, rows: &[ConflictRow]) {
    let theme = &model.theme;
    if rows.is_empty() {
        return;
    }
    details.heading(model, &format!("Conflicts {}", rows.len()));
    for row in rows {
        let (sign, style) = state(model, row.state);
        let spans = vec![
            span(format!("  {sign} "), style),
            span(model.shown(&row.name).into_owned(), theme.text),
            span(
                format!("   {}   {}", problem(row.kind), row.state),
                theme.muted,
            ),
        ];
        details.item(Item::Link(Target::conflict(row.id, &row.name)), spans);
    }
}

/// Members of each side that are listed.
const SHOWN: usize = 50;

fn sides(details: &mut Details, model: &Model, whole: &ConflictDetail, cells: usize) {
    let theme = &model.theme;
    if cells < 24 {
        return;
    }
    let half = cells.saturating_sub(3) / 2;
    let mut pair =
        |left: Vec<Span<'static>>, right: Vec<Span<'static>>, members: &[&NamedMember]| {
            let mut spans = fit(left, half, model.signs.ellipsis);
            let pad = half.saturating_sub(width(&spans));
            spans.push(Span::raw(" ".repeat(pad)));
            spans.push(span(format!(" {} ", model.signs.bar), theme.faint));
            spans.extend(fit(right, half, model.signs.ellipsis));
            for member in members {
                // One whose name is not known is not here.
                if let Some(name) = &member.user_name {
                    let target = Target::subject(SubjectKind::User, member.id.as_str(), name);
                    let place = details.lines.len();
                    details.items.push((place, Item::Link(target)));
                }
            }
            details.line(spans);
        };
    pair(Vec::new(), Vec::new(), &[]);
    let bold = Modifier::BOLD;
    pair(
        vec![span(
            format!("Pushed by {}", whole.row.provider),
            theme.accent.add_modifier(bold),
        )],
        vec![span("Already here", theme.text.add_modifier(bold))],
        &[],
    );
    for attribute in &whole.attributes {
        pair(
            vec![
                span(format!("{}  ", model.shown(&attribute.name)), theme.muted),
                span(
                    model.shown(&plain(&attribute.incoming)).into_owned(),
                    theme.text,
                ),
            ],
            vec![span(
                model.shown(&plain(&attribute.existing)).into_owned(),
                theme.text,
            )],
            &[],
        );
    }
    let members = [&whole.only_incoming, &whole.only_existing, &whole.both];
    if members.iter().all(|members| members.is_empty()) {
        return;
    }
    let name = |member: &NamedMember| match &member.user_name {
        Some(name) => model.shown(name).into_owned(),
        None => format!("{} (not here)", model.shown(&member.id)),
    };
    let [incoming, existing, both] = members;
    pair(
        vec![span(format!("only there  {}", incoming.len()), theme.muted)],
        vec![span(format!("only here  {}", existing.len()), theme.muted)],
        &[],
    );
    for index in 0..incoming.len().max(existing.len()).min(SHOWN) {
        let named = [incoming.get(index), existing.get(index)];
        let members: Vec<&NamedMember> = named.into_iter().flatten().collect();
        pair(
            incoming
                .get(index)
                .map_or_else(Vec::new, |m| vec![span(format!("+ {}", name(m)), theme.ok)]),
            existing.get(index).map_or_else(Vec::new, |m| {
                vec![span(format!("  {}", name(m)), theme.warn)]
            }),
            &members,
        );
    }
    pair(
        vec![span(format!("in both  {}", both.len()), theme.muted)],
        Vec::new(),
        &[],
    );
    for member in both.iter().take(SHOWN) {
        pair(
            vec![span(format!("= {}", name(member)), theme.text)],
            vec![span(format!("= {}", name(member)), theme.text)],
            &[member],
        );
    }
}
