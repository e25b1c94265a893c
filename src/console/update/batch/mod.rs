//! Acts on every marked row: what is asked first, then one act after another, and how they ended.

mod deed;

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::Input;

use self::deed::{Deed, deed, past, question, rows, steps, targets};
use super::{
    answer::{changes, look_again},
    away,
    key::type_into,
};
use crate::{
    admin::Reply,
    console::{
        action::{Action, Risk, Screen},
        message::{Ask, Effect, Failure},
        model::{
            Model, Mood,
            batch::{Batch, Ended, Stage, counted},
            overlay::{Field, Form, Names, Overlay, Purpose, Wrong},
        },
        text,
    },
    directory::PermissionLevel,
};

/// Whether an action goes to the marked rows here and now, rather than to the selected one.
pub(super) fn applies(model: &Model, action: Action) -> bool {
    let goes = match model.screen {
        Screen::Users => matches!(
            action,
            Action::SuspendUser
                | Action::ReinstateUser
                | Action::Delete
                | Action::Release
                | Action::SetLevel
                | Action::Attach
        ),
        Screen::Roles => matches!(action, Action::Delete | Action::Release | Action::Attach),
        Screen::Providers => action == Action::RevokeToken,
        Screen::Conflicts => action == Action::Dismiss,
        Screen::Live | Screen::Access | Screen::Journal | Screen::Setup => false,
    };
    goes && model.marks.count(model.screen) > 0
}

/// Whether at least one marked row may be changed so.
pub(super) fn may(model: &Model, action: Action) -> bool {
    deed(action).is_none_or(|deed| {
        let mut targets = targets(model, &deed);
        targets.any(|target| target.hindrance.is_none())
    })
}

/// Why no marked row may be changed so.
pub(super) fn hindered(model: &Model, action: Action) -> Option<String> {
    let deed = deed(action)?;
    let (_, left_out) = steps(model, &deed);
    Some(none_can(model, &deed, &left_out))
}

fn none_can(model: &Model, deed: &Deed, left_out: &BTreeMap<String, u64>) -> String {
    let marked = text::number(model.marks.count(model.screen) as u64);
    let why = counted(left_out);
    format!("none of the {marked} marked can be {}: {why}", past(deed))
}

/// Begins an act on every marked row: asks, or opens the form for what has to be known first.
pub(super) fn begin(model: &mut Model, action: Action) {
    if model.batch.as_ref().is_some_and(Batch::is_under_way) {
        let sentence = "the acts before are not over yet; wait for their end";
        model.tell(Mood::Plain, sentence);
        return;
    }
    if let Some(deed) = deed(action) {
        if let Err(sentence) = ask(model, &deed, action) {
            model.tell(Mood::Plain, sentence);
        }
        return;
    }
    let marked = rows(model.screen, model.marks.count(model.screen));
    let (title, field) = match (action, model.screen) {
        (Action::SetLevel, _) => {
            let title = format!("Permission level of {marked}");
            (title, Form::levels(PermissionLevel::User))
        }
        (_, Screen::Users) => {
            let title = format!("Attach {marked} to a role");
            (title, Field::name("Role", Names::Roles))
        }
        _ => {
            let title = format!("Attach a member to {marked}");
            (title, Field::name("User", Names::Users))
        }
    };
    let serial = model.next_serial();
    let form = Form::new(serial, Purpose::Marked(action), title, vec![field]);
    model.overlay = Some(Overlay::Form(Box::new(form)));
}

/// Goes on from the form to the question.
pub(super) fn submit(model: &mut Model, action: Action, mut form: Box<Form>) {
    let given = form.get(0).to_owned();
    let deed = match action {
        Action::SetLevel => given.parse().map(Deed::Level),
        _ if given.is_empty() && model.screen == Screen::Users => {
            Err("the role is missing".to_owned())
        }
        _ if given.is_empty() => Err("the user is missing".to_owned()),
        _ => Ok(Deed::Attach(given)),
    };
    if let Err(sentence) = deed.and_then(|deed| ask(model, &deed, action)) {
        form.blame(Wrong {
            line: Some(0),
            sentence,
        });
        model.overlay = Some(Overlay::Form(form));
    }
}

/// Asks once for all of them; an error says why there is nothing to ask.
fn ask(model: &mut Model, deed: &Deed, action: Action) -> Result<(), String> {
    let (steps, left_out) = steps(model, deed);
    if steps.is_empty() {
        return Err(none_can(model, deed, &left_out));
    }
    let (title, sentence, verb) = question(model.screen, deed, steps.len());
    let typed = (action.info().risk == Risk::Irreversible)
        .then(|| (format!("{verb} {}", steps.len()), Input::default()));
    model.batch = Some(Batch {
        screen: model.screen,
        title,
        sentence: sentence.to_owned(),
        past: past(deed),
        steps,
        left_out,
        typed,
        stage: Stage::Asked,
        ended: 0,
        done: 0,
        unchanged: 0,
        refused: 0,
        first_refused: None,
    });
    model.overlay = Some(Overlay::Batch);
    Ok(())
}

