//! Operations on the members of a group, as deltas.

use serde_json::Value;

use super::MemberOperation;
use super::parse::{Parser, Verb, mutability};
use crate::scim::ScimError;
use crate::scim::filter::{Expression, Filter, Literal, Operator};
use crate::scim::path::AttributePath;
use crate::scim::resource::{MAX_MEMBERS, member_ids, too_many_members};

/// An operation whose path is `members`, `members.value`, `members[…]` or `members[…].value`.
pub(super) fn parse(
    parser: &mut Parser,
    verb: Verb,
    path: AttributePath,
    filter: Option<Filter>,
    value: Option<&Value>,
) -> Result<(), ScimError> {
    if path.sub.is_some_and(|sub| sub.name != "value") {
        return Err(mutability(format!(
            "\"{path}\" cannot be changed; add or remove the member instead."
        )));
    }
    let value = value.filter(|value| !value.is_null());
    let ids = match value {
        Some(value) => Some(member_ids(value, "members", parser.dialect.strays)?),
        None => None,
    };
    parser.members += ids.as_ref().map_or(0, Vec::len);
    if parser.members > MAX_MEMBERS {
        return Err(too_many_members(MAX_MEMBERS));
    }
    // The ids that a value was to bring in are not there: nobody goes for them either.
    let names_nobody = value.is_some_and(|value| value.as_array().is_none_or(|l| !l.is_empty()))
        && ids.as_ref().is_some_and(Vec::is_empty);
    if filter.is_some() && names_nobody {
        return Ok(());
    }
    let found = match filter {
        None => without_filter(verb, path, ids)?,
        Some(filter) => with_filter(verb, filter, ids.unwrap_or_default()),
    };
    for operation in found {
        if let MemberOperation::RemoveWhere(filter) = &operation {
            parser.count_member_terms(filter)?;
        }
        parser.patch.members.push(operation);
    }
    Ok(())
}

fn without_filter(
    verb: Verb,
    path: AttributePath,
    ids: Option<Vec<String>>,
) -> Result<Vec<MemberOperation>, ScimError> {
    let operation = match (verb, ids) {
        (Verb::Add, ids) => MemberOperation::Add(ids.unwrap_or_default()),
        (Verb::Replace, ids) => MemberOperation::Replace(ids.unwrap_or_default()),
        (Verb::Remove, Some(ids)) => MemberOperation::Remove(ids),
        (Verb::Remove, None) if path.sub.is_some() => {
            return Err(mutability(
                "\"members.value\" cannot be removed; to remove all members, use the path \"members\".",
            ));
        }
        (Verb::Remove, None) => MemberOperation::RemoveAll,
    };
    Ok(Vec::from_iter(meaningful(operation)))
}

fn with_filter(verb: Verb, filter: Filter, ids: Vec<String>) -> Vec<MemberOperation> {
    let named = ids_named_by(filter.expression());
    let taken_away = match &named {
        Some(named) => MemberOperation::Remove(named.clone()),
        None => MemberOperation::RemoveWhere(filter),
    };
    let operations = match verb {
        Verb::Remove => vec![taken_away],
        Verb::Add => {
            let mut added = named.unwrap_or_default();
            added.extend(ids);
            vec![MemberOperation::Add(each_once(added))]
        }
        Verb::Replace => vec![taken_away, MemberOperation::Add(ids)],
    };
    operations.into_iter().filter_map(meaningful).collect()
}

/// The operation, unless it does nothing.
fn meaningful(operation: MemberOperation) -> Option<MemberOperation> {
    match &operation {
        MemberOperation::Add(ids) | MemberOperation::Remove(ids) if ids.is_empty() => None,
        _ => Some(operation),
    }
}

/// The ids, if the filter is nothing but `value eq "…"`, one or several joined by `or`.
fn ids_named_by(expression: &Expression) -> Option<Vec<String>> {
    match expression {
        Expression::Compare {
            path,
            operator: Operator::Eq,
            literal: Literal::Text(id),
        } if path.sub.is_some_and(|sub| sub.name == "value") => Some(vec![id.clone()]),
        Expression::Or(any) => {
            let ids: Option<Vec<_>> = any.iter().map(ids_named_by).collect();
            ids.map(|ids| each_once(ids.concat()))
        }
        _ => None,
    }
}

fn each_once(ids: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    ids.into_iter()
        .filter(|id| seen.insert(id.clone()))
        .collect()
}
