//! Applying the normal form to a document.

use serde_json::Value;

use super::{Change, Operation, Target};
use crate::scim::filter::{Expression, Filter, Literal, Operator};
use crate::scim::path::{AttributePath, shortened};
use crate::scim::resource::object_in;
use crate::scim::resource::value::{MAX_VALUES, invalid, is_primary, single};
use crate::scim::schema::{Attribute, equal_without_case};
use crate::scim::{Document, ScimError, ScimType};

impl Operation {
    pub(super) fn apply(&self, document: &mut Document) -> Result<(), ScimError> {
        let result = match &self.target {
            Target::Extension(schema) => {
                document.shift_remove(&schema.id);
                Ok(())
            }
            Target::Attribute(path) => within(document, path, |object| {
                change_attribute(object, path, &self.change)
            }),
            Target::Values { path, filter } => within(document, path, |object| {
                change_values(object, path, filter, &self.change)
            }),
        };
        result.map_err(|error| ScimError {
            detail: format!("Operation {}: {}", self.number, error.detail),
            ..error
        })
    }
}

/// Changes the object that holds the attribute: the document, or the extension's object in it,
/// which goes when it is left empty.
fn within(
    document: &mut Document,
    path: &AttributePath,
    change: impl FnOnce(&mut Document) -> Result<(), ScimError>,
) -> Result<(), ScimError> {
    let Some(schema) = path.extension else {
        return change(document);
    };
    let object = object_in(document, &schema.id);
    let result = change(object);
    if object.is_empty() {
        document.shift_remove(&schema.id);
    }
    result
}

fn change_attribute(
    object: &mut Document,
    path: &AttributePath,
    change: &Change,
) -> Result<(), ScimError> {
    let attribute = path.attribute;
    match (path.sub, change) {
        (None, Change::Remove(None)) => {
            object.shift_remove(&attribute.name);
        }
        (None, Change::Remove(Some(given))) => {
            edit_list(object, attribute, |list| {
                let given = given.as_array().map_or(&[][..], Vec::as_slice);
                list.retain(|value| !given.iter().any(|one| same(attribute, value, one)));
                Ok(())
            })?;
        }
        (None, Change::Add(value)) if attribute.multi_valued => {
            edit_list(object, attribute, |list| {
                value
                    .as_array()
                    .into_iter()
                    .flatten()
                    .try_for_each(|one| add(list, attribute, one))
            })?;
        }
        (None, Change::Add(value) | Change::Replace(value)) => {
            set(object, &attribute.name, value);
        }
        (Some(sub), change) if attribute.multi_valued => {
            edit_list(object, attribute, |list| {
                if list.is_empty() && !matches!(change, Change::Remove(_)) {
                    list.push(Value::Object(Document::new()));
                }
                let all: Vec<_> = (0..list.len()).collect();
                change_part(list, &all, sub, change);
                Ok(())
            })?;
        }
        (Some(sub), Change::Remove(_)) => {
            if let Some(Value::Object(inner)) = object.get_mut(&attribute.name) {
                inner.shift_remove(&sub.name);
                if inner.is_empty() {
                    object.shift_remove(&attribute.name);
                }
            }
        }
        (Some(sub), Change::Add(value) | Change::Replace(value)) => {
            set(object_in(object, &attribute.name), &sub.name, value);
        }
    }
    Ok(())
}

fn change_values(
    object: &mut Document,
    path: &AttributePath,
    filter: &Filter,
    change: &Change,
) -> Result<(), ScimError> {
    let attribute = path.attribute;
    edit_list(object, attribute, |list| {
        let matching: Vec<usize> = list
            .iter()
            .enumerate()
            .filter(|(_, value)| filter.matches_value(value))
            .map(|(index, _)| index)
            .collect();
        let (Change::Add(value) | Change::Replace(value)) = change else {
            match path.sub {
                Some(sub) => change_part(list, &matching, sub, change),
                None => list.retain(|value| !filter.matches_value(value)),
            }
            return Ok(());
        };
        if matching.is_empty() {
            let given = match path.sub {
                Some(sub) => single(&sub.name, value.clone()),
                None => value.clone(),
            };
            let created =
                described_by(filter, given).ok_or_else(|| nothing_matches(attribute, filter))?;
            return add(list, attribute, &created);
        }
        match path.sub {
            Some(sub) => change_part(list, &matching, sub, change),
            None => change_whole(list, &matching, filter, change, value),
        }
        Ok(())
    })
}

fn nothing_matches(attribute: &Attribute, filter: &Filter) -> ScimError {
    ScimError::bad(
        ScimType::NoTarget,
        format!(
            "no value of \"{}\" matches [{}], so there is nothing to change.",
            attribute.name,
            shortened(&filter.to_string())
        ),
    )
}

/// Changes some values of a list as a whole. What the filter says of a value stays true of it where
/// the replacement is silent, so that the same path leads to it again.
fn change_whole(
    list: &mut [Value],
    indexes: &[usize],
    filter: &Filter,
    change: &Change,
    value: &Value,
) {
    let replacement = described_by(filter, value.clone()).unwrap_or_else(|| value.clone());
    for &index in indexes {
        match (list.get_mut(index), change, value) {
            (Some(old), Change::Replace(_), _) => *old = replacement.clone(),
            (Some(Value::Object(old)), _, Value::Object(new)) => merge(old, new),
            _ => {}
        }
    }
    keep_one_primary(list, value, indexes);
}

