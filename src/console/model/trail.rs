//! The places visited, so that going back finds each as it was left.

use std::collections::VecDeque;

use uuid::Uuid;

use super::{Focus, ProviderLine, list::Cursor, live::Part};
use crate::{
    console::action::Screen,
    directory::{ConflictId, ExchangeId},
};

/// Places kept behind, and as many ahead.
pub const PLACES: usize = 50;

/// What was selected, by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The newest request or change, whichever it is.
    Newest,
    /// A request.
    Exchange(ExchangeId),
    /// A user, role or resource.
    Row(Uuid),
    /// A conflict.
    Conflict(ConflictId),
    /// A provider or token.
    Provider(ProviderLine),
    /// A change.
    Change(u64),
    /// A step of the checklist, by its place.
    Step(usize),
}

/// What was seen, and where the keys acted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The screen.
    pub screen: Screen,
    /// Its filter.
    pub filter: String,
    /// The name of the one thing that the list was narrowed to.
    pub only: Option<String>,
    /// What was selected.
    pub at: Option<At>,
    /// Where in the list that was.
    pub cursor: Cursor,
    /// The pane that the keys acted on.
    pub focus: Focus,
    /// The part of a request's details.
    pub part: Part,
    /// The selection in the details.
    pub details: Cursor,
    /// Whether resolved conflicts were shown.
    pub resolved: bool,
    /// What it is called in the breadcrumb, as it came from outside.
    pub crumb: String,
}

/// The places behind and, after going back, those ahead.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trail {
    behind: VecDeque<Place>,
    ahead: VecDeque<Place>,
    tentative: bool,
}

impl Trail {
    /// A place is left for another one: what was ahead is forgotten, and the oldest where there are
    /// too many.
    pub fn leave(&mut self, place: Place) {
        self.ahead.clear();
        self.tentative = false;
        if self.behind.back() != Some(&place) {
            push(&mut self.behind, place);
        }
    }

    /// The place before; the one given is then the first one ahead.
    pub fn back(&mut self, here: Place) -> Option<Place> {
        let place = self.behind.pop_back()?;
        self.tentative = false;
        push(&mut self.ahead, here);
        Some(place)
    }

    /// The place that was left by going back; the one given is then the first one behind.
    pub fn forward(&mut self, here: Place) -> Option<Place> {
        let place = self.ahead.pop_back()?;
        self.tentative = false;
        push(&mut self.behind, here);
        Some(place)
    }

    /// The place that the last one was left for has been asked for: it may not be there.
    pub fn await_answer(&mut self) {
        self.tentative = true;
    }

    /// What was asked for is not there: the place that was left for it, which is no longer left.
    pub fn undo_leave(&mut self) -> Option<Place> {
        if !std::mem::take(&mut self.tentative) {
            return None;
        }
        self.behind.pop_back()
    }

    /// Whether there is a place to go back to.
    pub fn has_behind(&self) -> bool {
        !self.behind.is_empty()
    }

    /// Whether there is a place to go forward to.
    pub fn has_ahead(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// The places behind, the last one first.
    pub fn behind(&self) -> impl Iterator<Item = &Place> {
        self.behind.iter().rev()
    }
}

fn push(places: &mut VecDeque<Place>, place: Place) {
    if places.len() >= PLACES {
        places.pop_front();
    }
    places.push_back(place);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(number: u128) -> Place {
        Place {
            screen: Screen::Users,
            filter: format!("user{number}"),
            only: None,
            at: Some(At::Row(Uuid::from_u128(number))),
            cursor: Cursor::default(),
            focus: Focus::List,
            part: Part::Change,
            details: Cursor::default(),
            resolved: false,
            crumb: format!("User {number}"),
        }
    }

    #[test]
    fn back_and_forward_lead_through_the_same_places() {
        let mut trail = Trail::default();
        assert_eq!(trail.back(place(9)), None);
        trail.leave(place(1));
        trail.leave(place(2));
        assert_eq!(trail.back(place(3)), Some(place(2)));
        assert_eq!(trail.back(place(2)), Some(place(1)));
        assert_eq!(trail.back(place(1)), None);
        assert_eq!(trail.forward(place(1)), Some(place(2)));
        assert_eq!(trail.forward(place(2)), Some(place(3)));
        assert_eq!(trail.forward(place(3)), None);
        assert_eq!(trail.behind().count(), 2);
    }

    #[test]
    fn a_new_way_forgets_what_was_ahead() {
        let mut trail = Trail::default();
        trail.leave(place(1));
        trail.leave(place(2));
        assert!(trail.back(place(3)).is_some());
        assert!(trail.has_ahead());
        trail.leave(place(2));
        assert!(!trail.has_ahead());
        assert_eq!(trail.back(place(4)), Some(place(2)));
        assert_eq!(trail.back(place(2)), Some(place(1)));
    }

    #[test]
    fn a_place_left_twice_is_kept_once() {
        let mut trail = Trail::default();
        trail.leave(place(1));
        trail.leave(place(1));
        assert_eq!(trail.behind().count(), 1);
    }

    #[test]
    fn a_place_that_is_not_there_was_never_gone_to() {
        let mut trail = Trail::default();
        trail.leave(place(1));
        assert_eq!(trail.undo_leave(), None);
        trail.await_answer();
        assert_eq!(trail.undo_leave(), Some(place(1)));
        assert!(!trail.has_behind());
        trail.leave(place(1));
        trail.await_answer();
        trail.leave(place(2));
        assert_eq!(trail.undo_leave(), None);
    }

    #[test]
    fn the_oldest_places_go_first() {
        let mut trail = Trail::default();
        for number in 0..200 {
            trail.leave(place(number));
        }
        assert_eq!(trail.behind().count(), PLACES);
        assert_eq!(trail.behind().next(), Some(&place(199)));
        for number in (150..200).rev() {
            assert_eq!(trail.back(place(number + 1)), Some(place(number)));
        }
        assert!(!trail.has_behind());
        assert_eq!(trail.ahead.len(), PLACES);
    }
}
