//! Acts: the boxes that ask for what an act needs, and the requests that come out of them.

use jiff::SignedDuration;
use tui_input::Input;

use super::available::current_item;
use crate::{
    admin::{Request, row::ConflictRow},
    console::{
        action::{Action, Risk, Screen},
        message::{Ask, Effect},
        model::{
            Model,
            overlay::{Confirm, Field, Form, LIVES, Overlay, Preview, Purpose},
        },
        view::{details::Item, problem},
    },
    directory::{PermissionLevel, Provider},
};

/// Begins an act: opens its form, or asks for confirmation.
pub(super) fn begin(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    let serial = model.next_serial();
    match form(model, action, serial) {
        Some(form) => model.overlay = Some(Overlay::Form(Box::new(form))),
        None => {
            if let Some(question) = question(model, action) {
                confirm(model, question, action.info().risk, effects);
            }
        }
    }
}

/// The form of an act that needs more than a yes.
fn form(model: &Model, action: Action, serial: u64) -> Option<Form> {
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
            Form::new(
                serial,
                Purpose::ServiceAccount,
                "New service account",
                fields,
            )
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
        Action::Attach if model.screen == Screen::Users => {
            let user = model.users.current()?;
            let title = format!("Attach {} to a role", user.user_name);
            let fields = vec![Field::name("Role", "begin to type its name")];
            Form::new(serial, Purpose::RoleOf(user.id.to_string()), title, fields)
        }
        Action::Attach => {
            let role = model.roles.current()?;
            let title = format!("Attach a member to {}", role.display_name);
            let fields = vec![Field::name("User", "begin to type a name or address")];
            Form::new(
                serial,
                Purpose::MemberOf(role.id.to_string()),
                title,
                fields,
            )
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

/// A question that a box asks.
struct Question {
    title: String,
    sentence: String,
    request: Request,
    /// What must be typed where the act cannot be taken back.
    name: String,
    done: String,
}

fn question(model: &Model, action: Action) -> Option<Question> {
    Some(match action {
        Action::RevokeToken => {
            let token = model.selected_token()?;
            Question {
                title: "Revoke the token?".to_owned(),
                sentence: format!(
                    "{} of {} is refused from now on. Make sure that the provider has another one.",
                    token.name,
                    token.provider.title()
                ),
                request: Request::RevokeToken { id: token.id },
                name: token.name.clone(),
                done: format!("token {} is revoked", token.name),
            }
        }
        Action::ActivateProvider => {
            let provider = model.selected_provider()?.provider;
            Question {
                title: format!("Activate {provider}?"),
                sentence: format!("{} may push again with its live tokens.", provider.title()),
                request: Request::ActivateProvider { provider },
                name: provider.as_str().to_owned(),
                done: format!("{provider} is active"),
            }
        }
        Action::DeactivateProvider => {
            let row = model.selected_provider()?;
            let provider = row.provider;
            Question {
                title: format!("Deactivate {provider}?"),
                sentence: format!(
                    "Its {} live tokens are revoked. Its {} users and {} roles stay as they are, read-only.",
                    row.tokens, row.users, row.roles
                ),
                request: Request::DeactivateProvider { provider },
                name: provider.as_str().to_owned(),
                done: format!("{provider} is deactivated"),
            }
        }
        Action::Detach => {
            let Item::Membership {
                role,
                role_name,
                user,
                user_name,
                ..
            } = current_item(model)?
            else {
                return None;
            };
            Question {
                title: "Detach?".to_owned(),
                sentence: format!("{user_name} leaves the role {role_name}."),
                request: Request::Detach {
                    role: role.to_string(),
                    user: user.to_string(),
                },
                name: user_name.clone(),
                done: format!("{user_name} left {role_name}"),
            }
        }
        Action::Link => {
            let row = model.selected_conflict()?;
            conflict_question(
                row,
                "Link",
                Request::LinkConflict { id: row.id },
                "is linked",
                format!(
                    "The {} {} becomes {}'s; what was pushed is applied now, and the provider's next try succeeds.",
                    row.existing.kind.words(),
                    row.existing.name,
                    row.provider.title()
                ),
            )
        }
        Action::Dismiss => {
            let row = model.selected_conflict()?;
            conflict_question(
                row,
                "Dismiss",
                Request::DismissConflict { id: row.id },
                "is dismissed",
                format!(
                    "Nothing changes here: {}. It stays dismissed; the provider's further tries are refused and only counted.",
                    problem(row.kind)
                ),
            )
        }
        _ => return None,
    })
}

fn conflict_question(
    row: &ConflictRow,
    verb: &str,
    request: Request,
    done: &str,
    sentence: String,
) -> Question {
    Question {
        title: format!("{verb} {}?", row.name),
        sentence,
        request,
        name: row.name.clone(),
        done: format!("{} {done}", row.name),
    }
}

fn confirm(model: &mut Model, question: Question, risk: Risk, effects: &mut Vec<Effect>) {
    let serial = model.next_serial();
    effects.push(Effect::Ask {
        ask: Ask::Preview(serial),
        request: question.request.clone(),
        dry_run: true,
    });
    model.overlay = Some(Overlay::Confirm(Box::new(Confirm {
        serial,
        title: question.title,
        sentence: question.sentence,
        request: question.request,
        typed: (risk == Risk::Irreversible).then(|| (question.name, Input::default())),
        preview: Preview::Waiting,
        done: question.done,
        busy: false,
    })));
}

/// Takes what a form holds: asks the server, goes on to a confirmation, or says what is missing.
pub(super) fn submit(model: &mut Model, mut form: Box<Form>, effects: &mut Vec<Effect>) {
    let request = match request(model, &form) {
        Ok(request) => request,
        Err(error) => {
            form.error = Some(error);
            model.overlay = Some(Overlay::Form(form));
            return;
        }
    };
    if let Request::RenameConflict { name, .. } = &request {
        let question = Question {
            title: "Rename the existing one?".to_owned(),
            sentence: format!(
                "It is called {name} from now on; the provider's next try creates a new one."
            ),
            name: name.clone(),
            done: format!("it is called {name} now"),
            request,
        };
        confirm(model, question, Risk::Reversible, effects);
        return;
    }
    form.busy = true;
    form.error = None;
    effects.push(Effect::Ask {
        ask: Ask::Act(form.serial),
        request,
        dry_run: false,
    });
    model.overlay = Some(Overlay::Form(form));
}

fn request(model: &Model, form: &Form) -> Result<Request, String> {
    let filled = |line: usize, what: &str| {
        let text = form.get(line);
        if text.is_empty() {
            Err(format!("{what} is missing"))
        } else {
            Ok(text.to_owned())
        }
    };
    let optional = |line: usize| Some(form.get(line).to_owned()).filter(|text| !text.is_empty());
    Ok(match &form.purpose {
        Purpose::Token => {
            let life = LIVES.iter().find(|(name, _)| *name == form.get(2));
            let days = life.and_then(|(_, days)| *days);
            let expires = days.map(|days| {
                let life = SignedDuration::from_hours(days * 24);
                model
                    .now
                    .saturating_add(life)
                    .unwrap_or(jiff::Timestamp::MAX)
            });
            Request::CreateToken {
                provider: form.get(0).parse()?,
                name: optional(1),
                expires,
            }
        }
        Purpose::User => Request::AddUser {
            user_name: filled(0, "the e-mail address")?,
            service_account: false,
            given: optional(1),
            family: optional(2),
            level: form.get(3).parse()?,
        },
        Purpose::ServiceAccount => Request::AddUser {
            user_name: filled(0, "the name")?,
            service_account: true,
            given: None,
            family: None,
            level: form.get(1).parse()?,
        },
        Purpose::Level(user) => Request::SetLevel {
            user: user.clone(),
            level: form.get(0).parse()?,
        },
        Purpose::Role => Request::AddRole {
            display_name: filled(0, "the name")?,
        },
        Purpose::RoleOf(user) => Request::Attach {
            role: filled(0, "the role")?,
            user: user.clone(),
        },
        Purpose::MemberOf(role) => Request::Attach {
            role: role.clone(),
            user: filled(0, "the user")?,
        },
        Purpose::Rename(id) => Request::RenameConflict {
            id: *id,
            name: filled(0, "the new name")?,
        },
    })
}
