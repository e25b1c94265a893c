//! Identity sets and aliases: the name a user goes by inside a named set.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::scim::path::shortened;

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
                "The identity alias {:?} must be of the form set,alias, for example \
                 rdp-set,alice-rdp-alias.",
                shortened(text)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_short_however_long_the_alias() {
        let refused = IdentityAlias::parse(&"x".repeat(60_000)).expect_err("no comma");
        assert!(refused.len() < 300, "{refused}");
    }

    #[test]
    fn names_of_the_greatest_length_are_taken() {
        let longest = "x".repeat(IdentityAlias::NAME_BYTES);
        for (text, fits) in [
            (format!("{longest},{longest}"), true),
            (format!("{longest}x,{longest}"), false),
            (format!("{longest},{longest}x"), false),
            (" set , alias ".to_owned(), true),
            ("set,".to_owned(), false),
            (",alias".to_owned(), false),
            ("set,a,b".to_owned(), false),
            ("set,a\u{7}".to_owned(), false),
        ] {
            assert_eq!(IdentityAlias::parse(&text).is_ok(), fits, "{text:.20}");
        }
    }
}
