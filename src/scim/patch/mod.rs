//! PATCH (RFC 7644 §3.5.2), every dialect in one normal form.
//!
//! Parsing resolves paths, checks and normalises values, and takes path-less values apart into one
//! operation per attribute. What is left to applying is only what depends on the resource.

mod apply;
mod echo;
mod members;
mod parse;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub use echo::Echo;

use super::path::AttributePath;
use super::resource::value::{MAX_VALUES, bytes_of_members};
use super::schema::Schema;
use super::{Dialect, Document, ResourceType, ScimError, filter::Filter};

/// The most operations in one request, as sent.
pub const MAX_OPERATIONS: usize = 5_000;

/// The most comparisons in the value filters of one request together. Each is made with every value
/// of its list, so this bounds the time that applying takes. Plain member ids do not count.
pub const MAX_FILTER_TERMS: usize = 1_000;

/// The most comparisons in the filters of one request that choose members of a group by anything but
/// their ids. Each walks all members of the group, reads who they are, and holds up other writes.
pub const MAX_MEMBER_FILTER_TERMS: usize = 20;

/// The most values that one request may add to lists or take out of them. Each is compared with
/// every value of its list.
pub const MAX_LISTED_VALUES: usize = 5 * MAX_VALUES;

/// No PATCH makes a resource larger, in bytes of its names and values: one that sets a part of every
/// value of a long list would otherwise write a thousand times what it sends.
pub const MAX_RESOURCE_BYTES: usize = 1024 * 1024;

/// A parsed PATCH request. Membership operations are kept apart as deltas, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Patch {
    /// What happens to `members` of a group, in order. Always empty for users.
    pub members: Vec<MemberOperation>,
    /// What happens to every other attribute, in order.
    pub attributes: Vec<Operation>,
    /// Read-only attributes that are set by path: see [`Patch::check_echoes`].
    pub echoes: Vec<Echo>,
}

/// One change to the members of a group. Ids are as the client sent them, each once.
#[derive(Debug, Clone, PartialEq)]
pub enum MemberOperation {
    /// Adds; who is already there stays.
    Add(Vec<String>),
    /// Removes by id; who is not there is no error.
    Remove(Vec<String>),
    /// Removes the members that match a value filter other than plain `value eq`. Its
    /// [`Filter::matches`] takes the member as in the resource: `{"value": …, "type": …}`.
    RemoveWhere(Filter),
    /// Removes all.
    RemoveAll,
    /// Exactly these from now on.
    Replace(Vec<String>),
}

/// One change to an attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Which operation of the request it comes from, counted from 1.
    pub number: usize,
    /// What is changed.
    pub target: Target,
    /// How.
    pub change: Change,
}

/// What an operation changes.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// An attribute, or a sub-attribute of it; of a list, that of every value.
    Attribute(AttributePath),
    /// The values of a multi-valued attribute that match, or a sub-attribute of them.
    Values {
        /// The attribute, and the sub-attribute if one is named.
        path: AttributePath,
        /// Which values.
        filter: Filter,
    },
    /// Everything of an extension. Only ever removed.
    Extension(&'static Schema),
}

/// How an operation changes its target. Values are in canonical form; in an object, null orders
/// the removal of that sub-attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Adds to a list, merges into an object, sets anything else.
    Add(Value),
    /// Replaces a list, merges into an object, sets anything else.
    Replace(Value),
    /// Removes it, or of a list the values that are given.
    Remove(Option<Value>),
}

impl Patch {
    /// How many members the request names, each counted once an operation.
    pub fn named_members(&self) -> usize {
        let named = |operation: &MemberOperation| match operation {
            MemberOperation::Add(ids)
            | MemberOperation::Remove(ids)
            | MemberOperation::Replace(ids) => ids.len(),
            MemberOperation::RemoveWhere(_) | MemberOperation::RemoveAll => 0,
        };
        self.members.iter().map(named).sum()
    }

    /// Parses and normalises a PATCH body. What the dialect has skipped is not in the result.
    ///
    /// # Errors
    /// 400, naming the operation by its number: `invalidSyntax`, `invalidPath`, `invalidValue`,
    /// `mutability` for the removal of what clients cannot write, `noTarget` for a removal
    /// without path; 413 for more operations or members than one request may have.
    pub fn parse(
        resource: ResourceType,
        body: &Document,
        dialect: Dialect,
    ) -> Result<Self, ScimError> {
        parse::parse(resource, body, dialect)
    }

    /// Whether the read-only attributes that are set by path are so already. `resource` is what
    /// the client reads of it; members of a group are not looked at.
    ///
    /// # Errors
    /// 400 `mutability`, naming the operation, for one that would change.
    pub fn check_echoes(&self, resource: &Document) -> Result<(), ScimError> {
        self.echoes.iter().try_for_each(|echo| echo.check(resource))
    }

    /// Applies the attribute operations; on an error the document is unchanged. The result must
    /// be validated again (`from_document`): operations may have left it without a required name.
    ///
    /// # Errors
    /// 400 `noTarget` when a filter matches nothing and does not say what to create; 413 when the
    /// resource would grow beyond [`MAX_RESOURCE_BYTES`].
    pub fn apply(&self, document: &mut Document) -> Result<(), ScimError> {
        let mut changed = document.clone();
        let most = bytes_of_members(document).max(MAX_RESOURCE_BYTES);
        for (index, operation) in self.attributes.iter().enumerate() {
            operation.apply(&mut changed)?;
            let is_last = index + 1 == self.attributes.len();
            if (is_last || operation.multiplies()) && bytes_of_members(&changed) > most {
                return Err(ScimError::new(
                    413,
                    format!(
                        "Operation {}: it would make the resource larger than {MAX_RESOURCE_BYTES} bytes; send shorter values.",
                        operation.number
                    ),
                ));
            }
        }
        *document = changed;
        Ok(())
    }
}

impl Operation {
    /// Whether it may write its value several times.
    fn multiplies(&self) -> bool {
        let is_for_many = match &self.target {
            Target::Attribute(path) => path.sub.is_some() && path.attribute.multi_valued,
            Target::Values { .. } => true,
            Target::Extension(_) => false,
        };
        is_for_many && !matches!(self.change, Change::Remove(_))
    }
}
