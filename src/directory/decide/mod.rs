//! The decisions: one function, a file per noun.
//!
//! Every decision is made in a [`draft`]: rows and journal entries, which are dropped where it is
//! refused. [`user`] and [`role`] are what providers push; [`local`], [`attachment`],
//! [`provider_token`] and [`resolution`] what operators ask for. All of them change rows through
//! [`user_edit`] and [`role_edit`], and memberships through [`members`].

mod attachment;
mod condition;
mod conflict;
pub(super) mod difference;
mod draft;
mod local;
mod members;
mod name;
mod provider_token;
pub(super) mod resolution;
pub(super) mod role;
mod role_edit;
mod user;
pub(super) mod user_edit;

#[cfg(test)]
mod tests;

use super::{
    command::{Command, Decision, Stamp},
    event::Actor,
    provider::Provider,
    refusal::Refusal,
    view::{ReadError, View},
};

/// Why there is no decision.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Undecided {
    /// The command is refused; nothing changes.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The view could not be read.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
}

/// What a step of a decision gives.
type Decided<T> = Result<T, Undecided>;

/// Decides what a command does to the directory that `view` shows.
///
/// # Errors
/// The refusal, or that the view could not be read. A push that is refused because of what is here
/// is no error but an [`Outcome::Refused`](super::Outcome::Refused), since it leaves a conflict.
pub fn decide(
    view: &dyn View,
    actor: &Actor,
    command: &Command,
    stamp: &Stamp,
) -> Result<Decision, Undecided> {
    match actor.provider() {
        Some(provider) => pushed(view, provider, command, stamp),
        None => asked(view, command, stamp),
    }
}

/// What a provider may ask for.
fn pushed(
    view: &dyn View,
    provider: Provider,
    command: &Command,
    stamp: &Stamp,
) -> Decided<Decision> {
    let users = user::Push {
        view,
        stamp,
        provider,
    };
    let roles = role::Push {
        view,
        stamp,
        provider,
    };
    match command {
        Command::CreateUser { attributes } => users.create(attributes),
        Command::ReplaceUser {
            id,
            attributes,
            condition,
        } => users.replace(*id, attributes, condition),
        Command::PatchUser {
            id,
            patch,
            payload,
            condition,
        } => users.patch(*id, patch, payload, condition),
        Command::DeleteUser { id, condition } => users.delete(*id, condition),
        Command::CreateRole { attributes } => roles.create(attributes),
        Command::ReplaceRole {
            id,
            attributes,
            condition,
        } => roles.replace(*id, attributes, condition),
        Command::PatchRole {
            id,
            patch,
            payload,
            condition,
        } => roles.patch(*id, patch, payload, condition),
        Command::DeleteRole { id, condition } => roles.delete(*id, condition),
        _ => Err(not_permitted(
            "Only an operator may do this; a provider may push users and groups.",
        )),
    }
}

/// What an operator may ask for.
fn asked(view: &dyn View, command: &Command, stamp: &Stamp) -> Decided<Decision> {
    match command {
        Command::AddUser {
            kind,
            attributes,
            level,
        } => local::add_user(view, stamp, *kind, attributes, *level),
        Command::SetPermissionLevel { id, level } => local::set_level(view, stamp, *id, *level),
        Command::AddRole { display_name } => local::add_role(view, stamp, display_name),
        Command::Attach { role, user } => attachment::attach(view, stamp, *role, *user),
        Command::Detach { role, user } => attachment::detach(view, stamp, *role, *user),
        Command::ActivateProvider { provider } => provider_token::activate(view, stamp, *provider),
        Command::DeactivateProvider { provider } => {
            provider_token::deactivate(view, stamp, *provider)
        }
        Command::CreateToken {
            provider,
            name,
            expires,
            hash,
            prefix,
        } => {
            let new = provider_token::NewToken {
                provider: *provider,
                name,
                expires: *expires,
                hash: *hash,
                prefix,
            };
            provider_token::create(view, stamp, &new)
        }
        Command::RevokeToken { id } => provider_token::revoke(view, stamp, *id),
        Command::LinkConflict { id } => resolution::link(view, stamp, *id),
        Command::RenameConflict { id, name } => resolution::rename(view, stamp, *id, name),
        Command::DismissConflict { id } => resolution::dismiss(view, stamp, *id),
        Command::CreateUser { .. }
        | Command::ReplaceUser { .. }
        | Command::PatchUser { .. }
        | Command::DeleteUser { .. }
        | Command::CreateRole { .. }
        | Command::ReplaceRole { .. }
        | Command::PatchRole { .. }
        | Command::DeleteRole { .. } => Err(not_permitted(
            "Only a provider may push; it needs a token of its own.",
        )),
    }
}

fn not_permitted(why: &str) -> Undecided {
    let why = why.to_owned();
    Refusal::NotPermitted { why }.into()
}
