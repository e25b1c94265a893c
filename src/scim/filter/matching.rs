//! Whether a resource, or one value of an attribute, satisfies an [`Expression`].

use std::cmp::Ordering;

use serde_json::Value;

use super::{Expression, Literal, Operator};
use crate::scim::Document;
use crate::scim::path::AttributePath;
use crate::scim::resource::value::as_boolean;
use crate::scim::schema::{AttributeKind, equal_without_case, fold_case, moment};

/// Where the paths of an expression start.
#[derive(Clone, Copy)]
enum Subject<'a> {
    Resource(&'a Document),
    /// A complex value of a multi-valued attribute.
    Object(&'a Document),
    /// A simple value of a multi-valued attribute.
    Simple(&'a Value),
}

pub(super) fn resource_matches(expression: &Expression, resource: &Document) -> bool {
    matches(expression, Subject::Resource(resource))
}

pub(super) fn object_matches(expression: &Expression, value: &Document) -> bool {
    matches(expression, Subject::Object(value))
}

pub(super) fn value_matches(expression: &Expression, value: &Value) -> bool {
    match value {
        Value::Object(object) => object_matches(expression, object),
        simple => matches(expression, Subject::Simple(simple)),
    }
}

fn matches(expression: &Expression, subject: Subject<'_>) -> bool {
    match expression {
        Expression::And(all) => all.iter().all(|one| matches(one, subject)),
        Expression::Or(any) => any.iter().any(|one| matches(one, subject)),
        Expression::Not(inner) => !matches(inner, subject),
        Expression::Present(path) => values(path, subject).iter().any(|value| is_present(value)),
        Expression::Compare {
            path,
            operator,
            literal,
        } => compares(&values(path, subject), path, *operator, literal),
        Expression::Values { path, inner } => values(path, subject)
            .iter()
            .any(|value| value_matches(inner, value)),
    }
}

/// The values that a path leads to; the elements of lists one by one, nulls left out.
fn values<'a>(path: &AttributePath, subject: Subject<'a>) -> Vec<&'a Value> {
    let found = match subject {
        Subject::Simple(value) => return vec![value],
        Subject::Object(object) => path.sub.and_then(|sub| object.get(&sub.name)),
        Subject::Resource(resource) => return values_of(path, resource),
    };
    elements(found).collect()
}

/// The values of a path in a resource; the elements of lists one by one, nulls left out.
pub(in crate::scim) fn values_of<'a>(
    path: &AttributePath,
    resource: &'a Document,
) -> Vec<&'a Value> {
    /// A user that never had `active` set is active.
    static ACTIVE: Value = Value::Bool(true);

    let object = match path.extension {
        None => Some(resource),
        Some(schema) => resource.get(&schema.id).and_then(Value::as_object),
    };
    let attribute = object.and_then(|object| object.get(&path.attribute.name));
    if attribute.is_none() && path.is_core("active") && resource.contains_key("userName") {
        return vec![&ACTIVE];
    }
    match path.sub {
        None => elements(attribute).collect(),
        Some(sub) => elements(attribute)
            .flat_map(|element| elements(element.get(&sub.name)))
            .collect(),
    }
}

fn elements(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let list = match value {
        None => &[],
        Some(Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
    };
    list.iter().filter(|value| !value.is_null())
}

/// RFC 7644 §3.4.2.2: not empty, and for a complex value at least one part.
fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => list.iter().any(is_present),
        Value::Object(object) => object.values().any(is_present),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// A list matches when any of its values does. An absent attribute equals nothing but null.
fn compares(
    values: &[&Value],
    path: &AttributePath,
    operator: Operator,
    literal: &Literal,
) -> bool {
    if *literal == Literal::Null {
        return values.is_empty() == (operator == Operator::Eq);
    }
    if values.is_empty() {
        return operator == Operator::Ne;
    }
    let exact = path.leaf().case_exact;
    values
        .iter()
        .any(|value| holds(value, exact, operator, literal))
}

fn holds(value: &Value, exact: bool, operator: Operator, literal: &Literal) -> bool {
    match literal {
        Literal::Text(wanted) => match value {
            Value::String(text) if exact => text_holds(text, operator, wanted),
            Value::String(text) if matches!(operator, Operator::Eq | Operator::Ne) => {
                equal_without_case(text, wanted) == (operator == Operator::Eq)
            }
            Value::String(text) => text_holds(&fold_case(text), operator, &fold_case(wanted)),
            _ => operator == Operator::Ne,
        },
        Literal::Boolean(wanted) => {
            (as_boolean(value) == Some(*wanted)) == (operator == Operator::Eq)
        }
        Literal::Number(wanted) => order_holds(
            value
                .as_f64()
                .zip(wanted.as_f64())
                .and_then(|(left, right)| left.partial_cmp(&right)),
            operator,
        ),
        Literal::DateTime(_, wanted) => {
            order_holds(moment_of(value).map(|moment| moment.cmp(wanted)), operator)
        }
        Literal::Null => false,
    }
}

fn text_holds(text: &str, operator: Operator, wanted: &str) -> bool {
    match operator {
        Operator::Co => text.contains(wanted),
        Operator::Sw => text.starts_with(wanted),
        Operator::Ew => text.ends_with(wanted),
        other => order_holds(Some(text.cmp(wanted)), other),
    }
}

fn order_holds(order: Option<Ordering>, operator: Operator) -> bool {
    let Some(order) = order else {
        return operator == Operator::Ne;
    };
    match operator {
        Operator::Eq => order.is_eq(),
        Operator::Ne => order.is_ne(),
        Operator::Gt => order.is_gt(),
        Operator::Ge => order.is_ge(),
        Operator::Lt => order.is_lt(),
        Operator::Le => order.is_le(),
        Operator::Co | Operator::Sw | Operator::Ew => false,
    }
}

/// How two values of an attribute sort, by its type and case rule (RFC 7644 §3.4.2.3).
pub(in crate::scim) fn order(path: &AttributePath, left: &Value, right: &Value) -> Ordering {
    let leaf = path.leaf();
    match leaf.kind {
        AttributeKind::Boolean => as_boolean(left).cmp(&as_boolean(right)),
        AttributeKind::Integer | AttributeKind::Decimal => left
            .as_f64()
            .partial_cmp(&right.as_f64())
            .unwrap_or(Ordering::Equal),
        AttributeKind::DateTime => moment_of(left).cmp(&moment_of(right)),
        _ if leaf.case_exact => left.as_str().cmp(&right.as_str()),
        _ => left
            .as_str()
            .map(fold_case)
            .cmp(&right.as_str().map(fold_case)),
    }
}

fn moment_of(value: &Value) -> Option<jiff::Timestamp> {
    value.as_str().and_then(moment)
}
