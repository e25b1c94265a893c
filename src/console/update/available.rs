//! Which actions work here and now: what footer and palette show, and what a key may do.

use super::{batch, mark};
use crate::{
    console::{
        action::{Action, Screen},
        model::{Focus, Model, target::Target},
        view::{
            details::{self, Item},
            geometry::has_details,
        },
    },
    directory::{ConflictState, ManagedBy, ProviderState},
};

/// Whether the console may do it at all: a read-only one refuses every act.
pub fn is_allowed(model: &Model, action: Action) -> bool {
    !(model.settings.read_only && action.is_act())
}

/// Whether it would do something here and now.
pub fn is_available(model: &Model, action: Action) -> bool {
    if !is_allowed(model, action) || !action.info().screens.contains(&model.screen) {
        return false;
    }
    if batch::applies(model, action) {
        return batch::may(model, action);
    }
    let marked = model.marks.count(model.screen) > 0;
    let open = |conflict: &crate::admin::row::ConflictRow| conflict.state == ConflictState::Open;
    match action {
        Action::Link | Action::Rename | Action::Dismiss => {
            model.selected_conflict().is_some_and(open)
        }
        Action::Resolve if model.screen == Screen::Live => model.live.conflict().is_some(),
        Action::Resolve => model.selected_conflict().is_some_and(open),
        Action::Open => match model.focus {
            Focus::List => has_selection(model),
            Focus::Syncs => model.live.sync().is_some(),
            Focus::Details => current_target(model).is_some(),
        },
        Action::RevokeToken => model.selected_token().is_some_and(|t| t.revoked.is_none()),
        Action::ActivateProvider => model
            .selected_provider()
            .is_some_and(|p| p.state == ProviderState::Inactive),
        Action::DeactivateProvider => model
            .selected_provider()
            .is_some_and(|p| p.state == ProviderState::Active),
        Action::SetLevel => model.users.current().is_some(),
        Action::Detach => matches!(
            current_item(model),
            Some(
                Item::Membership {
                    detachable: true,
                    ..
                } | Item::Grant(_)
                    | Item::Temporary(_)
            )
        ),
        Action::EditUser | Action::SuspendUser | Action::ReinstateUser => may_change(model, action),
        Action::RenameRole | Action::Delete if model.screen != Screen::Access => {
            managed_by(model) == Some(ManagedBy::Local)
        }
        Action::Release => managed_by(model).is_some_and(|by| by != ManagedBy::Local),
        Action::GoBack => model.trail.has_behind(),
        Action::GoForward => model.trail.has_ahead(),
        Action::ApproveHold | Action::RefuseHold => !model.holds.is_empty(),
        Action::Syncs => !model.live.syncs.is_empty(),
        Action::Export | Action::Copy | Action::CopyJson if model.focus == Focus::Syncs => {
            model.live.sync().is_some()
        }
        Action::Export => marked || !model.live.is_empty(),
        Action::Mark => model.focus != Focus::Syncs && mark::can_be_marked(model),
        Action::UnmarkAll => marked,
        Action::Copy | Action::CopyJson => marked || has_selection(model),
        Action::Follow => !model.live.is_empty() && !model.live.is_paused(),
        Action::Back => {
            model.focus != Focus::List
                || (model.screen == Screen::Live && model.live.opened.is_some())
                || super::filter::active(model).is_some_and(|f| !f.is_empty())
        }
        Action::Attach
        | Action::Grant
        | Action::Give
        | Action::CheckAccess
        | Action::Delete
        | Action::NextTab
        | Action::PreviousTab
        | Action::ToSubject => has_selection(model),
        Action::ToExchange => model
            .changes
            .current()
            .is_some_and(|change| change.exchange.is_some()),
        _ => true,
    }
}

/// Who manages the selected user or role.
pub(super) fn managed_by(model: &Model) -> Option<ManagedBy> {
    match model.screen {
        Screen::Users => model.users.current().map(|row| row.managed_by),
        Screen::Roles => model.roles.current().map(|row| row.managed_by),
        _ => None,
    }
}

/// Whether the selected user can be changed this way.
fn may_change(model: &Model, action: Action) -> bool {
    let local = model.users.current();
    let Some(row) = local.filter(|row| row.managed_by == ManagedBy::Local) else {
        return false;
    };
    match action {
        Action::SuspendUser => row.active,
        Action::ReinstateUser => !row.active,
        _ => true,
    }
}

/// The selected part of the details, while the keys act on them.
pub(super) fn current_item(model: &Model) -> Option<Item> {
    if model.focus != Focus::Details {
        return None;
    }
    let (details, _) = details::current(model);
    let item = details.items.into_iter().nth(model.details.index);
    item.map(|(_, item)| item)
}

/// Where the selected line of the details leads, while the keys act on them.
pub fn current_target(model: &Model) -> Option<Target> {
    current_item(model)?.target(model.screen)
}

/// Whether a row is selected.
pub(super) fn has_selection(model: &Model) -> bool {
    match model.screen {
        Screen::Live => model.live.current().is_some(),
        Screen::Users => model.users.current().is_some(),
        Screen::Roles => model.roles.current().is_some(),
        Screen::Conflicts => model.selected_conflict().is_some(),
        Screen::Access => model.resources.current().is_some(),
        Screen::Providers => model.provider_line().is_some(),
        Screen::Journal => model.changes.current().is_some(),
        Screen::Setup => !model.setup.is_empty(),
    }
}

/// Whether the details can be opened.
pub(super) fn can_open_details(model: &Model) -> bool {
    has_details(model.screen) && has_selection(model)
}
