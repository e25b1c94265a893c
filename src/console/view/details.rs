//! The details of what is selected, as lines; some of them can be selected in turn.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};
use serde_json::Value;

use super::{
    access, change, conflicts, geometry, journal, live,
    paint::{Canvas, Target as Touched, fit, line_of, rule, select, span, touchable},
    provider, roles, users,
};
use crate::{
    admin::row::{GrantRow, TemporaryAccessRow},
    console::{
        action::Screen,
        model::{Focus, Model, target::Target},
        text,
    },
    directory::{ConflictId, ExchangeId, RoleId, UserId},
};

/// Something in the details that keys can act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A user's membership of a role.
    Membership {
        /// In which role.
        role: RoleId,
        /// Its name.
        role_name: String,
        /// Who.
        user: UserId,
        /// By which name.
        user_name: String,
        /// Whether an operator may end it.
        detachable: bool,
    },
    /// A role's right to a resource.
    Grant(GrantRow),
    /// A user's right to a resource for a time.
    Temporary(TemporaryAccessRow),
    /// A change in the journal.
    Change(u64),
    /// A conflict.
    Conflict(ConflictId),
    /// A request.
    Exchange(ExchangeId),
    /// Something else that there is a place for.
    Link(Target),
}

impl Item {
    /// Where it leads, from the details on this screen.
    pub fn target(&self, screen: Screen) -> Option<Target> {
        Some(match self {
            Self::Membership {
                role, role_name, ..
            } if screen == Screen::Users => Target::role(*role, role_name),
            Self::Membership {
                user, user_name, ..
            } => Target::user(*user, user_name),
            Self::Grant(row) if screen == Screen::Access => Target::role(row.role, &row.role_name),
            Self::Grant(row) => Target::resource(row.resource, &row.resource_name),
            Self::Temporary(row) if screen == Screen::Access => {
                Target::user(row.user, &row.user_name)
            }
            Self::Temporary(row) => Target::resource(row.resource, &row.resource_name),
            Self::Change(seq) => Target::Change(*seq),
            Self::Conflict(id) => Target::conflict(*id, ""),
            Self::Exchange(id) => Target::Exchange(*id),
            Self::Link(target) => target.clone(),
        })
    }
}

/// The details as lines.
#[derive(Debug, Clone, Default)]
pub struct Details {
    /// The lines; wider ones are cut.
    pub lines: Vec<Line<'static>>,
    /// The selectable lines.
    pub items: Vec<(usize, Item)>,
    /// Whether more is asked for.
    pub waiting: bool,
}

impl Details {
    /// Adds a line.
    pub fn line(&mut self, spans: Vec<Span<'static>>) {
        self.lines.push(Line::from(spans));
    }

    /// Adds an empty line.
    pub fn gap(&mut self) {
        self.lines.push(Line::default());
    }

    /// Adds a selectable line.
    pub fn item(&mut self, item: Item, spans: Vec<Span<'static>>) {
        self.items.push((self.lines.len(), item));
        self.line(spans);
    }

    /// Says that more is asked for.
    pub fn wait(&mut self, model: &Model) {
        self.line(vec![span("asking the server", model.theme.muted)]);
        self.waiting = true;
    }

    /// Adds a label with its value.
    pub fn pair(&mut self, model: &Model, label: &str, value: Vec<Span<'static>>) {
        let mut spans = vec![span(format!("{label:<14}"), model.theme.muted)];
        spans.extend(value);
        self.line(spans);
    }

    /// Adds a small heading.
    pub fn heading(&mut self, model: &Model, title: &str) {
        if !self.lines.is_empty() {
            self.gap();
        }
        self.line(vec![span(title.to_owned(), model.theme.accent)]);
    }

    /// Adds wrapped text.
    pub fn paragraph(&mut self, content: &str, style: ratatui::style::Style, cells: usize) {
        for line in text::wrap(content, cells) {
            self.line(vec![span(line, style)]);
        }
    }
}

/// The details of the selection, for a pane of so many cells.
pub fn details(model: &Model, cells: usize) -> Details {
    match model.screen {
        Screen::Live => live::details(model, cells),
        Screen::Users => users::details(model, cells),
        Screen::Roles => roles::details(model, cells),
        Screen::Conflicts => conflicts::details(model, cells),
        Screen::Access => access::details(model, cells),
        Screen::Journal => journal::details(model, cells),
        Screen::Providers => provider::details(model, cells),
        Screen::Setup => Details::default(),
    }
}

/// The details as the model's terminal shows them, with the height of their pane.
pub fn current(model: &Model) -> (Details, usize) {
    let place = geometry::geometry(model).details;
    let cells = usize::from(place.width.saturating_sub(3));
    (details(model, cells), usize::from(place.height))
}

