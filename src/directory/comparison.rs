//! A conflict's two sides next to each other.

use serde_json::Value;

use super::{
    conflict::Conflict,
    id::UserId,
    view::{Read, View},
};

/// A member, as a comparison shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemberName {
    /// Who.
    pub id: UserId,
    /// By which name.
    pub user_name: String,
}

/// One attribute that differs; `null` on the side that lacks it.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributeDifference {
    /// The attribute's name, of a part of it `name.givenName`.
    pub name: String,
    /// As pushed.
    pub incoming: Value,
    /// As it is here.
    pub existing: Value,
}

/// What a push brought, against what is here.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Comparison {
    /// Members that were pushed and are not in the existing role.
    pub only_incoming: Vec<MemberName>,
    /// Members of the existing role that were not pushed.
    pub only_existing: Vec<MemberName>,
    /// Members on both sides.
    pub both: Vec<MemberName>,
    /// Pushed member ids that are no user here.
    pub unknown_incoming: Vec<String>,
    /// The attributes that differ.
    pub attributes: Vec<AttributeDifference>,
}

/// Compares what was pushed with what is here.
pub fn compare(_view: &dyn View, _conflict: &Conflict) -> Read<Comparison> {
    todo!()
}
