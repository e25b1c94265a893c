//! Identity sets and aliases: the name a user goes by inside a named set.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One user's name inside one identity set. A set exists as soon as an alias names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IdentityAlias {
    /// The identity set.
    pub set: String,
    /// The name inside the set; unique there.
    pub alias: String,
}

impl IdentityAlias {
    /// The longest set or alias name, in bytes.
    pub const NAME_BYTES: usize = 256;

    /// Reads `set,alias`: both non-empty, without surrounding space, split at the first comma.
    ///
    /// # Errors
    /// One sentence that quotes the value.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "The identity alias {text:?} must be of the form set,alias, for example \
                 rdp-set,alice-rdp-alias."
            )
        };
        let (set, alias) = text.split_once(',').ok_or_else(wrong)?;
        let (set, alias) = (set.trim(), alias.trim());
        let fits = |name: &str| {
            !name.is_empty()
                && name.len() <= Self::NAME_BYTES
                && !name.contains(|c: char| c.is_control() || c == ',')
        };
        if !fits(set) || !fits(alias) {
            return Err(wrong());
        }
        Ok(Self {
            set: set.to_owned(),
            alias: alias.to_owned(),
        })
    }
}

impl fmt::Display for IdentityAlias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.set, self.alias)
    }
}
