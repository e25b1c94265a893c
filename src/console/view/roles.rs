//! Roles: the list, and one role with members and history.

use super::{
    conflicts::listed as conflicts,
    details::{Details, Item},
    geometry::Geometry,
    journal::history,
    paged_list,
    paint::{Canvas, span},
    table::Cell,
    users::{badge, external, origin, state},
};
use crate::{
    admin::row::{GrantRow, RoleRow, Warning},
    console::{action::Action, columns::RoleColumn, model::Model, text},
    directory::{ManagedBy, Origin, UserKind},
};

/// The check that finds them.
const STALE: &str = "stale-role";

/// So many members are asked for.
pub const MEMBERS: u32 = 500;

/// Draws the list.
pub fn render(model: &Model, places: &Geometry, buffer: &mut Canvas) {
    let keymap = &model.settings.keymap;
    let teach = [format!(
        "Press {} to add one, or push groups from a provider: each becomes a role.",
        keymap.key(Action::AddRole)
    )];
    paged_list(
        model,
        places,
        buffer,
        "Roles",
        &model.roles,
        |row, column| cell(model, row, column),
        &teach,
    );
}

fn cell(model: &Model, row: &RoleRow, column: RoleColumn) -> Cell {
    let theme = &model.theme;
    let figure = |count: u64| {
        let style = if count == 0 { theme.faint } else { theme.text };
        span(text::number(count), style)
    };
    vec![match column {
        RoleColumn::Role => span(model.shown(&row.display_name).into_owned(), theme.text),
        RoleColumn::Members => figure(row.provider_members.saturating_add(row.local_members)),
        RoleColumn::Pushed => figure(row.provider_members),
        RoleColumn::Local => figure(row.local_members),
        RoleColumn::ManagedBy => badge(model, row.managed_by),
        RoleColumn::ExternalId => span(external(model, row.external_id.as_deref()), theme.muted),
        RoleColumn::Id => span(row.id.to_string(), theme.muted),
        RoleColumn::LastPush => {
            let push = row.last_push.map_or_else(String::new, |at| model.age(at));
            if stale(model, row).is_some() {
                span(format!("{} {push}", model.signs.warn), theme.warn)
            } else {
                span(push, theme.muted)
            }
        }
    }]
}

/// The warning that no push has touched the role for long.
fn stale<'m>(model: &'m Model, row: &RoleRow) -> Option<&'m Warning> {
    let mut warnings = model.warnings();
    warnings.find(|warning| warning.check == STALE && warning.subject == row.display_name)
}

/// The details of the selected role.
pub fn details(model: &Model, cells: usize) -> Details {
    let mut details = Details::default();
    let theme = &model.theme;
    let Some(row) = model.roles.current() else {
        details.waiting = model.roles.total.is_none();
        return details;
    };
    let whole = model.role.as_ref().filter(|role| role.row.id == row.id);
    let row = whole.map_or(row, |role| &role.row);
    details.line(vec![span(
        model.shown(&row.display_name).into_owned(),
        theme.strong,
    )]);
    details.gap();
    let mut managed = vec![badge(model, row.managed_by)];
    if let Some(provider) = row.managed_by.provider() {
        managed.push(span(
            format!("  read-only here; change it in {}", provider.title()),
            theme.muted,
        ));
    }
    details.pair(model, "managed by", managed);
    if row.managed_by != ManagedBy::Local {
        details.pair(
            model,
            "last push",
            vec![span(model.age_or_never(row.last_push), theme.text)],
        );
    }
    if let Some(external) = &row.external_id {
        details.pair(
            model,
            "external id",
            vec![span(model.shown(external).into_owned(), theme.text)],
        );
    }
    details.pair(model, "id", vec![span(row.id.to_string(), theme.muted)]);
    if let Some(warning) = stale(model, row) {
        details.gap();
        let sentence = format!("{} {}", model.signs.warn, model.shown(&warning.sentence));
        details.paragraph(&sentence, theme.warn, cells);
        details.paragraph(&model.shown(&warning.advice), theme.text, cells);
    }
    let total = row.provider_members + row.local_members;
    details.heading(model, &format!("Members {}", text::number(total)));
    let Some(whole) = whole else {
        details.wait(model);
        return details;
    };
    if whole.members.is_empty() {
        details.line(vec![span("  nobody yet", theme.muted)]);
    }
    for member in &whole.members {
        let mut spans = vec![
            span("  ", theme.text),
            state(model, member.active),
            span(
                format!(" {}", model.shown(&member.user_name)),
                if member.active {
                    theme.text
                } else {
                    theme.muted
                },
            ),
        ];
        if member.kind == UserKind::ServiceAccount {
            spans.push(span("   service account", theme.muted));
        }
        if !member.active {
            spans.push(span("   suspended", theme.warn));
        }
        spans.push(origin(model, member.origin, row.managed_by));
        let item = Item::Membership {
            role: row.id,
            role_name: row.display_name.clone(),
            user: member.id,
            user_name: member.user_name.clone(),
            detachable: member.origin == Origin::Local || row.managed_by == ManagedBy::Local,
        };
        details.item(item, spans);
    }
    let here = whole.members.len() as u64;
    if total > here {
        details.line(vec![span(
            format!("  and {} more", text::number(total - here)),
            theme.muted,
        )]);
    }
    details.heading(model, &format!("Grants {}", whole.resources.len()));
    if whole.resources.is_empty() {
        details.line(vec![span("  nothing yet", theme.muted)]);
    }
    for resource in &whole.resources {
        let grant = GrantRow {
            role: row.id,
            role_name: row.display_name.clone(),
            resource: resource.id,
            resource_name: resource.name.clone(),
        };
        let spans = vec![
            span(format!("  {}", model.shown(&resource.name)), theme.text),
            span(format!("   {}", model.shown(&resource.kind)), theme.muted),
        ];
        details.item(Item::Grant(grant), spans);
    }
    conflicts(&mut details, model, &whole.conflicts);
    history(&mut details, model, &row.id.to_string(), &whole.history);
    details
}
