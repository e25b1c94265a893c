//! The strip of syncs: its focus, opening one, and the news of their ends.

use crate::{
    console::{
        message::Topic,
        model::{Focus, Model, Mood, list::Cursor},
    },
    directory::ExchangeId,
    service::{
        exchange::ExchangeLine,
        sync::{Outcome, SyncDigest},
    },
};

/// Gives the strip the focus, or takes it away.
pub(super) fn focus(model: &mut Model) {
    model.details = Cursor::default();
    if model.focus == Focus::Syncs {
        model.focus = Focus::List;
    } else {
        model.focus = Focus::Syncs;
        // The strip may show more than were asked for.
        model.refresh.want(Topic::Syncs);
    }
}

/// Shows the requests of the selected sync alone.
pub(super) fn open(model: &mut Model) {
    if let Some(sync) = model.live.sync().cloned() {
        model.live.open(sync);
        model.focus = Focus::List;
        model.details = Cursor::default();
        model.refresh.want(Topic::SyncPage);
    }
}

/// Shows all requests again; false where it does so already.
pub(super) fn close(model: &mut Model) -> bool {
    model.details = Cursor::default();
    model.live.close()
}

/// Takes digests in, and says how those went that have ended.
pub(super) fn receive(model: &mut Model, syncs: Vec<SyncDigest>) {
    let now = model.now;
    let ended = model.live.endings.take(&syncs, now);
    model.live.take_syncs(syncs);
    for sync in ended {
        let mood = match sync.outcome() {
            Outcome::Clean => Mood::Good,
            Outcome::Unchanged => Mood::Plain,
            Outcome::NeedsYou | Outcome::Held => Mood::Bad,
        };
        let verdict = verdict(model, &sync);
        model.tell(mood, verdict);
    }
}

/// The verdict, in ASCII where the console is.
pub(in crate::console) fn verdict(model: &Model, sync: &SyncDigest) -> String {
    let verdict = sync.verdict();
    if model.settings.ascii {
        verdict.replace('×', "x")
    } else {
        verdict
    }
}

/// Takes a page of the opened sync's requests, and asks for the next.
pub(super) fn receive_page(
    model: &mut Model,
    id: ExchangeId,
    lines: Vec<ExchangeLine>,
    next: Option<ExchangeId>,
) {
    let now = model.now;
    model.live.receive_page(id, lines, next, now);
    ask_on(model);
}

/// Asks for the next page, if one is missing.
pub(super) fn ask_on(model: &mut Model) {
    let opened = model.live.opened.as_ref();
    if opened.is_some_and(|opened| opened.wanted().is_some()) {
        model.refresh.want(Topic::SyncPage);
    }
}

/// Does what the clock makes due.
pub(super) fn tick(model: &mut Model) {
    let now = model.now;
    if model.live.endings.next().is_some_and(|due| due <= now) {
        model.refresh.want(Topic::Syncs);
    }
    if model.live.figures_until.is_some_and(|until| until <= now) {
        model.live.figures_until = None;
        model.refresh.want(Topic::Status);
    }
}
