//! Acts: a command from what was asked, and the answer from its outcome.

use std::sync::Arc;

use serde_json::json;

use super::{find, refused::Refused, rows};
use crate::{
    admin::{
        Reply, Request,
        row::{self, JournalRow, NewToken},
    },
    directory::{Actor, Command, Outcome, Provider, Token, UserKind},
    scim::{Document, resource::UserAttributes},
    service::{
        Engine,
        auth::{RANDOM_BYTES, Secret},
    },
    store::Snapshot,
};

/// The longest name of an operator that the journal keeps, in characters.
const OPERATOR_CHARACTERS: usize = 100;

/// Does what was asked, or with `dry_run` tells what it would do.
pub(super) async fn answer(
    engine: &Arc<Engine>,
    operator: String,
    dry_run: bool,
    request: Request,
) -> Result<Reply, Refused> {
    let actor = Actor::Operator {
        name: operator_name(&operator)?,
    };
    let (command, secret) = command(&*engine.snapshot()?, request)?;
    let done = if dry_run {
        engine.preview(actor, command).await?
    } else {
        engine.execute(actor, command, None).await?
    };
    let answering = Answering {
        engine,
        snapshot: engine.snapshot()?,
        changes: done.entries.into_iter().map(rows::journal).collect(),
        dry_run,
    };
    answering.reply(done.outcome, secret)
}

/// Names come from outside, and end in the journal for good.
fn operator_name(given: &str) -> Result<String, Refused> {
    let name = given.trim();
    if name.is_empty() || name.contains(char::is_control) {
        return Err(Refused::because(
            "The operator's name is empty or not plain text; say who acts.",
        ));
    }
    Ok(name.chars().take(OPERATOR_CHARACTERS).collect())
}

/// The command, and for a new token its secret.
fn command(
    snapshot: &dyn Snapshot,
    request: Request,
) -> Result<(Command, Option<Secret>), Refused> {
    let command = match request {
        Request::AddUser {
            user_name,
            service_account,
            given,
            family,
            level,
        } => Command::AddUser {
            kind: if service_account {
                UserKind::ServiceAccount
            } else {
                UserKind::Person
            },
            attributes: new_user(&user_name, given.as_deref(), family.as_deref())?,
            level,
        },
        Request::SetLevel { user, level } => Command::SetPermissionLevel {
            id: find::user(snapshot, &user)?.id,
            level,
        },
        Request::AddRole { display_name } => Command::AddRole { display_name },
        Request::Attach { role, user } => Command::Attach {
            role: find::role(snapshot, &role)?.id,
            user: find::user(snapshot, &user)?.id,
        },
        Request::Detach { role, user } => Command::Detach {
            role: find::role(snapshot, &role)?.id,
            user: find::user(snapshot, &user)?.id,
        },
        Request::ActivateProvider { provider } => Command::ActivateProvider { provider },
        Request::DeactivateProvider { provider } => Command::DeactivateProvider { provider },
        Request::CreateToken {
            provider,
            name,
            expires,
        } => {
            let secret = new_secret(provider)?;
            let name = match name {
                Some(name) => name,
                None => next_token_name(snapshot, provider)?,
            };
            let command = Command::CreateToken {
                provider,
                name,
                expires,
                hash: secret.hash(),
                prefix: secret.prefix(),
            };
            return Ok((command, Some(secret)));
        }
        Request::RevokeToken { id } => Command::RevokeToken { id },
        Request::LinkConflict { id } => Command::LinkConflict { id },
        Request::RenameConflict { id, name } => Command::RenameConflict { id, name },
        Request::DismissConflict { id } => Command::DismissConflict { id },
        _ => return Err(Refused::because("This request is a question, not an act.")),
    };
    Ok((command, None))
}

fn new_user(
    user_name: &str,
    given: Option<&str>,
    family: Option<&str>,
) -> Result<UserAttributes, Refused> {
    let mut document = Document::new();
    document.insert("userName".to_owned(), user_name.into());
    document.insert(
        "name".to_owned(),
        json!({ "givenName": given, "familyName": family }),
    );
    Ok(UserAttributes::from_document(&document)?)
}

fn new_secret(provider: Provider) -> Result<Secret, Refused> {
    let mut random = [0; RANDOM_BYTES];
    getrandom::fill(&mut random).map_err(|error| {
        Refused::because(format!(
            "No token could be made, for the system gave no random numbers: {error}."
        ))
    })?;
    Ok(Secret::generate(provider, random))
}

/// `okta 1`, `okta 2`, …: the first that no token of the provider has.
fn next_token_name(snapshot: &dyn Snapshot, provider: Provider) -> Result<String, Refused> {
    let tokens = snapshot.tokens()?;
    let is_free = |name: &String| !tokens.iter().any(|token| token.name == *name);
    let mut names = (1..=tokens.len() + 1).map(|number| format!("{provider} {number}"));
    Ok(names.find(is_free).unwrap_or_else(|| provider.to_string()))
}

/// What an answer to an act is made of, whichever act it was.
struct Answering<'a> {
    engine: &'a Engine,
    snapshot: Box<dyn Snapshot>,
    changes: Vec<JournalRow>,
    dry_run: bool,
}

impl Answering<'_> {
    fn reply(self, outcome: Outcome, secret: Option<Secret>) -> Result<Reply, Refused> {
        let (engine, snapshot) = (self.engine, &*self.snapshot);
        Ok(match outcome {
            Outcome::User { user, .. } => {
                let row = rows::user(snapshot, &user)?;
                Reply::UserDone(Box::new(self.done(row)))
            }
            Outcome::Role { role, .. } => {
                let row = rows::role(engine, snapshot, &role)?;
                Reply::RoleDone(Box::new(self.done(row)))
            }
            Outcome::Membership(membership) => {
                let row = rows::membership(snapshot, membership)?;
                Reply::MembershipDone(Box::new(self.done(row)))
            }
            Outcome::Provider(record) => {
                let mut row = rows::provider(engine, snapshot, record.provider, engine.now())?;
                row.state = record.state;
                Reply::ProviderDone(Box::new(self.done(row)))
            }
            Outcome::Token(token) => {
                if let Some(secret) = secret {
                    return Ok(Reply::NewToken(Box::new(self.new_token(*token, &secret))));
                }
                let row = rows::token(engine, snapshot, &token)?;
                Reply::TokenDone(Box::new(self.done(row)))
            }
            Outcome::Conflict(conflict) => {
                let row = rows::conflict(&conflict);
                Reply::ConflictDone(Box::new(self.done(row)))
            }
            Outcome::Refused { refusal, .. } | Outcome::Held { refusal, .. } => {
                return Err(refusal.into());
            }
            Outcome::Deleted => return Err(Refused::because("It is gone.")),
            Outcome::Resource(_)
            | Outcome::Grant(_)
            | Outcome::TemporaryAccess(_)
            | Outcome::Hold(_)
            | Outcome::TimePassed { .. } => {
                return Err(Refused::because("There is no answer to this act."));
            }
        })
    }

    fn done<Row>(self, row: Row) -> row::Done<Row> {
        row::Done {
            row,
            changes: self.changes,
            dry_run: self.dry_run,
        }
    }

    /// A secret that is good for nothing is not shown.
    fn new_token(&self, token: Token, secret: &Secret) -> NewToken {
        NewToken {
            id: token.id,
            provider: token.provider,
            name: token.name,
            token: if self.dry_run {
                String::new()
            } else {
                secret.expose().to_owned()
            },
            created: token.created,
            expires: token.expires,
        }
    }
}
