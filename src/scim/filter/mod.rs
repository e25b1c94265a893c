//! Filters (RFC 7644 §3.4.2.2): parsed with exact error positions, bounded, matched by the case
//! rules of the schema, written back in canonical form.

pub(in crate::scim) mod matching;
pub(in crate::scim) mod parser;
#[cfg(test)]
mod tests;

use std::fmt;

use serde_json::{Number, Value};

use super::path::{AttributePath, Scope};
use super::{Document, ResourceType, ScimError};

/// The longest filter, in bytes.
pub const MAX_LENGTH: usize = 16 * 1024;

/// The most comparisons in one filter.
pub const MAX_TERMS: usize = 256;

/// How deep parentheses and `not` may be nested.
pub const MAX_DEPTH: usize = 20;

/// How literals may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Literals {
    /// JSON literals only, as the RFC says.
    Quoted,
    /// A bare word counts as a string: Entra ID sends some.
    BareWords,
}

/// A parsed filter: over a resource, or over the values of one multi-valued attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    root: Expression,
    /// The attribute whose values are matched; `None` for a resource.
    values_of: Option<AttributePath>,
}

/// One node of a filter. `And` and `Or` hold at least two and never one of their own kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// All of these.
    And(Vec<Expression>),
    /// Any of these.
    Or(Vec<Expression>),
    /// Not this.
    Not(Box<Expression>),
    /// A comparison. Below [`Expression::Values`] the path is seen from one value of the attribute.
    Compare {
        /// What is compared.
        path: AttributePath,
        /// How.
        operator: Operator,
        /// With what.
        literal: Literal,
    },
    /// There is a value.
    Present(AttributePath),
    /// One and the same value of a multi-valued attribute satisfies the expression.
    Values {
        /// The attribute, without sub-attribute.
        path: AttributePath,
        /// What one value must satisfy.
        inner: Box<Expression>,
    },
}

/// A comparison operator (RFC 7644 table 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater than.
    Gt,
    /// Greater or equal.
    Ge,
    /// Less than.
    Lt,
    /// Less or equal.
    Le,
}

impl Operator {
    const ALL: [Self; 9] = [
        Self::Eq,
        Self::Ne,
        Self::Co,
        Self::Sw,
        Self::Ew,
        Self::Gt,
        Self::Ge,
        Self::Lt,
        Self::Le,
    ];

    /// The keyword.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|operator| operator.as_str().eq_ignore_ascii_case(word))
    }
}

/// The right side of a comparison, of the type that the attribute has.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Text, as given.
    Text(String),
    /// A number.
    Number(Number),
    /// True or false.
    Boolean(bool),
    /// A moment: as given, and as a point in time.
    DateTime(String, jiff::Timestamp),
    /// No value.
    Null,
}

impl Filter {
    /// Parses a filter over resources of a type, or of any type with `None`.
    ///
    /// # Errors
    /// 400 `invalidFilter`, saying at which character and what was expected there.
    pub fn parse(
        text: &str,
        resource: impl Into<Option<ResourceType>>,
        literals: Literals,
    ) -> Result<Self, ScimError> {
        let scope: Scope = resource.into();
        let root = parser::parse(text, scope, literals)?;
        Ok(Self {
            root,
            values_of: None,
        })
    }

    /// A filter over the values of one attribute: the inside of a value path.
    pub(in crate::scim) fn over_values(path: AttributePath, inner: Expression) -> Self {
        Self {
            root: inner,
            values_of: Some(path),
        }
    }

    /// Whether the resource matches. For a value filter of a PATCH
    /// ([`super::patch::MemberOperation::RemoveWhere`]): whether the value does, for instance
    /// `{"value": "2819c223", "type": "User"}`.
    pub fn matches(&self, resource: &Document) -> bool {
        match self.values_of {
            None => matching::resource_matches(&self.root, resource),
            Some(_) => matching::object_matches(&self.root, resource),
        }
    }

    /// Whether one value of the attribute matches, for filters over values.
    pub(in crate::scim) fn matches_value(&self, value: &Value) -> bool {
        matching::value_matches(&self.root, value)
    }

    /// The root of the tree.
    pub fn expression(&self) -> &Expression {
        &self.root
    }

    /// The text equalities that every match satisfies, as path (`userName`, `emails.value`,
    /// `members.value`, `id`, …) and value as given: what a planner may look up in an index. The
    /// attribute's case rule applies to the value.
    pub fn required_equalities(&self) -> impl Iterator<Item = (&AttributePath, &str)> {
        let parts = conjuncts(&self.root)
            .iter()
            .flat_map(|conjunct| match conjunct {
                Expression::Values { inner, .. } => conjuncts(inner),
                one => std::slice::from_ref(one),
            });
        parts.filter_map(|part| match part {
            Expression::Compare {
                path,
                operator: Operator::Eq,
                literal: Literal::Text(text),
            } => Some((path, text.as_str())),
            _ => None,
        })
    }

