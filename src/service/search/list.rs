//! Every list that can be filtered.

use super::{
    conflicts::ConflictTest,
    exchanges::ExchangeTest,
    journal::JournalTest,
    language::{About, Filter, Operator, Test},
    narrowing::Narrowing,
    providers::ProviderTest,
    resources::ResourceTest,
    roles::RoleTest,
    users::UserTest,
    words::FilterError,
};
use crate::scim::ResourceType;

/// A list that can be filtered, by name: for what needs its operators, and no rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum List {
    /// Exchanges.
    Exchanges,
    /// Users and service accounts.
    Users,
    /// Roles.
    Roles,
    /// Conflicts.
    Conflicts,
    /// Resources.
    Resources,
    /// Providers and their tokens.
    Providers,
    /// The journal.
    Journal,
}

impl List {
    /// Every list.
    pub const ALL: [Self; 7] = [
        Self::Exchanges,
        Self::Users,
        Self::Roles,
        Self::Conflicts,
        Self::Resources,
        Self::Providers,
        Self::Journal,
    ];

    /// The operators, in the order of the help.
    pub fn operators(self) -> Vec<About> {
        fn about<T: Test>() -> Vec<About> {
            T::OPERATORS.iter().map(Operator::about).collect()
        }
        match self {
            Self::Exchanges => about::<ExchangeTest>(),
            Self::Users => about::<UserTest>(),
            Self::Roles => about::<RoleTest>(),
            Self::Conflicts => about::<ConflictTest>(),
            Self::Resources => about::<ResourceTest>(),
            Self::Providers => about::<ProviderTest>(),
            Self::Journal => about::<JournalTest>(),
        }
    }

    /// Whether a SCIM filter is taken, too.
    pub fn takes_scim(self) -> bool {
        matches!(self, Self::Users | Self::Roles)
    }

    /// Whether a text can be read as this list's filter.
    ///
    /// # Errors
    /// Where it cannot, and why.
    pub fn check(self, text: &str) -> Result<(), FilterError> {
        match self {
            Self::Exchanges => Filter::<ExchangeTest>::parse(text).map(drop),
            Self::Users => Narrowing::<UserTest>::parse(text, ResourceType::User).map(drop),
            Self::Roles => Narrowing::<RoleTest>::parse(text, ResourceType::Group).map(drop),
            Self::Conflicts => Filter::<ConflictTest>::parse(text).map(drop),
            Self::Resources => Filter::<ResourceTest>::parse(text).map(drop),
            Self::Providers => Filter::<ProviderTest>::parse(text).map(drop),
            Self::Journal => Filter::<JournalTest>::parse(text).map(drop),
        }
    }

    /// What can be written, a line each: the terms to copy from, and what they ask.
    pub fn help(self) -> Vec<(String, &'static str)> {
        let mut lines: Vec<_> = self
            .operators()
            .into_iter()
            .map(|about| (about.examples.join(" "), about.help))
            .collect();
        lines.push(("\"two words\"".to_owned(), "contains the text"));
        lines.push(("!term".to_owned(), "the opposite of what follows"));
        lines.push(("name:a|b".to_owned(), "one or the other"));
        if self.takes_scim() {
            let example = match self {
                Self::Users => "userName sw \"ann\"",
                _ => "displayName co \"eng\"",
            };
            lines.push((example.to_owned(), "a SCIM filter is taken, too"));
        }
        lines
    }
}
