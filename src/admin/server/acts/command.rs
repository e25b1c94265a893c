//! From what was asked to the command that does it.

use serde_json::json;

use super::super::{find, refused::Refused};
use crate::{
    admin::Request,
    directory::{Command, PermissionLevel, Provider, UserKind},
    scim::{Document, resource::UserAttributes},
    service::auth::{RANDOM_BYTES, Secret},
    store::Snapshot,
};

/// The command, and for a new token its secret.
pub(super) fn command(
    snapshot: &dyn Snapshot,
    request: Request,
) -> Result<(Command, Option<Secret>), Refused> {
    let command = match request {
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
        Request::ActivateProvider { provider } => Command::ActivateProvider { provider },
        Request::DeactivateProvider { provider } => Command::DeactivateProvider { provider },
        Request::RevokeToken { id } => Command::RevokeToken { id },
        Request::LinkConflict { id } => Command::LinkConflict { id },
        Request::RenameConflict { id, name } => Command::RenameConflict { id, name },
        Request::DismissConflict { id } => Command::DismissConflict { id },
        Request::ApproveHold { id } => Command::ApproveHold { id },
        Request::RefuseHold { id } => Command::RefuseHold { id },
        request => of_user(snapshot, request)?,
    };
    Ok((command, None))
}

fn of_user(snapshot: &dyn Snapshot, request: Request) -> Result<Command, Refused> {
    let id = |given: &str| find::user(snapshot, given).map(|user| user.id);
    Ok(match request {
        Request::AddUser {
            user_name,
            service_account,
            given,
            family,
            level,
        } => add_user(&user_name, service_account, [given, family], level)?,
        Request::SetLevel { user, level } => Command::SetPermissionLevel {
            id: id(&user)?,
            level,
        },
        Request::EditUser { user, profile } => Command::EditUser {
            id: id(&user)?,
            profile,
        },
        Request::SuspendUser { user } => Command::SuspendUser { id: id(&user)? },
        Request::ReinstateUser { user } => Command::ReinstateUser { id: id(&user)? },
        Request::DeleteUser { user } => Command::RemoveUser { id: id(&user)? },
        Request::ReleaseUser { user } => Command::ReleaseUser { id: id(&user)? },
        request => of_role(snapshot, request)?,
    })
}

fn of_role(snapshot: &dyn Snapshot, request: Request) -> Result<Command, Refused> {
    let id = |given: &str| find::role(snapshot, given).map(|role| role.id);
    Ok(match request {
        Request::AddRole { display_name } => Command::AddRole { display_name },
        Request::RenameRole { role, display_name } => Command::RenameRole {
            id: id(&role)?,
            display_name,
        },
        Request::DeleteRole { role } => Command::RemoveRole { id: id(&role)? },
        Request::ReleaseRole { role } => Command::ReleaseRole { id: id(&role)? },
        Request::Attach { role, user } => Command::Attach {
            role: id(&role)?,
            user: find::user(snapshot, &user)?.id,
        },
        Request::Detach { role, user } => Command::Detach {
            role: id(&role)?,
            user: find::user(snapshot, &user)?.id,
        },
        request => of_resource(snapshot, request)?,
    })
}

fn of_resource(snapshot: &dyn Snapshot, request: Request) -> Result<Command, Refused> {
    let id = |given: &str| find::resource(snapshot, given).map(|resource| resource.id);
    Ok(match request {
        Request::AddResource { name, kind, tags } => Command::AddResource { name, kind, tags },
        Request::DeleteResource { resource } => Command::DeleteResource { id: id(&resource)? },
        Request::GrantAccess { role, resource } => Command::GrantAccess {
            role: find::role(snapshot, &role)?.id,
            resource: id(&resource)?,
        },
        Request::RevokeAccess { role, resource } => Command::RevokeAccess {
            role: find::role(snapshot, &role)?.id,
            resource: id(&resource)?,
        },
        Request::GiveAccess {
            user,
            resource,
            from,
            until,
        } => Command::GiveAccess {
            user: find::user(snapshot, &user)?.id,
            resource: id(&resource)?,
            from,
            until,
        },
        Request::TakeAccess { user, resource } => Command::TakeAccess {
            user: find::user(snapshot, &user)?.id,
            resource: id(&resource)?,
        },
        _ => return Err(Refused::because("This request is a question, not an act.")),
    })
}

fn add_user(
    user_name: &str,
    service_account: bool,
    [given, family]: [Option<String>; 2],
    level: PermissionLevel,
) -> Result<Command, Refused> {
    let mut document = Document::new();
    document.insert("userName".to_owned(), user_name.into());
    document.insert(
        "name".to_owned(),
        json!({ "givenName": given, "familyName": family }),
    );
    Ok(Command::AddUser {
        kind: if service_account {
            UserKind::ServiceAccount
        } else {
            UserKind::Person
        },
        attributes: UserAttributes::from_document(&document)?,
        level,
    })
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
