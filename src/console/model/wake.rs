//! When the console is woken although nothing happens. While nothing runs, counts down or goes away by
//! itself, it is not woken before the day changes.

use jiff::Timestamp;

use super::{Connection, Model};
use crate::console::{action::Screen, message::earlier, text};

impl Model {
    /// When the picture changes by the clock alone, or the next question may be asked.
    pub fn wake(&self) -> Option<Timestamp> {
        let mut next = self.toasts.iter().map(|toast| toast.until).min();
        if self.connection == Connection::Up {
            next = earlier(next, self.refresh.next(|topic| self.is_visible(topic)));
            next = earlier(next, self.live.endings.next());
            next = earlier(next, self.live.figures_until);
        }
        next = earlier(next, self.filtering.as_ref().and_then(|edit| edit.due));
        if !self.live.rate.is_quiet(self.now) || self.filter_moves() {
            let second = self.now.as_second().saturating_add(1);
            next = earlier(next, Timestamp::from_second(second).ok());
        }
        let countdowns = self.countdowns().into_iter();
        let changes = countdowns.filter_map(|end| text::next_change(self.now, end));
        next = earlier(next, changes.min());
        earlier(next, self.midnight())
    }

    /// Whether what is shown of the current list changes by the clock alone.
    fn filter_moves(&self) -> bool {
        let filters = &self.filters;
        match self.screen {
            Screen::Live => self.live.depends_on_time(),
            Screen::Conflicts => {
                filters.conflicts.filter.depends_on_time() && !self.conflicts.is_empty()
            }
            Screen::Journal => filters.journal.depends_on_time() && !self.changes.shown.is_empty(),
            _ => false,
        }
    }

    /// The moments to which the time left is on the screen.
    fn countdowns(&self) -> Vec<Timestamp> {
        let (given, ways) = match self.screen {
            Screen::Providers => {
                let live = self.tokens.iter().filter(|token| token.revoked.is_none());
                return live.filter_map(|token| token.expires).collect();
            }
            Screen::Users => {
                let given = self.user.as_ref().map(|user| &user.temporary_access);
                (given, &self.reached)
            }
            Screen::Access => {
                let given = self.resource.as_ref().map(|found| &found.temporary_access);
                (given, &self.reaching)
            }
            _ => return Vec::new(),
        };
        let given = given.into_iter().flatten();
        let given = given.flat_map(|given| [given.from, given.until]);
        let ways = ways.iter().flat_map(|ways| &ways.rows);
        given.chain(ways.filter_map(|way| way.until)).collect()
    }

    /// When the day changes, and with it the form of every moment of today.
    fn midnight(&self) -> Option<Timestamp> {
        let zone = &self.settings.zone;
        let today = self.now.to_zoned_datetime(zone.clone()).date();
        let midnight = today.tomorrow().ok()?.to_zoned_datetime(zone.clone());
        Some(midnight.ok()?.timestamp())
    }
}
