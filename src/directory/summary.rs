//! One request's events in words, for lines in lists.

use super::event::Event;

/// What the events say, in one line: `ann@x.io suspended`, `role Engineering +3 −1`. Empty where
/// nothing changed.
pub fn summarise(_events: &[Event]) -> String {
    todo!()
}
