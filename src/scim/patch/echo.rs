//! Read-only attributes that a PATCH names by path. A client that sends back what it has read asks
//! for nothing; only a change is refused.

use serde_json::Value;

use crate::scim::path::AttributePath;
use crate::scim::resource::value::{MAX_VALUES, is_absent};
use crate::scim::{Document, ScimError};

/// An operation that sets a read-only attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct Echo {
    /// Which operation of the request it is, counted from 1.
    pub number: usize,
    /// What it names.
    pub path: AttributePath,
    /// What it is to become.
    pub value: Value,
}

impl Echo {
    /// Whether `resource`, in the representation that the client reads, has that value already.
    pub(super) fn check(&self, resource: &Document) -> Result<(), ScimError> {
        if self.is_there(resource) {
            return Ok(());
        }
        let refused = read_only(&self.path);
        Err(ScimError {
            detail: format!("Operation {}: {}", self.number, refused.detail),
            ..refused
        })
    }

    fn is_there(&self, resource: &Document) -> bool {
        let object = match self.path.extension {
            None => Some(resource),
            Some(schema) => resource.get(&schema.id).and_then(Value::as_object),
        };
        let here = object.and_then(|object| object.get(&self.path.attribute.name));
        let here = match self.path.sub {
            None => here,
            Some(sub) => here.and_then(|here| here.get(&sub.name)),
        };
        agrees(here.unwrap_or(&Value::Null), &self.value)
    }
}

pub(super) fn read_only(path: &AttributePath) -> ScimError {
    super::parse::mutability(format!("\"{path}\" is read-only; leave it out."))
}

/// Whether a value is what is there: lists in any order, longer ones than can be compared each with
/// each in the order that they were read in; of an object what is given of it.
fn agrees(here: &Value, given: &Value) -> bool {
    match (here, given) {
        (here, given) if is_absent(given) => is_absent(here),
        (Value::Array(here), Value::Array(given)) => {
            let mut pairs = here.iter().zip(given);
            here.len() == given.len()
                && (pairs.all(|(here, given)| agrees(here, given)) || {
                    given.len() <= MAX_VALUES
                        && given
                            .iter()
                            .all(|given| here.iter().any(|here| agrees(here, given)))
                })
        }
        (Value::Object(here), Value::Object(given)) => given
            .iter()
            .all(|(name, given)| agrees(here.get(name).unwrap_or(&Value::Null), given)),
        (here, given) => here == given,
    }
}
