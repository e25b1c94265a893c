//! Users and roles are narrowed down by this language, or by a SCIM filter.

use super::{
    language::{Filter, Test},
    words::FilterError,
};
use crate::scim::{self, ResourceType, ScimError, filter::Literals};

/// What a list is narrowed down by.
#[derive(Debug, Clone, PartialEq)]
pub enum Narrowing<T> {
    /// Words and operators; none lets everything through.
    Words(Filter<T>),
    /// A SCIM filter (RFC 7644 §3.4.2.2).
    Scim(Box<scim::filter::Filter>),
}

impl<T: Test> Narrowing<T> {
    /// Text that is a SCIM filter is taken as one. What looks like one and is none is refused, so that
    /// a slip in a filter is not looked for in names.
    ///
    /// # Errors
    /// Where the text cannot be read, and why.
    pub fn parse(text: &str, resource: ResourceType) -> Result<Self, FilterError> {
        match scim::filter::Filter::parse(text.trim(), resource, Literals::BareWords) {
            Ok(filter) => Ok(Self::Scim(Box::new(filter))),
            Err(error) if looks_like_scim(text) => Err(placed(text, &error)),
            Err(_) => Filter::parse(text).map(Self::Words),
        }
    }

    /// Whether everything passes.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Words(filter) if filter.is_empty())
    }

    /// Whether a row that passes now may not pass later, although nothing of it changes.
    pub fn depends_on_time(&self) -> bool {
        matches!(self, Self::Words(filter) if filter.depends_on_time())
    }
}

/// Whether the second word is an operator of SCIM.
fn looks_like_scim(text: &str) -> bool {
    const OPERATORS: [&str; 10] = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"];
    let second = text.split_whitespace().nth(1);
    second.is_some_and(|word| {
        let mut operators = OPERATORS.iter();
        operators.any(|operator| word.eq_ignore_ascii_case(operator))
    })
}

/// The place that the sentence of a SCIM filter names is taken out of it.
fn placed(text: &str, error: &ScimError) -> FilterError {
    const LEAD: &str = "The filter is not valid at character ";
    let lead = text.chars().take_while(|c| c.is_whitespace()).count();
    let named = error.detail.strip_prefix(LEAD);
    let named = named.and_then(|rest| rest.split_once(": "));
    match named.and_then(|(place, why)| Some((place.parse::<usize>().ok()?, why))) {
        Some((place, why)) => FilterError {
            at: lead + place.saturating_sub(1),
            message: why.trim_end_matches('.').to_owned(),
        },
        None => FilterError {
            at: lead,
            message: error.detail.trim_end_matches('.').to_owned(),
        },
    }
}
