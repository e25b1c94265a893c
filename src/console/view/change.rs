//! What changed, in one line.

use std::collections::BTreeMap;

use ratatui::text::Span;
use serde_json::Value;

use super::{
    details::{called, difference_within},
    paint::span,
};
use crate::{
    console::model::{Model, target::Target},
    directory::SubjectKind,
};

/// Attributes or members that one line names.
const NAMED: usize = 4;
/// Values of each side that are looked at for one line: it is made for every row that is seen.
const LOOKED_AT: usize = 24;

/// What changed, in one line: `active true → false`, `+ bob@x.io, carl@x.io`. Empty where nothing did.
pub(super) fn brief(model: &Model, before: &Value, after: &Value) -> Vec<Span<'static>> {
    let (theme, signs) = (&model.theme, &model.signs);
    let rows = difference_within(before, after, LOOKED_AT);
    // A role's members are not all looked at for one line.
    let members = [before, after].map(|side| {
        let members = side.get("members").and_then(Value::as_array);
        members.map_or(0, |members| members.len().saturating_sub(LOOKED_AT))
    });
    let more = rows.len().saturating_sub(NAMED) + members.iter().sum::<usize>();
    let mut spans = Vec::new();
    let mut last = (String::new(), None);
    for (path, before, after) in rows.into_iter().take(NAMED) {
        let is_added = match (&before, &after) {
            (None, Some(_)) => Some(true),
            (Some(_), None) => Some(false),
            _ => None,
        };
        // Members, and several of one kind, are told apart by a comma alone.
        let again = is_added.is_some() && last == (path.clone(), is_added);
        if !spans.is_empty() {
            spans.push(span(", ", theme.muted));
        }
        if !again && path != "members" {
            spans.push(span(format!("{} ", model.shown(&path)), theme.muted));
        }
        let shown = |value: &str| model.shown(value).into_owned();
        match (before, after) {
            (Some(before), Some(after)) => {
                spans.push(span(shown(&before), theme.error));
                spans.push(span(format!(" {} ", signs.arrow), theme.muted));
                spans.push(span(shown(&after), theme.ok));
            }
            (before, after) => {
                let (sign, style) = if before.is_some() {
                    (signs.minus, theme.error)
                } else {
                    ("+", theme.ok)
                };
                let value = before.or(after).unwrap_or_default();
                let sign = if again {
                    String::new()
                } else {
                    format!("{sign} ")
                };
                spans.push(span(format!("{sign}{}", shown(&value)), style));
            }
        }
        last = (path, is_added);
    }
    if more > 0 {
        spans.push(span(format!(" and {more} more"), theme.muted));
    }
    spans
}

/// The members that a change names, by what they are called in it.
pub(super) fn members(before: &Value, after: &Value) -> BTreeMap<String, Target> {
    let lists = [before, after].into_iter().flat_map(|side| {
        let lists = [side.get("members"), side.get("kept")];
        lists.into_iter().flatten()
    });
    let members = lists.filter_map(Value::as_array).flatten();
    let named = members.filter_map(|member| {
        let id = member.get("id")?.as_str()?;
        let name = member.get("user_name").or_else(|| member.get("name"))?;
        let target = Target::subject(SubjectKind::User, id, name.as_str()?);
        Some((called(member), target))
    });
    named.collect()
}