/// Draws the details with their rule.
pub fn render(model: &Model, places: &geometry::Geometry, buffer: &mut Canvas) {
    let area = places.details;
    if area.is_empty() && places.details_heading.is_empty() {
        return;
    }
    let focused = model.focus == Focus::Details;
    let cells = usize::from(area.width.saturating_sub(3));
    let details = details(model, cells);
    let height = usize::from(area.height);
    let top = top(model, &details, height);
    let title = match model.screen {
        Screen::Live => live::parts(model)
            .into_iter()
            .flat_map(|(spans, _)| spans)
            .collect(),
        screen => vec![span(
            match screen {
                Screen::Users => "User",
                Screen::Roles => "Role",
                Screen::Conflicts => "Conflict",
                Screen::Access => "Resource",
                Screen::Providers => provider::title(model),
                _ => "Change",
            },
            if focused {
                model.theme.accent
            } else {
                model.theme.muted
            },
        )],
    };
    let note = if details.lines.len() > height {
        let below = details.lines.len().saturating_sub(top + height);
        vec![span(
            if below > 0 {
                format!("{below} more below")
            } else {
                "end".to_owned()
            },
            model.theme.muted,
        )]
    } else {
        Vec::new()
    };
    rule(buffer, places.details_heading, title, note, model);
    if model.screen == Screen::Live {
        // The title stands behind the rule's first line and a blank.
        let heading = places.details_heading;
        touchable(
            buffer,
            heading.x + 2,
            heading.y,
            heading.right(),
            live::parts(model),
        );
    }
    let selected = details.items.get(model.details.index).filter(|_| focused);
    for (row, (index, line)) in details
        .lines
        .iter()
        .enumerate()
        .skip(top)
        .take(height)
        .enumerate()
    {
        let place = line_of(area, row);
        let spans = fit(line.spans.clone(), cells, model.signs.ellipsis);
        buffer.set_line(
            place.x + 2,
            place.y,
            &Line::from(spans),
            place.width.saturating_sub(3),
        );
        if let Some(item) = details.items.iter().position(|(at, _)| *at == index) {
            buffer.touchable(place, Touched::Item(item));
        }
        if selected.is_some_and(|(at, _)| *at == index) {
            select(
                buffer,
                Rect {
                    x: place.x + 1,
                    width: place.width.saturating_sub(1),
                    ..place
                },
                true,
                model,
            );
        }
    }
}

/// The first visible line.
pub fn top(model: &Model, details: &Details, height: usize) -> usize {
    let last = details.lines.len().saturating_sub(height);
    model.details.top.min(last)
}

/// What came before and after, attribute by attribute; equal ones are left out.
pub fn difference(before: &Value, after: &Value) -> Vec<Difference> {
    difference_within(before, after, FLATTENED)
}

/// An attribute's path with what was and what is.
pub type Difference = (String, Option<String>, Option<String>);

/// The same, of which no more than so many values of each side are looked at.
pub(super) fn difference_within(before: &Value, after: &Value, most: usize) -> Vec<Difference> {
    let mut rows: Vec<Difference> = Vec::new();
    let mut old = Vec::new();
    let mut new = Vec::new();
    flatten(String::new(), before, &mut old, 0, most);
    flatten(String::new(), after, &mut new, 0, most);
    for (path, value) in old {
        rows.push((path, Some(value), None));
    }
    for (path, value) in new {
        match rows
            .iter_mut()
            .find(|(known, _, after)| *known == path && after.is_none())
        {
            Some(row) => row.2 = Some(value),
            None => rows.push((path, None, Some(value))),
        }
    }
    rows.retain(|(_, before, after)| before != after);
    rows
}

/// Rows of a difference at most; what is longer is a new resource, not a change.
const FLATTENED: usize = 400;

fn flatten(
    path: String,
    value: &Value,
    rows: &mut Vec<(String, String)>,
    depth: usize,
    most: usize,
) {
    if rows.len() >= most {
        return;
    }
    match value {
        Value::Null => {}
        // What is only pointed to goes by its name.
        Value::Object(map)
            if map.len() == 2 && map.contains_key("id") && map.contains_key("name") =>
        {
            rows.push((path, map.get("name").map_or_else(String::new, plain)));
        }
        Value::Object(map) if depth < 6 => {
            for (name, value) in map {
                let short = name.rsplit(':').next().unwrap_or(name);
                let path = if path.is_empty() {
                    short.to_owned()
                } else {
                    format!("{path}.{short}")
                };
                flatten(path, value, rows, depth + 1, most);
            }
        }
        Value::Array(items) if depth < 6 => {
            for item in items.iter().take(most.saturating_sub(rows.len())) {
                rows.push((path.clone(), called(item)));
            }
        }
        value => rows.push((path, plain(value))),
    }
}

