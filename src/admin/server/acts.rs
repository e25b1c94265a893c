//! Acts: a command from what was asked, and the answer from its outcome.

mod command;
mod undo;

use std::sync::Arc;

use super::{find, refused::Refused, rows};
use crate::{
    admin::{
        Reply, Request,
        row::{self, JournalRow, NewToken, ResourceRow, RoleRow, UndoRow, UserRow},
    },
    directory::{Actor, Command, Outcome, Token},
    service::{Engine, auth::Secret},
    store::{Done, Snapshot},
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
    let plan = {
        let (engine, actor) = (Arc::clone(engine), actor.clone());
        super::blocking(move || Plan::make(&engine, &actor, request)).await?
    };
    let done = if dry_run {
        engine.preview(actor, plan.command).await?
    } else {
        engine.execute(actor, plan.command, None).await?
    };
    let (engine, aside) = (Arc::clone(engine), plan.aside);
    super::blocking(move || Answering::new(&engine, done, dry_run)?.reply(aside)).await
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

/// What is to be done, with what the answer needs beside the outcome.
struct Plan {
    command: Command,
    aside: Aside,
}

/// What the outcome does not say.
enum Aside {
    Nothing,
    /// A new token's.
    Secret(Secret),
    /// What is about to be deleted, as it was.
    User(Box<UserRow>),
    Role(Box<RoleRow>),
    Resource(Box<ResourceRow>),
    /// The act that is taken back.
    Undone(Box<UndoRow>),
}

impl Plan {
    fn make(engine: &Engine, actor: &Actor, request: Request) -> Result<Self, Refused> {
        let snapshot = &*engine.snapshot()?;
        if request == Request::Undo {
            let (command, undone) = undo::last_act(snapshot, actor)?;
            return Ok(Self {
                command,
                aside: Aside::Undone(Box::new(undone)),
            });
        }
        let aside = match &request {
            Request::DeleteUser { user } => {
                let user = find::user(snapshot, user)?;
                Aside::User(Box::new(rows::user(snapshot, &user)?))
            }
            Request::DeleteRole { role } => {
                let role = find::role(snapshot, role)?;
                Aside::Role(Box::new(rows::role(engine, snapshot, &role)?))
            }
            Request::DeleteResource { resource } => {
                let resource = find::resource(snapshot, resource)?;
                Aside::Resource(Box::new(rows::resource(resource)))
            }
            _ => Aside::Nothing,
        };
        let (command, secret) = command::command(snapshot, request)?;
        Ok(Self {
            command,
            aside: secret.map_or(aside, Aside::Secret),
        })
    }
}

/// What an answer to an act is made of, whichever act it was.
struct Answering<'a> {
    engine: &'a Engine,
    snapshot: Box<dyn Snapshot>,
    outcome: Outcome,
    changes: Vec<JournalRow>,
    dry_run: bool,
}

impl<'a> Answering<'a> {
    fn new(engine: &'a Engine, done: Done, dry_run: bool) -> Result<Self, Refused> {
        Ok(Self {
            engine,
            snapshot: engine.snapshot()?,
            outcome: done.outcome,
            changes: done.entries.into_iter().map(rows::journal).collect(),
            dry_run,
        })
    }

    fn reply(self, aside: Aside) -> Result<Reply, Refused> {
        Ok(match aside {
            Aside::Undone(undone) => Reply::UndoDone(Box::new(self.done(*undone))),
            Aside::User(row) => Reply::UserDone(Box::new(self.done(*row))),
            Aside::Role(row) => Reply::RoleDone(Box::new(self.done(*row))),
            Aside::Resource(row) => Reply::ResourceDone(Box::new(self.done(*row))),
            Aside::Secret(secret) => match &self.outcome {
                Outcome::Token(token) => {
                    Reply::NewToken(Box::new(self.new_token((**token).clone(), &secret)))
                }
                _ => return Err(Refused::because("There is no answer to this act.")),
            },
            Aside::Nothing => self.told_by_outcome()?,
        })
    }

    fn told_by_outcome(self) -> Result<Reply, Refused> {
        let (engine, snapshot) = (self.engine, &*self.snapshot);
        Ok(match &self.outcome {
            Outcome::User { user, .. } => {
                let row = rows::user(snapshot, user)?;
                Reply::UserDone(Box::new(self.done(row)))
            }
            Outcome::Role { role, .. } => {
                let row = rows::role(engine, snapshot, role)?;
                Reply::RoleDone(Box::new(self.done(row)))
            }
            Outcome::Membership(membership) => {
                let row = rows::membership(snapshot, *membership)?;
                Reply::MembershipDone(Box::new(self.done(row)))
            }
            Outcome::Provider(record) => {
                let mut row = rows::provider(engine, snapshot, record.provider, engine.now())?;
                row.state = record.state;
                Reply::ProviderDone(Box::new(self.done(row)))
            }
            Outcome::Token(token) => {
                let row = rows::token(engine, snapshot, token)?;
                Reply::TokenDone(Box::new(self.done(row)))
            }
            Outcome::Conflict(conflict) => {
                let row = rows::conflict(conflict);
                Reply::ConflictDone(Box::new(self.done(row)))
            }
            Outcome::Resource(resource) => {
                let row = rows::resource((**resource).clone());
                Reply::ResourceDone(Box::new(self.done(row)))
            }
            Outcome::Grant(grant) => {
                let row = rows::grant(snapshot, *grant)?;
                Reply::GrantDone(Box::new(self.done(row)))
            }
            Outcome::TemporaryAccess(access) => {
                let row = rows::temporary_access(snapshot, *access)?;
                Reply::TemporaryAccessDone(Box::new(self.done(row)))
            }
            Outcome::Hold(hold) => {
                let row = rows::hold((**hold).clone());
                Reply::HoldDone(Box::new(self.done(row)))
            }
            Outcome::Refused { refusal, .. } | Outcome::Held { refusal, .. } => {
                return Err(Refused::because(refusal));
            }
            Outcome::Deleted | Outcome::TimePassed { .. } => {
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
