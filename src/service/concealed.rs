//! Texts that are never printed by accident, and do not stay in memory.

use std::{convert::Infallible, fmt, str::FromStr};

use zeroize::Zeroizing;

/// A token or password: its `Debug` tells nothing, it has no `Display`, comparing it takes the same
/// time wherever two differ, and its memory is overwritten when it goes.
#[derive(Clone)]
pub struct Concealed(Zeroizing<String>);

impl Concealed {
    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Concealed {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl FromStr for Concealed {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::from(text.to_owned()))
    }
}

impl fmt::Debug for Concealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(super::redact::REDACTED)
    }
}

impl PartialEq for Concealed {
    fn eq(&self, other: &Self) -> bool {
        is_same(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl Eq for Concealed {}

/// Whether two texts are the same, in a time that follows from their lengths alone.
pub(super) fn is_same(left: &[u8], right: &[u8]) -> bool {
    let differences = left
        .iter()
        .zip(right)
        // Kept from the optimizer, which could end the walk at the first difference.
        .fold(0, |all, (left, right)| {
            std::hint::black_box(all | (left ^ right))
        });
    left.len() == right.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_concealed_is_not_printed() {
        let token = Concealed::from("s3cret".to_owned());
        assert_eq!(
            format!("{token:?} {:#?}", Some(&token))
                .matches("s3cret")
                .count(),
            0
        );
        assert_eq!(token.expose(), "s3cret");
    }

    #[test]
    fn only_what_is_the_same_is_equal() {
        for (left, right, same) in [
            ("", "", true),
            ("token", "token", true),
            ("token", "tokem", false),
            ("token", "soken", false),
            ("token", "toke", false),
            ("", "t", false),
        ] {
            let given = |text: &str| text.parse::<Concealed>();
            assert_eq!(given(left) == given(right), same, "{left} {right}");
        }
    }
}
