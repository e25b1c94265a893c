//! Why an action does nothing here and now, where that is not plain to see.

use super::{
    available::{current_item, has_selection, managed_by},
    batch,
};
use crate::{
    console::{
        action::{Action, Screen},
        model::{Focus, Model},
        view::details::Item,
    },
    directory::{ManagedBy, Provider},
};

/// Why an action does nothing here and now.
pub(super) fn why(model: &Model, action: Action) -> Option<String> {
    if batch::applies(model, action) {
        return batch::hindered(model, action);
    }
    if let Some(sentence) = elsewhere(model, action) {
        return Some(sentence);
    }
    Some(match action {
        Action::Resolve if model.screen == Screen::Live => {
            "this request opened no conflict".to_owned()
        }
        Action::Resolve | Action::Link | Action::Rename | Action::Dismiss => {
            match model.selected_conflict() {
                Some(row) => format!("this conflict is {} already", row.state),
                None => "no conflict is selected".to_owned(),
            }
        }
        Action::RevokeToken => match model.selected_token() {
            Some(_) => "this token is revoked already".to_owned(),
            None => "select a token first".to_owned(),
        },
        Action::ActivateProvider | Action::DeactivateProvider if !has_selection(model) => {
            "no provider is selected".to_owned()
        }
        Action::ActivateProvider => "this provider is active already".to_owned(),
        Action::DeactivateProvider => "this provider is not active".to_owned(),
        Action::Detach => match current_item(model) {
            Some(Item::Membership { .. }) => {
                "only the provider may end this membership: it manages both sides".to_owned()
            }
            _ => "open the details with enter, and select what shall be taken away".to_owned(),
        },
        Action::SuspendUser if model.users.current().is_some() => {
            "this user is suspended already".to_owned()
        }
        Action::ReinstateUser if model.users.current().is_some() => {
            "this user is active already".to_owned()
        }
        Action::Release if managed_by(model).is_some() => {
            "this is local already: there is nothing to release".to_owned()
        }
        Action::ApproveHold | Action::RefuseHold => "nothing is held".to_owned(),
        Action::Mark if model.focus == Focus::Syncs => {
            "requests are marked, syncs are not".to_owned()
        }
        Action::Mark if model.screen == Screen::Providers && has_selection(model) => {
            "select a token first".to_owned()
        }
        Action::UnmarkAll => "nothing is marked".to_owned(),
        Action::Mark
        | Action::Attach
        | Action::SetLevel
        | Action::EditUser
        | Action::SuspendUser
        | Action::ReinstateUser
        | Action::RenameRole
        | Action::Delete
        | Action::Release
        | Action::Grant
        | Action::Give
        | Action::CheckAccess => "nothing is selected".to_owned(),
        Action::Syncs => "no sync is known yet: one is, as soon as a provider pushes".to_owned(),
        Action::Follow if model.live.is_paused() => {
            let key = model.settings.keymap.key(Action::Pause);
            format!("the view is paused; {key} resumes it")
        }
        Action::Follow => "there is nothing to follow yet".to_owned(),
        Action::Open if has_selection(model) => "nothing leads on from here".to_owned(),
        Action::Open | Action::Copy | Action::CopyJson | Action::ToSubject => {
            "nothing is selected".to_owned()
        }
        Action::ToExchange if !has_selection(model) => "nothing is selected".to_owned(),
        Action::GoBack => "this is the first place visited".to_owned(),
        Action::GoForward => "there is nothing further on: go back first".to_owned(),
        Action::ToExchange => "no request caused this change".to_owned(),
        Action::Export => "there is nothing to export yet".to_owned(),
        _ => return None,
    })
}

/// Where a change must be made that only the managing provider may make.
fn elsewhere(model: &Model, action: Action) -> Option<String> {
    let ManagedBy::Provider(provider) = managed_by(model)? else {
        return None;
    };
    let what = match action {
        Action::EditUser | Action::RenameRole => "change",
        Action::SuspendUser | Action::ReinstateUser | Action::Delete => "do",
        _ => return None,
    };
    let place = place(provider, model.screen == Screen::Roles);
    let key = model.settings.keymap.key(Action::Release);
    Some(format!(
        "managed by {provider}: {what} it in {place}, or release it with {key}"
    ))
}

/// Where a provider's admin finds it.
fn place(provider: Provider, role: bool) -> String {
    match (provider, role) {
        (Provider::Okta, true) => "Okta, on the app's Push Groups".to_owned(),
        (Provider::Okta, false) => "Okta, on the app's Assignments".to_owned(),
        (provider, _) => provider.title().to_owned(),
    }
}