/// Changes a sub-attribute of some values of a list. Values left empty go.
fn change_part(list: &mut Vec<Value>, indexes: &[usize], sub: &Attribute, change: &Change) {
    for &index in indexes {
        let Some(Value::Object(value)) = list.get_mut(index) else {
            continue;
        };
        match change {
            Change::Remove(_) => {
                value.shift_remove(&sub.name);
            }
            Change::Add(part) | Change::Replace(part) => set(value, &sub.name, part),
        }
    }
    if let Change::Add(part) | Change::Replace(part) = change {
        keep_one_primary(list, &single(&sub.name, part.clone()), indexes);
    }
    list.retain(|value| value.as_object().is_none_or(|object| !object.is_empty()));
}

/// Hands the attribute's list to an edit and puts it back, unless it is empty then.
fn edit_list(
    object: &mut Document,
    attribute: &Attribute,
    edit: impl FnOnce(&mut Vec<Value>) -> Result<(), ScimError>,
) -> Result<(), ScimError> {
    let slot = object
        .entry(attribute.name.clone())
        .or_insert_with(|| Value::Array(Vec::new()));
    let mut list = match slot.take() {
        Value::Array(list) => list,
        Value::Null => Vec::new(),
        one => vec![one],
    };
    let result = edit(&mut list);
    if list.is_empty() {
        object.shift_remove(&attribute.name);
    } else {
        *slot = Value::Array(list);
    }
    result
}

/// Adds one value to a list. One that is already there is merged, not doubled: some
/// providers repeat their additions.
fn add(list: &mut Vec<Value>, attribute: &Attribute, value: &Value) -> Result<(), ScimError> {
    let index = match list.iter().position(|old| same(attribute, old, value)) {
        Some(index) => {
            if let (Some(Value::Object(old)), Value::Object(new)) = (list.get_mut(index), value) {
                merge(old, new);
            }
            index
        }
        None if list.len() >= MAX_VALUES => {
            return Err(invalid(format!(
                "{:?} would have more than {MAX_VALUES} values.",
                attribute.name
            )));
        }
        None => {
            list.push(value.clone());
            list.len() - 1
        }
    };
    keep_one_primary(list, value, &[index]);
    Ok(())
}

/// RFC 7644 §3.5.2: when `changed` made a value primary, the others stop being so.
fn keep_one_primary(list: &mut [Value], changed: &Value, indexes: &[usize]) {
    if !is_primary(changed) {
        return;
    }
    let Some(&kept) = indexes.first() else {
        return;
    };
    for (index, value) in list.iter_mut().enumerate() {
        if index != kept && is_primary(value) {
            value["primary"] = Value::Bool(false);
        }
    }
}

/// Sets, merges objects, and takes null for a removal.
fn set(object: &mut Document, name: &str, value: &Value) {
    match value {
        Value::Null => {
            object.shift_remove(name);
        }
        Value::Object(new) => {
            let old = object_in(object, name);
            merge(old, new);
            if old.is_empty() {
                object.shift_remove(name);
            }
        }
        _ => {
            object.insert(name.to_owned(), value.clone());
        }
    }
}

fn merge(old: &mut Document, new: &Document) {
    for (name, value) in new {
        set(old, name, value);
    }
}

/// Whether two values of a list are the same thing: equal, or with the same `value` and a `type`
/// that does not differ.
fn same(attribute: &Attribute, old: &Value, new: &Value) -> bool {
    let (Value::Object(old_object), Value::Object(new_object)) = (old, new) else {
        return same_text(attribute, old, new);
    };
    let Some(sub) = attribute.sub_attribute("value") else {
        return old == new;
    };
    let (Some(old_value), Some(new_value)) = (old_object.get("value"), new_object.get("value"))
    else {
        return old == new;
    };
    same_text(sub, old_value, new_value)
        && match (old_object.get("type"), new_object.get("type")) {
            (Some(Value::String(old)), Some(Value::String(new))) => equal_without_case(old, new),
            (_, None) => true,
            (old, new) => old == new,
        }
}

fn same_text(attribute: &Attribute, left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::String(left), Value::String(right)) if !attribute.case_exact => {
            equal_without_case(left, right)
        }
        _ => left == right,
    }
}

/// The value that a filter such as `type eq "work"` describes, completed by what is given. `None`
/// if the filter does not say exactly what to create, or the two contradict each other.
fn described_by(filter: &Filter, given: Value) -> Option<Value> {
    let described = match filter.expression() {
        Expression::And(all) => all.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut created = match given {
        Value::Object(object) => object,
        simple => return filter.matches_value(&simple).then_some(simple),
    };
    for part in described {
        let Expression::Compare {
            path,
            operator: Operator::Eq,
            literal,
        } = part
        else {
            return None;
        };
        let value = match literal {
            Literal::Text(text) | Literal::DateTime(text, _) => text.clone().into(),
            Literal::Boolean(boolean) => Value::Bool(*boolean),
            Literal::Number(number) => Value::Number(number.clone()),
            Literal::Null => continue,
        };
        let name = &path.sub?.name;
        if !created.contains_key(name) {
            created.insert(name.clone(), value);
        }
    }
    let created = Value::Object(created);
    filter.matches_value(&created).then_some(created)
}
