//! What a box asks before an act is done.

use crate::{
    admin::{
        Request,
        row::{ConflictRow, HoldRow},
    },
    console::{
        action::{Action, Screen},
        model::Model,
        text,
        update::available::current_item,
        view::{details::Item, problem},
    },
    directory::{HoldState, ManagedBy},
};

/// A question that a box asks.
pub(super) struct Question {
    /// The question itself.
    pub title: String,
    /// What it means.
    pub sentence: String,
    /// The act.
    pub request: Request,
    /// What must be typed where the act cannot be taken back.
    pub name: String,
    /// What is said when it is done.
    pub done: String,
}

/// The question of an act that needs no more than a yes or a name.
pub(super) fn question(model: &Model, action: Action) -> Option<Question> {
    match action {
        Action::RevokeToken | Action::ActivateProvider | Action::DeactivateProvider => {
            about_provider(model, action)
        }
        Action::Link | Action::Dismiss => about_conflict(model, action),
        Action::Detach => away(current_item(model)?),
        Action::SuspendUser | Action::ReinstateUser => about_user(model, action),
        Action::Delete => deletion(model),
        Action::Release => release(model),
        Action::Undo => Some(Question {
            title: "Undo?".to_owned(),
            sentence: "Takes back your own last act.".to_owned(),
            request: Request::Undo,
            name: String::new(),
            done: "your last act is taken back".to_owned(),
        }),
        Action::ApproveHold | Action::RefuseHold => {
            let hold = model.undecided().next().or_else(|| model.holds.first())?;
            Some(decision(hold, action == Action::ApproveHold))
        }
        _ => None,
    }
}

fn about_provider(model: &Model, action: Action) -> Option<Question> {
    if action == Action::RevokeToken {
        let token = model.selected_token()?;
        return Some(Question {
            title: "Revoke the token?".to_owned(),
            sentence: format!(
                "{} of {} is refused from now on. Make sure that the provider has another one.",
                token.name,
                token.provider.title()
            ),
            request: Request::RevokeToken { id: token.id },
            name: token.name.clone(),
            done: format!("token {} is revoked", token.name),
        });
    }
    let row = model.selected_provider()?;
    let provider = row.provider;
    let name = provider.as_str().to_owned();
    Some(if action == Action::ActivateProvider {
        Question {
            title: format!("Activate {provider}?"),
            sentence: format!("{} may push again with its live tokens.", provider.title()),
            request: Request::ActivateProvider { provider },
            name,
            done: format!("{provider} is active"),
        }
    } else {
        Question {
            title: format!("Deactivate {provider}?"),
            sentence: format!(
                "Its {} live tokens are revoked. Its {} users and {} roles stay as they are, read-only.",
                row.tokens, row.users, row.roles
            ),
            request: Request::DeactivateProvider { provider },
            name,
            done: format!("{provider} is deactivated"),
        }
    })
}

fn about_conflict(model: &Model, action: Action) -> Option<Question> {
    let row = model.selected_conflict()?;
    let ConflictRow {
        id, name, existing, ..
    } = row;
    Some(if action == Action::Link {
        Question {
            title: format!("Link {name}?"),
            sentence: format!(
                "The {} {} becomes {}'s; what was pushed is applied now, and the provider's next try succeeds.",
                existing.kind.words(),
                existing.name,
                row.provider.title()
            ),
            request: Request::LinkConflict { id: *id },
            name: name.clone(),
            done: format!("{name} is linked"),
        }
    } else {
        Question {
            title: format!("Dismiss {name}?"),
            sentence: format!(
                "Nothing changes here: {}. It stays dismissed; the provider's further tries are refused and only counted.",
                problem(row.kind)
            ),
            request: Request::DismissConflict { id: *id },
            name: name.clone(),
            done: format!("{name} is dismissed"),
        }
    })
}

/// Takes what is selected in the details away.
fn away(item: Item) -> Option<Question> {
    Some(match item {
        Item::Membership {
            role,
            role_name,
            user,
            user_name,
            ..
        } => Question {
            title: "Detach?".to_owned(),
            sentence: format!("{user_name} leaves the role {role_name}."),
            request: Request::Detach {
                role: role.to_string(),
                user: user.to_string(),
            },
            done: format!("{user_name} left {role_name}"),
            name: user_name,
        },
        Item::Grant(grant) => Question {
            title: "Take the grant away?".to_owned(),
            sentence: format!(
                "The members of {} no longer reach {} through it.",
                grant.role_name, grant.resource_name
            ),
            request: Request::RevokeAccess {
                role: grant.role.to_string(),
                resource: grant.resource.to_string(),
            },
            done: format!(
                "{} no longer grants {}",
                grant.role_name, grant.resource_name
            ),
            name: grant.resource_name,
        },
        Item::Temporary(given) => Question {
            title: "Take the access away?".to_owned(),
            sentence: format!(
                "{} was given {} for a time; that ends now.",
                given.user_name, given.resource_name
            ),
            request: Request::TakeAccess {
                user: given.user.to_string(),
                resource: given.resource.to_string(),
            },
            done: format!("{} no longer has {}", given.user_name, given.resource_name),
            name: given.resource_name,
        },
        Item::Change(_) | Item::Conflict(_) | Item::Exchange(_) | Item::Link(_) => return None,
    })
}

