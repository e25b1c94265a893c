//! Finding an action by its name.

use super::{
    action::{Action, Screen},
    model::Model,
    update::{is_allowed, is_available},
};

/// Actions that a person does not look for by name.
fn is_movement(action: Action) -> bool {
    matches!(
        action,
        Action::Up | Action::Down | Action::PageUp | Action::PageDown | Action::Palette
    )
}

/// The actions whose names fit a text, the best first: what works here and now before what
/// does elsewhere.
pub fn matches(model: &Model, text: &str) -> Vec<Action> {
    let wanted = text.trim().to_lowercase();
    let mut found: Vec<(u32, u32, Action)> = Action::ALL
        .iter()
        .copied()
        .filter(|action| !is_movement(*action) && is_allowed(model, *action))
        .filter_map(|action| {
            let info = action.info();
            let title = info.title.to_lowercase();
            let score = score(&title, &wanted).or_else(|| score(info.name, &wanted))?;
            let rank = if elsewhere(model.screen, action) {
                1
            } else {
                u32::from(!is_available(model, action)) * 2
            };
            Some((score, rank, action))
        })
        .collect();
    found.sort_by_key(|(score, rank, _)| (*score, *rank));
    found.into_iter().map(|(_, _, action)| action).collect()
}

/// Whether the action applies on other screens only.
pub fn elsewhere(screen: Screen, action: Action) -> bool {
    !action.info().screens.contains(&screen)
}

/// How well a name fits: 0 begins with it, 1 a word begins with it, 2 contains it, 3 has its letters
/// in order.
fn score(name: &str, wanted: &str) -> Option<u32> {
    if name.starts_with(wanted) {
        return Some(0);
    }
    if name.split([' ', '-']).any(|word| word.starts_with(wanted)) {
        return Some(1);
    }
    if name.contains(wanted) {
        return Some(2);
    }
    let mut letters = name.chars();
    let in_order = wanted
        .chars()
        .all(|letter| letters.any(|other| other == letter));
    in_order.then_some(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_by_beginning_word_part_and_letters() {
        for (name, wanted, expected) in [
            ("new token", "new", Some(0)),
            ("new token", "tok", Some(1)),
            ("new token", "oke", Some(2)),
            ("new token", "ntk", Some(3)),
            ("new token", "tn", None.or(Some(3))),
            ("new token", "xyz", None),
            ("anything", "", Some(0)),
        ] {
            assert_eq!(score(name, wanted), expected, "{name} {wanted}");
        }
    }
}
