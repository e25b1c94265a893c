//! Changing: one transaction at a time, whichever process makes it, since each begins by locking the head.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    foresee::Foreseen,
    link::{Step, step},
    rows::{Rows, cell, number, optional_json, unread},
    table,
};
use crate::{
    directory::{Change, Command, Event, ExchangeId, JournalEntry, Read, View as _, event::Actor},
    store::{Newest, Observations, StoreError, Totals, Transaction, survey::UnknownMembers},
};

const MOVE: &str = "UPDATE rolecall.head SET totals = $1::text::json, \
    newest_at = $2::text::timestamptz, newest_id = $3, counted_to = $4 WHERE single";

impl Rows {
    /// Learns where the head stands, which is locked since the first statement.
    fn learn_head(&self) -> Result<(), StoreError> {
        if self.newest.get().is_some() {
            return Ok(());
        }
        let row = self.link.head()?.ok_or_else(headless)?;
        let totals: Option<Totals> = optional_json(&row, 0)?;
        let at: Option<Timestamp> = optional_json(&row, 1)?;
        let id: Option<Uuid> = cell(&row, 2)?;
        let counted_to: Option<i64> = cell(&row, 3)?;
        let journal_last = totals.as_ref().map_or(0, |totals| totals.journal_last);
        // Once behind they stay so, until a start counts again.
        let is_counted = counted_to == Some(number(journal_last));
        self.counted_to.set(counted_to.filter(|_| !is_counted));
        self.pending.borrow_mut().counts_blocks(is_counted);
        self.newest.set(Some(Newest {
            at: at.unwrap_or(Timestamp::UNIX_EPOCH),
            id: id.unwrap_or_default(),
        }));
        self.known.borrow_mut().totals = Some(totals.unwrap_or_default());
        Ok(())
    }

    /// The first journal entry that is still to be sent.
    pub(super) fn first_entry(&mut self) -> Option<JournalEntry> {
        self.pending.get_mut().first_entry().cloned()
    }

    /// What is still to be sent, and where the head stands then.
    pub(super) fn last_steps(&mut self) -> Result<Vec<Step>, StoreError> {
        let mut steps = self.pending.get_mut().take_steps()?;
        self.learn_head()?;
        let totals = self.known.get_mut().totals.clone().unwrap_or_default();
        let newest = self.newest.get().ok_or_else(headless)?;
        let counted_to = if self.pending.get_mut().is_counting() {
            Some(number(totals.journal_last))
        } else {
            self.counted_to.get()
        };
        steps.push(step(
            MOVE,
            vec![
                Box::new(table::text(&totals)?),
                Box::new(newest.at.to_string()),
                Box::new(newest.id),
                Box::new(counted_to),
            ],
        ));
        Ok(steps)
    }

    /// Whether an entry is in the journal, just as it was to be.
    pub(super) fn has_entry(&self, entry: &JournalEntry) -> Result<bool, StoreError> {
        let sql = "SELECT seq FROM rolecall.journal WHERE seq = $1 AND at = $2::text::timestamptz";
        let values: Vec<super::link::Value> =
            vec![Box::new(number(entry.seq)), Box::new(entry.at.to_string())];
        let found = self.link.rows(sql, values)?;
        Ok(!found.is_empty())
    }

    fn keep(&mut self, entry: &JournalEntry) -> Result<(), StoreError> {
        if let Some(newest) = self.newest.get_mut() {
            newest.at = newest.at.max(entry.at);
        }
        let unknown = UnknownMembers::told(entry.seq, entry.at, &entry.event);
        // An entry of a backup may be about a role that is long gone.
        let unknown = match unknown {
            Some(unknown) if self.role(unknown.role)?.is_some() => Some(unknown),
            _ => None,
        };
        self.pending.get_mut().append(entry.clone(), unknown);
        self.send_if_large()
    }

    fn send_if_large(&mut self) -> Result<(), StoreError> {
        if self.pending.get_mut().is_large() {
            self.settle()?;
            self.known.get_mut().forget_rows();
        }
        Ok(())
    }

    fn totals_mut(&mut self) -> Result<&mut Totals, StoreError> {
        self.learn_head()?;
        self.known.get_mut().totals.as_mut().ok_or_else(headless)
    }

    /// Raises the greatest id where the change makes a row.
    fn note_id(&mut self, change: &Change) {
        let made = match change {
            Change::PutUser {
                before: None,
                after,
            } => after.id.0,
            Change::PutRole {
                before: None,
                after,
            } => after.id.0,
            Change::PutToken {
                before: None,
                after,
            } => after.id.0,
            Change::PutConflict {
                before: None,
                after,
            } => after.id.0,
            Change::PutHold {
                before: None,
                after,
            } => after.id.0,
            Change::PutResource(resource) => resource.id.0,
            _ => return,
        };
        if let Some(newest) = self.newest.get_mut() {
            newest.id = newest.id.max(made);
        }
    }
}

impl Transaction for Rows {
    fn apply(&mut self, change: &Change) -> Result<(), StoreError> {
        self.learn_head()?;
        self.note_id(change);
        self.known.get_mut().apply(change);
        self.pending.get_mut().apply(change)?;
        self.send_if_large()
    }

    fn append(
        &mut self,
        at: Timestamp,
        actor: &Actor,
        exchange: Option<ExchangeId>,
        event: &Event,
    ) -> Result<JournalEntry, StoreError> {
        let entry = self.totals_mut()?.next_entry(at, actor, exchange, event);
        self.keep(&entry)?;
        Ok(entry)
    }

    fn restore(&mut self, entry: &JournalEntry) -> Result<(), StoreError> {
        self.totals_mut()?.take_number(entry.seq)?;
        self.keep(entry)
    }

    fn note(&mut self, observations: &Observations) -> Result<(), StoreError> {
        self.settle()?;
        let mut steps = Self::uses(observations)?;
        steps.extend(self.keep_exchanges(observations)?);
        self.link.all(steps).map(drop)
    }

    fn foresee(&mut self, commands: &[&Command]) -> Result<(), StoreError> {
        self.fetch(&Foreseen::of(commands))?;
        self.learn_head()
    }

    fn newest(&self) -> Read<Option<Newest>> {
        self.learn_head().map_err(|error| unread(&error))?;
        Ok(self.newest.get())
    }
}

fn headless() -> StoreError {
    StoreError::Damaged(
        "the table rolecall.head has no row; restore a backup of the database".to_owned(),
    )
}
