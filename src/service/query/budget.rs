//! What one list may cost that no index answers.

use crate::scim::{ResourceType, ScimError, ScimType};

use super::plan;

/// How many rows may still be read for one list. A role counts once more for every member that filter
/// or order look at.
pub(super) struct Budget {
    most: u64,
    left: u64,
    resource: ResourceType,
    /// Whether an order is asked for, too.
    sorts: bool,
}

impl Budget {
    /// A budget of so many rows of a list.
    pub(super) fn new(most: u64, resource: ResourceType, sorts: bool) -> Self {
        Self {
            most,
            left: most,
            resource,
            sorts,
        }
    }

    /// Takes so many rows from it.
    ///
    /// # Errors
    /// 400 `tooMany` where there are not so many left.
    pub(super) fn spend(&mut self, rows: u64) -> Result<(), ScimError> {
        let Some(left) = self.left.checked_sub(rows) else {
            return Err(ScimError::bad(
                ScimType::TooMany,
                format!(
                    "No index answers this, and it would read more than the {} rows that one request may; \
                     {}. The operator of rolecall sets the limit, filter_rows.",
                    self.most,
                    self.advice()
                ),
            ));
        };
        self.left = left;
        Ok(())
    }

    /// What to do instead.
    fn advice(&self) -> String {
        let (last, others) = match plan::indexed(self.resource) {
            [others @ .., last] => (*last, others.join(", ")),
            [] => ("id", String::new()),
        };
        let otherwise = if self.sorts {
            ", or leave out \"sortBy\""
        } else {
            ""
        };
        format!(
            "have the filter compare {others} or {last} by eq, joined to the rest by and{otherwise}"
        )
    }
}