fn about_user(model: &Model, action: Action) -> Option<Question> {
    let row = model.users.current()?;
    let name = row.user_name.clone();
    let user = row.id.to_string();
    Some(if action == Action::SuspendUser {
        Question {
            title: format!("Suspend {name}?"),
            sentence: match row.roles.len() {
                0 => "It is in no role; what it was given for a time is kept from it.".to_owned(),
                roles => format!(
                    "It keeps its {}, which grant nothing meanwhile.",
                    text::count(roles as u64, "membership")
                ),
            },
            request: Request::SuspendUser { user },
            done: format!("{name} is suspended"),
            name,
        }
    } else {
        Question {
            title: format!("Reinstate {name}?"),
            sentence: format!("{name} reaches again what its roles grant."),
            request: Request::ReinstateUser { user },
            done: format!("{name} is active again"),
            name,
        }
    })
}

fn deletion(model: &Model) -> Option<Question> {
    let (what, name, sentence, request) = match model.screen {
        Screen::Users => {
            let row = model.users.current()?;
            let user = row.id.to_string();
            let sentence = match row.roles.len() {
                0 => "It goes for good, with every temporary access.".to_owned(),
                roles => format!(
                    "It goes with its {} and every temporary access.",
                    text::count(roles as u64, "membership")
                ),
            };
            let name = row.user_name.clone();
            ("user", name, sentence, Request::DeleteUser { user })
        }
        Screen::Roles => {
            let row = model.roles.current()?;
            let role = row.id.to_string();
            let sentence = match row.provider_members + row.local_members {
                0 => "It goes for good, with every grant; nobody is in it.".to_owned(),
                members => format!(
                    "It goes with its {} and every grant.",
                    text::count(members, "membership")
                ),
            };
            let name = row.display_name.clone();
            ("role", name, sentence, Request::DeleteRole { role })
        }
        Screen::Access => {
            let row = model.resources.current()?;
            let resource = row.id.to_string();
            let sentence =
                "It goes with its grants and temporary access: nobody reaches it any more.";
            let name = row.name.clone();
            let request = Request::DeleteResource { resource };
            ("resource", name, sentence.to_owned(), request)
        }
        _ => return None,
    };
    Some(Question {
        title: format!("Delete the {what} {name}?"),
        sentence,
        request,
        done: format!("{name} is deleted"),
        name,
    })
}

fn release(model: &Model) -> Option<Question> {
    let (name, managed_by, request): (_, ManagedBy, _) = match model.screen {
        Screen::Users => {
            let row = model.users.current()?;
            let user = row.id.to_string();
            let name = row.user_name.clone();
            (name, row.managed_by, Request::ReleaseUser { user })
        }
        Screen::Roles => {
            let row = model.roles.current()?;
            let role = row.id.to_string();
            let name = row.display_name.clone();
            (name, row.managed_by, Request::ReleaseRole { role })
        }
        _ => return None,
    };
    let provider = managed_by.provider()?.title();
    Some(Question {
        title: format!("Release {name}?"),
        sentence: format!(
            "It becomes local, with its memberships, and is changed here from then on. If {provider} still pushes \
             it, {provider} takes it over again."
        ),
        request,
        done: format!("{name} is local now"),
        name,
    })
}

/// Whether a provider may go on with what is held.
pub(super) fn decision(hold: &HoldRow, approve: bool) -> Question {
    let provider = hold.provider.title();
    let waiting = text::count(hold.attempts, "push").replace("pushs", "pushes");
    let again = if hold.state == HoldState::Held {
        ""
    } else {
        " It was decided otherwise before."
    };
    if approve {
        Question {
            title: format!("Let {provider} go on?"),
            sentence: format!(
                "{waiting} suspended or deleted too many users at once and wait; {provider}'s own retry then goes \
                 through.{again}"
            ),
            request: Request::ApproveHold { id: hold.id },
            name: hold.provider.as_str().to_owned(),
            done: format!("{provider} may go on"),
        }
    } else {
        Question {
            title: format!("Turn {provider}'s suspensions away?"),
            sentence: format!(
                "{waiting} and any further one are refused until the hold ends. Check the assignments in \
                 {provider}.{again}"
            ),
            request: Request::RefuseHold { id: hold.id },
            name: hold.provider.as_str().to_owned(),
            done: format!("{provider}'s suspensions are turned away"),
        }
    }
}
