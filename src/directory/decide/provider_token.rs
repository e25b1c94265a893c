//! Providers that may push, and the tokens they push with.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Decided, draft::Draft, name};
use crate::directory::{
    Action, Change, Decision, Outcome, Provider, ProviderRecord, ProviderState, Read, Refusal,
    Stamp, Subject, Token, TokenHash, TokenId, View, event::SubjectKind,
};

pub(super) fn activate(view: &dyn View, stamp: &Stamp, provider: Provider) -> Decided<Decision> {
    let mut draft = Draft::new(view, stamp);
    let record = set_state(&mut draft, provider, ProviderState::Active)?;
    Ok(draft.finish(Outcome::Provider(record)))
}

/// Revokes the provider's tokens, too. What it manages stays as it is.
pub(super) fn deactivate(view: &dyn View, stamp: &Stamp, provider: Provider) -> Decided<Decision> {
    let mut draft = Draft::new(view, stamp);
    let record = set_state(&mut draft, provider, ProviderState::Inactive)?;
    for token in view.tokens()? {
        if token.provider == provider && token.revoked.is_none() {
            set_revoked(&mut draft, token);
        }
    }
    Ok(draft.finish(Outcome::Provider(record)))
}

fn set_state(
    draft: &mut Draft<'_>,
    provider: Provider,
    state: ProviderState,
) -> Read<ProviderRecord> {
    let before = draft.view.provider(provider)?;
    if before.state == state {
        return Ok(before);
    }
    let after = ProviderRecord {
        state,
        changed: Some(draft.stamp.now),
        ..before.clone()
    };
    let action = match state {
        ProviderState::Active => Action::ProviderActivated,
        ProviderState::Inactive => Action::ProviderDeactivated,
    };
    draft.event(
        action,
        Subject::provider(provider),
        json!({ "state": before.state }),
        json!({ "state": after.state }),
    );
    draft.change(Change::PutProvider(after.clone()));
    Ok(after)
}

/// What a new token is made of.
pub(super) struct NewToken<'a> {
    pub(super) provider: Provider,
    pub(super) name: &'a str,
    pub(super) expires: Option<Timestamp>,
    pub(super) hash: TokenHash,
    pub(super) prefix: &'a str,
}

/// Keeps a new token's hash, and lets its provider push.
pub(super) fn create(view: &dyn View, stamp: &Stamp, new: &NewToken<'_>) -> Decided<Decision> {
    let token = Token {
        id: TokenId(stamp.fresh),
        provider: new.provider,
        name: name::token(new.name)?,
        hash: new.hash,
        prefix: new.prefix.to_owned(),
        created: stamp.now,
        expires: new.expires.map(super::access::whole),
        revoked: None,
    };
    if let Some(expires) = token.expires.filter(|expires| *expires <= stamp.now) {
        return Err(Refusal::BadValue {
            why: format!("The token would have expired already, at {expires}; give a later time."),
        }
        .into());
    }
    let mut draft = Draft::new(view, stamp);
    set_state(&mut draft, token.provider, ProviderState::Active)?;
    draft.event(
        Action::TokenCreated,
        Subject::token(&token),
        Value::Null,
        json!({
            "provider": token.provider,
            "name": token.name,
            "prefix": token.prefix,
            "expires": token.expires,
        }),
    );
    draft.change(Change::PutToken {
        before: None,
        after: Box::new(token.clone()),
    });
    Ok(draft.finish(Outcome::Token(Box::new(token))))
}

/// A token that is revoked already stays so.
pub(super) fn revoke(view: &dyn View, stamp: &Stamp, id: TokenId) -> Decided<Decision> {
    let token = view.token(id)?.ok_or_else(|| Refusal::NotFound {
        kind: SubjectKind::Token,
        given: id.to_string(),
    })?;
    let mut draft = Draft::new(view, stamp);
    let token = if token.revoked.is_some() {
        token
    } else {
        set_revoked(&mut draft, token)
    };
    Ok(draft.finish(Outcome::Token(Box::new(token))))
}

fn set_revoked(draft: &mut Draft<'_>, before: Token) -> Token {
    let after = Token {
        revoked: Some(draft.stamp.now),
        ..before.clone()
    };
    draft.event(
        Action::TokenRevoked,
        Subject::token(&after),
        json!({ "provider": before.provider, "revoked": before.revoked }),
        json!({ "provider": after.provider, "revoked": after.revoked }),
    );
    draft.change(Change::PutToken {
        before: Some(Box::new(before)),
        after: Box::new(after.clone()),
    });
    after
}
