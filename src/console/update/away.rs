//! The server goes away and comes back.

use super::{batch, settle};
use crate::{
    admin::row::StatusReport,
    console::model::{Changes, Connection, Model, Mood, marks::Marks, trail::Trail},
};

/// It answers.
pub(super) fn connected(model: &mut Model) {
    let was_down = matches!(model.connection, Connection::Down(..));
    model.connection = Connection::Up;
    if was_down {
        model.toasts.retain(|toast| toast.mood != Mood::Bad);
        model.tell(Mood::Good, "the server answers again");
    }
    model.refresh.forget_asked();
    model.users.expire();
    model.roles.expire();
    model.resources.expire();
    for topic in settle::TOPICS {
        model.refresh.want(*topic);
    }
}

/// It is away; what is known of it stays on the screen.
pub(super) fn disconnected(model: &mut Model, reason: String) {
    if !matches!(model.connection, Connection::Down(..)) {
        model.toasts.clear();
        batch::lost(model, &reason);
        model.tell(Mood::Bad, format!("{reason}; trying again"));
        model.connection = Connection::Down(model.now, reason);
    }
}

/// Says that nothing can be changed, where that is so; false where it can.
pub(super) fn refuses_acts(model: &mut Model) -> bool {
    let is_away = matches!(model.connection, Connection::Down(..));
    if is_away {
        model.tell(
            Mood::Bad,
            "the server is away: nothing can be changed until it answers again",
        );
    }
    is_away
}

/// It has another directory: what is shown is of none that there is.
pub(super) fn replaced(model: &mut Model) {
    model.live.forget();
    model.changes = Changes {
        filter: std::mem::take(&mut model.changes.filter),
        following: true,
        ..Changes::default()
    };
    model.trail = Trail::default();
    model.provider = None;
    model.token = None;
    model.users.forget();
    model.roles.forget();
    model.resources.forget();
    model.status = None;
    model.user = None;
    model.role = None;
    model.resource = None;
    model.reaching = None;
    model.reached = None;
    model.edit_wanted = None;
    model.conflicts.clear();
    model.filters.every_conflict.clear();
    model.conflicts_known = false;
    model.conflict = None;
    model.conflict_wanted = None;
    model.warnings = None;
    model.holds.clear();
    model.providers.clear();
    model.tokens.clear();
    model.setup.clear();
    model.marks = Marks::default();
    batch::forget(model);
    model.tell(
        Mood::Plain,
        "the server has another directory than before: this one is shown from its beginning",
    );
}

/// Says once that the server is of another version.
pub(super) fn compare_versions(model: &mut Model, status: &StatusReport) {
    const OURS: &str = env!("CARGO_PKG_VERSION");
    let known = model.status.as_ref();
    let known = known.map_or(OURS, |status| status.version.as_str());
    if status.version != known && status.version != OURS {
        let sentence = format!(
            "the server is version {} and this console {OURS}: leave, and attach with the server's \
             own program",
            status.version
        );
        model.tell(Mood::Bad, sentence);
    }
}
