//! The forms of acts that need more than a yes.

use tui_input::Input;

use crate::{
    console::{
        action::{Action, Screen},
        model::{
            Focus, Model,
            overlay::{Field, Form, Names, Purpose},
        },
        text,
    },
    directory::{PermissionLevel, Provider},
};

/// The form of an act that needs more than a yes.
pub(super) fn form(model: &Model, action: Action, serial: u64) -> Option<Form> {
    match action {
        Action::AddResource | Action::Grant | Action::Give | Action::CheckAccess => {
            access(model, action, serial)
        }
        Action::Attach => attach(model, serial),
        Action::Export if model.focus == Focus::Syncs => sync(model, serial),
        Action::Export => Some(export(model, serial)),
        _ => directory(model, action, serial),
    }
}

fn directory(model: &Model, action: Action, serial: u64) -> Option<Form> {
    Some(match action {
        Action::NewToken => {
            let selected = (model.screen == Screen::Providers).then(|| model.selected_provider());
            let provider = selected
                .flatten()
                .map_or(Provider::Okta, |row| row.provider);
            Form::token(serial, provider)
        }
        Action::AddUser => Form::user(serial),
        Action::AddServiceAccount => {
            let fields = vec![
                Field::text("Name", "such as deploy-bot"),
                Form::levels(PermissionLevel::User),
            ];
            let purpose = Purpose::ServiceAccount;
            Form::new(serial, purpose, "New service account", fields)
        }
        Action::EditUser => {
            let row = model.users.current()?;
            let whole = model.user.as_ref().filter(|user| user.row.id == row.id)?;
            Form::edit(serial, whole)
        }
        Action::SetLevel => {
            let user = model.users.current()?;
            let title = format!("Permission level of {}", user.user_name);
            let fields = vec![Form::levels(user.permission_level)];
            Form::new(serial, Purpose::Level(user.id.to_string()), title, fields)
        }
        Action::AddRole => {
            let fields = vec![Field::text("Name", "such as Break-glass")];
            Form::new(serial, Purpose::Role, "New role", fields)
        }
        Action::RenameRole => {
            let role = model.roles.current()?;
            let title = format!("Another name for {}", role.display_name);
            let fields = vec![Field::filled("New name", "", &role.display_name)];
            let purpose = Purpose::RenameRole(role.id.to_string());
            Form::new(serial, purpose, title, fields)
        }
        Action::Rename => {
            let conflict = model.selected_conflict()?;
            let title = format!(
                "Another name for the {} that is here",
                conflict.existing.kind.words()
            );
            let mut field = Field::text("New name", "");
            if let Some(input) = field.input() {
                *input = Input::new(format!("{} (local)", conflict.existing.name));
            }
            Form::new(serial, Purpose::Rename(conflict.id), title, vec![field])
        }
        _ => return None,
    })
}

fn export(model: &Model, serial: u64) -> Form {
    let zone = &model.settings.zone;
    let stamp = text::date_time(model.now, zone).replace([':', '-'], "");
    let name = format!("rolecall-{}", stamp.replace(' ', "-"));
    let fields = vec![
        Field::choice("Format", vec!["HAR", "JSON lines"], 0),
        Field::filled("File", "a file that is not there yet", name),
    ];
    let count = match model.marks.count(Screen::Live) {
        0 => text::count(model.live.len() as u64, "request"),
        marked => text::count(marked as u64, "marked request"),
    };
    Form::new(serial, Purpose::Export, format!("Export {count}"), fields)
}

/// Where to write the selected sync's digest; as it is when it is asked.
fn sync(model: &Model, serial: u64) -> Option<Form> {
    let sync = model.live.sync()?;
    let zone = &model.settings.zone;
    let stamp = text::date_time(sync.started, zone).replace([':', '-'], "");
    let name = format!("sync-{}-{}", sync.provider, stamp.replace(' ', "-"));
    let fields = vec![Field::filled("File", "a file that is not there yet", name)];
    let purpose = Purpose::SyncMarkdown(Box::new(sync.clone()));
    let title = "Write the sync as Markdown";
    Some(Form::new(serial, purpose, title, fields))
}

fn attach(model: &Model, serial: u64) -> Option<Form> {
    if model.screen == Screen::Users {
        let user = model.users.current()?;
        let title = format!("Attach {} to a role", user.user_name);
        let fields = vec![Field::name("Role", Names::Roles)];
        let purpose = Purpose::RoleOf(user.id.to_string());
        return Some(Form::new(serial, purpose, title, fields));
    }
    let role = model.roles.current()?;
    let title = format!("Attach a member to {}", role.display_name);
    let fields = vec![Field::name("User", Names::Users)];
    let purpose = Purpose::MemberOf(role.id.to_string());
    Some(Form::new(serial, purpose, title, fields))
}

/// How temporary access is limited.
fn times() -> [Field; 2] {
    [
        Field::filled("Until", "such as 4h, 3d or 2026-03-05 18:00", "4h"),
        Field::text("From", "at once; or such as 2h or 2026-03-05 09:00"),
    ]
}

fn access(model: &Model, action: Action, serial: u64) -> Option<Form> {
    if action == Action::AddResource {
        let fields = vec![
            Field::text("Name", "such as prod-db"),
            Field::text("Kind", "such as postgres or ssh"),
            Field::text("Tags", "key=value, another=value"),
        ];
        return Some(Form::new(serial, Purpose::Resource, "New resource", fields));
    }
    let user = Field::name("User", Names::Users);
    let resource = Field::name("Resource", Names::Resources);
    let (purpose, title, mut fields) = match (model.screen, action) {
        (Screen::Users, _) => {
            let row = model.users.current()?;
            let (id, name) = (row.id.to_string(), &row.user_name);
            if action == Action::Give {
                let title = format!("Give {name} access for a time");
                (Purpose::GiveOf(id), title, vec![resource])
            } else {
                let title = format!("Does {name} reach it?");
                (Purpose::CheckOf(id), title, vec![resource])
            }
        }
        (Screen::Roles, _) => {
            let row = model.roles.current()?;
            let title = format!("What the members of {} shall reach", row.display_name);
            (Purpose::GrantOf(row.id.to_string()), title, vec![resource])
        }
        _ => {
            let row = model.resources.current()?;
            let (id, name) = (row.id.to_string(), &row.name);
            match action {
                Action::Grant => {
                    let field = Field::name("Role", Names::Roles);
                    let title = format!("Whose members shall reach {name}");
                    (Purpose::GrantTo(id), title, vec![field])
                }
                Action::Give => {
                    let title = format!("Who shall reach {name} for a time");
                    (Purpose::GiveTo(id), title, vec![user])
                }
                _ => (
                    Purpose::CheckTo(id),
                    format!("Who may reach {name}?"),
                    vec![user],
                ),
            }
        }
    };
    if action == Action::Give {
        fields.extend(times());
    }
    Some(Form::new(serial, purpose, title, fields))
}
