//! What one list may cost that no index answers.

use crate::scim::{ResourceType, ScimError, ScimType};

use super::plan;

/// How many rows may still be read for one list. A role counts once more for every member that filter
/// or order look at.
pub(super) struct Budget {
    most: u64,
    left: u64,
    /// What to do instead.
    advice: String,
}

impl Budget {
    /// A budget of so many rows of a list.
    pub(super) fn new(most: u64, resource: ResourceType, sorts: bool) -> Self {
        let (last, others) = match plan::indexed(resource) {
            [others @ .., last] => (*last, others.join(", ")),
            [] => ("id", String::new()),
        };
        let otherwise = if sorts {
            ", or leave out \"sortBy\""
        } else {
            ""
        };
        Self {
            most,
            left: most,
            advice: format!(
                "have the filter compare {others} or {last} by eq, joined to the rest by and{otherwise}"
            ),
        }
    }

    /// Takes so many rows from it.
    ///
    /// # Errors
    /// 400 `tooMany` where there are not so many left.
    pub(super) fn spend(&mut self, rows: u64) -> Result<(), ScimError> {
        let Some(left) = self.left.checked_sub(rows) else {
            let Self { most, advice, .. } = self;
            return Err(ScimError::bad(
                ScimType::TooMany,
                format!(
                    "No index answers this, and it would read more than the {most} rows that one request may; \
                     {advice}. The operator of rolecall sets the limit, filter_rows."
                ),
            ));
        };
        self.left = left;
        Ok(())
    }
}
