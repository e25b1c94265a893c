//! What Live holds: a bounded ring of requests, the ones that pass the filter, and the selection.

use std::collections::VecDeque;

use jiff::Timestamp;

use super::{
    arrangement::SortedBy, list::window, opened::Opened, ranked::Ranked, rate::Rate, strip::Strip,
    visit::Visit,
};
use crate::{
    directory::ExchangeId,
    service::{
        exchange::{Exchange, ExchangeLine},
        recorder::QUANTILE_AGE,
        search::{Filter, exchanges::ExchangeTest},
        sync::{Endings, SyncDigest},
    },
};

/// So many requests are kept in the console.
pub const RING: usize = 20_000;
/// So many bytes of them.
pub const RING_BYTES: usize = 32 * 1024 * 1024;
/// So many whole exchanges are kept for looking back.
const DETAILS: usize = 32;

/// The parts of an exchange's details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    /// What the opened sync did as a whole.
    Sync,
    /// What it changed.
    #[default]
    Change,
    /// What was sent.
    Request,
    /// What was answered.
    Response,
    /// The rest.
    Headers,
}

impl Part {
    /// Every part, in order.
    pub const ALL: [Self; 5] = [
        Self::Sync,
        Self::Change,
        Self::Request,
        Self::Response,
        Self::Headers,
    ];

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Sync => "Sync",
            Self::Change => "Change",
            Self::Request => "Request",
            Self::Response => "Response",
            Self::Headers => "Timing",
        }
    }
}

/// The state of Live. Each request has a number of its own, one more than the last, so that
/// selection and filter survive what the ring lets go.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Live {
    /// The digests, newest first.
    pub syncs: Vec<SyncDigest>,
    /// The selected digest, and the first visible one.
    pub strip: Strip,
    /// The sync whose requests alone are shown.
    pub opened: Option<Opened>,
    /// When syncs come to their ends.
    pub endings: Endings,
    /// Until when the server's latencies are of exchanges that still count.
    pub figures_until: Option<Timestamp>,
    /// Which part of the details is shown.
    pub part: Part,
    /// Requests a second.
    pub rate: Rate,
    /// How many new lines came since the selection left the end.
    pub fresh: u64,
    /// How many the console itself was too slow for.
    pub missed: u64,
    /// How many this ring let go.
    pub evicted: u64,
    /// The filter as typed.
    pub filter_text: String,
    filter: Filter<ExchangeTest>,
    lines: VecDeque<ExchangeLine>,
    first: u64,
    bytes: usize,
    shown: VecDeque<u64>,
    selected: Option<u64>,
    top: usize,
    pub(super) left_end: bool,
    held: Option<Held>,
    /// Digests that wait for the end of a pause.
    pub(super) later_syncs: Option<Vec<SyncDigest>>,
    details: VecDeque<Exchange>,
    ranked: Option<Ranked>,
    pub(super) visit: Option<Visit>,
}

/// What waits for the end of a pause, bounded as the ring is.
#[derive(Debug, Clone, PartialEq, Default)]
struct Held {
    lines: VecDeque<ExchangeLine>,
    bytes: usize,
}

impl Held {
    /// Adds one, and tells how many were let go for it.
    fn push(&mut self, line: ExchangeLine) -> u64 {
        let mut gone = 0;
        self.bytes += weight(&line);
        self.lines.push_back(line);
        while self.lines.len() > RING || (self.bytes > RING_BYTES && self.lines.len() > 1) {
            if let Some(oldest) = self.lines.pop_front() {
                self.bytes -= weight(&oldest);
                gone += 1;
            }
        }
        gone
    }
}

fn weight(line: &ExchangeLine) -> usize {
    let names = line.users.iter().chain(&line.roles).map(String::len);
    size_of::<ExchangeLine>() + line.target.len() + line.summary.len() + names.sum::<usize>()
}

impl Live {
    /// Takes new requests; while paused they wait.
    pub fn receive(&mut self, lines: Vec<ExchangeLine>, missed: u64, now: Timestamp) {
        self.missed += missed;
        for line in &lines {
            self.rate.add(line.at.as_second(), now.as_second());
            self.endings.hear(line, now);
        }
        if !lines.is_empty() {
            self.figures_until = now.saturating_add(QUANTILE_AGE).ok();
        }
        if self.opened.is_some() {
            self.receive_opened(&lines, now);
        }
        match &mut self.opened {
            Some(opened) => opened.behind.queue(lines, now),
            None => self.queue(lines, now),
        }
    }

    /// Adds requests to the list, or to those that wait.
    pub(super) fn queue(&mut self, lines: Vec<ExchangeLine>, now: Timestamp) {
        for line in lines {
            match &mut self.held {
                Some(held) => self.evicted += held.push(line),
                None => self.push(line, now),
            }
        }
    }

