//! The decisions: one function, a file per noun.
//!
//! Every decision is made in a [`draft`]: rows and journal entries, which are dropped where it is
//! refused. [`user`] and [`role`] are what providers push, past the [`safeguard`]s; [`local`],
//! [`local_edit`], [`attachment`], [`access`], [`provider_token`] and [`resolution`] what operators
//! ask for. All of them change rows through [`user_edit`] and [`role_edit`], memberships through
//! [`members`], and delete through [`removal`].

mod access;
mod attachment;
mod condition;
mod conflict;
pub(super) mod difference;
mod draft;
mod find;
mod local;
mod local_edit;
mod members;
mod name;
mod provider_token;
mod removal;
pub(super) mod resolution;
pub(super) mod role;
mod role_edit;
mod safeguard;
mod user;
pub(super) mod user_edit;

#[cfg(test)]
mod tests;

use super::{
    command::{Command, Decision, Stamp},
    event::Actor,
    provider::Provider,
    refusal::Refusal,
    safeguard::Policy,
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
/// is no error but an [`Outcome::Refused`](super::Outcome::Refused), since it leaves a conflict;
/// likewise [`Outcome::Held`](super::Outcome::Held), which leaves a hold.
pub fn decide(
    view: &dyn View,
    actor: &Actor,
    command: &Command,
    stamp: &Stamp,
    policy: &Policy,
) -> Result<Decision, Undecided> {
    match actor.provider() {
        Some(provider) => pushed(view, provider, command, stamp, policy),
        None => asked(view, command, stamp, policy),
    }
}

/// What a provider may ask for.
fn pushed(
    view: &dyn View,
    provider: Provider,
    command: &Command,
    stamp: &Stamp,
    policy: &Policy,
) -> Decided<Decision> {
    let users = user::Push {
        view,
        stamp,
        provider,
        policy,
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

/// What an operator may ask for, and the clock.
fn asked(view: &dyn View, command: &Command, stamp: &Stamp, policy: &Policy) -> Decided<Decision> {
    about_users(view, command, stamp)
        .or_else(|| about_roles(view, command, stamp))
        .or_else(|| about_access(view, command, stamp))
        .or_else(|| about_providers(view, command, stamp))
        .or_else(|| about_what_was_refused(view, command, stamp, policy))
        .unwrap_or_else(|| {
            Err(not_permitted(
                "Only a provider may push; it needs a token of its own.",
            ))
        })
}

/// The decision, if the command is about a user.
fn about_users(view: &dyn View, command: &Command, stamp: &Stamp) -> Option<Decided<Decision>> {
    Some(match command {
        Command::AddUser {
            kind,
            attributes,
            level,
        } => local::add_user(view, stamp, *kind, attributes, *level),
        Command::SetPermissionLevel { id, level } => local::set_level(view, stamp, *id, *level),
        Command::EditUser { id, profile } => local_edit::edit_user(view, stamp, *id, profile),
        Command::SuspendUser { id } => local_edit::set_active(view, stamp, *id, false),
        Command::ReinstateUser { id } => local_edit::set_active(view, stamp, *id, true),
        Command::RemoveUser { id } => local_edit::remove_user(view, stamp, *id),
        Command::ReleaseUser { id } => local_edit::release_user(view, stamp, *id),
        _ => return None,
    })
}

/// The decision, if the command is about a role.
fn about_roles(view: &dyn View, command: &Command, stamp: &Stamp) -> Option<Decided<Decision>> {
    Some(match command {
        Command::AddRole { display_name } => local::add_role(view, stamp, display_name),
        Command::RenameRole { id, display_name } => {
            local_edit::rename_role(view, stamp, *id, display_name)
        }
        Command::RemoveRole { id } => local_edit::remove_role(view, stamp, *id),
        Command::ReleaseRole { id } => local_edit::release_role(view, stamp, *id),
        Command::Attach { role, user } => attachment::attach(view, stamp, *role, *user),
        Command::Detach { role, user } => attachment::detach(view, stamp, *role, *user),
        _ => return None,
    })
}

/// The decision, if the command is about what can be reached.
fn about_access(view: &dyn View, command: &Command, stamp: &Stamp) -> Option<Decided<Decision>> {
    Some(match command {
        Command::AddResource { name, kind, tags } => {
            access::add_resource(view, stamp, name, kind, tags)
        }
        Command::DeleteResource { id } => access::delete_resource(view, stamp, *id),
        Command::GrantAccess { role, resource } => access::grant(view, stamp, *role, *resource),
        Command::RevokeAccess { role, resource } => access::revoke(view, stamp, *role, *resource),
        Command::GiveAccess {
            user,
            resource,
            from,
            until,
        } => access::give(view, stamp, (*user, *resource), *from, *until),
        Command::TakeAccess { user, resource } => access::take(view, stamp, *user, *resource),
        Command::PassTime => access::pass_time(view, stamp),
        _ => return None,
    })
}

/// The decision, if the command is about a provider or its tokens.
fn about_providers(view: &dyn View, command: &Command, stamp: &Stamp) -> Option<Decided<Decision>> {
    Some(match command {
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
        _ => return None,
    })
}

/// The decision, if the command is about a conflict or a hold.
fn about_what_was_refused(
    view: &dyn View,
    command: &Command,
    stamp: &Stamp,
    policy: &Policy,
) -> Option<Decided<Decision>> {
    let safeguard = &policy.mass_suspension;
    Some(match command {
        Command::LinkConflict { id } => resolution::link(view, stamp, *id),
        Command::RenameConflict { id, name } => resolution::rename(view, stamp, *id, name),
        Command::DismissConflict { id } => resolution::dismiss(view, stamp, *id),
        Command::ApproveHold { id } => safeguard::approve(view, stamp, safeguard, *id),
        Command::RefuseHold { id } => safeguard::refuse(view, stamp, safeguard, *id),
        _ => return None,
    })
}

fn not_permitted(why: &str) -> Undecided {
    let why = why.to_owned();
    Refusal::NotPermitted { why }.into()
}
