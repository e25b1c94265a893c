//! The palette, as it is typed into.

use rolecall::console::{
    Message,
    action::{Action, Screen},
    model::overlay::Overlay,
    palette,
};

use super::sample::{busy, press, send, settings};

#[test]
fn what_is_meant_comes_first() {
    let model = busy(settings(), 120, 36);
    for (typed, first) in [
        ("q", Action::Quit),
        ("quit", Action::Quit),
        ("8", Action::Setup),
        ("users", Action::Users),
        ("conf", Action::Conflicts),
        ("journal", Action::Journal),
        ("new-token", Action::NewToken),
        ("token new", Action::NewToken),
        ("nt", Action::NewToken),
        ("ctrl-c", Action::Quit),
        ("gta", Action::Give),
        ("mask", Action::Privacy),
        ("json", Action::CopyJson),
    ] {
        let found = palette::matches(&model, typed);
        assert_eq!(found.first(), Some(&first), "{typed}: {found:?}");
    }
    // By what an action does, where no name has the word.
    let found = palette::matches(&model, "curl");
    assert_eq!(found, [Action::Copy]);
}

#[test]
fn what_was_chosen_last_comes_first() {
    let mut model = busy(settings(), 120, 36);
    press(&mut model, ":");
    send(&mut model, Message::Paste("mask".to_owned()));
    press(&mut model, "enter");
    assert!(model.privacy);
    assert_eq!(palette::matches(&model, "").first(), Some(&Action::Privacy));
    for _ in 0..2 {
        for action in Action::ALL {
            palette::chosen(&mut model, *action);
        }
    }
    assert!(model.recent.len() < 20);
    let last = Action::ALL.last().expect("actions");
    assert_eq!(palette::matches(&model, "").first(), Some(last));
}

#[test]
fn it_takes_words_of_other_programs_and_completes() {
    let mut model = busy(settings(), 120, 36);
    for (typed, screen) in [
        ("users", Screen::Users),
        ("8", Screen::Setup),
        ("liv", Screen::Live),
    ] {
        press(&mut model, ":");
        send(&mut model, Message::Paste(typed.to_owned()));
        press(&mut model, "enter");
        assert_eq!(model.screen, screen, "{typed}");
        assert!(model.overlay.is_none());
    }
    press(&mut model, ":");
    send(&mut model, Message::Paste("tok new".to_owned()));
    press(&mut model, "tab");
    let Some(Overlay::Palette { input, .. }) = &model.overlay else {
        panic!("{:?}", model.overlay);
    };
    assert_eq!(input.value(), "New token");
    press(&mut model, "enter");
    assert!(matches!(&model.overlay, Some(Overlay::Form(_))));
    press(&mut model, "esc : q enter");
    assert!(matches!(&model.overlay, Some(Overlay::Quit)));
}
