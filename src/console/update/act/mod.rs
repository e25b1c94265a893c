//! Acts: the boxes that ask for what an act needs, and the requests that come out of them.

mod form;
mod question;
mod request;

use tui_input::Input;

use self::question::Question;
use super::{away, batch};
use crate::{
    admin::{Request, row::HoldRow},
    console::{
        action::{Action, Risk},
        message::{Ask, Effect, Topic},
        model::{
            Model,
            overlay::{Confirm, Form, Overlay, Preview, Purpose},
        },
        text,
    },
};

/// Begins an act: opens its form, or asks for confirmation.
pub(super) fn begin(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    if batch::applies(model, action) {
        batch::begin(model, action);
        return;
    }
    let serial = model.next_serial();
    match form::form(model, action, serial) {
        Some(form) => model.overlay = Some(Overlay::Form(Box::new(form))),
        None => {
            if let Some(question) = question::question(model, action) {
                confirm(model, question, action.info().risk, effects);
            }
        }
    }
}

/// Opens the form for the selected user, or asks for all of it first.
pub(super) fn edit(model: &mut Model) {
    let serial = model.next_serial();
    if let Some(form) = form::form(model, Action::EditUser, serial) {
        model.overlay = Some(Overlay::Form(Box::new(form)));
    } else {
        model.edit_wanted = model.users.current().map(|row| row.id);
        model.refresh.want(Topic::User);
    }
}

/// Asks whether a provider may go on with what is held.
pub(super) fn decide(model: &mut Model, hold: &HoldRow, approve: bool, effects: &mut Vec<Effect>) {
    let question = question::decision(hold, approve);
    confirm(model, question, Risk::Reversible, effects);
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
        typed: (risk == Risk::Irreversible)
            .then(|| (to_be_typed(&question.name), Input::default())),
        preview: Preview::Waiting,
        done: question.done,
        busy: false,
    })));
}

/// So many characters of a name are typed at most.
const TYPED: usize = 40;

/// What is typed for a name: what the box shows of it, for nobody can type what only escapes show.
fn to_be_typed(name: &str) -> String {
    let shown = text::visible(name);
    let beginning: String = shown.trim().chars().take(TYPED).collect();
    beginning.trim_end().to_owned()
}

/// Takes what a form holds: asks the server, goes on to a confirmation, or says what is missing.
pub(super) fn submit(model: &mut Model, mut form: Box<Form>, effects: &mut Vec<Effect>) {
    if form.purpose == Purpose::Export {
        match request::export(model, &form) {
            Ok(export) => {
                form.busy = true;
                effects.push(Effect::Export(form.serial, Box::new(export)));
            }
            Err(wrong) => form.blame(wrong),
        }
        model.overlay = Some(Overlay::Form(form));
        return;
    }
    if let Purpose::SyncMarkdown(sync) = &form.purpose {
        match request::document(&form, sync) {
            Ok(document) => {
                form.busy = true;
                effects.push(Effect::Save(form.serial, Box::new(document)));
            }
            Err(wrong) => form.blame(wrong),
        }
        model.overlay = Some(Overlay::Form(form));
        return;
    }
    if let Purpose::Marked(action) = form.purpose {
        batch::submit(model, action, form);
        return;
    }
    let request = match request::request(model, &form) {
        Ok(request) => request,
        Err(wrong) => {
            form.blame(wrong);
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
    let ask = match form.purpose {
        Purpose::CheckTo(_) | Purpose::CheckOf(_) => Ask::Check(form.serial),
        _ => Ask::Act(form.serial),
    };
    if request.is_act() && away::refuses_acts(model) {
        model.overlay = Some(Overlay::Form(form));
        return;
    }
    form.busy = true;
    form.error = None;
    effects.push(Effect::Ask {
        ask,
        request,
        dry_run: false,
    });
    model.overlay = Some(Overlay::Form(form));
}
