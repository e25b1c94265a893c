//! `--filter`: the language of the console's filter line.

use std::fmt::Write as _;

use crate::service::search::{Filter, FilterError, List, language::Test};

/// Reads the filter of a list that is filtered here.
pub(super) fn read<T: Test>(text: &str) -> Result<Filter<T>, FilterError> {
    Filter::parse(text)
}

/// What stands below the options of a list: what it can be filtered by, and examples.
pub(super) fn help(list: List, below: &str) -> String {
    let mut help = String::from(
        "A filter is words and operators joined by spaces, and what passes meets all of them:\n",
    );
    let lines = list.help();
    let wide = lines.iter().map(|(terms, _)| terms.chars().count());
    let wide = wide.max().unwrap_or(0).min(44);
    for (terms, words) in lines {
        let _ = writeln!(help, "  {terms:<wide$}  {words}");
    }
    let _ = write!(help, "\n{below}");
    help
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_lists_every_operator() {
        for list in List::ALL {
            let help = help(list, "Example:\n  x");
            for operator in list.operators() {
                assert!(help.contains(operator.help), "{help}");
            }
            assert!(help.ends_with("\n\nExample:\n  x"));
        }
    }
}