    /// Gives what is of the whole, whichever list is shown, to another list.
    pub(super) fn hand_over(&mut self, other: &mut Self) {
        other.syncs = std::mem::take(&mut self.syncs);
        other.strip = self.strip;
        other.endings = std::mem::take(&mut self.endings);
        other.rate = std::mem::take(&mut self.rate);
        other.details = std::mem::take(&mut self.details);
        other.figures_until = self.figures_until;
        other.missed = self.missed;
        other.later_syncs = self.later_syncs.take();
        other.evicted += std::mem::take(&mut self.evicted);
    }

    /// How many requests are not here any more, whichever list is shown.
    pub fn lost(&self) -> u64 {
        let behind = self.opened.as_ref().map_or(0, |own| own.behind.evicted);
        self.missed + self.evicted + behind
    }

    fn push(&mut self, line: ExchangeLine, now: Timestamp) {
        let number = self.first + self.lines.len() as u64;
        if self.filter.passes(&&line, now) {
            self.shown.push_back(number);
            if let Some(ranked) = &mut self.ranked {
                ranked.stale = true;
            }
            if self.left_end {
                self.fresh += 1;
            } else {
                self.selected = Some(number);
            }
        }
        self.bytes += weight(&line);
        self.lines.push_back(line);
        while self.lines.len() > RING || (self.bytes > RING_BYTES && self.lines.len() > 1) {
            let Some(gone) = self.lines.pop_front() else {
                break;
            };
            self.bytes -= weight(&gone);
            self.evicted += 1;
            if self.shown.front() == Some(&self.first) {
                self.shown.pop_front();
                self.top = self.top.saturating_sub(1);
            }
            self.first += 1;
        }
    }

    /// Lets everything go but the filter.
    pub fn forget(&mut self) {
        *self = Self {
            part: if self.part == Part::Sync {
                Part::default()
            } else {
                self.part
            },
            filter_text: std::mem::take(&mut self.filter_text),
            filter: std::mem::take(&mut self.filter),
            ..Self::default()
        };
    }

    /// The request with a number.
    fn line(&self, number: u64) -> Option<&ExchangeLine> {
        let place = number.checked_sub(self.first)?;
        self.lines.get(usize::try_from(place).ok()?)
    }

    /// How many requests pass the filter.
    pub fn len(&self) -> usize {
        let ranked = self.ranked.as_ref();
        ranked.map_or(self.shown.len(), |ranked| ranked.numbers.len())
    }

    /// Whether no request passes the filter.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// How many requests are here.
    pub fn kept(&self) -> usize {
        self.lines.len()
    }

    /// The request in a row of the list.
    pub fn row(&self, index: usize) -> Option<&ExchangeLine> {
        self.line(self.number(index)?)
    }

    /// The number of the request in a row of the list.
    fn number(&self, index: usize) -> Option<u64> {
        match &self.ranked {
            Some(ranked) => ranked.numbers.get(index).copied(),
            None => self.shown.get(index).copied(),
        }
    }

    /// Sorts the requests; `None`: by time again, which can be followed.
    pub fn sort(&mut self, by: Option<SortedBy>) {
        self.ranked = by.map(Ranked::by);
        self.left_end |= by.is_some();
        self.rank();
    }

    /// Brings the order up to date.
    fn rank(&mut self) {
        if let Some(mut ranked) = self.ranked.take() {
            ranked.rank(self.shown.iter().copied().collect(), |number| {
                self.line(number)
            });
            self.ranked = Some(ranked);
        }
    }

    /// The selected row. For a request that the filter hides stands the one before it, where there is
    /// one: no newer request comes between.
    pub fn index(&self) -> Option<usize> {
        let selected = self.selected?;
        let last = self.len().checked_sub(1)?;
        let place = if let Some(ranked) = &self.ranked {
            ranked.numbers.iter().position(|number| *number == selected)
        } else {
            let beyond = self.shown.partition_point(|number| *number <= selected);
            beyond.checked_sub(1)
        };
        Some(place.unwrap_or(0).min(last))
    }

    /// The first visible row.
    pub fn top(&self) -> usize {
        self.top
    }

    /// Moves the selection; leaving the end leaves follow, arriving there does not resume it. Whoever
    /// goes along the requests wants to see them.
    pub fn step(&mut self, rows: isize) {
        self.leave_sync_part();
        self.visit = None;
        let Some(index) = self.index() else { return };
        let last = self.len().saturating_sub(1);
        let index = index.saturating_add_signed(rows).min(last);
        self.selected = self.number(index);
        if rows < 0 {
            self.left_end = true;
        }
    }

