//! Which look-ups in an index a filter allows.

use crate::{
    scim::{
        ResourceType,
        filter::{Expression, Filter, Literal, Operator},
    },
    store::Ahead,
};

/// What an index answers, where a filter requires it by equality: the narrow ones first, then who is in
/// a role, which may be many.
pub(super) const fn indexed(resource: ResourceType) -> &'static [&'static str] {
    match resource {
        ResourceType::User => &[
            "id",
            "userName",
            "externalId",
            "emails.value",
            "groups.value",
        ],
        ResourceType::Group => &["id", "displayName", "externalId", "members.value"],
    }
}

/// Whether a key, or an index that gives few rows, answers the filter.
pub(super) fn is_narrow(filter: &Filter, scope: Option<ResourceType>) -> bool {
    let paths = scope.map_or(&["id"] as &[_], indexed);
    paths
        .iter()
        .filter(|path| **path != "groups.value")
        .any(|path| filter.required(path).is_some())
}

/// What will be looked up of a filter that asks for a user or role by id or name, and for nothing of
/// its members.
pub(super) fn ahead(filter: &Filter, resource: ResourceType) -> Option<Ahead> {
    let id = filter.required("id");
    match resource {
        ResourceType::User => match id {
            Some(id) => id.parse().ok().map(Ahead::User),
            None => filter
                .required("userName")
                .map(|name| Ahead::UserNamed(name.to_owned())),
        },
        ResourceType::Group if mentions_members(filter.expression()) => None,
        ResourceType::Group => match id {
            Some(id) => id.parse().ok().map(Ahead::Role),
            None => filter
                .required("displayName")
                .map(|name| Ahead::RoleNamed(name.to_owned())),
        },
    }
}

/// Whether the filter requires one equality and nothing else.
pub(super) fn is_one_equality(filter: &Filter) -> bool {
    matches!(
        filter.expression(),
        Expression::Compare {
            operator: Operator::Eq,
            literal: Literal::Text(_),
            ..
        }
    )
}

/// The ids that the filter wants to be members, where that is all it asks about members, so that it
/// can be decided with only these at hand.
pub(super) fn wanted_members(filter: &Filter) -> Option<Vec<String>> {
    let conjuncts = match filter.expression() {
        Expression::And(all) => all.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut wanted = Vec::new();
    for conjunct in conjuncts {
        if let Some(id) = wanted_member(conjunct) {
            wanted.push(id.to_owned());
        } else if mentions_members(conjunct) {
            return None;
        }
    }
    Some(wanted)
}

/// `members.value eq "…"`, or `members[value eq "…"]`.
fn wanted_member(expression: &Expression) -> Option<&str> {
    match expression {
        Expression::Compare {
            path,
            operator: Operator::Eq,
            literal: Literal::Text(id),
        } if path.is_core("members") && path.sub.is_some_and(|sub| sub.name == "value") => Some(id),
        Expression::Values { path, inner } if path.is_core("members") => wanted_member(inner),
        _ => None,
    }
}

fn mentions_members(expression: &Expression) -> bool {
    match expression {
        Expression::And(all) | Expression::Or(all) => all.iter().any(mentions_members),
        Expression::Not(inner) => mentions_members(inner),
        Expression::Compare { path, .. } | Expression::Present(path) => path.is_core("members"),
        Expression::Values { path, inner } => path.is_core("members") || mentions_members(inner),
    }
}
