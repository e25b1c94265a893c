//! Users: the list, and one user with roles, aliases and history.

use ratatui::text::Span;

use super::{
    access::{reach, temporary},
    details::{Details, Item},
    geometry::Geometry,
    journal::history,
    paged_list,
    paint::{Canvas, Column, figures, fixed, flexible, span},
};
use crate::{
    admin::row::UserRow,
    console::{action::Action, model::Model, text},
    directory::{ManagedBy, Origin, PermissionLevel, UserKind, membership::operator_may_change},
};

const COLUMNS: [Column; 8] = [
    fixed("", 1, 0),
    flexible("User", 22, 4, 0),
    flexible("Name", 12, 2, 4),
    fixed("State", 9, 6),
    flexible("Roles", 10, 3, 2),
    fixed("Level", 14, 3),
    fixed("Managed by", 10, 1),
    figures("Changed", 7, 5),
];

/// Draws the list.
pub(super) fn render(model: &Model, places: &Geometry, buffer: &mut Canvas) {
    let keymap = &model.settings.keymap;
    let teach = [format!(
        "Press {} to add one by hand, or let a provider push them: {} for Setup.",
        keymap.key(Action::AddUser),
        keymap.key(Action::Setup)
    )];
    paged_list(
        model,
        places,
        buffer,
        "Users",
        &model.users,
        &COLUMNS,
        |row| cells(model, row),
        &teach,
    );
}

/// Active or suspended, as a sign and its style.
pub(super) fn state(model: &Model, active: bool) -> Span<'static> {
    if active {
        span(model.signs.active, model.theme.ok)
    } else {
        span(model.signs.idle, model.theme.warn)
    }
}

/// Who manages something, as a badge.
pub(super) fn badge(model: &Model, managed_by: ManagedBy) -> Span<'static> {
    let style = match managed_by {
        ManagedBy::Local => model.theme.muted,
        ManagedBy::Provider(_) => model.theme.accent,
    };
    span(managed_by.as_str(), style)
}

fn cells(model: &Model, row: &UserRow) -> Vec<Vec<Span<'static>>> {
    let theme = &model.theme;
    let words = if row.active { theme.text } else { theme.muted };
    let name = match row.kind {
        UserKind::ServiceAccount => "service account".into(),
        UserKind::Person if row.display_name == row.user_name => "".into(),
        UserKind::Person if model.privacy => "***".into(),
        UserKind::Person => model.shown(&row.display_name),
    };
    let roles: Vec<_> = row.roles.iter().map(|role| model.shown(role)).collect();
    let level = match row.permission_level {
        PermissionLevel::User => theme.muted,
        PermissionLevel::Admin => theme.accent,
        _ => theme.text,
    };
    let (state_words, state_style) = if row.active {
        ("active", theme.muted)
    } else {
        ("suspended", theme.warn)
    };
    vec![
        vec![state(model, row.active)],
        vec![span(model.shown(&row.user_name).into_owned(), words)],
        vec![span(name.into_owned(), theme.muted)],
        vec![span(state_words, state_style)],
        vec![span(roles.join(", "), theme.muted)],
        vec![span(row.permission_level.as_str(), level)],
        vec![badge(model, row.managed_by)],
        vec![span(model.age(row.last_modified), theme.muted)],
    ]
}

/// The details of the selected user.
pub(super) fn details(model: &Model, cells: usize) -> Details {
    let mut details = Details::default();
    let theme = &model.theme;
    let Some(row) = model.users.current() else {
        return details;
    };
    let whole = model.user.as_ref().filter(|user| user.row.id == row.id);
    let row = whole.map_or(row, |user| &user.row);
    details.line(vec![span(
        model.shown(&row.user_name).into_owned(),
        theme.strong,
    )]);
    details.gap();
    if row.display_name != row.user_name && !model.privacy {
        details.pair(
            model,
            "name",
            vec![span(
                model.shown(&row.display_name).into_owned(),
                theme.text,
            )],
        );
    }
    let words = if row.active {
        " active"
    } else {
        " suspended: reaches nothing meanwhile"
    };
    details.pair(
        model,
        "state",
        vec![state(model, row.active), span(words, theme.text)],
    );
    let kind = match row.kind {
        UserKind::Person => "person",
        UserKind::ServiceAccount => "service account, which providers never see",
    };
    details.pair(model, "kind", vec![span(kind, theme.text)]);
    details.pair(
        model,
        "level",
        vec![span(row.permission_level.as_str(), theme.text)],
    );
    let mut managed = vec![badge(model, row.managed_by)];
    if let Some(provider) = row.managed_by.provider() {
        managed.push(span(
            format!("  read-only here; change it in {}", provider.title()),
            theme.muted,
        ));
    }
    details.pair(model, "managed by", managed);
    if let Some(external) = &row.external_id {
        details.pair(
            model,
            "external id",
            vec![span(model.shown(external).into_owned(), theme.text)],
        );
    }
    for (index, alias) in row.identity_aliases.iter().enumerate() {
        let label = if index == 0 { "aliases" } else { "" };
        details.pair(
            model,
            label,
            vec![span(model.shown(alias).into_owned(), theme.text)],
        );
    }
    details.pair(
        model,
        "made",
        vec![span(
            text::date_time(row.created, &model.settings.zone),
            theme.muted,
        )],
    );
    details.pair(model, "id", vec![span(row.id.to_string(), theme.muted)]);
    let Some(whole) = whole else {
        details.gap();
        details.line(vec![span("asking the server", theme.muted)]);
        return details;
    };
    details.heading(model, &format!("Roles {}", whole.memberships.len()));
    if whole.memberships.is_empty() {
        details.line(vec![span("  in no role", theme.muted)]);
    }
    for role in &whole.memberships {
        let item = Item::Membership {
            role: role.id,
            role_name: role.display_name.clone(),
            user: row.id,
            user_name: row.user_name.clone(),
            detachable: operator_may_change(row.managed_by, role.managed_by),
        };
        details.item(
            item,
            vec![
                span(format!("  {}", model.shown(&role.display_name)), theme.text),
                origin(model, role.origin, role.managed_by),
            ],
        );
    }
    if !row.active && !whole.memberships.is_empty() {
        details.line(vec![span(
            "  they grant nothing while the user is suspended",
            theme.warn,
        )]);
    }
    if !whole.temporary_access.is_empty() {
        let title = format!("For a time {}", whole.temporary_access.len());
        details.heading(model, &title);
        for given in &whole.temporary_access {
            temporary(&mut details, model, given, &given.resource_name);
        }
    }
    let ways = model.reached.as_ref().filter(|ways| ways.of == row.id.0);
    let none = if row.active {
        "nothing"
    } else {
        "nothing while it is suspended"
    };
    reach(&mut details, model, ("Reaches", none), ways, cells, |way| {
        &way.resource_name
    });
    history(&mut details, model, &whole.history);
    details
}

/// Who attached a member, as a note.
pub(super) fn origin(model: &Model, origin: Origin, managed_by: ManagedBy) -> Span<'static> {
    match origin {
        Origin::Local => span("   attached here", model.theme.muted),
        Origin::Provider => span(format!("   by {}", managed_by.as_str()), model.theme.accent),
    }
}