    /// Selects the first row.
    pub fn to_top(&mut self) {
        self.visit = None;
        self.selected = self.number(0);
        self.left_end = true;
    }

    /// Selects the last row and follows.
    pub fn follow(&mut self) {
        self.ranked = None;
        self.visit = None;
        self.left_end = false;
        self.fresh = 0;
        self.selected = self.shown.back().copied();
    }

    /// Stops following.
    pub fn unfollow(&mut self) {
        self.left_end = true;
    }

    /// Whether the newest request is always the selected one.
    pub fn is_following(&self) -> bool {
        !self.left_end && self.held.is_none()
    }

    /// Whether the view is frozen.
    pub fn is_paused(&self) -> bool {
        self.held.is_some()
    }

    /// How many requests wait for the end of the pause.
    pub fn waiting(&self) -> usize {
        self.held.as_ref().map_or(0, |held| held.lines.len())
    }

    /// Freezes the view and what it keeps, or lets it go on.
    pub fn toggle_pause(&mut self, now: Timestamp) {
        match self.held.take() {
            None => self.held = Some(Held::default()),
            Some(held) => {
                for line in held.lines {
                    self.push(line, now);
                }
                if let Some(syncs) = self.later_syncs.take() {
                    self.take_syncs(syncs);
                }
            }
        }
    }

    /// Takes another filter. The selection stays where it is, and comes back with what it is on.
    pub fn set_filter(&mut self, text: String, filter: Filter<ExchangeTest>, now: Timestamp) {
        self.visit = None;
        self.filter_text = text;
        self.filter = filter;
        self.apply(now);
    }

    /// Whether a filter is on.
    pub fn is_filtered(&self) -> bool {
        !self.filter.is_empty()
    }

    /// Applies a filter again that depends on the time, and the order. What stands for a hidden
    /// request goes on standing where another would now.
    pub fn tick(&mut self, now: Timestamp) {
        let by_time = self.held.is_none() && self.filter.depends_on_time();
        let is_stale = self.ranked.as_ref().is_some_and(|ranked| ranked.stale);
        if !by_time && !is_stale {
            return;
        }
        let stands = |live: &Self| live.number(live.index()?);
        let before = stands(self);
        if by_time {
            self.apply(now);
        } else {
            self.rank();
        }
        let is_shown = before.is_some_and(|number| self.shown.binary_search(&number).is_ok());
        if self.left_end && is_shown && stands(self) != before {
            self.selected = before;
        }
    }

    /// Whether the list changes by the clock alone.
    pub fn depends_on_time(&self) -> bool {
        let stale = self.ranked.as_ref().is_some_and(|ranked| ranked.stale);
        stale || (self.held.is_none() && self.filter.depends_on_time() && !self.shown.is_empty())
    }

    fn apply(&mut self, now: Timestamp) {
        let numbered = self.lines.iter().zip(self.first..);
        let passing = numbered.filter(|(line, _)| self.filter.passes(line, now));
        self.shown = passing.map(|(_, number)| number).collect();
        if !self.left_end || self.selected.is_none() {
            self.selected = self.shown.back().copied();
        }
        self.fresh = 0;
        self.rank();
    }

    /// Selects a request by its id; false when it is not here.
    pub fn select(&mut self, id: ExchangeId) -> bool {
        let found = self.lines.iter().rposition(|line| line.id == id);
        let Some(place) = found else { return false };
        let number = self.first + place as u64;
        if !self.shown.contains(&number) {
            return false;
        }
        self.selected = Some(number);
        self.left_end = true;
        self.visit = None;
        true
    }

    /// Whether a request is in the ring, shown or not.
    pub fn has(&self, id: ExchangeId) -> bool {
        self.lines.iter().any(|line| line.id == id)
    }

    /// Keeps the selection visible.
    pub fn settle(&mut self, height: usize) {
        if self.selected.is_some_and(|selected| selected < self.first) {
            self.selected = self.shown.front().copied();
        }
        let index = self.index().unwrap_or(0);
        self.top = window(self.len(), index, self.top, height);
    }

    /// Keeps a whole exchange.
    pub fn keep(&mut self, exchange: Exchange) {
        self.details.retain(|kept| kept.line.id != exchange.line.id);
        if self.details.len() >= DETAILS {
            self.details.pop_front();
        }
        if self.asked() == Some(exchange.line.id) {
            self.visit = Some(Visit::Here(Box::new(exchange.line.clone())));
        }
        self.details.push_back(exchange);
    }

    /// A whole exchange, if it was asked for before.
    pub fn detail(&self, id: ExchangeId) -> Option<&Exchange> {
        self.details.iter().find(|kept| kept.line.id == id)
    }
}
