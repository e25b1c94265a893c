//! What the sample's server says of a provider, of a token, and of changes long past.

use rolecall::{
    admin::row::{JournalRow, ProviderDetail, TokenDetail},
    directory::{Action, Provider, SubjectKind, TokenId},
};
use serde_json::{Value, json};

use super::{
    directory::{providers, tokens},
    syncs::syncs,
    traffic::{entry, subject},
};

pub(super) fn provider_detail(provider: Provider) -> Option<ProviderDetail> {
    let mut rows = providers().into_iter();
    let row = rows.find(|row| row.provider == provider)?;
    let is_okta = provider == Provider::Okta;
    Some(ProviderDetail {
        row,
        conflicts_open: if is_okta { 2 } else { 0 },
        sync: syncs().into_iter().find(|sync| sync.provider == provider),
        history: vec![
            made(600, "rotation"),
            entry(
                12,
                Action::ProviderActivated,
                subject(SubjectKind::Provider, provider.as_str()),
                json!({"state": "inactive"}),
                json!({"state": "active"}),
            ),
        ],
    })
}

pub(super) fn token_detail(id: TokenId) -> Option<TokenDetail> {
    let row = tokens().into_iter().find(|row| row.id == id)?;
    Some(TokenDetail {
        made_by: Some("operator sam".to_owned()),
        history: vec![made(600, &row.name)],
        row,
    })
}

fn made(seq: u64, name: &str) -> JournalRow {
    let after = json!({"name": name, "provider": "okta"});
    let about = subject(SubjectKind::Token, name);
    entry(seq, Action::TokenCreated, about, Value::Null, after)
}

/// A change that is older than those that come by themselves.
pub(super) fn past(seq: u64) -> JournalRow {
    let before = json!({"title": format!("Grade {seq}")});
    let after = json!({"title": format!("Grade {}", seq + 1)});
    let about = subject(SubjectKind::User, "bob@example.com");
    entry(seq, Action::UserUpdated, about, before, after)
}
