//! One provider, and one token, with what a detail pane shows.

use super::{
    super::{find, refused::Refused, rows},
    history,
};
use crate::{
    admin::row::{ProviderDetail, TokenDetail},
    directory::{Action, Provider, Read, SubjectKind, TokenId},
    service::{Engine, sync::DIGESTS},
    store::Snapshot,
};

/// Open conflicts are counted over so many at once.
const PAGE: usize = 500;

pub(super) fn provider(
    engine: &Engine,
    snapshot: &dyn Snapshot,
    provider: Provider,
) -> Read<ProviderDetail> {
    let now = engine.now();
    let syncs = engine.recorder().syncs(now, DIGESTS);
    let tokens = snapshot.tokens()?;
    let own = tokens.iter().filter(|token| token.provider == provider);
    let mut about: Vec<String> = own.map(|token| token.id.to_string()).collect();
    about.push(provider.to_string());
    Ok(ProviderDetail {
        row: rows::provider(engine, snapshot, provider, now)?,
        conflicts_open: conflicts_open(snapshot, provider)?,
        sync: syncs.into_iter().find(|sync| sync.provider == provider),
        history: history::of(snapshot, |subject| {
            matches!(subject.kind, SubjectKind::Provider | SubjectKind::Token)
                && about.contains(&subject.id)
        })?,
    })
}

fn conflicts_open(snapshot: &dyn Snapshot, provider: Provider) -> Read<u64> {
    let (mut count, mut before) = (0, None);
    loop {
        let page = snapshot.conflicts(false, before, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(count);
        };
        before = Some(last.id);
        let own = page.iter().filter(|conflict| conflict.provider == provider);
        count += own.count() as u64;
    }
}

pub(super) fn token(
    engine: &Engine,
    snapshot: &dyn Snapshot,
    id: TokenId,
) -> Result<TokenDetail, Refused> {
    let tokens = snapshot.tokens()?;
    let token = tokens.iter().find(|token| token.id == id);
    let token = token.ok_or_else(|| find::not_found(SubjectKind::Token, &id.to_string()))?;
    let history = history::about(snapshot, &id.to_string())?;
    let made = history
        .iter()
        .find(|entry| entry.action == Action::TokenCreated);
    Ok(TokenDetail {
        row: rows::token(engine, snapshot, token)?,
        made_by: made.map(|entry| entry.actor.clone()),
        history,
    })
}