/// Takes a key in the box.
pub(super) fn key(model: &mut Model, event: KeyEvent, effects: &mut Vec<Effect>) {
    let bare = !(event.modifiers).intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    let Some(batch) = &mut model.batch else {
        return;
    };
    let asked = batch.stage == Stage::Asked;
    let goes = match (&mut batch.typed, event.code) {
        _ if !asked => false,
        (None, KeyCode::Char('n' | 'q')) => {
            model.batch = None;
            return;
        }
        (None, code) => bare && matches!(code, KeyCode::Char('y' | 'Y')),
        (Some(_), KeyCode::Enter) => true,
        (Some((_, input)), _) => {
            type_into(input, &event);
            false
        }
    };
    let ready = batch.is_ready();
    model.overlay = Some(Overlay::Batch);
    if goes && ready && !away::refuses_acts(model) {
        go_on(model, effects);
    }
}

/// Escape: leaves the question; while it runs, it ends with the act that is under way, and a second
/// time its end is told only.
pub(super) fn close(model: &mut Model) {
    let Some(batch) = &mut model.batch else {
        return;
    };
    match batch.stage {
        Stage::Runs(_) => {
            batch.stop();
            model.overlay = Some(Overlay::Batch);
        }
        Stage::Stops(_) => {}
        Stage::Asked | Stage::Lost(_) => model.batch = None,
    }
}

/// Sends the next act, or tells how it ended.
fn go_on(model: &mut Model, effects: &mut Vec<Effect>) {
    let serial = model.next_serial();
    let Some(batch) = &mut model.batch else {
        return;
    };
    let stops = matches!(batch.stage, Stage::Stops(_));
    if let Some(request) = batch
        .next()
        .filter(|_| !stops)
        .map(|step| step.request.clone())
    {
        batch.stage = Stage::Runs(serial);
        effects.push(Effect::Ask {
            ask: Ask::Act(serial),
            request,
            dry_run: false,
        });
        return;
    }
    let mood = match (batch.refused, batch.next().is_none()) {
        (0, true) => Mood::Good,
        (0, false) => Mood::Plain,
        _ => Mood::Bad,
    };
    let summary = batch.summary();
    forget(model);
    model.tell(mood, summary);
    look_again(model);
}

/// Lets the batch go, and closes its box.
pub(super) fn forget(model: &mut Model) {
    model.batch = None;
    if matches!(model.overlay, Some(Overlay::Batch)) {
        model.overlay = None;
    }
}

/// Whether an answer is that to the act that is under way.
pub(super) fn is_waiting_for(model: &Model, ask: &Ask) -> bool {
    let batch = model.batch.as_ref();
    matches!(ask, Ask::Act(serial) if batch.is_some_and(|batch| batch.is_waiting_for(*serial)))
}

/// Takes in how the act that is under way ended, and goes on with the next one.
pub(super) fn answered(
    model: &mut Model,
    result: Result<Box<Reply>, Failure>,
    effects: &mut Vec<Effect>,
) {
    let ended = match result {
        Ok(reply) => {
            let nothing = changes(*reply).is_some_and(|changes| changes.is_empty());
            if nothing {
                Ended::Unchanged
            } else {
                Ended::Done
            }
        }
        Err(Failure::Refused(why)) => Ended::Refused(why),
        Err(Failure::Lost(why)) => {
            lost(model, &why);
            look_again(model);
            return;
        }
    };
    let Some(batch) = &mut model.batch else {
        return;
    };
    let screen = batch.screen;
    if let Some(id) = batch.take(ended) {
        model.marks.unmark(screen, id);
    }
    go_on(model, effects);
}

/// The server went away: what is under way stops, and the box says how far it came.
pub(super) fn lost(model: &mut Model, why: &str) {
    let Some(batch) = model.batch.as_mut().filter(|batch| batch.is_under_way()) else {
        return;
    };
    let mut sentence = format!("{why}; {}.", batch.summary());
    if let Some(step) = batch.next() {
        let doubt = format!(
            " Look whether {} was {} before trying again.",
            step.name, batch.past
        );
        sentence.push_str(&doubt);
    }
    if matches!(model.overlay, Some(Overlay::Batch)) {
        batch.stage = Stage::Lost(sentence);
    } else {
        model.batch = None;
        model.tell(Mood::Bad, sentence);
    }
}
