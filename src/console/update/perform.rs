//! What each action does.

use tui_input::Input;

use super::{
    act, arrange, available, away, copy, filter, follow, mark, mouse,
    navigate::{self, Reach},
    overlay, syncs, trail, unavailable,
};
use crate::console::{
    action::{Action, Screen},
    message::{Effect, Topic},
    model::{Focus, Model, Mood, list::Cursor, overlay::Overlay, target::Target},
};

/// Does an action, on the screen that it belongs to.
pub(super) fn perform_anywhere(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    let screens = action.info().screens;
    if !screens.contains(&model.screen)
        && let Some(screen) = screens.first()
    {
        navigate::go(model, *screen);
    }
    perform(model, action, effects);
}

/// Does an action, or says why not.
pub(super) fn perform(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    if !available::is_allowed(model, action) {
        model.tell(Mood::Bad, "this console is read-only");
        return;
    }
    if action.is_act() && away::refuses_acts(model) {
        return;
    }
    if let Some(screen) = action.screen() {
        navigate::go(model, screen);
        return;
    }
    if movement(model, action) {
        return;
    }
    if !available::is_available(model, action) {
        if let Some(why) = unavailable::why(model, action) {
            model.tell(Mood::Plain, why);
        }
        return;
    }
    match action {
        Action::Open => open(model, effects),
        Action::Resolve => resolve(model),
        Action::Filter => filter::begin(model),
        Action::Syncs => syncs::focus(model),
        Action::Arrange => arrange::open(model),
        Action::Mouse => mouse::switch(model, effects),
        Action::Mark => mark::turn(model),
        Action::UnmarkAll => mark::clear(model),
        Action::Follow if model.live.is_following() => model.live.unfollow(),
        Action::Follow => {
            arrange::in_time(model);
            model.live.follow();
        }
        Action::Pause => {
            let now = model.now;
            model.live.toggle_pause(now);
        }
        Action::ShowResolved => {
            model.resolved = !model.resolved;
            model.refresh.want(Topic::Conflicts);
        }
        Action::ToExchange => {
            if let Some(id) = model.changes.current().and_then(|row| row.exchange) {
                follow::follow(model, &Target::Exchange(id));
            }
        }
        Action::ToSubject => {
            if let Some(subject) = model.changes.current().map(|row| row.subject.clone()) {
                follow::follow(model, &Target::Subject(subject));
            }
        }
        Action::GoBack => trail::back(model),
        Action::GoForward => trail::forward(model),
        Action::Copy => copy::copy(model, effects),
        Action::CopyJson => copy::copy_json(model, effects),
        Action::Warnings => {
            model.refresh.want(Topic::Warnings);
            model.refresh.want(Topic::Holds);
            model.overlay = Some(Overlay::Warnings { index: 0 });
        }
        Action::Privacy => {
            model.privacy = !model.privacy;
            let state = if model.privacy { "masked" } else { "shown" };
            model.tell(Mood::Plain, format!("e-mail addresses are {state}"));
        }
        Action::Palette => {
            model.overlay = Some(Overlay::Palette {
                input: Input::default(),
                index: 0,
            });
        }
        Action::Help => overlay::help(model, ""),
        Action::Quit => model.overlay = Some(Overlay::Quit),
        Action::EditUser => act::edit(model),
        Action::CheckAccess | Action::Export => act::begin(model, action, effects),
        action if action.is_act() => act::begin(model, action, effects),
        _ => {}
    }
}

/// Moves, if the action is a movement.
fn movement(model: &mut Model, action: Action) -> bool {
    let reach = match action {
        Action::Up => Reach::Rows(-1),
        Action::Down => Reach::Rows(1),
        Action::PageUp => Reach::Pages(-1),
        Action::PageDown => Reach::Pages(1),
        Action::Top => Reach::First,
        Action::Bottom => {
            // The end of a list of time is its newest row.
            if matches!(model.screen, Screen::Live | Screen::Journal) && model.focus == Focus::List
            {
                arrange::in_time(model);
            }
            Reach::Last
        }
        Action::Back => {
            back(model);
            return true;
        }
        Action::LastScreen => {
            navigate::go(model, model.last_screen);
            return true;
        }
        Action::NextScreen => {
            navigate::go(model, navigate::neighbour(model.screen, 1));
            return true;
        }
        Action::PreviousScreen => {
            let steps = Screen::ALL.len() - 1;
            navigate::go(model, navigate::neighbour(model.screen, steps));
            return true;
        }
        Action::NextTab | Action::PreviousTab => {
            turn(model, action == Action::NextTab);
            return true;
        }
        _ => return false,
    };
    navigate::go_along(model, reach);
    true
}

/// Leaves the details or the strip; then the filter goes, and then the opened sync.
fn back(model: &mut Model) {
    if model.focus != Focus::List {
        model.focus = Focus::List;
        model.details = Cursor::default();
    } else if !filter::clear(model) && model.screen == Screen::Live {
        syncs::close(model);
    }
}

/// Right goes into the details and turns their parts; left turns back and out again.
fn turn(model: &mut Model, forward: bool) {
    let on_live = model.screen == Screen::Live;
    match (forward, model.focus) {
        (true, Focus::List) if available::can_open_details(model) => model.focus = Focus::Details,
        (_, Focus::Details) if on_live && model.live.turn(forward) => {
            model.details = Cursor::default();
        }
        (false, Focus::Details) => {
            model.focus = Focus::List;
            model.details = Cursor::default();
        }
        _ => {}
    }
}

fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.screen == Screen::Setup {
        let step = model.setup.get(model.setup_cursor.index);
        let action = step.map(|step| overlay::for_step(&step.step));
        if let Some(action) = action {
            perform(model, action, effects);
        }
        return;
    }
    if model.focus == Focus::Syncs {
        syncs::open(model);
    } else if model.focus == Focus::Details {
        if let Some(target) = available::current_target(model) {
            follow::follow(model, &target);
        }
    } else if available::can_open_details(model) {
        model.focus = Focus::Details;
        model.details = Cursor::default();
    }
}

fn resolve(model: &mut Model) {
    if model.screen == Screen::Live {
        if let Some(id) = model.live.conflict() {
            let name = model.live.current().map(|line| line.summary.clone());
            let target = Target::conflict(id, &name.unwrap_or_default());
            follow::follow(model, &target);
        }
    } else if let Some(conflict) = model.selected_conflict().map(|row| row.id) {
        model.overlay = Some(Overlay::Ways { conflict, index: 0 });
    }
}