/// An item of a list as it is shown: by its name where it has one.
pub(super) fn called(item: &Value) -> String {
    match (named(item), item.get("origin").or_else(|| item.get("type"))) {
        (Some(name), note) => {
            let note = note.map_or(String::new(), |note| format!(" ({})", plain(note)));
            format!("{}{note}", plain(name))
        }
        (None, _) => plain(item),
    }
}

/// What an item of a list is called.
fn named(item: &Value) -> Option<&Value> {
    ["name", "user_name", "value"]
        .iter()
        .find_map(|key| item.get(key))
}

/// A value as a person writes it: texts without quotes.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "none".to_owned(),
        value => value.to_string(),
    }
}

/// Adds what changed: `active   true → false`.
pub fn add_difference(details: &mut Details, model: &Model, before: &Value, after: &Value) {
    let (theme, signs) = (&model.theme, &model.signs);
    let links = change::members(before, after);
    let rows = difference(before, after);
    if rows.is_empty() {
        details.line(vec![span("  no attribute changed", theme.muted)]);
        return;
    }
    let widest = rows
        .iter()
        .map(|(path, ..)| text::width(path))
        .max()
        .unwrap_or(0)
        .clamp(8, 24);
    let mut last = String::new();
    for (path, before, after) in rows {
        let item = after
            .as_ref()
            .or(before.as_ref())
            .and_then(|name| links.get(name));
        let item = item
            .filter(|_| path == "members" || path == "kept")
            .cloned();
        let label = if path == last {
            String::new()
        } else {
            model.shown(&path).into_owned()
        };
        last = path;
        let label = text::truncate(&label, widest, signs.ellipsis).into_owned();
        let pad = " ".repeat(widest.saturating_sub(text::width(&label)));
        let mut spans = vec![span(format!("  {label}{pad}  "), theme.muted)];
        match (before, after) {
            (Some(before), Some(after)) => {
                spans.push(span(model.shown(&before).into_owned(), theme.error));
                spans.push(span(format!("  {}  ", signs.arrow), theme.muted));
                spans.push(span(model.shown(&after).into_owned(), theme.ok));
            }
            (Some(before), None) => {
                spans.push(span(format!("{} ", signs.minus), theme.error));
                spans.push(span(model.shown(&before).into_owned(), theme.error));
            }
            (None, after) => {
                spans.push(span("+ ", theme.ok));
                spans.push(span(
                    model.shown(&after.unwrap_or_default()).into_owned(),
                    theme.ok,
                ));
            }
        }
        match item {
            Some(target) => details.item(Item::Link(target), spans),
            None => details.line(spans),
        }
    }
}

/// Adds a JSON text, set out and coloured; any other text as it is.
pub fn add_json(details: &mut Details, model: &Model, content: &str) {
    let theme = &model.theme;
    let pretty = serde_json::from_str::<Value>(content)
        .ok()
        .and_then(|value| serde_json::to_string_pretty(&value).ok());
    let json = pretty.is_some();
    for line in pretty.as_deref().unwrap_or(content).lines() {
        let shown = model.shown(line).into_owned();
        let indent = shown.len() - shown.trim_start().len();
        match shown
            .get(indent..)
            .and_then(|rest| rest.split_once("\": "))
            .filter(|_| json)
        {
            Some((name, value)) => details.line(vec![
                span(format!("{}{name}\"", " ".repeat(indent)), theme.accent),
                span(": ", theme.muted),
                span(value.to_owned(), theme.text),
            ]),
            None => details.line(vec![span(shown, theme.text)]),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn differences_name_what_changed_and_nothing_else() {
        let rows = difference(
            &json!({"active": true, "name": {"givenName": "A", "familyName": "B"}}),
            &json!({"active": false, "name": {"givenName": "A", "familyName": "C"}, "title": "x"}),
        );
        let row = |path: &str, before: Option<&str>, after: Option<&str>| {
            (
                path.to_owned(),
                before.map(str::to_owned),
                after.map(str::to_owned),
            )
        };
        assert_eq!(
            rows,
            [
                row("active", Some("true"), Some("false")),
                row("name.familyName", Some("B"), Some("C")),
                row("title", None, Some("x")),
            ]
        );
        assert!(difference(&json!({"a": 1}), &json!({"a": 1})).is_empty());
    }

    #[test]
    fn members_are_named_one_a_row() {
        let rows = difference(
            &Value::Null,
            &json!({"members": [{"id": "1", "name": "ann", "origin": "local"}, {"id": "2", "user_name": "bob"}]}),
        );
        let names: Vec<_> = rows.into_iter().filter_map(|(_, _, after)| after).collect();
        assert_eq!(names, ["ann (local)", "bob"]);
    }
}
