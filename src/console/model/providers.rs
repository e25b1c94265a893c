//! The rows of the Providers screen, and the selected one.

use super::{Model, ProviderLine, sorting};
use crate::{
    admin::row::{ProviderRow, TokenRow},
    console::{
        action::Screen,
        filter::{provider_facts, token_facts},
    },
};

impl Model {
    /// The rows of the Providers screen: each provider with its tokens under it. A provider of which a
    /// token passes the filter is shown, too.
    pub fn provider_lines(&self) -> Vec<ProviderLine> {
        let filter = &self.filters.providers.filter;
        let mut lines = Vec::with_capacity(self.providers.len() + self.tokens.len());
        let sorted = self.arranged.sorted(Screen::Providers);
        let mut providers: Vec<&ProviderRow> = self.providers.iter().collect();
        let mut tokens: Vec<&TokenRow> = self.tokens.iter().collect();
        if let Some(sorted) = sorted {
            providers.sort_by(|left, right| sorting::providers(sorted, left, right));
            tokens.sort_by(|left, right| sorting::tokens(sorted, left, right));
        }
        for row in providers {
            let own = tokens.iter().filter(|t| t.provider == row.provider);
            let passing = own.filter(|t| filter.passes(&token_facts(t, self.now), self.now));
            let before = lines.len();
            lines.push(ProviderLine::Provider(row.provider));
            lines.extend(passing.map(|token| ProviderLine::Token(token.id)));
            if lines.len() == before + 1 && !filter.passes(&provider_facts(row), self.now) {
                lines.truncate(before);
            }
        }
        lines
    }

    /// The selected row of the Providers screen.
    pub fn provider_line(&self) -> Option<ProviderLine> {
        let lines = self.provider_lines();
        lines.get(self.provider_cursor.index).copied()
    }

    /// The provider of the selected row.
    pub fn selected_provider(&self) -> Option<&ProviderRow> {
        let provider = match self.provider_line()? {
            ProviderLine::Provider(provider) => provider,
            ProviderLine::Token(_) => self.selected_token()?.provider,
        };
        self.providers.iter().find(|row| row.provider == provider)
    }

    /// The token of the selected row, if it is one.
    pub fn selected_token(&self) -> Option<&TokenRow> {
        let Some(ProviderLine::Token(id)) = self.provider_line() else {
            return None;
        };
        self.tokens.iter().find(|token| token.id == id)
    }
}
