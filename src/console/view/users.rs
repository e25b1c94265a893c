//! Users: the list, and one user with roles, aliases and history.

use ratatui::text::Span;

use super::{
    access::{reach, temporary},
    conflicts::listed as conflicts,
    details::{Details, Item},
    geometry::Geometry,
    journal::history,
    paged_list,
    paint::{Canvas, span},
    table::Cell,
};
use crate::{
    admin::row::UserRow,
    console::{
        action::Action,
        columns::UserColumn,
        model::{Model, target::Target},
        text,
    },
    directory::{ManagedBy, Origin, PermissionLevel, UserKind, membership::operator_may_change},
};

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
        |row, column| cell(model, row, column),
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

fn cell(model: &Model, row: &UserRow, column: UserColumn) -> Cell {
    let theme = &model.theme;
    let faint = |text: String| span(text, theme.muted);
    vec![match column {
        UserColumn::Sign => state(model, row.active),
        UserColumn::User => {
            let words = if row.active { theme.text } else { theme.muted };
            span(model.shown(&row.user_name).into_owned(), words)
        }
        UserColumn::Name => faint(match row.kind {
            UserKind::ServiceAccount => "service account".to_owned(),
            UserKind::Person if row.display_name == row.user_name => String::new(),
            UserKind::Person if model.privacy => "***".to_owned(),
            UserKind::Person => model.shown(&row.display_name).into_owned(),
        }),
        UserColumn::State if row.active => span("active", theme.muted),
        UserColumn::State => span("suspended", theme.warn),
        UserColumn::Kind => span(
            match row.kind {
                UserKind::Person => "person",
                UserKind::ServiceAccount => "service account",
            },
            theme.muted,
        ),
        UserColumn::Roles => {
            let roles: Vec<_> = row.roles.iter().map(|role| model.shown(role)).collect();
            faint(roles.join(", "))
        }
        UserColumn::Level => {
            let style = match row.permission_level {
                PermissionLevel::User => theme.muted,
                PermissionLevel::Admin => theme.accent,
                _ => theme.text,
            };
            span(row.permission_level.as_str(), style)
        }
        UserColumn::ManagedBy => badge(model, row.managed_by),
        UserColumn::Aliases => faint(model.shown(&row.identity_aliases.join("; ")).into_owned()),
        UserColumn::ExternalId => faint(external(model, row.external_id.as_deref())),
        UserColumn::Id => faint(row.id.to_string()),
        UserColumn::Created => faint(model.age(row.created)),
        UserColumn::Changed => faint(model.age(row.last_modified)),
    }]
}

/// The provider's own id of something, as far as it gave one.
pub(super) fn external(model: &Model, id: Option<&str>) -> String {
    id.map_or_else(String::new, |id| model.shown(id).into_owned())
}

/// The details of the selected user.
pub(super) fn details(model: &Model, cells: usize) -> Details {
    let mut details = Details::default();
    let theme = &model.theme;
    let Some(row) = model.users.current() else {
        details.waiting = model.users.total.is_none();
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
        details.wait(model);
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
        (
            &way.resource_name,
            Target::resource(way.resource, &way.resource_name),
        )
    });
    conflicts(&mut details, model, &whole.conflicts);
    history(&mut details, model, &row.id.to_string(), &whole.history);
    details
}

/// Who attached a member, as a note.
pub(super) fn origin(model: &Model, origin: Origin, managed_by: ManagedBy) -> Span<'static> {
    match origin {
        Origin::Local => span("   attached here", model.theme.muted),
        Origin::Provider => span(format!("   by {}", managed_by.as_str()), model.theme.accent),
    }
}
