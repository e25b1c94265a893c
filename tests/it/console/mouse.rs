//! The mouse: whatever is seen is what a click means.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use rolecall::{
    admin::Request,
    console::{
        Effect, Message, Model,
        action::{Action, Screen},
        model::{Focus, live::Part, overlay::Overlay},
        view::{
            canvas::{Pane, Target},
            targets,
        },
    },
};

use super::{
    draw,
    sample::{busy, press, send, settings},
    text,
};

/// Does something with the mouse where a target is.
fn at(model: &mut Model, target: Target, kind: MouseEventKind) -> Vec<Effect> {
    let place = targets(model).places(target).next();
    let place = place.unwrap_or_else(|| panic!("no {target:?} in\n{}", text(&draw(model))));
    let event = MouseEvent {
        kind,
        column: place.x,
        row: place.y,
        modifiers: KeyModifiers::NONE,
    };
    send(model, Message::Mouse(event))
}

fn click(model: &mut Model, target: Target) -> Vec<Effect> {
    at(model, target, MouseEventKind::Down(MouseButton::Left))
}

#[test]
fn tabs_rows_and_hints_are_clicked() {
    let mut model = busy(settings(), 120, 36);
    for screen in Screen::ALL {
        click(&mut model, Target::Tab(screen));
        assert_eq!(model.screen, screen);
    }
    click(&mut model, Target::Tab(Screen::Users));
    click(&mut model, Target::Row(2));
    assert_eq!((model.users.cursor.index, model.focus), (2, Focus::List));
    click(&mut model, Target::Row(2));
    assert_eq!(model.focus, Focus::Details);
    click(&mut model, Target::Action(Action::Help));
    assert!(matches!(model.overlay, Some(Overlay::Help { .. })));
}

#[test]
fn a_heading_sorts_and_turns_the_order_round() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "4");
    click(&mut model, Target::Heading(1));
    assert!(text(&draw(&model)).contains("Pushed ↑"));
    click(&mut model, Target::Heading(1));
    assert!(text(&draw(&model)).contains("Pushed ↓"));
}

#[test]
fn parts_and_lines_of_the_details_are_clicked() {
    let mut model = busy(settings(), 120, 36);
    click(&mut model, Target::Part(Part::Response));
    assert_eq!(
        (model.live.part, model.focus),
        (Part::Response, Focus::Details)
    );
    press(&mut model, "3 j j");
    click(&mut model, Target::Item(1));
    assert_eq!((model.focus, model.details.index), (Focus::Details, 1));
}

#[test]
fn the_wheel_scrolls_what_it_is_over() {
    let mut model = busy(settings(), 120, 20);
    press(&mut model, "2");
    at(
        &mut model,
        Target::Pane(Pane::List),
        MouseEventKind::ScrollDown,
    );
    assert_eq!(model.users.cursor.index, 3);
    at(
        &mut model,
        Target::Pane(Pane::Details),
        MouseEventKind::ScrollDown,
    );
    assert_eq!((model.users.cursor.index, model.details.top), (3, 3));
    press(&mut model, ":");
    at(
        &mut model,
        Target::Pane(Pane::Overlay),
        MouseEventKind::ScrollDown,
    );
    assert!(matches!(
        model.overlay,
        Some(Overlay::Palette { index: 3, .. })
    ));
}

#[test]
fn a_box_is_clicked_and_closed_from_outside_where_nothing_is_lost() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, "4 r");
    click(&mut model, Target::Entry(2));
    assert!(matches!(
        model.overlay,
        Some(Overlay::Ways { index: 2, .. })
    ));
    click(&mut model, Target::Tab(Screen::Users));
    assert!(model.overlay.is_none());
    assert_eq!(model.screen, Screen::Conflicts);

    press(&mut model, "2 s");
    click(&mut model, Target::Tab(Screen::Live));
    assert!(matches!(model.overlay, Some(Overlay::Confirm(_))));
    let yes = rolecall::console::keymap::Key::parse("y").expect("a key");
    let effects = click(&mut model, Target::Press(yes));
    assert!(effects.iter().any(|effect| matches!(
        effect,
        Effect::Ask {
            request: Request::SuspendUser { .. },
            dry_run: false,
            ..
        }
    )));
}

#[test]
fn the_mouse_is_left_to_the_terminal_and_taken_again() {
    let mut model = busy(settings(), 120, 36);
    for on in [false, true] {
        press(&mut model, ": 'mouse");
        let effects = press(&mut model, "enter");
        assert!(effects.contains(&Effect::Mouse(on)));
        assert_eq!(model.mouse, on);
        assert_eq!(text(&draw(&model)).contains("mouse off"), !on);
    }
}

#[test]
fn every_place_is_inside_and_no_click_does_harm() {
    for (columns, rows) in [(40, 12), (80, 24), (200, 60)] {
        for keys in [
            "", "2", "3 o", "4 r", "5", "6", "7", "8", "?", ":", "w", "t", "q", "2 s",
        ] {
            let mut model = busy(settings(), columns, rows);
            press(&mut model, keys);
            let clickable = targets(&model);
            for (place, _) in clickable.all() {
                assert!(model.area.union(place) == model.area, "{place:?}");
                let event = MouseEvent {
                    kind: MouseEventKind::Down(MouseButton::Left),
                    column: place.x,
                    row: place.y,
                    modifiers: KeyModifiers::NONE,
                };
                send(&mut model.clone(), Message::Mouse(event));
            }
        }
    }
}