    /// The value that every match has at a path, given in canonical form; the first one where several are
    /// required.
    pub fn required(&self, path: &str) -> Option<&str> {
        let mut equalities = self.required_equalities();
        equalities.find_map(|(found, value)| found.is_called(path).then_some(value))
    }

    /// How many comparisons it has: what matching it costs.
    pub fn terms(&self) -> usize {
        terms(&self.root)
    }

    /// Whether the attribute, given by its canonical name or path (`groups`, `members.value`), has
    /// a part in the filter.
    pub fn mentions(&self, attribute: &str) -> bool {
        mentions(&self.root, attribute)
    }
}

fn conjuncts(expression: &Expression) -> &[Expression] {
    match expression {
        Expression::And(all) => all,
        one => std::slice::from_ref(one),
    }
}

fn terms(expression: &Expression) -> usize {
    match expression {
        Expression::And(all) | Expression::Or(all) => all.iter().map(terms).sum(),
        Expression::Not(inner) | Expression::Values { inner, .. } => terms(inner),
        Expression::Compare { .. } | Expression::Present(_) => 1,
    }
}

fn mentions(expression: &Expression, attribute: &str) -> bool {
    let names = |path: &AttributePath| {
        path.attribute.name.eq_ignore_ascii_case(attribute) || path.is_called(attribute)
    };
    match expression {
        Expression::And(all) | Expression::Or(all) => {
            all.iter().any(|one| mentions(one, attribute))
        }
        Expression::Not(inner) => mentions(inner, attribute),
        Expression::Compare { path, .. } | Expression::Present(path) => names(path),
        Expression::Values { path, inner } => names(path) || mentions(inner, attribute),
    }
}

impl Expression {
    /// All of the two, flat.
    fn and(self, other: Self) -> Self {
        let mut all = self.into_conjuncts();
        all.extend(other.into_conjuncts());
        Self::And(all)
    }

    /// Any of the two, flat.
    fn or(self, other: Self) -> Self {
        let into_alternatives = |expression| match expression {
            Self::Or(any) => any,
            one => vec![one],
        };
        let mut any = into_alternatives(self);
        any.extend(into_alternatives(other));
        Self::Or(any)
    }

    fn into_conjuncts(self) -> Vec<Self> {
        match self {
            Self::And(all) => all,
            one => vec![one],
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, inside: bool) -> fmt::Result {
        match self {
            Self::And(all) => join(f, all, " and ", inside),
            Self::Or(any) => join(f, any, " or ", inside),
            Self::Not(inner) => {
                f.write_str("not (")?;
                inner.write(f, inside)?;
                f.write_str(")")
            }
            Self::Compare {
                path,
                operator,
                literal,
            } => {
                write_path(f, path, inside)?;
                write!(f, " {} {literal}", operator.as_str())
            }
            Self::Present(path) => {
                write_path(f, path, inside)?;
                f.write_str(" pr")
            }
            Self::Values { path, inner } => {
                write!(f, "{path}[")?;
                inner.write(f, true)?;
                f.write_str("]")
            }
        }
    }
}

/// Inside brackets a path is written from the value's point of view.
fn write_path(f: &mut fmt::Formatter<'_>, path: &AttributePath, inside: bool) -> fmt::Result {
    if inside {
        f.write_str(path.sub.map_or("value", |sub| sub.name.as_str()))
    } else {
        write!(f, "{path}")
    }
}

fn join(f: &mut fmt::Formatter<'_>, parts: &[Expression], word: &str, inside: bool) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(word)?;
        }
        // "and" binds tighter than "or": no more parentheses than were sent, which are bounded.
        if matches!(part, Expression::Or(_)) {
            f.write_str("(")?;
            part.write(f, inside)?;
            f.write_str(")")?;
        } else {
            part.write(f, inside)?;
        }
    }
    Ok(())
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::DateTime(text, _) => {
                write!(f, "{}", Value::String(text.clone()))
            }
            Self::Number(number) => write!(f, "{number}"),
            Self::Boolean(boolean) => write!(f, "{boolean}"),
            Self::Null => f.write_str("null"),
        }
    }
}

/// The canonical text: parsing it gives the same filter, where it is not longer than
/// [`MAX_LENGTH`].
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.write(f, self.values_of.is_some())
    }
}
